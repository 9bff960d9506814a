/*
 * published.c - what the CA tells its RA workers, once a generation:
 * capabilities, CA certificates, rules, and the RA keys.
 *
 * The CA key and the challenge key are not in it.
 */
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/x509.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/local.h"

/*
 * GetCACaps, RFC 8894 section 3.5.2, in the order of PROTOCOL I-033.  A word
 * stands here only if the profile does it, and does not hide it.
 */
static enum scep_err
publish_caps(const struct scep_profile *profile,
    const struct scep_ca_conf *ca, struct scep_buf *out,
    struct scep_error *err)
{
	const struct scep_msg_rules	*m = &profile->message;
	const int	 aes = (m->ciphers & SCEP_BIT(SCEP_AES128)) != 0;
	const int	 sha256 = (m->digests & SCEP_BIT(SCEP_SHA256)) != 0;
	const struct {
		int		 on;
		const char	*line;
	} caps[] = {
		{ aes, "AES\n" },
		{ (m->ciphers & SCEP_BIT(SCEP_3DES)) != 0, "DES3\n" },
		{ 1, "POSTPKIOperation\n" },
		{ profile->renew.on != 0, "Renewal\n" },
		{ (m->digests & SCEP_BIT(SCEP_SHA1)) != 0, "SHA-1\n" },
		{ sha256, "SHA-256\n" },
		/* Not in the RFC; strongSwan 5.9.8 wants to see it. */
		{ (m->digests & SCEP_BIT(SCEP_SHA384)) != 0, "SHA-384\n" },
		{ (m->digests & SCEP_BIT(SCEP_SHA512)) != 0, "SHA-512\n" },
		/* All of section 2.9, and nothing that is older. */
		{ aes && sha256 && profile->legacy == 0,
		    "SCEPStandard\n" },
		/* Section 4.7: one can be fetched now. */
		{ ca->next_answer.len > 0, "GetNextCACert\n" },
	};
	enum scep_err	 rc;
	size_t		 i;

	for (i = 0; i < sizeof(caps) / sizeof(caps[0]); i++)
		if (caps[i].on && !scep_config_hides(profile, caps[i].line) &&
		    (rc = scep_buf_add(out, scep_span_text(caps[i].line),
		    err)) != SCEP_OK)
			return rc;
	return SCEP_OK;
}

/* It may hold part of a path, which may be anything. */
static void
publish_fault(const char *fault, char *out, size_t size)
{
	OPENSSL_strlcpy(out, fault, size);
	if (scep_is_clean_utf8(scep_span_text(out)))
		return;
	for (; *out != '\0'; out++)
		if (*out < 0x20 || *out > 0x7e)
			*out = '?';
}

static enum scep_err
publish_profile(const struct scep_config *cfg,
    const struct scep_profile *profile, struct scep_published_profile *out,
    struct scep_error *err)
{
	const struct scep_ca_conf	*ca = &cfg->ca[profile->ca];
	enum scep_err			 rc;

	OPENSSL_strlcpy(out->name, profile->name, sizeof(out->name));
	OPENSSL_strlcpy(out->ca, cfg->ca[profile->ca].name, sizeof(out->ca));
	out->getcert = profile->getcert != SCEP_GETCERT_NO;
	out->getcrl = profile->getcrl &&
	    scep_config_has_crl(&cfg->ca[profile->ca], NULL);
	out->rules = profile->message;
	out->omit_content = profile->omit_content;
	out->fail_text = profile->fail_text;
	publish_fault(profile->fault, out->fault, sizeof(out->fault));
	if (*out->fault != '\0')
		return SCEP_OK;
	if ((rc = publish_caps(profile, ca, &out->caps, err)) != SCEP_OK ||
	    (rc = scep_buf_set(&out->nextcacert,
	    scep_buf_span(&ca->next_answer), err)) != SCEP_OK)
		return rc;
	return scep_publish_certs(ca, profile, out, err);
}

/* The private key as PKCS #8 (RFC 5958), in the clear: the socket it goes
 * over is a socketpair to our own child. */
