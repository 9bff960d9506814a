/*
 * t_odd_request.c - requests of the field that need a profile of their own:
 * long challenges, Cisco's names, no challenge at all; polls; and every type
 * of message in every form.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <openssl/err.h>

#include "base/error.h"
#include "tests/unit/conform.h"
#include "tests/unit/odd_world.h"
#include "tests/unit/twist.h"
#include "wire/envelope.h"

#define NONE	der_raw("", 0)

/* All that is odd about the form, at once. */
static void
all_odd(struct odd *o)
{
	o->indefinite = ~0u;
	o->segments = ODD_S_ALL;
	o->order = ODD_AS_SENT;
	o->cert.v1 = 1;
	o->cert.serial = der_hex("ffeedd");
	o->cert.md = EVP_sha1();
	o->sig_named = 1;
	o->digest_null = 1;
	o->trailing = der_hex("0d0a");
}

/* MDM systems give out signed statements. */
static void
a_challenge_of_several_kib_is_compared_whole(void **state)
{
	static const int	 tags[] = { 0x13, 0x0c, 0x14, 0x16, 0x1e };
	struct scep_span	 text;
	struct odd		 o;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		odd_world_plain(odd_ow, &o);
		odd_ow->path = "/long";
		text = odd_text(tags[i], odd_ow->long_challenge);
		o.csr.challenge_tag = tags[i];
		o.csr.challenge = text;
		odd_world_granted(odd_ow, &o, ODD_CMS, "long challenge");
		/* The last octet counts, and so does one more. */
		o.csr.challenge = der_patch(text, text.len - 1, 'A');
		odd_world_refused(odd_ow, &o, 2, "challenge unknown", "last");
		o.csr.challenge = der_join(text, odd_text(tags[i], "x"));
		odd_world_refused(odd_ow, &o, 2, "challenge unknown", "more");
	}
	/* As UniversalString, of four octets for each, it is no longer a
	 * request of 16 KiB. */
	o.csr.challenge_tag = 0x1c;
	o.csr.challenge = odd_text(0x1c, odd_ow->long_challenge);
	odd_world_refused(odd_ow, &o, 2, "at most 16384", "universal");
	odd_ow->path = "/static";
}

static void
a_name_of_one_rdn_comes_back_as_it_was(void **state)
{
	struct odd	 o;

	(void)state;
	odd_ow->path = "/cisco";
	odd_world_plain(odd_ow, &o);
	o.csr.subject = o.cert.subject = odd_cisco_name("one RDN");
	o.csr.more = odd_attr("1.2.840.113549.1.9.2",
	    der_text(0x16, "router.cisco.example"));
	odd_world_granted(odd_ow, &o, ODD_CMS, "one RDN");
	/* Only where these types are allowed. */
	odd_ow->path = "/static";
	odd_world_refused(odd_ow, &o, 2, "unstructuredAddress", "static");
}

/* PENDING, however the request says that it has no challenge. */
static void
an_empty_challenge_is_none(void **state)
{
	struct odd_got	 got;
	struct odd	 o;
	int		 i;

	(void)state;
	odd_ow->path = "/both";
	for (i = 0; i < 5; i++) {
		odd_world_plain(odd_ow, &o);
		o.txid = der_raw(odd_ow->cn, strlen(odd_ow->cn));
		o.csr.challenge = NONE;
		o.csr.challenge_tag = i == 0 ? 0x13 : i == 1 ? 0x0c :
		    i == 2 ? 0x1e : 0;
		o.csr.no_attrs = i == 3;	/* and i == 4: an empty [0] */
		odd_world_post(odd_ow, &o, &got);
		if (got.reply.status != 3)
			fail_msg("%d: %s", i, got.log.text);
		odd_got_clear(&got);
		/* The control: a challenge that is there is to be right. */
		o.csr.no_attrs = 0;
		o.csr.challenge_tag = 0x13;
		o.csr.challenge = der_text(0x13, "wrong");
		o.txid = der_join(o.txid, der_raw("'", 1));
		odd_world_refused(odd_ow, &o, 2, "challenge unknown", "is");
	}
	odd_ow->path = "/static";
}

/* The poll's content may be wrong, and its certificate another one of the
 * same key (PROTOCOL C-181, C-184). */
static void
a_poll_is_found_whatever_its_form(void **state)
{
	struct odd_got	 got;
	struct odd	 o, poll;
	int		 i;

	(void)state;
	odd_ow->path = "/manual";
	odd_world_plain(odd_ow, &o);
	o.txid = der_text(0x13, "polled whatever its form");
	o.csr.challenge_tag = 0;
	odd_world_post(odd_ow, &o, &got);
	assert_int_equal(got.reply.status, 3);
	odd_got_clear(&got);
	for (i = 0; i < 6; i++) {
		poll = o;
		poll.type_text = "20";
		poll.nonce = der_raw("1", 1);
		poll.content = odd_issuer_and_subject(i == 1 ? odd_name(0x13,
		    "the RA") : odd_ow->desk.ra_issuer, o.csr.subject);
		if (i == 2)
			poll.content = der_text(0x0c, "garbage");
		poll.no_content = i == 3;
		if (i >= 4)
			all_odd(&poll);
		poll.cert.subject = i == 5 ? odd_name(0x0c, "renamed") :
		    o.cert.subject;
		odd_world_post(odd_ow, &poll, &got);
		if (got.reply.status != 3)
			fail_msg("%d: %s", i, got.log.text);
		odd_got_clear(&got);
		/* The control: by another key it is nobody's. */
		poll.cert.key = odd_ow->desk.other;
		odd_world_refused(odd_ow, &poll, 4, "", "another key");
	}
	odd_ow->path = "/static";
}

