/*
 * knock.h - what scep-admin.fcgi asks of the CA for somebody who has knocked:
 * one JSON object in, one out.
 *
 *   {"do":"challenge.add","key":"scepkey-…","door":"ndes","peer":"192.0.2.1",
 *    "ask":[{…}]}
 *
 * key is an API key, or in its place user is what the web server calls him;
 * whoever may connect is believed that.  door and peer are for the log.  ask
 * holds the members of the request as ca/admin.h has them (challenge.add:
 * without count).  There are challenge.add, request.list (always a page:
 * limit is SCEP_KNOCK_PAGE unless it says less, or up to SCEP_KNOCK_PAGE_MAX),
 * request.show, request.approve and request.refuse; who has no record may
 * nothing, and nobody more than his record says.  The answer is that of
 * ca/admin.h, but that of challenge.add is one object, with ttl (s) and ca_md5
 * (hex) besides; a refusal may have deny (one of SCEP_DENY_…) and wait (s).
 */
#ifndef SCEP_CA_KNOCK_H
#define SCEP_CA_KNOCK_H

#include "ca/ca.h"

#define SCEP_KNOCK_ASK_MAX	65536	/* octets of a request */
#define SCEP_KNOCK_PAGE		100	/* requests of a page */
#define SCEP_KNOCK_PAGE_MAX	1000
#define SCEP_KNOCK_KEY_MAX	255	/* octets of what is shown as a key */
#define SCEP_APIKEY_PREFIX	"scepkey-"	/* what an API key begins
						   with */

#define SCEP_DENY_WHO	"who"		/* nobody whom we know */
#define SCEP_DENY_MAY	"may"		/* his record does not say so */
#define SCEP_DENY_RATE	"rate"		/* too often */
#define SCEP_DENY_LIVE	"live"		/* too many challenges at once */

/*
 * Carry out one.  ca is from scep_ca_open(); uid is that of the process which
 * asks.  reply gets the JSON text, also of a refusal; summary, for the log,
 * says who did what, without a secret.  Anything but SCEP_OK is the code that
 * is in the reply, and err the reason for the log.
 */
enum scep_err	 scep_knock(struct scep_ca *ca, time_t now,
		    unsigned long uid, struct scep_span request,
		    struct scep_buf *reply, char *summary,
		    size_t summary_size, struct scep_error *err);

#endif /* SCEP_CA_KNOCK_H */
