/*
 * config_lineage.c - the generations of a CA, as the configuration sees them.
 *
 * The current one takes the place of what scep.conf names; the others are its
 * kin.  Knows where their files are.  What is wrong with one that is not the
 * current one is its own fault, and stops nobody.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "ca/config_local.h"

#define FILE_MAX_LEN	(64UL * 1024)

static enum scep_err
check_len(int len, const char *state, struct scep_error *err)
{
	return len >= 0 && len < SCEP_PATH_LEN ? SCEP_OK : scep_fail(err,
	    SCEP_E_CONFIG, "%.64s...: longer than %d octets with what is "
	    "below it", state, SCEP_PATH_LEN);
}

enum scep_err
scep_lineage_path(const char *state, const char *ca,
    char out[SCEP_PATH_LEN], struct scep_error *err)
{
	return check_len(snprintf(out, SCEP_PATH_LEN, "%s/ca/%s/generations",
	    state, ca), state, err);
}

enum scep_err
scep_lineage_file(const char *state, const char *ca, unsigned int number,
    const char *file, char out[SCEP_PATH_LEN], struct scep_error *err)
{
	return check_len(snprintf(out, SCEP_PATH_LEN, "%s/ca/%s/%u/%s",
	    state, ca, number, file), state, err);
}

enum scep_err
scep_lineage_read(const char *state, const char *ca,
    struct scep_lineage *out, struct scep_error *err)
{
	char		 path[SCEP_PATH_LEN];
	struct scep_buf	 text = { NULL, 0 };
	enum scep_err	 rc;

	if ((rc = scep_lineage_path(state, ca, path, err)) != SCEP_OK ||
	    (rc = scep_file_read_secret(path, FILE_MAX_LEN, &text, err)) !=
	    SCEP_OK)
		return rc;
	rc = scep_lineage_decode(scep_buf_span(&text), path, ca, out, err);
	scep_buf_clear(&text);
	return rc;
}

/* The RA key of this number: scep.conf names one, all others are ours. */
static enum scep_err
ra_paths(const char *state, const struct scep_ca_conf *named,
    const struct scep_gen *gen, unsigned int ra, char cert[SCEP_PATH_LEN],
    char key[SCEP_PATH_LEN], struct scep_error *err)
{
	char		 file[32];
	enum scep_err	 rc;

	if (gen->number == 1 && ra == 1) {
		memcpy(cert, named->ra_cert_path, SCEP_PATH_LEN);
		memcpy(key, named->ra_key_path, SCEP_PATH_LEN);
		return SCEP_OK;
	}
	(void)snprintf(file, sizeof(file), "ra%u.pem", ra);
	if ((rc = scep_lineage_file(state, named->name, gen->number, file,
	    cert, err)) != SCEP_OK)
		return rc;
	(void)snprintf(file, sizeof(file), "ra%u.key", ra);
	return scep_lineage_file(state, named->name, gen->number, file, key,
	    err);
}

static enum scep_err
ca_paths(const char *state, const struct scep_gen *gen,
    struct scep_ca_conf *to, struct scep_error *err)
{
	enum scep_err	 rc;

	if (gen->number == 1)
		return SCEP_OK;
	*to->chain_path = '\0';
	if ((rc = scep_lineage_file(state, to->name, gen->number, "ca.pem",
	    to->cert_path, err)) != SCEP_OK ||
	    (rc = scep_lineage_file(state, to->name, gen->number, "ca.key",
	    to->key_path, err)) != SCEP_OK)
		return rc;
	return gen->has_chain ? scep_lineage_file(state, to->name,
	    gen->number, "chain.pem", to->chain_path, err) : SCEP_OK;
}

/* Which RA key comes first?  The newest; but who put another certificate in
 * the place of the one that was replaced wants that one used. */
