/*
 * t_token.c - tokens to the octet: the vectors of scep-token(5), both ways; and
 * that what a token says has one form.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64.h"
#include "base/text.h"
#include "tests/unit/tokens.h"

#define KID	"23456789ab"
#define BODY_1	"st1." KID "." \
	"YiAxNzk1NTIxNjAwCnggMTc5NTYwODAwMAppIHZlY3Rvci0xCnAgZGVmYXVsdApzIENO" \
	"PXByaW50ZXItMjIKZCBwcmludGVyLTIyLmV4YW1wbGUK"
#define BODY_2	"st1.cdefghijkm." \
	"YiAxNzk1NTIxNjAwCnggMTc5NTYwODAwMAppIHZlY3Rvci0yCnAgZGVmYXVsdApzIENO" \
	"PXByaW50ZXItMjIKZCBwcmludGVyLTIyLmV4YW1wbGUK"
#define BODY_3	"st1." KID "." \
	"YiAxNzk1NTIxNjAwCnggMTc5NTYwODAwMAppIHZlY3Rvci0zCnAgZGVmYXVsdApoIG1l" \
	"b3hMTlIxMGhpbDN1TStlQjZEM3hIL3pIMURWakFJdzRJNWZXZ2MzeEkKayBqNk9xc3Zx" \
	"cHQ1NEtBNWphVzFxOUI0QVVKRUtsdm9DNXBrWUkxeGpMSDgwCg"
#define BODY_4	"st1.cdefghijkm." \
	"YiAxNzk1NTIxNjAwCnggMTc5NTYwODAwMAppIHZlY3Rvci00CnAgZGVmYXVsdApIIDhQ" \
	"a3FrOXNMa1NyTHlxZE0wTTlGK0xDS3J2TkVZTmV6aGpPcUVtYzJiWmcK"
#define LONG_NAME \
	"O=Example Corporation, OU=Printers and other things, " \
	"CN=printer-22.building-7.example"

static const char *const	names_1[] = { "printer-22.example" };
static const char *const	names_3[] = { "b.example", "a.example" };
static uint8_t			key_3[SCEP_SHA256_LEN];	/* of "a key" */

static const struct vector {
	struct scep_token_wish	 wish;
	enum scep_token_bound	 bound;
	int			 is_ed25519;
	const char		*body, *tag;
} vectors[] = {
	{ { KID, "vector-1", "default", 1795521600, 1795608000,
	    "CN=printer-22", 0, names_1, 1, NULL }, SCEP_TOKEN_CLEAR, 0,
	    BODY_1, "8m5cMdSgfAELjuMKO2BGx4xLIHWwydVUJDIEBYs8cwQ" },
	{ { "cdefghijkm", "vector-2", "default", 1795521600, 1795608000,
	    "CN=printer-22", 0, names_1, 1, NULL }, SCEP_TOKEN_CLEAR, 1,
	    BODY_2, "N/pqOyWC82hApuoDD7pSndWxx/6wjbsImPnM3MQ2VMPBTLzCrqAERStV"
	    "/3QdeI3Cl0LII5Dhk1dahh4RVqB2AQ" },
	{ { KID, "vector-3", "default", 1795521600, 1795608000, LONG_NAME, 0,
	    names_3, 2, key_3 }, SCEP_TOKEN_HASHED, 0, BODY_3,
	    "wCCQ9xGSBP2EpcDVTUwwAQ9KBNZljbrZnEfgIYKUAZU" },
	{ { "cdefghijkm", "vector-4", "default", 1795521600, 1795608000,
	    LONG_NAME, 0, names_3, 2, key_3 }, SCEP_TOKEN_ALL_HASHED, 1,
	    BODY_4, "/WRiVzyTS6J3fyPEwzXtaPBcvO/5PCVt+aYHNjsNnevYyW7UhK1PhqX9"
	    "v8n/GZjKjvj/Q4dOBFMy4yCrctMQAg" },
};
#define VECTORS	(sizeof(vectors) / sizeof(vectors[0]))

/* The keys of the vectors: 0, 1, 2, …; the first of RFC 8032 section 7.1. */
static struct minter	 hmac, ed25519;

static void
make_minters(void)
{
	static const uint8_t	 seed[32] = {
		0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60,
		0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4,
		0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19,
		0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60
	};
	struct scep_error	 err;
	uint8_t			 i;

	for (i = 0; i < sizeof(hmac.secret); i++)
		hmac.secret[i] = i;
	ed25519.ed25519 = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL,
	    seed, sizeof(seed));
	world_must(ed25519.ed25519 != NULL);
	world_must(scep_crypto_sha256(w->crypto, scep_span_text("a key"),
	    key_3, &err) == SCEP_OK);
}

