/*
 * challenge.c - challenge records: minted, recognised, used up.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "ca/bound.h"
#include "ca/challenge.h"

#define ID_LEN		SCEP_CHALLENGE_ID
#define SECRET_LEN	SCEP_CHALLENGE_SECRET
#define LABEL_RECORD	"scep.fcgi challenge 2"
#define LABEL_RECORD_1	"scep.fcgi challenge 1"
#define LABEL_STATIC	"scep.fcgi static challenge 1"
#define LABEL_REVOKED	"scep.fcgi revoked challenge 1"

/* 32 characters, without 0, 1, l, o: typed by people. */
static const char	alphabet[] = "23456789abcdefghijkmnpqrstuvwxyz";

void
scep_challenge_letters(const uint8_t *octets, size_t len, char *out)
{
	size_t	 i;

	for (i = 0; i < len; i++)
		out[i] = alphabet[octets[i] & 31];
	out[len] = '\0';
}

enum scep_err
scep_challenge_draw(const struct scep_crypto *crypto, char *out, size_t len,
    struct scep_error *err)
{
	uint8_t		 octets[SECRET_LEN];
	enum scep_err	 rc;

	if ((rc = scep_crypto_random(crypto, octets, len, err)) != SCEP_OK)
		return rc;
	scep_challenge_letters(octets, len, out);
	OPENSSL_cleanse(octets, sizeof(octets));
	return SCEP_OK;
}

/* What version 1 bound; under another label, so that no row can be said to be
 * of another version than it is. */
static void
bound_by_1(const struct scep_challenge *rec, struct scep_span secret,
    struct scep_bound *out)
{
	*out = (struct scep_bound){
		.span = {
			scep_span_text(LABEL_RECORD_1),
			scep_span_text(rec->id),
			scep_span_text(rec->profile),
			scep_buf_span(&rec->subject),
			scep_buf_span(&rec->san),
			secret,
		},
		.n_spans = 6,
		.number = {
			rec->binds_san, rec->created, rec->expires, rec->uses,
		},
		.n_numbers = 4,
	};
}

static void
bound_by_2(const struct scep_challenge *rec, struct scep_span secret,
    struct scep_bound *out)
{
	*out = (struct scep_bound){
		.span = {
			scep_span_text(LABEL_RECORD),
			scep_span_text(rec->id),
			scep_span_text(rec->profile),
			scep_buf_span(&rec->subject),
			scep_buf_span(&rec->san),
			secret,
			scep_span_make(rec->key_sha256,
			    sizeof(rec->key_sha256)),
		},
		.n_spans = 7,
		.number = {
			(long)rec->subject_is, rec->binds_san, rec->has_key,
			rec->created, rec->not_before, rec->expires,
			rec->uses, rec->reuse_s, rec->max_wrong,
		},
		.n_numbers = 9,
	};
}

/* What becomes of the mac of one that is revoked: nobody leads it back, who
 * does not know challenge_key and the secret. */
static enum scep_err
end_mac(const struct scep_crypto *crypto, uint8_t mac[SCEP_SHA256_LEN],
    struct scep_error *err)
{
	uint8_t	 all[sizeof(LABEL_REVOKED) + SCEP_SHA256_LEN];

	memcpy(all, LABEL_REVOKED, sizeof(LABEL_REVOKED));
	memcpy(all + sizeof(LABEL_REVOKED), mac, SCEP_SHA256_LEN);
	return scep_crypto_sha256(crypto, scep_span_make(all, sizeof(all)),
	    mac, err);
}

/*
 * Over everything that the record binds, and the secret: a row that was
 * changed in the database is worth nothing.  The same work in each state.
 */
enum scep_err
scep_challenge_mac(const struct scep_crypto *crypto,
    const struct scep_config *cfg, const struct scep_challenge *rec,
    struct scep_span secret, uint8_t out[SCEP_SHA256_LEN],
    struct scep_error *err)
{
	struct scep_bound	 b;
	uint8_t			 ended[SCEP_SHA256_LEN];
	enum scep_err		 rc;

	if (rec->version == 1)
		bound_by_1(rec, secret, &b);
	else
		bound_by_2(rec, secret, &b);
	if ((rc = scep_bound_mac(crypto, cfg, &b, out, err)) != SCEP_OK)
		return rc;
	memcpy(ended, out, sizeof(ended));
	rc = end_mac(crypto, ended, err);
	if (rec->state == SCEP_CHALLENGE_REVOKED)
		memcpy(out, ended, sizeof(ended));
	return rc;
}

