/*
 * token.c - tokens taken apart: what they say, and for whom.
 *
 * Knows no key: whether what one says is true is token_key.c's.
 */
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/base64.h"
#include "base/error.h"
#include "base/text.h"
#include "ca/token.h"
#include "ca/token_local.h"

#define PREFIX_LEN	(sizeof(SCEP_TOKEN_PREFIX) - 1)
#define TIME_DIGITS	12		/* as far as the year 9999 */

static const char	kid_letters[] = "23456789abcdefghijkmnpqrstuvwxyz";
static const char	id_letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "abcdefghijklmnopqrstuvwxyz0123456789-";

int
scep_token_is(struct scep_span presented)
{
	return presented.len >= PREFIX_LEN &&
	    memcmp(presented.data, SCEP_TOKEN_PREFIX, PREFIX_LEN) == 0;
}

static enum scep_err
bad(struct scep_error *err, const char *why)
{
	return scep_fail(err, SCEP_E_FORMAT, "no token of this form: %s",
	    why);
}

static int
is_of(struct scep_span text, const char *letters, size_t max)
{
	size_t	 i;

	for (i = 0; i < text.len; i++)
		if (text.data[i] == '\0' ||
		    strchr(letters, text.data[i]) == NULL)
			return 0;
	return text.len > 0 && text.len <= max;
}

int
scep_token_is_kid(const char *text)
{
	return strlen(text) == SCEP_TOKEN_KID && is_of(scep_span_text(text),
	    kid_letters, SCEP_TOKEN_KID);
}

int
scep_token_is_id(const char *text)
{
	return is_of(scep_span_text(text), id_letters, SCEP_TOKEN_ID);
}

/* What stands in front of the next dot. */
static struct scep_span
take_part(struct scep_span *rest)
{
	struct scep_span	 part = *rest;
	const uint8_t		*dot;

	dot = rest->len > 0 ? memchr(rest->data, '.', rest->len) : NULL;
	if (dot == NULL) {
		*rest = scep_span_make(NULL, 0);
		return part;
	}
	part.len = (size_t)(dot - rest->data);
	*rest = scep_span_make(dot + 1, rest->len - part.len - 1);
	return part;
}

/* The next line, if this letter is in front of it. */
static int
take_line(struct scep_span *rest, char letter, struct scep_span *value)
{
	const uint8_t	*end;

	if (rest->len < 4 || rest->data[0] != letter || rest->data[1] != ' ' ||
	    (end = memchr(rest->data, '\n', rest->len)) == NULL ||
	    end == rest->data + 2)
		return 0;
	*value = scep_span_make(rest->data + 2,
	    (size_t)(end - rest->data) - 2);
	if (!scep_is_clean_utf8(*value))
		return 0;
	*rest = scep_span_make(end + 1, rest->len - value->len - 3);
	return 1;
}

static int
read_time(struct scep_span text, time_t *out)
{
	size_t	 i;

	*out = 0;
	if (!is_of(text, "0123456789", TIME_DIGITS) || text.data[0] == '0')
		return 0;
	for (i = 0; i < text.len; i++)
		*out = *out * 10 + (text.data[i] - '0');
	return 1;
}

static int
read_hash(struct scep_span text, uint8_t out[SCEP_SHA256_LEN])
{
	size_t	 len;

	return scep_base64_read(text, out, SCEP_SHA256_LEN, &len) &&
	    len == SCEP_SHA256_LEN;
}

static enum scep_err
read_head(struct scep_span *rest, struct scep_token *t,
    struct scep_error *err)
{
	struct scep_span	 value;

	if (!take_line(rest, 'b', &value) || !read_time(value, &t->begins))
		return bad(err, "line b");
	if (!take_line(rest, 'x', &value) || !read_time(value, &t->expires))
		return bad(err, "line x");
	if (t->expires <= t->begins)
		return bad(err, "it is over before it begins");
	if (!take_line(rest, 'i', &value) ||
	    !is_of(value, id_letters, SCEP_TOKEN_ID))
		return bad(err, "line i");
	memcpy(t->id, value.data, value.len);
	if (!take_line(rest, 'p', &value) || value.len >= sizeof(t->profile))
		return bad(err, "line p");
	memcpy(t->profile, value.data, value.len);
	return SCEP_OK;
}

/* One spelling: in the order of their octets, none twice. */
static enum scep_err
read_dns(struct scep_span *rest, struct scep_token *t, struct scep_error *err)
{
	struct scep_span	 value;

	while (take_line(rest, 'd', &value)) {
		if (t->n_dns == SCEP_TOKEN_NAMES)
			return bad(err, "too many lines d");
		if (t->n_dns > 0 && scep_token_order(t->dns[t->n_dns - 1],
		    value) >= 0)
			return bad(err, "lines d are not in order");
		t->dns[t->n_dns++] = value;
	}
	return SCEP_OK;
}

static enum scep_err
read_bound(struct scep_span *rest, struct scep_token *t,
    struct scep_error *err)
{
	struct scep_span	 value;
	enum scep_err		 rc = SCEP_OK;

	if (take_line(rest, 'H', &value)) {
		t->bound = SCEP_TOKEN_ALL_HASHED;
		return read_hash(value, t->hash) && rest->len == 0 ?
		    SCEP_OK : bad(err, "line H");
	}
	if (take_line(rest, 'h', &value)) {
		t->bound = SCEP_TOKEN_HASHED;
		if (!read_hash(value, t->hash))
			return bad(err, "line h");
	} else {
		if (!take_line(rest, 's', &t->subject))
			t->sets = take_line(rest, 'w', &t->subject);
		rc = read_dns(rest, t, err);
	}
	if (rc == SCEP_OK && take_line(rest, 'k', &value)) {
		t->has_key = 1;
		if (!read_hash(value, t->key_sha256))
			return bad(err, "line k");
	}
	if (rc == SCEP_OK && rest->len > 0)
		return bad(err, "a line that is none, or not in its place");
	return rc;
}

