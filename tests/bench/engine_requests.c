/*
 * engine_requests.c - RA and CA in one process over a store in memory, as a
 * scep.conf has them, and the requests that they are measured with.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/pem.h>
#include <openssl/rand.h>

#include "base/error.h"
#include "ca/challenge.h"
#include "ca/local.h"
#include "cgi/state.h"
#include "tests/bench/bench.h"
#include "tests/bench/engine.h"

#define DEVICES		8
#define FEW		16		/* different ones of what leaves no
					   trace */
#define NOISE_LEN	2500

/* Requests of one kind. */
struct lot {
	struct engine	*engine;
	struct bytes	*message;
	long		 n;
	const char	*want;			/* in the log line */
	int		 spoil_challenge, spoil_signature, noise;
};

struct engine {
	struct scep_crypto	*crypto;
	struct scep_config	*cfg;
	struct scep_store	*store;
	struct scep_ca		*ca;
	struct scep_ra		*ra;
	X509			*ra_cert;	/* of the default context */
	time_t			 now;
	EVP_PKEY		*key[DEVICES];
	struct lot		 lot[ENGINE_KINDS];
	char			(*challenge)[SCEP_CHALLENGE_TEXT];
};

static void
must(enum scep_err rc, const struct scep_error *err)
{
	if (rc != SCEP_OK)
		bench_die("%s", err->text);
}

static void
challenge_make(const struct engine *e, char text[SCEP_CHALLENGE_TEXT])
{
	struct scep_change	 change = { .n = 0 };
	struct scep_challenge	 rec;
	struct scep_error	 err;

	memset(&rec, 0, sizeof(rec));
	(void)snprintf(rec.profile, sizeof(rec.profile), "%s",
	    scep_config_profile(e->cfg, "")->name);
	rec.created = e->now;
	rec.expires = rec.purge = e->now + 86400;
	rec.uses = 1;
	rec.state = SCEP_CHALLENGE_LIVE;
	must(scep_challenge_mint(e->crypto, e->cfg, &rec, text, &err), &err);
	must(scep_challenge_write(&change, &rec, &err), &err);
	must(scep_store_commit(e->store, &change, &err), &err);
	scep_change_clear(&change);
	scep_challenge_clear(&rec);
}

static struct bytes
noise(void)
{
	struct bytes	 b = { bench_need(OPENSSL_malloc(NOISE_LEN)),
			    NOISE_LEN };

	if (RAND_bytes(b.data, NOISE_LEN) != 1)
		bench_die("RAND_bytes");
	return b;
}

static void
message_make(void *arg, long i)
{
	struct lot		*lot = arg;
	struct engine		*e = lot->engine;
	char			 subject[64], txid[65], *challenge;
	struct client_message	 m = {
		.type = 19,
		.txid = txid,
		.key = e->key[i % DEVICES],
		.recipient = { e->ra_cert },
	};

	if (lot->noise) {
		lot->message[i] = noise();
		return;
	}
	challenge = e->challenge[i];
	if (lot->spoil_challenge)
		challenge[strlen(challenge) - 1] ^= 1;
	(void)snprintf(subject, sizeof(subject), "/CN=dev-%ld", i);
	(void)snprintf(txid, sizeof(txid), "%p%ld", (void *)lot, i);
	m.signer = client_self_signed(m.key, subject);
	m.content = client_csr(m.key, subject, challenge, NULL);
	lot->message[i] = client_message(&m);
	if (lot->spoil_signature)
		lot->message[i].data[lot->message[i].len - 1] ^= 1;
	bytes_free(&m.content);
	X509_free(m.signer);
}

static void
lot_make(struct engine *e, struct lot *lot, long n)
{
	long	 i;

	lot->engine = e;
	lot->n = n;
	lot->message = bench_need(calloc((size_t)n, sizeof(*lot->message)));
	e->challenge = bench_need(calloc((size_t)n, sizeof(*e->challenge)));
	for (i = 0; i < n && !lot->noise; i++)
		challenge_make(e, e->challenge[i]);
	bench_for_all(n, message_make, lot);
	free(e->challenge);
}

