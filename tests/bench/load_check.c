/*
 * load_check.c - the judge of the answers, after the clock has stopped: by
 * OpenSSL's CMS and X509 code, as in scep_client.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/bench.h"
#include "tests/bench/load.h"

#define SERIAL_TEXT	48

static void
fault(struct load_request *r, enum load_end end, const char *why)
{
	r->end = end;
	(void)snprintf(r->why, sizeof(r->why), "%.127s", why);
}

static int
same_subject(const X509 *cert, const char *subject)
{
	char	 text[128];

	(void)X509_NAME_oneline(X509_get_subject_name(cert), text,
	    sizeof(text));
	return strcmp(text, subject) == 0;
}

static void
check_cert(const struct load *l, struct load_request *r,
    const struct client_reply *reply)
{
	X509	*cert = reply->cert;

	if (cert == NULL)
		fault(r, LOAD_E_MESSAGE, "SUCCESS without a certificate");
	else if (EVP_PKEY_eq(X509_get0_pubkey(cert), r->key) != 1)
		fault(r, LOAD_E_KEY, "certificate for another key");
	else if (!same_subject(cert, r->subject))
		fault(r, LOAD_E_SUBJECT, "certificate for another subject");
	else if (X509_NAME_cmp(X509_get_issuer_name(cert),
	    X509_get_subject_name(l->ca)) != 0 ||
	    X509_verify(cert, X509_get0_pubkey(l->ca)) != 1)
		fault(r, LOAD_E_ISSUER, "certificate not signed by the CA");
	else {
		r->end = LOAD_GRANTED;
		X509_up_ref(cert);
		r->cert = cert;
	}
}

/* Does this CertRep answer this request? */
static void
check_reply(const struct load *l, struct load_request *r,
    const struct client_reply *reply)
{
	if (strcmp(reply->txid, r->txid) != 0)
		fault(r, LOAD_E_TXID, "another transactionID");
	else if (reply->recipient_nonce_len != CLIENT_NONCE ||
	    memcmp(reply->recipient_nonce, r->nonce, CLIENT_NONCE) != 0)
		fault(r, LOAD_E_NONCE, "another recipientNonce");
	else if (reply->status == 2) {
		r->end = LOAD_REFUSED;
		r->fail_info = reply->fail_info;
	} else if (reply->status == 3)
		r->end = LOAD_PENDING;
	else if (l->kind != LOAD_ENROL && l->kind != LOAD_RENEW)
		fault(r, LOAD_E_GRANTED, "granted what is to be refused");
	else
		check_cert(l, r, reply);
}

static void
check_same(const struct load *l, struct load_request *r)
{
	const struct load_request	*first = &l->request[0];

	if (r->answer_len != first->answer_len || memcmp(r->answer,
	    first->answer, r->answer_len) != 0)
		fault(r, LOAD_E_DIFFERS, "not what the first answer was");
}

/* What load_run() has put into end is what HTTP says. */
void
load_check_one(const struct load *l, struct load_request *r)
{
	struct client_reply	 reply;
	char			 text[64];

	if (r->end >= LOAD_E_CONNECT && r->http_status != 0) {
		(void)snprintf(text, sizeof(text), "HTTP status %d",
		    r->http_status);
		fault(r, r->end, text);
	}
	if (r->end != LOAD_GRANTED)
		return;
	if (l->kind == LOAD_GET) {
		check_same(l, r);
		return;
	}
	scep_client_reply_open(r->answer, r->answer_len, r->key, r->signer,
	    r->challenge, l->ra, &reply);
	if (reply.status == -1)
		fault(r, LOAD_E_MESSAGE, reply.why);
	else
		check_reply(l, r, &reply);
	scep_client_reply_clear(&reply);
}

static void
check_nth(void *arg, long i)
{
	struct load	*l = arg;

	load_check_one(l, &l->request[i]);
}

/* ---- serial numbers ---- */

struct serials {
	char	(*text)[SERIAL_TEXT];
	long	 n, room;
};

static void
serial_add(struct serials *all, const char *text)
{
	if (all->n == all->room) {
		all->room = 2 * all->room + 1024;
		all->text = bench_need(realloc(all->text, (size_t)all->room *
		    SERIAL_TEXT));
	}
	(void)snprintf(all->text[all->n++], SERIAL_TEXT, "%.47s", text);
}

static void
serial_add_cert(struct serials *all, const X509 *cert)
{
	BIGNUM	*bn = ASN1_INTEGER_to_BN(X509_get0_serialNumber(cert), NULL);
	char	*text = bench_need(BN_bn2hex(bench_need(bn)));

	serial_add(all, text);
	OPENSSL_free(text);
	BN_free(bn);
}

static void
serials_read(struct serials *all, const char *path)
{
	char	 line[SERIAL_TEXT + 2];
	FILE	*f;

	if (path == NULL || (f = fopen(path, "r")) == NULL)
		return;
	while (fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		serial_add(all, line);
	}
	(void)fclose(f);
}

static void
serials_append(const struct serials *all, long from, const char *path)
{
	FILE	*f;
	long	 i;

	if (path == NULL)
		return;
	if ((f = fopen(path, "a")) == NULL)
		bench_die("%s: %s", path, strerror(errno));
	for (i = from; i < all->n; i++)
		(void)fprintf(f, "%s\n", all->text[i]);
	(void)fclose(f);
}

static int
serial_cmp(const void *a, const void *b)
{
	return strcmp(a, b);
}

static long
repeated(const struct serials *all)
{
	long	 i, n = 0;

	if (all->n == 0)
		return 0;
	qsort(all->text, (size_t)all->n, SERIAL_TEXT, serial_cmp);
	for (i = 1; i < all->n; i++)
		n += strcmp(all->text[i - 1], all->text[i]) == 0;
	return n;
}

/* Those of this run that were there before, in it or in an earlier one. */
static long
duplicates(const struct load *l, const char *path)
{
	struct serials	 all = { .n = 0 }, earlier = { .n = 0 };
	long		 i, n;

	serials_read(&all, path);
	serials_read(&earlier, path);
	for (i = 0; i < l->n; i++) {
		if (l->request[i].cert != NULL)
			serial_add_cert(&all, l->request[i].cert);
		/* What it renews is in the file, if there is one. */
		if (l->kind == LOAD_RENEW && path == NULL)
			serial_add_cert(&all, l->request[i].signer);
	}
	serials_append(&all, earlier.n, path);
	n = repeated(&all) - repeated(&earlier);
	free(all.text);
	free(earlier.text);
	return n;
}

void
load_check(struct load *l, const char *serials)
{
	bench_for_all(l->n, check_nth, l);
	l->duplicates = duplicates(l, serials);
}
