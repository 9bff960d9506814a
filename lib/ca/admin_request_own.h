/*
 * admin_request_own.h - which of the requests that wait are of profiles of the
 * caller's: their ids, for who has few among very many.  Private to ca/.
 */
#ifndef SCEP_CA_ADMIN_REQUEST_OWN_H
#define SCEP_CA_ADMIN_REQUEST_OWN_H

#include "ca/admin_json.h"

struct scep_admin_own {
	char	(*id)[SCEP_REQUEST_ID];		/* sorted */
	size_t	 n, size;
};

/* Those that wait now; no request is read.  To be cleared, on failure too. */
enum scep_err	 scep_admin_own_read(const struct scep_admin_call *call,
		    struct scep_admin_own *own, struct scep_error *err);
int		 scep_admin_own_has(const struct scep_admin_own *own,
		    const char *id);
void		 scep_admin_own_clear(struct scep_admin_own *own);

#endif /* SCEP_CA_ADMIN_REQUEST_OWN_H */
