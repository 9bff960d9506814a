/*
 * doctor_authority.c - who lets doctor's clients in: a challenge that was
 * given, challenges of our own by admin request, or an operator's approval,
 * which is refused in the end.
 */
#include <stdlib.h>
#include <string.h>

#include "cgi/doctor.h"

#define TTL_S		600

void
doctor_authority_choose(struct doctor *d)
{
	d->authority = DOCTOR_NOBODY;
	if (d->challenge != NULL)
		d->authority = DOCTOR_GIVEN;
	else if (!d->ours)
		return;			/* why_not is there */
	else if ((d->profile->authorise & SCEP_BIT(SCEP_BY_CHALLENGE)) != 0)
		d->authority = DOCTOR_MINTED;
	else if ((d->profile->authorise & SCEP_BIT(SCEP_BY_MANUAL)) != 0)
		d->authority = DOCTOR_MANUAL;
	else if ((d->profile->authorise & SCEP_BIT(SCEP_BY_VALIDATOR)) != 0)
		(void)snprintf(d->why_not, sizeof(d->why_not),
		    "its validator alone decides in profile %s; give a "
		    "challenge that it takes with --challenge-file",
		    d->profile->name);
	else
		(void)snprintf(d->why_not, sizeof(d->why_not),
		    "profile %s takes neither challenges nor requests that "
		    "wait", d->profile->name);
}

/* One challenge, for this name alone and for ten minutes. */
static char *
mint(struct doctor *d, const char *subject)
{
	json_t	*result = NULL, *one;
	char	*challenge = NULL;

	if (adm_ask(d->adm, json_pack("{s:s,s:s,s:s,s:i,s:i,s:i,s:s}", "do",
	    "challenge.add", "profile", d->profile->name, "subject", subject,
	    "ttl", TTL_S, "uses", 1, "count", 1, "note", "scepadm doctor"),
	    &result) != SCEP_OK) {
		(void)snprintf(d->why_not, sizeof(d->why_not),
		    "no challenge can be made: %.500s%s", d->adm->err.text,
		    d->adm->err.code == SCEP_E_REFUSED && d->subject == NULL ?
		    "; or give another name with --subject" : "");
		return NULL;
	}
	one = json_array_get(result, 0);
	if (json_is_string(json_object_get(one, "challenge")))
		challenge = strdup(json_string_value(json_object_get(one,
		    "challenge")));
	(void)json_array_append(d->minted, json_object_get(one, "id"));
	json_decref(result);
	return challenge;
}

char *
doctor_challenge(struct doctor *d, const struct doctor_id *id)
{
	char	*challenge = NULL;

	switch (d->authority) {
	case DOCTOR_NOBODY:
		break;
	case DOCTOR_GIVEN:
		challenge = d->challenge;
		d->challenge = NULL;		/* handed over: once */
		if (challenge == NULL)
			(void)snprintf(d->why_not, sizeof(d->why_not),
			    "the challenge that was given is used up");
		break;
	case DOCTOR_MINTED:
		challenge = mint(d, id->subject);
		break;
	case DOCTOR_MANUAL:
		challenge = strdup("");
		break;
	}
	return challenge;
}

void
doctor_challenge_used(struct doctor *d)
{
	if (d->authority == DOCTOR_MINTED && json_array_size(d->minted) > 0)
		(void)json_array_remove(d->minted,
		    json_array_size(d->minted) - 1);
}

void
doctor_challenges_revoke(struct doctor *d)
{
	json_t	*id, *result = NULL;
	size_t	 i;

	json_array_foreach(d->minted, i, id) {
		if (adm_ask(d->adm, json_pack("{s:s,s:O}", "do",
		    "challenge.revoke", "id", id), &result) != SCEP_OK)
			doctor_info(d, "challenge", "challenge %s is live for "
			    "ten minutes: %s", json_string_value(id),
			    d->adm->err.text);
		json_decref(result);
		result = NULL;
	}
}

/* The waiting request of this transaction, or NULL. */
static json_t *
request_find(struct doctor *d, const struct doctor_id *id)
{
	json_t		*list = NULL, *row, *found = NULL;
	const char	*txid;
	size_t		 i;

	if (adm_ask(d->adm, json_pack("{s:s}", "do", "request.list"),
	    &list) != SCEP_OK)
		return NULL;
	json_array_foreach(list, i, row) {
		txid = json_string_value(json_object_get(row, "transaction"));
		if (txid != NULL && strcmp(txid, id->txid) == 0)
			found = json_incref(json_object_get(row, "id"));
	}
	json_decref(list);
	return found;
}

int
doctor_refuse(struct doctor *d, const struct doctor_id *id)
{
	json_t		*request, *result = NULL;
	enum scep_err	 rc;

	if (!d->ours || (request = request_find(d, id)) == NULL)
		return 0;
	rc = adm_ask(d->adm, json_pack("{s:s,s:o,s:s}", "do",
	    "request.refuse", "id", request, "reason", "scepadm doctor"),
	    &result);
	json_decref(result);
	return rc == SCEP_OK;
}
