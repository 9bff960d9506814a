/*
 * t_crl.c - the CRLs that the server makes: what is in them, when there is a
 * new one, and that they are CRLs to OpenSSL.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/error.h"
#include "ca/crl.h"
#include "ca/issue.h"
#include "ca/restore.h"
#include "tests/unit/asking.h"
#include "tests/unit/conform.h"
#include "tests/unit/issuing.h"
#include "wire/crl.h"

#define DAY	86400L
#define WEEK	(7 * DAY)
#define MANY	60000u		/* entries: more than one piece */

/* A revoked certificate, which has number as its serial (3 octets). */
struct revoked {
	unsigned int	 number;
	time_t		 when, not_after;
	int		 reason;
	int		 foreign;	/* of another CA */
};

static void
add_revoked(struct scep_change *change, const struct revoked *r)
{
	const uint8_t		 serial[3] = { 0x40 | (uint8_t)(r->number >>
				    16), (uint8_t)(r->number >> 8),
				    (uint8_t)r->number };
	struct scep_cert_rec	 rec;
	struct scep_error	 err;

	memset(&rec, 0, sizeof(rec));
	rec.state = SCEP_CERT_REVOKED;
	rec.revoked = r->when;
	rec.reason = r->reason;
	rec.not_after = r->not_after;
	world_must(scep_buf_set(&rec.serial, scep_span_make(serial, 3),
	    &err) == SCEP_OK);
	memcpy(rec.issuer, w->cfg->ca[0].issuer.id, sizeof(rec.issuer));
	rec.issuer[0] ^= (uint8_t)r->foreign;
	world_must(scep_cert_rec_write(change, &rec, &err) == SCEP_OK);
	scep_cert_rec_clear(&rec);
}

static void
commit(struct scep_change *change)
{
	struct scep_error	 err;

	world_must(scep_store_commit(w->store, change, &err) == SCEP_OK);
	scep_change_clear(change);
}

static void
put_revoked(const struct revoked *r)
{
	struct scep_change	 change = { .n = 0 };

	add_revoked(&change, r);
	commit(&change);
}

static void
tend(time_t now)
{
	struct scep_error	 err;

	assert_int_equal(scep_ca_tend(w->ca, now, &err), SCEP_OK);
	assert_int_equal(ERR_peek_error(), 0);
}

/* The newest as OpenSSL reads it; its octets are held against its own. */
static X509_CRL *
newest(time_t now, long *number)
{
	struct scep_crl		 crl;
	struct scep_error	 err;
	const unsigned char	*p;
	unsigned char		*again = NULL;
	X509_CRL		*out;
	int			 len;

	if (scep_ca_crl(w->ca, now, "test", SIZE_MAX, &crl, &err) != SCEP_OK)
		fail_msg("%s", err.text);
	p = crl.der.data;
	assert_non_null(out = d2i_X509_CRL(NULL, &p, (long)crl.der.len));
	assert_ptr_equal(p, crl.der.data + crl.der.len);
	assert_true((len = i2d_X509_CRL(out, &again)) > 0);
	assert_int_equal(len, crl.der.len);
	assert_memory_equal(again, crl.der.data, crl.der.len);
	assert_int_equal(X509_CRL_verify(out, w->ca_key), 1);
	*number = crl.number;
	OPENSSL_free(again);
	scep_buf_clear(&crl.der);
	return out;
}

static long
number_at(time_t now)
{
	long		 number;
	X509_CRL	*crl = newest(now, &number);

	X509_CRL_free(crl);
	return number;
}

static int
entries(const X509_CRL *crl)
{
	STACK_OF(X509_REVOKED)	*all =
	    X509_CRL_get_REVOKED((X509_CRL *)(uintptr_t)crl);

	return all == NULL ? -1 : sk_X509_REVOKED_num(all);
}

/* Its entry, or NULL. */
static X509_REVOKED *
entry(X509_CRL *crl, unsigned int number)
{
	ASN1_INTEGER	*serial = ASN1_INTEGER_new();
	X509_REVOKED	*found = NULL;

	world_must(serial != NULL && ASN1_INTEGER_set(serial,
	    (long)(0x400000 | number)) == 1);
	if (X509_CRL_get0_by_serial(crl, &found, serial) != 1)
		found = NULL;
	ASN1_INTEGER_free(serial);
	return found;
}

