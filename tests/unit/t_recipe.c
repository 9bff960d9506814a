/* t_recipe.c - how values stand in what `scepadm client` prints. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cgi/scepadm_client.h"

typedef void	(*quote_fn)(struct adm_text *, const char *);

static void
each_value_is_quoted_for_where_it_stands(void **state)
{
	static const struct {
		quote_fn	 fn;
		const char	*value, *want;
	} rows[] = {
		{ adm_text_xml, "plain", "plain" },
		{ adm_text_xml, "<a>&\"b'", "&lt;a&gt;&amp;&quot;b&apos;" },
		{ adm_text_xml, "]]>", "]]&gt;" },
		{ adm_text_xml, "&amp;", "&amp;amp;" },
		{ adm_text_sh, "", "''" },
		{ adm_text_sh, "plain", "'plain'" },
		{ adm_text_sh, "a b", "'a b'" },
		{ adm_text_sh, "a'b", "'a'\\''b'" },
		{ adm_text_sh, "$(x)`y`\"\\", "'$(x)`y`\"\\'" },
		{ adm_text_cnf, "plain", "plain" },
		{ adm_text_cnf, "$ENV::HOME # \\ \"'`",
		    "\\$ENV::HOME \\# \\\\ \\\"\\'\\`" },
		{ adm_text_wpa, "plain", "\"plain\"" },
		{ adm_text_wpa, "a #b", "\"a #b\"" },
		{ adm_text_wpa, "a\"b", "612262" },
		{ adm_text_wpa, "a\\b", "615c62" },
		{ adm_text_wpa, "\xc3\xa9\"", "c3a922" },
	};
	struct adm_text	 text = { { NULL, 0 }, 0 };
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		rows[i].fn(&text, rows[i].value);
		assert_int_equal(text.failed, 0);
		assert_string_equal((const char *)text.buf.data,
		    rows[i].want);
		adm_text_clear(&text);
	}
}

static void
base64_is_as_long_as_it_must_be(void **state)
{
	static const struct {
		size_t		 len;
		const char	*want;
	} rows[] = {
		{ 1, "AA==" }, { 2, "AAE=" }, { 3, "AAEC" }, { 4, "AAECAw==" },
	};
	static const uint8_t	 bytes[] = { 0, 1, 2, 3 };
	struct adm_text		 text = { { NULL, 0 }, 0 };
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		adm_text_base64(&text, scep_span_make(bytes, rows[i].len));
		assert_int_equal(text.buf.len, strlen(rows[i].want));
		assert_string_equal((const char *)text.buf.data,
		    rows[i].want);
		adm_text_clear(&text);
	}
}

static struct scep_crypto	*crypto;	/* of the whole run */

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

/* A device of this name, with a certificate to hash. */
static void
device(struct adm_device *d, const char *subject)
{
	struct scep_buf		 der = { NULL, 0 };
	struct scep_error	 err;

	memset(d, 0, sizeof(*d));
	assert_int_equal(scep_name_make(subject, &der, &err), SCEP_OK);
	assert_int_equal(scep_name_parse(scep_buf_span(&der), &d->name, &err),
	    SCEP_OK);
	scep_buf_clear(&der);
	scep_name_write(&d->name, d->subject, sizeof(d->subject));
	assert_int_equal(adm_device_label(d, &err), SCEP_OK);
	(void)snprintf(d->url, sizeof(d->url), "http://ca.example/scep");
	(void)snprintf(d->profile, sizeof(d->profile), "default");
	d->crypto = crypto;
	d->challenge = "secret";
	d->bits = 2048;
	assert_non_null(d->ca = X509_new());
	d->top = d->root = d->ca;
	assert_non_null(d->shown = sk_X509_new_null());
	assert_true(sk_X509_push(d->shown, d->ca) > 0);
}

static void
device_clear(struct adm_device *d)
{
	sk_X509_pop_free(d->shown, X509_free);
	scep_name_clear(&d->name);
}

static void
a_label_is_a_word_wherever_it_stands(void **state)
{
	static const struct {
		const char	*subject, *begins;
		int		 itself;
	} rows[] = {
		{ "CN=printer-7", "printer-7", 1 },
		{ "CN=printer-7.example", "printer-7.example", 1 },
		{ "O=x, CN=printer-7", "printer-7-", 0 },
		{ "CN=a b", "a-b-", 0 },
		{ "CN=../../etc/passwd", "etc-passwd-", 0 },
		{ "CN=-rf", "rf-", 0 },
		{ "CN=.x", "x-", 0 },
		{ "CN=$(id)", "id-", 0 },
		{ "CN=\xc3\xa9", "", 0 },
		{ "O=only", "only-", 0 },
		{ "CN=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-", 0 },
	};
	struct adm_device	 d;
	size_t			 i, n;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		device(&d, rows[i].subject);
		n = strlen(rows[i].begins);
		assert_int_equal(strncmp(d.label, rows[i].begins, n), 0);
		assert_int_equal(strlen(d.label), rows[i].itself ? n : n + 8);
		assert_int_equal(strspn(d.label, "abcdefghijklmnopqrstuvwxyz"
		    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-"),
		    strlen(d.label));
		assert_true(d.label[0] != '-' && d.label[0] != '.');
		device_clear(&d);
	}
}

static void
names_that_look_alike_have_other_labels(void **state)
{
	struct adm_device	 a, b;

	(void)state;
	device(&a, "CN=a b");
	device(&b, "CN=a/b");
	assert_string_not_equal(a.label, b.label);
	device_clear(&b);
	device(&b, "CN=a b");
	assert_string_equal(a.label, b.label);
	device_clear(&a);
	device_clear(&b);
}

