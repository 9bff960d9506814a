/*
 * t_conform_caps.c - what is announced, held against what is done; and the
 * other things that can be fetched by anybody.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/conform.h"
#include "tests/unit/serving.h"

#define LEN(a)	(sizeof(a) / sizeof((a)[0]))

/* Profiles of different algorithms. */
static const char	more[] =
	"[profile old]\nauthorise = manual\n"
	"legacy = sha1 3des\n"
	"[profile sha512]\nauthorise = manual\n"
	"digests = sha512\n"
	"[profile 3des]\nauthorise = manual\nciphers = aes256\n"
	"legacy = 3des\n"
	"[profile aes256]\nauthorise = manual\nciphers = aes256\n"
	"[profile sha1]\nauthorise = manual\nlegacy = sha1\n"
	"[profile des3]\nauthorise = manual\nlegacy = 3des\n"
	"[profile renews]\nauthorise = manual\nrenew_from = always\n"
	"renew_from_profiles = static\n"
	"[profile once]\nauthorise = manual\nrenew = no\n"
	"[profile shy]\nauthorise = manual\nrenew_from = always\n"
	"renew_from_profiles = static\ncaps_hide = Renewal\n"
	"[profile mute]\nauthorise = manual\nlegacy = sha1 3des\n"
	"caps_hide = AES DES3 GetNextCACert POSTPKIOperation Renewal SHA-1 "
	"SHA-256 SHA-384 SHA-512 SCEPStandard\n";

static const char *const	profiles[] = { "/manual", "/old", "/sha512",
    "/3des", "/aes256", "/sha1", "/des3" };

static void
fetch_caps(const char *path, char text[1024])
{
	struct served	 s;

	serve_get(path, "operation=GetCACaps", &s);
	assert_int_equal(s.http.status, 200);
	assert_in_range(s.http.body_len, 1, 1023);
	memcpy(text, s.http.body, s.http.body_len);
	text[s.http.body_len] = '\0';
	assert_int_equal(strlen(text), s.http.body_len);
	served_clear(&s);
}

/* Is there a line of just this word? */
static int
announces(const char *text, const char *word)
{
	const size_t	 len = strlen(word);
	const char	*p;

	for (p = text; (p = strstr(p, word)) != NULL; p += len)
		if ((p == text || p[-1] == '\n') && p[len] == '\n')
			return 1;
	return 0;
}

/* Those of RFC 8894 section 3.5.2 and the one for strongSwan: each line is
 * one, none twice. */
static void
each_line_is_a_word_of_the_rfc(void **state)
{
	static const char *const	 words[] = { "AES", "DES3",
	    "GetNextCACert", "POSTPKIOperation", "Renewal", "SHA-1",
	    "SHA-256", "SHA-384", "SHA-512", "SCEPStandard" };
	char				 text[1024], *line, *end;
	size_t				 i, k;

	(void)state;
	for (i = 0; i < LEN(profiles); i++) {
		fetch_caps(profiles[i], text);
		for (line = text; *line != '\0'; line = end + 1) {
			assert_non_null(end = strchr(line, '\n'));
			*end = '\0';
			for (k = 0; k < LEN(words); k++)
				if (strcmp(line, words[k]) == 0)
					break;
			if (k == LEN(words))
				fail_msg("%s: \"%s\"", profiles[i], line);
			*end = '\n';
			assert_false(announces(end + 1, words[k]));
		}
	}
}

/* Who does not know SCEPStandard finds what it stands for; where a part of that
 * is not there, or anything that is older, it is not there either. */
