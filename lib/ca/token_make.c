/*
 * token_make.c - tokens put together, and what the hash of names is over.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/base64.h"
#include "base/error.h"
#include "base/text.h"
#include "ca/token.h"
#include "ca/token_local.h"

#define SUBJECT_TEXT	4096	/* the longest there is fits */

int
scep_token_order(struct scep_span a, struct scep_span b)
{
	const size_t	 len = a.len < b.len ? a.len : b.len;
	const int	 order = len == 0 ? 0 : memcmp(a.data, b.data, len);

	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int
compare(const void *a, const void *b)
{
	return scep_token_order(*(const struct scep_span *)a,
	    *(const struct scep_span *)b);
}

static enum scep_err
add_line(struct scep_buf *out, char letter, struct scep_span value,
    struct scep_error *err)
{
	const char	 head[2] = { letter, ' ' };
	enum scep_err	 rc;

	if ((rc = scep_buf_add(out, scep_span_make(head, 2), err)) !=
	    SCEP_OK || (rc = scep_buf_add(out, value, err)) != SCEP_OK)
		return rc;
	return scep_buf_add(out, scep_span_make("\n", 1), err);
}

static enum scep_err
add_hash(struct scep_buf *out, char letter,
    const uint8_t hash[SCEP_SHA256_LEN], struct scep_error *err)
{
	char	 text[SCEP_BASE64_LEN(SCEP_SHA256_LEN) + 1] = "";

	scep_base64_text(scep_span_make(hash, SCEP_SHA256_LEN), text);
	return add_line(out, letter, scep_span_text(text), err);
}

/* The lines d; SCEP_E_REFUSED for a name that no such line can hold. */
static enum scep_err
add_dns(struct scep_buf *out, const struct scep_san_list *san,
    struct scep_error *err)
{
	struct scep_span	 name[SCEP_SAN_MAX] = { { NULL, 0 } };
	enum scep_err		 rc = SCEP_OK;
	size_t			 i;

	for (i = 0; i < san->n; i++) {
		if (san->san[i].type != SCEP_SAN_DNS)
			return scep_fail(err, SCEP_E_REFUSED, "an alternative "
			    "name that is no DNS name");
		name[i] = scep_buf_span(&san->san[i].value);
	}
	qsort(name, san->n, sizeof(name[0]), compare);
	for (i = 0; rc == SCEP_OK && i < san->n; i++)
		rc = add_line(out, 'd', name[i], err);
	return rc;
}

/* What line h (without a key) or H (with one) is the hash of. */
static enum scep_err
hash_names(const struct scep_crypto *crypto, const struct scep_name *name,
    const struct scep_san_list *san, const uint8_t *key,
    uint8_t out[SCEP_SHA256_LEN], struct scep_error *err)
{
	struct scep_buf	 lines = { NULL, 0 };
	char		 subject[SUBJECT_TEXT];
	enum scep_err	 rc;

	scep_name_write(name, subject, sizeof(subject));
	if ((rc = add_line(&lines, 's', scep_span_text(subject), err)) ==
	    SCEP_OK &&
	    (rc = add_dns(&lines, san, err)) == SCEP_OK &&
	    (key == NULL ||
	    (rc = add_hash(&lines, 'k', key, err)) == SCEP_OK))
		rc = scep_crypto_sha256(crypto, scep_buf_span(&lines), out,
		    err);
	scep_buf_clear(&lines);
	return rc;
}

enum scep_err
scep_token_fits(const struct scep_crypto *crypto, const struct scep_token *t,
    const struct scep_csr *csr, int *fits, struct scep_error *err)
{
	uint8_t		 got[SCEP_SHA256_LEN];
	enum scep_err	 rc;

	*fits = 1;
	if (t->bound == SCEP_TOKEN_CLEAR)
		return SCEP_OK;
	*fits = 0;
	rc = hash_names(crypto, &csr->name, &csr->san, t->bound ==
	    SCEP_TOKEN_ALL_HASHED ? csr->key.sha256 : NULL, got, err);
	if (rc == SCEP_E_REFUSED)
		return SCEP_OK;
	*fits = rc == SCEP_OK && memcmp(got, t->hash, sizeof(got)) == 0;
	return rc;
}

/* A wish, its names read. */
struct made {
	const struct scep_token_wish	*wish;
	struct scep_name		 name;
	struct scep_san_list		 san;
	int				 is_template;
	struct scep_buf			 payload;
};

static enum scep_err
read_names(struct made *m, struct scep_error *err)
{
	const struct scep_token_wish	*wish = m->wish;
	struct scep_buf			 der = { NULL, 0 };
	enum scep_err			 rc = SCEP_OK;
	size_t				 i;

	if (wish->subject != NULL) {
		if ((rc = scep_name_make_template(wish->subject, &der,
		    &m->is_template, err)) == SCEP_OK)
			rc = scep_name_parse(scep_buf_span(&der), &m->name,
			    err);
		scep_buf_clear(&der);
	}
	if (rc == SCEP_OK && wish->sets && (m->is_template ||
	    wish->subject == NULL))
		rc = scep_fail(err, SCEP_E_USAGE, "there is no one subject "
		    "to set: it wants a subject, without a *");
	for (i = 0; rc == SCEP_OK && i < wish->n_dns; i++)
		if ((rc = scep_san_add(&m->san, SCEP_SAN_DNS,
		    scep_span_text(wish->dns[i]), err)) == SCEP_E_REFUSED)
			rc = err->code = SCEP_E_USAGE;
	return rc;
}

static enum scep_err
put_head(struct made *m, struct scep_error *err)
{
	const struct scep_token_wish	*wish = m->wish;
	char				 text[2 * SCEP_SHA256_LEN +
					    SCEP_REC_NAME + SCEP_TOKEN_ID];

	(void)snprintf(text, sizeof(text), "b %lld\nx %lld\ni %s\np %s\n",
	    (long long)wish->begins, (long long)wish->expires, wish->id,
	    wish->profile);
	return scep_buf_set(&m->payload, scep_span_text(text), err);
}

static enum scep_err
put_clear(struct made *m, struct scep_error *err)
{
	const struct scep_token_wish	*wish = m->wish;
	enum scep_err			 rc = SCEP_OK;

	if (wish->subject != NULL)
		rc = add_line(&m->payload, wish->sets ? 'w' : 's',
		    scep_span_text(wish->subject), err);
	if (rc == SCEP_OK)
		rc = add_dns(&m->payload, &m->san, err);
	return rc;
}

/* Names so; SCEP_E_ABSENT where they cannot be. */
static enum scep_err
put_bound(const struct scep_crypto *crypto, struct made *m,
    enum scep_token_bound bound, struct scep_error *err)
{
	const struct scep_token_wish	*wish = m->wish;
	const uint8_t			*key = wish->key_sha256;
	uint8_t				 hash[SCEP_SHA256_LEN];
	enum scep_err			 rc;

	if (bound != SCEP_TOKEN_CLEAR && (wish->subject == NULL ||
	    wish->sets || m->is_template))
		return SCEP_E_ABSENT;
	if (bound == SCEP_TOKEN_ALL_HASHED && key == NULL)
		return SCEP_E_ABSENT;
	if ((rc = put_head(m, err)) != SCEP_OK)
		return rc;
	if (bound == SCEP_TOKEN_CLEAR)
		rc = put_clear(m, err);
	else if ((rc = hash_names(crypto, &m->name, &m->san, bound ==
	    SCEP_TOKEN_ALL_HASHED ? key : NULL, hash, err)) == SCEP_OK)
		rc = add_hash(&m->payload, bound == SCEP_TOKEN_HASHED ? 'h' :
		    'H', hash, err);
	if (rc == SCEP_OK && key != NULL && bound != SCEP_TOKEN_ALL_HASHED)
		rc = add_hash(&m->payload, 'k', key, err);
	return rc;
}

static enum scep_err
check_wish(const struct scep_token_wish *wish, struct scep_error *err)
{
	const struct scep_span	 profile = scep_span_text(wish->profile);

	if (!scep_token_is_kid(wish->kid))
		return scep_fail(err, SCEP_E_USAGE, "that is no id of a token "
		    "key: it has %d letters and digits; `scepadm token key "
		    "list` shows them", SCEP_TOKEN_KID);
	if (!scep_token_is_id(wish->id))
		return scep_fail(err, SCEP_E_USAGE, "an id has 1 to %d "
		    "letters, digits and -", SCEP_TOKEN_ID);
	if (profile.len == 0 || profile.len >= SCEP_REC_NAME ||
	    !scep_is_clean_utf8(profile))
		return scep_fail(err, SCEP_E_USAGE, "a token is for one "
		    "profile, by its name");
	if (wish->begins <= 0 || wish->expires <= wish->begins)
		return scep_fail(err, SCEP_E_USAGE, "it would be over before "
		    "it begins");
	return SCEP_OK;
}

static size_t
length(size_t payload, size_t tag)
{
	return sizeof(SCEP_TOKEN_PREFIX) - 1 + SCEP_TOKEN_KID + 1 +
	    SCEP_BASE64_LEN(payload) + 1 + SCEP_BASE64_LEN(tag);
}

static enum scep_err
put_payload(const struct scep_crypto *crypto, struct made *m, size_t tag_len,
    struct scep_error *err)
{
	static const enum scep_token_bound	 bounds[] = {
		SCEP_TOKEN_CLEAR, SCEP_TOKEN_HASHED, SCEP_TOKEN_ALL_HASHED
	};
	enum scep_err				 rc;
	size_t					 i, len = 0;

	for (i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
		if ((rc = put_bound(crypto, m, bounds[i], err)) ==
		    SCEP_E_ABSENT)
			continue;
		if (rc != SCEP_OK)
			return rc;
		len = length(m->payload.len, tag_len);
		if (len <= SCEP_TOKEN_MAX)
			return SCEP_OK;
	}
	return scep_fail(err, SCEP_E_USAGE, "a token for this would have %zu "
	    "octets, and may have %d; a subject that is no template and is "
	    "not set is hashed, a shorter id or profile makes room, and "
	    "`scepadm challenge add` has no such limit", len, SCEP_TOKEN_MAX);
}

enum scep_err
scep_token_body(const struct scep_crypto *crypto,
    const struct scep_token_wish *wish, size_t tag_len,
    char out[SCEP_TOKEN_MAX + 1], struct scep_error *err)
{
	struct made	 m = { .wish = wish };
	enum scep_err	 rc;

	if ((rc = check_wish(wish, err)) == SCEP_OK &&
	    (rc = read_names(&m, err)) == SCEP_OK &&
	    (rc = put_payload(crypto, &m, tag_len, err)) == SCEP_OK) {
		(void)snprintf(out, SCEP_TOKEN_MAX + 1, "%s%s.",
		    SCEP_TOKEN_PREFIX, wish->kid);
		scep_base64_text(scep_buf_span(&m.payload), out);
	}
	scep_name_clear(&m.name);
	scep_san_clear(&m.san);
	scep_buf_clear(&m.payload);
	return rc;
}

void
scep_token_close(char token[SCEP_TOKEN_MAX + 1], struct scep_span tag)
{
	OPENSSL_strlcat(token, ".", SCEP_TOKEN_MAX + 1);
	scep_base64_text(tag, token);
}
