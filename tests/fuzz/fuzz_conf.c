/* fuzz_conf.c - scep.conf: its syntax, and what the keys mean. */
#include <stdint.h>
#include <stdlib.h>

#include <openssl/err.h>

#include "ca/config.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct scep_crypto	*crypto;
	struct scep_config		*cfg = NULL;
	struct scep_conf		*conf;
	struct scep_error		 err;

	if (crypto == NULL &&
	    scep_crypto_new(NULL, &crypto, &err) != SCEP_OK)
		abort();
	if (scep_conf_parse(scep_span_make(data, len), "/fuzz/scep.conf",
	    &conf, &err) != SCEP_OK)
		return 0;
	if (scep_config_parse(crypto, conf, &cfg, &err) == SCEP_OK &&
	    (cfg->n_profiles == 0 || cfg->profile[0].authorise == 0))
		abort();
	scep_config_free(cfg);
	if (ERR_peek_error() != 0)
		abort();
	return 0;
}
