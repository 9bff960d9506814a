/*
 * t_points.c - addresses in certificates of several generations of a CA: each
 * certificate names what its own issuer made, and the operator is told where
 * one could not.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ca/config_local.h"
#include "ca/issue.h"
#include "tests/unit/generations.h"
#include "tests/unit/issuing.h"

#define LENGTH(a)	(sizeof(a) / sizeof((a)[0]))
#define EXTS	"extensions = e\n[extensions e]\n"
#define OWN	"crlDistributionPoints = " \
		"URI:http://x/crl/main.%GENERATION%.crl\n" \
		"authorityInfoAccess = " \
		"caIssuers;URI:http://x/ca/main.%GENERATION%.crt\n"

static struct generations	 g;

static int
open_world(void **state)
{
	(void)state;
	generations_open(&g, "ec:p256");
	return 0;
}

static int
close_world(void **state)
{
	(void)state;
	generations_close(&g);
	return 0;
}

static struct scep_config *
load(void)
{
	struct scep_error	 err;
	struct scep_config	*cfg = generations_load(&g, &err);

	if (cfg == NULL)
		fail_msg("%s", err.text);
	return cfg;
}

static void
edit_publish(struct scep_lineage *l)
{
	struct scep_error	 err;
	unsigned int		 n;

	assert_int_equal(scep_lineage_publish(l, GENERATIONS_NOW, &n, &err),
	    SCEP_OK);
}

static void
edit_switch(struct scep_lineage *l)
{
	struct scep_error	 err;
	unsigned int		 n;

	assert_int_equal(scep_lineage_switch(l, 0, GENERATIONS_NOW, &n, &err),
	    SCEP_OK);
}

static void
edit_retire(struct scep_lineage *l)
{
	struct scep_error	 err;
	unsigned int		 n = 0;

	assert_int_equal(scep_lineage_retire(l, &n, &err), SCEP_OK);
}

/* ---- the word ---- */

static void
a_number_stands_in_the_place_of_the_word(void **state)
{
	static const struct {
		const char	*value, *made;	/* NULL: refused */
	} rows[] = {
		{ "", "" },
		{ "%GENERATION%", "12" },
		{ "a.%GENERATION%.crl,b%GENERATION%", "a.12.crl,b12" },
		{ "%GENERATION%%GENERATION%", "1212" },
		{ "GENERATION", "GENERATION" },
		{ "100%", "100%" },
		{ "%20%47ENERATION%20", "%20%47ENERATION%20" },
		{ "%DEGENERATION%", NULL },
		{ "%GENERATION", NULL },
		{ "%generation%", NULL },
		{ "%GENERATIONS%", NULL },
		{ "%NUMBER%", "%NUMBER%" },
	};
	char	 made[64];
	size_t	 i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		assert_int_equal(scep_config_point(rows[i].value, 12, made),
		    rows[i].made != NULL);
		if (rows[i].made != NULL)
			assert_string_equal(made, rows[i].made);
	}
	/* The longest number has room in its place. */
	assert_int_equal(scep_config_point("%GENERATION%", 4294967295U, made),
	    1);
	assert_string_equal(made, "4294967295");
}

/* ---- certificates ---- */

static int
has(const struct scep_buf *der, const char *text)
{
	return memmem(der->data, der->len, text, strlen(text)) != NULL;
}

/* One that this generation issues names what is of generation `wanted`, for a
 * key of RSA and for one that only signs. */
static void
issued_names(struct scep_config *cfg, const struct scep_ca_conf *by,
    unsigned int wanted)
{
	struct issuing		 is, kept;
	struct scep_cert_rec	 rec;
	struct scep_grant	*grant;
	struct scep_error	 err;
	char			 crl[32], crt[32];

	(void)snprintf(crl, sizeof(crl), "/crl/main.%u.crl", wanted);
	(void)snprintf(crt, sizeof(crt), "/ca/main.%u.crt", wanted);
	issuing_open(&is, "RSA");
	kept = is;
	is.ca = *by;
	is.profile = cfg->profile[0];
	grant = issuing_grant(&is);
	if (scep_issue(g.crypto, grant, GENERATIONS_NOW, &rec, &err) !=
	    SCEP_OK)
		fail_msg("%s", err.text);
	assert_true(has(&rec.der, crl));
	assert_true(has(&rec.der, crt));
	assert_false(has(&rec.der, "GENERATION"));
	assert_false(has(&rec.der, wanted == 1 ? "main.2" : "main.1"));
	scep_cert_rec_clear(&rec);
	scep_grant_free(grant);
	is = kept;
	issuing_close(&is);
}

static void
each_generation_names_its_own(void **state)
{
	struct scep_config	*cfg;

	(void)state;
	g.tail = EXTS OWN;
	cfg = load();			/* never had another one */
	issued_names(cfg, &cfg->ca[0], 1);
	scep_config_free(cfg);
	generations_stage(&g, "Second");
	generations_edit(&g, edit_publish);
	cfg = load();
	issued_names(cfg, &cfg->ca[0], 1);
	issued_names(cfg, scep_ca_conf_next(&cfg->ca[0]), 2);
	scep_config_free(cfg);
	generations_edit(&g, edit_switch);
	cfg = load();
	issued_names(cfg, &cfg->ca[0], 2);
	scep_config_free(cfg);
}