static size_t
first_ra(const struct scep_crypto *crypto, const struct scep_ca_conf *named,
    const struct scep_gen *gen)
{
	struct scep_error	 ignored;
	struct scep_cert	 cert = { .version = 0 };
	size_t			 i, n, first = 0;

	if (gen->number != 1 || !gen->has_replaced)
		return 0;
	for (i = 0; i < gen->n_ra; i++)
		if (gen->ra[i] == 1 && scep_config_read_certs(crypto,
		    named->ra_cert_path, &cert, 1, &n, &ignored) == SCEP_OK &&
		    memcmp(cert.sha256, gen->replaced, SCEP_SHA256_LEN) != 0)
			first = i;
	scep_cert_clear(&cert);
	return first;
}

static enum scep_err
set_ras(const struct scep_crypto *crypto, const char *state,
    const struct scep_ca_conf *named, const struct scep_gen *gen,
    struct scep_ca_conf *to, struct scep_error *err)
{
	const size_t		 first = first_ra(crypto, named, gen);
	struct scep_ra_conf	*ra;
	enum scep_err		 rc;
	size_t			 i;

	if (gen->n_ra == 0) {
		memcpy(to->ra_cert_path, to->cert_path, SCEP_PATH_LEN);
		memcpy(to->ra_key_path, to->key_path, SCEP_PATH_LEN);
		return SCEP_OK;
	}
	to->ra_number = gen->ra[first];
	if ((rc = ra_paths(state, named, gen, to->ra_number, to->ra_cert_path,
	    to->ra_key_path, err)) != SCEP_OK || gen->n_ra == 1)
		return rc;
	if ((to->old_ra = OPENSSL_zalloc((gen->n_ra - 1) *
	    sizeof(to->old_ra[0]))) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "RA keys");
	for (i = 0; rc == SCEP_OK && i < gen->n_ra; i++) {
		if (i == first)
			continue;
		ra = &to->old_ra[to->n_old_ra++];
		ra->number = gen->ra[i];
		rc = ra_paths(state, named, gen, ra->number, ra->cert_path,
		    ra->key_path, err);
	}
	return rc;
}

static enum scep_err
set_digest(const struct scep_gen *gen, struct scep_ca_conf *to,
    struct scep_error *err)
{
	int	 md;

	if (gen->digest[0] == '\0')
		return SCEP_OK;
	for (md = 0; md < SCEP_DIGEST__MAX; md++)
		if (md != SCEP_SHA1 && strcmp(gen->digest, scep_digest_word(
		    (enum scep_digest)md)) == 0) {
			to->digest = (enum scep_digest)md;
			return SCEP_OK;
		}
	return scep_fail(err, SCEP_E_CONFIG, "generation %u: digest %s",
	    gen->number, gen->digest);
}

/* to holds what scep.conf says of the CA, and becomes this generation. */
static enum scep_err
become(const struct scep_crypto *crypto, const char *state,
    const struct scep_ca_conf *named, const struct scep_gen *gen,
    struct scep_ca_conf *to, struct scep_error *err)
{
	enum scep_err	 rc;

	to->generation = gen->number;
	to->state = gen->state;
	to->since = gen->since;
	to->has_key_sha256 = 1;
	memcpy(to->key_sha256, gen->key_sha256, SCEP_SHA256_LEN);
	if ((rc = ca_paths(state, gen, to, err)) != SCEP_OK ||
	    (rc = set_digest(gen, to, err)) != SCEP_OK)
		return rc;
	return set_ras(crypto, state, named, gen, to, err);
}

static enum scep_err
apply(const struct scep_crypto *crypto, const char *state,
    const struct scep_lineage *l, const struct scep_ca_conf *named,
    struct scep_ca_conf *ca, struct scep_error *err)
{
	struct scep_ca_conf	*to;
	enum scep_err		 rc = SCEP_OK;
	size_t			 i;