static void
text_of(const struct vector *v, char out[SCEP_TOKEN_MAX + 1])
{
	(void)snprintf(out, SCEP_TOKEN_MAX + 1, "%s.%s", v->body, v->tag);
}

static void
the_vectors_are_made(void **state)
{
	char			 want[SCEP_TOKEN_MAX + 1];
	char			 got[SCEP_TOKEN_MAX + 1];
	size_t			 i;

	(void)state;
	for (i = 0; i < VECTORS; i++) {
		text_of(&vectors[i], want);
		tokens_mint(vectors[i].is_ed25519 ? &ed25519 : &hmac,
		    &vectors[i].wish, got);
		assert_string_equal(got, want);
	}
}

static void
the_vectors_are_read(void **state)
{
	const struct vector	*v;
	char			 text[SCEP_TOKEN_MAX + 1];
	uint8_t			 tag[SCEP_TOKEN_ED25519_LEN];
	struct scep_token	 t;
	struct scep_error	 err;
	size_t			 i;

	(void)state;
	for (i = 0; i < VECTORS; i++) {
		v = &vectors[i];
		text_of(v, text);
		assert_int_equal(scep_token_read(scep_span_text(text), &t,
		    &err), SCEP_OK);
		assert_string_equal(t.kid, v->wish.kid);
		assert_string_equal(t.id, v->wish.id);
		assert_string_equal(t.profile, "default");
		assert_int_equal(t.begins, v->wish.begins);
		assert_int_equal(t.expires, v->wish.expires);
		assert_int_equal(t.bound, v->bound);
		assert_int_equal(t.has_key, v->bound == SCEP_TOKEN_HASHED);
		assert_true(scep_span_equal(t.body, scep_span_text(v->body)));
		assert_int_equal(tokens_tag(v->is_ed25519 ? &ed25519 : &hmac,
		    t.body, tag), t.tag_len);
		assert_memory_equal(tag, t.tag, t.tag_len);
	}
	text_of(&vectors[0], text);
	assert_int_equal(scep_token_read(scep_span_text(text), &t, &err),
	    SCEP_OK);
	assert_true(scep_span_equal(t.subject,
	    scep_span_text("CN=printer-22")));
	assert_int_equal(t.n_dns, 1);
}

/* A token of this payload; its tag is nobody's. */
static enum scep_err
read_payload(const char *payload, struct scep_token *t,
    struct scep_error *err)
{
	static const uint8_t	 tag[SCEP_TOKEN_HMAC_LEN];
	static char		 text[1024];

	(void)snprintf(text, sizeof(text), "st1." KID ".");
	scep_base64_text(scep_span_text(payload), text);
	(void)strcat(text, ".");
	scep_base64_text(scep_span_make(tag, sizeof(tag)), text);
	return scep_token_read(scep_span_text(text), t, err);
}

#define HEAD	"b 1795521600\nx 1795608000\ni a\np main\n"
#define HASH	"j6Oqsvqpt54KA5jaW1q9B4AUJEKlvoC5pkYI1xjLH80"
/* The same octets, and bits behind them. */
#define HASH_2	"j6Oqsvqpt54KA5jaW1q9B4AUJEKlvoC5pkYI1xjLH81"

