/*
 * fields.h - structs to DER and back, by a table of their members.
 *
 * For what we write and read ourselves: rows of the store, messages between
 * RA and CA.  SEQUENCE { version INTEGER, member, … }, each member an
 * INTEGER, a UTF8String or an OCTET STRING.
 */
#ifndef SCEP_BASE_FIELDS_H
#define SCEP_BASE_FIELDS_H

#include "base/buf.h"

enum scep_field_kind {
	SCEP_F_INT,		/* int, not negative unless size is 1 */
	SCEP_F_UINT,		/* unsigned int, uint32_t */
	SCEP_F_LONG,		/* long or time_t, not negative */
	SCEP_F_TEXT,		/* char[size], clean UTF-8 */
	SCEP_F_OCTETS,		/* uint8_t[size], all of them */
	SCEP_F_BUF,		/* struct scep_buf, at most size octets */
	SCEP_F_SPAN		/* struct scep_span, borrowed, at most size */
};

struct scep_field {
	enum scep_field_kind	 kind;
	size_t			 offset;
	size_t			 size;
};

#define SCEP_FIELD(kind, type, member, size) \
	{ kind, offsetof(struct type, member), size }
#define SCEP_FIELD_TEXT(type, member) \
	SCEP_FIELD(SCEP_F_TEXT, type, member, \
	    sizeof(((struct type *)NULL)->member))
#define SCEP_FIELD_OCTETS(type, member) \
	SCEP_FIELD(SCEP_F_OCTETS, type, member, \
	    sizeof(((struct type *)NULL)->member))

/* Append the encoding of value to out. */
enum scep_err	 scep_fields_encode(int version,
		    const struct scep_field *fields, size_t n,
		    const void *value, struct scep_buf *out,
		    struct scep_error *err);
/*
 * Fill in value, which is zeroed; its bufs are the caller's, its spans borrow
 * from der.  Nothing but this version's members, all of the octets:
 * SCEP_E_FORMAT otherwise, and value is as after scep_fields_clear().
 */
enum scep_err	 scep_fields_decode(int version,
		    const struct scep_field *fields, size_t n,
		    struct scep_span der, void *value,
		    struct scep_error *err);
/* Release the bufs. */
void		 scep_fields_clear(const struct scep_field *fields, size_t n,
		    void *value);

#endif /* SCEP_BASE_FIELDS_H */
