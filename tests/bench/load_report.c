/*
 * load_report.c - what bench-load says: one line of key=value, or JSON.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/bench/bench.h"
#include "tests/bench/load.h"

#define FAIL_INFOS	5
#define EXAMPLES	3

const char *const	load_kind_name[LOAD__MAX] = {
	[LOAD_ENROL] = "enrol",
	[LOAD_RENEW] = "renew",
	[LOAD_NOISE] = "noise",
	[LOAD_BADSIG] = "badsig",
	[LOAD_WRONG] = "wrong",
	[LOAD_GET] = "get",
};

const char *const	load_end_name[LOAD__END_MAX] = {
	[LOAD_NOT_SENT] = "not_sent",
	[LOAD_GRANTED] = "granted",
	[LOAD_REFUSED] = "refused",
	[LOAD_PENDING] = "pending",
	[LOAD_E_CONNECT] = "error_connect",
	[LOAD_E_CUT] = "error_cut",
	[LOAD_E_TIMEOUT] = "error_timeout",
	[LOAD_E_HTTP] = "error_http",
	[LOAD_E_BUSY] = "error_busy",
	[LOAD_E_MESSAGE] = "error_message",
	[LOAD_E_TXID] = "error_txid",
	[LOAD_E_NONCE] = "error_nonce",
	[LOAD_E_KEY] = "error_key",
	[LOAD_E_SUBJECT] = "error_subject",
	[LOAD_E_ISSUER] = "error_issuer",
	[LOAD_E_GRANTED] = "error_granted",
	[LOAD_E_DIFFERS] = "error_differs",
};

struct tally {
	long	 end[LOAD__END_MAX];
	long	 fail_info[FAIL_INFOS];
	long	 sent, errors;
	int64_t	*took;			/* of those sent, sorted */
	double	 mean_ns;
};

