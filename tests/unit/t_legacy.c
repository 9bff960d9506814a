/*
 * t_legacy.c - every digest, cipher and key transport in a message and its
 * answer, judged by OpenSSL's CMS code; and that what is broken or out of
 * date is taken by the profiles that say so and by no other.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/rsa.h>

#include "base/error.h"
#include "ra/ra.h"
#include "tests/unit/conform.h"
#include "tests/unit/world.h"
#include "wire/envelope.h"
#include "wire/legacy.h"

#define LEN(a)	(sizeof(a) / sizeof((a)[0]))

static const char	profiles[] =
	"[profile all]\nauthorise = challenge\nlegacy = sha1 3des des md5\n"
	"[profile sha1]\nauthorise = challenge\nlegacy = sha1\n"
	"[profile 3des]\nauthorise = challenge\nlegacy = 3des\n"
	"[profile des]\nauthorise = challenge\nlegacy = des\n"
	"[profile md5]\nauthorise = challenge\nlegacy = md5\n"
	"[profile wait]\nauthorise = manual\nlegacy = sha1 3des des md5\n"
	"[profile quiet]\nauthorise = manual\nlegacy = sha1 3des\n"
	"caps_hide = SHA-384 SCEPStandard DES3\n";

static struct world	*w;
static struct scep_ra	*ra;

typedef const EVP_MD		*(*digest_fn)(void);
typedef const EVP_CIPHER	*(*cipher_fn)(void);

/* One enrolment; nothing set is AES-128, SHA-256 and RSA v1.5. */
struct trial {
	const char	*profile;
	digest_fn	 digest, csr_digest, signer_digest;
	cipher_fn	 cipher;
	int		 oaep;
	const EVP_MD	*oaep_digest;
	int		 type;		/* 0: PKCSReq */
	const char	*txid;
};

static X509 *
signer_with(digest_fn digest)
{
	X509	*cert = X509_dup(w->self[0]);

	assert_non_null(cert);
	if (digest != NULL)
		assert_true(X509_sign(cert, w->key[0], digest()) > 0);
	return cert;
}

static struct bytes
csr_with(const char *profile, digest_fn digest)
{
	struct world_challenge	 spec = { .profile = profile };
	char			 challenge[SCEP_CHALLENGE_TEXT];
	const unsigned char	*p;
	struct bytes		 csr;
	X509_REQ		*req;

	world_challenge(w, &spec, challenge);
	/* A manual profile knows none. */
	csr = client_csr(w->key[0], "/CN=x", strcmp(profile, "wait") == 0 ?
	    NULL : challenge, NULL);
	if (digest == NULL)
		return csr;
	p = csr.data;
	assert_non_null(req = d2i_X509_REQ(NULL, &p, (long)csr.len));
	assert_true(X509_REQ_sign(req, w->key[0], digest()) > 0);
	bytes_free(&csr);
	csr.data = NULL;
	csr.len = (size_t)i2d_X509_REQ(req, &csr.data);
	X509_REQ_free(req);
	return csr;
}

static void
send(const struct trial *t, const struct bytes *msg, X509 *signer,
    struct client_reply *reply)
{
	char				 path[32];
	struct scep_http_response	 response;
	struct scep_http_request	 req = {
		.method = "POST",
		.path = path,
		.query = "operation=PKIOperation",
		.peer = "192.0.2.7",
		.body = msg->data,
		.body_len = msg->len,
	};
	struct scep_line		 log;

	(void)snprintf(path, sizeof(path), "/%s", t->profile);
	memset(&log, 0, sizeof(log));
	scep_ra_handle(ra, WORLD_NOW, &req, &response, &log);
	if (response.status != 200)
		fail_msg("%s", log.text);
	client_reply_read(response.body, response.body_len, w->key[0],
	    signer, w->ra_cert, reply);
	if (reply->status == -1)
		fail_msg("%s; %s", reply->why, log.text);
	scep_http_response_clear(&response);
	assert_int_equal(ERR_peek_error(), 0);
}

