/*
 * message_parts.h - what message.c and envelope_read.c share.  Private to
 * wire/.
 */
#ifndef SCEP_WIRE_MESSAGE_PARTS_H
#define SCEP_WIRE_MESSAGE_PARTS_H

#include "wire/message.h"
#include "wire/signed.h"

/* ContentInfo with EnvelopedData, RFC 5652 section 6.1, as far as it was read
 * before anything of it is judged. */
struct scep_enveloped {
	int			 is_there;	/* and parses */
	struct scep_span	 type;		/* OIDs are contents */
	int			 version;
	struct scep_span	 recipients;	/* in a row */
	int			 n_recipients;
	struct scep_span	 content_type;
	struct scep_alg		 alg;
	struct scep_span	 content;
};

/* Does this SignerIdentifier or RecipientIdentifier name this certificate?
 * Serial first, then the issuer's bytes, then its name (PROTOCOL C-133). */
int		 scep_sid_is(const struct scep_sid *sid,
		    const struct scep_cert *cert);

/* Can what this message asks for be encrypted to its signer, without a
 * challengePassword where there is none (PROTOCOL C-147)?  SCEP_E_ALG. */
enum scep_err	 scep_envelope_deliverable(const struct scep_message *msg,
		    struct scep_error *err);
/* Parse the eContent as an envelope; its content cipher and our recipient's
 * key transport are to be known and allowed: SCEP_E_ALG.  What does not parse
 * is left for scep_envelope_read(). */
enum scep_err	 scep_envelope_algorithms(struct scep_span content,
		    const struct scep_msg_rules *rules,
		    struct scep_address *addr, struct scep_message *msg,
		    struct scep_enveloped *out, struct scep_error *err);
/* Fill in msg->envelope: SCEP_E_REFUSED. */
enum scep_err	 scep_envelope_read(const struct scep_enveloped *in,
		    struct scep_message *msg, struct scep_error *err);

#endif /* SCEP_WIRE_MESSAGE_PARTS_H */
