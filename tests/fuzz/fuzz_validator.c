/* fuzz_validator.c - what came for an answer of a validator. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "base/text.h"
#include "ca/validator.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
must(int ok)
{
	if (!ok)
		abort();
}

/* What is issued by it encodes. */
static void
look_at_names(const struct scep_validator_answer *a)
{
	struct scep_buf		 der = { NULL, 0 };
	struct scep_name	 name;
	struct scep_error	 err;

	if (a->subject.len > 0) {
		must(scep_name_parse(scep_buf_span(&a->subject), &name,
		    &err) == SCEP_OK && scep_name_same(&name, &a->name));
		scep_name_clear(&name);
	}
	if (a->san.n > 0)
		must(a->has_san && scep_san_encode(&a->san, &der, &err) ==
		    SCEP_OK);
	scep_buf_clear(&der);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct scep_profile	 profile = {
		.validity_s = 86400
	};
	struct scep_validator_answer		 a;

	scep_validator_read(scep_span_make(data, len), &profile, &a);
	must(a.fact > SCEP_VA_NOT_ASKED && a.fact <= SCEP_VA_TROUBLE);
	must(memchr(a.reason, '\0', sizeof(a.reason)) != NULL);
	must(scep_is_clean_utf8(scep_span_text(a.reason)));
	must(a.validity_s >= 0 && a.validity_s <= profile.validity_s);
	if (a.fact != SCEP_VA_ALLOWED)
		must(a.subject.len == 0 && !a.has_san && a.validity_s == 0);
	else
		must(len >= strlen("{\"decision\":\"allow\"}"));
	look_at_names(&a);
	scep_validator_clear(&a);
	ERR_clear_error();
	return 0;
}