static void
ask(const struct trial *t, struct client_reply *reply)
{
	static int		 n;
	char			 txid[32];
	X509			*signer = signer_with(t->signer_digest);
	struct client_message	 m = {
		.type = t->type != 0 ? t->type : 19,
		.txid = t->txid != NULL ? t->txid : txid,
		.nonce = (const unsigned char *)"0123456789abcdef",
		.key = w->key[0],
		.signer = signer,
		.recipient = { w->ra_cert },
		.digest = t->digest != NULL ? t->digest() : NULL,
		.cipher = t->cipher != NULL ? t->cipher() : NULL,
		.oaep = t->oaep,
		.oaep_digest = t->oaep_digest,
		.content = t->type == 20 ? client_issuer_and_subject(
		    w->ca_cert, "/CN=x") : csr_with(t->profile,
		    t->csr_digest),
	};
	struct bytes		 msg;

	(void)snprintf(txid, sizeof(txid), "%d", n++);
	msg = client_message(&m);
	send(t, &msg, signer, reply);
	bytes_free(&msg);
	bytes_free(&m.content);
	X509_free(signer);
}

/* SUCCESS, or FAILURE with this failInfo. */
static void
ends(const struct trial *t, int fail_info)
{
	struct client_reply	 reply;

	ask(t, &reply);
	if (reply.fail_info != fail_info ||
	    reply.status != (fail_info == -1 ? 0 : 2))
		fail_msg("profile %s, digest %s, cipher %s: status %d, "
		    "failInfo %d, not %d", t->profile, t->digest == NULL ?
		    "-" : EVP_MD_get0_name(t->digest()), t->cipher == NULL ?
		    "-" : EVP_CIPHER_get0_name(t->cipher()), reply.status,
		    reply.fail_info, fail_info);
	client_reply_clear(&reply);
}

static void
each_digest_cipher_and_key_transport_is_mirrored(void **state)
{
	static const digest_fn	 digests[] = { EVP_sha256, EVP_sha384,
	    EVP_sha512, EVP_sha1, EVP_md5 };
	static const cipher_fn	 ciphers[] = { EVP_aes_128_cbc,
	    EVP_aes_192_cbc, EVP_aes_256_cbc, EVP_des_ede3_cbc, EVP_des_cbc };
	const EVP_MD		*oaep[] = { NULL, EVP_sha1(), EVP_sha256(),
				    EVP_sha384(), EVP_sha512() };
	struct client_reply	 r;
	size_t			 d, c, o;

	(void)state;
	for (d = 0; d < LEN(digests); d++)
		for (c = 0; c < LEN(ciphers); c++)
			for (o = 0; o < LEN(oaep); o++) {
				const struct trial	 t = { .profile =
				    "all", .digest = digests[d],
				    .cipher = ciphers[c], .oaep = o > 0,
				    .oaep_digest = oaep[o] };

				ask(&t, &r);
				assert_int_equal(r.status, 0);
				assert_int_equal(r.digest_nid,
				    EVP_MD_get_type(digests[d]()));
				assert_int_equal(r.cipher_nid,
				    EVP_CIPHER_get_nid(ciphers[c]()));
				assert_int_equal(r.oaep_nid, o == 0 ?
				    NID_undef : EVP_MD_get_type(oaep[o]));
				/* Whatever the message was made of. */
				assert_int_equal(X509_get_signature_nid(
				    r.cert), NID_sha256WithRSAEncryption);
				client_reply_clear(&r);
			}
}