/* Keys that only sign have extensions of their own. */
static void
so_do_certificates_of_keys_that_only_sign(void **state)
{
	static const char	 one[] = "main.1.crl", two[] = "main.2.crl";
	struct scep_config	*cfg;

	(void)state;
	g.tail = "key_types = rsa p256\n" EXTS OWN;
	generations_stage(&g, "Second");
	generations_edit(&g, edit_publish);
	cfg = load();
	assert_true(has(&cfg->profile[0].signing_exts, one));
	assert_false(has(&cfg->profile[0].signing_exts, two));
	assert_true(has(&cfg->profile[0].next_signing_exts, two));
	assert_false(has(&cfg->profile[0].next_signing_exts, one));
	scep_config_free(cfg);
}

static void
an_address_without_the_word_stays_as_it_is(void **state)
{
	static const char	 fixed[] = "http://x/crl/main.crl";
	struct scep_config	*cfg;

	(void)state;
	g.tail = EXTS "crlDistributionPoints = URI:http://x/crl/main.crl\n";
	generations_stage(&g, "Second");
	generations_edit(&g, edit_publish);
	cfg = load();
	assert_true(has(&cfg->profile[0].fixed_exts, fixed));
	assert_true(has(&cfg->profile[0].next_exts, fixed));
	scep_config_free(cfg);
}

/* ---- what the operator is told ---- */

struct told {
	int	 n;
	char	 text[SCEP_ERROR_MAX];
};

static void
hear(void *arg, int fatal, const char *text)
{
	struct told	*told = arg;

	if (strstr(text, "%GENERATION%") == NULL)
		return;
	assert_false(fatal);
	told->n++;
	(void)snprintf(told->text, sizeof(told->text), "%s", text);
}

static struct told
check(const char *tail)
{
	struct told		 told = { 0, "" };
	struct scep_error	 err;
	struct scep_config	*cfg;

	g.tail = tail;
	cfg = load();
	if (scep_config_check(g.crypto, cfg, GENERATIONS_NOW, hear, &told,
	    &err) != SCEP_OK)
		fail_msg("%s", err.text);
	scep_config_free(cfg);
	return told;
}

static const struct {
	const char	*exts;
	int		 alone, several, after;	/* how much is told */
} points[] = {
	{ OWN, 0, 0, 0 },
	{ "crlDistributionPoints = URI:http://x/crl/main.crl\n", 0, 1, 0 },
	{ "crlDistributionPoints = URI:http://x/crl/main.1.crl\n", 0, 1, 1 },
	{ "crlDistributionPoints = URI:http://x/crl/main.2.crl\n", 1, 1, 0 },
	{ "authorityInfoAccess = caIssuers;URI:http://x/ca/main.crt\n", 0, 1,
	    0 },
	{ "authorityInfoAccess = OCSP;URI:http://x/crl/,caIssuers;"
	    "URI:http://x/ca/main.1.crt\n", 0, 1, 1 },
	{ "crlDistributionPoints = URI:http://x/crl/main.crl\n"
	    "authorityInfoAccess = caIssuers;URI:http://x/ca/main.crt\n", 0,
	    2, 0 },
	/* Of another name, or none of ours. */
	{ "crlDistributionPoints = URI:http://x/crl/main2.crl\n", 0, 0, 0 },
	{ "crlDistributionPoints = URI:http://x/crl/main.crls\n", 0, 0, 0 },
	{ "crlDistributionPoints = URI:http://x/acrl/main.crl\n", 0, 0, 0 },
	{ "crlDistributionPoints = URI:http://x/ca/main.crl\n", 0, 0, 0 },
	{ "crlDistributionPoints = URI:http://x/main.crl\n", 0, 0, 0 },
};

static void
check_all(int which)
{
	struct told	 told;
	char		 tail[512];
	size_t		 i;
	int		 wanted;

	for (i = 0; i < LENGTH(points); i++) {
		(void)snprintf(tail, sizeof(tail), "%s%s", EXTS,
		    points[i].exts);
		wanted = which == 0 ? points[i].alone : which == 1 ?
		    points[i].several : points[i].after;
		if ((told = check(tail)).n != wanted)
			fail_msg("row %zu: %d, last: %s", i, told.n,
			    told.text);
	}
}

static void
what_fits_one_generation_alone_is_told(void **state)
{
	struct told	 told;

	(void)state;
	check_all(0);
	generations_stage(&g, "Second");
	check_all(1);
	told = check(EXTS "crlDistributionPoints = URI:http://x/crl/main.crl"
	    "\n");
	assert_non_null(strstr(told.text, "scep.conf:13: crlDistribution"));
	assert_non_null(strstr(told.text, "current generation of CA main"));
	assert_non_null(strstr(told.text, "write crl/main.%GENERATION%.crl"));
	generations_edit(&g, edit_publish);
	check_all(1);
	generations_edit(&g, edit_switch);
	check_all(1);
	generations_edit(&g, edit_retire);
	check_all(2);
}

static void
a_section_of_several_profiles_is_told_once(void **state)
{
	(void)state;
	generations_stage(&g, "Second");
	assert_int_equal(check("extensions = e\n[profile two]\nca = main\n"
	    "authorise = challenge\n" EXTS "crlDistributionPoints = "
	    "URI:http://x/crl/main.crl\n").n, 1);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(a_number_stands_in_the_place_of_the_word),
		cmocka_unit_test_setup_teardown(each_generation_names_its_own,
		    open_world, close_world),
		cmocka_unit_test_setup_teardown(
		    so_do_certificates_of_keys_that_only_sign, open_world,
		    close_world),
		cmocka_unit_test_setup_teardown(
		    an_address_without_the_word_stays_as_it_is, open_world,
		    close_world),
		cmocka_unit_test_setup_teardown(
		    what_fits_one_generation_alone_is_told, open_world,
		    close_world),
		cmocka_unit_test_setup_teardown(
		    a_section_of_several_profiles_is_told_once, open_world,
		    close_world),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
