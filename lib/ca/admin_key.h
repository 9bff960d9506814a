/*
 * admin_key.h - what adding API keys and token keys share.  Private to ca/.
 */
#ifndef SCEP_CA_ADMIN_KEY_H
#define SCEP_CA_ADMIN_KEY_H

#include "base/text.h"
#include "ca/admin_json.h"

#define SCEP_KEYS_MAX		1000	/* of a kind */
#define SCEP_KEY_KEPT_S		(90 * 86400L)	/* a row, behind its end */
#define SCEP_KEYS_PURGED	100	/* rows in one change */

/* "profiles" of call->ask, or the default one: names of profiles that there
 * are, appended to out, parted by commas.  SCEP_E_NOTFOUND, SCEP_E_USAGE. */
enum scep_err	 scep_admin_profiles(const struct scep_admin_call *call,
		    char *out, size_t size, struct scep_error *err);
/* "name": letters, digits, -, _ and .; SCEP_E_USAGE. */
enum scep_err	 scep_admin_plain_name(const struct scep_admin_call *call,
		    char *out, size_t size, struct scep_error *err);
/* May there be one more than n?  what they are called: SCEP_E_REFUSED. */
enum scep_err	 scep_admin_key_room(size_t n, const char *what,
		    struct scep_error *err);
/* "" of 0. */
void		 scep_admin_key_time(time_t t, char out[SCEP_TIME_TEXT]);

#endif /* SCEP_CA_ADMIN_KEY_H */
