/*
 * scepadm_client_text.c - a text that grows, and how a value stands in it:
 * in XML, for the shell, for openssl, for wpa_supplicant.
 *
 * Values are UTF-8 without control characters: who calls has seen to that.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/pem.h>

#include "cgi/scepadm_client.h"

static void
add(struct adm_text *text, const void *bytes, size_t len)
{
	uint8_t	*at;

	if ((at = scep_buf_extend(&text->buf, len)) == NULL)
		text->failed = 1;
	else if (len > 0)
		memcpy(at, bytes, len);
}

void
adm_text_put(struct adm_text *text, const char *fmt, ...)
{
	va_list	 ap;
	char	*s = NULL;
	int	 n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	if (n < 0) {
		text->failed = 1;
		return;
	}
	add(text, s, (size_t)n);
	OPENSSL_cleanse(s, (size_t)n);	/* a challenge may be in it */
	free(s);
}

/* A character, or what stands for it. */
struct instead {
	char		 c;
	const char	*text;
};

/* rows end with c 0. */
static void
add_escaped(struct adm_text *text, const char *s, const struct instead *rows)
{
	int	 i;

	for (; *s != '\0'; s++) {
		for (i = 0; rows[i].c != '\0' && rows[i].c != *s; i++)
			;
		if (rows[i].c == '\0')
			add(text, s, 1);
		else
			add(text, rows[i].text, strlen(rows[i].text));
	}
}

void
adm_text_xml(struct adm_text *text, const char *s)
{
	static const struct instead	 rows[] = {
		{ '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" },
		{ '"', "&quot;" }, { '\'', "&apos;" }, { '\0', NULL }
	};

	add_escaped(text, s, rows);
}

void
adm_text_sh(struct adm_text *text, const char *s)
{
	static const struct instead	 rows[] = {
		{ '\'', "'\\''" }, { '\0', NULL }
	};

	add(text, "'", 1);
	add_escaped(text, s, rows);
	add(text, "'", 1);
}

void
adm_text_cnf(struct adm_text *text, const char *s)
{
	static const struct instead	 rows[] = {
		{ '\\', "\\\\" }, { '$', "\\$" }, { '#', "\\#" },
		{ '"', "\\\"" }, { '\'', "\\'" }, { '`', "\\`" },
		{ '\0', NULL }
	};

	add_escaped(text, s, rows);
}

void
adm_text_wpa(struct adm_text *text, const char *s)
{
	const unsigned char	*p = (const unsigned char *)s;

	if (strpbrk(s, "\"\\") == NULL) {
		adm_text_put(text, "\"%s\"", s);
		return;
	}
	for (; *p != '\0'; p++)
		adm_text_put(text, "%02x", *p);
}

void
adm_text_base64(struct adm_text *text, struct scep_span bytes)
{
	const size_t	 len = 4 * ((bytes.len + 2) / 3);
	uint8_t		*at;

	/* EVP_EncodeBlock() writes a NUL, for which there is room. */
	if (bytes.len > INT_MAX ||
	    (at = scep_buf_extend(&text->buf, len)) == NULL)
		text->failed = 1;
	else
		(void)EVP_EncodeBlock(at, bytes.data, (int)bytes.len);
}

void
adm_text_pem(struct adm_text *text, const X509 *cert)
{
	BIO	*bio = BIO_new(BIO_s_mem());
	char	*p;
	long	 len;

	if (bio == NULL || PEM_write_bio_X509(bio, cert) != 1 ||
	    (len = BIO_get_mem_data(bio, &p)) <= 0)
		text->failed = 1;
	else
		add(text, p, (size_t)len);
	BIO_free(bio);
}

enum scep_err
adm_text_end(const struct adm_text *text, struct scep_error *err)
{
	return !text->failed ? SCEP_OK : scep_fail(err, SCEP_E_NOMEM,
	    "a client's configuration");
}

void
adm_text_clear(struct adm_text *text)
{
	scep_buf_clear(&text->buf);
	text->failed = 0;
}
