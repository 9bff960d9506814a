/*
 * courier.h - threads that hand notices over (ca/post.h): one that looks what
 * is due, and up to SCEP_POST_MAX that call.
 *
 * A receiver that is slow or silent keeps its own couriers busy and nobody
 * else: a profile has half of them at most, and one while it fails.
 */
#ifndef SCEP_CGI_COURIER_H
#define SCEP_CGI_COURIER_H

#include "cgi/generation.h"

struct scep_couriers {
	struct scep_generations	*generations;
	pthread_t		 thread;	/* that looks */
	pthread_mutex_t		 mutex;		/* over all that follows */
	pthread_cond_t		 changed;
	int			 is_open;
	int			 news;		/* something may be due */
	int			 stopping;
	int			 closed;	/* who comes back stays aside */
	int			 n;		/* couriers … */
	int			 n_away;	/* … that are in a call */
};

/* All signals must be blocked. */
enum scep_err	 scep_couriers_open(struct scep_couriers *c,
		    struct scep_generations *generations,
		    struct scep_error *err);
/* No call is begun any more. */
void		 scep_couriers_stop(struct scep_couriers *c);
/*
 * 1 when all but n_away of them are gone: those wait for a receiver, and will
 * touch nothing when they come back; what they have is delivered again.  0 if
 * one is stuck in the store.
 */
int		 scep_couriers_leave(struct scep_couriers *c);

#endif /* SCEP_CGI_COURIER_H */
