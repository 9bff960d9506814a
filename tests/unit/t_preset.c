/*
 * t_preset.c - client = NAME: defaults for a family of devices, and no more
 * than that.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "ca/ca.h"
#include "ca/config.h"
#include "tests/unit/conform.h"

#define LEN(a)	(sizeof(a) / sizeof((a)[0]))
#define CA	"[ca main]\ncertificate = c\nkey = k\nra_certificate = r\n" \
		"ra_key = q\n"
#define SHA2	(SCEP_BIT(SCEP_SHA256) | SCEP_BIT(SCEP_SHA384) | \
		SCEP_BIT(SCEP_SHA512))
#define AES	(SCEP_BIT(SCEP_AES128) | SCEP_BIT(SCEP_AES192) | \
		SCEP_BIT(SCEP_AES256))
#define SHA1	SCEP_BIT(SCEP_SHA1)
#define DES3	SCEP_BIT(SCEP_3DES)
#define DES	SCEP_BIT(SCEP_DES)

static struct scep_crypto	*crypto;

/* What the manual says. */
static const struct {
	const char		*client;
	enum scep_getcacert	 getcacert;
	enum scep_certrep	 certrep;
	unsigned int		 digests, ciphers;
	long			 backdate_s;
	size_t			 n_rdn;
} rows[] = {
	{ "apple", SCEP_GETCACERT_ROOT, SCEP_CERTREP_LEAF, SHA2, AES, 600,
	    5 },
	{ "windows", SCEP_GETCACERT_LEAF, SCEP_CERTREP_LEAF, SHA2, AES, 3600,
	    5 },
	{ "intune", SCEP_GETCACERT_LEAF, SCEP_CERTREP_LEAF, SHA2, AES, 3600,
	    5 },
	{ "cisco-ios", SCEP_GETCACERT_ROOT, SCEP_CERTREP_CA, SHA2 | SHA1,
	    AES | DES3, 600, 9 },
	{ "cisco-asa", SCEP_GETCACERT_ROOT, SCEP_CERTREP_CA, SHA2 | SHA1,
	    AES | DES3, 600, 9 },
	{ "juniper", SCEP_GETCACERT_ROOT, SCEP_CERTREP_LEAF, SHA2 | SHA1,
	    AES | DES3, 600, 8 },
	{ "mikrotik", SCEP_GETCACERT_ROOT, SCEP_CERTREP_LEAF, SHA2, AES, 600,
	    5 },
	{ "certmonger", SCEP_GETCACERT_ROOT, SCEP_CERTREP_LEAF, SHA2, AES,
	    600, 5 },
	{ "strongswan", SCEP_GETCACERT_ROOT, SCEP_CERTREP_LEAF, SHA2, AES,
	    600, 5 },
	{ "sscep", SCEP_GETCACERT_ROOT, SCEP_CERTREP_LEAF, SHA2, AES, 600,
	    5 },
	{ "jscep", SCEP_GETCACERT_ROOT, SCEP_CERTREP_LEAF, SHA2, AES, 600,
	    5 },
	{ "micromdm", SCEP_GETCACERT_LEAF, SCEP_CERTREP_LEAF, SHA2 | SHA1,
	    AES | DES, 600, 5 },
};

static enum scep_err
parse(const char *text, struct scep_config **cfg, struct scep_error *err)
{
	struct scep_conf	*conf;

	assert_int_equal(scep_conf_parse(scep_span_text(text), "/x/scep.conf",
	    &conf, err), SCEP_OK);
	return scep_config_parse(crypto, conf, cfg, err);
}

/* A profile with these lines; the configuration is the caller's. */
static const struct scep_profile *
profile_with(const char *lines, struct scep_config **cfg)
{
	struct scep_error	 err;
	char			 text[1024];

	(void)snprintf(text, sizeof(text), CA "[profile p]\nauthorise = "
	    "challenge\n%s", lines);
	if (parse(text, cfg, &err) != SCEP_OK)
		fail_msg("%s", err.text);
	return scep_config_profile(*cfg, "p");
}

