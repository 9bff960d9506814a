/*
 * t_odd_doors.c - every type of message with every fault that it can have:
 * each door gives the failInfo of PROTOCOL 1.18, writes why into the log, and
 * leaves no row in the store; and the same message without the fault is served.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/error.h"
#include "tests/unit/odd_world.h"

#define HTTP_400	-1
#define NONE		-2		/* it is served all the same */

enum { ENROL, BY_OLD, RENEWAL, POLL, CERT, CRL, DOORS };
static const struct {
	const char	*name, *type;
	int		 by_old;	/* signed by a certificate of ours */
} doors[DOORS] = {
	{ "PKCSReq", "19", 0 },
	{ "PKCSReq by a certificate of ours", "19", 1 },
	{ "RenewalReq", "17", 1 },
	{ "CertPoll", "20", 0 },
	{ "GetCert", "21", 0 },
	{ "GetCRL", "22", 0 },
};

struct fault {
	const char	*name, *numbers;
	void		(*set)(struct odd *o, int door);
	int		 fail_info[DOORS];
	int		 signing_time;	/* looked at, s */
};

static X509		*old;		/* the device's first certificate */
static char		 old_cn[32];
static const char	 first_txid[] = "the first of them";

/* ---- the doors ---- */

static void
open_doors(int signing_time)
{
	struct scep_profile	*p = (struct scep_profile *)(uintptr_t)
				    scep_config_profile(odd_ow->w->cfg,
				    "static");
	struct scep_error	 err;

	odd_ow->w->cfg->ca[0].crl = 1;
	p->getcert = SCEP_GETCERT_OWN;
	p->getcrl = 1;
	p->renew.from_s = -1;
	p->renew.part = 0;		/* from the beginning */
	p->renew.parts = 1;
	p->message.signing_time_s = signing_time;
	scep_ra_free(odd_ow->ra);
	assert_int_equal(scep_ra_new(odd_ow->w->crypto, odd_ow->w->ca,
	    &odd_ow->ra, &err), SCEP_OK);
}

static void
enrol_once(void)
{
	struct odd_got	 got;
	struct odd	 o;

	if (old != NULL)
		return;
	odd_world_plain(odd_ow, &o);
	o.txid = der_raw(first_txid, strlen(first_txid));
	odd_world_post(odd_ow, &o, &got);
	assert_int_equal(got.reply.status, 0);
	old = X509_dup(got.reply.cert);
	memcpy(old_cn, odd_ow->cn, sizeof(old_cn));
	odd_got_clear(&got);
	/* A CRL is made when one is first asked for: not a request's trace. */
	odd_world_plain(odd_ow, &o);
	o.type_text = "22";
	o.content = odd_issuer_and_serial(odd_ow->desk.ra_issuer,
	    der_hex("01"));
	odd_world_post(odd_ow, &o, &got);
	assert_int_equal(got.reply.n_crls, 1);
	odd_got_clear(&got);
}

static struct scep_span
old_serial(void)
{
	const ASN1_INTEGER	*serial = X509_get0_serialNumber(old);

	return der_raw(ASN1_STRING_get0_data(serial),
	    (size_t)ASN1_STRING_length(serial));
}

static void
sign_by_old(struct odd *o)
{
	unsigned char	*der = NULL;
	int		 len = i2d_X509(old, &der);

	assert_true(len > 0);
	o->cert_der = der_raw(der, (size_t)len);
	OPENSSL_free(der);
	o->cert.serial = old_serial();
	o->cert.issuer = odd_ow->desk.ra_issuer;
	o->cert.subject = o->csr.subject = odd_name(0x0c, old_cn);
	o->csr.key = odd_ow->desk.other;
	o->csr.challenge_tag = 0;
}

/* What each of them is served for. */
static void
good(int door, struct odd *o)
{
	odd_world_plain(odd_ow, o);
	o->type_text = doors[door].type;
	o->txid = der_raw(odd_ow->cn, strlen(odd_ow->cn));
	if (doors[door].by_old)
		sign_by_old(o);
	if (door == POLL) {
		o->txid = der_raw(first_txid, strlen(first_txid));
		o->content = odd_issuer_and_subject(odd_ow->desk.ra_issuer,
		    odd_name(0x0c, old_cn));
	} else if (door == CERT || door == CRL)
		o->content = odd_issuer_and_serial(odd_ow->desk.ra_issuer,
		    old_serial());
}

/* ---- the faults ---- */

static void
no_txid(struct odd *o, int door)
{
	(void)door;
	o->drop = ODD_A_TXID;
}

static void
sha1(struct odd *o, int door)
{
	(void)door;
	o->md = EVP_sha1();
}

static void
triple_des(struct odd *o, int door)
{
	(void)door;
	o->cipher = EVP_des_ede3_cbc();
}

static void
bad_signature(struct odd *o, int door)
{
	(void)door;
	o->bad_signature = 1;
}

static void
bad_digest(struct odd *o, int door)
{
	(void)door;
	o->bad_digest = 1;
}

static void
at_1970(struct odd *o, int door)
{
	const struct odd_row	*row = odd_row_find("time", "1970");

	(void)door;
	assert_non_null(row);
	row->set(&odd_ow->desk, o, row->arg);
}

static void
another_content(struct odd *o, int door)
{
	(void)door;
	o->econtent_type = "1.2.840.113549.1.7.3";
}

static void
another_envelope(struct odd *o, int door)
{
	(void)door;
	o->env_type = "1.2.840.113549.1.7.6";
}