static int
is_listed_at(time_t now, unsigned int number)
{
	long		 n;
	X509_CRL	*crl = newest(now, &n);
	int		 listed = entry(crl, number) != NULL;

	X509_CRL_free(crl);
	return listed;
}

static void
an_empty_crl_is_a_crl(void **state)
{
	AUTHORITY_KEYID	*aki;
	ASN1_INTEGER	*number;
	X509_CRL	*crl;
	long		 n;

	(void)state;
	tend(WORLD_NOW);
	crl = newest(WORLD_NOW, &n);
	assert_int_equal(X509_CRL_get_version(crl), X509_CRL_VERSION_2);
	assert_int_equal(entries(crl), -1);	/* absent, not empty */
	assert_int_equal(X509_NAME_cmp(X509_CRL_get_issuer(crl),
	    X509_get_subject_name(w->ca_cert)), 0);
	assert_int_equal(ASN1_TIME_cmp_time_t(X509_CRL_get0_lastUpdate(crl),
	    WORLD_NOW), 0);
	assert_int_equal(ASN1_TIME_cmp_time_t(X509_CRL_get0_nextUpdate(crl),
	    WORLD_NOW + WEEK), 0);
	number = X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL, NULL);
	assert_int_equal(ASN1_INTEGER_get(number), n);
	assert_int_equal(n, WORLD_NOW);
	aki = X509_CRL_get_ext_d2i(crl, NID_authority_key_identifier, NULL,
	    NULL);
	assert_int_equal(ASN1_OCTET_STRING_cmp(aki->keyid,
	    X509_get0_subject_key_id(w->ca_cert)), 0);
	assert_int_equal(X509_CRL_get_ext_count(crl), 2);
	ASN1_INTEGER_free(number);
	AUTHORITY_KEYID_free(aki);
	X509_CRL_free(crl);
	assert_int_equal(world_count(w, SCEP_T_LOG), 1);
	assert_int_equal(world_count(w, SCEP_T_CRL), 1);
}

static void
what_is_revoked_is_listed_with_its_reason(void **state)
{
	static const struct {
		int	 reason, shown;		/* -1: none */
	} rows[] = { { 0, -1 }, { 1, 1 }, { 2, 2 }, { 3, 3 }, { 4, 4 },
	    { 5, 5 }, { 6, 6 }, { 7, -1 }, { 8, -1 }, { 9, 9 }, { 10, 10 },
	    { 11, -1 } };
	const size_t	 n = sizeof(rows) / sizeof(rows[0]);
	struct revoked	 r = { .not_after = WORLD_NOW + DAY };
	X509_REVOKED	*one;
	ASN1_ENUMERATED	*why;
	X509_CRL	*crl;
	long		 number;
	size_t		 i;

	(void)state;
	for (i = 0; i < n; i++) {
		r.number = (unsigned int)i;
		r.reason = rows[i].reason;
		r.when = WORLD_NOW - 1000 + (time_t)i;
		put_revoked(&r);
	}
	crl = newest(WORLD_NOW, &number);
	assert_int_equal(entries(crl), n);
	for (i = 0; i < n; i++) {
		assert_non_null(one = entry(crl, (unsigned int)i));
		assert_int_equal(ASN1_TIME_cmp_time_t(
		    X509_REVOKED_get0_revocationDate(one), WORLD_NOW - 1000 +
		    (time_t)i), 0);
		why = X509_REVOKED_get_ext_d2i(one, NID_crl_reason, NULL,
		    NULL);
		assert_int_equal(why == NULL ? -1 : ASN1_ENUMERATED_get(why),
		    rows[i].shown);
		ASN1_ENUMERATED_free(why);
	}
	assert_null(entry(crl, (unsigned int)n));
	X509_CRL_free(crl);
}

