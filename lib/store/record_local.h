/*
 * record_local.h - what the kinds of records share.  Private to store/.
 */
#ifndef SCEP_STORE_RECORD_LOCAL_H
#define SCEP_STORE_RECORD_LOCAL_H

#include "base/fields.h"
#include "store/record.h"

#define SCEP_RECORD_VERSION	1
#define SCEP_RECORD_NAMES	16384	/* octets of names or of a key */

#define N(a)		(sizeof(a) / sizeof((a)[0]))

#define ENCODE(fields, value, out, err) scep_fields_encode( \
	    SCEP_RECORD_VERSION, fields, N(fields), value, out, err)
#define DECODE(fields, der, value, what, err) scep_record_decode( \
	    SCEP_RECORD_VERSION, fields, N(fields), der, value, \
	    sizeof(*(value)), what, err)

/* Decode this version into value (size octets, cleared first); what says which
 * kind, for the message.  SCEP_E_STORE. */
enum scep_err	 scep_record_decode(int version,
		    const struct scep_field *fields, size_t n,
		    struct scep_span der, void *value, size_t size,
		    const char *what, struct scep_error *err);
/* Which version a record says it is, for a kind that has had others; 0 if it
 * does not. */
int		 scep_record_version(struct scep_span der);
/* SCEP_E_STORE: a state that is none. */
enum scep_err	 scep_record_bad(const char *what, struct scep_error *err);
/* Append a write; its value is still to be filled in. */
enum scep_err	 scep_change_add(struct scep_change *change,
		    enum scep_table table, struct scep_span key,
		    uint64_t expect, struct scep_write **out,
		    struct scep_error *err);

#endif /* SCEP_STORE_RECORD_LOCAL_H */
