/* scepadm_noqr.c - no QR codes: built without libqrencode or libpng. */
#include <stdio.h>

#include "cgi/scepadm_client.h"

static enum scep_err
none(struct scep_error *err)
{
	return scep_fail(err, SCEP_E_REFUSED, "this scepadm was built without "
	    "libqrencode and libpng, and draws no QR codes; install "
	    "libqrencode-dev and libpng-dev, and make it again");
}

enum scep_err
adm_qr_show(const char *text, FILE *to, struct scep_error *err)
{
	(void)text;
	(void)to;
	return none(err);
}

enum scep_err
adm_qr_png(const char *text, const char *path, struct scep_error *err)
{
	(void)text;
	(void)path;
	return none(err);
}