static void
another_cas_are_not_listed(void **state)
{
	const struct revoked	 ours = { 1, WORLD_NOW - 9, WORLD_NOW + DAY, 0,
				    0 };
	const struct revoked	 theirs = { 2, WORLD_NOW - 9, WORLD_NOW + DAY,
				    0, 1 };
	long			 number;

	(void)state;
	put_revoked(&ours);
	put_revoked(&theirs);
	assert_true(is_listed_at(WORLD_NOW, 1));
	assert_false(is_listed_at(WORLD_NOW, 2));
	/* Nor does one of theirs make a new one of ours. */
	number = number_at(WORLD_NOW + 1);
	put_revoked(&(struct revoked){ 3, WORLD_NOW + 1, WORLD_NOW + DAY, 0,
	    1 });
	tend(WORLD_NOW + 2);
	assert_int_equal(number_at(WORLD_NOW + 2), number);
}

/* RFC 5280 section 3.3. */
static void
an_expired_one_stays_until_it_was_on_one_more_crl(void **state)
{
	const time_t		 end = WORLD_NOW + DAY;
	const struct revoked	 r = { 1, WORLD_NOW, end, 1, 0 };
	time_t			 t;

	(void)state;
	put_revoked(&r);
	assert_true(is_listed_at(WORLD_NOW, 1));
	/* Made after it expired, as the first. */
	t = end + 100 * WEEK;
	assert_true(is_listed_at(t, 1));
	/* The next one needs it no more. */
	t += WEEK;
	assert_false(is_listed_at(t, 1));
	/* Soon after it expired there may be several. */
	world_empty(w);
	put_revoked(&r);
	for (t = end - 2 * DAY; t < end + WEEK; t += DAY / 2) {
		struct scep_error	 err;

		assert_int_equal(scep_crl_make((struct scep_local *)w->ca,
		    &w->cfg->ca[0], t, "uid 0", &err), SCEP_OK);
		assert_true(is_listed_at(t, 1));
	}
}

static void
there_is_a_new_one_when_it_is_time_and_not_before(void **state)
{
	const time_t	 due = WORLD_NOW + WEEK / 2;	/* crl_overlap */

	(void)state;
	tend(WORLD_NOW);
	tend(WORLD_NOW + 5);
	tend(due - 1);
	assert_int_equal(number_at(due - 1), WORLD_NOW);
	assert_int_equal(world_count(w, SCEP_T_LOG), 1);
	tend(due);
	assert_int_equal(number_at(due), due);
	/* Nobody tended: whoever asks gets a valid one. */
	assert_int_equal(number_at(due + WEEK - 1), due);
	assert_int_equal(number_at(due + WEEK), due + WEEK);
	/* A shorter validity counts at once. */
	w->cfg->ca[0].crl_validity_s = DAY;
	w->cfg->ca[0].crl_overlap_s = DAY / 2;
	tend(due + WEEK + 1);
	assert_int_equal(number_at(due + WEEK + 1), due + WEEK + 1);
	w->cfg->ca[0].crl_validity_s = WEEK;
	w->cfg->ca[0].crl_overlap_s = WEEK / 2;
}

static void
a_revocation_makes_a_new_one(void **state)
{
	struct revoked	 r = { 1, WORLD_NOW, WORLD_NOW + DAY, 1, 0 };

	(void)state;
	tend(WORLD_NOW);
	/* In the very second of the last one. */
	put_revoked(&r);
	tend(WORLD_NOW);
	assert_int_equal(number_at(WORLD_NOW), WORLD_NOW + 1);
	assert_true(is_listed_at(WORLD_NOW, 1));
	tend(WORLD_NOW);
	tend(WORLD_NOW + 5);
	assert_int_equal(number_at(WORLD_NOW + 5), WORLD_NOW + 1);
	r.number = 2;
	r.when = WORLD_NOW + 6;
	put_revoked(&r);
	tend(WORLD_NOW + 10);
	assert_int_equal(number_at(WORLD_NOW + 10), WORLD_NOW + 10);
	assert_true(is_listed_at(WORLD_NOW + 10, 2));
	tend(WORLD_NOW + 15);
	assert_int_equal(number_at(WORLD_NOW + 15), WORLD_NOW + 10);
}

