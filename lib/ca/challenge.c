/*
 * challenge.c - challenge records: minted, recognised, used up.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "ca/challenge.h"

#define ID_LEN		10
#define SECRET_LEN	26		/* 130 bits */
#define LABEL_RECORD	"scep.fcgi challenge 1"
#define LABEL_STATIC	"scep.fcgi static challenge 1"

/* 32 characters, without 0, 1, l, o: typed by people. */
static const char	alphabet[] = "23456789abcdefghijkmnpqrstuvwxyz";

static enum scep_err
random_text(const struct scep_crypto *crypto, char *out, size_t len,
    struct scep_error *err)
{
	uint8_t		 octets[SECRET_LEN];
	enum scep_err	 rc;
	size_t		 i;

	if ((rc = scep_crypto_random(crypto, octets, len, err)) != SCEP_OK)
		return rc;
	for (i = 0; i < len; i++)
		out[i] = alphabet[octets[i] & 31];
	out[len] = '\0';
	OPENSSL_cleanse(octets, sizeof(octets));
	return SCEP_OK;
}

static void
put_number(uint8_t out[8], long n)
{
	int	 i;

	for (i = 0; i < 8; i++)
		out[i] = (uint8_t)((uint64_t)n >> (56 - 8 * i));
}

/*
 * HMAC over everything the record binds and the secret, each with its length
 * in front: a row that was changed in the database is worth nothing.
 */
static enum scep_err
record_mac(const struct scep_crypto *crypto, const struct scep_config *cfg,
    const struct scep_challenge *rec, struct scep_span secret,
    uint8_t out[SCEP_SHA256_LEN], struct scep_error *err)
{
	uint8_t			 numbers[4][8], lengths[6][8];
	const struct scep_span	 fields[] = {
		scep_span_text(LABEL_RECORD),
		scep_span_text(rec->id),
		scep_span_text(rec->profile),
		scep_buf_span(&rec->subject),
		scep_buf_span(&rec->san),
		secret,
	};
	struct scep_span	 parts[6 * 2 + 1];
	size_t			 i, n = 0;

	for (i = 0; i < 6; i++) {
		put_number(lengths[i], (long)fields[i].len);
		parts[n++] = scep_span_make(lengths[i], 8);
		parts[n++] = fields[i];
	}
	put_number(numbers[0], rec->binds_san);
	put_number(numbers[1], rec->created);
	put_number(numbers[2], rec->expires);
	put_number(numbers[3], rec->uses);
	parts[n++] = scep_span_make(numbers, sizeof(numbers));
	return scep_crypto_hmac(crypto, scep_buf_span(&cfg->challenge_key),
	    parts, n, out, err);
}

enum scep_err
scep_challenge_mint(const struct scep_crypto *crypto,
    const struct scep_config *cfg, struct scep_challenge *rec,
    char text[SCEP_CHALLENGE_TEXT], struct scep_error *err)
{
	char		 secret[SECRET_LEN + 1];
	enum scep_err	 rc;

	if ((rc = random_text(crypto, rec->id, ID_LEN, err)) != SCEP_OK ||
	    (rc = random_text(crypto, secret, SECRET_LEN, err)) != SCEP_OK ||
	    (rc = record_mac(crypto, cfg, rec, scep_span_text(secret),
	    rec->mac, err)) != SCEP_OK)
		return rc;
	(void)snprintf(text, SCEP_CHALLENGE_TEXT, "%.*s-%s", ID_LEN, rec->id,
	    secret);
	OPENSSL_cleanse(secret, sizeof(secret));
	return SCEP_OK;
}

static struct scep_span
trim(struct scep_span s)
{
	while (s.len > 0 && s.data[0] == ' ') {
		s.data++;
		s.len--;
	}
	while (s.len > 0 && s.data[s.len - 1] == ' ')
		s.len--;
	return s;
}

