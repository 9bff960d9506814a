/*
 * cert_query.c - which certificates are asked for.
 *
 * Knows which index answers what; walks none.
 */
#include <string.h>

#include "base/error.h"
#include "base/glob.h"
#include "ca/cert_query.h"

const char *
scep_cert_state_text(const struct scep_cert_rec *rec, time_t now)
{
	if (rec->state == SCEP_CERT_REVOKED)
		return "revoked";
	if (rec->state == SCEP_CERT_UNCONFIRMED)
		return "unconfirmed";
	return now > rec->not_after ? "expired" : "valid";
}

static int
is_state(const struct scep_cert_query *q, const struct scep_cert_rec *rec)
{
	static const char *const	 names[] = {
		[SCEP_QUERY_VALID] = "valid",
		[SCEP_QUERY_EXPIRED] = "expired",
		[SCEP_QUERY_REVOKED] = "revoked",
		[SCEP_QUERY_UNCONFIRMED] = "unconfirmed",
	};

	if (q->state == SCEP_QUERY_LIVE)	/* expiry() knows of its end */
		return rec->state != SCEP_CERT_REVOKED;
	return q->state == SCEP_QUERY_ANY ||
	    strcmp(scep_cert_state_text(rec, q->now), names[q->state]) == 0;
}

static int
is_subject(const struct scep_cert_query *q, const char *subject)
{
	char	 text[SCEP_REC_TEXT];

	if (q->glob[0] == '\0')
		return 1;
	memcpy(text, subject, strlen(subject) + 1);
	scep_index_subject(text);
	return scep_glob_match(q->glob, text);
}

/*
 * When it must expire: from the first, before the second (0: whenever).
 * What expires within a time does so from now on, unless a state is asked
 * for.
 */
static void
expiry(const struct scep_cert_query *q, time_t *from, time_t *to)
{
	*from = *to = 0;
	if (q->state == SCEP_QUERY_VALID || q->state == SCEP_QUERY_LIVE ||
	    (q->state == SCEP_QUERY_ANY && q->expires_in > 0))
		*from = q->now;
	if (q->expires_in > 0)
		*to = q->now + q->expires_in + 1;
	if (q->state == SCEP_QUERY_EXPIRED)
		*to = q->now;
}

int
scep_cert_query_match(const struct scep_cert_query *q,
    const struct scep_cert_rec *rec)
{
	time_t	 from, to;

	expiry(q, &from, &to);
	return rec->not_after >= from && (to == 0 || rec->not_after < to) &&
	    rec->issued >= q->since && is_state(q, rec) &&
	    (q->profile[0] == '\0' || strcmp(q->profile, rec->profile) == 0) &&
	    (q->ca[0] == '\0' || strcmp(q->ca, rec->ca) == 0) &&
	    is_subject(q, rec->subject);
}

int
scep_cert_query_may(const struct scep_cert_query *q, enum scep_index index,
    struct scep_span index_key)
{
	char	 text[SCEP_REC_TEXT];

	if (index != SCEP_IX_CERTIFICATE_SUBJECT || q->glob[0] == '\0' ||
	    index_key.len >= sizeof(text))
		return 1;
	memcpy(text, index_key.data, index_key.len);
	text[index_key.len] = '\0';
	return scep_glob_match(q->glob, text);
}

/* Parts. */

/* From what begins with these octets to what no longer does. */
static void
part_prefix(struct scep_cert_part *part, const void *octets, size_t len)
{
	memcpy(part->from, octets, len);
	memcpy(part->to, octets, len);
	part->from_len = part->to_len = len;
	while (part->to_len > 0 && part->to[part->to_len - 1] == 0xff)
		part->to_len--;
	if (part->to_len > 0)
		part->to[part->to_len - 1]++;
}

/* Behind a prefix, times from the first and before the second (0: to the end
 * of the prefix). */
static void
part_times(struct scep_cert_part *part, time_t from, time_t to)
{
	const size_t	 len = part->from_len;

	if (to > 0) {
		memcpy(part->to, part->from, len);
		scep_index_time(to, part->to + len);
		part->to_len = len + SCEP_INDEX_TIME;
	}
	if (from > 0) {
		scep_index_time(from, part->from + len);
		part->from_len = len + SCEP_INDEX_TIME;
	}
}

/* Each says whether a condition makes it less than the whole index. */

static int
part_subject(const struct scep_cert_query *q, struct scep_cert_part *part)
{
	part_prefix(part, q->glob, scep_glob_literal(q->glob));
	return q->glob[0] != '\0';
}

static int
part_expires(const struct scep_cert_query *q, struct scep_cert_part *part)
{
	time_t	 from, to;

	expiry(q, &from, &to);
	part_times(part, from, to);
	return from > 0 || to > 0;
}

