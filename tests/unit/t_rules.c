/*
 * t_rules.c - names against a profile, as a table.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ca/rules.h"

static const struct scep_profile	profile = {
	.name = "p",
	.n_rdn = 4,
	.rdn = {
		{ .type = "CN", .required = 1, .n_patterns = 2,
		    .pattern = { "dev-*", "[a-c]?" } },
		{ .type = "O", .required = 0 },
		{ .type = "serialNumber", .required = 1 },
		{ .type = "1.2.3.4", .required = 0 },
	},
	.san_types = SCEP_BIT(SCEP_SAN_DNS) | SCEP_BIT(SCEP_SAN_IP) |
	    SCEP_BIT(SCEP_SAN_UPN) | SCEP_BIT(SCEP_SAN_EMAIL),
	.san_pattern = {
		[SCEP_SAN_DNS] = { "*.Example", "*.example.org" },
		[SCEP_SAN_UPN] = { "*@corp.example" },
		[SCEP_SAN_EMAIL] = { "*@Example" },
	},
	.n_san_pattern = {
		[SCEP_SAN_DNS] = 2, [SCEP_SAN_UPN] = 1, [SCEP_SAN_EMAIL] = 1
	},
};

static const struct scep_profile	open_profile = {
	.name = "open",
	.n_rdn = 1,
	.rdn = { { .type = "CN" } },
	.san_types = SCEP_BIT(SCEP_SAN_DNS),
	.san_wildcard = 1,
};

static const struct scep_profile	closed = { .name = "closed" };

static const struct {
	const char			*subject;
	const struct scep_profile	*profile;
	const char			*why;		/* NULL: allowed */
} subjects[] = {
	{ "CN=dev-1, serialNumber=1", &profile, NULL },
	{ "serialNumber=1, O=x, O=y, CN=a1", &profile, NULL },
	{ "CN=dev-1 + serialNumber=1", &profile, NULL },
	{ "CN=dev-, serialNumber=1", &profile, NULL },
	{ "CN=dev-1", &profile, "requires a serialNumber" },
	{ "serialNumber=1", &profile, "requires a CN" },
	{ "CN=Dev-1, serialNumber=1", &profile, "CN matches no pattern" },
	{ "CN=xdev-1, serialNumber=1", &profile, "CN matches no pattern" },
	{ "CN=a12, serialNumber=1", &profile, "CN matches no pattern" },
	{ "CN=d1, serialNumber=1", &profile, "CN matches no pattern" },
	{ "CN=dev-1, serialNumber=1, OU=x", &profile, "allows no OU" },
	{ "CN=dev-1, CN=dev-2, serialNumber=1", &profile, "more than one" },
	{ "CN=anything at all/*", &open_profile, NULL },
	{ "CN=x, CN=y", &open_profile, "more than one CN" },
	{ "O=x", &open_profile, "allows no O" },
	{ "", &open_profile, NULL },
	{ "", &profile, "requires" },
	{ "CN=x", &closed, "allows no CN" },
};

static void
subjects_are_within_the_rules(void **state)
{
	struct scep_buf			 der = { NULL, 0 };
	struct scep_name		 name;
	struct scep_error		 err;
	enum scep_err			 rc;
	size_t				 i;
	int				 failed = 0;

	(void)state;
	for (i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++) {
		memset(&name, 0, sizeof(name));
		if (subjects[i].subject[0] != '\0') {
			assert_int_equal(scep_name_make(subjects[i].subject,
			    &der, &err), SCEP_OK);
			assert_int_equal(scep_name_parse(scep_buf_span(&der),
			    &name, &err), SCEP_OK);
		}
		rc = scep_rules_subject(subjects[i].profile, &name, &err);
		if (subjects[i].why == NULL ? rc != SCEP_OK : rc !=
		    SCEP_E_REFUSED || strstr(err.text, subjects[i].why) ==
		    NULL) {
			failed++;
			(void)fprintf(stderr, "\"%s\": %s\n",
			    subjects[i].subject, rc == SCEP_OK ? "allowed" :
			    err.text);
		}
		scep_name_clear(&name);
	}
	scep_buf_clear(&der);
	assert_int_equal(failed, 0);
}

static const struct {
	enum scep_san_type		 type;
	const char			*value;
	const struct scep_profile	*profile;
	const char			*why;
} sans[] = {
	{ SCEP_SAN_DNS, "a.example", &profile, NULL },
	{ SCEP_SAN_DNS, "A.EXAMPLE", &profile, NULL },
	{ SCEP_SAN_DNS, "a.b.example", &profile, NULL },
	{ SCEP_SAN_DNS, "a.example.org", &profile, NULL },
	{ SCEP_SAN_DNS, "example", &profile, "DNS matches no pattern" },
	{ SCEP_SAN_DNS, "a.example.com", &profile, "matches no pattern" },
	{ SCEP_SAN_DNS, "a.example.org.evil", &profile, "matches no" },
	{ SCEP_SAN_DNS, "*.example", &profile, "no wildcard" },
	{ SCEP_SAN_IP, "192.0.2.1", &profile, NULL },
	{ SCEP_SAN_IP, "2001:db8::1", &profile, NULL },
	{ SCEP_SAN_EMAIL, "a@Example", &profile, NULL },
	{ SCEP_SAN_EMAIL, "a@example.org", &profile, "email matches no" },
	{ SCEP_SAN_URI, "urn:x:y", &profile, "of type URI" },
	{ SCEP_SAN_UPN, "a@corp.example", &profile, NULL },
	{ SCEP_SAN_UPN, "a@other.example", &profile, "UPN matches no" },
	{ SCEP_SAN_DNS, "*.example", &open_profile, NULL },
	{ SCEP_SAN_DNS, "anything.at.all", &open_profile, NULL },
	{ SCEP_SAN_IP, "192.0.2.1", &open_profile, "of type IP" },
	{ SCEP_SAN_UPN, "a@corp.example", &open_profile, "of type UPN" },
	{ SCEP_SAN_DNS, "a.example", &closed, "of type DNS" },
};

