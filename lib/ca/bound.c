/* bound.c - the HMAC over what a record binds. */
#include <stdio.h>

#include <openssl/crypto.h>

#include "ca/bound.h"

static void
put_number(uint8_t out[8], long n)
{
	int	 i;

	for (i = 0; i < 8; i++)
		out[i] = (uint8_t)((uint64_t)n >> (56 - 8 * i));
}

enum scep_err
scep_bound_mac(const struct scep_crypto *crypto,
    const struct scep_config *cfg, const struct scep_bound *bound,
    uint8_t out[SCEP_SHA256_LEN], struct scep_error *err)
{
	uint8_t			 numbers[SCEP_BOUND_NUMBERS][8];
	uint8_t			 lengths[SCEP_BOUND_SPANS][8];
	struct scep_span	 parts[SCEP_BOUND_SPANS * 2 + 1];
	size_t			 i, n = 0;

	for (i = 0; i < bound->n_spans; i++) {
		put_number(lengths[i], (long)bound->span[i].len);
		parts[n++] = scep_span_make(lengths[i], 8);
		parts[n++] = bound->span[i];
	}
	for (i = 0; i < bound->n_numbers; i++)
		put_number(numbers[i], bound->number[i]);
	parts[n++] = scep_span_make(numbers, 8 * bound->n_numbers);
	return scep_crypto_hmac(crypto, scep_buf_span(&cfg->challenge_key),
	    parts, n, out, err);
}

enum scep_err
scep_bound_row_mac(const struct scep_crypto *crypto,
    const struct scep_config *cfg, const char *label,
    const struct scep_buf *body, uint8_t out[SCEP_SHA256_LEN],
    struct scep_error *err)
{
	const struct scep_bound	 bound = {
		.span = { scep_span_text(label), scep_buf_span(body) },
		.n_spans = 2,
	};

	return scep_bound_mac(crypto, cfg, &bound, out, err);
}

int
scep_bound_is_row(struct scep_span key, char id[SCEP_REC_NAME],
    const uint8_t want[SCEP_SHA256_LEN], const uint8_t mac[SCEP_SHA256_LEN])
{
	if (scep_span_equal(key, scep_span_text(id)))
		return CRYPTO_memcmp(want, mac, SCEP_SHA256_LEN) == 0;
	(void)snprintf(id, SCEP_REC_NAME, "%.*s", (int)key.len,
	    (const char *)key.data);
	return 0;
}
