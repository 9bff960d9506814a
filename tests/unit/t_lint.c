/*
 * t_lint.c - each lint rule has a certificate that breaks it, and nothing
 * else before it.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ca/lint.h"
#include "tests/unit/conform.h"
#include "tests/unit/issuing.h"
#include "wire/name.h"

#define S(text)	scep_span_make(text, sizeof(text) - 1)

static struct issuing		 is;
static struct scep_grant_view	 granted;
static struct scep_buf		 good;		/* TBSCertificate */

static void
plan_good(void)
{
	struct scep_error	 err;
	struct scep_cert_plan	 plan = {
		.serial = S("\x55""0123456789abcde"),
		.issuer = is.ca.cert.subject,
		.subject = granted.subject,
		.spki = granted.spki,
		.not_before = ISSUING_NOW,
		.not_after = ISSUING_NOW + is.profile.validity_s,
		.fixed_exts = scep_buf_span(&is.profile.fixed_exts),
		.aki = is.ca.cert.ski,
		.san = granted.san,
		.key = is.ca.key,
		.digest = SCEP_SHA256,
	};

	assert_int_equal(scep_cert_tbs(is.crypto, &plan, &good, &err),
	    SCEP_OK);
}

static int
open_all(void **state)
{
	(void)state;
	issuing_open(&is, "RSA");
	granted.profile = &is.profile;
	granted.ca = &is.ca;
	granted.subject = scep_buf_span(&is.subject);
	granted.spki = scep_buf_span(&is.spki);
	granted.san = scep_buf_span(&is.san);
	plan_good();
	return 0;
}

static int
close_all(void **state)
{
	(void)state;
	scep_buf_clear(&good);
	issuing_close(&is);
	return 0;
}

/* The parts put together again. */

static void
put(struct scep_buf *out, uint8_t tag, struct scep_span content)
{
	struct scep_error	 err;

	assert_int_equal(scep_der_put(out, tag, content, &err), SCEP_OK);
}

static void
add(struct scep_buf *out, struct scep_span bytes)
{
	struct scep_error	 err;

	assert_int_equal(scep_buf_add(out, bytes, &err), SCEP_OK);
}

static void
put_buf(struct scep_buf *out, uint8_t tag, struct scep_buf *content)
{
	put(out, tag, scep_buf_span(content));
	scep_buf_clear(content);
}

static void
put_ext(struct scep_buf *out, const struct scep_tbs_ext *ext)
{
	struct scep_buf	 body = { NULL, 0 };

	put(&body, 0x06, ext->oid);
	if (ext->critical || ext->says_false)
		put(&body, 0x01, ext->critical ? S("\xff") : S("\x00"));
	put(&body, 0x04, ext->value);
	put_buf(out, 0x30, &body);
}

static void
encode(const struct scep_tbs *t, struct scep_buf *out)
{
	struct scep_buf	 body = { NULL, 0 }, part = { NULL, 0 };
	struct scep_buf	 seq = { NULL, 0 };
	uint8_t		 version = (uint8_t)(t->version - 1);
	size_t		 i;

	put(&part, 0x02, scep_span_make(&version, 1));
	if (version != 0)
		put(&body, 0xa0, scep_buf_span(&part));
	scep_buf_clear(&part);
	put(&body, 0x02, t->serial);
	add(&body, t->sig_alg);
	add(&body, t->issuer);
	put(&part, t->not_before.tag, t->not_before.content);
	put(&part, t->not_after.tag, t->not_after.content);
	put_buf(&body, 0x30, &part);
	add(&body, t->subject);
	add(&body, t->spki);
	if (t->has_unique_id)
		put(&body, 0x82, S("\x00\x01"));
	for (i = 0; i < t->n_exts; i++)
		put_ext(&part, &t->ext[i]);
	put_buf(&seq, 0x30, &part);
	if (t->n_exts > 0)
		put(&body, 0xa3, scep_buf_span(&seq));
	scep_buf_clear(&seq);
	put_buf(out, 0x30, &body);
}

/* What each fixture does to the good one: a part set to other bytes, … */

enum part {
	BY_FUNCTION, SERIAL, ALG, ISSUER, BEFORE, AFTER, SUBJECT, SPKI,
	VALUE,			/* of the extension id-ce n */
	HARD, SOFT, FALSE_,	/* its critical */
	TWICE, DROP,
	ADD, ADD_HARD		/* an extension id-ce n */
};

static struct scep_tbs_ext *
ext(struct scep_tbs *t, uint8_t ce)
{
	size_t	 i;

	for (i = 0; i < t->n_exts; i++)
		if (scep_span_equal(t->ext[i].oid, SCEP_ID_CE(ce)))
			return &t->ext[i];
	fail_msg("no extension %d", ce);
	return NULL;
}