static int
part_issued(const struct scep_cert_query *q, struct scep_cert_part *part)
{
	part_times(part, q->since, 0);
	return q->since > 0;
}

static int
part_profile(const struct scep_cert_query *q, struct scep_cert_part *part)
{
	time_t	 from, to;

	if (q->profile[0] == '\0')
		return 0;
	expiry(q, &from, &to);
	part_prefix(part, q->profile, strlen(q->profile) + 1);
	part_times(part, from, to);
	return 1;
}

static int
part_revoked(const struct scep_cert_query *q, struct scep_cert_part *part)
{
	(void)part;
	return q->state == SCEP_QUERY_REVOKED;
}

/*
 * less: by how much an entry is cheaper than one of the others, or the index
 * shorter, as far as can be guessed.  Most subjects are told from their key
 * alone, and a few certificates in a hundred are revoked.
 */
static const struct order {
	const char	*name;
	enum scep_index	 index;
	int		(*part)(const struct scep_cert_query *q,
			    struct scep_cert_part *part);
	unsigned int	 less;
	int		 has_all;	/* certificates */
} orders[] = {
	{ "expires", SCEP_IX_CERTIFICATE_EXPIRES, part_expires, 1, 1 },
	{ "issued", SCEP_IX_CERTIFICATE_ISSUED, part_issued, 1, 1 },
	{ "profile", SCEP_IX_CERTIFICATE_PROFILE, part_profile, 1, 1 },
	{ "revoked", SCEP_IX_CERTIFICATE_REVOKED, part_revoked, 50, 0 },
	{ "subject", SCEP_IX_CERTIFICATE_SUBJECT, part_subject, 8, 1 },
};
#define ORDERS	(sizeof(orders) / sizeof(orders[0]))

static int
make_part(const struct order *order, const struct scep_cert_query *q,
    struct scep_cert_part *part)
{
	memset(part, 0, sizeof(*part));
	part->index = order->index;
	return order->part(q, part);
}

static enum scep_err
weigh(const struct order *order, const struct scep_cert_part *part,
    struct scep_store *store, unsigned int *weight, struct scep_error *err)
{
	const struct scep_range	 range = {
		.index = part->index,
		.from = { part->from, part->from_len },
		.to = { part->to, part->to_len },
	};
	enum scep_err		 rc;

	if ((rc = scep_store_weigh(store, &range, weight, err)) == SCEP_OK)
		*weight /= order->less;
	return rc;
}

/* Do the entries of the part come in the order that is wanted? */
static int
is_in_order(const struct order *order, const struct scep_cert_query *q)
{
	if (order->index == SCEP_IX_CERTIFICATE_PROFILE &&
	    q->profile[0] != '\0' && strcmp(q->order, "expires") == 0)
		return 1;
	return order->has_all && strcmp(q->order, order->name) == 0;
}

enum scep_err
scep_cert_query_pick(const struct scep_cert_query *q,
    struct scep_store *store, struct scep_cert_part *part,
    struct scep_error *err)
{
	struct scep_cert_part	 one;
	unsigned int		 weight, best = SCEP_WEIGHT_ALL + 1;
	enum scep_err		 rc;
	size_t			 i;

	(void)make_part(&orders[0], q, part);
	for (i = 0; i < ORDERS; i++) {
		const int	 is_wanted = is_in_order(&orders[i], q);

		if (!make_part(&orders[i], q, &one) && !is_wanted)
			continue;
		if ((rc = weigh(&orders[i], &one, store, &weight, err)) !=
		    SCEP_OK)
			return rc;
		/* Sorting afterwards is dearer than twice the reading. */
		if (is_wanted)
			weight /= 2;
		if (weight < best) {
			best = weight;
			*part = one;
		}
	}
	return SCEP_OK;
}

void
scep_cert_query_part(const struct scep_cert_query *q, enum scep_index index,
    struct scep_cert_part *part)
{
	size_t	 i;

	memset(part, 0, sizeof(*part));
	for (i = 0; i < ORDERS; i++)
		if (orders[i].index == index)
			(void)make_part(&orders[i], q, part);
}

int
scep_cert_query_is_sorted(const struct scep_cert_query *q,
    enum scep_index index)
{
	size_t	 i;

	for (i = 0; i < ORDERS; i++)
		if (orders[i].index == index)
			return q->order[0] == '\0' ||
			    is_in_order(&orders[i], q);
	return 0;
}

const char *
scep_cert_order_name(enum scep_index index)
{
	size_t	 i;

	for (i = 0; i < ORDERS; i++)
		if (orders[i].index == index)
			return orders[i].name;
	return NULL;
}

int
scep_cert_order_find(const char *name, enum scep_index *index)
{
	size_t	 i;

	for (i = 0; i < ORDERS; i++)
		if (strcmp(orders[i].name, name) == 0) {
			*index = orders[i].index;
			return 1;
		}
	return 0;
}
