/*
 * message.h - a pkiMessage as it came in (RFC 8894 section 3).
 */
#ifndef SCEP_WIRE_MESSAGE_H
#define SCEP_WIRE_MESSAGE_H

#include "wire/cert.h"

#define SCEP_TXID_MAX		256
#define SCEP_NONCE_MAX		64
#define SCEP_RECIPIENTS_MAX	8
#define SCEP_CERTS_MAX		8	/* in a request's bag */
#define SCEP_ATTRS_MAX		32

enum scep_msg_type {		/* RFC 8894 section 3.2.1.2 */
	SCEP_MSG_CERTREP = 3,
	SCEP_MSG_RENEWALREQ = 17,
	SCEP_MSG_PKCSREQ = 19,
	SCEP_MSG_CERTPOLL = 20,
	SCEP_MSG_GETCERT = 21,
	SCEP_MSG_GETCRL = 22
};
/* "PKCSReq"; "unknown" for a number that has no name. */
const char	*scep_msg_type_name(int type);

/* The steps of scep_message_read(), in their order: "signature"; a word of
 * lower-case letters and _, for people and traces. */
#define SCEP_MSG_STEPS		10
const char	*scep_msg_step_name(unsigned int step);

/* What the message layer accepts: the profile's choice. */
struct scep_msg_rules {
	unsigned int		 digests;	/* bits SCEP_SHA256 … */
	unsigned int		 ciphers;
	struct scep_key_rules	 signer;	/* its key */
	long			 signing_time_s;	/* 0: not looked at */
};

/*
 * What an answer needs.  From the moment complete is 1, trouble is answered
 * by a signed FAILURE; before, by HTTP 400 (PROTOCOL C-027).
 */
struct scep_address {
	int			 complete;
	unsigned int		 steps;		/* of reading, that it passed */
	int			 type;		/* -1 if unreadable */
	uint8_t			 txid[SCEP_TXID_MAX];
	size_t			 txid_len;
	uint8_t			 nonce[SCEP_NONCE_MAX];	/* senderNonce */
	size_t			 nonce_len;
	enum scep_digest	 digest;	/* the request's, SHA-256 before
						   it is known and allowed */
	enum scep_cipher	 cipher;	/* AES-128 until known */
	int			 digest_known, cipher_known;
	enum scep_wrap		 wrap;		/* v1.5 until known */
	struct scep_cert	 signer;	/* owned */
};

/* One recipient of the envelope; spans borrow from the message. */
struct scep_recipient {
	struct scep_span	 issuer;	/* or empty, with */
	struct scep_span	 serial;	/* … content of the INTEGER */
	struct scep_span	 ski;		/* … set */
	enum scep_wrap		 wrap;
	int			 wrap_known;	/* wrap is one of ours */
	struct scep_span	 encrypted_key;
};

struct scep_envelope {
	struct scep_recipient	 recipient[SCEP_RECIPIENTS_MAX];
	size_t			 n;
	enum scep_cipher	 cipher;
	struct scep_span	 iv;
	struct scep_span	 content;	/* encryptedContent */
};

/* A message exists only if its signature verified and all that is said at
 * scep_message_read() holds. */
struct scep_message {
	enum scep_msg_type	 type;
	struct scep_key		 signer_key;
	int			 self_signed;	/* self-issued, and verified */
	int			 has_envelope;	/* always, but for 20 */
	struct scep_envelope	 envelope;
	time_t			 signing_time;	/* 0 if not looked at */
	struct scep_buf		 fresh[2];	/* what came in BER, as DER */
};

/*
 * Read a pkiMessage of der octets (BER or DER; octets after it are ignored,
 * and counted in *trailing).  In this order:
 *
 * 1. structure: SignedData, one SignerInfo with signed attributes, its
 *    certificate in the bag, transactionID and senderNonce once each and of
 *    the right type: else SCEP_E_FORMAT, and addr->complete is 0;
 * 2. messageType is one of 17, 19, 20, 21, 22, once, a PrintableString:
 *    else SCEP_E_REFUSED;
 * 3. digest, the signer's key (one that cannot be encrypted to for 21 and
 *    22), the versions (SCEP_E_REFUSED), digestAlgorithms, signature algorithm,
 *    content cipher, and the parameters of each, which nothing signs:
 *    SCEP_E_ALG;
 * 4. contentType, messageDigest, the signature (over the attributes as they
 *    stand on the wire, else in the order of DER): SCEP_E_SIG; and a
 *    self-issued signer's own, SCEP_E_ALG for an algorithm we do not have;
 * 5. signingTime, where rules ask for it and it is there: SCEP_E_TIME;
 * 6. eContentType id-data, an envelope of 1 to 8 recipients, encrypted
 *    content of whole blocks, contentType id-data inside: SCEP_E_REFUSED.
 *    A poll (20) may come without; one whose envelope does not parse is read
 *    as without.
 *
 * addr is cleared first, and to be released with scep_address_clear() in any
 * case; *out with scep_message_free(), and it borrows from addr.  der must
 * outlive *out.
 */
enum scep_err	 scep_message_read(const struct scep_crypto *crypto,
		    const struct scep_msg_rules *rules, time_t now,
		    struct scep_span der, struct scep_address *addr,
		    size_t *trailing, struct scep_message **out,
		    struct scep_error *err);
void		 scep_message_free(struct scep_message *msg);
void		 scep_address_clear(struct scep_address *addr);

#endif /* SCEP_WIRE_MESSAGE_H */