static void
a_payload_has_one_form(void **state)
{
	static const char *const	 good[] = {
		HEAD, HEAD "s CN=x\n", HEAD "w CN=x\n", HEAD "d a.b\n",
		HEAD "s CN=x\nd a.b\nd c.d\nk " HASH "\n",
		HEAD "k " HASH "\n", HEAD "h " HASH "\n",
		HEAD "h " HASH "\nk " HASH "\n", HEAD "H " HASH "\n",
	};
	static const char *const	 bad[] = {
		"", "\n", "b 1795521600\n", "b 1795521600\nx 1795608000\n",
		"b 1795521600\nx 1795608000\ni a\n",
		"b 1795521600\nx 1795608000\ni a\np main",
		"x 1795608000\nb 1795521600\ni a\np main\n",
		"b 1795521600\nx 1795521600\ni a\np main\n",
		"b 01795521600\nx 1795608000\ni a\np main\n",
		"b +1795521600\nx 1795608000\ni a\np main\n",
		"b 1795521600 \nx 1795608000\ni a\np main\n",
		"b  1795521600\nx 1795608000\ni a\np main\n",
		"b 0\nx 1795608000\ni a\np main\n",
		"b 1795521600\nx 9999999999999\ni a\np main\n",
		"b 1795521600\nx 1795608000\ni \np main\n",
		"b 1795521600\nx 1795608000\ni a b\np main\n",
		"b 1795521600\nx 1795608000\ni a.b\np main\n",
		"b 1795521600\nx 1795608000\n"
		    "i abcdefghijklmnopqrstuvwxyz1234567\np main\n",
		"b 1795521600\r\nx 1795608000\r\ni a\r\np main\r\n",
		HEAD "\n", HEAD " \n", HEAD "y z\n", HEAD "S CN=x\n",
		HEAD "s \n", HEAD "s CN=x\ns CN=x\n", HEAD "s CN=x\nw CN=x\n",
		HEAD "d a.b\ns CN=x\n", HEAD "d c.d\nd a.b\n",
		HEAD "d a.b\nd a.b\n", HEAD "d a.b\nk " HASH "\nd c.d\n",
		HEAD "k " HASH "\nk " HASH "\n", HEAD "k " HASH_2 "\n",
		HEAD "k " HASH "=\n", HEAD "k \n", HEAD "k AAAA\n",
		HEAD "h " HASH_2 "\n", HEAD "H " HASH_2 "\n",
		HEAD "s CN=x\nh " HASH "\n", HEAD "h " HASH "\ns CN=x\n",
		HEAD "H " HASH "\nk " HASH "\n", HEAD "H " HASH "\n\n",
		HEAD "d a.b\nH " HASH "\n", HEAD "s CN=\001\n",
		HEAD "s CN=\377\n",
	};
	struct scep_token		 t;
	struct scep_error		 err;
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (read_payload(good[i], &t, &err) != SCEP_OK)
			fail_msg("good %zu: %s", i, err.text);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (read_payload(bad[i], &t, &err) != SCEP_E_FORMAT)
			fail_msg("bad %zu was read", i);
}

/* Whatever octet is changed, the token is none, or says something else. */
static void
no_other_text_says_the_same(void **state)
{
	char			 text[SCEP_TOKEN_MAX + 2];
	char			 from[SCEP_TOKEN_MAX + 1];
	struct scep_token	 want, got;
	struct scep_error	 err;
	size_t			 i, at;
	int			 c;

	(void)state;
	for (i = 0; i < VECTORS; i++) {
		text_of(&vectors[i], from);
		assert_int_equal(scep_token_read(scep_span_text(from), &want,
		    &err), SCEP_OK);
		for (at = 0; at <= strlen(from); at++)
			for (c = 1; c < 256; c++) {
				(void)snprintf(text, sizeof(text), "%s",
				    from);
				text[strlen(from) + (at == strlen(from))] =
				    '\0';
				if (text[at] == (char)c)
					continue;
				text[at] = (char)c;
				if (scep_token_read(scep_span_text(text),
				    &got, &err) != SCEP_OK)
					continue;
				assert_true(strcmp(got.kid, want.kid) != 0 ||
				    got.tag_len != want.tag_len ||
				    memcmp(got.tag, want.tag, got.tag_len) !=
				    0 || memcmp(got.payload, want.payload,
				    sizeof(got.payload)) != 0);
			}
		/* And what is cut off, or is too much. */
		for (at = 0; at < strlen(from); at++)
			if (scep_token_read(scep_span_make(from, at), &got,
			    &err) == SCEP_OK)
				fail_msg("%zu octets of it were read", at);
	}
}

static void
names_must_be_names(void **state)
{
	static const struct {
		const char	*payload;
		int		 good;
	} cases[] = {
		{ HEAD "s CN=x\n", 1 }, { HEAD "s CN=dev-*\n", 1 },
		{ HEAD "s CN=*, O=*\n", 0 }, { HEAD "s x\n", 0 },
		{ HEAD "w CN=x\n", 1 }, { HEAD "w CN=dev-*\n", 0 },
		{ HEAD "d a.example\n", 1 }, { HEAD "d A.example\n", 0 },
		{ HEAD "d a..b\n", 0 }, { HEAD "d a b\n", 0 },
	};
	struct scep_token		 t;
	struct scep_challenge		 rec;
	struct scep_error		 err;
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(read_payload(cases[i].payload, &t, &err),
		    SCEP_OK);
		if (scep_token_record(&t, &rec, &err) !=
		    (cases[i].good ? SCEP_OK : SCEP_E_FORMAT))
			fail_msg("names %zu", i);
		scep_challenge_clear(&rec);
	}
}

