/*
 * t_odd_renew.c - renewals as clients write them: signed with the certificate
 * that is to be renewed, in every form that a message may have.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "tests/unit/conform.h"
#include "tests/unit/odd_world.h"

#define DAY	86400L

/* What the certificate that signs has no say in. */
static const char *const	axes[] = { "lengths", "strings", "version",
    "crls", "digest", "cipher", "parameters", "digests", "recipients",
    "recipient name", "recipient id", "originator", "unprotected", "order",
    "time", "capabilities", "attributes", "unsigned", "txid", "nonce",
    "trailing", "request", "request signature", NULL };

static int
is_of_form(const struct odd_row *row)
{
	size_t	 i;

	for (i = 0; axes[i] != NULL; i++)
		if (strcmp(axes[i], row->axis) == 0)
			return 1;
	return 0;
}

/* Device 0 gets its first certificate. */
static X509 *
first(char cn[32])
{
	struct odd_got	 got;
	struct odd	 o;
	X509		*cert;

	odd_ow->later = 0;
	odd_world_plain(odd_ow, &o);
	odd_world_post(odd_ow, &o, &got);
	assert_int_equal(got.reply.status, 0);
	cert = X509_dup(got.reply.cert);
	odd_got_clear(&got);
	memcpy(cn, odd_ow->cn, 32);
	odd_ow->later = 200 * DAY;	/* of a year: in its window */
	return cert;
}

static struct scep_span
x509_der(X509 *cert)
{
	unsigned char		*der = NULL;
	int			 len = i2d_X509(cert, &der);
	struct scep_span	 s;

	assert_true(len > 0);
	s = der_raw(der, (size_t)len);
	OPENSSL_free(der);
	return s;
}

/* Signed by old, for another key; its names are the old one's. */
static void
renewal(struct odd *o, X509 *old, const char *cn, const char *type)
{
	ASN1_INTEGER		*serial = X509_get_serialNumber(old);
	unsigned char		*der = NULL;
	int			 len = i2d_ASN1_INTEGER(serial, &der);

	assert_true(len > 2 && len < 128);
	o->cert.serial = der_raw(der + 2, (size_t)len - 2);
	OPENSSL_free(der);
	o->cert.issuer = odd_ow->desk.ra_issuer;
	o->cert.subject = o->csr.subject = odd_name(0x0c, cn);
	o->cert_der = x509_der(old);
	o->csr.key = odd_ow->desk.other;
	o->csr.challenge_tag = 0;
	o->type_text = type;
}

static void
each_form_of_a_renewal_is_granted(void **state)
{
	struct odd	 o;
	X509		*old;
	char		 cn[32];
	size_t		 i;

	(void)state;
	old = first(cn);
	for (i = 0; i < odd_n_rows; i++) {
		if (!is_of_form(&odd_rows[i]))
			continue;
		odd_world_plain(odd_ow, &o);
		o.txid = der_raw(odd_ow->cn, strlen(odd_ow->cn));
		renewal(&o, old, cn, i % 2 == 0 ? "17" : "19");
		odd_rows[i].set(&odd_ow->desk, &o, odd_rows[i].arg);
		odd_world_granted(odd_ow, &o, ODD_CMS_UNASKED,
		    odd_rows[i].label);
	}
	/* The control: the same by a certificate that is not of ours. */
	odd_world_plain(odd_ow, &o);
	renewal(&o, odd_ow->w->self[0], cn, "17");
	o.cert.issuer = odd_name(0x0c, "somebody");
	o.cert_der = der_raw("", 0);
	odd_world_refused(odd_ow, &o, 2, "", "a stranger");
	X509_free(old);
	odd_ow->later = 0;
}

/* PROTOCOL C-143, I-037. */
static void
a_renewals_challenge_may_be_anything(void **state)
{
	static const int	 tags[] = { 0x13, 0x0c, 0x14, 0x16, 0x1e };
	struct odd		 o;
	X509			*old;
	char			 cn[32];
	size_t			 i;

	(void)state;
	old = first(cn);
	for (i = 0; i < 3 * 5; i++) {
		odd_world_plain(odd_ow, &o);
		renewal(&o, old, cn, i % 2 == 0 ? "17" : "19");
		o.csr.challenge_tag = tags[i / 3];
		o.csr.challenge = odd_text(tags[i / 3], i % 3 == 0 ? "" :
		    i % 3 == 1 ? "spent long ago" : WORLD_STATIC);
		odd_world_granted(odd_ow, &o, ODD_CMS, "challenge");
	}
	X509_free(old);
	odd_ow->later = 0;
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		conforms(each_form_of_a_renewal_is_granted,
		    "C-125 C-127 C-131 C-092 I-017"),
		conforms(a_renewals_challenge_may_be_anything,
		    "C-143 C-144 I-037"),
	};

	return odd_tests_run("odd_renew", tests,
	    sizeof(tests) / sizeof(tests[0]), NULL, 0);
}