static void
its_number_never_goes_back(void **state)
{
	struct scep_local	*ca = (struct scep_local *)w->ca;
	struct scep_restored	 count;
	struct scep_error	 err;
	long			 restored;
	int			 i;

	(void)state;
	tend(WORLD_NOW);
	/* A clock that was set back, and several in a second. */
	tend(WORLD_NOW - DAY);
	assert_int_equal(number_at(WORLD_NOW - DAY), WORLD_NOW + 1);
	for (i = 2; i < 5; i++) {
		assert_int_equal(scep_crl_make(ca, &w->cfg->ca[0],
		    WORLD_NOW - DAY, "uid 0", &err), SCEP_OK);
		assert_int_equal(number_at(WORLD_NOW - DAY), WORLD_NOW + i);
	}
	/* A backup does not know what was numbered after it; the time does.
	 * Its own CRL is never served. */
	memset(&count, 0, sizeof(count));
	assert_int_equal(scep_restore_crls(w->store, WORLD_NOW, 0, &count,
	    &err), SCEP_OK);
	assert_int_equal(count.crls, 1);
	world_use(w, w->store);
	restored = number_at(WORLD_NOW + 3);
	assert_in_range(restored, WORLD_NOW + 100000, WORLD_NOW + 200000);
	tend(WORLD_NOW + 4 * DAY);
	assert_int_equal(number_at(WORLD_NOW + 4 * DAY), WORLD_NOW + 4 * DAY);
	/* A clock that was ahead in the backup, and is right now. */
	assert_int_equal(scep_restore_crls(w->store, WORLD_NOW, 0, &count,
	    &err), SCEP_OK);
	world_use(w, w->store);
	tend(WORLD_NOW);
	assert_in_range(number_at(WORLD_NOW), WORLD_NOW + 4 * DAY + 1000,
	    WORLD_NOW + 6 * DAY);
}

/* A restart finds the one that is there. */
static void
a_restart_makes_none(void **state)
{
	(void)state;
	tend(WORLD_NOW);
	world_use(w, w->store);
	tend(WORLD_NOW + 60);
	assert_int_equal(number_at(WORLD_NOW + 60), WORLD_NOW);
	assert_int_equal(world_count(w, SCEP_T_LOG), 1);
}

static void
a_ca_without_one_says_why(void **state)
{
	struct scep_ca_conf	*conf = &w->cfg->ca[0];
	const struct scep_span	 usage = conf->cert.key_usage;
	struct scep_crl		 crl;
	struct scep_error	 err;

	(void)state;
	conf->crl = 0;
	assert_int_equal(scep_ca_crl(w->ca, WORLD_NOW, "test", SIZE_MAX, &crl,
	    &err), SCEP_E_NOTFOUND);
	assert_non_null(strstr(err.text, "crl = no"));
	tend(WORLD_NOW);
	assert_int_equal(world_count(w, SCEP_T_CRL), 0);
	conf->crl = 1;
	/* Has keyUsage without cRLSign. */
	conf->cert.key_usage = conf->ra_cert.key_usage;
	assert_int_equal(scep_ca_crl(w->ca, WORLD_NOW, "test", SIZE_MAX, &crl,
	    &err), SCEP_E_NOTFOUND);
	assert_non_null(strstr(err.text, "cRLSign"));
	tend(WORLD_NOW);
	assert_int_equal(world_count(w, SCEP_T_CRL), 0);
	conf->cert.key_usage = usage;
	assert_int_equal(scep_ca_crl(w->ca, WORLD_NOW, "other", SIZE_MAX, &crl,
	    &err), SCEP_E_NOTFOUND);
	assert_int_equal(number_at(WORLD_NOW), WORLD_NOW);
}

static void
very_many_come_in_pieces(void **state)
{
	struct scep_change	 change = { .n = 0 };
	struct revoked		 r = { .when = WORLD_NOW - 9,
				    .not_after = WORLD_NOW + DAY };
	struct scep_crl		 whole;
	struct scep_error	 err;
	X509_CRL		*crl;
	long			 number;

	(void)state;
	for (r.number = 0; r.number < MANY; r.number++) {
		add_revoked(&change, &r);
		if (change.n == SCEP_CHANGE_MAX || r.number == MANY - 1)
			commit(&change);
	}
	crl = newest(WORLD_NOW, &number);
	assert_int_equal(entries(crl), MANY);
	assert_non_null(entry(crl, 0));
	assert_non_null(entry(crl, MANY - 1));
	assert_null(entry(crl, MANY));
	X509_CRL_free(crl);
	assert_int_equal(scep_ca_crl(w->ca, WORLD_NOW, "test", SCEP_CRL_PIECE,
	    &whole, &err), SCEP_E_TOOBIG);
	assert_null(whole.der.data);
}