/* "ID-SECRET" in either case; id and secret come out in lower case. */
static int
split(struct scep_span presented, char id[ID_LEN + 1],
    char secret[SECRET_LEN + 1])
{
	struct scep_span	 s = trim(presented);
	size_t			 i;
	int			 c;

	if (s.len != ID_LEN + 1 + SECRET_LEN || s.data[ID_LEN] != '-')
		return 0;
	for (i = 0; i < s.len; i++) {
		if (i == ID_LEN)
			continue;
		c = tolower(s.data[i]);
		if (c == '\0' || strchr(alphabet, c) == NULL)
			return 0;
		if (i < ID_LEN)
			id[i] = (char)c;
		else
			secret[i - ID_LEN - 1] = (char)c;
	}
	id[ID_LEN] = secret[SECRET_LEN] = '\0';
	return 1;
}

int
scep_challenge_id(struct scep_span presented, char id[SCEP_REC_NAME])
{
	char	 secret[SECRET_LEN + 1];
	int	 ok;

	ok = split(presented, id, secret);
	OPENSSL_cleanse(secret, sizeof(secret));
	return ok;
}

enum scep_err
scep_challenge_static(const struct scep_crypto *crypto,
    const struct scep_config *cfg, const char *profile,
    struct scep_span secret, uint8_t out[SCEP_SHA256_LEN],
    struct scep_error *err)
{
	const struct scep_span	 parts[] = {
		scep_span_text(LABEL_STATIC),
		scep_span_make("", 1),
		scep_span_text(profile),
		scep_span_make("", 1),
		secret,
	};

	return scep_crypto_hmac(crypto, scep_buf_span(&cfg->challenge_key),
	    parts, 5, out, err);
}

/* The names as they were read, also those that are never issued. */
static enum scep_err
add_san(struct scep_buf *out, const struct scep_san_list *list,
    struct scep_error *err)
{
	uint8_t		 head[3];
	enum scep_err	 rc;
	size_t		 i;

	for (i = 0; i < list->n; i++) {
		head[0] = (uint8_t)list->san[i].type;
		head[1] = (uint8_t)(list->san[i].value.len >> 8);
		head[2] = (uint8_t)list->san[i].value.len;
		if ((rc = scep_buf_add(out, scep_span_make(head, 3), err)) !=
		    SCEP_OK || (rc = scep_buf_add(out,
		    scep_buf_span(&list->san[i].value), err)) != SCEP_OK)
			return rc;
	}
	return SCEP_OK;
}

enum scep_err
scep_challenge_request(const struct scep_crypto *crypto,
    const struct scep_csr *csr, uint8_t out[SCEP_SHA256_LEN],
    struct scep_error *err)
{
	struct scep_buf	 all = { NULL, 0 };
	enum scep_err	 rc;

	if ((rc = scep_buf_set(&all, scep_span_make(csr->key.sha256,
	    sizeof(csr->key.sha256)), err)) == SCEP_OK &&
	    (rc = scep_buf_add(&all, csr->subject, err)) == SCEP_OK &&
	    (rc = add_san(&all, &csr->san, err)) == SCEP_OK)
		rc = scep_crypto_sha256(crypto, scep_buf_span(&all), out,
		    err);
	scep_buf_clear(&all);
	return rc;
}

/* Does the request ask for just what the record binds? */
static enum scep_err
judge_names(const struct scep_challenge *rec, const struct scep_csr *csr,
    enum scep_challenge_fact *fact, struct scep_error *err)
{
	struct scep_name	 name;
	struct scep_san_list	 san = { .n = 0 };
	enum scep_err		 rc;

	if (rec->subject.len > 0) {
		if ((rc = scep_name_parse(scep_buf_span(&rec->subject), &name,
		    err)) != SCEP_OK)
			return err->code = SCEP_E_STORE;
		if (!scep_name_same(&name, &csr->name))
			*fact = SCEP_CH_OTHER_SUBJECT;
		scep_name_clear(&name);
	}
	if (!rec->binds_san || *fact != SCEP_CH_RECORD)
		return SCEP_OK;
	if (rec->san.len > 0 && (rc = scep_san_parse(scep_buf_span(&rec->san),
	    &san, err)) != SCEP_OK)
		return err->code = SCEP_E_STORE;
	if (!scep_san_same(&san, &csr->san))
		*fact = SCEP_CH_OTHER_SAN;
	scep_san_clear(&san);
	return SCEP_OK;
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

/* The secret was right: is the record still good, for this request? */
static enum scep_err
judge_record(const struct scep_crypto *crypto,
    const struct scep_profile *profile, const struct scep_csr *csr,
    const struct scep_challenge *rec, time_t now,
    enum scep_challenge_fact *fact, size_t *use, struct scep_error *err)
{
	uint8_t		 request[SCEP_SHA256_LEN];
	enum scep_err	 rc;
	int		 i;

