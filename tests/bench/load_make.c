/*
 * load_make.c - what bench-load sends: certificates, messages, made before the
 * clock starts.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/rand.h>

#include "tests/bench/bench.h"
#include "tests/bench/load.h"

#define NOISE_LEN	2500		/* about a PKCSReq */
#define MSG_PKCSREQ	19
#define MSG_RENEWALREQ	17

/* One in each line. */
void
load_challenges_read(struct load *l, const char *path)
{
	size_t	 len;
	char	*text = (char *)bench_read(path, &len), *line, *save = NULL;

	l->challenge = bench_need(calloc(len / 2 + 1, sizeof(char *)));
	for (line = strtok_r(text, "\r\n", &save); line != NULL;
	    line = strtok_r(NULL, "\r\n", &save))
		l->challenge[l->n_challenges++] = line;
	if (l->n_challenges == 0)
		bench_die("%s: no challenge", path);
}

/* An end entity's certificate is the RA's; without one the CA is its own. */
void
load_cacert_take(struct load *l)
{
	STACK_OF(X509)	*certs;
	X509		*cert;
	unsigned char	*answer;
	size_t		 len;
	int		 bundle, i;

	answer = load_fetch(&l->url[0], "operation=GetCACert", &len, &bundle);
	certs = scep_client_cacert(answer, len, bundle);
	for (i = 0; i < sk_X509_num(certs); i++) {
		cert = sk_X509_value(certs, i);
		if (X509_check_ca(cert) == 0 && l->ra == NULL)
			l->ra = cert;
		else if (X509_check_ca(cert) != 0 && l->ca == NULL)
			l->ca = cert;
	}
	if (l->ca == NULL)
		bench_die("%s: no CA certificate in GetCACert's answer",
		    l->url[0].host);
	X509_up_ref(l->ca);
	if (l->ra == NULL)
		l->ra = l->ca;
	X509_up_ref(l->ra);
	sk_X509_pop_free(certs, X509_free);
	free(answer);
}

static const char *
challenge_of(const struct load *l, long i)
{
	if (l->n_challenges == 1)
		return l->challenge[0];
	return l->n_challenges == 0 ? NULL : l->challenge[i];
}

/* The same with its last letter changed: just as long, and wrong. */
static char *
spoil(const char *challenge)
{
	char	*copy = bench_need(strdup(challenge != NULL ? challenge :
		    "none"));
	char	*last = copy + strlen(copy) - 1;

	*last = *last == 'a' ? 'b' : 'a';
	return copy;
}

static void
noise_make(struct load_request *r)
{
	r->body.len = NOISE_LEN;
	r->body.data = bench_need(OPENSSL_malloc(r->body.len));
	if (RAND_bytes(r->body.data, (int)r->body.len) != 1)
		bench_die("RAND_bytes");
}

static void
message_make(const struct load *l, struct load_request *r,
    const char *challenge)
{
	struct client_message	 m = {
		.type = l->kind == LOAD_RENEW ? MSG_RENEWALREQ : MSG_PKCSREQ,
		.txid = r->txid,
		.nonce = r->nonce,
		.key = r->key,
		.signer = r->signer,
		.recipient = { l->ra },
		.cipher = l->cipher,
		.digest = l->digest,
	};

	m.content = client_csr(r->key, r->subject, challenge, NULL);
	r->body = client_message(&m);
	bytes_free(&m.content);
	/* The signature's value is the last of a message. */
	if (l->kind == LOAD_BADSIG)
		r->body.data[r->body.len - 1] ^= 1;
}

static void
ids_make(struct load_request *r)
{
	unsigned char	 bytes[16];
	int		 i;

	if (RAND_bytes(bytes, sizeof(bytes)) != 1 ||
	    RAND_bytes(r->nonce, sizeof(r->nonce)) != 1)
		bench_die("RAND_bytes");
	for (i = 0; i < 16; i++)
		(void)snprintf(r->txid + 2 * i, 3, "%02x", bytes[i]);
}

static void
make_one(void *arg, long i)
{
	struct load		*l = arg;
	struct load_request	*r = &l->request[i];
	char			*wrong = NULL;

	ids_make(r);
	if (l->kind == LOAD_NOISE) {
		noise_make(r);
		return;
	}
	if (r->signer == NULL) {
		r->key = l->key[i % l->n_keys];
		r->challenge = challenge_of(l, i);
		(void)snprintf(r->subject, sizeof(r->subject), "/CN=%s-%ld",
		    l->prefix, i);
		r->signer = client_self_signed(r->key, r->subject);
	}
	if (l->kind == LOAD_WRONG)
		wrong = spoil(r->challenge);
	message_make(l, r, l->kind == LOAD_RENEW ? NULL : wrong != NULL ?
	    wrong : r->challenge);
	free(wrong);
}

/* Exponential distances: arrivals that know nothing of each other.  The same
 * in every run. */
static void
arrivals_make(struct load *l)
{
	unsigned short	 seed[3] = { 1, 2, 3 };
	double		 at = 0, u;
	long		 i;

	for (i = 0; i < l->n; i++) {
		u = 1 - erand48(seed);
		at += (l->even ? 1 : -log(u)) / l->rate;
		l->request[i].due_ns = 1 + (int64_t)(at * 1e9);
	}
}

static void
start_over(struct load_request *r)
{
	free(r->answer);
	r->answer = NULL;
	r->answer_len = 0;
	r->end = LOAD_NOT_SENT;
	r->fail_info = -1;
	r->why[0] = '\0';
	r->due_ns = 0;
}

void
load_make(struct load *l)
{
	long	 i;

	if (l->n_challenges > 1 && l->n_challenges < l->n)
		bench_die("%ld challenges for %ld requests", l->n_challenges,
		    l->n);
	if (l->request == NULL)
		l->request = bench_need(calloc((size_t)l->n,
		    sizeof(*l->request)));
	for (i = 0; i < l->n; i++)
		start_over(&l->request[i]);
	if (l->kind != LOAD_GET)
		bench_for_all(l->n, make_one, l);
	if (l->rate > 0)
		arrivals_make(l);
}

/* Those without a certificate are left out. */
void
load_renew(struct load *l)
{
	struct load_request	*r;
	long			 i, n = 0;

	for (i = 0; i < l->n; i++) {
		r = &l->request[i];
		bytes_free(&r->body);
		X509_free(r->signer);
		r->signer = r->cert;
		r->cert = NULL;
		if (r->signer != NULL)
			l->request[n++] = *r;
		else
			free(r->answer);
	}
	if ((l->n = n) == 0)
		bench_die("nothing was granted, so there is nothing to renew");
	l->kind = LOAD_RENEW;
	load_make(l);
}

void
load_request_clear(struct load_request *r)
{
	bytes_free(&r->body);
	X509_free(r->signer);
	X509_free(r->cert);
	free(r->answer);
}
