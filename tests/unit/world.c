/* world.c - a small world for tests; see world.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/error.h"
#include "tests/unit/world.h"

#define DAY	86400L

static const char *const	files[] = { "ca.pem", "ca.key", "ra.pem",
	"ra.key", "challenge.key" };

static const char	challenge_key[] = "000102030405060708090a0b0c0d0e0f"
	"101112131415161718191a1b1c1d1e1f";

static const char	conf[] =
	"[server]\n"
	"default_profile = main\n"
	"[ca test]\n"
	"certificate = ca.pem\n"
	"key = ca.key\n"
	"ra_certificate = ra.pem\n"
	"ra_key = ra.key\n"
	"[profile main]\n"
	"authorise = challenge\n"
	"san_allow = DNS\n"
	"[profile manual]\n"
	"authorise = manual\n"
	"san_allow = DNS\n"
	"[profile both]\n"
	"authorise = challenge manual\n"
	"san_allow = DNS\n"
	"[profile tight]\n"
	"authorise = challenge manual\n"
	"subject_pattern.CN = dev-*\n"
	"san_allow = DNS\n"
	"san_pattern.DNS = *.example\n"
	"max_pending = 2\n"
	"max_pending_per_peer = 1\n"
	"[profile static]\n"
	"authorise = challenge\n"
	"key_types = rsa ec ed25519\n"
	"san_allow = DNS\n"
	"challenge_hash = ";

void
world_must_(int ok, const char *what, const char *file, int line)
{
	if (ok)
		return;
	(void)fprintf(stderr, "%s:%d: no world: %s\n", file, line, what);
	abort();
}

/* A key of the given context (NULL: libcrypto's own). */
static EVP_PKEY *
key_read(OSSL_LIB_CTX *ctx, int i)
{
	BIO		*bio = BIO_new_mem_buf(world_pem[i], -1);
	EVP_PKEY	*key;

	world_must(bio != NULL);
	key = PEM_read_bio_PrivateKey_ex(bio, NULL, NULL, NULL, ctx, NULL);
	world_must(key != NULL);
	BIO_free(bio);
	return key;
}

static void
add_ext(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION	*ext;
	X509V3_CTX	 ctx;

	X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
	world_must((ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value)) !=
	    NULL);
	world_must(X509_add_ext(cert, ext, -1) == 1);
	X509_EXTENSION_free(ext);
}

static X509 *
cert_make(const char *cn, EVP_PKEY *key, X509 *issuer, EVP_PKEY *by)
{
	X509		*cert = X509_new();
	const int	 is_ca = issuer == NULL;

	world_must(cert != NULL && X509_set_version(cert, 2) == 1);
	world_must(ASN1_INTEGER_set(X509_get_serialNumber(cert),
	    is_ca ? 1 : 2) == 1);
	world_must(X509_NAME_add_entry_by_txt(X509_get_subject_name(cert),
	    "CN", MBSTRING_UTF8, (const unsigned char *)cn, -1, -1, 0) == 1);
	world_must(X509_set_issuer_name(cert, X509_get_subject_name(
	    is_ca ? cert : issuer)) == 1);
	world_must(ASN1_TIME_set(X509_getm_notBefore(cert), WORLD_NOW -
	    DAY) != NULL);
	world_must(ASN1_TIME_set(X509_getm_notAfter(cert), WORLD_NOW +
	    3650 * DAY) != NULL);
	world_must(X509_set_pubkey(cert, key) == 1);
	add_ext(cert, NID_basic_constraints, is_ca ? "critical,CA:TRUE" :
	    "critical,CA:FALSE");
	add_ext(cert, NID_key_usage, is_ca ?
	    "critical,digitalSignature,keyCertSign,cRLSign" :
	    "critical,digitalSignature,keyEncipherment");
	add_ext(cert, NID_subject_key_identifier, "hash");
	world_must(X509_sign(cert, by, EVP_sha256()) > 0);
	return cert;
}

static FILE *
file_open(const struct world *w, const char *name)
{
	char	 path[128];
	FILE	*f;

	(void)snprintf(path, sizeof(path), "%s/%s", w->dir, name);
	world_must((f = fopen(path, "wx")) != NULL);
	world_must(fchmod(fileno(f), 0600) == 0);
	return f;
}

