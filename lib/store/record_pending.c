/*
 * record_pending.c - requests that wait for an operator, as rows.
 *
 * A row is of the first version that has all there is to say: what is macked
 * there stays as it is when a later version adds approvals.
 */
#include <string.h>

#include "base/der.h"
#include "base/error.h"
#include "store/record_local.h"

#define APPROVALS_SIZE	2048	/* octets of all approvals */

#define APPROVAL_FRONT \
	SCEP_FIELD_TEXT(scep_approval, who), \
	SCEP_FIELD_TEXT(scep_approval, by), \
	SCEP_FIELD(SCEP_F_LONG, scep_approval, when, 0)

static const struct scep_field	approval_fields[] = {
	APPROVAL_FRONT,
	SCEP_FIELD_OCTETS(scep_approval, mac),
};

/* A request, its approvals encoded one behind the other. */
struct pending_row {
	struct scep_pending	 p;
	struct scep_buf		 approvals;
};

#define FRONT \
	SCEP_FIELD_TEXT(pending_row, p.request_id), \
	SCEP_FIELD_OCTETS(pending_row, p.txn.prefix), \
	SCEP_FIELD_OCTETS(pending_row, p.txn.info), \
	SCEP_FIELD_TEXT(pending_row, p.profile), \
	SCEP_FIELD_TEXT(pending_row, p.peer), \
	SCEP_FIELD(SCEP_F_BUF, pending_row, p.txid, 1024), \
	SCEP_FIELD(SCEP_F_BUF, pending_row, p.subject, SCEP_RECORD_NAMES), \
	SCEP_FIELD(SCEP_F_BUF, pending_row, p.spki, SCEP_RECORD_NAMES), \
	SCEP_FIELD(SCEP_F_BUF, pending_row, p.san, SCEP_RECORD_NAMES), \
	SCEP_FIELD_OCTETS(pending_row, p.signer_sha256), \
	SCEP_FIELD_OCTETS(pending_row, p.key_sha256), \
	SCEP_FIELD(SCEP_F_LONG, pending_row, p.created, 0), \
	SCEP_FIELD(SCEP_F_LONG, pending_row, p.expires, 0)
#define MAC \
	SCEP_FIELD_OCTETS(pending_row, p.mac)
#define GENERATION \
	SCEP_FIELD(SCEP_F_UINT, pending_row, p.ca_generation, 0)

static const struct scep_field	first_fields[] = {
	FRONT, MAC,
};

/* A request that the next CA is asked for. */
static const struct scep_field	next_fields[] = {
	FRONT, GENERATION, MAC,
};

/* One that somebody approved, or that was queued for a reason. */
static const struct scep_field	approval_row_fields[] = {
	FRONT, GENERATION,
	SCEP_FIELD_TEXT(pending_row, p.why),
	MAC,
	SCEP_FIELD(SCEP_F_BUF, pending_row, approvals, APPROVALS_SIZE),
};

/* … and whose certificate is to live less long than others. */
static const struct scep_field	validity_fields[] = {
	FRONT, GENERATION,
	SCEP_FIELD_TEXT(pending_row, p.why),
	SCEP_FIELD(SCEP_F_LONG, pending_row, p.validity_s, 0),
	MAC,
	SCEP_FIELD(SCEP_F_BUF, pending_row, approvals, APPROVALS_SIZE),
};

/* … and that used up a challenge. */
static const struct scep_field	challenge_fields[] = {
	FRONT, GENERATION,
	SCEP_FIELD_TEXT(pending_row, p.why),
	SCEP_FIELD(SCEP_F_LONG, pending_row, p.validity_s, 0),
	SCEP_FIELD_TEXT(pending_row, p.challenge),
	MAC,
	SCEP_FIELD(SCEP_F_BUF, pending_row, approvals, APPROVALS_SIZE),
};

enum { FIRST = 1, NEXT, WITH_APPROVALS, WITH_VALIDITY, WITH_CHALLENGE };

/* The body is what is in front of the mac: n_body members. */
static const struct {
	const struct scep_field	*fields;
	size_t			 n, n_body;
} layouts[] = {
	[FIRST] = { first_fields, N(first_fields), N(first_fields) - 1 },
	[NEXT] = { next_fields, N(next_fields), N(next_fields) - 1 },
	[WITH_APPROVALS] = { approval_row_fields, N(approval_row_fields),
	    N(approval_row_fields) - 2 },
	[WITH_VALIDITY] = { validity_fields, N(validity_fields),
	    N(validity_fields) - 2 },
	[WITH_CHALLENGE] = { challenge_fields, N(challenge_fields),
	    N(challenge_fields) - 2 },
};

void
scep_pending_clear(struct scep_pending *p)
{
	struct pending_row	 row = { .p = *p };

	scep_fields_clear(first_fields, N(first_fields), &row);
	*p = row.p;
}

