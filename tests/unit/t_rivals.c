/*
 * t_rivals.c - many at once, other machines, a store that fails; and that the
 * same world gives the same bytes (DESIGN 6).
 */
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/error.h"
#include "tests/unit/conform.h"
#include "tests/unit/renewing.h"
#include "tests/unit/tokens.h"

#define RIVALS	100
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ROUNDS	20
#else
#define ROUNDS	1000
#endif

/* A store that fails where it is told to, and a rival on another machine. */

struct broken {
	struct scep_store	 store;
	enum scep_err		 commit_fails;
	int			 commits, rivals;
	int			 slow;		/* a disk takes its time */
	void			(*rival)(void);
};

static struct broken	 broken;

static enum scep_err
broken_get(struct scep_store *store, enum scep_table table,
    struct scep_span key, struct scep_row *out, struct scep_error *err)
{
	(void)store;
	return scep_store_get(w->store, table, key, out, err);
}

static enum scep_err
broken_scan(struct scep_store *store, enum scep_table table,
    struct scep_span from, scep_row_fn fn, void *arg, struct scep_error *err)
{
	(void)store;
	return scep_store_scan(w->store, table, from, fn, arg, err);
}

static enum scep_err
broken_scan_index(struct scep_store *store, enum scep_index index,
    struct scep_span from, struct scep_span to, scep_row_fn fn, void *arg,
    struct scep_error *err)
{
	(void)store;
	return scep_store_scan_index(w->store, index, from, to, fn, arg, err);
}

static enum scep_err
broken_commit(struct scep_store *store, const struct scep_change *change,
    struct scep_error *err)
{
	const struct timespec	 disk = { 0, 20000000 };

	(void)store;
	(void)__atomic_add_fetch(&broken.commits, 1, __ATOMIC_RELAXED);
	if (broken.slow)
		(void)nanosleep(&disk, NULL);
	if (broken.commit_fails != SCEP_OK)
		return scep_fail(err, broken.commit_fails, "told to fail");
	if (broken.rivals > 0) {
		broken.rivals--;
		broken.rival();
	}
	return scep_store_commit(w->store, change, err);
}

static enum scep_err
broken_tend(struct scep_store *store, struct scep_error *err)
{
	(void)store;
	(void)err;
	return SCEP_OK;
}

static void
broken_close(struct scep_store *store)
{
	(void)store;
}

static const struct scep_store_ops	broken_ops = {
	.get = broken_get,
	.scan = broken_scan,
	.scan_index = broken_scan_index,
	.commit = broken_commit,
	.tend = broken_tend,
	.close = broken_close,
};

static void
use_broken(enum scep_err commit_fails)
{
	memset(&broken, 0, sizeof(broken));
	broken.store.ops = &broken_ops;
	broken.commit_fails = commit_fails;
	world_use(w, &broken.store);
}

struct rival {
	pthread_t		 thread;
	struct world_request	 r;
	char			 txid[16];
	enum scep_err		 rc;
	struct scep_answer	 answer;
	struct scep_error	 err;
};

static void *
run_rival(void *arg)
{
	struct rival	*rival = arg;

	rival->rc = world_enrol(w, &rival->r, &rival->answer, &rival->err);
	OPENSSL_thread_stop_ex(w->ctx);
	return NULL;
}

static void
run_all(struct rival *rivals)
{
	int	 i;

	for (i = 0; i < RIVALS; i++)
		world_must(pthread_create(&rivals[i].thread, NULL, run_rival,
		    &rivals[i]) == 0);
	for (i = 0; i < RIVALS; i++)
		world_must(pthread_join(rivals[i].thread, NULL) == 0);
}