static enum scep_err
private_der(EVP_PKEY *key, struct scep_buf *out, struct scep_error *err)
{
	PKCS8_PRIV_KEY_INFO	*p8;
	unsigned char		*der = NULL;
	int			 len = -1;

	if ((p8 = EVP_PKEY2PKCS8(key)) != NULL)
		len = i2d_PKCS8_PRIV_KEY_INFO(p8, &der);
	PKCS8_PRIV_KEY_INFO_free(p8);	/* cleanses the key inside */
	if (len <= 0)
		return scep_fail_ssl(err, SCEP_E_INTERNAL, "encode RA key");
	out->data = der;
	out->len = (size_t)len;
	return SCEP_OK;
}

enum scep_err
scep_published_encode_keys(struct scep_published *published,
    struct scep_error *err)
{
	struct scep_published_ra	*ra;
	enum scep_err			 rc;
	size_t				 i;

	for (i = 0; i < published->n_ras; i++) {
		ra = &published->ra[i];
		if (ra->pkey != NULL && ra->key.len == 0 &&
		    (rc = private_der(ra->pkey, &ra->key, err)) != SCEP_OK)
			return rc;
	}
	return SCEP_OK;
}

/* The list of RAs, while it is made. */
struct ra_list {
	struct scep_published_ra	*ra;
	size_t				 n, size;
};

static enum scep_err
add_ra(struct ra_list *list, const struct scep_ca_conf *gen,
    const struct scep_cert *cert, EVP_PKEY *key, struct scep_error *err)
{
	struct scep_published_ra	*ra, *more;
	enum scep_err			 rc;

	if (list->n == list->size) {
		more = OPENSSL_realloc(list->ra, (list->size + 8) *
		    sizeof(*more));
		if (more == NULL)
			return scep_fail(err, SCEP_E_NOMEM, "published RAs");
		list->ra = more;
		list->size += 8;
	}
	ra = &list->ra[list->n++];
	memset(ra, 0, sizeof(*ra));
	OPENSSL_strlcpy(ra->name, gen->name, sizeof(ra->name));
	ra->ca_generation = gen->generation;
	if (cert == NULL)		/* its profiles have a fault */
		return SCEP_OK;
	if ((rc = scep_buf_set(&ra->cert, scep_buf_span(&cert->der), err)) !=
	    SCEP_OK)
		return rc;
	if (EVP_PKEY_up_ref(key) != 1)
		return scep_fail_ssl(err, SCEP_E_INTERNAL, "RA key");
	ra->pkey = key;
	return SCEP_OK;
}

static enum scep_err
add_generation(struct ra_list *list, const struct scep_ca_conf *gen,
    struct scep_error *err)
{
	enum scep_err	 rc;
	size_t		 i;

	rc = add_ra(list, gen, &gen->ra_cert, gen->ra_key, err);
	for (i = 0; rc == SCEP_OK && i < gen->n_old_ra; i++)
		if (*gen->old_ra[i].fault == '\0')
			rc = add_ra(list, gen, &gen->old_ra[i].cert,
			    gen->old_ra[i].key, err);
	return rc;
}

/* The current generation's first.  What is only staged is known to nobody. */
static enum scep_err
add_ca(struct ra_list *list, const struct scep_ca_conf *ca,
    struct scep_error *err)
{
	const struct scep_ca_conf	*kin;
	enum scep_err			 rc;

	if (*ca->fault != '\0')
		return add_ra(list, ca, NULL, NULL, err);
	rc = add_generation(list, ca, err);
	for (kin = ca->kin; rc == SCEP_OK && kin < ca->kin + ca->n_kin; kin++)
		if (*kin->fault == '\0' && kin->state != SCEP_GEN_STAGED)
			rc = add_generation(list, kin, err);
	return rc;
}

static enum scep_err
publish_ras(const struct scep_config *cfg, struct scep_published *out,
    struct scep_error *err)
{
	struct ra_list	 list = { NULL, 0, 0 };
	enum scep_err	 rc = SCEP_OK;
	size_t		 i, j, first;

	for (i = 0; rc == SCEP_OK && i < cfg->n_cas; i++) {
		first = list.n;
		rc = add_ca(&list, &cfg->ca[i], err);
		for (j = 0; j < cfg->n_profiles; j++)
			if (cfg->profile[j].ca == i) {
				out->profile[j].ra = (uint32_t)first;
				out->profile[j].n_ras =
				    (uint32_t)(list.n - first);
			}
	}
	out->ra = list.ra;
	out->n_ras = list.n;
	return rc;
}