static void
a_profile_without_the_word_gives_bad_alg_beside_one_with_it(void **state)
{
	static const struct {
		const char	*word;
		digest_fn	 digest;
		cipher_fn	 cipher;
	} rows[] = {
		{ "sha1", EVP_sha1, NULL },
		{ "3des", NULL, EVP_des_ede3_cbc },
		{ "des", NULL, EVP_des_cbc },
		{ "md5", EVP_md5, NULL },
	};
	static const char *const	 names[] = { "main", "sha1", "3des",
	    "des", "md5", "all" };
	size_t				 i, p;

	(void)state;
	for (i = 0; i < LEN(rows); i++)
		for (p = 0; p < LEN(names); p++) {
			const struct trial	 t = { .profile = names[p],
			    .digest = rows[i].digest,
			    .cipher = rows[i].cipher };

			ends(&t, strcmp(names[p], "all") == 0 ||
			    strcmp(names[p], rows[i].word) == 0 ? -1 : 0);
		}
	/* Nor do words add up to what none of them says. */
	for (p = 0; p < LEN(names); p++) {
		const struct trial	 t = { .profile = names[p],
		    .digest = EVP_md5, .cipher = EVP_des_cbc };

		ends(&t, strcmp(names[p], "all") == 0 ? -1 : 0);
	}
}

/* RC4, RC2, MD4 and others are nobody's word. */
static void
what_no_word_stands_for_is_bad_alg_everywhere(void **state)
{
	static const struct trial	 rows[] = {
		{ .profile = "all", .digest = EVP_sha224 },
		{ .profile = "all", .digest = EVP_sha512_256 },
		{ .profile = "all", .cipher = EVP_camellia_128_cbc },
		{ .profile = "all", .cipher = EVP_rc2_cbc },
	};
	size_t				 i;

	(void)state;
	for (i = 0; i < LEN(rows); i++)
		ends(&rows[i], 0);
}

static void
the_signature_of_a_csr_follows_the_same_switch(void **state)
{
	static const struct {
		const char	*profile;
		digest_fn	 digest;
		int		 fail_info;
	} rows[] = {
		{ "main", EVP_sha256, -1 }, { "main", EVP_sha1, 2 },
		{ "main", EVP_md5, 2 },
		{ "sha1", EVP_sha1, -1 }, { "sha1", EVP_md5, 2 },
		{ "md5", EVP_md5, -1 }, { "md5", EVP_sha1, 2 },
		{ "des", EVP_md5, 2 }, { "all", EVP_sha1, -1 },
		{ "all", EVP_md5, -1 },
	};
	size_t	 i;

	(void)state;
	for (i = 0; i < LEN(rows); i++) {
		const struct trial	 t = { .profile = rows[i].profile,
		    .csr_digest = rows[i].digest };

		ends(&t, rows[i].fail_info);
	}
}

/* CertEnroll signs its own with SHA-1, and nothing is believed because of it;
 * MD5 does not get that far. */
static void
a_self_signed_signer_may_be_sha1_and_not_md5(void **state)
{
	static const struct {
		const char	*profile;
		digest_fn	 digest;
		int		 fail_info;
	} rows[] = {
		{ "main", EVP_sha1, -1 }, { "main", EVP_md5, 0 },
		{ "des", EVP_md5, 0 }, { "sha1", EVP_md5, 0 },
		{ "md5", EVP_md5, -1 },
	};
	size_t	 i;

	(void)state;
	for (i = 0; i < LEN(rows); i++) {
		const struct trial	 t = { .profile = rows[i].profile,
		    .signer_digest = rows[i].digest };

		ends(&t, rows[i].fail_info);
	}
}

/* The CA process verifies a poll again: it has MD5, too. */
static void
a_poll_is_read_and_answered_in_them(void **state)
{
	struct trial		 t = { .profile = "wait", .digest = EVP_md5,
				    .cipher = EVP_des_cbc, .txid = "poll" };
	struct client_reply	 r;

	(void)state;
	ask(&t, &r);
	assert_int_equal(r.status, 3);
	client_reply_clear(&r);
	t.type = 20;
	ask(&t, &r);
	assert_int_equal(r.status, 3);
	assert_int_equal(r.digest_nid, NID_md5);
	client_reply_clear(&r);
	t.profile = "main";
	ends(&t, 0);
}