/* SECURITY T4; a loser does not even sign. */
static void
of_a_hundred_with_one_challenge_one_wins(void **state)
{
	struct rival	*rivals = calloc(RIVALS, sizeof(*rivals));
	char		 ch[SCEP_CHALLENGE_TEXT], subject[32];
	const char	*serial = NULL;
	int		 i, winners = 0;

	(void)state;
	world_must(rivals != NULL);
	ask_mint("main", ch);
	use_broken(SCEP_OK);
	broken.slow = 1;
	for (i = 0; i < RIVALS; i++) {
		/* Each name its own, so that nobody is the winner's retry. */
		(void)snprintf(rivals[i].txid, sizeof(rivals[i].txid), "t%d",
		    i);
		(void)snprintf(subject, sizeof(subject), "/CN=rival-%d", i);
		rivals[i].r.txid = rivals[i].txid;
		rivals[i].r.signer = i % WORLD_KEYS;
		rivals[i].r.csr = client_csr(w->key[i % WORLD_KEYS], subject,
		    ch, NULL);
	}
	run_all(rivals);
	for (i = 0; i < RIVALS; i++) {
		assert_int_equal(rivals[i].rc, SCEP_OK);
		if (rivals[i].answer.outcome == SCEP_GRANTED) {
			winners++;
			serial = rivals[i].answer.serial;
		} else
			assert_non_null(strstr(rivals[i].answer.reason,
			    "used up"));
	}
	assert_int_equal(winners, 1);
	/* A loser does not even sign (DESIGN 5, Retries). */
	assert_int_equal(broken.commits, 1);
	assert_non_null(serial);
	assert_int_equal(ask_used(ch), 1);
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 1);
	assert_int_equal(world_count(w, SCEP_T_TRANSACTION), 1);
	assert_int_equal(world_count(w, SCEP_T_LOG), 1);
	for (i = 0; i < RIVALS; i++) {
		scep_answer_clear(&rivals[i].answer);
		bytes_free(&rivals[i].r.csr);
	}
	free(rivals);
}

/* The same challenge, as if it had never been used. */
static void
renew_challenge(const char *challenge)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_challenge	 rec;
	struct scep_error	 err;
	char			 id[SCEP_REC_NAME];

	world_must(scep_challenge_id(scep_span_text(challenge), id));
	world_must(scep_challenge_get(w->store, id, &rec, &err) == SCEP_OK);
	scep_challenge_clear(&rec);	/* its uses */
	rec.used = 0;
	world_must(scep_challenge_write(&change, &rec, &err) == SCEP_OK &&
	    scep_store_commit(w->store, &change, &err) == SCEP_OK);
	scep_change_clear(&change);
}

/* One of those that take part in all rounds. */
struct racer {
	struct rival		 rival;		/* r.csr and r.signer stay */
	int			 nr;
	long			 won;
};

static pthread_barrier_t	 line;

static void *
race(void *arg)
{
	struct racer	*racer = arg;
	struct rival	*rival = &racer->rival;
	int		 round;

	for (round = 0; round < ROUNDS; round++) {
		/* Another transaction, so that nobody is his own retry. */
		(void)snprintf(rival->txid, sizeof(rival->txid), "%d.%d",
		    round, racer->nr);
		(void)pthread_barrier_wait(&line);
		rival->rc = world_enrol(w, &rival->r, &rival->answer,
		    &rival->err);
		racer->won += rival->rc == SCEP_OK &&
		    rival->answer.outcome == SCEP_GRANTED;
		scep_answer_clear(&rival->answer);
		(void)pthread_barrier_wait(&line);
	}
	OPENSSL_thread_stop_ex(w->ctx);
	return NULL;
}