static enum scep_err
publish_ca(const struct scep_ca_conf *ca, struct scep_published *to,
    struct scep_error *err)
{
	struct scep_published_ca	*out = &to->ca[to->n_cas++];

	OPENSSL_strlcpy(out->name, ca->name, sizeof(out->name));
	return *ca->fault != '\0' ? SCEP_OK :
	    scep_buf_set(&out->cert, scep_buf_span(&ca->cert.der), err);
}

/* "main.2", for what has to be found after the next one came. */
static enum scep_err
publish_generation(const struct scep_ca_conf *gen, struct scep_published *to,
    struct scep_error *err)
{
	struct scep_published_ca	*out = &to->ca[to->n_cas];
	enum scep_err			 rc;

	if (*gen->fault != '\0' || gen->state == SCEP_GEN_STAGED)
		return SCEP_OK;
	rc = publish_ca(gen, to, err);
	(void)snprintf(out->name, sizeof(out->name), "%.48s.%u", gen->name,
	    gen->generation);
	return rc;
}

static enum scep_err
publish_cas(const struct scep_config *cfg, struct scep_published *to,
    struct scep_error *err)
{
	const struct scep_ca_conf	*ca;
	size_t				 i, n = 0;
	enum scep_err			 rc = SCEP_OK;

	for (ca = cfg->ca; ca < cfg->ca + cfg->n_cas; ca++)
		n += 2 + ca->n_kin;
	if ((to->ca = OPENSSL_zalloc(n * sizeof(to->ca[0]))) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "published CAs");
	for (ca = cfg->ca; rc == SCEP_OK && ca < cfg->ca + cfg->n_cas; ca++) {
		if ((rc = publish_ca(ca, to, err)) == SCEP_OK)
			rc = publish_generation(ca, to, err);
		for (i = 0; rc == SCEP_OK && i < ca->n_kin; i++)
			rc = publish_generation(&ca->kin[i], to, err);
	}
	return rc;
}

static enum scep_err
publish(const struct scep_config *cfg, struct scep_published *out,
    struct scep_error *err)
{
	enum scep_err	 rc;
	size_t		 i;

	out->profile = OPENSSL_zalloc(cfg->n_profiles *
	    sizeof(out->profile[0]));
	if (out->profile == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "published profiles");
	out->n_profiles = cfg->n_profiles;
	for (i = 0; i < cfg->n_profiles; i++)
		if ((rc = publish_profile(cfg, &cfg->profile[i],
		    &out->profile[i], err)) != SCEP_OK)
			return rc;
	if ((rc = publish_cas(cfg, out, err)) != SCEP_OK)
		return rc;
	return publish_ras(cfg, out, err);
}

enum scep_err
scep_publish(const struct scep_config *cfg, uint32_t generation,
    struct scep_published *out, struct scep_error *err)
{
	enum scep_err	 rc;

	memset(out, 0, sizeof(*out));
	out->generation = generation;
	out->max_request = cfg->server.max_request;
	out->metrics = cfg->server.metrics;
	OPENSSL_strlcpy(out->default_profile, cfg->server.default_profile,
	    sizeof(out->default_profile));
	if ((rc = publish(cfg, out, err)) != SCEP_OK)
		scep_published_clear(out);
	return rc;
}

enum scep_err
scep_local_published(struct scep_ca *ca, struct scep_published *out,
    struct scep_error *err)
{
	return scep_publish(((struct scep_local *)ca)->cfg, ca->generation,
	    out, err);
}

void
scep_published_clear(struct scep_published *published)
{
	size_t	 i;

	for (i = 0; i < published->n_profiles; i++) {
		scep_buf_clear(&published->profile[i].caps);
		scep_buf_clear(&published->profile[i].cacert);
		scep_buf_clear(&published->profile[i].chain);
		scep_buf_clear(&published->profile[i].next_chain);
		scep_buf_clear(&published->profile[i].nextcacert);
	}
	for (i = 0; i < published->n_ras; i++) {
		scep_buf_clear(&published->ra[i].cert);
		scep_buf_clear(&published->ra[i].key);
		EVP_PKEY_free(published->ra[i].pkey);
	}
	for (i = 0; i < published->n_cas; i++)
		scep_buf_clear(&published->ca[i].cert);
	OPENSSL_free(published->profile);
	OPENSSL_free(published->ca);
	OPENSSL_free(published->ra);
	memset(published, 0, sizeof(*published));
}
