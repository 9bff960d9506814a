/*
 * t_admin_crl.c - CRLs as an operator and a monitor see them.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/x509.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/restore.h"
#include "tests/unit/operator.h"

#define DAY	86400L
#define WEEK	(7 * DAY)

static struct world	*w;

static int
setup(void **state)
{
	(void)state;
	world_empty(w);
	w->cfg->ca[0].crl = 1;
	return 0;
}

static void
tend(time_t later)
{
	struct scep_error	 err;

	assert_int_equal(scep_ca_tend(w->ca, WORLD_NOW + later, &err),
	    SCEP_OK);
}

/* The one CA's, as crl.list and crl.show have it. */
static json_t *
look(time_t later)
{
	json_t	*list = operator_ask(w, later, "{\"do\":\"crl.list\"}");
	json_t	*one = operator_ask(w, later,
		    "{\"do\":\"crl.show\",\"ca\":\"test\"}");

	assert_int_equal(json_array_size(list), 1);
	assert_true(json_equal(json_array_get(list, 0), one));
	json_decref(list);
	return one;
}

static void
has_state(time_t later, const char *want)
{
	json_t	*one = look(later);

	operator_is(one, "ca", "test");
	operator_is(one, "state", want);
	json_decref(one);
}

static long
number_at(time_t later)
{
	json_t	*one = look(later);
	long	 n = (long)json_integer_value(json_object_get(one, "number"));

	json_decref(one);
	return n;
}

static void
each_state_has_its_word(void **state)
{
	struct scep_restored	 count = { .crls = 0 };
	struct scep_error	 err;
	json_t			*one;

	(void)state;
	one = look(0);
	operator_is(one, "state", "none");
	assert_null(json_object_get(one, "number"));
	json_decref(one);
	tend(0);
	one = look(0);
	operator_is(one, "state", "valid");
	operator_is(one, "reason", "");
	operator_is(one, "this_update", "2026-11-24T12:00:00Z");
	operator_is(one, "next_update", "2026-12-01T12:00:00Z");
	assert_int_equal(json_integer_value(json_object_get(one, "entries")),
	    0);
	assert_true(json_integer_value(json_object_get(one, "size")) > 200);
	json_decref(one);
	has_state(WEEK - 1, "valid");
	has_state(WEEK, "expired");
	assert_int_equal(scep_restore_crls(w->store, WORLD_NOW, 0, &count,
	    &err), SCEP_OK);
	world_use(w, w->store);
	has_state(0, "stale");
	w->cfg->ca[0].crl = 0;
	one = look(0);
	operator_is(one, "state", "off");
	operator_is(one, "reason", "crl = no");
	json_decref(one);
}

static void
a_new_one_is_made_when_it_is_wanted(void **state)
{
	json_t	*one;

	(void)state;
	one = operator_ask(w, 0, "{\"do\":\"crl.make\",\"ca\":\"test\"}");
	operator_is(one, "state", "valid");
	json_decref(one);
	assert_non_null(strstr(operator_summary, "do=crl.make"));
	assert_non_null(strstr(operator_summary, "ca=test"));
	assert_int_equal(number_at(0), WORLD_NOW);
	json_decref(operator_ask(w, 0,
	    "{\"do\":\"crl.make\",\"ca\":\"test\"}"));
	assert_int_equal(number_at(0), WORLD_NOW + 1);
	assert_true(world_holds(w, "event=crl ca=test"));
	assert_true(world_holds(w, "by=\"uid 1000\""));
	operator_refused(w, 0, "{\"do\":\"crl.make\",\"ca\":\"other\"}",
	    SCEP_E_NOTFOUND, "no CA called other");
	operator_refused(w, 0, "{\"do\":\"crl.make\"}", SCEP_E_USAGE, "ca");
	w->cfg->ca[0].crl = 0;
	operator_refused(w, 0, "{\"do\":\"crl.make\",\"ca\":\"test\"}",
	    SCEP_E_REFUSED, "crl = no");
}

static void
what_is_exported_is_what_devices_get(void **state)
{
	json_t			*one;
	const unsigned char	*p;
	const char		*hex;
	struct scep_crl		 crl;
	struct scep_error	 err;
	uint8_t			*der;
	size_t			 len;

	(void)state;
	/* There is none yet: it is made for whoever asks first. */
	one = operator_ask(w, 0, "{\"do\":\"crl.export\",\"ca\":\"test\"}");
	hex = operator_text(one, "der");
	assert_non_null(der = malloc(strlen(hex)));
	assert_int_equal(scep_hex_read(hex, der, strlen(hex), &len, &err),
	    SCEP_OK);
	assert_int_equal(scep_ca_crl(w->ca, WORLD_NOW, "test", SIZE_MAX, &crl,
	    &err), SCEP_OK);
	assert_int_equal(len, crl.der.len);
	assert_memory_equal(der, crl.der.data, len);
	p = der;
	X509_CRL_free(d2i_X509_CRL(NULL, &p, (long)len));
	assert_ptr_equal(p, der + len);
	scep_buf_clear(&crl.der);
	free(der);
	json_decref(one);
	w->cfg->ca[0].crl = 0;
	operator_refused(w, 0, "{\"do\":\"crl.export\",\"ca\":\"test\"}",
	    SCEP_E_NOTFOUND, "crl = no");
}

static void
inspect(time_t later, enum scep_inspect what, const char *has, int is_there)
{
	struct scep_buf		 text = { NULL, 0 };
	struct scep_error	 err;

	assert_int_equal(scep_ca_inspect(w->ca, WORLD_NOW + later, what,
	    &text, &err), SCEP_OK);
	if ((strstr((const char *)text.data, has) != NULL) != is_there)
		fail_msg("%s in %s", has, text.data);
	scep_buf_clear(&text);
}

static void
a_monitor_is_told(void **state)
{
	json_t	*status, *crls;

	(void)state;
	inspect(0, SCEP_INSPECT_HEALTH, "ok\n", 1);
	inspect(0, SCEP_INSPECT_METRICS, "scep_crl_number{", 0);
	tend(0);
	inspect(WEEK - 1, SCEP_INSPECT_HEALTH, "note", 0);
	inspect(WEEK, SCEP_INSPECT_HEALTH,
	    "ok\nnote: the CRL of CA test has expired\n", 1);
	inspect(0, SCEP_INSPECT_METRICS,
	    "scep_crl_number{ca=\"test\"} 1795521600\n", 1);
	inspect(0, SCEP_INSPECT_METRICS, "scep_crl_next_update_timestamp_"
	    "seconds{ca=\"test\"} 1796126400\n", 1);
	inspect(0, SCEP_INSPECT_METRICS, "scep_crl_this_update_timestamp_"
	    "seconds{ca=\"test\"} 1795521600\n", 1);
	inspect(0, SCEP_INSPECT_METRICS,
	    "scep_crl_entries{ca=\"test\"} 0\n", 1);
	status = operator_ask(w, 0, "{\"do\":\"status\"}");
	crls = json_object_get(status, "crls");
	assert_int_equal(json_array_size(crls), 1);
	operator_is(json_array_get(crls, 0), "state", "valid");
	json_decref(status);
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup(f, setup)
	const struct CMUnitTest	 tests[] = {
		T(each_state_has_its_word),
		T(a_new_one_is_made_when_it_is_wanted),
		T(what_is_exported_is_what_devices_get),
		T(a_monitor_is_told),
	};
	int	 failed;

	w = world_new(NULL);
	failed = cmocka_run_group_tests_name("admin_crl", tests, NULL, NULL);
	world_free(w);
	return failed;
}
