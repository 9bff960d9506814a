/* random.c - random octets for one request. */
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "wire/random.h"

void
scep_random_init(struct scep_random *random, const struct scep_crypto *crypto)
{
	random->crypto = crypto;
	random->left = 0;
}

void
scep_random_clear(struct scep_random *random)
{
	OPENSSL_cleanse(random, sizeof(*random));
}

enum scep_err
scep_random_take(struct scep_random *random, uint8_t *out, size_t len,
    struct scep_error *err)
{
	enum scep_err	 rc;
	uint8_t		*from;

	if (len > sizeof(random->octets))
		return scep_crypto_random(random->crypto, out, len, err);
	if (len > random->left) {
		random->left = 0;
		if ((rc = scep_crypto_random(random->crypto, random->octets,
		    sizeof(random->octets), err)) != SCEP_OK)
			return rc;
		random->left = sizeof(random->octets);
	}
	from = random->octets + random->left - len;
	memcpy(out, from, len);
	OPENSSL_cleanse(from, len);
	random->left -= len;
	return SCEP_OK;
}