static void
SCEPStandard_stands_for_what_is_beside_it(void **state)
{
	static const char *const	 lack_one[] = { "/sha512", "/aes256" };
	static const char *const	 have_old[] = { "/sha1", "/des3",
	    "/old" };
	char				 text[1024];
	size_t				 i;

	(void)state;
	fetch_caps("/manual", text);
	assert_true(announces(text, "SCEPStandard"));
	assert_true(announces(text, "AES"));
	assert_true(announces(text, "SHA-256"));
	assert_true(announces(text, "POSTPKIOperation"));
	for (i = 0; i < LEN(lack_one); i++) {
		fetch_caps(lack_one[i], text);
		assert_false(announces(text, "SCEPStandard"));
		assert_true(announces(text, "POSTPKIOperation"));
	}
	for (i = 0; i < LEN(have_old); i++) {
		fetch_caps(have_old[i], text);
		assert_false(announces(text, "SCEPStandard"));
		assert_true(announces(text, "AES"));
		assert_true(announces(text, "SHA-256"));
	}
}

/* The answer to a request in these algorithms: 0 if it was badAlg. */
static int
works(const char *path, const EVP_MD *digest, const EVP_CIPHER *cipher)
{
	struct bytes		 csr = client_csr(w->key[0], "/CN=one", NULL,
				    NULL);
	struct client_message	 m = serve_plain(0, 19, csr);
	struct served		 s;
	int			 yes;

	m.digest = digest;
	m.cipher = cipher;
	serve(path, &m, &s);
	yes = s.reply.status == 3;
	if (!yes) {
		assert_int_equal(s.reply.status, 2);
		assert_int_equal(s.reply.fail_info, 0);
	}
	served_clear(&s);
	bytes_free(&csr);
	return yes;
}

/* Each digest with each cipher: it works if and only if both are announced. */
static void
what_is_announced_works_and_nothing_else(void **state)
{
	static const struct {
		const char	*word;
		const EVP_MD	*(*md)(void);
	} digests[] = {
		{ "SHA-1", EVP_sha1 }, { "SHA-256", EVP_sha256 },
		{ "SHA-384", EVP_sha384 }, { "SHA-512", EVP_sha512 },
		{ "MD5", EVP_md5 },
	};
	static const struct {
		const char		*word;
		const EVP_CIPHER	*(*cipher)(void);
	} ciphers[] = {
		{ "AES", EVP_aes_128_cbc }, { "DES3", EVP_des_ede3_cbc },
	};
	char	 text[1024];
	size_t	 i, d, c;

	(void)state;
	for (i = 0; i < LEN(profiles); i++) {
		fetch_caps(profiles[i], text);
		assert_false(announces(text, "GetNextCACert"));
		for (d = 0; d < LEN(digests); d++)
			for (c = 0; c < LEN(ciphers); c++)
				if (works(profiles[i], digests[d].md(),
				    ciphers[c].cipher()) !=
				    (announces(text, digests[d].word) &&
				    announces(text, ciphers[c].word)))
					fail_msg("%s: %s, %s", profiles[i],
					    digests[d].word,
					    ciphers[c].word);
	}
}

/* Device 0 renews what it has, by the message that is named so. */
static int
renews(const char *path, X509 *old)
{
	struct bytes		 csr = client_csr(w->key[1], "/CN=one", NULL,
				    NULL);
	struct client_message	 m = serve_plain(0, 17, csr);
	struct served		 s;
	int			 yes;

	m.signer = old;
	m.txid = path;
	serve(path, &m, &s);
	yes = s.reply.status == 0;
	if (!yes) {
		assert_int_equal(s.reply.status, 2);
		assert_int_equal(s.reply.fail_info, 2);
	}
	served_clear(&s);
	bytes_free(&csr);
	return yes;
}

/* And what is hidden works. */
static void
Renewal_is_announced_only_where_it_works(void **state)
{
	static const struct {
		const char	*path;
		int		 announced, works;
	} rows[] = { { "/renews", 1, 1 }, { "/once", 0, 0 },
	    { "/shy", 0, 1 } };
	struct served	 first;
	char		 text[1024];
	size_t		 i;

	(void)state;
	serve_request("/static", 0, "/CN=one", WORLD_STATIC, &first);
	assert_int_equal(first.reply.status, 0);
	for (i = 0; i < LEN(rows); i++) {
		fetch_caps(rows[i].path, text);
		assert_int_equal(announces(text, "Renewal"),
		    rows[i].announced);
		assert_int_equal(renews(rows[i].path, first.reply.cert),
		    rows[i].works);
	}
	served_clear(&first);
}

