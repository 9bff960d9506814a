/* record_challenge.c - challenges as rows, with their last uses. */
#include <string.h>

#include "base/der.h"
#include "base/error.h"
#include "store/record_local.h"

#define VERSION		2
#define USES_MAX	4096	/* octets of all uses */

#define USE \
	SCEP_FIELD(SCEP_F_LONG, scep_challenge_use, when, 0), \
	SCEP_FIELD_OCTETS(scep_challenge_use, request), \
	SCEP_FIELD(SCEP_F_BUF, scep_challenge_use, cert_key, 64)

static const struct scep_field	use_fields[] = {
	USE,
	SCEP_FIELD_OCTETS(scep_challenge_use, key),
	SCEP_FIELD(SCEP_F_LONG, scep_challenge_use, first, 0),
};
static const struct scep_field	use_fields_1[] = { USE };

/* A challenge, its uses encoded one behind the other. */
struct challenge_row {
	struct scep_challenge	 c;
	struct scep_buf		 uses;
};

static const struct scep_field	challenge_fields[] = {
	SCEP_FIELD_TEXT(challenge_row, c.id),
	SCEP_FIELD_TEXT(challenge_row, c.profile),
	SCEP_FIELD(SCEP_F_UINT, challenge_row, c.subject_is, 0),
	SCEP_FIELD(SCEP_F_BUF, challenge_row, c.subject, SCEP_RECORD_NAMES),
	SCEP_FIELD(SCEP_F_INT, challenge_row, c.binds_san, 0),
	SCEP_FIELD(SCEP_F_BUF, challenge_row, c.san, SCEP_RECORD_NAMES),
	SCEP_FIELD(SCEP_F_INT, challenge_row, c.has_key, 0),
	SCEP_FIELD_OCTETS(challenge_row, c.key_sha256),
	SCEP_FIELD(SCEP_F_LONG, challenge_row, c.created, 0),
	SCEP_FIELD(SCEP_F_LONG, challenge_row, c.not_before, 0),
	SCEP_FIELD(SCEP_F_LONG, challenge_row, c.expires, 0),
	SCEP_FIELD(SCEP_F_LONG, challenge_row, c.uses, 0),
	SCEP_FIELD(SCEP_F_LONG, challenge_row, c.reuse_s, 0),
	SCEP_FIELD(SCEP_F_LONG, challenge_row, c.max_wrong, 0),
	SCEP_FIELD_OCTETS(challenge_row, c.mac),
	SCEP_FIELD(SCEP_F_UINT, challenge_row, c.state, 0),
	SCEP_FIELD(SCEP_F_LONG, challenge_row, c.used, 0),
	SCEP_FIELD(SCEP_F_LONG, challenge_row, c.wrong, 0),
	SCEP_FIELD(SCEP_F_LONG, challenge_row, c.purge, 0),
	SCEP_FIELD_TEXT(challenge_row, c.note),
	SCEP_FIELD_TEXT(challenge_row, c.issuer),
	SCEP_FIELD(SCEP_F_BUF, challenge_row, uses, USES_MAX),
};

/* A subject was bound or not; a key and all that came with it never. */
static const struct scep_field	challenge_fields_1[] = {
	SCEP_FIELD_TEXT(challenge_row, c.id),
	SCEP_FIELD_TEXT(challenge_row, c.profile),
	SCEP_FIELD(SCEP_F_BUF, challenge_row, c.subject, SCEP_RECORD_NAMES),
	SCEP_FIELD(SCEP_F_INT, challenge_row, c.binds_san, 0),
	SCEP_FIELD(SCEP_F_BUF, challenge_row, c.san, SCEP_RECORD_NAMES),
	SCEP_FIELD(SCEP_F_LONG, challenge_row, c.created, 0),
	SCEP_FIELD(SCEP_F_LONG, challenge_row, c.expires, 0),
	SCEP_FIELD(SCEP_F_LONG, challenge_row, c.uses, 0),
	SCEP_FIELD_OCTETS(challenge_row, c.mac),
	SCEP_FIELD(SCEP_F_UINT, challenge_row, c.state, 0),
	SCEP_FIELD(SCEP_F_LONG, challenge_row, c.used, 0),
	SCEP_FIELD(SCEP_F_LONG, challenge_row, c.purge, 0),
	SCEP_FIELD_TEXT(challenge_row, c.note),
	SCEP_FIELD_TEXT(challenge_row, c.issuer),
	SCEP_FIELD(SCEP_F_BUF, challenge_row, uses, USES_MAX),
};

