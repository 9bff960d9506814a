/*
 * door_outer.h - what is around each message between RA and CA.  Private to
 * ca/.
 */
#ifndef SCEP_CA_DOOR_OUTER_H
#define SCEP_CA_DOOR_OUTER_H

#include "base/fields.h"
#include "ca/door.h"

#define SCEP_DOOR_HALF	(SCEP_DOOR_MAX / 2)	/* of what clients sent */
#define SCEP_DOOR_CERT	65536

#define N(a)		(sizeof(a) / sizeof((a)[0]))
#define ENCODE(fields, value, out, err) scep_fields_encode( \
	    SCEP_DOOR_VERSION, fields, N(fields), value, out, err)
#define DECODE(fields, der, value, err) scep_fields_decode( \
	    SCEP_DOOR_VERSION, fields, N(fields), der, value, err)

/* Requests have the kinds of enum scep_door_kind. */
enum scep_door_answer_kind {
	SCEP_DOOR_ANSWER = 16,
	SCEP_DOOR_IS_PUBLISHED = 17,
	SCEP_DOOR_LEAVE = 18,		/* comes unasked */
	SCEP_DOOR_IS_BLOCKS = 21,	/* a descriptor comes behind it */
	SCEP_DOOR_IS_CRL = 20,		/* a piece of one */
	SCEP_DOOR_TEXT = 19		/* to a report and an inspection */
};
struct scep_door_outer {
	unsigned int		 kind;
	unsigned int		 generation;	/* requests */
	unsigned int		 code;		/* answers: enum scep_err */
	struct scep_span	 why;		/* … and its reason */
	struct scep_span	 body;
};

/* out is released first.  SCEP_E_TOOBIG. */
enum scep_err	 scep_door_outer_encode(const struct scep_door_outer *outer,
		    struct scep_buf *out, struct scep_error *err);
/* *out borrows from der. */
enum scep_err	 scep_door_outer_decode(struct scep_span der,
		    struct scep_door_outer *out, struct scep_error *err);

/* An answer that holds body, or code and why. */
enum scep_err	 scep_door_result_encode(unsigned int kind,
		    enum scep_err code, const struct scep_error *why,
		    struct scep_span body, struct scep_buf *out,
		    struct scep_error *err);
/* The code that came with an answer of this kind, and *why; a failure may
 * come in place of any kind. */
enum scep_err	 scep_door_result_decode(struct scep_span der,
		    unsigned int kind, struct scep_door_outer *outer,
		    struct scep_error *why);

/* Octets to a string of size, its NUL included; 0 for a NUL inside, or what
 * does not fit. */
int		 scep_door_text(struct scep_span from, char *to, size_t size);

/* What a request's strings are kept in: spans of a message have no NUL. */
#define SCEP_DOOR_PROFILE	63
#define SCEP_DOOR_PEER		255
struct scep_door_strings {
	char	 profile[SCEP_DOOR_PROFILE + 1];
	char	 request_id[SCEP_REQUEST_ID_LEN];
	char	 peer[SCEP_DOOR_PEER + 1];
};
/* Into out->text.  SCEP_E_FORMAT for what is no such text. */
enum scep_err	 scep_door_strings_take(struct scep_span profile,
		    struct scep_span id, struct scep_span peer,
		    struct scep_door_request *out, struct scep_error *err);

/* The bodies of requests in door_fetch.c. */
enum scep_err	 scep_door_encode_lookup(const struct scep_lookup *,
		    struct scep_buf *, struct scep_error *);
enum scep_err	 scep_door_decode_lookup(struct scep_span,
		    struct scep_door_request *, struct scep_error *);
enum scep_err	 scep_door_encode_crl_ask(const struct scep_crl_ask *,
		    struct scep_buf *, struct scep_error *);
enum scep_err	 scep_door_decode_crl_ask(struct scep_span,
		    struct scep_door_request *, struct scep_error *);

#endif /* SCEP_CA_DOOR_OUTER_H */
