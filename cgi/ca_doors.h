/*
 * ca_doors.h - the owner's sockets: a thread for each RA, each operator and
 * each scep-admin.fcgi, one for Prometheus.
 */
#ifndef SCEP_CGI_CA_DOORS_H
#define SCEP_CGI_CA_DOORS_H

#include "cgi/generation.h"

#define SCEP_DOORS	4

/* A socket, and the thread that accepts. */
struct scep_doorway {
	struct scep_doors	*all;
	int			 fd;
	void			(*take)(struct scep_doors *all, int fd);
	pthread_t		 thread;
};

struct scep_doors {
	struct scep_generations	*generations;
	int			 control_fd;	/* hears of operators */
	struct scep_doorway	 door[SCEP_DOORS];
	int			 stop_fd;	/* ends what accepts */
	pthread_mutex_t		 mutex;
	pthread_cond_t		 left;		/* somebody did */
	int			 n_ras, n_operators, n_knockers;
	int			 has_group;	/* door_group is set */
};

/* Listen, and answer from then on.  All signals must be blocked.  The
 * supervisor is told of operators (ca_process.h). */
enum scep_err	 scep_doors_open(struct scep_doors *doors,
		    struct scep_generations *generations, const char *dir,
		    int control_fd, struct scep_error *err);
/* How many RAs there are. */
int		 scep_doors_count(struct scep_doors *doors);
/*
 * Take nobody in any more, and ask the RAs to leave: who has not in some
 * seconds is cut off, for other instances wait for the state.  1 if nobody is
 * left within wait_s; if not, nothing that threads use may be freed.
 */
int		 scep_doors_close(struct scep_doors *doors, long wait_s);

#endif /* SCEP_CGI_CA_DOORS_H */
