/*
 * generation.h - the configuration in force, and those before it that RAs
 * still work with.
 */
#ifndef SCEP_CGI_GENERATION_H
#define SCEP_CGI_GENERATION_H

#include <pthread.h>

#include "ca/ca.h"
#include "ca/config.h"
#include "cgi/hook.h"

/* One configuration, loaded, and the CA that works by it. */
struct scep_generation {
	struct scep_config	*cfg;
	struct scep_ca		*ca;
	int			 over_fd;	/* readable once it is not in
						   force any more */
	unsigned int		 users;
};

struct scep_generations {
	const struct scep_crypto	*crypto;
	const char			*conf_path;	/* of -c, or NULL */
	pthread_mutex_t			 mutex;
	pthread_mutex_t			 reloading;	/* one at a time */
	struct scep_generation		*now;
	struct scep_hooks		 hooks;		/* of all of them */
};

/* A configuration that may be used: read, loaded, checked.  What is wrong but
 * not fatal is logged. */
enum scep_err	 scep_generation_read(const struct scep_crypto *crypto,
		    const char *conf_path, struct scep_config **out,
		    struct scep_error *err);

/* The first one; cfg is taken over if it succeeds. */
enum scep_err	 scep_generations_open(struct scep_generations *g,
		    struct scep_config *cfg, struct scep_store *store,
		    struct scep_error *err);
/* The one in force; to be dropped.  Any thread. */
struct scep_generation
		*scep_generation_hold(struct scep_generations *g);
void		 scep_generation_drop(struct scep_generations *g,
		    struct scep_generation *gen);
/* Read the configuration again.  If it cannot be used, the old one stays in
 * force; the result is logged.  *number is that of the new one.  fn is called
 * when that is in force, and before anybody is told that the old one is over:
 * who leaves then is replaced by those who know.  Any thread. */
enum scep_err	 scep_generations_reload(struct scep_generations *g,
		    void (*fn)(void *arg, const struct scep_config *cfg),
		    void *arg, uint32_t *number, struct scep_error *err);
/* When nobody holds one. */
void		 scep_generations_close(struct scep_generations *g);

#endif /* SCEP_CGI_GENERATION_H */
