/*
 * lineage_file.h - the generations of a CA on the disk: each step is durable
 * before the next one, and whoever looks after a crash sees the state before
 * or after it.  Private to ca/.
 *
 *	STATE/ca/NAME/generations	which is what (lineage.h)
 *	STATE/ca/NAME/N/ca.pem, ca.key, chain.pem	generation N, from 2 on
 *	STATE/ca/NAME/N/raM.pem, raM.key	its RA keys; of generation 1
 *						from 2 on
 *	STATE/ca/NAME/new.*		being prepared by scepadm ca stage
 */
#ifndef SCEP_CA_LINEAGE_FILE_H
#define SCEP_CA_LINEAGE_FILE_H

#include "ca/config_kin.h"

#define SCEP_LINEAGE_NEW	"new."

/* What is on the disk, or the beginning of it.  ca is loaded. */
enum scep_err	 scep_lineage_load(const struct scep_crypto *crypto,
		    const char *state, const struct scep_ca_conf *ca,
		    struct scep_lineage *out, struct scep_error *err);
/* In the place of what is there. */
enum scep_err	 scep_lineage_save(const char *state,
		    const struct scep_lineage *l, struct scep_error *err);

/* Make STATE/ca/NAME/N. */
enum scep_err	 scep_lineage_dir(const char *state, const char *ca,
		    unsigned int number, struct scep_error *err);
/* Is there something of that name? */
int		 scep_lineage_dir_is(const char *state, const char *ca,
		    unsigned int number);
/* STATE/ca/NAME/new.X becomes STATE/ca/NAME/N, and what else is called new.*
 * was left by somebody who died, and goes. */
enum scep_err	 scep_lineage_adopt(const char *state, const char *ca,
		    const char *from, unsigned int number,
		    struct scep_error *err);
/* Remove STATE/ca/NAME/N, of which nothing was ever used. */
void		 scep_lineage_remove(const char *state, const char *ca,
		    unsigned int number);

#endif /* SCEP_CA_LINEAGE_FILE_H */