static void
file_cert(const struct world *w, const char *name, const X509 *cert)
{
	FILE	*f = file_open(w, name);

	world_must(PEM_write_X509(f, cert) == 1 && fclose(f) == 0);
}

static void
file_text(const struct world *w, const char *name, const char *text)
{
	FILE	*f = file_open(w, name);

	world_must(fputs(text, f) >= 0 && fclose(f) == 0);
}

static void
files_make(struct world *w)
{
	(void)strcpy(w->dir, "/tmp/world.XXXXXX");
	world_must(mkdtemp(w->dir) != NULL);
	file_cert(w, "ca.pem", w->ca_cert);
	file_text(w, "ca.key", world_pem[0]);
	file_cert(w, "ra.pem", w->ra_cert);
	file_text(w, "ra.key", world_pem[1]);
	file_text(w, "challenge.key", challenge_key);
}

static void
files_remove(const struct world *w)
{
	char	 path[128];
	size_t	 i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", w->dir, files[i]);
		(void)unlink(path);
	}
	(void)rmdir(w->dir);
}

void
world_static_hash(const char *profile, const char *challenge,
    char out[2 * SCEP_SHA256_LEN + 1])
{
	struct scep_config	*cfg = calloc(1, sizeof(*cfg));
	struct scep_crypto	*crypto;
	struct scep_error	 err;
	uint8_t			 key[32], mac[SCEP_SHA256_LEN];
	size_t			 i;

	world_must(cfg != NULL && scep_crypto_new(NULL, &crypto, &err) ==
	    SCEP_OK);
	for (i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)i;
	cfg->challenge_key.data = key;
	cfg->challenge_key.len = sizeof(key);
	world_must(scep_challenge_static(crypto, cfg, profile,
	    scep_span_text(challenge), mac, &err) == SCEP_OK);
	for (i = 0; i < sizeof(mac); i++)
		(void)snprintf(out + 2 * i, 3, "%02x", mac[i]);
	scep_crypto_free(crypto);
	free(cfg);
}

static void
configure(struct world *w, const char *more)
{
	char			 text[8192], path[128], hash[65];
	struct scep_conf	*parsed;
	struct scep_error	 err;

	world_static_hash("static", WORLD_STATIC, hash);
	(void)snprintf(path, sizeof(path), "%s/scep.conf", w->dir);
	world_must((size_t)snprintf(text, sizeof(text), "%s%s\n%s", conf,
	    hash, more != NULL ? more : "") < sizeof(text));
	if (scep_conf_parse(scep_span_text(text), path, &parsed, &err) !=
	    SCEP_OK ||
	    scep_config_parse(w->crypto, parsed, &w->cfg, &err) != SCEP_OK ||
	    scep_config_load(w->crypto, w->cfg, &err) != SCEP_OK)
		world_must_(0, err.text, __FILE__, __LINE__);
}

static void
people_make(struct world *w)
{
	char	 name[32];
	int	 i;

	w->ca_key = key_read(NULL, 0);
	w->ra_key = key_read(NULL, 1);
	w->ca_cert = cert_make("Test CA", w->ca_key, NULL, w->ca_key);
	w->ra_cert = cert_make("Test RA", w->ra_key, w->ca_cert, w->ca_key);
	for (i = 0; i < WORLD_KEYS; i++) {
		w->key[i] = key_read(NULL, 2 + i);
		(void)snprintf(name, sizeof(name), "/CN=device %d", i);
		w->self[i] = client_self_signed(w->key[i], name);
		world_must(w->self[i] != NULL);
	}
}

struct world *
world_new(const char *more)
{
	struct world		*w = calloc(1, sizeof(*w));
	struct scep_error	 err;

	world_must(w != NULL && (w->ctx = OSSL_LIB_CTX_new()) != NULL);
	w->dice = world_rand_load(w->ctx);
	world_must((w->deflt = OSSL_PROVIDER_load(w->ctx, "default")) !=
	    NULL);
	world_must(scep_crypto_new(w->ctx, &w->crypto, &err) == SCEP_OK);
	people_make(w);
	files_make(w);
	configure(w, more);
	world_empty(w);
	return w;
}

