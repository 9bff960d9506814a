/*
 * scepadm_challenge_item.c - what a challenge is to be good for: texts, as
 * options and columns of a spreadsheet have them, into members of a request.
 */
#include <string.h>
#include <strings.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "cgi/scepadm_add.h"
#include "wire/csr.h"

#define NUMBER_MAX	1000000
#define CSR_FILE_MAX	65536

/* A member less would bind less. */
static enum scep_err
put(json_t *item, const char *member, json_t *value, struct scep_error *err)
{
	if (json_object_set_new(item, member, value) == 0)
		return SCEP_OK;
	return scep_fail(err, SCEP_E_USAGE, "not UTF-8, or no memory; `locale "
	    "charmap` says what this terminal types");
}

static enum scep_err
put_text(json_t *item, const char *member, const char *text,
    struct scep_error *err)
{
	return put(item, member, json_string(text), err);
}

json_t *
adm_subject_of_cn(const char *cn)
{
	char	 text[512] = "CN=";
	size_t	 n = 3;

	/* No template either: there is --subject for that. */
	for (; *cn != '\0' && n + 3 < sizeof(text); cn++) {
		if (strchr(",+=\\\"/*", *cn) != NULL)
			text[n++] = '\\';
		text[n++] = *cn;
	}
	text[n] = '\0';
	return json_string(text);
}

static enum scep_err
put_cn(json_t *item, const char *member, const char *text,
    struct scep_error *err)
{
	return put(item, member, adm_subject_of_cn(text), err);
}

static enum scep_err
put_duration(json_t *item, const char *member, const char *text,
    struct scep_error *err)
{
	enum scep_err	 rc;
	long		 seconds;

	if ((rc = scep_duration_read(text, &seconds, err)) != SCEP_OK)
		return rc;
	return put(item, member, json_integer(seconds), err);
}

/* In place of a time that was given otherwise, for all. */
static enum scep_err
put_ttl(json_t *item, const char *member, const char *text,
    struct scep_error *err)
{
	(void)json_object_del(item, "expires");
	return put_duration(item, member, text, err);
}

/* "2026-12-01", "2026-12-01T08:00:00Z", or "3d" from now. */
static enum scep_err
put_time(json_t *item, const char *member, const char *text,
    struct scep_error *err)
{
	time_t		 when;
	long		 seconds;
	enum scep_err	 rc;

	if (strchr(text, '-') != NULL)
		rc = scep_time_read(text, &when, err);
	else if ((rc = scep_duration_read(text, &seconds, err)) == SCEP_OK)
		when = time(NULL) + seconds;
	if (rc != SCEP_OK)
		return scep_fail_within(err, "no date, nor so long from now");
	return put(item, member, json_integer(when), err);
}

static enum scep_err
put_expires(json_t *item, const char *member, const char *text,
    struct scep_error *err)
{
	(void)json_object_del(item, "ttl");
	return put_time(item, member, text, err);
}

static enum scep_err
put_count(json_t *item, const char *member, const char *text,
    struct scep_error *err)
{
	enum scep_err	 rc;
	long		 n;

	if ((rc = scep_number_read(text, strcmp(member, "uses") == 0,
	    NUMBER_MAX, &n, err)) != SCEP_OK)
		return rc;
	return put(item, member, json_integer(n), err);
}

static enum scep_err
put_flag(json_t *item, const char *member, const char *text,
    struct scep_error *err)
{
	static const char	*const words[] = { "no", "yes" };
	json_int_t		 i;

	for (i = 0; i < 2; i++)
		if (strcasecmp(text, words[i]) == 0)
			return put(item, member, json_integer(i), err);
	return scep_fail(err, SCEP_E_REFUSED, "\"%.32s\" is neither yes nor "
	    "no", text);
}

