/*
 * t_renew_ra.c - a new RA key because the operator says so.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ca/admin.h"
#include "ca/ca.h"
#include "store/store.h"
#include "tests/unit/generations.h"

#define RENEW	"{\"do\":\"ca.renew-ra\"}"

static struct generations	 g;
static struct scep_store	*store;
static char			 reply[4096];

static int
open_world(void **state)
{
	struct scep_error	 err;

	(void)state;
	generations_open(&g, "ec:p256");
	assert_int_equal(scep_store_mem_open(&store, &err), SCEP_OK);
	return 0;
}

static int
close_world(void **state)
{
	(void)state;
	scep_store_close(store);
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

/* With this configuration, or what is on the disk; why it was refused is left
 * in reply. */
static enum scep_err
ask_with(struct scep_config *cfg, const char *request, time_t now)
{
	struct scep_ca		*ca;
	struct scep_buf		 buf = { NULL, 0 };
	struct scep_error	 err = { .text = "" };
	char			 summary[256];
	enum scep_err		 rc;

	assert_int_equal(scep_ca_open(g.crypto, cfg, store, &ca, &err),
	    SCEP_OK);
	rc = scep_admin(ca, now, 0, scep_span_text(request), &buf, summary,
	    sizeof(summary), &err);
	(void)snprintf(reply, sizeof(reply), "%.*s%s", (int)buf.len,
	    (const char *)buf.data, rc == SCEP_OK ? "" : err.text);
	scep_buf_clear(&buf);
	scep_ca_close(ca);
	return rc;
}

static enum scep_err
ask(const char *request)
{
	struct scep_config	*cfg = load();
	enum scep_err		 rc = ask_with(cfg, request, GENERATIONS_NOW);

	scep_config_free(cfg);
	return rc;
}

static enum scep_err
see_entry(void *arg, const struct scep_row *row, struct scep_error *err)
{
	(void)err;
	*(int *)arg += memmem(row->value.data, row->value.len,
	    "event=ra-renewed ca=main generation=1 ra=",
	    strlen("event=ra-renewed ca=main generation=1 ra=")) != NULL;
	return SCEP_OK;
}

static int
logged(void)
{
	const struct scep_span	 all = { NULL, 0 };
	struct scep_error	 err;
	int			 n = 0;

	assert_int_equal(scep_store_scan(store, SCEP_T_LOG, all, see_entry,
	    &n, &err), SCEP_OK);
	return n;
}

/* Which one is current, and how many are there besides? */
static void
expect(unsigned int current, size_t old)
{
	struct scep_config	*cfg = load();
	size_t			 i;

	assert_int_equal(cfg->ca[0].ra_number, current);
	assert_int_equal(cfg->ca[0].n_old_ra, old);
	for (i = 0; i < old; i++)
		assert_string_equal(cfg->ca[0].old_ra[i].fault, "");
	scep_config_free(cfg);
}

static void
a_new_one_is_made_at_once(void **state)
{
	struct scep_config	*cfg;

	(void)state;
	assert_int_equal(ask(RENEW), SCEP_OK);
	assert_non_null(strstr(reply, "\"ra\":2"));
	assert_non_null(strstr(reply, "\"ra_state\":\"current\""));
	assert_int_equal(logged(), 1);
	expect(2, 1);
	cfg = load();
	assert_true(scep_span_equal(cfg->ca[0].ra_cert.subject,
	    cfg->ca[0].old_ra[0].cert.subject));
	assert_false(scep_span_equal(cfg->ca[0].ra_cert.spki,
	    cfg->ca[0].old_ra[0].cert.spki));
	scep_config_free(cfg);
	assert_int_equal(ask(RENEW), SCEP_OK);
	expect(3, 2);
	/* The old ones go when the operator says so. */
	assert_int_equal(ask("{\"do\":\"ca.retire\",\"ra\":1}"), SCEP_OK);
	assert_non_null(strstr(reply, "\"ra_state\":\"retired\""));
	expect(3, 1);
}

