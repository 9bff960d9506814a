/*
 * limit.h - what is limited: so many in so many seconds.
 */
#ifndef SCEP_CA_LIMIT_H
#define SCEP_CA_LIMIT_H

#define SCEP_LIMIT_MAX_S	86400L	/* nobody is blocked for longer */

enum scep_limit_kind {
	SCEP_LIMIT_FAILURES,
	SCEP_LIMIT_MESSAGES,
	SCEP_LIMIT_KINDS
};

struct scep_limit {
	long	 n;		/* 0: there is none */
	long	 s;
};

#endif /* SCEP_CA_LIMIT_H */
