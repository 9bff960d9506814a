/*
 * t_conform_device.c - what a device may look like and what it may ask for:
 * it gets what it is granted, and nothing more.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/x509v3.h>

#include "tests/unit/conform.h"
#include "tests/unit/der_make.h"
#include "tests/unit/serving.h"

enum { UTF8 = 0x0c, PRINTABLE = 0x13, T61 = 0x14, IA5 = 0x16 };

#define CHALLENGE	"1.2.840.113549.1.9.7"
#define EXTREQ		"1.2.840.113549.1.9.14"
#define SHA256_RSA	"1.2.840.113549.1.1.11"

static const char	more[] =
	"[profile wide]\nauthorise = challenge\n"
	"subject_allow = CN O serialNumber unstructuredName "
	"unstructuredAddress\n";

/* A CSR of device 0 with these attributes. */
static struct bytes
csr_of(struct scep_span subject, struct scep_span attributes)
{
	struct scep_span	 der;
	struct bytes		 csr;

	der = der_signed(w->key[0], EVP_sha256(), der_alg(SHA256_RSA, 1),
	    SEQ(der_int(0), subject, der_spki(w->key[0]), DER(0xa0,
	    attributes)));
	csr.data = OPENSSL_memdup(der.data, der.len);
	csr.len = der.len;
	assert_non_null(csr.data);
	der_forget();
	return csr;
}

static struct scep_span
challenge(const char *text)
{
	return SEQ(der_oid(CHALLENGE), SET_OF(der_text(UTF8, text)));
}

/* A certificate for the key of device 0 with this keyUsage, or none. */
static X509 *
signer_with(const char *key_usage)
{
	X509		*x = client_self_signed(w->key[0],
			    "/CN=Anna Placeholder");
	X509_EXTENSION	*ext;

	if (key_usage == NULL)
		return x;
	ext = X509V3_EXT_conf_nid(NULL, NULL, NID_key_usage, key_usage);
	assert_non_null(ext);
	assert_int_equal(X509_add_ext(x, ext, -1), 1);
	assert_true(X509_sign(x, w->key[0], EVP_sha256()) > 0);
	X509_EXTENSION_free(ext);
	return x;
}

/* It names a person whom nobody else needs to know, and usages that are
 * neither for signing nor for decrypting. */
static void
a_self_signed_signer_may_have_any_name_and_usage(void **state)
{
	static const char *const	 usages[] = { NULL,
	    "digitalSignature,keyEncipherment", "critical,cRLSign",
	    "dataEncipherment" };
	struct bytes			 csr = client_csr(w->key[0],
					    "/CN=one", WORLD_STATIC, NULL);
	struct client_message		 m = serve_plain(0, 19, csr);
	struct served			 s;
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(usages) / sizeof(usages[0]); i++) {
		serve_empty(NULL);
		m.signer = signer_with(usages[i]);
		serve("/static", &m, &s);
		assert_int_equal(s.reply.status, 0);
		assert_non_null(strstr(s.log.text, "CN=one"));
		assert_null(strstr(s.log.text, "Anna"));
		served_clear(&s);
		X509_free(m.signer);
	}
	bytes_free(&csr);
}

/* As Cisco has it: one RDN of several attributes, old string types. */
static void
a_subject_comes_back_octet_by_octet(void **state)
{
	struct scep_span	 subject, name;
	struct bytes		 want, csr;
	struct client_message	 m;
	struct served		 s;
	unsigned char		*der = NULL;
	char			 ch[SCEP_CHALLENGE_TEXT];
	int			 len;

	(void)state;
	ask_mint("wide", ch);
	name = SET_OF(SEQ(der_oid("2.5.4.3"), der_text(PRINTABLE, "r1")),
	    SEQ(der_oid("2.5.4.5"), der_text(PRINTABLE, "FTX1")),
	    SEQ(der_oid("1.2.840.113549.1.9.2"), der_text(IA5, "r1.example")),
	    SEQ(der_oid("1.2.840.113549.1.9.8"), der_text(PRINTABLE,
	    "192.0.2.9")));
	subject = SEQ(der_rdn("2.5.4.10", T61, "Old"), name);
	want.data = OPENSSL_memdup(subject.data, subject.len);
	want.len = subject.len;
	csr = csr_of(subject, challenge(ch));
	m = serve_plain(0, 19, csr);
	serve("/wide", &m, &s);
	if (s.reply.status != 0)
		fail_msg("%s", s.log.text);
	len = i2d_X509_NAME(X509_get_subject_name(s.reply.cert), &der);
	assert_int_equal(len, want.len);
	assert_memory_equal(der, want.data, want.len);
	OPENSSL_free(der);
	served_clear(&s);
	bytes_free(&want);
	bytes_free(&csr);
}

