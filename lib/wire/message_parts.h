/*
 * message_parts.h - what message.c and envelope_read.c share.  Private to
 * wire/.
 */
#ifndef SCEP_WIRE_MESSAGE_PARTS_H
#define SCEP_WIRE_MESSAGE_PARTS_H

#include "wire/asn1.h"
#include "wire/message.h"

/* Does this SignerIdentifier or RecipientIdentifier name this certificate?
 * Serial first, then the issuer's bytes, then its name (PROTOCOL C-133). */
int		 scep_sid_is(const SCEP_SID *sid,
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
		    struct scep_error *err);
/* Fill in msg->envelope: SCEP_E_REFUSED. */
enum scep_err	 scep_envelope_read(struct scep_message *msg,
		    struct scep_error *err);

#endif /* SCEP_WIRE_MESSAGE_PARTS_H */