static int
number_cmp(const void *a, const void *b)
{
	const int64_t	 x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static void
tally_make(const struct load *l, struct tally *t)
{
	const struct load_request	*r;
	long				 i;

	memset(t, 0, sizeof(*t));
	t->took = bench_need(calloc((size_t)l->n, sizeof(*t->took)));
	for (i = 0; i < l->n; i++) {
		r = &l->request[i];
		t->end[r->end]++;
		t->errors += r->end >= LOAD_E_CONNECT;
		if (r->fail_info >= 0 && r->fail_info < FAIL_INFOS)
			t->fail_info[r->fail_info]++;
		if (r->end == LOAD_NOT_SENT)
			continue;
		t->mean_ns += (double)r->took_ns;
		t->took[t->sent++] = r->took_ns;
	}
	if (t->sent > 0)
		t->mean_ns /= (double)t->sent;
	qsort(t->took, (size_t)t->sent, sizeof(*t->took), number_cmp);
}

/* Microseconds that so many in a thousand took at most. */
static double
quantile(const struct tally *t, long per_mille)
{
	long	 i = (t->sent * per_mille + 999) / 1000 - 1;

	return t->sent == 0 ? 0 : (double)t->took[i < 0 ? 0 : i] / 1e3;
}

/* ---- two ways to write a key and a value ---- */

struct writer {
	FILE	*out;
	int	 json, n;
};

static void
key_put(struct writer *w, const char *prefix, const char *key)
{
	if (w->json)
		(void)fprintf(w->out, "%s\"%s%s\": ", w->n++ > 0 ? ", " : "{",
		    prefix, key);
	else
		(void)fprintf(w->out, "%s%s%s=", w->n++ > 0 ? " " : "",
		    prefix, key);
}

static void
count_put(struct writer *w, const char *key, long n)
{
	key_put(w, "", key);
	(void)fprintf(w->out, "%ld", n);
}

static void
real_put(struct writer *w, const char *prefix, const char *key, double x)
{
	key_put(w, prefix, key);
	(void)fprintf(w->out, "%.3f", x);
}

static void
kind_put(struct writer *w, const struct load *l)
{
	key_put(w, "", "kind");
	(void)fprintf(w->out, w->json ? "\"%s\"" : "%s",
	    load_kind_name[l->kind]);
	count_put(w, "connections", l->connections);
	if (l->rate > 0)
		real_put(w, "", "asked_rate", l->rate);
}

static void
counts_put(struct writer *w, const struct load *l, const struct tally *t)
{
	char	 name[32];
	int	 i;

	count_put(w, "sent", t->sent);
	for (i = LOAD_GRANTED; i < LOAD__END_MAX; i++)
		if (i < LOAD_PENDING || t->end[i] > 0)
			count_put(w, load_end_name[i], t->end[i]);
	for (i = 0; i < FAIL_INFOS; i++) {
		(void)snprintf(name, sizeof(name), "failinfo%d", i);
		if (t->fail_info[i] > 0)
			count_put(w, name, t->fail_info[i]);
	}
	count_put(w, "errors", t->errors);
	count_put(w, "duplicates", l->duplicates);
}

/* cpu_*_us: for each request that was sent. */
static void
times_put(struct writer *w, const struct load *l, const struct tally *t)
{
	const double	 sent = t->sent > 0 ? (double)t->sent : 1;
	const double	 s = l->took_ns > 0 ? (double)l->took_ns / 1e9 : 1;
	int		 i, j;

	real_put(w, "", "seconds", (double)l->took_ns / 1e9);
	real_put(w, "", "rate", (double)(t->sent - t->errors) / s);
	real_put(w, "", "mean_us", t->mean_ns / 1e3);
	real_put(w, "", "p50_us", quantile(t, 500));
	real_put(w, "", "p90_us", quantile(t, 900));
	real_put(w, "", "p99_us", quantile(t, 990));
	real_put(w, "", "max_us", quantile(t, 1000));
	real_put(w, "cpu_", "load_us", (double)l->cpu_ns / 1e3 / sent);
	for (i = 0; i < l->n_others; i++) {
		int64_t	 ns = l->other[i].cpu_ns;

		for (j = 0; j < i && strcmp(l->other[j].name,
		    l->other[i].name) != 0; j++)
			;
		if (j < i)
			continue;
		for (j = i + 1; j < l->n_others; j++)
			if (strcmp(l->other[j].name, l->other[i].name) == 0)
				ns += l->other[j].cpu_ns;
		real_put(w, "cpu_", l->other[i].name, (double)ns / 1e3 /
		    sent);
	}
}

static void
examples_print(const struct load *l)
{
	const struct load_request	*r;
	long				 i, n;

	for (i = n = 0; i < l->n && n < EXAMPLES; i++) {
		r = &l->request[i];
		if (r->end < LOAD_E_CONNECT)
			continue;
		(void)fprintf(stderr, "bench-load: request %ld: %s%s%s\n", i,
		    load_end_name[r->end], r->why[0] != '\0' ? ": " : "",
		    r->why);
		n++;
	}
}

void
load_report(const struct load *l, int json, FILE *out)
{
	struct writer	 w = { .out = out, .json = json };
	struct tally	 t;

	tally_make(l, &t);
	kind_put(&w, l);
	counts_put(&w, l, &t);
	times_put(&w, l, &t);
	(void)fprintf(out, "%s\n", json ? "}" : "");
	(void)fflush(out);
	free(t.took);
	examples_print(l);
}

int
load_verdict(const struct load *l)
{
	struct tally	 t;
	int		 wrong;

	tally_make(l, &t);
	free(t.took);
	wrong = t.errors > 0 || l->duplicates > 0 || t.sent == 0;
	if (l->kind == LOAD_ENROL || l->kind == LOAD_RENEW ||
	    l->kind == LOAD_GET)
		wrong = wrong || t.end[LOAD_GRANTED] != t.sent;
	else
		wrong = wrong || t.end[LOAD_REFUSED] != t.sent;
	return wrong;
}
