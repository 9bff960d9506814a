/* t_name_template.c - names with one star: made, and what fits them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/err.h>

#include "base/error.h"
#include "wire/name.h"

#define LENGTH(a)	(sizeof(a) / sizeof((a)[0]))

/* A name as text, parsed; the caller clears it. */
static void
name_of(const char *text, struct scep_name *out)
{
	struct scep_buf		 der = { NULL, 0 };
	struct scep_error	 err;

	if (scep_name_make(text, &der, &err) != SCEP_OK ||
	    scep_name_parse(scep_buf_span(&der), out, &err) != SCEP_OK)
		fail_msg("%s: %s", text, err.text);
	scep_buf_clear(&der);
}

static void
template_of(const char *text, struct scep_name *out)
{
	struct scep_buf		 der = { NULL, 0 };
	struct scep_error	 err;
	int			 is_template;

	if (scep_name_make_template(text, &der, &is_template, &err) !=
	    SCEP_OK || !is_template ||
	    scep_name_parse(scep_buf_span(&der), out, &err) != SCEP_OK)
		fail_msg("%s: %s", text, err.text);
	scep_buf_clear(&der);
}

static void
names_that_fit_and_names_that_do_not(void **state)
{
	static const struct {
		const char	*template, *name;
		int		 fits;
	} rows[] = {
		{ "CN=dev-*", "CN=dev-1", 1 },
		{ "CN=dev-*", "CN=dev-*", 0 },	/* a wildcard is none of … */
		{ "CN=dev-*", "CN=dev-a*b", 0 },
		{ "CN=dev-*", "CN=dev-**", 0 },
		{ "CN=dev-*", "CN=dev-", 0 },		/* of nothing */
		{ "CN=dev-*", "CN=dev", 0 },
		{ "CN=dev-*", "CN=Dev-1", 0 },
		{ "CN=dev-*", "CN=xdev-1", 0 },
		{ "CN=dev-*", "O=dev-1", 0 },
		{ "CN=dev-*", "CN=dev-1, O=x", 0 },
		{ "CN=dev-*", "O=x, CN=dev-1", 0 },
		{ "CN=dev-*", "CN=dev-1 + OU=x", 0 },
		{ "CN=dev-*", "CN=dev-1\\, O\\=x", 1 },	/* one value */
		{ "CN=*", "CN=x", 1 },
		{ "CN=*", "CN=\xc3\xa4", 1 },
		{ "CN=*", "OU=x", 0 },
		{ "CN=*.example", "CN=a.example", 1 },
		{ "CN=*.example", "CN=*.example", 0 },	/* … what it covers */
		{ "CN=*.example", "CN=*.a.example", 0 },
		{ "CN=*.example", "CN=.example", 0 },
		{ "CN=*.example", "CN=a.example.", 0 },
		{ "CN=a*a", "CN=aba", 1 },
		{ "CN=a*a", "CN=aa", 0 },		/* no a twice */
		{ "CN=a*a", "CN=aaa", 1 },
		{ "C=CH, O=Example, CN=p-*", "C=CH, O=Example, CN=p-7", 1 },
		{ "C=CH, O=Example, CN=p-*", "C=CH, O=example, CN=p-7", 0 },
		{ "C=CH, O=Example, CN=p-*", "C=CH, CN=p-7, O=Example", 0 },
		{ "/C=CH/O=*/CN=p", "C=CH, O=anything, CN=p", 1 },
		{ "serialNumber=SN*", "serialNumber=SN42", 1 },
		{ "serialNumber=SN*", "serialNumber=SM42", 0 },
		{ "DC=*, DC=example", "DC=a, DC=example", 1 },
		{ "DC=*, DC=example", "DC=a, DC=b", 0 },
		/* DER sorts an RDN by what is in it: the star's place is not
		 * that of the longer value it stands for. */
		{ "CN=* + serialNumber=4711",
		    "serialNumber=4711 + CN=a-long-name", 1 },
		{ "CN=* + serialNumber=4711",
		    "serialNumber=4711 + CN=x", 1 },
		{ "serialNumber=* + CN=a", "CN=a + serialNumber=471147114711",
		    1 },
		{ "CN=* + serialNumber=4711", "serialNumber=4712 + CN=x", 0 },
		{ "CN=* + serialNumber=4711", "CN=x, serialNumber=4711", 0 },
		{ "CN=* + serialNumber=4711", "serialNumber=4711, CN=x", 0 },
		{ "CN=*, serialNumber=4711", "CN=x + serialNumber=4711", 0 },
		{ "CN=* + serialNumber=4711", "CN=x", 0 },
		{ "CN=* + serialNumber=4711", "CN=x + OU=y", 0 },
		/* Two of a type: the one that is fixed must be there. */
		{ "OU=* + OU=b", "OU=b + OU=c", 1 },
		{ "OU=* + OU=b", "OU=a + OU=b", 1 },
		{ "OU=* + OU=b", "OU=b + OU=b2", 1 },
		{ "OU=* + OU=b", "OU=a + OU=c", 0 },
		{ "OU=b, OU=*", "OU=a, OU=b", 0 },
	};
	struct scep_name	 template, name;
	size_t			 i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		template_of(rows[i].template, &template);
		name_of(rows[i].name, &name);
		if (scep_name_fits(&template, &name) != rows[i].fits)
			fail_msg("%s, %s: not %d", rows[i].template,
			    rows[i].name, rows[i].fits);
		scep_name_clear(&template);
		scep_name_clear(&name);
	}
	assert_int_equal(ERR_peek_error(), 0);
}