/* SECURITY T4: each round has one winner. */
static void
of_a_hundred_one_wins_a_thousand_times(void **state)
{
	struct racer	*racers = calloc(RIVALS, sizeof(*racers));
	char		 ch[SCEP_CHALLENGE_TEXT], subject[32];
	long		 won = 0;
	int		 i, round;

	(void)state;
	world_must(racers != NULL && pthread_barrier_init(&line, NULL,
	    RIVALS + 1) == 0);
	ask_mint("main", ch);
	for (i = 0; i < RIVALS; i++) {
		(void)snprintf(subject, sizeof(subject), "/CN=rival-%d", i);
		racers[i].nr = i;
		racers[i].rival.r.txid = racers[i].rival.txid;
		racers[i].rival.r.signer = i % WORLD_KEYS;
		racers[i].rival.r.csr = client_csr(w->key[i % WORLD_KEYS],
		    subject, ch, NULL);
		world_must(pthread_create(&racers[i].rival.thread, NULL,
		    race, &racers[i]) == 0);
	}
	for (round = 1; round <= ROUNDS; round++) {
		(void)pthread_barrier_wait(&line);	/* off they go */
		(void)pthread_barrier_wait(&line);	/* all are there */
		assert_int_equal(ask_used(ch), 1);
		assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), round);
		renew_challenge(ch);
	}
	for (i = 0; i < RIVALS; i++) {
		world_must(pthread_join(racers[i].rival.thread, NULL) == 0);
		won += racers[i].won;
		bytes_free(&racers[i].rival.r.csr);
	}
	assert_int_equal(won, ROUNDS);
	(void)pthread_barrier_destroy(&line);
	free(racers);
}

/* SECURITY T12: whoever recorded a message may send it for ever. */
static void
a_thousand_replays_get_one_serial(void **state)
{
	char			 ch[SCEP_CHALLENGE_TEXT];
	struct world_request	 r, other;
	struct outcome		 o;
	char			 serial[sizeof(o.answer.serial)];
	int			 i;

	(void)state;
	ask_mint("main", ch);
	r = ask_new(0, "t1", ch);
	o = ask_expect_keep(&r, "granted", "challenge");
	(void)strcpy(serial, o.answer.serial);
	scep_answer_clear(&o.answer);
	for (i = 1; i <= 1000; i++) {
		r.later = i;
		o = ask_expect_keep(&r, "granted", "granted before");
		assert_string_equal(o.answer.serial, serial);
		scep_answer_clear(&o.answer);
	}
	assert_int_equal(ask_used(ch), 1);
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 1);
	/* The control: another request under this transactionID. */
	other = ask_new(1, "t1", ch);
	ask_spend(&other, "refused", "used up");
	bytes_free(&r.csr);
}

/* SECURITY T12. */
static void
a_hundred_retries_get_one_serial(void **state)
{
	struct rival		*rivals = calloc(RIVALS, sizeof(*rivals));
	char			 ch[SCEP_CHALLENGE_TEXT];
	struct world_request	 r;
	int			 i, fresh = 0;

	(void)state;
	world_must(rivals != NULL);
	ask_mint("main", ch);
	r = ask_new(0, "t1", ch);
	for (i = 0; i < RIVALS; i++)
		rivals[i].r = r;
	run_all(rivals);
	for (i = 0; i < RIVALS; i++) {
		assert_int_equal(rivals[i].rc, SCEP_OK);
		assert_int_equal(rivals[i].answer.outcome, SCEP_GRANTED);
		assert_string_equal(rivals[i].answer.serial,
		    rivals[0].answer.serial);
		fresh += !rivals[i].answer.repeated;
	}
	for (i = 0; i < RIVALS; i++)
		scep_answer_clear(&rivals[i].answer);
	assert_int_equal(fresh, 1);
	assert_int_equal(ask_used(ch), 1);
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 1);
	bytes_free(&r.csr);
	free(rivals);
}

static void
when_the_commit_fails_nothing_happened(void **state)
{
	char			 ch[SCEP_CHALLENGE_TEXT];
	struct world_request	 r;
	struct outcome		 o;

	(void)state;
	ask_mint("main", ch);
	use_broken(SCEP_E_STORE);
	r = ask_new(0, "t1", ch);
	o = ask_expect_keep(&r, "store", "told to fail");
	assert_int_equal(broken.commits, 1);
	assert_int_equal(o.answer.cert.len, 0);
	assert_int_equal(o.answer.serial[0], 0);
	assert_int_equal(ask_used(ch), 0);
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 0);
	assert_int_equal(world_count(w, SCEP_T_TRANSACTION), 0);
	assert_int_equal(world_count(w, SCEP_T_LOG), 0);
	broken.commit_fails = SCEP_OK;
	ask_spend(&r, "granted", "challenge");
	assert_int_equal(ask_used(ch), 1);
}

