/*
 * load.c - bench-load: enrolments by the thousand at any SCEP server, every
 * answer checked.
 *
 * usage: bench-load [-efgJ] [-C file | -c challenge] [-d digest] [-E cipher]
 *            [-j connections] [-K file] [-k keytype] [-m keys] [-n number]
 *            [-P name=pid[,pid…]]… [-r rate] [-S file] [-s prefix]
 *            [-T trick] [-t seconds] [-x kind] URL…
 *
 * All messages are made first, each with a transaction, a nonce and a subject
 * of its own; then the clock runs; then all answers are checked: the
 * signature by the RA's certificate of GetCACert, messageType, transactionID,
 * recipientNonce; that the device's key opens it; that the certificate is for
 * this key and subject, signed by the CA, and that no serial number comes
 * twice.  With several URLs, of one CA, the connections are spread over them.
 *
 *	-C file		challenges, one in each line, each used once
 *	-c challenge	one for all
 *	-d digest	of the messages: sha256, sha1, sha512, md5
 *	-E cipher	of the envelopes: aes128, aes256, 3des, des
 *	-e		with -r: at equal distances (else at random ones)
 *	-f		renewals: what was granted is renewed, and only that
 *			counts
 *	-g		plain GET of the URL as it is; all answers must be the
 *			same
 *	-J		JSON
 *	-j connections	that many, kept alive, one request each (1)
 *	-K file		the devices' keys, kept from run to run
 *	-k keytype	of the devices: rsa2048, rsa3072, rsa4096, p256
 *	-m keys		so many of them, in turns (16); see load_keys.c
 *	-n number	of requests (100)
 *	-P name=pid…	tell the CPU time of these processes, as cpu_NAME
 *	-r rate		requests a second, whether answered or not, at times
 *			fixed beforehand, from which latency counts
 *	-S file		serial numbers of earlier runs, to which these are added
 *	-s prefix	subjects are CN=PREFIX-NUMBER
 *	-T trick	before the check, spoil the answers: swap, repeat, flip
 *	-t seconds	begin no more after this time
 *	-x kind		enrol, or what is to be refused: noise, badsig, wrong
 *			(challenge)
 *
 * One line of key=value: counts; the rate of good answers a second; latency;
 * CPU time for each request in microseconds.  Exit status: 0 all as it should
 * be, 1 not, 2 usage or no start.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/rand.h>

#include "tests/bench/bench.h"
#include "tests/bench/load.h"

struct extras {
	const char	*key_file, *challenges, *challenge, *serials, *trick;
	const char	*cipher, *digest;
	int		 n_keys, json, renew;
};

__attribute__((noreturn))
static void
usage(void)
{
	bench_die("usage: bench-load [-efgJ] [-C file | -c challenge] "
	    "[-d digest]\n    [-E cipher] [-j connections] [-K file] "
	    "[-k keytype] [-m keys] [-n number]\n    [-P name=pid[,pid...]] "
	    "[-r rate] [-S file] [-s prefix] [-T trick] [-t seconds]\n"
	    "    [-x kind] URL...");
}

static enum load_kind
kind_read(const char *name)
{
	int	 i;

	for (i = 0; i < LOAD__MAX; i++)
		if (i != LOAD_RENEW && i != LOAD_GET &&
		    strcmp(name, load_kind_name[i]) == 0)
			return (enum load_kind)i;
	bench_die("%s: no kind; enrol, noise, badsig, wrong", name);
}

/* NAME=PID,PID… */
static void
pids_read(struct load *l, const char *text)
{
	const size_t	 len = strcspn(text, "=");
	const char	*p = text + len;
	int		 n;

	if (*p == '\0' || len >= sizeof(l->other[0].name))
		bench_die("%s: not NAME=PID,PID", text);
	while (*p != '\0') {
		if (l->n_others == LOAD_PIDS)
			bench_die("more than %d processes", LOAD_PIDS);
		memcpy(l->other[l->n_others].name, text, len);
		if (sscanf(p + 1, "%d%n", &l->other[l->n_others].pid, &n) !=
		    1 || (p[1 + n] != ',' && p[1 + n] != '\0'))
			bench_die("%s: not NAME=PID,PID", text);
		l->n_others++;
		p += 1 + n;
	}
}

static void
algorithms_read(struct load *l, const struct extras *x)
{
	static const struct {
		const char		*name;
		const EVP_CIPHER	*(*cipher)(void);
		const EVP_MD		*(*digest)(void);
	} table[] = {
		{ "aes128", EVP_aes_128_cbc, NULL },
		{ "aes256", EVP_aes_256_cbc, NULL },
		{ "3des", EVP_des_ede3_cbc, NULL },
		{ "des", EVP_des_cbc, NULL },
		{ "sha256", NULL, EVP_sha256 },
		{ "sha1", NULL, EVP_sha1 },
		{ "sha512", NULL, EVP_sha512 },
		{ "md5", NULL, EVP_md5 },
	};
	size_t			 i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (table[i].cipher != NULL &&
		    strcmp(table[i].name, x->cipher) == 0)
			l->cipher = table[i].cipher();
		if (table[i].digest != NULL &&
		    strcmp(table[i].name, x->digest) == 0)
			l->digest = table[i].digest();
	}
	if (l->cipher == NULL || l->digest == NULL)
		bench_die("%s, %s: no such cipher or digest", x->cipher,
		    x->digest);
}