static const char *
caps_of(const struct scep_published *published, const char *name)
{
	static char	 text[256];
	size_t		 i;

	for (i = 0; i < published->n_profiles; i++)
		if (strcmp(published->profile[i].name, name) == 0) {
			(void)snprintf(text, sizeof(text), "%.*s",
			    (int)published->profile[i].caps.len,
			    (const char *)published->profile[i].caps.data);
			return text;
		}
	fail_msg("no profile %s", name);
	return NULL;
}

static int
has_line(const char *caps, const char *line)
{
	char	 all[300], wanted[64];

	(void)snprintf(all, sizeof(all), "\n%s", caps);
	(void)snprintf(wanted, sizeof(wanted), "\n%s\n", line);
	return strstr(all, wanted) != NULL;
}

static void
capabilities_say_what_is_taken_and_nothing_old_is_standard(
    void **state)
{
	static const struct {
		const char	*profile;
		int		 sha1, des3, standard, sha384;
	} rows[] = {
		{ "main", 0, 0, 1, 1 }, { "sha1", 1, 0, 0, 1 },
		{ "3des", 0, 1, 0, 1 }, { "des", 0, 0, 0, 1 },
		{ "md5", 0, 0, 0, 1 }, { "all", 1, 1, 0, 1 },
		{ "quiet", 1, 0, 0, 0 },
	};
	struct scep_published	 published;
	struct scep_error	 err;
	const char		*caps;
	size_t			 i;

	(void)state;
	assert_int_equal(scep_publish(w->cfg, 1, &published, &err), SCEP_OK);
	for (i = 0; i < LEN(rows); i++) {
		caps = caps_of(&published, rows[i].profile);
		assert_int_equal(has_line(caps, "SHA-1"), rows[i].sha1);
		assert_int_equal(has_line(caps, "DES3"), rows[i].des3);
		assert_int_equal(has_line(caps, "SCEPStandard"),
		    rows[i].standard);
		assert_int_equal(has_line(caps, "SHA-384"), rows[i].sha384);
		assert_true(has_line(caps, "AES"));
		assert_true(has_line(caps, "SHA-256"));
	}
	scep_published_clear(&published);
}

/* To hide is not to refuse. */
static void
what_is_hidden_works(void **state)
{
	static const struct trial	 t = { .profile = "quiet",
	    .digest = EVP_sha384, .cipher = EVP_des_ede3_cbc };
	struct client_reply		 r;

	(void)state;
	ask(&t, &r);
	assert_int_equal(r.fail_info, 2);	/* a challenge there: refused,
						   and was read */
	assert_int_equal(r.digest_nid, NID_sha384);
	client_reply_clear(&r);
}

/* ---- the context ---- */

static void
without_such_a_profile_nothing_is_loaded(void **state)
{
	struct scep_buf		 out = { NULL, 0 };
	struct world		*strict = world_new(NULL);
	struct scep_error	 err;
	uint8_t			 digest[SCEP_DIGEST_MAX_LEN];

	(void)state;
	assert_null(scep_crypto_md(strict->crypto, SCEP_MD5));
	assert_null(scep_crypto_cipher(strict->crypto, SCEP_DES));
	assert_int_equal(scep_crypto_digest(strict->crypto, SCEP_MD5,
	    scep_span_text("x"), digest, NULL, &err), SCEP_E_INTERNAL);
	assert_int_equal(scep_key_sign(strict->crypto, strict->ra_key,
	    SCEP_MD5, scep_span_text("x"), &out, &err), SCEP_E_ALG);
	/* Where it is, it is beside the context of everything else. */
	assert_non_null(scep_crypto_md(w->crypto, SCEP_MD5));
	assert_non_null(scep_crypto_cipher(w->crypto, SCEP_DES));
	assert_null(EVP_CIPHER_fetch(w->crypto->ctx, "DES-CBC", NULL));
	assert_null(EVP_CIPHER_fetch(w->crypto->ctx, "RC4", NULL));
	ERR_clear_error();
	world_free(strict);
}

