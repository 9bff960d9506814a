/*
 * ca_doors.h - the owner's two sockets: a thread for each RA, one for
 * operators.
 */
#ifndef SCEP_CGI_CA_DOORS_H
#define SCEP_CGI_CA_DOORS_H

#include "cgi/generation.h"

struct scep_doors {
	struct scep_generations	*generations;
	int			 admin_fd, ra_fd;
	int			 stop_fd;	/* ends the threads that accept */
	pthread_t		 admin, ra;
	pthread_mutex_t		 mutex;
	pthread_cond_t		 left;		/* an RA did */
	int			 n_ras;
};

/* Listen, and answer from then on.  All signals must be blocked. */
enum scep_err	 scep_doors_open(struct scep_doors *doors,
		    struct scep_generations *generations, const char *dir,
		    struct scep_error *err);
/*
 * Take nobody in any more, ask the RAs to leave, and wait for them for wait_s.
 * 1 if nobody is left; if not, nothing that threads use may be freed.
 */
int		 scep_doors_close(struct scep_doors *doors, long wait_s);

#endif /* SCEP_CGI_CA_DOORS_H */