static struct scep_span
extension(const char *type, const char *hex)
{
	return SEQ(der_oid(type), DER(0x04, der_hex(hex)));
}

/* The extensions of the certificate that comes of these attributes. */
static void
extensions_for(struct scep_span attributes, char out[512])
{
	struct bytes		 csr;
	struct client_message	 m;
	struct served		 s;
	const X509_EXTENSION	*ext;
	int			 i;

	serve_empty(NULL);
	csr = csr_of(SEQ(der_rdn("2.5.4.3", UTF8, "one")), attributes);
	m = serve_plain(0, 19, csr);
	serve("/static", &m, &s);
	if (s.reply.status != 0)
		fail_msg("%s", s.log.text);
	out[0] = '\0';
	for (i = 0; i < X509_get_ext_count(s.reply.cert); i++) {
		ext = X509_get_ext(s.reply.cert, i);
		OPENSSL_strlcat(out, OBJ_nid2sn(OBJ_obj2nid(
		    X509_EXTENSION_get_object(X509_get_ext(s.reply.cert,
		    i)))), 512);
		OPENSSL_strlcat(out, X509_EXTENSION_get_critical(ext) ?
		    "! " : " ", 512);
	}
	served_clear(&s);
	bytes_free(&csr);
}

/* keyUsage and extendedKeyUsage are the profile's, the rest is nobody's. */
static void
no_extension_is_copied_from_a_request(void **state)
{
	char	 plain[512], asked[512];

	(void)state;
	extensions_for(challenge(WORLD_STATIC), plain);
	extensions_for(der_join(challenge(WORLD_STATIC), SEQ(der_oid(EXTREQ),
	    SET_OF(SEQ(
	    extension("2.5.29.15", "03020780"),
	    extension("2.5.29.37", "300a06082b06010505070301"),
	    extension("2.5.29.30", "3000"),		/* nameConstraints */
	    extension("2.5.29.31", "3000"),		/* CRLs */
	    extension("2.5.29.32", "3000"),		/* policies */
	    extension("2.5.29.35", "3000"),		/* authority's key */
	    extension("2.5.29.14", "0404deadbeef"),	/* subject's key */
	    extension("1.3.6.1.5.5.7.1.1", "3000"),	/* AIA */
	    extension("1.2.3.4.5", "0500"))))), asked);
	assert_string_equal(asked, plain);
	assert_non_null(strstr(plain, "keyUsage! "));
	/* The control: names are for the asking. */
	extensions_for(der_join(challenge(WORLD_STATIC), SEQ(der_oid(EXTREQ),
	    SET_OF(SEQ(extension("2.5.29.17",
	    "3003820161"))))), asked);
	assert_non_null(strstr(asked, "subjectAltName"));
	assert_null(strstr(plain, "subjectAltName"));
}

static void
an_empty_challenge_is_none(void **state)
{
	static const int	 types[] = { UTF8, PRINTABLE, IA5, T61 };
	struct bytes		 csr;
	struct client_message	 m;
	struct served		 s;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		serve_empty(NULL);
		csr = csr_of(SEQ(der_rdn("2.5.4.3", UTF8, "one")),
		    SEQ(der_oid(CHALLENGE), SET_OF(der_text(types[i], ""))));
		m = serve_plain(0, 19, csr);
		serve("/both", &m, &s);
		assert_int_equal(s.reply.status, 3);
		served_clear(&s);
		serve("/main", &m, &s);
		assert_int_equal(s.reply.status, 2);
		assert_non_null(strstr(s.log.text, "no challenge"));
		served_clear(&s);
		bytes_free(&csr);
	}
	/* The control: one blank is a challenge, and a wrong one. */
	serve_request("/both", 0, "/CN=one", " ", &s);
	assert_int_equal(s.reply.status, 2);
	served_clear(&s);
}

int
main(void)
{
#define SHOWS(t, n)	conforms_setup(t, serve_empty, n)
	const struct CMUnitTest	 tests[] = {
		SHOWS(a_self_signed_signer_may_have_any_name_and_usage,
		    "C-122 C-123 C-235 T-81"),
		SHOWS(a_subject_comes_back_octet_by_octet,
		    "C-168 T-94"),
		SHOWS(no_extension_is_copied_from_a_request, "C-167 T-93"),
		SHOWS(an_empty_challenge_is_none, "C-144"),
	};
	int	 rc;

	serve_open(more);
	rc = cmocka_run_group_tests_name("conform_device", tests, NULL, NULL);
	serve_close();
	return rc;
}