static void
a_machine_without_the_provider_is_told_what_to_install(void **state)
{
	struct scep_crypto	*crypto;
	struct scep_error	 err;

	(void)state;
	assert_int_equal(scep_crypto_new(NULL, &crypto, &err), SCEP_OK);
	assert_int_equal(setenv("OPENSSL_MODULES", "/nonexistent", 1), 0);
	assert_int_equal(scep_legacy_load(crypto, &err), SCEP_E_CONFIG);
	assert_int_equal(unsetenv("OPENSSL_MODULES"), 0);
	assert_non_null(strstr(err.text, "libssl3"));
	assert_non_null(strstr(err.text, "take des and md5 out"));
	assert_int_equal(ERR_peek_error(), 0);
	assert_null(scep_crypto_cipher(crypto, SCEP_DES));
	/* Installed since: a reload finds it. */
	assert_int_equal(scep_legacy_load(crypto, &err), SCEP_OK);
	assert_int_equal(scep_legacy_load(crypto, &err), SCEP_OK);
	assert_non_null(scep_crypto_cipher(crypto, SCEP_DES));
	scep_crypto_free(crypto);
}

static void
an_md5_signature_is_openssls_both_ways(void **state)
{
	struct scep_key_rules	 any = { SCEP_BIT(SCEP_KEY_RSA), 2048, 4096 };
	const struct scep_span	 data = scep_span_text("what is signed");
	struct scep_buf		 sig = { NULL, 0 };
	struct scep_cert	 cert;
	struct scep_key		 key;
	struct scep_error	 err;
	unsigned char		*der = NULL;
	EVP_MD_CTX		*ctx = EVP_MD_CTX_new();
	int			 len = i2d_X509(w->ra_cert, &der);

	(void)state;
	assert_int_equal(scep_cert_parse(w->crypto, scep_span_make(der,
	    (size_t)len), &cert, &err), SCEP_OK);
	assert_int_equal(scep_key_load(w->crypto, cert.spki, &any, &key,
	    &err), SCEP_OK);
	assert_int_equal(scep_key_sign(w->crypto, w->cfg->ca[0].ra_key,
	    SCEP_MD5, data, &sig, &err), SCEP_OK);
	assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, EVP_md5(), NULL,
	    w->ra_key), 1);
	assert_int_equal(EVP_DigestVerify(ctx, sig.data, sig.len, data.data,
	    data.len), 1);
	assert_int_equal(scep_key_verify(w->crypto, &key, SCEP_MD5, data,
	    scep_buf_span(&sig), &err), SCEP_OK);
	assert_int_equal(scep_key_verify(w->crypto, &key, SCEP_MD5,
	    scep_span_text("another"), scep_buf_span(&sig), &err),
	    SCEP_E_SIG);
	assert_int_equal(scep_key_verify(w->crypto, &key, SCEP_SHA1, data,
	    scep_buf_span(&sig), &err), SCEP_E_SIG);
	sig.data[9] ^= 1;
	assert_int_equal(scep_key_verify(w->crypto, &key, SCEP_MD5, data,
	    scep_buf_span(&sig), &err), SCEP_E_SIG);
	assert_int_equal(ERR_peek_error(), 0);
	EVP_MD_CTX_free(ctx);
	scep_buf_clear(&sig);
	scep_key_clear(&key);
	scep_cert_clear(&cert);
	OPENSSL_free(der);
}

/* ---- opening, with blocks of 8 ---- */

