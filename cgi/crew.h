/*
 * crew.h - the children of a supervisor, and how they live.
 */
#ifndef SCEP_CGI_CREW_H
#define SCEP_CGI_CREW_H

#include <poll.h>
#include <stdint.h>
#include <sys/types.h>

#include "ca/config.h"

#define SCEP_WORKERS_MAX	512

/* One child, over all its lives. */
struct scep_life {
	pid_t	 pid;		/* 0: not running */
	int64_t	 started;
	int64_t	 due;		/* when it may be started */
	int	 delay;
};
void	 scep_life_began(struct scep_life *life, pid_t pid);
/* It ended: not again at once if it did not live long. */
void	 scep_life_ended(struct scep_life *life);
/* The log: how it did (waitpid(2)), and when it is started again. */
void	 scep_life_tell(const struct scep_life *life, const char *who,
	    pid_t pid, int status);

struct scep_crew_worker {
	struct scep_life	 life;
	int			 fd;	/* to it, or -1 */
};
struct scep_crew {
	struct scep_crew_worker	 worker[SCEP_WORKERS_MAX];
	int			 n;	/* as many are wanted */
	int			 used;	/* as many ever were: n or more */
};
void	 scep_crew_init(struct scep_crew *crew);
/* How many workers there should be; few where there is little to do. */
int	 scep_crew_count(const struct scep_server_conf *conf, int few);
/* As many workers from now on; those above leave when they are told to. */
void	 scep_crew_resize(struct scep_crew *crew, int n);
/* Signal all (0: none); how many there are. */
int	 scep_crew_signal(const struct scep_crew *crew, int sig);
/* The worker with this pid, or NULL. */
struct scep_crew_worker
	*scep_crew_find(struct scep_crew *crew, pid_t pid);
/* It ends when it has served what it has. */
void	 scep_crew_let_go(struct scep_crew_worker *worker);
void	 scep_crew_let_all_go(struct scep_crew *crew);

/* For poll(2): one entry for each worker that ever was. */
void	 scep_crew_watch(const struct scep_crew *crew, struct pollfd *p);
/* What they said: 1 if one has become ready. */
int	 scep_crew_hear(struct scep_crew *crew, const struct pollfd *p);

/* CLOCK_MONOTONIC, in ms, of the next start that is due; INT64_MAX: none. */
int64_t	 scep_crew_due(const struct scep_crew *crew);

#endif /* SCEP_CGI_CREW_H */
