/*
 * challenge_judge.c - what a request shows, held against a record.
 *
 * Knows neither how records are made nor who else may be asked; the decision
 * is decide.c's.
 */
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "ca/challenge.h"
#include "ca/token.h"

static enum scep_err
judge_subject(const struct scep_challenge *rec, const struct scep_csr *csr,
    enum scep_challenge_fact *fact, struct scep_error *err)
{
	struct scep_name	 name;
	int			 fits;

	if (scep_name_parse(scep_buf_span(&rec->subject), &name, err) !=
	    SCEP_OK)
		return err->code = SCEP_E_STORE;
	fits = rec->subject_is == SCEP_SUBJECT_TEMPLATE ?
	    scep_name_fits(&name, &csr->name) :
	    scep_name_same(&name, &csr->name);
	if (!fits)
		*fact = SCEP_CH_OTHER_SUBJECT;
	scep_name_clear(&name);
	return SCEP_OK;
}

static enum scep_err
judge_san(const struct scep_challenge *rec, const struct scep_csr *csr,
    enum scep_challenge_fact *fact, struct scep_error *err)
{
	struct scep_san_list	 san = { .n = 0 };
	enum scep_err		 rc;

	if (rec->san.len > 0 && (rc = scep_san_parse(scep_buf_span(&rec->san),
	    &san, err)) != SCEP_OK)
		return err->code = SCEP_E_STORE;
	if (!scep_san_same(&san, &csr->san))
		*fact = SCEP_CH_OTHER_SAN;
	scep_san_clear(&san);
	return SCEP_OK;
}

/* What a token binds by a hash alone. */
static enum scep_err
judge_hash(const struct scep_challenge_case *c, enum scep_challenge_fact *fact,
    struct scep_error *err)
{
	enum scep_err	 rc;
	int		 fits;

	if (c->token == NULL)
		return SCEP_OK;
	rc = scep_token_fits(c->crypto, c->token, c->csr, &fits, err);
	if (rc == SCEP_OK && !fits)
		*fact = SCEP_CH_OTHER_SUBJECT;
	return rc;
}

/* Does the request ask for just what the record binds?  Where the record
 * names the device itself, only its key is looked at. */
static enum scep_err
judge_names(const struct scep_challenge_case *c,
    const struct scep_challenge *rec, enum scep_challenge_fact *fact,
    struct scep_error *err)
{
	const struct scep_csr	*csr = c->csr;
	enum scep_err		 rc;

	if (rec->has_key && memcmp(rec->key_sha256, csr->key.sha256,
	    SCEP_SHA256_LEN) != 0) {
		*fact = SCEP_CH_OTHER_KEY;
		return SCEP_OK;
	}
	if (rec->subject_is == SCEP_SUBJECT_SET)
		return SCEP_OK;
	rc = judge_hash(c, fact, err);
	if (rc == SCEP_OK && rec->subject_is != SCEP_SUBJECT_ANY)
		rc = judge_subject(rec, csr, fact, err);
	if (rc != SCEP_OK || !rec->binds_san || *fact != SCEP_CH_RECORD)
		return rc;
	return judge_san(rec, csr, fact, err);
}

/* The newest use by the same key for the same names, or -1. */
static int
find_use(const struct scep_challenge *rec,
    const uint8_t request[SCEP_SHA256_LEN], time_t since)
{
	size_t	 i;

	for (i = rec->n_use; i > 0; i--)
		if (rec->use[i - 1].when >= since &&
		    memcmp(rec->use[i - 1].request, request,
		    SCEP_SHA256_LEN) == 0)
			return (int)(i - 1);
	return -1;
}

/* It is for this request: is it good now?  What has been frozen, or has
 * expired, does not take a certificate back that was made before. */
static enum scep_challenge_fact
judge_life(const struct scep_challenge *rec,
    const uint8_t request[SCEP_SHA256_LEN], time_t now)
{
	time_t	 first;

	if (rec->state == SCEP_CHALLENGE_FROZEN)
		return SCEP_CH_FROZEN;
	if (scep_challenge_is_again(rec, request, now, &first))
		return SCEP_CH_AGAIN;
	if (rec->used >= rec->uses)
		return SCEP_CH_SPENT;
	if (now >= rec->expires)
		return SCEP_CH_EXPIRED;
	return now < rec->not_before ? SCEP_CH_NOT_YET : SCEP_CH_RECORD;
}

enum scep_err
scep_challenge_judge_right(const struct scep_challenge_case *c,
    const struct scep_challenge *rec, enum scep_challenge_fact *fact,
    size_t *use, struct scep_error *err)
{
	uint8_t		 request[SCEP_SHA256_LEN];
	enum scep_err	 rc;
	int		 i;

	*fact = SCEP_CH_RECORD;
	if (strcmp(rec->profile, c->profile->name) != 0)
		*fact = SCEP_CH_OTHER_PROFILE;
	else if (rec->state == SCEP_CHALLENGE_REVOKED)
		*fact = SCEP_CH_REVOKED;
	if (*fact != SCEP_CH_RECORD)
		return SCEP_OK;
	if ((rc = judge_names(c, rec, fact, err)) != SCEP_OK ||
	    *fact != SCEP_CH_RECORD)
		return rc;
	if ((rc = scep_challenge_request(c->crypto, rec, c->csr, request,
	    err)) != SCEP_OK)
		return rc;
	/* RFC clients ask again under a new transactionID when an answer was
	 * lost (PROTOCOL C-207). */
	i = find_use(rec, request, c->now - c->profile->retry_window_s);
	*fact = i >= 0 ? SCEP_CH_SPENT_BY_SAME :
	    judge_life(rec, request, c->now);
	if (i >= 0)
		*use = (size_t)i;
	return SCEP_OK;
}

enum scep_err
scep_challenge_judge(const struct scep_challenge_case *c,
    const struct scep_challenge *rec, enum scep_challenge_fact *fact,
    size_t *use, struct scep_error *err)
{
	static const struct scep_challenge	 nobody;
	char		 id[SCEP_CHALLENGE_ID + 1] = "";
	char		 secret[SCEP_CHALLENGE_SECRET + 1] = "";
	uint8_t		 mac[SCEP_SHA256_LEN], fixed[SCEP_SHA256_LEN];
	int		 formed, right, is_static;
	enum scep_err	 rc;

	*fact = SCEP_CH_ABSENT;
	if (c->csr->challenge.len == 0)
		return SCEP_OK;
	formed = scep_challenge_split(c->csr->challenge, id, secret);
	/* Both, whatever there is to compare with. */
	rc = scep_challenge_mac(c->crypto, c->cfg, rec != NULL ? rec :
	    &nobody, scep_span_text(secret), mac, err);
	OPENSSL_cleanse(secret, sizeof(secret));
	if (rc != SCEP_OK || (rc = scep_challenge_static(c->crypto, c->cfg,
	    c->profile->name, c->csr->challenge, fixed, err)) != SCEP_OK)
		return rc;
	right = CRYPTO_memcmp(mac, rec != NULL ? rec->mac : nobody.mac,
	    sizeof(mac)) == 0;
	is_static = CRYPTO_memcmp(fixed, c->profile->static_hash,
	    sizeof(fixed)) == 0;
	*fact = SCEP_CH_UNKNOWN;
	if (formed && rec != NULL && right)
		return scep_challenge_judge_right(c, rec, fact, use, err);
	if (c->profile->has_static && is_static)
		*fact = SCEP_CH_STATIC;
	return SCEP_OK;
}
