/*
 * scepadm_bulk.h - one act for many rows of a list, one after another.
 *
 * Which are meant is settled first; then each is done in a transaction of its
 * own and told of at once.  So what was told is done, whenever this ends, and
 * the same command again goes on with the rest.
 */
#ifndef SCEP_CGI_SCEPADM_BULK_H
#define SCEP_CGI_SCEPADM_BULK_H

#include "cgi/scepadm.h"

#define ADM_BULK_DEFAULT	1000L	/* --limit */
#define ADM_BULK_MAX		100000L

struct adm_bulk {
	const char			*key;	/* "id": what is sent */
	const char *const		*copied;	/* members of a row that
						   are told; NULL ends it */
	const struct adm_column		*columns;	/* of outcome and error,
						   too */
	/* What came of it, as a text. */
	json_t				*(*outcome)(const json_t *result,
					    int dry);
	const char			*before, *gone;	/* … where it had been
						   done; is not there any
						   more */
	int				 dry;
};

/* --limit, NULL: the default. */
enum scep_err	 adm_bulk_limit(struct adm *adm, const char *text,
		    long *limit);
/* ask is what is sent for each, without its key.  more: there are further rows
 * that are meant.  The first error of those that were not done. */
enum scep_err	 adm_bulk_run(struct adm *adm, const struct adm_bulk *bulk,
		    const json_t *ask, const json_t *meant, int more);

#endif /* SCEP_CGI_SCEPADM_BULK_H */