/* The octets as they are, under DES and this key, no padding added. */
static void
des_raw(const uint8_t *key, const uint8_t *iv, const uint8_t *in, size_t len,
    uint8_t *out)
{
	EVP_CIPHER_CTX	*ctx = EVP_CIPHER_CTX_new();
	int		 n;

	assert_int_equal(EVP_EncryptInit_ex2(ctx, scep_crypto_cipher(
	    w->crypto, SCEP_DES), key, iv, NULL), 1);
	assert_int_equal(EVP_CIPHER_CTX_set_padding(ctx, 0), 1);
	assert_int_equal(EVP_EncryptUpdate(ctx, out, &n, in, (int)len), 1);
	assert_int_equal(n, len);
	EVP_CIPHER_CTX_free(ctx);
}

/* RSA v1.5 to the RA. */
static size_t
wrapped(const uint8_t *key, size_t len, uint8_t out[512])
{
	EVP_PKEY_CTX	*ctx = EVP_PKEY_CTX_new(w->ra_key, NULL);
	size_t		 n = 512;

	assert_int_equal(EVP_PKEY_encrypt_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx,
	    RSA_PKCS1_PADDING), 1);
	assert_int_equal(EVP_PKEY_encrypt(ctx, out, &n, key, len), 1);
	EVP_PKEY_CTX_free(ctx);
	return n;
}

/* RFC 5652 section 6.3: every last octet, with all that it counts right, and
 * one of them wrong. */
static void
a_bad_padding_of_des_tells_nothing(void **state)
{
	static const uint8_t	 key[8] = { 1, 2, 4, 7, 8, 11, 13, 14 };
	static const uint8_t	 iv[8] = "87654321";
	struct scep_opener	 opener;
	struct scep_envelope	 env = { .n = 1, .cipher = SCEP_DES };
	struct scep_buf		 out = { NULL, 0 };
	struct scep_error	 err;
	uint8_t			 plain[24], ct[24], ek[512];
	unsigned int		 n, spoil;
	int			 good;

	(void)state;
	assert_int_equal(scep_opener_init(w->crypto, &w->cfg->ca[0].ra_cert,
	    w->cfg->ca[0].ra_key, &opener, &err), SCEP_OK);
	env.recipient[0].wrap_known = 1;
	env.recipient[0].encrypted_key = scep_span_make(ek, wrapped(key,
	    sizeof(key), ek));
	env.iv = scep_span_make(iv, sizeof(iv));
	env.content = scep_span_make(ct, sizeof(ct));
	for (n = 0; n < 256; n++)
		for (spoil = 0; spoil < 8; spoil++) {
			memset(plain, 0x30, sizeof(plain));
			if (n > 0 && n <= 8)
				memset(plain + 24 - n, (int)n, n);
			plain[23] = (uint8_t)n;
			if (spoil > 0)		/* the one so far before */
				plain[23 - spoil] ^= 0x40;
			good = n >= 1 && n <= 8 && (spoil == 0 || spoil >= n);
			des_raw(key, iv, plain, sizeof(plain), ct);
			assert_int_equal(scep_envelope_open(w->crypto,
			    &opener, &env, 0, &out, &err), SCEP_OK);
			assert_int_equal(out.len, good ? 24 - n : 24);
			assert_int_equal(out.data[0], good ? 0x30 : 0);
			assert_memory_equal(out.data + 1, plain + 1,
			    out.len - 1);
		}
	scep_buf_clear(&out);
	scep_opener_clear(&opener);
}

/* A content key of another length than DES has is as good as none, and the
 * same message gives the same octets. */