enum scep_err
scep_challenge_revoke(const struct scep_crypto *crypto,
    struct scep_challenge *rec, struct scep_error *err)
{
	rec->state = SCEP_CHALLENGE_REVOKED;
	return end_mac(crypto, rec->mac, err);
}

enum scep_err
scep_challenge_mint(const struct scep_crypto *crypto,
    const struct scep_config *cfg, struct scep_challenge *rec,
    char text[SCEP_CHALLENGE_TEXT], struct scep_error *err)
{
	char		 secret[SECRET_LEN + 1];
	enum scep_err	 rc;

	if ((rc = scep_challenge_draw(crypto, rec->id, ID_LEN, err)) !=
	    SCEP_OK ||
	    (rc = scep_challenge_draw(crypto, secret, SECRET_LEN, err)) !=
	    SCEP_OK ||
	    (rc = scep_challenge_mac(crypto, cfg, rec,
	    scep_span_text(secret), rec->mac, err)) != SCEP_OK)
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

int
scep_challenge_split(struct scep_span presented,
    char id[SCEP_CHALLENGE_ID + 1], char secret[SCEP_CHALLENGE_SECRET + 1])
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

	ok = scep_challenge_split(presented, id, secret);
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
    const struct scep_challenge *rec, const struct scep_csr *csr,
    uint8_t out[SCEP_SHA256_LEN], struct scep_error *err)
{
	const int	 is_set = rec->subject_is == SCEP_SUBJECT_SET;
	struct scep_buf	 all = { NULL, 0 };
	enum scep_err	 rc;

	if ((rc = scep_buf_set(&all, scep_span_make(csr->key.sha256,
	    sizeof(csr->key.sha256)), err)) == SCEP_OK &&
	    (rc = scep_buf_add(&all, is_set ? scep_buf_span(&rec->subject) :
	    csr->subject, err)) == SCEP_OK &&
	    (rc = is_set ? scep_buf_add(&all, scep_buf_span(&rec->san),
	    err) : add_san(&all, &csr->san, err)) == SCEP_OK)
		rc = scep_crypto_sha256(crypto, scep_buf_span(&all), out,
		    err);
	scep_buf_clear(&all);
	return rc;
}

int
scep_challenge_is_again(const struct scep_challenge *rec,
    const uint8_t request[SCEP_SHA256_LEN], time_t now, time_t *first)
{
	const struct scep_challenge_use	*use;
	size_t				 i;

	for (i = rec->n_use; i > 0; i--) {
		use = &rec->use[i - 1];
		if (memcmp(use->request, request, SCEP_SHA256_LEN) != 0)
			continue;
		*first = use->first;
		return now - use->first < rec->reuse_s;
	}
	return 0;
}

/* Room for one more: the oldest goes. */
static struct scep_challenge_use *
next_use(struct scep_challenge *rec)
{
	if (rec->n_use == SCEP_USES_KEPT) {
		scep_buf_clear(&rec->use[0].cert_key);
		memmove(&rec->use[0], &rec->use[1], sizeof(rec->use[0]) *
		    (SCEP_USES_KEPT - 1));
		rec->n_use--;
		memset(&rec->use[rec->n_use], 0, sizeof(rec->use[0]));
	}
	return &rec->use[rec->n_use++];
}

enum scep_err
scep_challenge_spend(struct scep_challenge *rec, time_t now,
    const struct scep_challenge_user *by, struct scep_span cert_key,
    struct scep_error *err)
{
	time_t				 first = now;
	const int			 again = scep_challenge_is_again(rec,
					    by->request, now,
					    &first);
	struct scep_challenge_use	*use = next_use(rec);

	use->when = now;
	use->first = again ? first : now;
	memcpy(use->request, by->request, SCEP_SHA256_LEN);
	memcpy(use->key, by->key, SCEP_SHA256_LEN);
	if (!again)
		rec->used++;
	return scep_buf_set(&use->cert_key, cert_key, err);
}

int
scep_challenge_learn(struct scep_challenge *rec, time_t when,
    const uint8_t key[SCEP_SHA256_LEN], struct scep_buf *cert_key)
{
	struct scep_challenge_use	*use;
	size_t				 i;

	for (i = 0; i < rec->n_use; i++) {
		use = &rec->use[i];
		if (use->when == when && use->cert_key.len == 0 &&
		    memcmp(use->key, key, SCEP_SHA256_LEN) == 0) {
			use->cert_key = *cert_key;	/* transferred */
			memset(cert_key, 0, sizeof(*cert_key));
			return 1;
		}
	}
	return 0;
}
