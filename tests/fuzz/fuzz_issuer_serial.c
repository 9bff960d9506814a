/*
 * fuzz_issuer_serial.c - any bytes as the IssuerAndSerialNumber of a GetCert.
 *
 * What parses is DER to libcrypto, too, and encodes to the same octets.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pkcs7.h>

#include "wire/issuer_serial.h"
#include "wire/name.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
demand(int holds)
{
	if (!holds)
		abort();
}

/* A Name of any content is a SEQUENCE to us: libcrypto may know better, but
 * where it agrees it means the same. */
static void
judge(const struct scep_issuer_serial *is, struct scep_span der)
{
	const unsigned char	*p = der.data;
	PKCS7_ISSUER_AND_SERIAL	*judged;
	ASN1_INTEGER		*serial;
	unsigned char		*again = NULL;
	int			 len;

	judged = d2i_PKCS7_ISSUER_AND_SERIAL(NULL, &p, (long)der.len);
	if (judged != NULL) {
		demand(p == der.data + der.len);
		serial = judged->serial;
		len = i2d_ASN1_INTEGER(serial, &again);
		demand(len >= 2 && (size_t)len == is->serial.len + 2 &&
		    memcmp(again + 2, is->serial.data, is->serial.len) == 0);
		OPENSSL_free(again);
		PKCS7_ISSUER_AND_SERIAL_free(judged);
	}
	ERR_clear_error();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct scep_span		 der = scep_span_make(data, size);
	struct scep_issuer_serial	 is;
	struct scep_error		 err;

	if (scep_issuer_serial_parse(der, &is, &err) != SCEP_OK) {
		demand(is.issuer.len == 0 && is.serial.len == 0 &&
		    err.code == SCEP_E_FORMAT);
		return 0;
	}
	demand(is.serial.len >= 1 &&
	    is.serial.len <= SCEP_ISSUER_SERIAL_MAX);
	demand(is.issuer.data > data && is.issuer.len <= SCEP_NAME_MAX_OCTETS &&
	    is.serial.data + is.serial.len == data + size);
	(void)scep_name_match(is.issuer, is.issuer);
	judge(&is, der);
	return 0;
}