	if (l->n > 1 && (ca->kin = OPENSSL_zalloc((l->n - 1) *
	    sizeof(ca->kin[0]))) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "generations");
	for (i = l->n; rc == SCEP_OK && i-- > 0;) {	/* newest first */
		to = ca;
		if (l->gen[i].state != SCEP_GEN_CURRENT) {
			to = &ca->kin[ca->n_kin++];
			*to = *named;
		}
		rc = become(crypto, state, named, &l->gen[i], to, err);
	}
	return rc;
}

enum scep_err
scep_config_generation(const struct scep_crypto *crypto, const char *state,
    const struct scep_ca_conf *ca, const struct scep_gen *gen,
    struct scep_ca_conf **out, struct scep_error *err)
{
	struct scep_ca_conf	*to;
	enum scep_err		 rc;

	if ((to = *out = OPENSSL_zalloc(sizeof(*to))) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "a generation");
	memcpy(to->name, ca->name, sizeof(to->name));
	to->file = ca->file;
	to->line = ca->line;
	to->digest = ca->digest;
	to->insecure_one_key = ca->insecure_one_key;
	if ((rc = become(crypto, state, ca, gen, to, err)) != SCEP_OK)
		return rc;
	return scep_config_load_ca(crypto, to, err);
}

enum scep_err
scep_lineage_key(const struct scep_crypto *crypto, const char *state,
    const char *ca, unsigned int number, uint8_t out[SCEP_SHA256_LEN],
    struct scep_error *err)
{
	char			 path[SCEP_PATH_LEN];
	struct scep_cert	 cert = { .version = 0 };
	size_t			 n;
	enum scep_err		 rc;

	if ((rc = scep_lineage_file(state, ca, number, "ca.pem", path,
	    err)) == SCEP_OK && (rc = scep_config_read_certs(crypto, path,
	    &cert, 1, &n, err)) == SCEP_OK)
		rc = scep_crypto_sha256(crypto, cert.spki, out, err);
	scep_cert_clear(&cert);
	return rc;
}

enum scep_err
scep_config_lineage(const struct scep_crypto *crypto,
    const struct scep_config *cfg, struct scep_ca_conf *ca,
    struct scep_error *err)
{
	struct scep_lineage	 l;
	struct scep_ca_conf	*named;
	enum scep_err		 rc;

	ca->generation = 1;
	ca->ra_number = ca->insecure_one_key ? 0 : 1;
	rc = scep_lineage_read(cfg->server.state, ca->name, &l, err);
	if (rc == SCEP_E_NOTFOUND)
		return SCEP_OK;
	if (rc != SCEP_OK)
		return rc;
	if ((named = OPENSSL_memdup(ca, sizeof(*ca))) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "generations");
	ca->named = named;
	return apply(crypto, cfg->server.state, &l, named, ca, err);
}

static void
load_ra(const struct scep_crypto *crypto, const struct scep_ca_conf *ca,
    struct scep_ra_conf *ra)
{
	struct scep_error	 why = { .text = "" };
	size_t			 n;

	if (scep_config_read_certs(crypto, ra->cert_path, &ra->cert, 1, &n,
	    &why) != SCEP_OK || scep_config_read_key(crypto, ra->key_path,
	    &ra->key, &why) != SCEP_OK ||
	    scep_config_cert_reads(crypto, &ra->cert, ra->cert_path, &why) !=
	    SCEP_OK || scep_config_key_belongs(crypto, &ra->cert,
	    ra->cert_path, ra->key, ra->key_path, &why) != SCEP_OK) {
		(void)scep_fail_within(&why, "an earlier RA key of CA %s",
		    ca->name);
		OPENSSL_strlcpy(ra->fault, why.text, sizeof(ra->fault));
	}
}

static enum scep_err
load_one(const struct scep_crypto *crypto, struct scep_ca_conf *ca,
    struct scep_error *err)
{
	enum scep_err	 rc;
	size_t		 i;

	if ((rc = scep_config_load_ca(crypto, ca, err)) != SCEP_OK)
		return rc;
	for (i = 0; i < ca->n_old_ra; i++)
		load_ra(crypto, ca, &ca->old_ra[i]);
	return SCEP_OK;
}