static void
what_cannot_be_is_not_made(void **state)
{
	static const char *const	 bad_dns[] = { "a..b" };
	static const struct scep_token_wish	 bad[] = {
		{ "short", "a", "main", 1, 2, NULL, 0, NULL, 0, NULL },
		{ "23456789AB", "a", "main", 1, 2, NULL, 0, NULL, 0, NULL },
		{ KID, "", "main", 1, 2, NULL, 0, NULL, 0, NULL },
		{ KID, "a b", "main", 1, 2, NULL, 0, NULL, 0, NULL },
		{ KID, "a", "", 1, 2, NULL, 0, NULL, 0, NULL },
		{ KID, "a", "a\nb", 1, 2, NULL, 0, NULL, 0, NULL },
		{ KID, "a", "main", 2, 2, NULL, 0, NULL, 0, NULL },
		{ KID, "a", "main", 1, 2, "x", 0, NULL, 0, NULL },
		{ KID, "a", "main", 1, 2, NULL, 1, NULL, 0, NULL },
		{ KID, "a", "main", 1, 2, "CN=*", 1, NULL, 0, NULL },
		{ KID, "a", "main", 1, 2, NULL, 0, bad_dns, 1, NULL },
		{ KID, "a", "main", 1, 2, LONG_NAME LONG_NAME, 1, NULL, 0,
		    NULL },
	};
	struct scep_token_wish	 good = { KID, "a", "main", 1, 2, "CN=x", 0,
				    NULL, 0, NULL };
	char			 out[SCEP_TOKEN_MAX + 1];
	struct scep_error	 err;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (scep_token_body(w->crypto, &bad[i], SCEP_TOKEN_HMAC_LEN,
		    out, &err) != SCEP_E_USAGE)
			fail_msg("wish %zu was granted", i);
	assert_int_equal(scep_token_body(w->crypto, &good,
	    SCEP_TOKEN_HMAC_LEN, out, &err), SCEP_OK);
}

/* What is made has room: the longest that fits, and one octet more. */
static void
names_are_hashed_where_there_is_no_room(void **state)
{
	struct scep_token_wish	 wish = { KID, "a", "main", 1795521600,
				    1795608000, NULL, 0, NULL, 0, NULL };
	char			 subject[160], out[SCEP_TOKEN_MAX + 1];
	enum scep_token_bound	 was = SCEP_TOKEN_CLEAR;
	struct scep_token	 t;
	int			 n, hashed = 0;

	(void)state;
	for (n = 1; n <= 64; n++) {
		(void)snprintf(subject, sizeof(subject),
		    "O=%.64s, CN=%.*s", "abcdefghijklmnopqrstuvwxyz"
		    "abcdefghijklmnopqrstuvwxyzabcdefghij", n,
		    "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"
		    "abcdefghijkl");
		wish.subject = subject;
		tokens_mint(&hmac, &wish, out);
		assert_true(strlen(out) <= SCEP_TOKEN_MAX);
		{
			struct scep_error	 err;

			assert_int_equal(scep_token_read(scep_span_text(out),
			    &t, &err), SCEP_OK);
		}
		assert_true(t.bound >= was);
		was = t.bound;
		hashed += t.bound == SCEP_TOKEN_HASHED;
	}
	assert_true(hashed > 0 && hashed < 64);
}

static void
base64_has_one_spelling(void **state)
{
	static const char *const	 bad[] = {
		"A", "AAAAA", "AB", "AAB", "AA==", "AAA=", "AA A", "AA\nA",
		"A-AA", "A_AA", ".AAA", "=",
	};
	uint8_t		 in[256], out[256];
	char		 text[512];
	size_t		 i, n, len;

	(void)state;
	for (i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)(i * 151);
	for (n = 0; n < sizeof(in); n++) {
		text[0] = '\0';
		scep_base64_text(scep_span_make(in, n), text);
		assert_int_equal(strlen(text), SCEP_BASE64_LEN(n));
		assert_true(scep_base64_read(scep_span_text(text), out,
		    sizeof(out), &len));
		assert_int_equal(len, n);
		assert_memory_equal(in, out, n);
		if (n > 0)
			assert_false(scep_base64_read(scep_span_text(text),
			    out, n - 1, &len));
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (scep_base64_read(scep_span_text(bad[i]), out,
		    sizeof(out), &len))
			fail_msg("\"%s\" was read", bad[i]);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(the_vectors_are_made),
		cmocka_unit_test(the_vectors_are_read),
		cmocka_unit_test(a_payload_has_one_form),
		cmocka_unit_test(no_other_text_says_the_same),
		cmocka_unit_test(names_must_be_names),
		cmocka_unit_test(what_cannot_be_is_not_made),
		cmocka_unit_test(names_are_hashed_where_there_is_no_room),
		cmocka_unit_test(base64_has_one_spelling),
	};
	int			 failed;

	w = world_new(NULL);
	make_minters();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	tokens_clear(&ed25519);
	world_free(w);
	return failed;
}