static void
memory_close(struct world *w)
{
	scep_ca_close(w->ca);
	scep_store_close(w->store);
	w->ca = NULL;
	w->store = NULL;
}

void
world_free(struct world *w)
{
	int	 i;

	memory_close(w);
	scep_config_free(w->cfg);
	files_remove(w);
	for (i = 0; i < WORLD_KEYS; i++) {
		EVP_PKEY_free(w->key[i]);
		X509_free(w->self[i]);
	}
	X509_free(w->ca_cert);
	X509_free(w->ra_cert);
	EVP_PKEY_free(w->ca_key);
	EVP_PKEY_free(w->ra_key);
	scep_crypto_free(w->crypto);
	(void)OSSL_PROVIDER_unload(w->deflt);
	(void)OSSL_PROVIDER_unload(w->dice);
	OSSL_LIB_CTX_free(w->ctx);
	free(w);
}

void
world_reseed(struct world *w, uint64_t seed)
{
	world_rand_seed(w->dice, seed);
}

void
world_empty(struct world *w)
{
	struct scep_error	 err;

	memory_close(w);
	world_must(scep_store_mem_open(&w->store, &err) == SCEP_OK);
	world_use(w, w->store);
}

void
world_use(struct world *w, struct scep_store *store)
{
	struct scep_error	 err;

	scep_ca_close(w->ca);
	world_must(scep_ca_open(w->crypto, w->cfg, store, &w->ca, &err) ==
	    SCEP_OK);
}

static void
challenge_names(const struct world_challenge *spec,
    struct scep_challenge *rec)
{
	struct scep_san_list	 san = { .n = 0 };
	struct scep_error	 err;
	size_t			 i;

	if (spec->subject != NULL) {
		world_must(scep_name_make(spec->subject, &rec->subject,
		    &err) == SCEP_OK);
		rec->subject_is = spec->subject_is != SCEP_SUBJECT_ANY ?
		    spec->subject_is : SCEP_SUBJECT_EXACT;
	}
	rec->binds_san = spec->binds_san;
	if (spec->dns == NULL)
		return;
	for (i = 0; spec->dns[i] != NULL; i++)
		world_must(scep_san_add(&san, SCEP_SAN_DNS,
		    scep_span_text(spec->dns[i]), &err) == SCEP_OK);
	world_must(scep_san_encode(&san, &rec->san, &err) == SCEP_OK);
	scep_san_clear(&san);
}

void
world_challenge(struct world *w, const struct world_challenge *spec,
    char text[SCEP_CHALLENGE_TEXT])
{
	struct scep_change	 change = { .n = 0 };
	struct scep_challenge	 rec;
	struct scep_error	 err;

	memset(&rec, 0, sizeof(rec));
	(void)snprintf(rec.profile, sizeof(rec.profile), "%s",
	    spec->profile != NULL ? spec->profile : "main");
	challenge_names(spec, &rec);
	rec.created = WORLD_NOW;
	rec.expires = WORLD_NOW + (spec->ttl != 0 ? spec->ttl : DAY);
	rec.purge = rec.expires + 30 * DAY;
	rec.uses = spec->uses != 0 ? spec->uses : 1;
	rec.reuse_s = spec->reuse_s;
	rec.max_wrong = spec->max_wrong;
	if (spec->not_before != 0)
		rec.not_before = WORLD_NOW + spec->not_before;
	if (spec->key != NULL) {
		rec.has_key = 1;
		memcpy(rec.key_sha256, spec->key, SCEP_SHA256_LEN);
	}
	rec.state = SCEP_CHALLENGE_LIVE;
	world_must(scep_challenge_mint(w->crypto, w->cfg, &rec, text, &err) ==
	    SCEP_OK);
	world_must(scep_challenge_write(&change, &rec, &err) == SCEP_OK);
	world_must(scep_store_commit(w->store, &change, &err) == SCEP_OK);
	scep_change_clear(&change);
	scep_challenge_clear(&rec);
}

static struct bytes
cert_der(const X509 *cert)
{
	struct bytes	 b = { NULL, 0 };
	int		 len = i2d_X509(cert, &b.data);

	world_must(len > 0);
	b.len = (size_t)len;
	return b;
}

