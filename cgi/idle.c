/*
 * idle.c - when a server ends because nobody asks it.
 *
 * Knows times that it is told, and nothing of who comes.
 */
#include "cgi/idle.h"

/* For the first worker: those who come before keep waiting, and could do
 * without. */
#define FIRST_MS	5000

void
scep_idle_began(struct scep_idle *idle, int64_t now)
{
	idle->began = now;
}

void
scep_idle_served(struct scep_idle *idle, int64_t now)
{
	if (idle->served)
		return;
	idle->served = 1;
	idle->last = now;
}

void
scep_idle_operator(struct scep_idle *idle, int by, int64_t now)
{
	idle->operators = by != 0 ? idle->operators + by : 0;
	idle->last = now;
}

int64_t
scep_idle_due(const struct scep_idle *idle, int64_t came)
{
	if (idle->limit_s == 0 || idle->began == 0 || idle->operators > 0)
		return INT64_MAX;
	if (!idle->served)
		return idle->began + FIRST_MS;
	return (came > idle->last ? came : idle->last) + idle->limit_s * 1000;
}