static void
each_preset_sets_what_the_manual_says(void **state)
{
	const struct scep_profile	*p;
	struct scep_config		*cfg;
	char				 line[64];
	size_t				 i;

	(void)state;
	for (i = 0; i < LEN(rows); i++) {
		(void)snprintf(line, sizeof(line), "client = %s\n",
		    rows[i].client);
		p = profile_with(line, &cfg);
		assert_string_equal(p->client, rows[i].client);
		assert_string_equal(scep_config_client(i), rows[i].client);
		assert_int_equal(p->getcacert, rows[i].getcacert);
		assert_int_equal(p->certrep, rows[i].certrep);
		assert_int_equal(p->message.digests, rows[i].digests);
		assert_int_equal(p->message.ciphers, rows[i].ciphers);
		assert_int_equal(p->csr_weak, rows[i].digests & SHA1);
		assert_int_equal(p->backdate_s, rows[i].backdate_s);
		assert_int_equal(p->n_rdn, rows[i].n_rdn);
		assert_int_equal(p->caps_hidden, 0);
		assert_int_equal(p->omit_content, 0);
		assert_int_equal(p->fail_text, 1);
		/* Nothing else is a client's affair, the authority least. */
		assert_int_equal(p->authorise, SCEP_BIT(SCEP_BY_CHALLENGE));
		assert_int_equal(p->san_types, 0);
		assert_int_equal(p->validity_s, 365 * 86400L);
		scep_config_free(cfg);
	}
	assert_null(scep_config_client(LEN(rows)));
}

/* MD5 is for those who write it. */
static void
no_preset_brings_md5_and_one_des(void **state)
{
	size_t	 i;

	(void)state;
	for (i = 0; i < LEN(rows); i++) {
		assert_int_equal(rows[i].digests & SCEP_BROKEN_DIGESTS, 0);
		assert_int_equal((rows[i].ciphers & SCEP_BROKEN_CIPHERS) != 0,
		    strcmp(rows[i].client, "micromdm") == 0);
	}
}

static void
a_key_in_the_profile_wins(void **state)
{
	const struct scep_profile	*p;
	struct scep_config		*cfg;

	(void)state;
	/* Whatever stands first. */
	p = profile_with("legacy = none\ncertrep = chain\nclient = micromdm\n"
	    "getcacert = chain+root\nbackdate = 0\n", &cfg);
	assert_int_equal(p->message.ciphers, AES);
	assert_int_equal(p->message.digests, SHA2);
	assert_int_equal(p->csr_weak, 0);
	assert_int_equal(p->certrep, SCEP_CERTREP_CHAIN);
	assert_int_equal(p->getcacert, SCEP_GETCACERT_ROOT);
	assert_int_equal(p->backdate_s, 0);
	scep_config_free(cfg);
	p = profile_with("client = cisco-ios\nlegacy = sha1 3des des md5\n"
	    "ciphers = aes256\nsubject_allow = CN\nempty_content = no\n"
	    "fail_text = no\ncaps_hide = AES\n", &cfg);
	assert_int_equal(p->message.ciphers, SCEP_BIT(SCEP_AES256) | DES3 |
	    DES);
	assert_int_equal(p->message.digests, SHA2 | SHA1 |
	    SCEP_BIT(SCEP_MD5));
	assert_int_equal(p->n_rdn, 1);
	assert_int_equal(p->omit_content, 1);
	assert_int_equal(p->fail_text, 0);
	assert_int_equal(p->caps_hidden, SCEP_BIT(SCEP_CAP_AES));
	assert_int_equal(p->certrep, SCEP_CERTREP_CA);	/* not said: preset */
	scep_config_free(cfg);
}

/* Every key that some preset sets, under each of them; none of these values
 * is any preset's. */
static void
each_single_switch_wins_over_each_preset(void **state)
{
	const struct scep_profile	*p;
	struct scep_config		*cfg;
	char				 lines[512];
	size_t				 i;

	(void)state;
	for (i = 0; i < LEN(rows); i++) {
		(void)snprintf(lines, sizeof(lines), "client = %s\n"
		    "getcacert = chain\ncertrep = chain\nlegacy = 3des md5\n"
		    "digests = sha512\nciphers = aes192\n"
		    "caps_hide = Renewal\nbackdate = 7m\n"
		    "subject_allow = CN DC\nempty_content = no\n"
		    "fail_text = no\n", rows[i].client);
		p = profile_with(lines, &cfg);
		assert_string_equal(p->client, rows[i].client);
		assert_int_equal(p->getcacert, SCEP_GETCACERT_CHAIN);
		assert_int_equal(p->certrep, SCEP_CERTREP_CHAIN);
		assert_int_equal(p->message.digests, SCEP_BIT(SCEP_SHA512) |
		    SCEP_BIT(SCEP_MD5));
		assert_int_equal(p->message.ciphers, SCEP_BIT(SCEP_AES192) |
		    DES3);
		assert_int_equal(p->caps_hidden, SCEP_BIT(SCEP_CAP_RENEWAL));
		assert_int_equal(p->backdate_s, 420);
		assert_int_equal(p->n_rdn, 2);
		assert_int_equal(p->omit_content, 1);
		assert_int_equal(p->fail_text, 0);
		scep_config_free(cfg);
	}
}

