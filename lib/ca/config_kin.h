/*
 * config_kin.h - the generations of a CA in a configuration, and where their
 * files are: config_lineage.c.
 */
#ifndef SCEP_CA_CONFIG_KIN_H
#define SCEP_CA_CONFIG_KIN_H

#include "ca/config.h"

/* The generation of this number, the current one too; NULL: it does not live,
 * or it has a fault. */
const struct scep_ca_conf
		*scep_ca_conf_generation(const struct scep_ca_conf *ca,
		    unsigned int number);
/* The one that is staged or published, or NULL. */
const struct scep_ca_conf
		*scep_ca_conf_next(const struct scep_ca_conf *ca);
/* "main": the current generation; "main.2": the second one, if it lives and is
 * known to the world.  NULL. */
const struct scep_ca_conf
		*scep_config_generation_named(const struct scep_config *cfg,
		    const char *name);
/* Is this a key of ours: a CA's or an RA's, of any generation? */
int		 scep_config_has_key(const struct scep_config *cfg,
		    struct scep_span spki);

/* Read a generation, from the second on, apart from the configuration; *out is
 * the caller's also where that fails. */
enum scep_err	 scep_config_generation(const struct scep_crypto *crypto,
		    const char *state, const struct scep_ca_conf *ca,
		    const struct scep_gen *gen, struct scep_ca_conf **out,
		    struct scep_error *err);
void		 scep_ca_conf_free(struct scep_ca_conf *ca);
/* Its faults at time now, or when it begins; fn as in scep_config_check().
 * SCEP_E_CONFIG if one is fatal. */
enum scep_err	 scep_config_check_generation(
		    const struct scep_crypto *crypto,
		    struct scep_ca_conf *gen, time_t now, scep_fault_fn fn,
		    void *arg, struct scep_error *err);
/* Tell which addresses in the profiles' extensions are those of one generation
 * alone; several: there is, or will be, more than one.  config_points.c. */
void		 scep_config_check_points(const struct scep_config *cfg,
		    const struct scep_ca_conf *ca, int several,
		    scep_fault_fn fn, void *arg);
/* SHA-256 of the key of STATE/ca/NAME/NUMBER/ca.pem. */
enum scep_err	 scep_lineage_key(const struct scep_crypto *crypto,
		    const char *state, const char *ca, unsigned int number,
		    uint8_t out[SCEP_SHA256_LEN], struct scep_error *err);

/* STATE/ca/NAME/generations; STATE/ca/NAME/NUMBER/FILE.  SCEP_E_CONFIG for a
 * path that is too long. */
enum scep_err	 scep_lineage_path(const char *state, const char *ca,
		    char out[SCEP_PATH_LEN], struct scep_error *err);
enum scep_err	 scep_lineage_file(const char *state, const char *ca,
		    unsigned int number, const char *file,
		    char out[SCEP_PATH_LEN], struct scep_error *err);
/* SCEP_E_NOTFOUND: the CA never had another generation. */
enum scep_err	 scep_lineage_read(const char *state, const char *ca,
		    struct scep_lineage *out, struct scep_error *err);

#endif /* SCEP_CA_CONFIG_KIN_H */