/* What libcrypto's path validation makes of it. */
static int
is_revoked(X509 *cert, X509_CRL *crl)
{
	X509_STORE	*store = X509_STORE_new();
	X509_STORE_CTX	*ctx = X509_STORE_CTX_new();
	int		 error;

	world_must(store != NULL && ctx != NULL &&
	    X509_STORE_add_cert(store, w->ca_cert) == 1 &&
	    X509_STORE_add_crl(store, crl) == 1 &&
	    X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK) == 1 &&
	    X509_STORE_CTX_init(ctx, store, cert, NULL) == 1);
	X509_STORE_CTX_set_time(ctx, 0, WORLD_NOW + 60);
	(void)X509_verify_cert(ctx);
	error = X509_STORE_CTX_get_error(ctx);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	ERR_clear_error();
	assert_true(error == X509_V_OK || error == X509_V_ERR_CERT_REVOKED);
	return error == X509_V_ERR_CERT_REVOKED;
}

static void
revoke(const struct scep_answer *given, time_t when)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_cert_rec	 rec;
	struct scep_buf		 key = { NULL, 0 };
	struct scep_cert	 cert;
	struct scep_error	 err;

	world_must(scep_cert_parse(w->crypto, scep_buf_span(&given->cert),
	    &cert, &err) == SCEP_OK && scep_cert_key(cert.serial,
	    w->cfg->ca[0].issuer.id, &key, &err) == SCEP_OK &&
	    scep_cert_rec_get(w->store, scep_buf_span(&key), &rec,
	    &err) == SCEP_OK);
	rec.state = SCEP_CERT_REVOKED;
	rec.revoked = when;
	rec.reason = 1;
	world_must(scep_cert_rec_write(&change, &rec, &err) == SCEP_OK);
	commit(&change);
	scep_cert_clear(&cert);
	scep_cert_rec_clear(&rec);
	scep_buf_clear(&key);
}

static void
a_certificate_of_ours_is_found_on_it(void **state)
{
	struct world_request	 r = ask_new(0, "t1", WORLD_STATIC);
	const unsigned char	*p;
	struct outcome		 o;
	X509_CRL		*crl;
	X509			*cert;
	long			 n;

	(void)state;
	r.profile = "static";
	o = ask_expect_keep(&r, "granted", "");
	p = o.answer.cert.data;
	assert_non_null(cert = d2i_X509(NULL, &p, (long)o.answer.cert.len));
	crl = newest(WORLD_NOW, &n);
	assert_false(is_revoked(cert, crl));
	X509_CRL_free(crl);
	revoke(&o.answer, WORLD_NOW + 30);
	tend(WORLD_NOW + 30);
	crl = newest(WORLD_NOW + 30, &n);
	assert_true(is_revoked(cert, crl));
	X509_CRL_free(crl);
	X509_free(cert);
	bytes_free(&r.csr);
	scep_answer_clear(&o.answer);
}

static void *
fetch_one(void *arg)
{
	struct scep_crl		 crl;
	struct scep_error	 err;

	if (scep_ca_crl(w->ca, WORLD_NOW, "test", SIZE_MAX, &crl, &err) ==
	    SCEP_OK)
		*(long *)arg = crl.number;
	scep_buf_clear(&crl.der);
	return NULL;
}

static void
many_who_ask_at_once_get_the_same(void **state)
{
	pthread_t	 thread[8];
	long		 number[8] = { 0 };
	int		 i;

	(void)state;
	for (i = 0; i < 8; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, fetch_one,
		    &number[i]), 0);
	for (i = 0; i < 8; i++)
		assert_int_equal(pthread_join(thread[i], NULL), 0);
	for (i = 0; i < 8; i++)
		assert_int_equal(number[i], WORLD_NOW);
	assert_int_equal(world_count(w, SCEP_T_LOG), 1);
}