static void
no_content(struct odd *o, int door)
{
	(void)door;
	o->no_content = 1;
}

static void
for_others(struct odd *o, int n)
{
	const struct odd_to	 other = {
		.key = odd_ow->desk.other, .issuer = odd_name(0x0c, "Other CA"),
		.serial = der_hex("01"),
	};

	for (o->n_to = 0; o->n_to < (size_t)n; o->n_to++)
		o->to[o->n_to] = other;
}

static void
for_two_others(struct odd *o, int door)
{
	(void)door;
	for_others(o, 2);
}

static void
for_another_key(struct odd *o, int door)
{
	(void)door;
	for_others(o, 1);
}

static void
garbage(struct odd *o, int door)
{
	(void)door;
	o->content = der_text(0x0c, "this is nothing");
}

/* What is asked for is not to be had: by a wrong challenge, a certificate of
 * somebody else, another's transactionID, serial or CA. */
static void
not_to_be_had(struct odd *o, int door)
{
	if (door == ENROL)
		o->csr.challenge = der_text(0x13, "not the challenge");
	else if (doors[door].by_old) {
		o->cert_der = der_raw("", 0);
		o->cert.issuer = odd_name(0x0c, "somebody");
	} else if (door == POLL)
		o->txid = der_text(0x13, "never seen");
	else if (door == CERT)
		o->content = odd_issuer_and_serial(odd_ow->desk.ra_issuer,
		    der_hex("4711"));
	else
		o->content = odd_issuer_and_serial(odd_name(0x0c, "Other CA"),
		    old_serial());
}

static const struct fault	faults[] = {
	{ "no transactionID", "C-027 C-113", no_txid,
	    { HTTP_400, HTTP_400, HTTP_400, HTTP_400, HTTP_400, HTTP_400 },
	    0 },
	{ "a digest that is not allowed", "C-221 T-28", sha1,
	    { 0, 0, 0, 0, 0, 0 }, 0 },
	{ "a cipher that is not allowed", "C-221 T-48", triple_des,
	    { 0, 0, 0, 0, 0, 0 }, 0 },
	{ "another signature", "C-121 C-130", bad_signature,
	    { 1, 1, 1, 1, 1, 1 }, 0 },
	{ "another messageDigest", "C-121", bad_digest,
	    { 1, 1, 1, 1, 1, 1 }, 0 },
	{ "a signingTime of long ago", "C-222", at_1970,
	    { 3, 3, 3, 3, 3, 3 }, 600 },
	{ "a signingTime of long ago where nobody looks", "C-222", at_1970,
	    { NONE, NONE, NONE, NONE, NONE, NONE }, 0 },
	{ "another eContentType", "C-081 T-24", another_content,
	    { 2, 2, 2, 2, 2, 2 }, 0 },
	/* RFC 8894 section 3.3.3: of a poll all this may be ignored. */
	{ "encryptedData as the envelope", "C-080", another_envelope,
	    { 2, 2, 2, NONE, 2, 2 }, 0 },
	{ "no envelope", "C-082 C-089", no_content,
	    { 2, 2, 2, NONE, 2, 2 }, 0 },
	{ "two recipients, and we are none", "C-221", for_two_others,
	    { 2, 2, 2, NONE, 2, 2 }, 0 },
	{ "nothing that decrypts", "C-190 C-238 T-42", for_another_key,
	    { 2, 2, 2, NONE, 4, 4 }, 0 },
	{ "garbage in the envelope", "C-190 C-238 T-42", garbage,
	    { 2, 2, 2, NONE, 4, 4 }, 0 },
	{ "what is not to be had", "C-126 C-128 C-141 C-182 C-191 C-193",
	    not_to_be_had, { 2, 2, 2, 4, 4, 4 }, 0 },
};

static void
served(const struct odd *o, const char *what)
{
	struct odd_got	 got;

	odd_world_post(odd_ow, o, &got);
	if (got.reply.status != 0)
		fail_msg("%s: HTTP %d, status %d, failInfo %d\n%s", what,
		    got.http.status, got.reply.status, got.reply.fail_info,
		    got.log.text);
	odd_got_clear(&got);
}

static const char *
in_the_log(int fail_info)
{
	static const char *const	 words[] = { "fail=badAlg",
	    "fail=badMessageCheck", "fail=badRequest", "fail=badTime",
	    "fail=badCertId" };

	return fail_info < 0 ? "transactionID: 0" : words[fail_info];
}

static void
each_door_answers_by_the_table(void **state)
{
	const struct fault	*f = *state;
	struct odd		 o;
	int			 d;

	open_doors(0);
	enrol_once();
	open_doors(f->signing_time);
	for (d = 0; d < DOORS; d++) {
		good(d, &o);
		f->set(&o, d);
		if (f->fail_info[d] == NONE)
			served(&o, doors[d].name);
		else
			odd_world_refused(odd_ow, &o, f->fail_info[d],
			    in_the_log(f->fail_info[d]), doors[d].name);
		/* The control. */
		good(d, &o);
		served(&o, doors[d].name);
	}
}

int
main(void)
{
	struct CMUnitTest	 tests[sizeof(faults) / sizeof(faults[0])];
	size_t			 i;
	int			 failed;

	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		tests[i] = odd_test(each_door_answers_by_the_table,
		    &faults[i], "each door", faults[i].name,
		    faults[i].numbers);
	failed = odd_tests_run("odd_doors", tests, i, NULL, 0);
	X509_free(old);
	return failed;
}