/* What is measured. */
static void
ask(void *arg, long i)
{
	const struct lot		*lot = arg;
	const struct bytes		*m = &lot->message[i % lot->n];
	const struct scep_http_request	 request = {
		.method = "POST",
		.path = "/",
		.query = "operation=PKIOperation",
		.peer = "192.0.2.7",
		.body = m->data,
		.body_len = m->len,
	};
	struct scep_http_response	 response;
	struct scep_line		 log = { .len = 0 };

	scep_ra_handle(lot->engine->ra, lot->engine->now, &request, &response,
	    &log);
	if (strstr(log.text, lot->want) == NULL)
		bench_die("no %s: %s", lot->want, log.text);
	scep_http_response_clear(&response);
}

static void
key_make(void *arg, long i)
{
	struct engine	*e = arg;

	e->key[i] = bench_need(EVP_RSA_gen(2048));
}

static void
open_all(struct engine *e, const char *conf)
{
	struct scep_error	 err;
	const unsigned char	*p;

	must(scep_crypto_new(NULL, &e->crypto, &err), &err);
	must(scep_state_config(e->crypto, conf, 1, &e->cfg, &err), &err);
	must(scep_store_mem_open(&e->store, &err), &err);
	must(scep_ca_open(e->crypto, e->cfg, e->store, &e->ca, &err), &err);
	must(scep_ra_new(e->crypto, e->ca, &e->ra, &err), &err);
	p = engine_ca(e)->ra_cert.der.data;
	e->ra_cert = bench_need(d2i_X509(NULL, &p,
	    (long)engine_ca(e)->ra_cert.der.len));
}

struct engine *
engine_new(const char *conf, struct engine_item item[ENGINE_KINDS],
    long n_granted, long n_refused)
{
	static const struct lot	 lots[ENGINE_KINDS] = {
		[ENGINE_GRANTED] = { .want = "result=granted" },
		[ENGINE_WRONG] = { .want = "result=refused",
		    .spoil_challenge = 1 },
		[ENGINE_BADSIG] = { .want = "result=refused",
		    .spoil_signature = 1 },
		[ENGINE_NOISE] = { .want = "result=", .noise = 1 },
	};
	static const char *const	 names[ENGINE_KINDS] = { "granted",
		"wrong", "badsig", "noise" };
	const long		 n[ENGINE_KINDS] = { n_granted, n_refused, FEW,
				    FEW };
	struct engine		*e = bench_need(calloc(1, sizeof(*e)));
	int			 i;

	e->now = time(NULL);
	bench_for_all(DEVICES, key_make, e);
	open_all(e, conf);
	for (i = 0; i < ENGINE_KINDS; i++) {
		e->lot[i] = lots[i];
		lot_make(e, &e->lot[i], n[i]);
		item[i].name = names[i];
		item[i].fn = ask;
		item[i].arg = &e->lot[i];
	}
	return e;
}

void
engine_free(struct engine *e)
{
	long	 i, k;

	for (k = 0; k < ENGINE_KINDS; k++) {
		for (i = 0; i < e->lot[k].n; i++)
			bytes_free(&e->lot[k].message[i]);
		free(e->lot[k].message);
	}
	for (i = 0; i < DEVICES; i++)
		EVP_PKEY_free(e->key[i]);
	X509_free(e->ra_cert);
	scep_ra_free(e->ra);
	scep_ca_close(e->ca);
	scep_store_close(e->store);
	scep_config_free(e->cfg);
	scep_crypto_free(e->crypto);
	free(e);
}

const struct scep_ca_conf *
engine_ca(const struct engine *e)
{
	return &e->cfg->ca[scep_config_profile(e->cfg, "")->ca];
}

OSSL_LIB_CTX *
engine_ctx(const struct engine *e)
{
	return e->crypto->ctx;
}