static void
alternative_names_are_within_the_rules(void **state)
{
	struct scep_san_list	 san;
	struct scep_error	 err;
	enum scep_err		 rc;
	size_t			 i;
	int			 failed = 0;

	(void)state;
	for (i = 0; i < sizeof(sans) / sizeof(sans[0]); i++) {
		san.n = 0;
		assert_int_equal(scep_san_add(&san, sans[i].type,
		    scep_span_text(sans[i].value), &err), SCEP_OK);
		rc = scep_rules_san(sans[i].profile, &san, &err);
		if (sans[i].why == NULL ? rc != SCEP_OK : rc !=
		    SCEP_E_REFUSED || strstr(err.text, sans[i].why) == NULL) {
			failed++;
			(void)fprintf(stderr, "%s: %s\n", sans[i].value,
			    rc == SCEP_OK ? "allowed" : err.text);
		}
		scep_san_clear(&san);
	}
	assert_int_equal(failed, 0);
}

static void
one_bad_name_among_good_ones_is_enough(void **state)
{
	struct scep_san_list	 san = { .n = 0 };
	struct scep_error	 err;

	(void)state;
	assert_int_equal(scep_rules_san(&profile, &san, &err), SCEP_OK);
	assert_int_equal(scep_san_add(&san, SCEP_SAN_DNS,
	    scep_span_text("a.example"), &err), SCEP_OK);
	assert_int_equal(scep_rules_san(&profile, &san, &err), SCEP_OK);
	assert_int_equal(scep_san_add(&san, SCEP_SAN_DNS,
	    scep_span_text("a.evil"), &err), SCEP_OK);
	assert_int_equal(scep_rules_san(&profile, &san, &err),
	    SCEP_E_REFUSED);
	scep_san_clear(&san);
}

/* RFC 5280 section 4.1.2.6. */
static void
an_empty_subject_needs_an_alternative_name(void **state)
{
	const struct scep_name	 name = { .n = 0 };
	struct scep_san_list	 san = { .n = 0 };
	struct scep_error	 err;

	(void)state;
	assert_int_equal(scep_rules_named(&name, &san, &err),
	    SCEP_E_REFUSED);
	assert_int_equal(scep_san_add(&san, SCEP_SAN_DNS,
	    scep_span_text("a.example"), &err), SCEP_OK);
	assert_int_equal(scep_rules_named(&name, &san, &err), SCEP_OK);
	scep_san_clear(&san);
}

/* What no profile can allow: it has no word for it. */
static void
an_unknown_kind_of_name_is_never_allowed(void **state)
{
	struct scep_profile	 all = open_profile;
	struct scep_san_list	 san = { .n = 1,
	    .san = { { .type = SCEP_SAN_OTHER } } };
	struct scep_error	 err;

	(void)state;
	all.san_types = ~0u;
	assert_int_equal(scep_rules_san(&all, &san, &err), SCEP_E_REFUSED);
	san.n = 0;
	assert_int_equal(scep_rules_san(&all, &san, &err), SCEP_OK);
}

/* What the star is in may be anything; all else is held to its rule. */
static void
a_template_is_held_to_what_it_says(void **state)
{
	static const struct {
		const char	*subject;
		const char	*why;		/* NULL: allowed */
	} rows[] = {
		{ "CN=a*, serialNumber=1", NULL },
		{ "CN=*, serialNumber=1", NULL },
		{ "CN=dev-1, serialNumber=*", NULL },
		{ "CN=other, serialNumber=*", "CN matches no pattern" },
		{ "CN=*", "requires a serialNumber" },
		{ "L=*, CN=dev-1, serialNumber=1", "allows no L" },
	};
	struct scep_buf		 der = { NULL, 0 };
	struct scep_name	 name;
	struct scep_error	 err;
	enum scep_err		 rc;
	size_t			 i;
	int			 is_template;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(scep_name_make_template(rows[i].subject,
		    &der, &is_template, &err), SCEP_OK);
		assert_int_equal(scep_name_parse(scep_buf_span(&der), &name,
		    &err), SCEP_OK);
		rc = scep_rules_template(&profile, &name, &err);
		assert_int_equal(rc, rows[i].why == NULL ? SCEP_OK :
		    SCEP_E_REFUSED);
		if (rows[i].why != NULL)
			assert_non_null(strstr(err.text, rows[i].why));
		scep_name_clear(&name);
		scep_buf_clear(&der);
	}
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(subjects_are_within_the_rules),
		cmocka_unit_test(alternative_names_are_within_the_rules),
		cmocka_unit_test(one_bad_name_among_good_ones_is_enough),
		cmocka_unit_test(an_empty_subject_needs_an_alternative_name),
		cmocka_unit_test(an_unknown_kind_of_name_is_never_allowed),
		cmocka_unit_test(a_template_is_held_to_what_it_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
