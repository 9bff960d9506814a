/* fuzz_query.c - a query string, and the base64 in it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "wire/query.h"

#define MAX	4096		/* octets of a message */

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
must(int ok)
{
	if (!ok)
		abort();
}

static void
decode(struct scep_span text)
{
	struct scep_buf		 out = { NULL, 0 };
	struct scep_error	 err;
	enum scep_err		 rc;

	rc = scep_query_decode(text, MAX, &out, &err);
	must(rc == SCEP_OK || rc == SCEP_E_HTTP || rc == SCEP_E_TOOBIG);
	if (rc == SCEP_OK)
		must(out.len > 0 && out.len <= MAX);
	else
		must(out.data == NULL && err.code == rc);
	scep_buf_clear(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct scep_query	 query;
	char			*text;

	must((text = malloc(len + 1)) != NULL);
	if (len > 0)
		memcpy(text, data, len);
	text[len] = '\0';
	scep_query_parse(text, &query);
	must(strlen(query.op_text) < sizeof(query.op_text));
	if (query.has_message) {
		/* Borrowed from the text, and nothing beyond it. */
		must((const char *)query.message.data >= text &&
		    query.message.len <= strlen((const char *)
		    query.message.data));
		decode(query.message);
	}
	decode(scep_span_make(text, len));
	free(text);
	must(ERR_peek_error() == 0);
	return 0;
}
