/*
 * approval.c - the approvals of a request that waits.
 *
 * Each has a mac over the request as it came in, who it was and when: one that
 * was written into the database, or taken over from another request, is none.
 */
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "ca/apikey.h"
#include "ca/approval.h"

#define LABEL		"scep.fcgi approval 1"
#define OPERATOR	"operator"
#define APIKEY		"apikey "

void
scep_approver_set(struct scep_approver *out, const struct scep_apikey *caller,
    const char *by)
{
	if (caller == NULL)
		(void)snprintf(out->who, sizeof(out->who), OPERATOR);
	else
		(void)snprintf(out->who, sizeof(out->who), APIKEY "%.48s",
		    caller->id);
	(void)snprintf(out->by, sizeof(out->by), "%s", by);
}

static enum scep_err
mac(const struct scep_crypto *crypto, const struct scep_config *cfg,
    const struct scep_pending *p, const struct scep_approval *a,
    uint8_t out[SCEP_SHA256_LEN], struct scep_error *err)
{
	struct scep_buf		 request = { NULL, 0 }, approval = { NULL, 0 };
	struct scep_span	 parts[3];
	enum scep_err		 rc;

	if ((rc = scep_pending_body(p, &request, err)) == SCEP_OK &&
	    (rc = scep_approval_body(a, &approval, err)) == SCEP_OK) {
		parts[0] = scep_span_text(LABEL);
		parts[1] = scep_buf_span(&request);
		parts[2] = scep_buf_span(&approval);
		rc = scep_crypto_hmac(crypto,
		    scep_buf_span(&cfg->challenge_key), parts, 3, out, err);
	}
	scep_buf_clear(&request);
	scep_buf_clear(&approval);
	return rc;
}

static enum scep_err
is_ours(const struct scep_crypto *crypto, const struct scep_config *cfg,
    const struct scep_pending *p, const struct scep_approval *a, int *ours,
    struct scep_error *err)
{
	uint8_t		 want[SCEP_SHA256_LEN];
	enum scep_err	 rc;

	rc = mac(crypto, cfg, p, a, want, err);
	*ours = rc == SCEP_OK &&
	    CRYPTO_memcmp(want, a->mac, sizeof(want)) == 0;
	return rc;
}

/* A record that took the place of one of the same name is the same person's. */
static int
is_same(const char *who, const char *by, const struct scep_approval *a)
{
	return strcmp(who, a->who) == 0 || strcmp(by, a->by) == 0;
}

static int
is_repeated(const struct scep_pending *p, size_t i)
{
	const struct scep_approval	*a = &p->approval[i];
	size_t				 k;

	for (k = 0; k < i; k++)
		if (is_same(a->who, a->by, &p->approval[k]))
			return 1;
	return 0;
}

enum scep_err
scep_approvals_count(const struct scep_crypto *crypto,
    const struct scep_config *cfg, const struct scep_pending *p,
    const struct scep_approver *by, long needed, struct scep_approved *out,
    struct scep_error *err)
{
	enum scep_err	 rc;
	size_t		 i;
	int		 ours;

	*out = (struct scep_approved){ .n = 1, .needed = needed };
	for (i = 0; i < p->n_approvals; i++) {
		if ((rc = is_ours(crypto, cfg, p, &p->approval[i], &ours,
		    err)) != SCEP_OK)
			return rc;
		if (!ours || is_repeated(p, i))
			continue;
		if (is_same(by->who, by->by, &p->approval[i]))
			out->again = 1;
		else
			out->n++;
	}
	return SCEP_OK;
}

enum scep_err
scep_approval_add(const struct scep_crypto *crypto,
    const struct scep_config *cfg, time_t now, const struct scep_approver *by,
    struct scep_pending *p, struct scep_error *err)
{
	struct scep_approval	*a;

	if (p->n_approvals == SCEP_APPROVALS_MAX)
		return scep_fail(err, SCEP_E_INTERNAL, "request %s has %d "
		    "approvals", p->request_id, SCEP_APPROVALS_MAX);
	a = &p->approval[p->n_approvals++];
	memset(a, 0, sizeof(*a));
	memcpy(a->who, by->who, sizeof(a->who));
	memcpy(a->by, by->by, sizeof(a->by));
	a->when = now;
	return mac(crypto, cfg, p, a, a->mac, err);
}

/* Whoever is not let in any more has no say in what is decided now.  A user's
 * record has the place of the one that he had before. */