static void
who_is_always_overtaken_is_told_to_try_again(void **state)
{
	struct world_request	 r;

	(void)state;
	use_broken(SCEP_E_CHANGED);
	r = ask_new(0, "t1", NULL);
	r.profile = "manual";
	ask_expect(&r, "try again", "overtaken");
	assert_int_equal(broken.commits, 5);
	broken.commit_fails = SCEP_OK;
	ask_spend(&r, "pending", "queued");
}

static char	 rivals_challenge[SCEP_CHALLENGE_TEXT];

static void
revoke_it(void)
{
	ask_revoke(rivals_challenge);
}

static void
a_challenge_revoked_in_between_is_not_used(void **state)
{
	struct world_request	 r;

	(void)state;
	ask_mint("main", rivals_challenge);
	use_broken(SCEP_OK);
	broken.rivals = 1;
	broken.rival = revoke_it;
	r = ask_new(0, "t1", rivals_challenge);
	ask_spend(&r, "refused", "revoked");
	assert_int_equal(broken.commits, 1);
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 0);
	ask_mint("main", rivals_challenge);
	r = ask_new(0, "t1", rivals_challenge);
	ask_spend(&r, "granted", "challenge");
}

static char	 rivals_token[SCEP_TOKEN_MAX + 1];

/* Another machine has other locks: what tells it is the row of its use. */
static void
use_it(void)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_challenge	 rec;
	struct scep_token	 t;
	struct scep_error	 err;

	world_must(scep_token_read(scep_span_text(rivals_token), &t, &err) ==
	    SCEP_OK && scep_token_record(&t, &rec, &err) == SCEP_OK);
	rec.used = 1;
	world_must(scep_challenge_write(&change, &rec, &err) == SCEP_OK &&
	    scep_store_commit(w->store, &change, &err) == SCEP_OK);
	scep_change_clear(&change);
	scep_challenge_clear(&rec);
}

/* SECURITY T4. */
static void
a_token_used_elsewhere_in_between_is_used_up(void **state)
{
	struct world_request	 r;
	struct minter		 m;

	(void)state;
	tokens_hmac(&m, NULL);
	tokens_mint(&m, NULL, rivals_token);
	use_broken(SCEP_OK);
	broken.rivals = 1;
	broken.rival = use_it;
	r = ask_new(0, "t1", rivals_token);
	ask_spend(&r, "refused", "used up");
	assert_int_equal(broken.commits, 1);
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 0);
	tokens_mint(&m, NULL, rivals_token);
	r = ask_new(0, "t1", rivals_token);
	ask_spend(&r, "granted", "challenge");
	tokens_clear(&m);
}

/* Renewals. */

struct renewing_rival {
	pthread_t		 thread;
	const struct renewal	*r;
	struct outcome		 o;
};

static void *
run_renewal(void *arg)
{
	struct renewing_rival	*rival = arg;

	rival->o = renewing_try(rival->r);
	OPENSSL_thread_stop_ex(w->ctx);
	return NULL;
}

