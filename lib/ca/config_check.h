/*
 * config_check.h - what looks for faults in a loaded configuration, and how
 * it tells of them.  Private to the files config_check*.c.
 */
#ifndef SCEP_CA_CONFIG_CHECK_H
#define SCEP_CA_CONFIG_CHECK_H

#include "ca/config_local.h"
#include "ca/hook.h"

struct scep_check {
	const struct scep_crypto	*crypto;
	struct scep_config		*cfg;
	time_t				 now;
	scep_fault_fn			 fn;
	void				*arg;
	struct scep_error		*err;	/* the first fatal one */
	int				 fatal;
	char				*fault;	/* of whom we speak; NULL: of
						   all */
};

void		 scep_check_report(struct scep_check *c, int fatal,
		    const char *fmt, ...)
		    __attribute__((format(printf, 3, 4)));
#define report	scep_check_report	/* in these files */

/* Who can reach what: config_check_files.c. */
void		 scep_check_state(struct scep_check *c);
void		 scep_check_secret(struct scep_check *c, const char *path);
void		 scep_check_public(struct scep_check *c, const char *path);
void		 scep_check_ca_files(struct scep_check *c,
		    const struct scep_ca_conf *ca);
void		 scep_check_listen(struct scep_check *c);
/* Of [profile name]; what it is set by stands in file:line. */
void		 scep_check_hook(struct scep_check *c, const char *file,
		    int line, const char *name, const struct scep_hook *hook);
/* Whom a profile tells: what is wrong there stops nobody from enrolling. */
void		 scep_check_notify(struct scep_check *c,
		    const struct scep_profile *p);

#endif /* SCEP_CA_CONFIG_CHECK_H */
