/*
 * crl_pieces.c - a whole CRL from its pieces, whichever CA they come from.
 */
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "ca/ca.h"

#define TRIES	5	/* when there is another one halfway */

enum scep_err
scep_ca_crl_piece(struct scep_ca *ca, time_t now,
    const struct scep_crl_ask *ask, struct scep_crl_piece *piece,
    struct scep_error *err)
{
	return ca->ops->crl(ca, now, ask, piece, err);
}

/* The first piece says how many octets there are. */
static enum scep_err
begin(const struct scep_crl_piece *piece, size_t max, struct scep_crl *out,
    struct scep_error *err)
{
	if (piece->total > max)
		return scep_fail(err, SCEP_E_TOOBIG, "the CRL has %zu octets, "
		    "at most %zu", piece->total, max);
	out->number = piece->number;
	out->this_update = piece->this_update;
	out->next_update = piece->next_update;
	out->der.data = OPENSSL_malloc(piece->total + 1);
	if (out->der.data == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "CRL");
	return SCEP_OK;
}

/* SCEP_E_CHANGED: it is of another CRL. */
static enum scep_err
add(const struct scep_crl_piece *piece, size_t max, struct scep_crl *out,
    size_t *total, struct scep_error *err)
{
	enum scep_err	 rc;

	if (out->der.data == NULL) {
		if ((rc = begin(piece, max, out, err)) != SCEP_OK)
			return rc;
		*total = piece->total;
	}
	if (piece->number != out->number || piece->total != *total ||
	    piece->bytes.len == 0 || piece->bytes.len > *total - out->der.len)
		return scep_fail(err, SCEP_E_CHANGED, "another CRL was made");
	memcpy(out->der.data + out->der.len, piece->bytes.data,
	    piece->bytes.len);
	out->der.len += piece->bytes.len;
	return SCEP_OK;
}

static enum scep_err
fetch(struct scep_ca *ca, time_t now, const char *name, size_t max,
    struct scep_crl *out, struct scep_error *err)
{
	struct scep_crl_ask	 ask = { .ca = name };
	struct scep_crl_piece	 piece;
	enum scep_err		 rc;
	size_t			 total = 0;

	do {
		ask.offset = out->der.len;
		if ((rc = scep_ca_crl_piece(ca, now, &ask, &piece, err)) ==
		    SCEP_OK)
			rc = add(&piece, max, out, &total, err);
		scep_buf_clear(&piece.bytes);
	} while (rc == SCEP_OK && out->der.len < total);
	return rc;
}

enum scep_err
scep_ca_crl(struct scep_ca *ca, time_t now, const char *name, size_t max,
    struct scep_crl *out, struct scep_error *err)
{
	enum scep_err	 rc = SCEP_E_CHANGED;
	int		 i;

	memset(out, 0, sizeof(*out));
	for (i = 0; rc == SCEP_E_CHANGED && i < TRIES; i++) {
		scep_buf_clear(&out->der);
		rc = fetch(ca, now, name, max, out, err);
	}
	if (rc != SCEP_OK)
		scep_buf_clear(&out->der);
	return rc;
}