/* SECURITY T4, T12. */
static void
of_a_hundred_renewals_by_one_message_one_issues(void **state)
{
	struct renewing_rival	*rivals = calloc(RIVALS, sizeof(*rivals));
	struct renewal		 r = { .old = renewing_first("static", NULL) };
	struct bytes		 message = renewing_message(&r);
	int			 i, fresh = 0;

	(void)state;
	world_must(rivals != NULL);
	r.message = &message;
	use_broken(SCEP_OK);
	broken.slow = 1;
	for (i = 0; i < RIVALS; i++) {
		rivals[i].r = &r;
		world_must(pthread_create(&rivals[i].thread, NULL,
		    run_renewal, &rivals[i]) == 0);
	}
	for (i = 0; i < RIVALS; i++)
		world_must(pthread_join(rivals[i].thread, NULL) == 0);
	for (i = 0; i < RIVALS; i++) {
		assert_int_equal(rivals[i].o.rc, SCEP_OK);
		assert_int_equal(rivals[i].o.answer.outcome, SCEP_GRANTED);
		assert_string_equal(rivals[i].o.answer.serial,
		    rivals[0].o.answer.serial);
		fresh += !rivals[i].o.answer.repeated;
	}
	for (i = 0; i < RIVALS; i++)
		scep_answer_clear(&rivals[i].o.answer);
	assert_int_equal(fresh, 1);
	assert_int_equal(broken.commits, 1);
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 2);
	bytes_free(&message);
	X509_free(r.old);
	free(rivals);
}

static X509	*rivals_old;

static void
revoke_the_old(void)
{
	renewing_revoke(rivals_old);
}

static void
a_signer_revoked_in_between_renews_nothing(void **state)
{
	struct renewal	 r = { .old = renewing_first("static", NULL) };

	(void)state;
	rivals_old = r.old;
	renewing(&r, "granted", "renewal");
	use_broken(SCEP_OK);
	broken.rivals = 1;
	broken.rival = revoke_the_old;
	r.txid = "r2";
	renewing(&r, "refused", "the signer was revoked");
	assert_int_equal(broken.commits, 1);
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 2);
	X509_free(r.old);
}

/* On another machine: other locks, the same rows. */
static void
queue_another(void)
{
	struct scep_ca		*ours = w->ca;
	struct world_request	 r = ask_new(0, "t1", NULL);

	w->ca = NULL;
	world_use(w, w->store);
	r.profile = "manual";
	bytes_free(&r.csr);
	r.csr = client_csr(w->key[0], "/CN=dev-0-other", NULL, NULL);
	ask_spend(&r, "pending", "queued");
	scep_ca_close(w->ca);
	w->ca = ours;
}

/* SECURITY T4, T12. */
static void
of_two_requests_under_one_transaction_one_waits(void **state)
{
	struct world_request	 r;

	(void)state;
	use_broken(SCEP_OK);
	broken.rivals = 1;
	broken.rival = queue_another;
	r = ask_new(0, "t1", NULL);
	r.profile = "manual";
	ask_spend(&r, "refused", "is pending");
	assert_int_equal(broken.commits, 1);
	assert_int_equal(world_count(w, SCEP_T_PENDING), 1);
}

/* DESIGN 6. */
static struct scep_buf
certificate_of_a_world(uint64_t seed)
{
	static const char *const	 dns[] = { "a.example", NULL };
	const struct world_challenge	 spec = { .dns = dns };
	struct world			*outer = w;
	char				 ch[SCEP_CHALLENGE_TEXT];
	struct scep_buf			 out = { NULL, 0 };
	struct world_request		 r;
	struct outcome			 o;

	w = world_new(NULL);
	world_reseed(w, seed);
	world_challenge(w, &spec, ch);
	r = ask_new(0, "t1", ch);
	bytes_free(&r.csr);
	r.csr = client_csr(w->key[0], "/CN=dev-0", ch, dns);
	o = ask_expect_keep(&r, "granted", "challenge");
	out = o.answer.cert;		/* transferred */
	bytes_free(&r.csr);
	world_free(w);
	w = outer;
	return out;
}

static void
the_same_world_gives_the_same_bytes(void **state)
{
	struct scep_buf	 a = certificate_of_a_world(7);
	struct scep_buf	 b = certificate_of_a_world(7);
	struct scep_buf	 c = certificate_of_a_world(8);

	(void)state;
	assert_true(scep_span_equal(scep_buf_span(&a), scep_buf_span(&b)));
	assert_false(scep_span_equal(scep_buf_span(&a), scep_buf_span(&c)));
	scep_buf_clear(&a);
	scep_buf_clear(&b);
	scep_buf_clear(&c);
}

