/*
 * ca_tend.h - what the owner does every second, and every few: the store, the
 * CA, RA keys that come to their end.
 */
#ifndef SCEP_CGI_CA_TEND_H
#define SCEP_CGI_CA_TEND_H

#include "ca/admin.h"
#include "cgi/generation.h"

/* Begin with the rest 0; all is borrowed. */
struct scep_tending {
	struct scep_generations		*generations;
	struct scep_store		*store;
	const struct scep_admin_host	*host;
	int64_t				 ca_due;	/* to be tended */
	int64_t				 roll_due;	/* not before */
};

/* To be called every second.  SCEP_E_STORE: only opening it anew helps, and
 * that is a new process's work. */
enum scep_err	 scep_ca_tend_round(struct scep_tending *t);

#endif /* SCEP_CGI_CA_TEND_H */
