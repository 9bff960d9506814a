/*
 * published_certs.c - which certificates a profile's devices are shown: in
 * the answer to GetCACert, and behind an issued certificate.
 *
 * The order is the one of trust, from the RA to the root, and stays so on the
 * wire: clients take the first (PROTOCOL T-10, T-13).
 */
#include <string.h>

#include "base/error.h"
#include "ca/config_kin.h"
#include "ca/local.h"

/* A row of certificates, borrowed. */
struct row {
	struct scep_span	 cert[SCEP_CHAIN_MAX + 2];
	size_t			 n;
};

static void
row_add(struct row *row, const struct scep_cert *cert)
{
	row->cert[row->n++] = scep_buf_span(&cert->der);
}

/* The certificates above the CA's; without the root if it is not wanted. */
static void
row_add_above(struct row *row, const struct scep_ca_conf *ca, int with_root)
{
	size_t	 i;

	for (i = 0; i < ca->n_chain; i++)
		if (with_root || !scep_cert_is_self_issued(&ca->chain[i]))
			row_add(row, &ca->chain[i]);
}

/*
 * GetCACert, RFC 8894 section 4.2.1: one certificate goes out bare, several
 * as a bundle.  The RA's and the CA's are always there: a client encrypts to
 * the one, and trusts it because of the other.
 */
static enum scep_err
publish_cacert(const struct scep_ca_conf *ca, enum scep_getcacert which,
    struct scep_published_profile *out, struct scep_error *err)
{
	struct row	 row = { .n = 0 };

	if (memcmp(ca->ra_cert.sha256, ca->cert.sha256, SCEP_SHA256_LEN) != 0)
		row_add(&row, &ca->ra_cert);
	row_add(&row, &ca->cert);
	if (which != SCEP_GETCACERT_LEAF)
		row_add_above(&row, ca, which == SCEP_GETCACERT_ROOT);
	out->cacert_bundle = row.n > 1;
	return row.n == 1 ? scep_buf_set(&out->cacert, row.cert[0], err) :
	    scep_certs_only(row.cert, row.n, &out->cacert, err);
}

/* A root that came with a certificate would be no reason to trust it. */
static enum scep_err
publish_chain(const struct scep_ca_conf *ca, enum scep_certrep which,
    struct scep_buf *out, struct scep_error *err)
{
	struct row	 row = { .n = 0 };
	enum scep_err	 rc = SCEP_OK;
	size_t		 i;

	if (which != SCEP_CERTREP_LEAF)
		row_add(&row, &ca->cert);
	if (which == SCEP_CERTREP_CHAIN)
		row_add_above(&row, ca, 0);
	for (i = 0; rc == SCEP_OK && i < row.n; i++)
		rc = scep_buf_add(out, row.cert[i], err);
	return rc;
}

enum scep_err
scep_publish_certs(const struct scep_ca_conf *ca,
    const struct scep_profile *profile, struct scep_published_profile *out,
    struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = publish_cacert(ca, profile->getcacert, out, err)) !=
	    SCEP_OK)
		return rc;
	if ((rc = publish_chain(ca, profile->certrep, &out->chain, err)) !=
	    SCEP_OK || ca->next_answer.len == 0)
		return rc;
	return publish_chain(scep_ca_conf_next(ca), profile->certrep,
	    &out->next_chain, err);
}