/* DER, or the first request of a PEM file; der is the caller's. */
static enum scep_err
csr_read(const char *path, struct scep_buf *der, struct scep_error *err)
{
	struct scep_buf	 text = { NULL, 0 };
	unsigned char	*octets = NULL;
	BIO		*bio;
	enum scep_err	 rc;
	long		 len = 0;

	if ((rc = scep_file_read(path, CSR_FILE_MAX, &text, err)) != SCEP_OK)
		return rc;
	if (text.len > 0 && text.data[0] == 0x30) {
		*der = text;		/* transferred */
		return SCEP_OK;
	}
	if ((bio = BIO_new_mem_buf(text.data, (int)text.len)) == NULL ||
	    PEM_bytes_read_bio(&octets, &len, NULL, PEM_STRING_X509_REQ, bio,
	    NULL, NULL) != 1)
		rc = scep_fail(err, SCEP_E_REFUSED, "%s holds no certificate "
		    "request, neither as PEM nor as DER", path);
	else
		rc = scep_buf_set(der, scep_span_make(octets, (size_t)len),
		    err);
	OPENSSL_free(octets);
	BIO_free(bio);
	ERR_clear_error();
	scep_buf_clear(&text);
	return rc;
}

static enum scep_err
put_csr(json_t *item, const char *member, const char *path,
    struct scep_error *err)
{
	static char	 hex[2 * SCEP_CSR_MAX + 1];
	struct scep_buf	 der = { NULL, 0 };
	enum scep_err	 rc;

	if ((rc = csr_read(path, &der, err)) != SCEP_OK)
		return rc;
	if (der.len > SCEP_CSR_MAX)
		rc = scep_fail(err, SCEP_E_REFUSED, "%s: a request of %zu "
		    "octets, at most %d", path, der.len, SCEP_CSR_MAX);
	else {
		scep_hex_text(scep_buf_span(&der), hex, sizeof(hex));
		rc = put(item, member, json_string(hex), err);
	}
	scep_buf_clear(&der);
	return rc;
}

static const struct {
	const char	*name, *member;
	enum scep_err	(*put)(json_t *item, const char *member,
			    const char *text, struct scep_error *err);
} kinds[ADM_ITEM__MAX] = {
	[ADM_ITEM_SUBJECT] = { "subject", "subject", put_text },
	[ADM_ITEM_CN] = { "cn", "subject", put_cn },
	[ADM_ITEM_NOTE] = { "note", "note", put_text },
	[ADM_ITEM_TTL] = { "ttl", "ttl", put_ttl },
	[ADM_ITEM_USES] = { "uses", "uses", put_count },
	[ADM_ITEM_PROFILE] = { "profile", "profile", put_text },
	[ADM_ITEM_KEY] = { "key", "key", put_text },
	[ADM_ITEM_CSR] = { "csr", "csr", put_csr },
	[ADM_ITEM_NOT_BEFORE] = { "not_before", "not_before", put_time },
	[ADM_ITEM_NOT_AFTER] = { "not_after", "expires", put_expires },
	[ADM_ITEM_MAX_WRONG] = { "max_wrong", "max_wrong", put_count },
	[ADM_ITEM_REUSE_FOR] = { "reuse_for", "reuse_for", put_duration },
	[ADM_ITEM_SET_SUBJECT] = { "set_subject", "set_subject", put_flag },
};

const char *
adm_item_name(enum adm_item kind)
{
	return kinds[kind].name;
}

enum scep_err
adm_item_put(json_t *item, enum adm_item kind, const char *text,
    struct scep_error *err)
{
	return kinds[kind].put(item, kinds[kind].member, text, err);
}

static const char *
text_of(const char *const text[ADM_ITEM__MAX], enum adm_item kind)
{
	return text[kind] != NULL ? text[kind] : "";
}

enum scep_err
adm_item_check(const char *const text[ADM_ITEM__MAX], struct scep_error *err)
{
	static const struct {
		enum adm_item	 one, other;
	} pairs[] = {
		{ ADM_ITEM_TTL, ADM_ITEM_NOT_AFTER },
		{ ADM_ITEM_KEY, ADM_ITEM_CSR },
	};
	size_t		 i;

	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (*text_of(text, pairs[i].one) != '\0' &&
		    *text_of(text, pairs[i].other) != '\0')
			return scep_fail(err, SCEP_E_REFUSED, "%s and %s say "
			    "the same: give one of them",
			    kinds[pairs[i].one].name,
			    kinds[pairs[i].other].name);
	return SCEP_OK;
}
