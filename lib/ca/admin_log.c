/*
 * admin_log.c - the log table, read out page by page.
 */
#include <limits.h>

#include "base/error.h"
#include "ca/admin_json.h"

#define PAGE	4000	/* entries */

/* What a page holds so far. */
struct page {
	struct scep_admin_call	*call;
	size_t			 n;
};

static enum scep_err
read_row(void *arg, const struct scep_row *row, struct scep_error *err)
{
	struct page	*page = arg;
	uint64_t	 seq = 0;
	size_t		 i;

	if (page->n == PAGE)
		return SCEP_E_EXISTS;
	page->n++;
	for (i = 0; i < row->key.len; i++)
		seq = seq << 8 | row->key.data[i];
	return scep_admin_row(page->call, json_pack("{s:I,s:s%}", "seq",
	    (json_int_t)seq, "text", (const char *)row->value.data,
	    row->value.len), err);
}

static enum scep_err
read_page(struct scep_admin_call *call, struct scep_error *err)
{
	const uint64_t	 from = (uint64_t)scep_admin_number(call, "after", 0) +
			    1;
	struct page	 page = { .call = call };
	uint8_t		 key[8];
	int		 i;

	for (i = 0; i < 8; i++)
		key[i] = (uint8_t)(from >> (56 - 8 * i));
	scep_admin_open_rows(call);
	return scep_store_scan(call->ca->store, SCEP_T_LOG,
	    scep_span_make(key, sizeof(key)), read_row, &page, err);
}

static const struct scep_admin_member	read_members[] = {
	{ "after", SCEP_ADMIN_NUMBER, 1, 0, LONG_MAX - 1 },
	{ NULL, SCEP_ADMIN_TEXT, 0, 0, 0 }
};

const struct scep_admin_verb	scep_admin_log[] = {
	{ "log.read", read_members, read_page },
	{ NULL, NULL, NULL }
};