/* 0: what is in optarg is for nobody. */
static int
option(struct load *l, struct extras *x, int c)
{
	char	*end = NULL;

	switch (c) {
	case 'C': x->challenges = optarg; break;
	case 'c': x->challenge = optarg; break;
	case 'd': x->digest = optarg; break;
	case 'E': x->cipher = optarg; break;
	case 'e': l->even = 1; break;
	case 'f': x->renew = 1; break;
	case 'g': l->kind = LOAD_GET; break;
	case 'J': x->json = 1; break;
	case 'j': l->connections = (int)bench_number_from(optarg, 1); break;
	case 'K': x->key_file = optarg; break;
	case 'k': l->key_type = optarg; break;
	case 'm': x->n_keys = (int)bench_number_from(optarg, 1); break;
	case 'n': l->n = bench_number_from(optarg, 1); break;
	case 'P': pids_read(l, optarg); break;
	case 'r': l->rate = strtod(optarg, &end); break;
	case 'S': x->serials = optarg; break;
	case 's': l->prefix = optarg; break;
	case 'T': x->trick = optarg; break;
	case 't':
		l->seconds_ns = (int64_t)(strtod(optarg, &end) * 1e9);
		break;
	case 'x': l->kind = kind_read(optarg); break;
	default: return 0;
	}
	return end == NULL || *end == '\0';
}

/* ---- the checks' own control: what a bad server would do ---- */

static void
swap(struct load *l)
{
	unsigned char	*first = l->request[0].answer;
	size_t		 len = l->request[0].answer_len;
	long		 i;

	for (i = 0; i + 1 < l->n; i++) {
		l->request[i].answer = l->request[i + 1].answer;
		l->request[i].answer_len = l->request[i + 1].answer_len;
	}
	l->request[i].answer = first;
	l->request[i].answer_len = len;
}

/* The last device gets once more what the first one got. */
static void
repeat(struct load *l)
{
	struct load_request	*last = &l->request[l->n - 1], copy;

	copy = l->request[0];
	copy.answer = bench_need(malloc(copy.answer_len));
	memcpy(copy.answer, l->request[0].answer, copy.answer_len);
	copy.body = last->body;
	if (copy.signer != NULL)
		X509_up_ref(copy.signer);
	X509_free(last->signer);
	free(last->answer);
	*last = copy;
}

static void
flip(struct load *l)
{
	long	 i;

	for (i = 0; i < l->n; i++)
		if (l->request[i].answer_len > 0)
			l->request[i].answer[l->request[i].answer_len / 2] ^=
			    1;
}

static void
trick(struct load *l, const char *name)
{
	static const struct {
		const char	*name;
		void		 (*fn)(struct load *l);
	} tricks[] = { { "swap", swap }, { "repeat", repeat },
		{ "flip", flip } };
	size_t			 i;

	for (i = 0; i < sizeof(tricks) / sizeof(tricks[0]); i++)
		if (strcmp(tricks[i].name, name) == 0) {
			tricks[i].fn(l);
			return;
		}
	bench_die("%s: no trick; swap, repeat, flip", name);
}

static void
prepare(struct load *l, const struct extras *x)
{
	if (l->kind == LOAD_GET)
		return;
	algorithms_read(l, x);
	/* Old servers answer with DES, whatever they are asked with. */
	if (!scep_client_legacy() && l->cipher == EVP_des_cbc())
		bench_die("this libcrypto has no DES");
	if (x->challenges != NULL)
		load_challenges_read(l, x->challenges);
	else if (x->challenge != NULL) {
		l->challenge = bench_need(calloc(1, sizeof(char *)));
		l->challenge[0] = bench_need(strdup(x->challenge));
		l->n_challenges = 1;
	}
	load_keys_make(l, x->key_file, x->n_keys);
	load_cacert_take(l);
}

/* A prefix that no other run has. */
static const char *
some_prefix(void)
{
	static char	 text[32];
	unsigned char	 b[4];

	if (RAND_bytes(b, sizeof(b)) != 1)
		bench_die("RAND_bytes");
	(void)snprintf(text, sizeof(text), "load-%02x%02x%02x%02x", b[0], b[1],
	    b[2], b[3]);
	return text;
}

static void
load_free(struct load *l)
{
	long	 i;

	for (i = 0; i < l->n; i++)
		load_request_clear(&l->request[i]);
	for (i = 0; i < l->n_keys; i++)
		EVP_PKEY_free(l->key[i]);
	X509_free(l->ca);
	X509_free(l->ra);
	free(l->request);
	free(l->key);
}

static void
measure(struct load *l, const struct extras *x)
{
	load_make(l);
	load_run(l);
	if (x->renew) {
		load_check(l, x->serials);
		load_renew(l);
		load_run(l);
	}
	if (x->trick != NULL)
		trick(l, x->trick);
	load_check(l, x->serials);
}

int
main(int argc, char *argv[])
{
	static struct load	 l = { .connections = 1, .n = 100,
				    .key_type = "rsa2048" };
	struct extras		 x = { .n_keys = 16, .cipher = "aes128",
				    .digest = "sha256" };
	int			 c, wrong;

	l.prefix = some_prefix();
	while ((c = getopt(argc, argv, "C:c:d:E:efgJj:K:k:m:n:P:r:S:s:T:t:x:"))
	    != -1)
		if (!option(&l, &x, c))
			usage();
	if (argc == optind || argc - optind > LOAD_URLS || l.rate < 0 ||
	    (x.renew && l.kind != LOAD_ENROL) || strlen(l.prefix) > 60)
		usage();
	for (; optind < argc; optind++)
		load_url_read(&l.url[l.n_urls++], argv[optind],
		    l.kind == LOAD_GET);
	prepare(&l, &x);
	measure(&l, &x);
	load_report(&l, x.json, stdout);
	wrong = load_verdict(&l);
	load_free(&l);
	return wrong;
}