static void
append(struct scep_tbs *t, struct scep_span oid, int critical,
    struct scep_span value)
{
	struct scep_tbs_ext	*e = &t->ext[t->n_exts++];

	e->oid = oid;
	e->critical = critical;
	e->says_false = 0;
	e->value = value;
}

/* … or something only a function can do. */

static void
version_1(struct scep_tbs *t)
{
	t->version = 1;
}

static void
alg_sha1_as_configured(struct scep_tbs *t)
{
	t->sig_alg = S("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05"
	    "\x05\x00");
	is.ca.digest = SCEP_SHA1;
}

static void
time_generalized_too_early(struct scep_tbs *t)
{
	t->not_before.tag = 0x18;
	t->not_before.content = S("20251124120000Z");
}

static void
dates_swapped(struct scep_tbs *t)
{
	struct scep_tlv	 was = t->not_before;

	t->not_before = t->not_after;
	t->not_after = was;
}

static void
subject_of_ca(struct scep_tbs *t)
{
	t->subject = is.ca.cert.subject;
}

static void
key_of_ca(struct scep_tbs *t)
{
	t->spki = is.ca.cert.spki;
}

static void
key_of_ra(struct scep_tbs *t)
{
	is.ca.ra_cert.spki = t->spki;
}

static void
unique_id(struct scep_tbs *t)
{
	t->has_unique_id = 1;
}

static void
no_exts(struct scep_tbs *t)
{
	t->n_exts = 0;
}

static void
no_subject(struct scep_tbs *t)
{
	t->subject = granted.subject = S("\x30\x00");
}

static void
no_name_at_all(struct scep_tbs *t)
{
	struct scep_tbs_ext	*san = ext(t, SCEP_CE_SAN);

	no_subject(t);
	*san = t->ext[--t->n_exts];
	granted.san.len = 0;
}

static void
san_unasked(struct scep_tbs *t)
{
	(void)t;
	granted.san.len = 0;
}

static void
aia_hard(struct scep_tbs *t)
{
	append(t, S("\x2b\x06\x01\x05\x05\x07\x01\x01"), 1,
	    S("\x30\x02\x30\x00"));
}

#define B(text)	{ (const uint8_t *)(text), sizeof(text) - 1 }