static void
a_preset_is_its_profiles_alone(void **state)
{
	const struct scep_profile	*p;
	struct scep_config		*cfg;
	struct scep_error		 err;

	(void)state;
	assert_int_equal(parse("[server]\ndefault_profile = a\n" CA
	    "[profile a]\nclient = micromdm\nauthorise = challenge\n"
	    "[profile b]\nauthorise = challenge\n"
	    "[profile c]\nclient = apple\nauthorise = challenge\n", &cfg,
	    &err), SCEP_OK);
	p = scep_config_profile(cfg, "b");
	assert_null(p->client);
	assert_int_equal(p->legacy, 0);
	assert_int_equal(p->getcacert, SCEP_GETCACERT_ROOT);
	p = scep_config_profile(cfg, "c");
	assert_string_equal(p->client, "apple");
	assert_int_equal(p->legacy, 0);
	scep_config_free(cfg);
}

static void
what_is_no_preset_is_told_which_there_are(void **state)
{
	static const struct {
		const char	*value, *why;
	} bad[] = {
		{ "android", "\"android\" is not one of: apple, windows, "
		    "intune, cisco-ios, cisco-asa, juniper, mikrotik, "
		    "certmonger, strongswan, sscep, jscep, micromdm" },
		{ "Apple", "did you mean apple?" },
		{ "cisco", "is not one of" },
		{ "cisco_ios", "did you mean cisco-ios?" },
		{ "apple windows", "is not one of" },
	};
	struct scep_config	*cfg;
	struct scep_error	 err;
	char			 text[512];
	size_t			 i;

	(void)state;
	for (i = 0; i < LEN(bad); i++) {
		(void)snprintf(text, sizeof(text), CA "[profile p]\n"
		    "authorise = challenge\nclient = %s\n", bad[i].value);
		assert_int_equal(parse(text, &cfg, &err), SCEP_E_CONFIG);
		if (strstr(err.text, bad[i].why) == NULL ||
		    strstr(err.text, "/x/scep.conf:8: client: ") == NULL)
			fail_msg("%s", err.text);
	}
}

/* "make check" runs where the manual is. */
static void
each_preset_is_in_the_manual_twice_and_no_other(void **state)
{
	size_t	 table[LEN(rows)] = { 0 }, text[LEN(rows)] = { 0 }, i;
	char	 line[256], word[64];
	int	 inside = 0;
	FILE	*f;

	(void)state;
	if ((f = fopen("cgi/scep.conf.5", "r")) == NULL)
		skip();
	while (fgets(line, sizeof(line), f) != NULL) {
		if (strncmp(line, ".Sh ", 4) == 0)
			inside = strcmp(line, ".Sh CLIENTS\n") == 0;
		if (!inside)
			continue;
		for (i = 0; i < LEN(rows); i++) {
			if (sscanf(line, ".It Cm %63s", word) == 1 &&
			    strcmp(word, rows[i].client) == 0)
				text[i]++;
			if (sscanf(line, ".It %63s Ta", word) == 1 &&
			    strcmp(word, rows[i].client) == 0)
				table[i]++;
		}
	}
	(void)fclose(f);
	for (i = 0; i < LEN(rows); i++)
		if (table[i] != 1 || text[i] != 1)
			fail_msg("%s: %zu times in the table, %zu in the text",
			    rows[i].client, table[i], text[i]);
}

static int
setup(void **state)
{
	struct scep_error	 err;

	(void)state;
	return scep_crypto_new(NULL, &crypto, &err) == SCEP_OK ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	scep_crypto_free(crypto);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(each_preset_sets_what_the_manual_says),
		conforms(no_preset_brings_md5_and_one_des, "C-009"),
		cmocka_unit_test(a_key_in_the_profile_wins),
		cmocka_unit_test(each_single_switch_wins_over_each_preset),
		cmocka_unit_test(a_preset_is_its_profiles_alone),
		cmocka_unit_test(what_is_no_preset_is_told_which_there_are),
		cmocka_unit_test(
		    each_preset_is_in_the_manual_twice_and_no_other),
	};

	return cmocka_run_group_tests_name("preset", tests, setup, teardown);
}