/* Not an error: a device takes that for an old server. */
static void
a_profile_that_hides_all_has_an_empty_list(void **state)
{
	struct served	 s;

	(void)state;
	serve_get("/mute", "operation=GetCACaps", &s);
	assert_int_equal(s.http.status, 200);
	assert_string_equal(s.http.type, "text/plain");
	assert_int_equal(s.http.body_len, 0);
	served_clear(&s);
	assert_true(works("/mute", EVP_sha256(), EVP_aes_128_cbc()));
}

/* Is it of this type: a bundle, or this certificate as it is? */
static int
cacert_is(const char *type, const X509 *lone)
{
	const int	 bundle = strcmp(type, "application/x-x509-ca-cert") !=
			    0;
	struct served	 s;
	unsigned char	*der = NULL;
	int		 len = i2d_X509(lone, &der), same, fits;

	serve_get("/manual", "operation=GetCACert", &s);
	same = s.http.body_len == (size_t)len &&
	    memcmp(s.http.body, der, (size_t)len) == 0;
	fits = s.http.status == 200 && strcmp(s.http.type, type) == 0 &&
	    same == !bundle;
	served_clear(&s);
	OPENSSL_free(der);
	return fits;
}

/* As insecure_one_key would have it; with its RA, and as its own RA. */
static void
a_ca_alone_is_its_certificate(void **state)
{
	struct scep_ca_conf	*ca = &w->cfg->ca[0];
	const struct scep_cert	 ra_cert = ca->ra_cert;
	EVP_PKEY		*ra_key = ca->ra_key;
	int			 alone;

	(void)state;
	assert_true(cacert_is("application/x-x509-ca-ra-cert", w->ca_cert));
	ca->ra_cert = ca->cert;
	ca->ra_key = ca->key;
	serve_empty(NULL);
	alone = cacert_is("application/x-x509-ca-cert", w->ca_cert);
	ca->ra_cert = ra_cert;		/* before anything can fail */
	ca->ra_key = ra_key;
	serve_empty(NULL);
	assert_true(alone);
}

/* What looks like a separator once it is decoded is none. */
static void
parameters_are_parted_before_they_are_decoded(void **state)
{
	struct served	 s;

	(void)state;
	serve_get("/manual", "message=x%26operation=GetCACaps", &s);
	assert_int_equal(s.http.status, 400);
	served_clear(&s);
	serve_get("/manual", "message=x%26y&operation%3DGetCACert", &s);
	assert_int_equal(s.http.status, 400);
	served_clear(&s);
	serve_get("/manual", "message=x%26operation=GetCACert&"
	    "operation=GetCACaps", &s);
	assert_int_equal(s.http.status, 200);
	assert_string_equal(s.http.type, "text/plain");
	served_clear(&s);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		conforms(each_line_is_a_word_of_the_rfc,
		    "C-041 C-042 C-047 I-033"),
		conforms(SCEPStandard_stands_for_what_is_beside_it,
		    "C-045 C-046 I-033"),
		conforms(what_is_announced_works_and_nothing_else,
		    "C-009 C-044 C-050 C-221"),
		conforms(Renewal_is_announced_only_where_it_works,
		    "C-044 C-050 C-125"),
		conforms(a_profile_that_hides_all_has_an_empty_list, "C-048"),
		conforms(a_ca_alone_is_its_certificate,
		    "C-028 C-062 I-034"),
		conforms(parameters_are_parted_before_they_are_decoded,
		    "C-020 T-63"),
	};
	int	 rc;

	serve_open(more);
	rc = cmocka_run_group_tests_name("conform_caps", tests, NULL, NULL);
	serve_close();
	return rc;
}