static void
reseeded_a_world_repeats_itself(void **state)
{
	char			 first[48] = "";
	struct world_request	 r = ask_new(0, "t1", WORLD_STATIC);
	struct outcome		 o;
	int			 i;

	(void)state;
	r.profile = "static";
	for (i = 0; i < 3; i++) {
		world_empty(w);
		world_reseed(w, i < 2 ? 3 : 4);
		o = ask_expect_keep(&r, "granted", "static challenge");
		if (i == 0)
			(void)strcpy(first, o.answer.serial);
		else if (i == 1)
			assert_string_equal(first, o.answer.serial);
		else
			assert_string_not_equal(first, o.answer.serial);
		scep_answer_clear(&o.answer);
	}
	bytes_free(&r.csr);
}

/* DESIGN 7.6, SECURITY T3. */
static void
no_secret_is_in_the_store_or_in_an_answer(void **state)
{
	char			 ch[SCEP_CHALLENGE_TEXT];
	struct world_request	 r;
	struct outcome		 o;

	(void)state;
	ask_mint("both", ch);
	r = ask_new(0, "t1", ch);
	r.profile = "both";
	o = ask_expect_keep(&r, "granted", "challenge");
	assert_null(strstr(o.answer.reason, ch + 11));
	assert_null(strstr(o.answer.authority, ch + 11));
	assert_null(memmem(o.answer.cert.data, o.answer.cert.len, ch + 11,
	    26));
	scep_answer_clear(&o.answer);
	bytes_free(&r.csr);
	assert_false(world_holds(w, ch + 11));
	ch[10] = '\0';		/* the control: its id is */
	assert_true(world_holds(w, ch));
	r = ask_new(1, "t1", "not-so-secret");
	r.profile = "both";
	o = ask_expect_keep(&r, "refused", "unknown");
	assert_null(strstr(o.answer.reason, "not-so-secret"));
	scep_answer_clear(&o.answer);
	bytes_free(&r.csr);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test_setup(
		    of_a_hundred_with_one_challenge_one_wins,
		    ask_empty),
		cmocka_unit_test_setup(
		    of_a_hundred_one_wins_a_thousand_times, ask_empty),
		cmocka_unit_test_setup(a_thousand_replays_get_one_serial,
		    ask_empty),
		conforms_setup(a_hundred_retries_get_one_serial, ask_empty,
		    "C-205 C-213"),
		conforms_setup(when_the_commit_fails_nothing_happened,
		    ask_empty, "C-176 T-100"),
		cmocka_unit_test_setup(
		    who_is_always_overtaken_is_told_to_try_again,
		    ask_empty),
		cmocka_unit_test_setup(
		    a_challenge_revoked_in_between_is_not_used,
		    ask_empty),
		cmocka_unit_test_setup(
		    a_token_used_elsewhere_in_between_is_used_up,
		    ask_empty),
		conforms_setup(of_two_requests_under_one_transaction_one_waits,
		    ask_empty, "C-206 T-100"),
		conforms_setup(
		    of_a_hundred_renewals_by_one_message_one_issues,
		    ask_empty, "C-205 C-213"),
		conforms_setup(
		    a_signer_revoked_in_between_renews_nothing,
		    ask_empty, "C-130"),
		cmocka_unit_test_setup(
		    the_same_world_gives_the_same_bytes,
		    ask_empty),
		cmocka_unit_test_setup(
		    reseeded_a_world_repeats_itself,
		    ask_empty),
		conforms_setup(no_secret_is_in_the_store_or_in_an_answer,
		    ask_empty, "C-145 C-149"),
	};
	int	 rc;

	w = world_new(NULL);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	world_free(w);
	return rc;
}