enum scep_err
scep_token_read(struct scep_span presented, struct scep_token *t,
    struct scep_error *err)
{
	struct scep_span	 rest = presented, kid, payload;
	enum scep_err		 rc;
	size_t			 len;

	memset(t, 0, sizeof(*t));
	if (!scep_token_is(presented) || presented.len > SCEP_TOKEN_MAX)
		return bad(err, "it is too long, or does not begin with "
		    SCEP_TOKEN_PREFIX);
	(void)take_part(&rest);
	kid = take_part(&rest);
	payload = take_part(&rest);
	if (kid.len != SCEP_TOKEN_KID ||
	    !is_of(kid, kid_letters, SCEP_TOKEN_KID))
		return bad(err, "key id");
	memcpy(t->kid, kid.data, kid.len);
	if (!scep_base64_read(rest, t->tag, sizeof(t->tag), &t->tag_len) ||
	    (t->tag_len != SCEP_TOKEN_HMAC_LEN &&
	    t->tag_len != SCEP_TOKEN_ED25519_LEN))
		return bad(err, "tag");
	t->body = scep_span_make(presented.data, presented.len - rest.len - 1);
	if (!scep_base64_read(payload, t->payload, sizeof(t->payload), &len))
		return bad(err, "base64");
	rest = scep_span_make(t->payload, len);
	if ((rc = read_head(&rest, t, err)) != SCEP_OK)
		return rc;
	return read_bound(&rest, t, err);
}

void
scep_token_row(const struct scep_token *t, char id[SCEP_REC_NAME])
{
	(void)snprintf(id, SCEP_REC_NAME, "t-%s-%s", t->kid, t->id);
}

int
scep_token_is_row(const char *id)
{
	return strncmp(id, "t-", 2) == 0;
}

void
scep_token_name(const struct scep_token *t, char out[SCEP_TOKEN_NAME])
{
	(void)snprintf(out, SCEP_TOKEN_NAME, "token %s by key %s", t->id,
	    t->kid);
}

/* As a record. */

static enum scep_err
put_subject(const struct scep_token *t, struct scep_challenge *rec,
    struct scep_error *err)
{
	char		 text[SCEP_TOKEN_MAX + 1];
	enum scep_err	 rc;
	int		 is_template;

	if (t->subject.len == 0)
		return SCEP_OK;
	(void)snprintf(text, sizeof(text), "%.*s", (int)t->subject.len,
	    (const char *)t->subject.data);
	if ((rc = scep_name_make_template(text, &rec->subject, &is_template,
	    err)) == SCEP_E_NOMEM)
		return rc;
	if (rc != SCEP_OK || (t->sets && is_template))
		return bad(err, "its subject is none");
	rec->subject_is = t->sets ? SCEP_SUBJECT_SET : is_template ?
	    SCEP_SUBJECT_TEMPLATE : SCEP_SUBJECT_EXACT;
	return SCEP_OK;
}

static enum scep_err
put_san(const struct scep_token *t, struct scep_challenge *rec,
    struct scep_error *err)
{
	struct scep_san_list	 list = { .n = 0 };
	enum scep_err		 rc = SCEP_OK;
	size_t			 i;

	for (i = 0; rc == SCEP_OK && i < t->n_dns; i++) {
		rc = scep_san_add(&list, SCEP_SAN_DNS, t->dns[i], err);
		if (rc == SCEP_E_REFUSED || (rc == SCEP_OK &&
		    !scep_span_equal(t->dns[i],
		    scep_buf_span(&list.san[i].value))))
			rc = bad(err, "a DNS name that is none, or not in "
			    "lower case");
	}
	if (rc == SCEP_OK && list.n > 0)
		rc = scep_san_encode(&list, &rec->san, err);
	scep_san_clear(&list);
	return rc;
}

enum scep_err
scep_token_record(const struct scep_token *t, struct scep_challenge *rec,
    struct scep_error *err)
{
	enum scep_err	 rc;

	memset(rec, 0, sizeof(*rec));
	scep_token_row(t, rec->id);
	OPENSSL_strlcpy(rec->profile, t->profile, sizeof(rec->profile));
	(void)snprintf(rec->issuer, sizeof(rec->issuer), "token key %s",
	    t->kid);
	rec->created = t->begins;
	rec->not_before = t->begins > SCEP_TOKEN_SKEW_S ?
	    t->begins - SCEP_TOKEN_SKEW_S : 0;
	rec->expires = t->expires;
	rec->purge = t->expires + SCEP_TOKEN_KEPT_S;
	rec->uses = 1;
	rec->max_wrong = SCEP_TOKEN_WRONG;
	rec->state = SCEP_CHALLENGE_LIVE;
	rec->has_key = t->has_key;
	memcpy(rec->key_sha256, t->key_sha256, sizeof(rec->key_sha256));
	/* A subject without names beside it means: and no names beside it. */
	rec->binds_san = t->subject.len > 0 || t->n_dns > 0;
	if ((rc = put_subject(t, rec, err)) != SCEP_OK ||
	    (rc = put_san(t, rec, err)) != SCEP_OK)
		scep_challenge_clear(rec);
	return rc;
}
