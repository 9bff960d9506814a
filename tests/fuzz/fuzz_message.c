/*
 * fuzz_message.c - any bytes as the body of a PKIOperation, to an RA with a CA
 * behind it.  The world is tests/unit/world.c's, whose keys are constant: the
 * seeds in the corpus get all the way to a certificate.
 */
#include <stdlib.h>

#include <openssl/err.h>

#include "ra/ra.h"
#include "tests/unit/world.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct world		*w;
	static struct scep_ra		*ra;
	struct scep_http_request	 req = {
		.method = "POST",
		.path = "/static",
		.query = "operation=PKIOperation",
		.peer = "192.0.2.1",
		.body = data,
		.body_len = size,
	};
	struct scep_http_response	 resp;
	struct scep_line		 log = { .len = 0 };
	struct scep_error		 err;

	if (w == NULL) {
		w = world_new(NULL);
		if (scep_ra_new(w->crypto, w->ca, &ra, &err) != SCEP_OK)
			abort();
	}
	scep_ra_handle(ra, WORLD_NOW, &req, &resp, &log);
	if (resp.status != 200 && resp.status != 400 && resp.status != 413)
		abort();
	if (ERR_peek_error() != 0)
		abort();
	scep_http_response_clear(&resp);
	return 0;
}
