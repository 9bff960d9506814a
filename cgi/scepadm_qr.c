/*
 * scepadm_qr.c - a text as a QR code, by libqrencode: for a terminal, or as
 * PNG.
 *
 * scepadm_noqr.c stands in for it where libqrencode or libpng is not there.
 */
#include <errno.h>
#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <png.h>
#include <qrencode.h>

#include "base/file.h"
#include "cgi/scepadm_client.h"

#define QUIET	4	/* modules around it: ISO/IEC 18004 */
#define SCALE	8	/* pixels of a module */

static enum scep_err
encode(const char *text, QRcode **out, struct scep_error *err)
{
	*out = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
	return *out != NULL ? SCEP_OK : scep_fail(err, errno == ERANGE ?
	    SCEP_E_REFUSED : SCEP_E_NOMEM, "a QR code of %zu octets: %s",
	    strlen(text), errno == ERANGE ? "more than one may hold; use a "
	    "shorter URL or challenge" : strerror(errno));
}

/* Outside of the code everything is light. */
static int
is_dark(const QRcode *code, int x, int y)
{
	return x >= 0 && y >= 0 && x < code->width && y < code->width &&
	    (code->data[y * code->width + x] & 1) != 0;
}

/* Two rows a line, light on whatever the terminal's ground is; a terminal is
 * told which colours it is to use. */
static void
show_utf8(const QRcode *code, FILE *to)
{
	static const char *const	 halves[2][2] = {
		{ "█", "▀" },		/* light above; below light, dark */
		{ "▄", " " },
	};
	const int			 tty = isatty(fileno(to));
	int				 x, y;

	for (y = -QUIET; y < code->width + QUIET; y += 2) {
		(void)fputs(tty ? "\033[97;40m" : "", to);
		for (x = -QUIET; x < code->width + QUIET; x++)
			(void)fputs(halves[is_dark(code, x, y)]
			    [is_dark(code, x, y + 1)], to);
		(void)fputs(tty ? "\033[0m\n" : "\n", to);
	}
}

static void
show_ascii(const QRcode *code, FILE *to)
{
	int	 x, y;

	for (y = -QUIET; y < code->width + QUIET; y++) {
		for (x = -QUIET; x < code->width + QUIET; x++)
			(void)fputs(is_dark(code, x, y) ? "  " : "##", to);
		(void)fputc('\n', to);
	}
}

enum scep_err
adm_qr_show(const char *text, FILE *to, struct scep_error *err)
{
	QRcode		*code;
	enum scep_err	 rc;

	if ((rc = encode(text, &code, err)) != SCEP_OK)
		return rc;
	if (strcmp(nl_langinfo(CODESET), "UTF-8") == 0)
		show_utf8(code, to);
	else
		show_ascii(code, to);
	QRcode_free(code);
	return SCEP_OK;
}

/* One octet a pixel. */
static uint8_t *
pixels(const QRcode *code, int side)
{
	uint8_t	*grey;
	int	 x, y;

	if ((grey = malloc((size_t)side * (size_t)side)) == NULL)
		return NULL;
	for (y = 0; y < side; y++)
		for (x = 0; x < side; x++)
			grey[y * side + x] = is_dark(code, x / SCALE - QUIET,
			    y / SCALE - QUIET) ? 0x00 : 0xff;
	return grey;
}

static enum scep_err
compress(const QRcode *code, struct scep_buf *out, struct scep_error *err)
{
	const int		 side = (code->width + 2 * QUIET) * SCALE;
	png_image		 image;
	png_alloc_size_t	 size = 0;
	uint8_t			*grey, *at = NULL;
	enum scep_err		 rc = SCEP_OK;

	memset(&image, 0, sizeof(image));
	image.version = PNG_IMAGE_VERSION;
	image.width = image.height = (png_uint_32)side;
	image.format = PNG_FORMAT_GRAY;
	grey = pixels(code, side);
	if (grey == NULL || !png_image_write_get_memory_size(image, size, 0,
	    grey, side, NULL) || (at = scep_buf_extend(out, size)) == NULL ||
	    !png_image_write_to_memory(&image, at, &size, 0, grey, side,
	    NULL))
		rc = scep_fail(err, SCEP_E_NOMEM, "a PNG of a QR code");
	if (grey != NULL)
		OPENSSL_cleanse(grey, (size_t)side * (size_t)side);
	free(grey);
	return rc;
}

enum scep_err
adm_qr_png(const char *text, const char *path, struct scep_error *err)
{
	struct scep_buf	 png = { NULL, 0 };
	QRcode		*code;
	enum scep_err	 rc;

	if ((rc = encode(text, &code, err)) != SCEP_OK)
		return rc;
	if ((rc = compress(code, &png, err)) == SCEP_OK &&
	    (rc = scep_file_create(path, scep_buf_span(&png), 0600, err)) !=
	    SCEP_OK)
		(void)scep_fail_within(err, "--qr-png");
	QRcode_free(code);
	scep_buf_clear(&png);
	return rc;
}
