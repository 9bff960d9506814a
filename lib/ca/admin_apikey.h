/*
 * admin_apikey.h - what adding API keys and looking at them share.  Private to
 * ca/.
 */
#ifndef SCEP_CA_ADMIN_APIKEY_H
#define SCEP_CA_ADMIN_APIKEY_H

#include "ca/admin_json.h"
#include "store/record_apikey.h"

/* "challenge:add,request:list" */
#define SCEP_MAY_TEXT	80
void		 scep_admin_may_text(unsigned int may,
		    char out[SCEP_MAY_TEXT]);

/* What apikey.add may hold; and a record without id and mac, of what
 * call->ask says. */
extern const struct scep_admin_member	scep_admin_apikey_members[];
enum scep_err	 scep_admin_apikey_read(const struct scep_admin_call *call,
		    struct scep_apikey *rec, struct scep_error *err);

#endif /* SCEP_CA_ADMIN_APIKEY_H */
