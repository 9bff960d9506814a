/*
 * db_gate.c - holds commits back while a backup ends, so that nothing is
 * acknowledged that it lacks.
 *
 * Not for long: a backup's disk may hang, and devices are worth more than a
 * backup.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "store/db.h"

#define PATIENCE_S	3

enum scep_err
scep_db_gate_init(struct scep_db_gate *gate, struct scep_error *err)
{
	pthread_condattr_t	 attr;

	memset(gate, 0, sizeof(*gate));
	if (pthread_mutex_init(&gate->mutex, NULL) == 0 &&
	    pthread_condattr_init(&attr) == 0 &&
	    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 &&
	    pthread_cond_init(&gate->moved, &attr) == 0 &&
	    pthread_condattr_destroy(&attr) == 0)
		return SCEP_OK;
	return scep_fail(err, SCEP_E_INTERNAL, "no mutex");
}

void
scep_db_gate_free(struct scep_db_gate *gate)
{
	(void)pthread_cond_destroy(&gate->moved);
	(void)pthread_mutex_destroy(&gate->mutex);
}

void
scep_db_gate_enter(struct scep_db_gate *gate)
{
	struct timespec	 until;

	(void)pthread_mutex_lock(&gate->mutex);
	if (gate->closed) {
		(void)clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec += PATIENCE_S;
	}
	while (gate->closed)
		if (pthread_cond_timedwait(&gate->moved, &gate->mutex,
		    &until) == ETIMEDOUT && gate->closed) {
			gate->closed = 0;
			gate->broken = 1;
			(void)pthread_cond_broadcast(&gate->moved);
		}
	gate->inside++;
	(void)pthread_mutex_unlock(&gate->mutex);
}

void
scep_db_gate_leave(struct scep_db_gate *gate)
{
	(void)pthread_mutex_lock(&gate->mutex);
	if (--gate->inside == 0)
		(void)pthread_cond_broadcast(&gate->moved);
	(void)pthread_mutex_unlock(&gate->mutex);
}

void
scep_db_gate_close(struct scep_db_gate *gate)
{
	(void)pthread_mutex_lock(&gate->mutex);
	gate->closed = 1;
	gate->broken = 0;
	while (gate->inside > 0 && !gate->broken)
		(void)pthread_cond_wait(&gate->moved, &gate->mutex);
	(void)pthread_mutex_unlock(&gate->mutex);
}

int
scep_db_gate_open(struct scep_db_gate *gate)
{
	int	 whole;

	(void)pthread_mutex_lock(&gate->mutex);
	whole = !gate->broken;
	gate->closed = 0;
	(void)pthread_cond_broadcast(&gate->moved);
	(void)pthread_mutex_unlock(&gate->mutex);
	return whole;
}