/* Signed as certificates are, by an EC key too; a date beyond UTCTime. */
static void
an_ec_ca_signs_one(void **state)
{
	const time_t			 far = 2524608000;	/* 2050 */
	const uint8_t			 serial = 5;
	struct scep_crl_entries		 e = { NULL, 0, 0, 0 };
	struct issuing			 is;
	struct scep_crl_plan		 plan;
	struct scep_buf			 der = { NULL, 0 };
	struct scep_error		 err;
	const unsigned char		*p;
	X509_CRL			*crl;

	(void)state;
	memset(&is, 0, sizeof(is));
	issuing_open(&is, "EC");
	assert_int_equal(scep_crl_entry(&e, scep_span_make(&serial, 1), far,
	    4, &err), SCEP_OK);
	plan = (struct scep_crl_plan){ .issuer = is.ca.cert.subject,
	    .aki = is.ca.cert.ski, .this_update = far - 1,
	    .next_update = far + DAY, .number = UINT64_MAX, .entries = &e,
	    .key = is.ca.key, .digest = SCEP_SHA384 };
	assert_int_equal(scep_crl_build(is.crypto, &plan, &der, &err),
	    SCEP_OK);
	p = der.data;
	assert_non_null(crl = d2i_X509_CRL(NULL, &p, (long)der.len));
	assert_int_equal(X509_CRL_verify(crl, is.ca.key), 1);
	assert_int_equal(X509_CRL_get_signature_nid(crl),
	    NID_ecdsa_with_SHA384);
	assert_int_equal(X509_CRL_get0_lastUpdate(crl)->type, V_ASN1_UTCTIME);
	assert_int_equal(X509_CRL_get0_nextUpdate(crl)->type,
	    V_ASN1_GENERALIZEDTIME);
	assert_int_equal(ERR_peek_error(), 0);
	X509_CRL_free(crl);
	scep_crl_entries_clear(&e);
	scep_buf_clear(&der);
	issuing_close(&is);
}

static void
a_crl_with_another_signature_does_not_verify(void **state)
{
	const struct scep_key_rules	 any = { ~0u, 2048, 8192 };
	struct scep_crl			 crl;
	struct scep_key			 key, other;
	struct scep_error		 err;

	(void)state;
	assert_int_equal(scep_ca_crl(w->ca, WORLD_NOW, "test", SIZE_MAX, &crl,
	    &err), SCEP_OK);
	assert_int_equal(scep_key_load(w->crypto, w->cfg->ca[0].cert.spki,
	    &any, &key, &err), SCEP_OK);
	assert_int_equal(scep_key_load(w->crypto, w->cfg->ca[0].ra_cert.spki,
	    &any, &other, &err), SCEP_OK);
	assert_int_equal(scep_crl_verify(w->crypto, scep_buf_span(&crl.der),
	    &key, &err), SCEP_OK);
	assert_int_equal(scep_crl_verify(w->crypto, scep_buf_span(&crl.der),
	    &other, &err), SCEP_E_SIG);
	assert_int_equal(scep_crl_verify(w->crypto, scep_span_make(
	    crl.der.data, crl.der.len - 1), &key, &err), SCEP_E_FORMAT);
	crl.der.data[20] ^= 1;
	assert_int_not_equal(scep_crl_verify(w->crypto,
	    scep_buf_span(&crl.der), &key, &err), SCEP_OK);
	scep_key_clear(&key);
	scep_key_clear(&other);
	scep_buf_clear(&crl.der);
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup(f, ask_empty)
	const struct CMUnitTest	 tests[] = {
		conforms_setup(an_empty_crl_is_a_crl, ask_empty, "C-193"),
		T(what_is_revoked_is_listed_with_its_reason),
		T(another_cas_are_not_listed),
		T(an_expired_one_stays_until_it_was_on_one_more_crl),
		T(there_is_a_new_one_when_it_is_time_and_not_before),
		T(a_revocation_makes_a_new_one),
		T(its_number_never_goes_back),
		T(a_restart_makes_none),
		T(a_ca_without_one_says_why),
		T(very_many_come_in_pieces),
		T(a_certificate_of_ours_is_found_on_it),
		T(many_who_ask_at_once_get_the_same),
		T(an_ec_ca_signs_one),
		T(a_crl_with_another_signature_does_not_verify),
	};
	int	 failed;

	w = world_new(NULL);
	failed = cmocka_run_group_tests_name("crl", tests, NULL, NULL);
	world_free(w);
	return failed;
}