/* By version, from 1. */
static const struct {
	const struct scep_field	*challenge, *use;
	size_t			 n_challenge, n_use;
} layouts[VERSION + 1] = {
	{ NULL, NULL, 0, 0 },
	{ challenge_fields_1, use_fields_1, N(challenge_fields_1),
	    N(use_fields_1) },
	{ challenge_fields, use_fields, N(challenge_fields),
	    N(use_fields) },
};

void
scep_challenge_clear(struct scep_challenge *c)
{
	size_t	 i;

	scep_buf_clear(&c->subject);
	scep_buf_clear(&c->san);
	for (i = 0; i < SCEP_USES_KEPT; i++)
		scep_buf_clear(&c->use[i].cert_key);
	c->n_use = 0;
}

enum scep_err
scep_challenge_encode(const struct scep_challenge *c, struct scep_buf *out,
    struct scep_error *err)
{
	const int		 version = c->version == 1 ? 1 : VERSION;
	struct challenge_row	 row = { .c = *c };	/* borrowed */
	enum scep_err		 rc = SCEP_OK;
	size_t			 i;

	if (c->n_use > SCEP_USES_KEPT)
		return scep_fail(err, SCEP_E_INTERNAL,
		    "challenge record with %zu uses, at most %d", c->n_use,
		    SCEP_USES_KEPT);
	for (i = 0; rc == SCEP_OK && i < c->n_use; i++)
		rc = scep_fields_encode(version, layouts[version].use,
		    layouts[version].n_use, &c->use[i], &row.uses, err);
	if (rc == SCEP_OK)
		rc = scep_fields_encode(version, layouts[version].challenge,
		    layouts[version].n_challenge, &row, out, err);
	scep_buf_clear(&row.uses);
	return rc;
}

static enum scep_err
uses_decode(struct scep_span rest, struct scep_challenge *c,
    struct scep_error *err)
{
	struct scep_tlv	 tlv;
	enum scep_err	 rc;

	while (rest.len > 0) {
		if (c->n_use == SCEP_USES_KEPT || !scep_der_next(&rest, &tlv))
			return scep_record_bad("challenge", err);
		if ((rc = scep_record_decode(c->version,
		    layouts[c->version].use, layouts[c->version].n_use,
		    tlv.whole, &c->use[c->n_use], sizeof(c->use[0]),
		    "challenge use", err)) != SCEP_OK)
			return rc;
		c->n_use++;
	}
	return SCEP_OK;
}

static int
makes_sense(const struct scep_challenge *c)
{
	return c->state >= SCEP_CHALLENGE_LIVE &&
	    c->state <= SCEP_CHALLENGE_FROZEN &&
	    c->subject_is <= SCEP_SUBJECT_SET &&
	    (c->subject_is == SCEP_SUBJECT_ANY) == (c->subject.len == 0);
}

enum scep_err
scep_challenge_decode(struct scep_span der, struct scep_challenge *out,
    struct scep_error *err)
{
	const int		 version = scep_record_version(der) == 1 ? 1 :
				    VERSION;
	struct challenge_row	 row;
	enum scep_err		 rc;

	memset(out, 0, sizeof(*out));
	if ((rc = scep_record_decode(version, layouts[version].challenge,
	    layouts[version].n_challenge, der, &row, sizeof(row), "challenge",
	    err)) != SCEP_OK)
		return rc;
	*out = row.c;			/* transferred */
	out->version = version;
	if (version == 1 && out->subject.len > 0)
		out->subject_is = SCEP_SUBJECT_EXACT;
	rc = makes_sense(out) ?
	    uses_decode(scep_buf_span(&row.uses), out, err) :
	    scep_record_bad("challenge", err);
	scep_buf_clear(&row.uses);
	if (rc != SCEP_OK)
		scep_challenge_clear(out);
	return rc;
}

enum scep_err
scep_challenge_get(struct scep_store *store, const char *id,
    struct scep_challenge *out, struct scep_error *err)
{
	struct scep_row	 row;
	enum scep_err	 rc;

	memset(out, 0, sizeof(*out));
	if ((rc = scep_store_get(store, SCEP_T_CHALLENGE, scep_span_text(id),
	    &row, err)) != SCEP_OK)
		return rc;
	rc = scep_challenge_decode(scep_buf_span(&row.value), out, err);
	out->rev = row.rev;
	scep_row_clear(&row);
	return rc;
}

enum scep_err
scep_challenge_write(struct scep_change *change,
    const struct scep_challenge *c, struct scep_error *err)
{
	struct scep_write	*w = NULL;
	enum scep_err		 rc;

	if ((rc = scep_change_add(change, SCEP_T_CHALLENGE,
	    scep_span_text(c->id), c->rev, &w, err)) != SCEP_OK)
		return rc;
	return scep_challenge_encode(c, &w->value, err);
}