static const char *
doubt_key(const struct scep_apikey *key, const struct scep_approval *a,
    const char *profile, time_t now)
{
	const char	*state = scep_apikey_state(key, now);

	if (strcmp(state, "live") != 0)
		return state;
	if (key->created > a->when)
		return "let in anew since";
	return (key->may & SCEP_MAY_APPROVE) != 0 &&
	    scep_apikey_has_profile(key, profile) ? NULL : "may no longer";
}

enum scep_err
scep_approval_doubt(struct scep_local *ca, time_t now,
    const struct scep_pending *p, size_t i, const char **why, uint64_t *rev,
    struct scep_error *err)
{
	const struct scep_approval	*a = &p->approval[i];
	const size_t			 front = sizeof(APIKEY) - 1;
	struct scep_apikey		 key;
	enum scep_err			 rc;
	int				 ours;

	*why = NULL;
	*rev = 0;
	if ((rc = is_ours(ca->crypto, ca->cfg, p, a, &ours, err)) != SCEP_OK)
		return rc;
	if (!ours) {
		*why = "changed in the database";
		return SCEP_OK;
	}
	if (is_repeated(p, i))
		*why = "repeated";
	if (*why != NULL || strcmp(a->who, OPERATOR) == 0)
		return SCEP_OK;
	*why = "unknown";
	if (strncmp(a->who, APIKEY, front) != 0)
		return SCEP_OK;
	rc = scep_apikey_load(ca->crypto, ca->cfg, ca->store, a->who + front,
	    &key, err);
	if (rc == SCEP_OK) {
		*why = doubt_key(&key, a, p->profile, now);
		*rev = key.rev;
	}
	return rc == SCEP_E_NOTFOUND ? SCEP_OK : rc;
}

enum scep_err
scep_approvals_sift(struct scep_local *ca, time_t now, struct scep_pending *p,
    struct scep_change *change, struct scep_error *err)
{
	const size_t	 front = sizeof(APIKEY) - 1;
	const char	*why[SCEP_APPROVALS_MAX];
	size_t		 i, n = 0;
	uint64_t	 rev;
	enum scep_err	 rc;

	for (i = 0; i < p->n_approvals; i++) {
		if ((rc = scep_approval_doubt(ca, now, p, i, &why[i], &rev,
		    err)) != SCEP_OK)
			return rc;
		if (why[i] == NULL && rev != 0 &&
		    (rc = scep_change_check(change, SCEP_T_APIKEY,
		    scep_span_text(p->approval[i].who + front), rev, err)) !=
		    SCEP_OK)
			return rc;
	}
	for (i = 0; i < p->n_approvals; i++)
		if (why[i] == NULL)
			p->approval[n++] = p->approval[i];
	p->n_approvals = n;
	return SCEP_OK;
}

size_t
scep_approval_keys(const struct scep_pending *p,
    struct scep_span out[SCEP_APPROVALS_MAX])
{
	const size_t	 front = sizeof(APIKEY) - 1;
	size_t		 i, n = 0;

	for (i = 0; i < p->n_approvals; i++)
		if (strncmp(p->approval[i].who, APIKEY, front) == 0)
			out[n++] = scep_span_text(p->approval[i].who + front);
	return n;
}

long
scep_approvals_needed(const struct scep_config *cfg, const char *profile)
{
	const struct scep_profile	*p = *profile == '\0' ? NULL :
					    scep_config_profile(cfg, profile);

	return p != NULL ? p->approvals : 1;
}

/* Names are cut off whole. */
static void
append(char out[SCEP_APPROVERS], const char *by)
{
	static const char	 more[] = " and others";
	const size_t		 len = strlen(out);

	if (len + strlen(by) + sizeof(", ") + sizeof(more) < SCEP_APPROVERS)
		(void)snprintf(out + len, SCEP_APPROVERS - len, "%s%s",
		    len > 0 ? ", " : "", by);
	else if (strstr(out, more) == NULL)
		(void)snprintf(out + len, SCEP_APPROVERS - len, "%s", more);
}

void
scep_approvers_text(const struct scep_pending *p,
    const struct scep_approver *by, char out[SCEP_APPROVERS])
{
	size_t	 i;

	out[0] = '\0';
	for (i = 0; i < p->n_approvals; i++)
		if (by == NULL || !is_same(by->who, by->by, &p->approval[i]))
			append(out, p->approval[i].by);
	if (by != NULL)
		append(out, by->by);
}