static const struct fixture {
	const char		*rule;
	enum part		 part;
	uint8_t			 ce;
	struct scep_span	 bytes;
	void			(*damage)(struct scep_tbs *t);
} fixtures[] = {
#define F(rule, fn)		{ rule, BY_FUNCTION, 0, { NULL, 0 }, fn }
#define P(rule, part, text)	{ rule, part, 0, B(text), NULL }
#define E(rule, part, ce, text)	{ rule, part, SCEP_CE_ ## ce, B(text), NULL }
	F("version_v3", version_1),
	P("serial_positive", SERIAL, "\x00"),
	P("serial_positive", SERIAL, "\x80""0123456789abcde"),
	P("serial_short", SERIAL, "\x55""0123456789abcdefghij"),
	P("serial_long", SERIAL, "\x7f""1234567"),
	P("algorithm_of_ca_key", ALG,		/* ecdsa-with-SHA256 */
	    "\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02"),
	P("algorithm_of_ca_key", ALG,		/* sha384WithRSAEncryption */
	    "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c\x05\x00"),
	F("algorithm_not_sha1", alg_sha1_as_configured),
	P("algorithm_parameters", ALG,		/* without its NULL */
	    "\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"),
	P("issuer_not_empty", ISSUER, "\x30\x00"),
	P("issuer_is_ca", ISSUER,
	    "\x30\x0f\x31\x0d\x30\x0b\x06\x03\x55\x04\x03\x0c\x04""evil"),
	P("validity_form", BEFORE, "2511241200Z"),
	P("validity_form", BEFORE, "250229120000Z"),
	P("validity_form", BEFORE, "251124120000+"),
	F("validity_form", time_generalized_too_early),
	F("validity_order", dates_swapped),
	P("validity_within_ca", BEFORE, "250101000000Z"),
	P("validity_within_ca", AFTER, "490101000000Z"),
	P("validity_within_profile", AFTER, "281124000000Z"),
	P("subject_bounds", SUBJECT,		/* CN of 67 characters */
	    "\x30\x4e\x31\x4c\x30\x4a\x06\x03\x55\x04\x03\x0c\x43"
	    "0123456789abcdefghijklmnopqrstuvwxyz"
	    "0123456789abcdefghijklmnopqrstu"),
	F("subject_not_ca", subject_of_ca),
	P("subject_as_granted", SUBJECT,
	    "\x30\x0f\x31\x0d\x30\x0b\x06\x03\x55\x04\x03\x0c\x04""evil"),
	P("key_readable", SPKI, "\x30\x00"),
	F("key_not_ca", key_of_ca),
	F("key_not_ca", key_of_ra),
	P("key_as_granted", SPKI,
	    "\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00"
	    "0123456789abcdef0123456789abcdef"),
	F("no_unique_ids", unique_id),
	F("exts_present", no_exts),
	E("exts_once", TWICE, EKU, ""),
	E("exts_default_left_out", FALSE_, EKU, ""),
	E("exts_der", VALUE, EKU, "\x30\x80\x00\x00"),
	E("exts_no_empty_sequence", VALUE, EKU, "\x30\x00"),
	E("exts_not_for_cas", ADD_HARD, NC, "\x30\x02\xa0\x00"),
	E("exts_not_for_cas", ADD_HARD, PC, "\x30\x03\x80\x01\x00"),
	E("exts_not_for_cas", ADD_HARD, IAP, "\x02\x01\x00"),
	E("bc_present", DROP, BC, ""),
	E("bc_critical", SOFT, BC, ""),
	E("bc_not_ca", VALUE, BC, "\x30\x03\x01\x01\xff"),
	E("ku_present", DROP, KU, ""),
	E("ku_critical", SOFT, KU, ""),
	E("ku_not_empty", VALUE, KU, "\x03\x02\x07\x00"),
	E("ku_minimal", VALUE, KU, "\x03\x02\x04\xa0"),
	E("ku_not_ca", VALUE, KU, "\x03\x02\x02\x84"),	/* keyCertSign */
	E("ku_not_ca", VALUE, KU, "\x03\x02\x01\x82"),	/* cRLSign */
	E("ku_fits_key", VALUE, KU,		/* keyAgreement */
	    "\x03\x02\x03\x88"),
	E("eku_syntax", VALUE, EKU, "\x30\x03\x02\x01\x01"),
	E("eku_not_any", VALUE, EKU, "\x30\x06\x06\x04\x55\x1d\x25\x00"),
	E("ski_present", DROP, SKI, ""),
	E("ski_not_critical", HARD, SKI, ""),
	E("ski_is_key", VALUE, SKI, "\x04\x14""0123456789abcdef0123"),
	E("aki_present", DROP, AKI, ""),
	E("aki_not_critical", HARD, AKI, ""),
	E("aki_is_ca", VALUE, AKI, "\x30\x16\x80\x14""0123456789abcdef0123"),
	F("san_instead_of_subject", no_name_at_all),
	E("san_critical_iff_no_subject", HARD, SAN, ""),
	F("san_critical_iff_no_subject", no_subject),
	E("san_syntax", VALUE, SAN, "\x30\x04\x82\x02""a\n"),
	E("san_syntax", VALUE, SAN, "\x30\x04\xa4\x02\x30\x00"),
	E("san_as_granted", VALUE, SAN, "\x30\x0e\x82\x0c""evil.example"),
	E("san_as_granted", DROP, SAN, ""),
	F("san_as_granted", san_unasked),
	E("cdp_not_critical", ADD_HARD, CDP, "\x30\x02\x30\x00"),
	F("aia_not_critical", aia_hard),
	E("exts_of_profile_alone", ADD, CDP, "\x30\x02\x30\x00"),
	E("exts_of_profile_alone", VALUE, EKU,	/* serverAuth */
	    "\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x01"),
#undef F
#undef P
#undef E
};
#define N_FIXTURES	(sizeof(fixtures) / sizeof(fixtures[0]))

static void
damage_ext(const struct fixture *f, struct scep_tbs *t)
{
	struct scep_tbs_ext	*e;

	if (f->part == ADD || f->part == ADD_HARD) {
		/* The OID lives as long as its extension. */
		static uint8_t	 oid[] = { 0x55, 0x1d, 0 };

		oid[2] = f->ce;
		append(t, scep_span_make(oid, sizeof(oid)),
		    f->part == ADD_HARD, f->bytes);
		return;
	}
	e = ext(t, f->ce);
	if (f->part == VALUE)
		e->value = f->bytes;
	else if (f->part == HARD || f->part == SOFT)
		e->critical = f->part == HARD;
	else if (f->part == FALSE_)
		e->says_false = 1;
	else if (f->part == TWICE)
		append(t, e->oid, 0, e->value);
	else
		*e = t->ext[--t->n_exts];
}

static void
damage(const struct fixture *f, struct scep_tbs *t)
{
	if (f->part == BY_FUNCTION)
		f->damage(t);
	else if (f->part == SERIAL)
		t->serial = f->bytes;
	else if (f->part == ALG)
		t->sig_alg = f->bytes;
	else if (f->part == ISSUER)
		t->issuer = f->bytes;
	else if (f->part == BEFORE)
		t->not_before.content = f->bytes;
	else if (f->part == AFTER)
		t->not_after.content = f->bytes;
	else if (f->part == SUBJECT)
		t->subject = f->bytes;
	else if (f->part == SPKI)
		t->spki = f->bytes;
	else
		damage_ext(f, t);
}