enum scep_err
scep_config_load_kin(const struct scep_crypto *crypto,
    struct scep_ca_conf *ca, struct scep_error *err)
{
	struct scep_ca_conf	*kin;
	enum scep_err		 rc;
	size_t			 i;

	for (i = 0; i < ca->n_old_ra; i++)
		load_ra(crypto, ca, &ca->old_ra[i]);
	for (kin = ca->kin; kin < ca->kin + ca->n_kin; kin++) {
		if ((rc = load_one(crypto, kin, err)) == SCEP_OK)
			continue;
		if (rc != SCEP_E_CONFIG)
			return rc;
		(void)scep_fail_within(err, "generation %u of CA %s (%s)",
		    kin->generation, kin->name,
		    scep_gen_state_name(kin->state));
		OPENSSL_strlcpy(kin->fault, err->text, sizeof(kin->fault));
	}
	return SCEP_OK;
}

const struct scep_ca_conf *
scep_ca_conf_generation(const struct scep_ca_conf *ca, unsigned int number)
{
	size_t	 i;

	if (ca->generation == number)
		return ca;
	for (i = 0; i < ca->n_kin; i++)
		if (ca->kin[i].generation == number)
			return *ca->kin[i].fault == '\0' ? &ca->kin[i] : NULL;
	return NULL;
}

const struct scep_ca_conf *
scep_ca_conf_next(const struct scep_ca_conf *ca)
{
	size_t	 i;

	for (i = 0; i < ca->n_kin; i++)
		if (ca->kin[i].state != SCEP_GEN_PREVIOUS)
			return &ca->kin[i];
	return NULL;
}

const struct scep_ca_conf *
scep_config_generation_named(const struct scep_config *cfg, const char *name)
{
	const struct scep_ca_conf	*ca, *gen;
	const char			*dot = strrchr(name, '.');
	char				 first[SCEP_NAME_LEN];
	struct scep_error		 ignored;
	long				 number;

	if (dot == NULL)
		return scep_config_ca(cfg, name);
	if ((size_t)(dot - name) >= sizeof(first) || scep_number_read(dot + 1,
	    1, INT_MAX, &number, &ignored) != SCEP_OK)
		return NULL;
	(void)snprintf(first, sizeof(first), "%.*s", (int)(dot - name), name);
	if ((ca = scep_config_ca(cfg, first)) == NULL)
		return NULL;
	gen = scep_ca_conf_generation(ca, (unsigned int)number);
	return gen == NULL || gen->state == SCEP_GEN_STAGED ? NULL : gen;
}

static int
has_key(const struct scep_ca_conf *ca, struct scep_span spki)
{
	size_t	 i;

	if (scep_span_equal(spki, ca->cert.spki) ||
	    scep_span_equal(spki, ca->ra_cert.spki))
		return 1;
	for (i = 0; i < ca->n_old_ra; i++)
		if (scep_span_equal(spki, ca->old_ra[i].cert.spki))
			return 1;
	for (i = 0; i < ca->n_kin; i++)
		if (has_key(&ca->kin[i], spki))
			return 1;
	return 0;
}

int
scep_config_has_key(const struct scep_config *cfg, struct scep_span spki)
{
	size_t	 i;

	for (i = 0; i < cfg->n_cas; i++)
		if (has_key(&cfg->ca[i], spki))
			return 1;
	return 0;
}

/* auto, no, or so long before its end. */
enum scep_err
scep_read_ra_renew(struct scep_reading *r, const struct scep_setting *s,
    void *to)
{
	if (strcmp(r->entry->value, "auto") == 0)
		*(long *)to = SCEP_RA_RENEW_AUTO;
	else if (strcmp(r->entry->value, "no") == 0)
		*(long *)to = SCEP_RA_RENEW_NO;
	else
		return scep_read_duration(r, s, to);
	return SCEP_OK;
}
