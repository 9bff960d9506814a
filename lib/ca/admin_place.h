/*
 * admin_place.h - where a page of a list in the order of times ended, as the
 * text that comes back with the request for the next one.  Private to ca/.
 */
#ifndef SCEP_CA_ADMIN_PLACE_H
#define SCEP_CA_ADMIN_PLACE_H

#include "ca/admin_json.h"

struct scep_admin_place {
	uint8_t	 when[SCEP_INDEX_TIME];
	size_t	 len;			/* of when; 0: at the start */
	char	 id[SCEP_REC_NAME];
};
#define SCEP_ADMIN_PLACE	(2 * SCEP_INDEX_TIME + 1 + SCEP_REC_NAME)

/* "after" of the request.  SCEP_E_USAGE: it is none of ours. */
enum scep_err	 scep_admin_place_read(const struct scep_admin_call *call,
		    struct scep_admin_place *out, struct scep_error *err);
/* SCEP_E_USAGE: that. */
enum scep_err	 scep_admin_place_bad(struct scep_error *err);
/* Behind what is to be walked. */
void		 scep_admin_place_begin(const struct scep_admin_place *place,
		    struct scep_range *range);
/* That of an entry. */
enum scep_err	 scep_admin_place_set(struct scep_admin_place *place,
		    const struct scep_entry *entry, struct scep_error *err);
/* NULL: out of memory. */
json_t		*scep_admin_place_json(const struct scep_admin_place *place);

#endif /* SCEP_CA_ADMIN_PLACE_H */
