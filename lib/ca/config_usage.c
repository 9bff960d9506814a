/*
 * config_usage.c - keyUsage for keys that nothing can be encrypted to.
 *
 * What a profile says of keyUsage is said of RSA keys: a certificate for an EC
 * or Ed25519 key has the same without keyEncipherment and dataEncipherment,
 * which RFC 8813 section 3 and RFC 8410 section 5 forbid there.
 */
#include <string.h>

#include "base/der.h"
#include "base/error.h"
#include "ca/config_local.h"

#define SIGNING	0xc0		/* digitalSignature, nonRepudiation */

/* keyUsage, critical, of at most 8 bits: how many are unused, and the bits. */
static const uint8_t	usage[16] = { 0x30, 0x0e, 0x06, 0x03, 0x55, 0x1d,
	0x0f, 0x01, 0x01, 0xff, 0x04, 0x04, 0x03, 0x02, 0, 0 };
#define HEAD	14

static enum scep_err
add_usage(const struct scep_profile *p, uint8_t bits, struct scep_buf *out,
    struct scep_error *err)
{
	uint8_t	 ext[sizeof(usage)];

	bits &= SIGNING;
	if (bits == 0)
		return scep_fail(err, SCEP_E_CONFIG, "%s:%d: profile %s: "
		    "keyUsage leaves nothing to an EC or Ed25519 key; add "
		    "digitalSignature to it, or write key_types = rsa",
		    p->file, p->line, p->name);
	memcpy(ext, usage, HEAD);
	/* X.690 section 11.2.2: no zero bits at the end. */
	ext[HEAD] = (bits & 0x40) != 0 ? 6 : 7;
	ext[HEAD + 1] = bits;
	return scep_buf_add(out, scep_span_make(ext, sizeof(ext)), err);
}

enum scep_err
scep_config_usage(const struct scep_profile *p, const struct scep_buf *exts,
    struct scep_buf *signing, struct scep_error *err)
{
	struct scep_span	 rest = scep_buf_span(exts);
	struct scep_tlv		 ext;
	enum scep_err		 rc = SCEP_OK;

	scep_buf_clear(signing);
	if ((p->keys.types & ~SCEP_BIT(SCEP_KEY_RSA)) == 0)
		return SCEP_OK;
	while (rc == SCEP_OK && scep_der_next(&rest, &ext)) {
		if (ext.whole.len == sizeof(usage) &&
		    memcmp(ext.whole.data, usage, HEAD) == 0)
			rc = add_usage(p, ext.whole.data[HEAD + 1], signing,
			    err);
		else
			rc = scep_buf_add(signing, ext.whole, err);
	}
	return rc;
}

struct scep_span
scep_profile_exts(const struct scep_profile *p,
    const struct scep_ca_conf *issuer, struct scep_span spki)
{
	const int	 encrypts = scep_key_encrypts(scep_key_type_of(spki));

	if (issuer->state == SCEP_GEN_PUBLISHED)
		return scep_buf_span(encrypts ? &p->next_exts :
		    &p->next_signing_exts);
	return scep_buf_span(encrypts ? &p->fixed_exts : &p->signing_exts);
}
