/*
 * courier.c - threads that hand notices over.
 *
 * Nothing of the store and no configuration is held during a call, so that
 * neither a reload nor the end of this process waits for a receiver.
 */
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "ca/post.h"
#include "cgi/courier.h"
#include "cgi/log.h"
#include "cgi/thread.h"

#define LOOK_MS		1000	/* for what is due by now */
#define LEAVE_MS	1500	/* for calls in hand, when we stop */
#define AGAIN_MS	1000	/* where the store could not be written */

struct courier {
	struct scep_couriers	*all;
	struct scep_parcel	 parcel;
};

static void
deadline_in(long ms, struct timespec *out)
{
	(void)clock_gettime(CLOCK_MONOTONIC, out);
	out->tv_sec += ms / 1000;
	out->tv_nsec += ms % 1000 * 1000000L;
	if (out->tv_nsec >= 1000000000L) {
		out->tv_sec++;
		out->tv_nsec -= 1000000000L;
	}
}

/* Until there are news or we stop, at most for ms; the caller holds mutex. */
static void
wait_some(struct scep_couriers *c, long ms, int for_news)
{
	struct timespec	 until;
	int		 rc = 0;

	deadline_in(ms, &until);
	while (!c->stopping && !(for_news && c->news) && rc == 0)
		rc = pthread_cond_timedwait(&c->changed, &c->mutex, &until);
}

/* From whichever thread committed one. */
static void
wake(void *arg)
{
	struct scep_couriers	*c = arg;

	(void)pthread_mutex_lock(&c->mutex);
	c->news = 1;
	(void)pthread_cond_broadcast(&c->changed);
	(void)pthread_mutex_unlock(&c->mutex);
}

static int
is_stopping(struct scep_couriers *c)
{
	int	 stopping;

	(void)pthread_mutex_lock(&c->mutex);
	stopping = c->stopping;
	(void)pthread_mutex_unlock(&c->mutex);
	return stopping;
}

/* The next parcel; 0 if there is none. */
static int
take(struct scep_couriers *c, struct scep_parcel *parcel)
{
	struct scep_generation	*gen;
	struct scep_error	 err;
	enum scep_err		 rc;

	if (is_stopping(c))
		return 0;
	gen = scep_generation_hold(c->generations);
	rc = scep_post_take(gen->ca, time(NULL), parcel, &err);
	scep_generation_drop(c->generations, gen);
	if (rc != SCEP_OK && rc != SCEP_E_NOTFOUND)
		scep_log_warn("notices: %s", err.text);
	if (rc == SCEP_OK && parcel->lacks[0] != '\0')
		scep_log_warn(SCEP_PARCEL_LACKS, parcel->id, parcel->profile,
		    parcel->lacks);
	return rc == SCEP_OK;
}

/* The first failure, and then fewer and fewer: 1, 2, 4, 8, … */
static void
tell(const struct scep_parcel *parcel, const struct scep_error *trouble)
{
	const long	 n = parcel->failures;

	if (trouble != NULL && n > 0 && (n & (n - 1)) == 0 &&
	    parcel->again_s > 0)
		scep_log_warn("notice %s of profile %s is not delivered: %s; "
		    "failed %ld times in a row, tried again in %ld s",
		    parcel->id, parcel->profile, trouble->text, n,
		    parcel->again_s);
	else if (trouble == NULL && n > 0)
		scep_log_info("notices of profile %s are delivered again, "
		    "after %ld failures", parcel->profile, n);
}

/* Till it is written: what is delivered and not forgotten would be delivered
 * again, and again. */
static void
finish(struct scep_couriers *c, struct scep_parcel *parcel,
    const struct scep_error *trouble)
{
	struct scep_generation	*gen;
	struct scep_error	 err;
	enum scep_err		 rc;
	int			 stopping, told = 0;

	do {
		gen = scep_generation_hold(c->generations);
		rc = scep_post_done(gen->ca, time(NULL), parcel, trouble,
		    &err);
		scep_generation_drop(c->generations, gen);
		if (rc == SCEP_OK || trouble != NULL)
			break;
		if (told++ == 0)
			scep_log_warn("notice %s is delivered, and cannot be "
			    "forgotten: %s", parcel->id, err.text);
		(void)pthread_mutex_lock(&c->mutex);
		wait_some(c, AGAIN_MS, 0);
		stopping = c->stopping;
		(void)pthread_mutex_unlock(&c->mutex);
	} while (!stopping);
	tell(parcel, trouble);
}

/* Not for ever: when the process ends.  What others use may be gone. */
static void
step_aside(void)
{
	for (;;)
		(void)pause();
}