static X509 *
signer_of(const struct world *w, const struct world_request *r)
{
	if (r->signer_cert != NULL)
		return r->signer_cert;
	return r->device != NULL ? r->device->self : w->self[r->signer];
}

static void
request_id(struct world *w, char out[SCEP_REQUEST_ID_LEN])
{
	(void)snprintf(out, SCEP_REQUEST_ID_LEN, "%016x",
	    __atomic_add_fetch(&w->requests, 1, __ATOMIC_RELAXED));
}

enum scep_err
world_enrol(struct world *w, const struct world_request *r,
    struct scep_answer *answer, struct scep_error *err)
{
	char			 id[SCEP_REQUEST_ID_LEN];
	struct bytes		 signer = cert_der(signer_of(w, r));
	struct scep_enrolment	 ask = {
		.profile = r->profile != NULL ? r->profile : "main",
		.request_id = id,
		.peer = r->peer != NULL ? r->peer : "192.0.2.1",
		.type = r->type != 0 ? r->type : SCEP_MSG_PKCSREQ,
		.txid = scep_span_text(r->txid),
		.signer = { signer.data, signer.len },
		.self_signed = r->signer_cert == NULL,
		.cipher = SCEP_AES128,
		.plaintext = { r->csr.data, r->csr.len },
	};
	enum scep_err		 rc;

	request_id(w, id);
	world_must(scep_crypto_sha256(w->crypto, ask.plaintext,
	    ask.content_sha256, err) == SCEP_OK);
	memcpy(ask.key_sha256, r->envelope != NULL ? r->envelope :
	    ask.content_sha256, SCEP_SHA256_LEN);
	rc = scep_ca_enrol(w->ca, WORLD_NOW + r->later, &ask, answer, err);
	bytes_free(&signer);
	return rc;
}

enum scep_err
world_poll(struct world *w, const struct world_request *r,
    struct scep_answer *answer, struct scep_error *err)
{
	char			 id[SCEP_REQUEST_ID_LEN];
	struct client_message	 m = {
		.type = SCEP_MSG_CERTPOLL,
		.txid = r->txid,
		.key = r->device != NULL ? r->device->key :
		    w->key[r->signer],
		.signer = signer_of(w, r),
		.recipient = { w->ra_cert },
		.content = client_issuer_and_subject(w->ca_cert, "/CN=x"),
	};
	struct bytes		 message;
	struct scep_poll	 ask = {
		.profile = r->profile != NULL ? r->profile : "main",
		.request_id = id,
		.peer = r->peer != NULL ? r->peer : "192.0.2.1",
	};
	enum scep_err		 rc;

	if (r->type != 0)
		m.type = r->type;
	request_id(w, id);
	message = client_message(&m);
	ask.message = scep_span_make(message.data, message.len);
	rc = scep_ca_poll(w->ca, WORLD_NOW + r->later, &ask, answer, err);
	bytes_free(&message);
	bytes_free(&m.content);
	return rc;
}

struct search {
	struct scep_span	 text;
	size_t			 rows, found;
};

static enum scep_err
look(void *arg, const struct scep_row *row, struct scep_error *err)
{
	struct search	*s = arg;

	(void)err;
	s->rows++;
	if (s->text.len > 0 && (memmem(row->key.data, row->key.len,
	    s->text.data, s->text.len) != NULL || memmem(row->value.data,
	    row->value.len, s->text.data, s->text.len) != NULL))
		s->found++;
	return SCEP_OK;
}

size_t
world_count(struct world *w, enum scep_table table)
{
	struct search		 s = { .rows = 0 };
	struct scep_error	 err;

	world_must(scep_store_scan(w->store, table, scep_span_make(NULL, 0),
	    look, &s, &err) == SCEP_OK);
	return s.rows;
}

int
world_holds(struct world *w, const char *text)
{
	struct search		 s = { .text = scep_span_text(text) };
	struct scep_error	 err;
	int			 t;

	for (t = 0; t < SCEP_T__MAX; t++)
		world_must(scep_store_scan(w->store, (enum scep_table)t,
		    scep_span_make(NULL, 0), look, &s, &err) == SCEP_OK);
	return s.found > 0;
}
