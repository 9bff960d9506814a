/*
 * record.c - what the kinds of records share: decoding, and writes appended
 * to a change.
 */
#include <string.h>

#include "base/der.h"
#include "base/error.h"
#include "store/record_local.h"

/* What does not decode is the store's trouble, not a client's; but a row is
 * not damaged for want of memory. */
enum scep_err
scep_record_decode(int version, const struct scep_field *fields, size_t n,
    struct scep_span der, void *value, size_t size, const char *what,
    struct scep_error *err)
{
	memset(value, 0, size);
	if (scep_der_check(der, err) == SCEP_OK &&
	    scep_fields_decode(version, fields, n, der, value,
	    err) == SCEP_OK)
		return SCEP_OK;
	if (err->code != SCEP_E_NOMEM)
		err->code = SCEP_E_STORE;
	return scep_fail_within(err, "%s record", what);
}

int
scep_record_version(struct scep_span der)
{
	struct scep_tlv	 record, version;

	return scep_der_next(&der, &record) &&
	    scep_der_next(&record.content, &version) &&
	    version.content.len == 1 ? version.content.data[0] : 0;
}

enum scep_err
scep_record_bad(const char *what, struct scep_error *err)
{
	return scep_fail(err, SCEP_E_STORE, "%s record of an unknown state",
	    what);
}

enum scep_err
scep_change_add(struct scep_change *change, enum scep_table table,
    struct scep_span key, uint64_t expect, struct scep_write **out,
    struct scep_error *err)
{
	struct scep_write	*w = NULL;
	enum scep_err		 rc;

	*out = NULL;
	if (change->n == SCEP_CHANGE_MAX)
		return scep_fail(err, SCEP_E_INTERNAL,
		    "a change of more than %d writes", SCEP_CHANGE_MAX);
	w = &change->write[change->n];
	memset(w, 0, sizeof(*w));
	if ((rc = scep_buf_set(&w->key, key, err)) != SCEP_OK)
		return rc;
	w->table = table;
	w->expect = expect;
	w->what = SCEP_WRITE_PUT;
	change->n++;
	*out = w;
	return SCEP_OK;
}

enum scep_err
scep_change_delete(struct scep_change *change, enum scep_table table,
    struct scep_span key, uint64_t rev, struct scep_error *err)
{
	struct scep_write	*w = NULL;
	enum scep_err		 rc;

	if ((rc = scep_change_add(change, table, key, rev, &w, err)) == SCEP_OK)
		w->what = SCEP_WRITE_DELETE;
	return rc;
}

enum scep_err
scep_change_check(struct scep_change *change, enum scep_table table,
    struct scep_span key, uint64_t rev, struct scep_error *err)
{
	struct scep_write	*w = NULL;
	enum scep_err		 rc;

	if ((rc = scep_change_add(change, table, key, rev, &w, err)) == SCEP_OK)
		w->what = SCEP_WRITE_CHECK;
	return rc;
}