static void
deliver(struct scep_couriers *c, struct scep_parcel *parcel)
{
	struct scep_error	 trouble;
	enum scep_err		 rc;

	(void)pthread_mutex_lock(&c->mutex);
	c->n_away++;
	(void)pthread_mutex_unlock(&c->mutex);
	rc = scep_parcel_send(parcel, &trouble);
	(void)pthread_mutex_lock(&c->mutex);
	if (c->closed) {
		(void)pthread_mutex_unlock(&c->mutex);
		step_aside();
	}
	c->n_away--;
	(void)pthread_mutex_unlock(&c->mutex);
	finish(c, parcel, rc == SCEP_OK ? NULL : &trouble);
}

static void *
run_courier(void *arg)
{
	struct courier		*courier = arg;
	struct scep_couriers	*c = courier->all;

	do {
		deliver(c, &courier->parcel);
		scep_parcel_clear(&courier->parcel);
	} while (take(c, &courier->parcel));
	OPENSSL_free(courier);
	(void)pthread_mutex_lock(&c->mutex);
	c->n--;
	c->news = 1;		/* there is a courier to be had */
	(void)pthread_cond_broadcast(&c->changed);
	(void)pthread_mutex_unlock(&c->mutex);
	return NULL;
}

static void
hand_back(struct scep_couriers *c, struct courier *courier)
{
	struct scep_generation	*gen = scep_generation_hold(c->generations);

	scep_post_return(gen->ca, &courier->parcel);
	scep_generation_drop(c->generations, gen);
	scep_parcel_clear(&courier->parcel);
	OPENSSL_free(courier);
	scep_log_error("no thread for a notice");
}

/* One more courier, with what is due; 0 if nothing is. */
static int
send_one(struct scep_couriers *c)
{
	struct courier	*courier = OPENSSL_zalloc(sizeof(*courier));
	pthread_t	 thread;

	if (courier == NULL)
		return 0;
	courier->all = c;
	if (!take(c, &courier->parcel)) {
		OPENSSL_free(courier);
		return 0;
	}
	(void)pthread_mutex_lock(&c->mutex);
	c->n++;
	(void)pthread_mutex_unlock(&c->mutex);
	if (scep_thread_start(&thread, run_courier, courier, 1))
		return 1;
	(void)pthread_mutex_lock(&c->mutex);
	c->n--;
	(void)pthread_mutex_unlock(&c->mutex);
	hand_back(c, courier);
	return 0;
}

static void *
look(void *arg)
{
	struct scep_couriers	*c = arg;
	int			 stopping;

	do {
		while (send_one(c))
			continue;
		(void)pthread_mutex_lock(&c->mutex);
		wait_some(c, LOOK_MS, 1);
		c->news = 0;
		stopping = c->stopping;
		(void)pthread_mutex_unlock(&c->mutex);
	} while (!stopping);
	return NULL;
}

enum scep_err
scep_couriers_open(struct scep_couriers *c,
    struct scep_generations *generations, struct scep_error *err)
{
	pthread_condattr_t	 attr;

	memset(c, 0, sizeof(*c));
	c->generations = generations;
	if (pthread_condattr_init(&attr) != 0 ||
	    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) != 0 ||
	    pthread_cond_init(&c->changed, &attr) != 0 ||
	    pthread_condattr_destroy(&attr) != 0 ||
	    pthread_mutex_init(&c->mutex, NULL) != 0)
		return scep_fail(err, SCEP_E_INTERNAL, "no mutex");
	scep_post_attach(generations->now->ca, wake, c);
	if (!scep_thread_start(&c->thread, look, c, 0))
		return scep_fail(err, SCEP_E_INTERNAL,
		    "no thread for notices");
	c->is_open = 1;
	return SCEP_OK;
}

void
scep_couriers_stop(struct scep_couriers *c)
{
	if (!c->is_open)
		return;
	(void)pthread_mutex_lock(&c->mutex);
	c->stopping = 1;
	(void)pthread_cond_broadcast(&c->changed);
	(void)pthread_mutex_unlock(&c->mutex);
}

int
scep_couriers_leave(struct scep_couriers *c)
{
	struct scep_generation	*gen;
	struct timespec		 until;
	int			 rc = 0, ok;

	if (!c->is_open)
		return 1;
	(void)pthread_join(c->thread, NULL);
	deadline_in(LEAVE_MS, &until);
	(void)pthread_mutex_lock(&c->mutex);
	while (c->n > 0 && rc == 0)
		rc = pthread_cond_timedwait(&c->changed, &c->mutex, &until);
	c->closed = ok = c->n == c->n_away;
	(void)pthread_mutex_unlock(&c->mutex);
	if (ok) {
		gen = scep_generation_hold(c->generations);
		scep_post_attach(gen->ca, NULL, NULL);
		scep_generation_drop(c->generations, gen);
	}
	return ok;
}
