/*
 * t_odd_fetch.c - GetCert and GetCRL as clients write them: in every form
 * that a message may have, by every signer that may enrol.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/error.h"
#include "tests/unit/conform.h"
#include "tests/unit/odd_world.h"

/* Of the request inside there is none. */
static const char *const	not_here[] = { "challenge", "subject",
    "extensions", "request", "request signature", NULL };

static int
is_here(const struct odd_row *row)
{
	size_t	 i;

	for (i = 0; not_here[i] != NULL; i++)
		if (strcmp(not_here[i], row->axis) == 0)
			return 0;
	return 1;
}

static void
allow(void)
{
	struct scep_profile	*p = (struct scep_profile *)(uintptr_t)
				    scep_config_profile(odd_ow->w->cfg,
				    "static");
	struct scep_error	 err;

	odd_ow->w->cfg->ca[0].crl = 1;
	p->getcert = SCEP_GETCERT_OWN;
	p->getcrl = 1;
	scep_ra_free(odd_ow->ra);
	assert_int_equal(scep_ra_new(odd_ow->w->crypto, odd_ow->w->ca,
	    &odd_ow->ra, &err), SCEP_OK);
}

/* A certificate of the device: its serial. */
static struct scep_span
enrolled(uint8_t serial[32])
{
	struct odd_got	 got;
	struct odd	 o;
	size_t		 len;

	odd_world_plain(odd_ow, &o);
	odd_world_post(odd_ow, &o, &got);
	assert_int_equal(got.reply.status, 0);
	len = (size_t)ASN1_STRING_length(X509_get0_serialNumber(
	    got.reply.cert));
	assert_true(len > 0 && len <= 32);
	memcpy(serial, ASN1_STRING_get0_data(X509_get0_serialNumber(
	    got.reply.cert)), len);
	odd_got_clear(&got);
	return scep_span_make(serial, len);
}

static void
each_form_fetches(void **state)
{
	uint8_t			 octets[32];
	struct scep_span	 serial;
	struct odd_got		 got;
	struct odd		 o;
	size_t			 i;
	int			 crl;

	(void)state;
	allow();
	serial = enrolled(octets);
	for (i = 0; i < 2 * odd_n_rows; i++) {
		if (!is_here(&odd_rows[i / 2]))
			continue;
		crl = i % 2 != 0;
		odd_world_plain(odd_ow, &o);
		o.type_text = crl ? "22" : "21";
		o.content = odd_issuer_and_serial(odd_ow->desk.ra_issuer,
		    serial);
		odd_rows[i / 2].set(&odd_ow->desk, &o, odd_rows[i / 2].arg);
		odd_world_post(odd_ow, &o, &got);
		if (got.reply.status != 0 || got.reply.n_crls != crl ||
		    got.reply.n_certs != !crl)
			fail_msg("%s %s: %s\n%s", o.type_text,
			    odd_rows[i / 2].label, got.reply.why,
			    got.log.text);
		odd_got_clear(&got);
	}
	/* The control. */
	o.trailing = der_raw("", 0);
	o.content = odd_issuer_and_serial(odd_name(0x0c, "Other CA"), serial);
	odd_world_refused(odd_ow, &o, 4, "", "another CA");
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		conforms(each_form_fetches, "C-092 C-190 I-017 I-018"),
	};

	return odd_tests_run("odd_fetch", tests, 1, NULL, 0);
}