static void
a_star_with_a_backslash_is_a_star(void **state)
{
	struct scep_buf		 der = { NULL, 0 }, same = { NULL, 0 };
	struct scep_error	 err;
	int			 is_template = 1;

	(void)state;
	assert_int_equal(scep_name_make_template("CN=\\*.example", &der,
	    &is_template, &err), SCEP_OK);
	assert_int_equal(is_template, 0);
	assert_int_equal(scep_name_make("CN=*.example", &same, &err),
	    SCEP_OK);
	assert_true(scep_span_equal(scep_buf_span(&der),
	    scep_buf_span(&same)));
	scep_buf_clear(&der);
	scep_buf_clear(&same);
	assert_int_equal(scep_name_make_template("CN=plain", &der,
	    &is_template, &err), SCEP_OK);
	assert_int_equal(is_template, 0);
	scep_buf_clear(&der);
}

static void
which_attribute_has_the_star(void **state)
{
	struct scep_name	 name;

	(void)state;
	template_of("C=CH, O=*, CN=x", &name);
	assert_int_equal(scep_name_star(&name), 1);
	scep_name_clear(&name);
	name_of("C=CH, CN=x", &name);
	assert_int_equal(scep_name_star(&name), 2);
	scep_name_clear(&name);
}

static void
what_is_no_template(void **state)
{
	static const struct {
		const char	*text, *why;
	} rows[] = {
		{ "CN=*-*", "2 times *" },
		{ "O=*, CN=*", "2 times *" },
		{ "CN=* + OU=*", "2 times *" },
		{ "O=\\*, CN=*", "2 times *" },
		{ "C=*", "C is not two letters" },
		{ "*=x", "no attribute type" },
		{ "*", "TYPE=VALUE" },
		{ "", "TYPE=VALUE" },
	};
	struct scep_buf		 der = { NULL, 0 };
	struct scep_error	 err;
	size_t			 i;
	int			 is_template;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		assert_int_equal(scep_name_make_template(rows[i].text, &der,
		    &is_template, &err), SCEP_E_USAGE);
		if (strstr(err.text, rows[i].why) == NULL)
			fail_msg("%s: %s", rows[i].text, err.text);
		assert_int_equal(der.len, 0);
	}
	/* PrintableString has none, and a name is no template. */
	assert_int_equal(scep_name_make("serialNumber=SN*", &der, &err),
	    SCEP_E_USAGE);
	assert_int_equal(ERR_peek_error(), 0);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(names_that_fit_and_names_that_do_not),
		cmocka_unit_test(a_star_with_a_backslash_is_a_star),
		cmocka_unit_test(which_attribute_has_the_star),
		cmocka_unit_test(what_is_no_template),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
