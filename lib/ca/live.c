/*
 * live.c - how many challenges of an API key are good at once.
 */
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "ca/apikey.h"
#include "ca/damage.h"
#include "ca/live.h"

_Static_assert(SCEP_LIVE_ID == SCEP_CHALLENGE_ID, "ids of challenges");

static enum scep_err
is_good(const struct scep_admin_call *call, const char *at, int *good,
    struct scep_error *err)
{
	struct scep_challenge	 rec;
	char			 id[SCEP_LIVE_ID + 1];
	enum scep_err		 rc;

	memcpy(id, at, SCEP_LIVE_ID);
	id[SCEP_LIVE_ID] = '\0';
	rc = scep_challenge_get(call->ca->store, id, &rec, err);
	*good = rc == SCEP_OK && rec.state != SCEP_CHALLENGE_REVOKED &&
	    rec.used < rec.uses && call->now < rec.expires;
	scep_challenge_clear(&rec);
	/* Nobody can use one that cannot be read. */
	return rc == SCEP_E_NOTFOUND || (rc == SCEP_E_STORE &&
	    scep_damage_at(call->ca, SCEP_T_CHALLENGE, scep_span_text(id))) ?
	    SCEP_OK : rc;
}

enum scep_err
scep_live_sift(const struct scep_admin_call *call, struct scep_apikey *rec,
    size_t *n, struct scep_error *err)
{
	const char	*from = rec->live;
	char		*to = rec->live;
	enum scep_err	 rc;
	int		 good;

	for (; *from != '\0'; from += SCEP_LIVE_ID) {
		if ((rc = is_good(call, from, &good, err)) != SCEP_OK)
			return rc;
		if (!good)
			continue;
		memmove(to, from, SCEP_LIVE_ID);
		to += SCEP_LIVE_ID;
	}
	*to = '\0';
	*n = (size_t)(to - rec->live) / SCEP_LIVE_ID;
	return SCEP_OK;
}

enum scep_err
scep_live_add(struct scep_admin_call *call, const char *id,
    struct scep_change *change, struct scep_error *err)
{
	struct scep_apikey	 rec;
	enum scep_err		 rc;
	size_t			 n;

	/* He who was let in may have been revoked since. */
	if ((rc = scep_apikey_again(call->ca->crypto, call->ca->cfg,
	    call->ca->store, call->caller, &rec, err)) != SCEP_OK)
		return rc;
	n = strlen(rec.live) / SCEP_LIVE_ID;
	if (n >= (size_t)rec.max_live &&
	    (rc = scep_live_sift(call, &rec, &n, err)) != SCEP_OK)
		return rc;
	if (n >= (size_t)rec.max_live) {
		call->is_full = 1;
		return scep_fail(err, SCEP_E_REFUSED, "%ld challenges of API "
		    "key %s (%s) are still good, and there may be no more of "
		    "them; one that is used, expires or is revoked makes "
		    "room", rec.max_live, rec.id, rec.name);
	}
	OPENSSL_strlcat(rec.live, id, sizeof(rec.live));
	if ((rc = scep_apikey_seal(call->ca->crypto, call->ca->cfg, &rec,
	    err)) != SCEP_OK)
		return rc;
	return scep_apikey_write(change, &rec, err);
}
