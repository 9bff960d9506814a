/*
 * admin_apikey_read.c - what the operator wants an API key to be good for, as
 * a record.
 */
#include <limits.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "ca/admin.h"
#include "ca/admin_apikey.h"
#include "ca/admin_key.h"

#define DAY		86400L
#define RATE_MAX	1000000
#define USES_MAX	1000000
#define TTL_MAX		(10 * 365 * DAY)
#define LIVE		SCEP_LIVE_MAX	/* unless it is said: what a key that
					   was stolen leaves behind is bounded,
					   and most fleets have fewer at once */

static const struct {
	const char	*word;
	unsigned int	 bit;
} rights[] = {
	{ "challenge:add", SCEP_MAY_ADD },
	{ "request:list", SCEP_MAY_LIST },
	{ "request:approve", SCEP_MAY_APPROVE },
	{ "request:refuse", SCEP_MAY_REFUSE },
};
#define RIGHTS	(sizeof(rights) / sizeof(rights[0]))

void
scep_admin_may_text(unsigned int may, char out[SCEP_MAY_TEXT])
{
	size_t	 i;

	out[0] = '\0';
	for (i = 0; i < RIGHTS; i++) {
		if ((may & rights[i].bit) == 0)
			continue;
		if (out[0] != '\0')
			OPENSSL_strlcat(out, ",", SCEP_MAY_TEXT);
		OPENSSL_strlcat(out, rights[i].word, SCEP_MAY_TEXT);
	}
}

static enum scep_err
add_right(const char *word, unsigned int *may, struct scep_error *err)
{
	size_t	 i;

	for (i = 0; i < RIGHTS; i++)
		if (strcmp(word, rights[i].word) == 0) {
			*may |= rights[i].bit;
			return SCEP_OK;
		}
	return scep_fail(err, SCEP_E_USAGE, "may: there is no right called "
	    "\"%.32s\"; there are challenge:add, request:list, "
	    "request:approve and request:refuse", word);
}

static enum scep_err
read_may(const struct scep_admin_call *call, struct scep_apikey *rec,
    struct scep_error *err)
{
	const json_t	*list = json_object_get(call->ask, "may");
	enum scep_err	 rc = SCEP_OK;
	size_t		 i;

	for (i = 0; rc == SCEP_OK && i < json_array_size(list); i++)
		rc = add_right(json_string_value(json_array_get(list, i)),
		    &rec->may, err);
	if (rc == SCEP_OK && rec->may == 0)
		rc = scep_fail(err, SCEP_E_USAGE, "may: an API key that may "
		    "nothing is good for nothing");
	return rc;
}

enum scep_err
scep_admin_apikey_read(const struct scep_admin_call *call,
    struct scep_apikey *rec, struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = scep_admin_plain_name(call, rec->name, sizeof(rec->name),
	    err)) != SCEP_OK)
		return rc;
	OPENSSL_strlcpy(rec->user, scep_admin_text(call, "user", ""),
	    sizeof(rec->user));
	OPENSSL_strlcpy(rec->note, scep_admin_text(call, "note", ""),
	    sizeof(rec->note));
	OPENSSL_strlcpy(rec->issuer, call->by, sizeof(rec->issuer));
	rec->rate_n = scep_admin_number(call, "rate_n", 10);
	rec->rate_s = scep_admin_number(call, "rate_s", 1);
	rec->max_uses = scep_admin_number(call, "max_uses", 1);
	rec->max_ttl_s = scep_admin_number(call, "max_ttl", DAY);
	rec->created = call->now;
	rec->expires = scep_admin_number(call, "expires", 0);
	rec->state = SCEP_APIKEY_LIVE;
	if (rec->expires != 0 && rec->expires <= call->now)
		return scep_fail(err, SCEP_E_USAGE, "expires: that is in the "
		    "past");
	if ((rc = read_may(call, rec, err)) != SCEP_OK)
		return rc;
	if ((rec->may & SCEP_MAY_ADD) != 0)
		rec->max_live = scep_admin_number(call, "max_live", LIVE);
	return scep_admin_profiles(call, rec->profiles,
	    sizeof(rec->profiles), err);
}

const struct scep_admin_member	scep_admin_apikey_members[] = {
	{ "name", SCEP_ADMIN_TEXT, 0, 1, 32 },
	{ "user", SCEP_ADMIN_TEXT, 0, 1, SCEP_REC_TEXT - 1 },
	{ "may", SCEP_ADMIN_TEXTS, 1, 1, 32 },
	{ "profiles", SCEP_ADMIN_TEXTS, 0, 1, SCEP_NAME_LEN - 1 },
	{ "rate_n", SCEP_ADMIN_NUMBER, 0, 1, RATE_MAX },
	{ "rate_s", SCEP_ADMIN_SECONDS, 0, 1, DAY },
	{ "max_uses", SCEP_ADMIN_NUMBER, 0, 1, USES_MAX },
	{ "max_ttl", SCEP_ADMIN_SECONDS, 0, 1, TTL_MAX },
	{ "max_live", SCEP_ADMIN_NUMBER, 0, 0, SCEP_LIVE_MAX },
	{ "expires", SCEP_ADMIN_NUMBER, 0, 1, LONG_MAX / 2 },
	{ "note", SCEP_ADMIN_TEXT, 0, 0, SCEP_REC_TEXT - 1 },
	{ NULL, SCEP_ADMIN_TEXT, 0, 0, 0 }
};
