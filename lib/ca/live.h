/*
 * live.h - how many challenges of an API key are good at once, and no more of
 * them than its record allows.
 *
 * The record has the ids of those that were made with it and may still be good.
 * They are written in the transaction that adds the challenges, and each is
 * looked up before it counts against somebody: what was used, revoked or
 * purged, or is over, needs not say so here, and nothing can drift.  Private
 * to ca/.
 */
#ifndef SCEP_CA_LIVE_H
#define SCEP_CA_LIVE_H

#include "ca/admin_json.h"
#include "store/record_apikey.h"

#define SCEP_LIVE_WAIT_S	60	/* until he may ask again: any use of
					   one makes room */

/* Drop the ids of those that are good no more.  Frozen ones are: somebody may
 * thaw them. */
enum scep_err	 scep_live_sift(const struct scep_admin_call *call,
		    struct scep_apikey *rec, size_t *n,
		    struct scep_error *err);
/* The caller's record in the change that adds this challenge of his, or
 * SCEP_E_REFUSED with call->is_full. */
enum scep_err	 scep_live_add(struct scep_admin_call *call, const char *id,
		    struct scep_change *change, struct scep_error *err);

#endif /* SCEP_CA_LIVE_H */
