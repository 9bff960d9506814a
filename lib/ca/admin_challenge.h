/*
 * admin_challenge.h - what adding challenges and looking at them share.
 * Private to ca/.
 */
#ifndef SCEP_CA_ADMIN_CHALLENGE_H
#define SCEP_CA_ADMIN_CHALLENGE_H

#include "ca/admin_json.h"

/* "nothing", "subject", "SAN", "subject and SAN". */
const char	*scep_admin_binds(const struct scep_challenge *rec);
/* The profile that is named, or the default one; SCEP_E_NOTFOUND. */
enum scep_err	 scep_admin_profile(const struct scep_admin_call *call,
		    const struct scep_profile **out, struct scep_error *err);
/* What an item of a list of challenges may hold. */
extern const struct scep_admin_member	scep_admin_challenge_item[];
/* challenge.add, challenge.addlist */
enum scep_err	 scep_admin_challenge_add(struct scep_admin_call *call,
		    struct scep_error *err);
/* challenge.checklist */
enum scep_err	 scep_admin_challenge_check(struct scep_admin_call *call,
		    struct scep_error *err);

#endif /* SCEP_CA_ADMIN_CHALLENGE_H */