/* What one client cannot be told, and what it can. */
static void
a_name_that_would_change_on_its_way_is_refused(void **state)
{
	static const struct {
		adm_recipe_fn	 fn;
		const char	*good, *bad;
	} rows[] = {
		{ adm_recipe_cisco, "CN=a b", "CN=a?b" },
		{ adm_recipe_cisco, "CN=a.b", "CN=a\\,b" },
		{ adm_recipe_cisco, "CN=a", "CN=\xc3\xa9" },
		{ adm_recipe_cisco, "O=x, CN=a", "DC=x, CN=a" },
		{ adm_recipe_cisco, "O=x, CN=a", "O=x + CN=a" },
		{ adm_recipe_strongswan, "CN=a\\,b", "CN=a\\,b/c" },
		{ adm_recipe_strongswan, "CN=a\\=b", "CN=\\=b" },
		{ adm_recipe_strongswan, "O=x, CN=a", "O=x + CN=a" },
		{ adm_recipe_strongswan, "O=x, CN=a", "title=x, CN=a" },
		{ adm_recipe_certmonger, "CN=a\\,b", "CN=a;b" },
		{ adm_recipe_certmonger, "CN=a:b", "CN=a_b" },
		{ adm_recipe_certmonger, "CN=\xc3\xa9_b", "CN=e_b" },
		{ adm_recipe_certmonger, "O=a_b, CN=c", "O=a#b, CN=c" },
		{ adm_recipe_windows, "CN=\xef\xbf\xbd", "CN=\xef\xbf\xbe" },
		{ adm_recipe_windows, "CN=\xef\xbf\xbd", "CN=\xef\xbf\xbf" },
		{ adm_recipe_apple, "CN=\xef\xbf\xbd", "CN=\xef\xbf\xbf" },
		{ adm_recipe_scepclient, "C=CH, CN=a", "CN=a, C=CH" },
		{ adm_recipe_scepclient, "C=CH, CN=a", "C=CH" },
		{ adm_recipe_scepclient, "O=a, CN=a", "O=a, O=b, CN=a" },
		{ adm_recipe_scepclient, "O=a, CN=a", "O=a + CN=a" },
	};
	struct adm_text		 text = { { NULL, 0 }, 0 };
	struct adm_device	 d;
	struct scep_error	 err;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		device(&d, rows[i].good);
		d.takes_des = 1;
		assert_int_equal(rows[i].fn(&d, &text, &err), SCEP_OK);
		adm_text_clear(&text);
		device_clear(&d);
		device(&d, rows[i].bad);
		d.takes_des = 1;
		assert_int_equal(rows[i].fn(&d, &text, &err),
		    SCEP_E_REFUSED);
		adm_text_clear(&text);
		device_clear(&d);
	}
}

static void
a_challenge_that_would_change_on_its_way_is_refused(void **state)
{
	static const struct {
		adm_recipe_fn	 fn;
		const char	*good, *bad;
	} rows[] = {
		{ adm_recipe_cisco, "a-b", "a b" },
		{ adm_recipe_cisco, "a!b", "a?b" },
		{ adm_recipe_strongswan, "a\"b", "a\"'b" },
		{ adm_recipe_strongswan, "a'b", "'\"" },
		{ adm_recipe_sscep, "a b", "a b " },
	};
	struct adm_text		 text = { { NULL, 0 }, 0 };
	struct adm_device	 d;
	struct scep_error	 err;
	size_t			 i;

	(void)state;
	device(&d, "CN=a");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		d.challenge = rows[i].good;
		assert_int_equal(rows[i].fn(&d, &text, &err), SCEP_OK);
		adm_text_clear(&text);
		d.challenge = rows[i].bad;
		assert_int_equal(rows[i].fn(&d, &text, &err),
		    SCEP_E_REFUSED);
		adm_text_clear(&text);
	}
	device_clear(&d);
}

static void
windows_quotes_what_certstrtoname_would_part(void **state)
{
	static const struct {
		const char	*subject, *want;
	} rows[] = {
		{ "CN=a", "<Data>CN=a</Data>" },
		{ "O=a b, CN=c", "<Data>O=a b, CN=c</Data>" },
		{ "CN=a\\,b", "<Data>CN=&quot;a,b&quot;</Data>" },
		{ "CN=a\\\"b", "<Data>CN=&quot;a&quot;&quot;b&quot;</Data>" },
		{ "CN=a + O=b", "<Data>CN=a+O=b</Data>" },
		{ "ST=x, CN=a", "<Data>S=x, CN=a</Data>" },
		{ "serialNumber=x, CN=a", "<Data>2.5.4.5=x, CN=a</Data>" },
	};
	struct adm_text		 text = { { NULL, 0 }, 0 };
	struct adm_device	 d;
	struct scep_error	 err;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		device(&d, rows[i].subject);
		assert_int_equal(adm_recipe_windows(&d, &text, &err),
		    SCEP_OK);
		assert_non_null(strstr((const char *)text.buf.data,
		    rows[i].want));
		adm_text_clear(&text);
		device_clear(&d);
	}
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(each_value_is_quoted_for_where_it_stands),
		cmocka_unit_test(base64_is_as_long_as_it_must_be),
		cmocka_unit_test(a_label_is_a_word_wherever_it_stands),
		cmocka_unit_test(names_that_look_alike_have_other_labels),
		cmocka_unit_test(
		    a_name_that_would_change_on_its_way_is_refused),
		cmocka_unit_test(
		    a_challenge_that_would_change_on_its_way_is_refused),
		cmocka_unit_test(windows_quotes_what_certstrtoname_would_part),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