	*fact = SCEP_CH_RECORD;
	if (strcmp(rec->profile, profile->name) != 0)
		*fact = SCEP_CH_OTHER_PROFILE;
	else if (rec->state == SCEP_CHALLENGE_REVOKED)
		*fact = SCEP_CH_REVOKED;
	if (*fact != SCEP_CH_RECORD)
		return SCEP_OK;
	if ((rc = judge_names(rec, csr, fact, err)) != SCEP_OK ||
	    *fact != SCEP_CH_RECORD)
		return rc;
	if ((rc = scep_challenge_request(crypto, csr, request, err)) !=
	    SCEP_OK)
		return rc;
	/* RFC clients ask again under a new transactionID when an answer was
	 * lost (PROTOCOL C-207). */
	i = find_use(rec, request, now - profile->retry_window_s);
	if (i >= 0) {
		*use = (size_t)i;
		*fact = SCEP_CH_SPENT_BY_SAME;
	} else if (rec->used >= rec->uses)
		*fact = SCEP_CH_SPENT;
	else if (now >= rec->expires)
		*fact = SCEP_CH_EXPIRED;
	return SCEP_OK;
}

enum scep_err
scep_challenge_judge(const struct scep_crypto *crypto,
    const struct scep_config *cfg, const struct scep_profile *profile,
    const struct scep_csr *csr, const struct scep_challenge *rec, time_t now,
    enum scep_challenge_fact *fact, size_t *use, struct scep_error *err)
{
	static const struct scep_challenge	 nobody;
	char		 id[ID_LEN + 1] = "", secret[SECRET_LEN + 1] = "";
	uint8_t		 mac[SCEP_SHA256_LEN], fixed[SCEP_SHA256_LEN];
	int		 formed, right, is_static;
	enum scep_err	 rc;

	*fact = SCEP_CH_ABSENT;
	if (csr->challenge.len == 0)
		return SCEP_OK;
	formed = split(csr->challenge, id, secret);
	/* Both, whatever there is to compare with. */
	rc = record_mac(crypto, cfg, rec != NULL ? rec : &nobody,
	    scep_span_text(secret), mac, err);
	OPENSSL_cleanse(secret, sizeof(secret));
	if (rc != SCEP_OK || (rc = scep_challenge_static(crypto, cfg,
	    profile->name, csr->challenge, fixed, err)) != SCEP_OK)
		return rc;
	right = CRYPTO_memcmp(mac, rec != NULL ? rec->mac : nobody.mac,
	    sizeof(mac)) == 0;
	is_static = CRYPTO_memcmp(fixed, profile->static_hash,
	    sizeof(fixed)) == 0;
	*fact = SCEP_CH_UNKNOWN;
	if (formed && rec != NULL && right)
		return judge_record(crypto, profile, csr, rec, now, fact, use,
		    err);
	if (profile->has_static && is_static)
		*fact = SCEP_CH_STATIC;
	return SCEP_OK;
}

enum scep_err
scep_challenge_spend(struct scep_challenge *rec, time_t now,
    const uint8_t request[SCEP_SHA256_LEN], struct scep_span cert_key,
    struct scep_error *err)
{
	struct scep_challenge_use	*use;

	if (rec->n_use == SCEP_USES_KEPT) {
		scep_buf_clear(&rec->use[0].cert_key);
		memmove(&rec->use[0], &rec->use[1], sizeof(rec->use[0]) *
		    (SCEP_USES_KEPT - 1));
		rec->n_use--;
		memset(&rec->use[rec->n_use], 0, sizeof(rec->use[0]));
	}
	use = &rec->use[rec->n_use];
	use->when = now;
	memcpy(use->request, request, SCEP_SHA256_LEN);
	rec->used++;
	rec->n_use++;
	return scep_buf_set(&use->cert_key, cert_key, err);
}
