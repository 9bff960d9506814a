/*
 * admin_challenge.h - what adding challenges, looking at them and ending them
 * share.  Private to ca/.
 */
#ifndef SCEP_CA_ADMIN_CHALLENGE_H
#define SCEP_CA_ADMIN_CHALLENGE_H

#include "ca/admin_json.h"

/* "nothing", "subject", "subject template, SAN and key", "set subject and
 * SAN". */
#define SCEP_BINDS_TEXT	40
void		 scep_admin_binds(const struct scep_challenge *rec,
		    char out[SCEP_BINDS_TEXT]);
/* The profile that is named, or the default one; SCEP_E_NOTFOUND. */
enum scep_err	 scep_admin_profile(const struct scep_admin_call *call,
		    const struct scep_profile **out, struct scep_error *err);

/* What one to be made may hold: item is of a list. */
extern const struct scep_admin_member	scep_admin_challenge_members[];
extern const struct scep_admin_member	scep_admin_challenge_item[];
/* A record without id and mac, of what call->ask says: admin_challenge_read.c.
 * The caller clears it. */
enum scep_err	 scep_admin_challenge_read(const struct scep_admin_call *call,
		    struct scep_challenge *rec, struct scep_error *err);

/* A record as the operator sees it; NULL: no memory.
 * admin_challenge_list.c. */
json_t		*scep_admin_challenge_json(const struct scep_admin_call *call,
		    const struct scep_challenge *rec);
/*
 * Records in the order in which they go, a page at a time.  fn looks at each;
 * SCEP_E_EXISTS ends the page behind it.  *next is what is to be given as
 * "after" for the next page, or NULL at the end.
 */
typedef enum scep_err	(*scep_challenge_fn)(void *arg,
			    struct scep_challenge *rec,
			    struct scep_error *err);
enum scep_err	 scep_admin_challenge_walk(const struct scep_admin_call *call,
		    scep_challenge_fn fn, void *arg, json_t **next,
		    struct scep_error *err);
/* The place that "after" says. */
#define SCEP_CHALLENGE_AFTER	96
#define SCEP_CHALLENGE_PAGE	4000	/* records read for a page, at most */

/* challenge.add, challenge.addlist */
enum scep_err	 scep_admin_challenge_add(struct scep_admin_call *call,
		    struct scep_error *err);
/* challenge.checklist */
enum scep_err	 scep_admin_challenge_check(struct scep_admin_call *call,
		    struct scep_error *err);
/* challenge.list */
enum scep_err	 scep_admin_challenge_list(struct scep_admin_call *call,
		    struct scep_error *err);
/* challenge.purge: admin_challenge_purge.c */
enum scep_err	 scep_admin_challenge_purge(struct scep_admin_call *call,
		    struct scep_error *err);

#endif /* SCEP_CA_ADMIN_CHALLENGE_H */