static const struct {
	const char		*text;
	enum scep_msg_type	 type;
} types[] = {
	{ "17", SCEP_MSG_RENEWALREQ }, { "19", SCEP_MSG_PKCSREQ },
	{ "20", SCEP_MSG_CERTPOLL }, { "21", SCEP_MSG_GETCERT },
	{ "22", SCEP_MSG_GETCRL },
};

static struct scep_span
content_of(const struct odd *o, enum scep_msg_type type)
{
	switch (type) {
	case SCEP_MSG_CERTPOLL:
		return odd_issuer_and_subject(odd_ow->desk.ra_issuer,
		    o->csr.subject);
	case SCEP_MSG_GETCERT:
	case SCEP_MSG_GETCRL:
		return odd_issuer_and_serial(odd_ow->desk.ra_issuer,
		    der_hex("00ffeeddccbbaa99887766554433221100"));
	default:
		return odd_csr_make(&o->csr);
	}
}

/* Read, verified, and opened to the octets that went in. */
static void
check_read(const struct odd *o, enum scep_msg_type type)
{
	const struct scep_crypto		*crypto = odd_ow->w->crypto;
	const struct scep_msg_rules		 rules = {
		.digests = ~0u, .ciphers = ~0u,
		.signer = { .types = SCEP_BIT(SCEP_KEY_RSA),
		    .min_rsa_bits = 2048, .max_rsa_bits = 4096 },
	};
	struct scep_span	 msg = odd_make(o);
	struct scep_address	 addr;
	struct scep_message	*m;
	struct scep_opener	 opener;
	struct scep_buf		 plain = { NULL, 0 };
	struct scep_error	 err;
	size_t			 trailing;
	int			 i;

	assert_int_equal(scep_message_read(crypto, &rules, WORLD_NOW, msg,
	    &addr, &trailing, &m, &err), SCEP_OK);
	assert_int_equal(m->type, type);
	assert_int_equal(trailing, o->trailing.len);
	assert_int_equal(scep_opener_init(crypto,
	    &odd_ow->w->cfg->ca[0].ra_cert, odd_ow->w->ra_key, &opener, &err),
	    SCEP_OK);
	i = scep_envelope_find(&m->envelope, &opener);
	assert_true(i >= 0);
	assert_int_equal(scep_envelope_open(crypto, &opener, &m->envelope,
	    (size_t)i, &plain, &err), SCEP_OK);
	assert_true(scep_span_equal(scep_buf_span(&plain), o->content));
	scep_buf_clear(&plain);
	scep_opener_clear(&opener);
	scep_message_free(m);
	scep_address_clear(&addr);
	assert_int_equal(ERR_peek_error(), 0);
}

static void
every_type_is_read_in_every_form(void **state)
{
	struct odd	 o;
	size_t		 i;

	(void)state;
	for (i = 0; i < 2 * sizeof(types) / sizeof(types[0]); i++) {
		odd_world_plain(odd_ow, &o);
		if (i % 2 != 0)
			all_odd(&o);
		o.type_text = types[i / 2].text;
		o.content = content_of(&o, types[i / 2].type);
		check_read(&o, types[i / 2].type);
	}
}

/* The encoder itself: with keys that have no digest in their name. */
static void
any_key_signs(void **state)
{
	static const char	*const curves[] = { "P-256", "P-384", "P-521" };
	struct bytes		 msg;
	struct scep_span	 der;
	struct odd		 o;
	EVP_PKEY		*key;
	size_t			 i;

	(void)state;
	for (i = 0; i < 3; i++) {
		odd_world_plain(odd_ow, &o);
		assert_non_null(key = EVP_EC_gen(curves[i]));
		o.cert.key = o.csr.key = key;
		o.md = o.cert.md = i == 0 ? EVP_sha256() : i == 1 ?
		    EVP_sha384() : EVP_sha512();
		o.long_form = i == 1;
		der = odd_make(&o);
		msg.data = OPENSSL_memdup(der.data, der.len);
		msg.len = der.len;
		assert_int_equal(twist_cms_verify(&msg, NULL), 1);
		/* The control: a bit of the signature. */
		msg.data[msg.len - 8] ^= 1;
		assert_int_equal(twist_cms_verify(&msg, NULL), 0);
		bytes_free(&msg);
		EVP_PKEY_free(key);
	}
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		conforms(a_challenge_of_several_kib_is_compared_whole,
		    "C-140 T-91"),
		conforms(a_name_of_one_rdn_comes_back_as_it_was,
		    "C-168 T-94"),
		conforms(an_empty_challenge_is_none, "C-144 C-142"),
		conforms(a_poll_is_found_whatever_its_form,
		    "C-181 C-183 C-184 C-092 I-018"),
		cmocka_unit_test(any_key_signs),
		conforms(every_type_is_read_in_every_form,
		    "C-080 C-086 C-092 I-017"),
	};

	return odd_tests_run("odd_request", tests,
	    sizeof(tests) / sizeof(tests[0]), NULL, 0);
}
