/* importing.c - the list of another server; see importing.h. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/x509v3.h>

#include <cmocka.h>

#include "base/text.h"
#include "tests/unit/importing.h"

#define DAY	RENEWING_DAY

int
importing_setup(void **state)
{
	(void)ask_empty(state);
	w->cfg->ca[0].crl = 1;
	return 0;
}

/* A certificate of the old server's. */
X509 *
importing_make(const char *subject, long serial)
{
	const struct renewing_plan	 plan = {
		.subject = subject,
		.serial = serial,
		.from = -200 * DAY,
		.to = IMPORTING_END,
	};

	return renewing_make(&plan);
}

static json_t *
hex_of(X509 *cert)
{
	unsigned char	*der = NULL;
	int		 len = i2d_X509(cert, &der);
	char		*hex = malloc(2 * (size_t)len + 1);
	json_t		*json;

	world_must(len > 0 && hex != NULL);
	scep_hex_text(scep_span_make(der, (size_t)len), hex,
	    2 * (size_t)len + 1);
	json = json_string(hex);
	OPENSSL_free(der);
	free(hex);
	return json;
}

static json_t *
item_of(const struct importing_line *l, size_t nr)
{
	json_t	*item = json_pack("{s:I,s:s,s:I,s:i,s:s}", "line",
		    (json_int_t)nr + 1, "serial", l->serial, "not_after",
		    (json_int_t)(WORLD_NOW + (l->end != 0 ? l->end :
		    IMPORTING_END)), "two_digits", l->two_digits, "subject",
		    "/CN=of the list");

	if (l->cert != NULL)
		(void)json_object_set_new(item, "der", hex_of(l->cert));
	if (l->revoked != 0) {
		(void)json_object_set_new(item, "revoked",
		    json_integer(WORLD_NOW + l->revoked));
		(void)json_object_set_new(item, "reason",
		    json_integer(l->reason));
	}
	return item;
}

/* The key that the batch is said to be of. */
void
importing_key(char out[2 * SCEP_SHA256_LEN + 1])
{
	uint8_t			 digest[SCEP_SHA256_LEN];
	struct scep_error	 err;

	world_must(scep_crypto_sha256(w->crypto, w->cfg->ca[0].cert.spki,
	    digest, &err) == SCEP_OK);
	scep_hex_text(scep_span_make(digest, sizeof(digest)), out,
	    2 * SCEP_SHA256_LEN + 1);
}

char *
importing_request(const struct importing_line *lines, size_t n,
    const char *more, long value)
{
	char	 key[2 * SCEP_SHA256_LEN + 1], *text;
	json_t	*items = json_array(), *ask;
	size_t	 i;

	importing_key(key);
	for (i = 0; i < n; i++)
		world_must(json_array_append_new(items, item_of(&lines[i],
		    i)) == 0);
	ask = json_pack("{s:s,s:s,s:s,s:s,s:o}", "do", "cert.import",
	    "profile", "main", "ca_key", key, "source", "openssl-ca", "items",
	    items);
	if (more != NULL)
		(void)json_object_set_new(ask, more, json_integer(value));
	world_must((text = json_dumps(ask, JSON_COMPACT)) != NULL);
	json_decref(ask);
	return text;
}

json_t *
importing(const struct importing_line *lines, size_t n, const char *more,
    long value)
{
	char	*text = importing_request(lines, n, more, value);
	json_t	*result = operator_ask(w, 0, text);

	free(text);
	return result;
}

long
importing_number(const json_t *result, const char *member)
{
	return (long)json_integer_value(json_object_get(result, member));
}

/* One line; it must have this fate. */
void
importing_one(const struct importing_line *l, const char *fate)
{
	json_t	*result = importing(l, 1, NULL, 0);

	if (importing_number(result, fate) != 1)
		fail_msg("not %s: %s", fate, json_dumps(result, 0));
	json_decref(result);
}

/* … and these words are told of it. */
void
importing_told(const struct importing_line *l, const char *fate,
    const char *kind, const char *words)
{
	json_t	*result = importing(l, 1, NULL, 0), *one;

	if (importing_number(result, fate) != 1)
		fail_msg("not %s: %s", fate, json_dumps(result, 0));
	one = json_array_get(json_object_get(result, "told"), 0);
	assert_non_null(one);
	assert_int_equal(importing_number(one, "line"), 1);
	operator_is(one, "kind", kind);
	if (strstr(operator_text(one, "text"), words) == NULL)
		fail_msg("%s", operator_text(one, "text"));
	json_decref(result);
}