static enum scep_err
lint(struct scep_span tbs, struct scep_error *err)
{
	const struct scep_lint_case	 lint_case = { tbs, &granted };

	return scep_lint(is.crypto, &lint_case, err);
}

static void
a_good_one_passes_also_when_put_together_again(void **state)
{
	struct scep_error	 err;
	struct scep_buf		 again = { NULL, 0 };
	struct scep_tbs		 t;

	(void)state;
	err.text[0] = '\0';
	if (lint(scep_buf_span(&good), &err) != SCEP_OK)
		fail_msg("%s", err.text);
	assert_int_equal(scep_tbs_parse(scep_buf_span(&good), &t), 1);
	encode(&t, &again);
	assert_true(scep_span_equal(scep_buf_span(&good),
	    scep_buf_span(&again)));
	scep_buf_clear(&again);
}

static void
each_rule_refuses_what_breaks_it(void **state)
{
	const struct scep_ca_conf	 ca = is.ca;
	const struct scep_grant_view	 was = granted;
	struct scep_error		 err;
	struct scep_buf			 bad = { NULL, 0 };
	struct scep_tbs			 t;
	char				 want[64];
	size_t				 i;

	(void)state;
	for (i = 0; i < N_FIXTURES; i++) {
		assert_int_equal(scep_tbs_parse(scep_buf_span(&good), &t), 1);
		damage(&fixtures[i], &t);
		encode(&t, &bad);
		(void)snprintf(want, sizeof(want), "lint rule %s (",
		    fixtures[i].rule);
		err.text[0] = '\0';
		assert_int_equal(lint(scep_buf_span(&bad), &err),
		    SCEP_E_INTERNAL);
		if (strstr(err.text, want) == NULL)
			fail_msg("fixture %zu: %s, not: %s", i, err.text,
			    want);
		scep_buf_clear(&bad);
		is.ca = ca;
		granted = was;
	}
	assert_int_equal(lint(scep_buf_span(&good), &err), SCEP_OK);
}

static void
each_rule_has_a_fixture(void **state)
{
	const struct scep_lint_rule	*tables[] = { scep_lint_fields,
					    scep_lint_exts }, *rule;
	size_t				 i, j;

	(void)state;
	for (i = 0; i < 2; i++)
		for (rule = tables[i]; rule->name != NULL; rule++) {
			for (j = 0; j < N_FIXTURES; j++)
				if (strcmp(fixtures[j].rule, rule->name) == 0)
					break;
			if (j == N_FIXTURES)
				fail_msg("rule %s has no fixture", rule->name);
		}
}

static void
what_is_no_tbs_is_refused(void **state)
{
	struct scep_error	 err;
	struct scep_span	 tbs = scep_buf_span(&good);

	(void)state;
	tbs.len--;
	assert_int_equal(lint(tbs, &err), SCEP_E_INTERNAL);
	assert_non_null(strstr(err.text, "lint rule der ("));
	assert_int_equal(lint(S("\x30\x03\x02\x01\x05"), &err),
	    SCEP_E_INTERNAL);
	assert_non_null(strstr(err.text, "lint rule structure ("));
	assert_int_equal(lint(scep_buf_span(&good), &err), SCEP_OK);
}

/* Serial and dates are free within their rules; nothing else is. */
static void
no_bit_but_of_serial_and_dates_may_change(void **state)
{
	struct scep_error	 err;
	struct scep_tbs		 t;
	struct scep_span	 in = scep_buf_span(&good);
	const uint8_t		*p;
	size_t			 i, passed = 0;

	(void)state;
	assert_int_equal(scep_tbs_parse(in, &t), 1);
	for (i = 0; i < in.len * 8; i++) {
		good.data[i / 8] ^= (uint8_t)(1u << (i % 8));
		p = good.data + i / 8;
		if (lint(in, &err) == SCEP_OK) {
			passed++;
			assert_true((p >= t.serial.data &&
			    p < t.serial.data + t.serial.len) ||
			    (p >= t.not_before.whole.data &&
			    p < t.not_after.whole.data +
			    t.not_after.whole.len));
		}
		good.data[i / 8] ^= (uint8_t)(1u << (i % 8));
	}
	assert_in_range(passed, 120, 180);
	assert_int_equal(lint(in, &err), SCEP_OK);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(
		    a_good_one_passes_also_when_put_together_again),
		conforms(each_rule_refuses_what_breaks_it, "C-067 C-223"),
		cmocka_unit_test(each_rule_has_a_fixture),
		cmocka_unit_test(what_is_no_tbs_is_refused),
		cmocka_unit_test(no_bit_but_of_serial_and_dates_may_change),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