static void
a_key_of_another_length_gives_a_substitute(void **state)
{
	static const uint8_t	 key[24] = "0123456789abcdef0123456";
	static const uint8_t	 iv[8] = "87654321";
	static const size_t	 lens[] = { 0, 7, 9, 16, 24 };
	struct scep_opener	 opener;
	struct scep_envelope	 env = { .n = 1, .cipher = SCEP_DES };
	struct scep_buf		 out = { NULL, 0 }, again = { NULL, 0 };
	struct scep_error	 err;
	uint8_t			 plain[16] = "0xxxxxxx\10\10\10\10\10\10\10";
	uint8_t			 ct[16], ek[512];
	size_t			 i;

	(void)state;
	plain[15] = 8;
	des_raw(key, iv, plain, sizeof(plain), ct);
	assert_int_equal(scep_opener_init(w->crypto, &w->cfg->ca[0].ra_cert,
	    w->cfg->ca[0].ra_key, &opener, &err), SCEP_OK);
	env.recipient[0].wrap_known = 1;
	env.iv = scep_span_make(iv, sizeof(iv));
	env.content = scep_span_make(ct, sizeof(ct));
	env.recipient[0].encrypted_key = scep_span_make(ek, wrapped(key, 8,
	    ek));
	assert_int_equal(scep_envelope_open(w->crypto, &opener, &env, 0,
	    &out, &err), SCEP_OK);
	assert_int_equal(out.len, 8);		/* the control */
	for (i = 0; i < LEN(lens); i++) {
		env.recipient[0].encrypted_key = scep_span_make(ek,
		    wrapped(key, lens[i], ek));
		assert_int_equal(scep_envelope_open(w->crypto, &opener, &env,
		    0, &out, &err), SCEP_OK);
		assert_int_equal(scep_envelope_open(w->crypto, &opener, &env,
		    0, &again, &err), SCEP_OK);
		assert_true(scep_span_equal(scep_buf_span(&out),
		    scep_buf_span(&again)));
		assert_true(out.len != 8 ||
		    memcmp(out.data, plain, 8) != 0);
	}
	scep_buf_clear(&out);
	scep_buf_clear(&again);
	scep_opener_clear(&opener);
}

/* Transactions keep the cipher's number. */
static void
the_numbers_in_the_store_stay(void **state)
{
	(void)state;
	assert_int_equal(SCEP_3DES, 0);
	assert_int_equal(SCEP_AES128, 1);
	assert_int_equal(SCEP_AES192, 2);
	assert_int_equal(SCEP_AES256, 3);
	assert_int_equal(SCEP_DES, 4);
}

static int
setup(void **state)
{
	struct scep_error	 err;

	(void)state;
	w = world_new(profiles);
	return scep_client_legacy() &&
	    scep_ra_new(w->crypto, w->ca, &ra, &err) == SCEP_OK ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	scep_ra_free(ra);
	world_free(w);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		conforms(each_digest_cipher_and_key_transport_is_mirrored,
		    "C-005 C-006 C-008 C-175 C-223 C-224 C-225 I-020 I-021 "
		    "T-47"),
		conforms(
		    a_profile_without_the_word_gives_bad_alg_beside_one_with_it,
		    "C-009 C-050 C-221 T-28 T-50 T-51"),
		conforms(what_no_word_stands_for_is_bad_alg_everywhere,
		    "C-221 T-52"),
		cmocka_unit_test(
		    the_signature_of_a_csr_follows_the_same_switch),
		conforms(a_self_signed_signer_may_be_sha1_and_not_md5,
		    "I-018 C-221"),
		conforms(a_poll_is_read_and_answered_in_them, "I-020 I-021"),
		conforms(
    capabilities_say_what_is_taken_and_nothing_old_is_standard,
		    "C-009 C-044 C-045 C-046 I-033"),
		cmocka_unit_test(what_is_hidden_works),
		conforms(without_such_a_profile_nothing_is_loaded, "T-50"),
		conforms(a_machine_without_the_provider_is_told_what_to_install,
		    "T-50"),
		cmocka_unit_test(an_md5_signature_is_openssls_both_ways),
		conforms(a_bad_padding_of_des_tells_nothing, "T-42"),
		conforms(a_key_of_another_length_gives_a_substitute, "T-40"),
		cmocka_unit_test(the_numbers_in_the_store_stay),
	};

	return cmocka_run_group_tests_name("legacy", tests, setup, teardown);
}
