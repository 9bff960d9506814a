/*
 * hook.h - who makes the calls that ca/hook.h describes: programs are run,
 * and servers asked by HTTP.
 */
#ifndef SCEP_CGI_HOOK_H
#define SCEP_CGI_HOOK_H

#include <pthread.h>

#include "ca/hook.h"

#define SCEP_HOOK_IDLE	8	/* connections kept open, one to each server */

struct scep_hook_http {
	pthread_mutex_t	 mutex;
	void		*idle[SCEP_HOOK_IDLE];	/* CURL, the last used last */
	int		 n_idle;
};

struct scep_hooks {
	struct scep_hook_host	 host;		/* for scep_ca_use_hooks() */
	struct scep_hook_http	 http;
	pthread_mutex_t		 mutex;
	int			 n_calls;	/* under way */
};

/*
 * Costs nothing until the first call; hooks stays where it is.  From here on
 * the process ignores SIGPIPE, for a program need not read what it is asked,
 * and not SIGCHLD, as a web server may have it: how a program ended would be
 * lost.
 */
void		 scep_hooks_init(struct scep_hooks *hooks);
/* When no call is begun any more.  While one is under way, which will be
 * abandoned by the end of the process, it frees nothing. */
void		 scep_hooks_clear(struct scep_hooks *hooks);

#endif /* SCEP_CGI_HOOK_H */
