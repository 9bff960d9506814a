/*
 * idle.h - when a server ends because nobody asks it (linger.h).
 */
#ifndef SCEP_CGI_IDLE_H
#define SCEP_CGI_IDLE_H

#include <stdint.h>

struct scep_idle {
	long	 limit_s;	/* 0: it does not */
	int64_t	 began;		/* when workers were let in; 0: not yet */
	int	 served;	/* one of them was ready since */
	int64_t	 last;		/* when somebody was there */
	int	 operators;	/* who are at work now */
};

/* Workers were let in; the first one is ready. */
void	 scep_idle_began(struct scep_idle *idle, int64_t now);
void	 scep_idle_served(struct scep_idle *idle, int64_t now);
/* An operator came (1) or went (-1); all did (0). */
void	 scep_idle_operator(struct scep_idle *idle, int by, int64_t now);
/* When it is to end, if nobody came since came; INT64_MAX: that is open. */
int64_t	 scep_idle_due(const struct scep_idle *idle, int64_t came);

#endif /* SCEP_CGI_IDLE_H */
