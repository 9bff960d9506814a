/*
 * t_renew_kin.c - renewals while a CA has generations: who may renew, and who
 * says which one is asked.
 *
 * The world's CA is the current one; another stands beside it.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <openssl/x509.h>

#include <cmocka.h>

#include "base/error.h"
#include "ca/config_kin.h"
#include "tests/unit/conform.h"
#include "tests/unit/renewing.h"

#define OTHER	2		/* its number; and the key of its CA */

static struct scep_ca_conf	 kin;
static X509			*kin_cert;

static void
take_cert(X509 *cert, struct scep_cert *out)
{
	struct scep_error	 err;
	struct bytes		 der = { NULL, 0 };
	int			 len = i2d_X509(cert, &der.data);

	world_must(len > 0);
	der.len = (size_t)len;
	world_must(scep_cert_parse(w->crypto, scep_span_make(der.data,
	    der.len), out, &err) == SCEP_OK);
	bytes_free(&der);
}

/* The other generation, in this state, with an RA of its own. */
static void
other_is(enum scep_gen_state state)
{
	struct scep_ca_conf		*ca = &w->cfg->ca[0];
	const struct renewing_plan	 plan = {
		.subject = "World CA G2",
		.serial = 2,
		.from = -RENEWING_DAY,
		.to = 3000 * RENEWING_DAY,
		.key = w->key[OTHER],
		.by = w->key[OTHER],
	};
	struct scep_error		 err;
	size_t				 i;

	kin = *ca;
	kin.generation = OTHER;
	kin.state = state;
	kin.key = w->key[OTHER];
	kin.kin = NULL;
	kin.n_kin = 0;
	kin_cert = renewing_make(&plan);
	memset(&kin.cert, 0, sizeof(kin.cert));
	memset(&kin.ra_cert, 0, sizeof(kin.ra_cert));
	take_cert(kin_cert, &kin.cert);
	kin.cert.issuer = kin.cert.subject;
	world_must(scep_issuer_make(w->crypto, &kin.cert, &kin.issuer,
	    &err) == SCEP_OK);
	take_cert(w->self[3], &kin.ra_cert);
	ca->kin = &kin;
	ca->n_kin = 1;
	for (i = 0; i < w->cfg->n_profiles; i++)
		w->cfg->profile[i].next_exts = w->cfg->profile[i].fixed_exts;
}

static void
no_other(void)
{
	const struct scep_buf	 none = { NULL, 0 };
	size_t			 i;

	for (i = 0; i < w->cfg->n_profiles; i++)
		w->cfg->profile[i].next_exts = none;	/* borrowed */
	w->cfg->ca[0].kin = NULL;
	w->cfg->ca[0].n_kin = 0;
	scep_cert_clear(&kin.cert);
	scep_cert_clear(&kin.ra_cert);
	X509_free(kin_cert);
	kin_cert = NULL;
}

/*
 * A worker that has one renewal of a device could ask for it in turn under
 * the one CA and the next, and each would find the other's answer none of its
 * own: certificates without end.  Which CA is asked stands in the message.
 */
static void
the_message_says_which_ca_is_asked(void **state)
{
	const struct scep_enrolment	 next = {
		.type = SCEP_MSG_RENEWALREQ,
		.ca_generation = OTHER,
	};
	struct renewal			 r = {
		.old = renewing_first("static", NULL),
	};
	struct outcome			 o;
	X509				*cert;
	int				 i;

	(void)state;
	other_is(SCEP_GEN_PUBLISHED);
	for (i = 0; i < 4; i++) {
		r.lie = i & 1 ? &next : NULL;
		o = renewing_keep(&r, "granted", i == 0 ? "renewal" :
		    "granted before");
		assert_int_equal(o.answer.repeated, i > 0);
		cert = renewing_cert(&o);
		assert_int_equal(X509_verify(cert, w->ca_key), 1);
		X509_free(cert);
	}
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 2);

	/* The control: a message to the next one's RA is for the next one. */
	r.lie = NULL;
	r.txid = "to the next";
	r.recipient = w->self[3];
	r.recipient_key = w->key[3];
	o = renewing_keep(&r, "granted", "renewal");
	cert = renewing_cert(&o);
	assert_int_equal(X509_verify(cert, w->key[OTHER]), 1);
	X509_free(cert);
	no_other();
	X509_free(r.old);
}

/* What a predecessor issued may renew for as long as that one lives. */
static void
what_a_predecessor_issued_renews_while_that_lives(void **state)
{
	struct renewing_plan	 plan = {
		.subject = "dev-0",
		.serial = 77,
		.to = 365 * RENEWING_DAY,
		.by = w->key[OTHER],
	};
	struct renewal		 r = { .profile = "static" };
	struct outcome		 o;
	X509			*cert;

	(void)state;
	other_is(SCEP_GEN_PREVIOUS);
	plan.issuer = kin_cert;
	r.old = renewing_make(&plan);
	renewing_record(r.old, "static");
	o = renewing_keep(&r, "granted", "renewal");
	cert = renewing_cert(&o);
	assert_int_equal(X509_verify(cert, w->ca_key), 1);
	X509_free(cert);
	no_other();

	r.txid = "retired";
	renewing(&r, "refused", "CA");
	X509_free(r.old);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		conforms_setup(the_message_says_which_ca_is_asked, ask_empty,
		    "C-204"),
		conforms_setup(what_a_predecessor_issued_renews_while_that_lives,
		    ask_empty, "C-130"),
	};
	int	 failed;

	w = world_new(NULL);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	world_free(w);
	return failed != 0;
}