static void
who_has_no_ra_of_ours_is_refused(void **state)
{
	struct scep_config	*cfg;

	(void)state;
	g.more = "ra_renew = no\n";
	assert_int_equal(ask(RENEW), SCEP_E_REFUSED);
	assert_non_null(strstr(reply, "ra_renew = no"));
	g.more = "";
	cfg = load();
	cfg->ca[0].ra_number = 0;	/* insecure_one_key */
	assert_int_equal(ask_with(cfg, RENEW, GENERATIONS_NOW),
	    SCEP_E_REFUSED);
	assert_non_null(strstr(reply, "insecure_one_key"));
	scep_config_free(cfg);
	assert_int_equal(logged(), 0);
	expect(1, 0);
	assert_int_equal(ask(RENEW), SCEP_OK);		/* the control */
	expect(2, 1);
}

static void
a_ca_that_cannot_issue_is_refused(void **state)
{
	struct scep_config	*cfg = load();

	(void)state;
	assert_int_equal(ask_with(cfg, RENEW, GENERATIONS_NOW + 20 * 366 *
	    GENERATIONS_DAY), SCEP_E_REFUSED);
	assert_non_null(strstr(reply, "expired"));
	memcpy(cfg->ca[0].fault, "it is broken", sizeof("it is broken"));
	assert_int_equal(ask_with(cfg, RENEW, GENERATIONS_NOW),
	    SCEP_E_REFUSED);
	assert_non_null(strstr(reply, "it is broken"));
	*cfg->ca[0].fault = '\0';
	assert_int_equal(ask_with(cfg, RENEW, GENERATIONS_NOW), SCEP_OK);
	scep_config_free(cfg);
	expect(2, 1);
}

/* How many are new to this configuration, which is to be read again then. */
static int
rolled(struct scep_config *cfg, time_t now)
{
	struct scep_ca		*ca;
	struct scep_error	 err;
	int			 n;

	assert_int_equal(scep_ca_open(g.crypto, cfg, store, &ca, &err),
	    SCEP_OK);
	if (scep_ca_roll_ras(ca, now, &n, &err) != SCEP_OK)
		fail_msg("%s", err.text);
	scep_ca_close(ca);
	return n;
}

/* Where the configuration cannot be read again, one new key is enough: each
 * further one would push out one that devices use. */
static void
what_is_not_in_force_is_not_followed(void **state)
{
	const time_t		 due = GENERATIONS_NOW + 3000 *
				    GENERATIONS_DAY;
	struct scep_config	*cfg = load();

	(void)state;
	assert_int_equal(ask_with(cfg, RENEW, GENERATIONS_NOW), SCEP_OK);
	assert_int_equal(ask_with(cfg, RENEW, GENERATIONS_NOW),
	    SCEP_E_REFUSED);
	assert_non_null(strstr(reply, "scepadm reload"));
	assert_int_equal(rolled(cfg, due), 1);
	assert_int_equal(logged(), 1);
	scep_config_free(cfg);
	expect(2, 1);
	cfg = load();
	assert_int_equal(rolled(cfg, due), 1);
	assert_int_equal(logged(), 2);
	assert_int_equal(rolled(cfg, due), 1);
	assert_int_equal(logged(), 2);
	scep_config_free(cfg);
	expect(3, 2);
}

/* The automatic roll drops the oldest; nobody's hand does so unasked. */
static void
none_gives_way(void **state)
{
	int	 i;

	(void)state;
	for (i = 1; i < SCEP_GEN_RAS_MAX; i++)
		assert_int_equal(ask(RENEW), SCEP_OK);
	assert_int_equal(ask(RENEW), SCEP_E_REFUSED);
	assert_non_null(strstr(reply, "ca retire --ra"));
	expect(SCEP_GEN_RAS_MAX, SCEP_GEN_RAS_MAX - 1);
	assert_int_equal(ask("{\"do\":\"ca.retire\",\"ra\":1}"), SCEP_OK);
	assert_int_equal(ask(RENEW), SCEP_OK);
	expect(SCEP_GEN_RAS_MAX + 1, SCEP_GEN_RAS_MAX - 1);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test_setup_teardown(a_new_one_is_made_at_once,
		    open_world, close_world),
		cmocka_unit_test_setup_teardown(
		    who_has_no_ra_of_ours_is_refused, open_world,
		    close_world),
		cmocka_unit_test_setup_teardown(
		    a_ca_that_cannot_issue_is_refused, open_world,
		    close_world),
		cmocka_unit_test_setup_teardown(
		    what_is_not_in_force_is_not_followed, open_world,
		    close_world),
		cmocka_unit_test_setup_teardown(none_gives_way, open_world,
		    close_world),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