/* Approvals are no part of the body, and change nothing in it. */
static int
body_version(const struct scep_pending *p)
{
	if (p->challenge[0] != '\0')
		return WITH_CHALLENGE;
	if (p->validity_s != 0)
		return WITH_VALIDITY;
	if (p->why[0] != '\0')
		return WITH_APPROVALS;
	return p->ca_generation != 0 ? NEXT : FIRST;
}

static int
row_version(const struct scep_pending *p)
{
	const int	 body = body_version(p);

	return p->n_approvals > 0 && body < WITH_APPROVALS ? WITH_APPROVALS :
	    body;
}

enum scep_err
scep_approval_body(const struct scep_approval *approval, struct scep_buf *out,
    struct scep_error *err)
{
	return scep_fields_encode(SCEP_RECORD_VERSION, approval_fields,
	    N(approval_fields) - 1, approval, out, err);
}

enum scep_err
scep_pending_encode(const struct scep_pending *p, struct scep_buf *out,
    struct scep_error *err)
{
	const int		 version = row_version(p);
	struct pending_row	 row = { .p = *p };	/* borrowed */
	enum scep_err		 rc = SCEP_OK;
	size_t			 i;

	if (p->n_approvals > SCEP_APPROVALS_MAX)
		return scep_fail(err, SCEP_E_INTERNAL, "request with %zu "
		    "approvals, at most %d", p->n_approvals,
		    SCEP_APPROVALS_MAX);
	for (i = 0; rc == SCEP_OK && i < p->n_approvals; i++)
		rc = scep_fields_encode(SCEP_RECORD_VERSION, approval_fields,
		    N(approval_fields), &p->approval[i], &row.approvals, err);
	if (rc == SCEP_OK)
		rc = scep_fields_encode(version, layouts[version].fields,
		    layouts[version].n, &row, out, err);
	scep_buf_clear(&row.approvals);
	return rc;
}

enum scep_err
scep_pending_body(const struct scep_pending *p, struct scep_buf *out,
    struct scep_error *err)
{
	const int		 version = body_version(p);
	struct pending_row	 row = { .p = *p };	/* borrowed */

	return scep_fields_encode(version, layouts[version].fields,
	    layouts[version].n_body, &row, out, err);
}

static enum scep_err
approvals_decode(struct scep_span rest, struct scep_pending *p,
    struct scep_error *err)
{
	struct scep_tlv	 tlv;
	enum scep_err	 rc;

	while (rest.len > 0) {
		if (p->n_approvals == SCEP_APPROVALS_MAX ||
		    !scep_der_next(&rest, &tlv))
			return scep_record_bad("pending", err);
		if ((rc = DECODE(approval_fields, tlv.whole,
		    &p->approval[p->n_approvals], "approval", err)) !=
		    SCEP_OK)
			return rc;
		p->n_approvals++;
	}
	return SCEP_OK;
}

enum scep_err
scep_pending_decode(struct scep_span der, struct scep_pending *out,
    struct scep_error *err)
{
	const int		 said = scep_record_version(der);
	const int		 version = said >= FIRST &&
				    said <= WITH_CHALLENGE ? said : FIRST;
	struct pending_row	 row;
	enum scep_err		 rc;

	memset(out, 0, sizeof(*out));
	if ((rc = scep_record_decode(version, layouts[version].fields,
	    layouts[version].n, der, &row, sizeof(row), "pending", err)) !=
	    SCEP_OK)
		return rc;
	*out = row.p;			/* transferred */
	rc = approvals_decode(scep_buf_span(&row.approvals), out, err);
	if (rc == SCEP_OK && row_version(out) != version)
		rc = scep_record_bad("pending", err);
	scep_buf_clear(&row.approvals);
	if (rc != SCEP_OK)
		scep_pending_clear(out);
	return rc;
}

enum scep_err
scep_pending_get(struct scep_store *store, const char *request_id,
    struct scep_pending *out, struct scep_error *err)
{
	struct scep_row	 row;
	enum scep_err	 rc;

	memset(out, 0, sizeof(*out));
	if ((rc = scep_store_get(store, SCEP_T_PENDING,
	    scep_span_text(request_id), &row, err)) != SCEP_OK)
		return rc;
	rc = scep_pending_decode(scep_buf_span(&row.value), out, err);
	out->rev = row.rev;
	scep_row_clear(&row);
	return rc;
}

enum scep_err
scep_pending_write(struct scep_change *change, const struct scep_pending *p,
    struct scep_error *err)
{
	struct scep_write	*w = NULL;
	enum scep_err		 rc;

	if ((rc = scep_change_add(change, SCEP_T_PENDING,
	    scep_span_text(p->request_id), p->rev, &w, err)) != SCEP_OK)
		return rc;
	return scep_pending_encode(p, &w->value, err);
}
