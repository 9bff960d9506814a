/*
 * scepadm_adopt_key.c - the private key of a CA that is adopted, whatever it
 * is wrapped in: PKCS #8 or traditional, PEM or DER, encrypted or not.
 *
 * Knows where a passphrase comes from; does not know whose the key is.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/error.h"
#include "base/file.h"
#include "cgi/scepadm_init.h"

#define FILE_MAX_LEN	(256UL * 1024)

/* Asked for when it is needed, once. */
struct pass {
	struct adm		*adm;
	const struct adm_adopt	*from;
	char			 text[PEM_BUFSIZE + 2];
	size_t			 len;
	int			 wanted;
	int			 empty;		/* this is to be tried */
	enum scep_err		 rc;		/* of getting it */
};

static void
warn_if_open(const struct adm_adopt *from, const char *path, const char *what)
{
	char		 text[512];
	struct stat	 st;

	if (stat(path, &st) == -1 || !S_ISREG(st.st_mode) ||
	    (st.st_mode & 077) == 0)
		return;
	(void)snprintf(text, sizeof(text), "%.300s: mode %04o lets others at "
	    "%s; chmod 600 it, or take it off this machine", path,
	    (unsigned int)st.st_mode & 07777, what);
	(void)json_array_append_new(from->warnings, json_string(text));
}

/* The first line of any file, also of a pipe. */
static enum scep_err
pass_from_file(struct pass *pass)
{
	const char	*path = pass->from->pass;
	const int	 is_stdin = strcmp(path, "-") == 0;
	int		 fd = is_stdin ? STDIN_FILENO :
			    open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd == -1)
		return scep_fail(&pass->adm->err, errno == ENOENT ?
		    SCEP_E_NOTFOUND : SCEP_E_CONFIG, "--pass-file %s: %s",
		    path, strerror(errno));
	pass->len = adm_secret_line(fd, "passphrase: ", pass->text,
	    sizeof(pass->text));
	if (!is_stdin) {
		(void)close(fd);
		warn_if_open(pass->from, path, "the passphrase");
	}
	return pass->len > 0 ? SCEP_OK : scep_fail(&pass->adm->err,
	    SCEP_E_USAGE, "--pass-file %s: its first line, which is to be "
	    "the passphrase of %s, is empty", path, pass->from->key);
}

static enum scep_err
pass_from_terminal(struct pass *pass)
{
	char	 prompt[256];

	if (!isatty(STDIN_FILENO))
		return scep_fail(&pass->adm->err, SCEP_E_USAGE, "%s: the key "
		    "is encrypted, and standard input is no terminal to ask "
		    "for its passphrase; put it into the first line of a file "
		    "(mode 0600), and name that with --pass-file FILE",
		    pass->from->key);
	(void)snprintf(prompt, sizeof(prompt), "passphrase of %.200s: ",
	    pass->from->key);
	pass->len = adm_secret_line(STDIN_FILENO, prompt, pass->text,
	    sizeof(pass->text));
	return pass->len > 0 ? SCEP_OK : scep_fail(&pass->adm->err,
	    SCEP_E_USAGE, "%s: no passphrase was typed", pass->from->key);
}

/* pem_password_cb.  libcrypto may ask more than once. */
static int
pass_get(char *buf, int size, int writing, void *arg)
{
	struct pass	*pass = arg;

	(void)writing;
	if (pass->empty)
		return 0;
	if (!pass->wanted) {
		pass->wanted = 1;
		pass->rc = pass->from->pass != NULL ? pass_from_file(pass) :
		    pass_from_terminal(pass);
		if (pass->rc == SCEP_OK && pass->len > PEM_BUFSIZE)
			pass->rc = scep_fail(&pass->adm->err, SCEP_E_USAGE,
			    "%s: a passphrase of more than %d octets",
			    pass->from->key, PEM_BUFSIZE);
	}
	if (pass->rc != SCEP_OK || pass->len > (size_t)size)
		return -1;
	memcpy(buf, pass->text, pass->len);
	return (int)pass->len;
}

static EVP_PKEY *
decode_pem(OSSL_LIB_CTX *ctx, struct scep_span text, struct pass *pass)
{
	EVP_PKEY	*key;
	BIO		*bio;

	if ((bio = BIO_new_mem_buf(text.data, (int)text.len)) == NULL)
		return NULL;
	key = PEM_read_bio_PrivateKey_ex(bio, NULL, pass_get, pass, ctx,
	    NULL);
	BIO_free(bio);
	return key;
}

static EVP_PKEY *
decode_der(OSSL_LIB_CTX *ctx, struct scep_span der, struct pass *pass)
{
	OSSL_DECODER_CTX	*decoder;
	EVP_PKEY		*key = NULL;
	const unsigned char	*p = der.data;
	size_t			 len = der.len;

	decoder = OSSL_DECODER_CTX_new_for_pkey(&key, "DER", NULL, NULL,
	    EVP_PKEY_KEYPAIR, ctx, NULL);
	if (decoder != NULL &&
	    OSSL_DECODER_CTX_set_pem_password_cb(decoder, pass_get, pass) == 1)
		(void)OSSL_DECODER_from_data(decoder, &p, &len);
	OSSL_DECODER_CTX_free(decoder);
	return key;
}

static EVP_PKEY *
decode(const struct adm *adm, struct scep_span span, struct pass *pass)
{
	return span.len > 0 && span.data[0] == 0x30 ?
	    decode_der(adm->crypto->ctx, span, pass) :
	    decode_pem(adm->crypto->ctx, span, pass);
}

static enum scep_err
decode_failed(const struct pass *pass)
{
	struct adm	*adm = pass->adm;
	const char	*path = pass->from->key;

	ERR_clear_error();
	if (!pass->wanted)
		return scep_fail(&adm->err, SCEP_E_REFUSED, "%s: no private "
		    "key in PEM or DER; openssl pkey -in %s -noout -text "
		    "shows what it is", path, path);
	if (pass->rc != SCEP_OK)
		return pass->rc;
	return scep_fail(&adm->err, SCEP_E_REFUSED, "%s: the passphrase is "
	    "wrong, or the key is encrypted with something that this OpenSSL "
	    "leaves to its legacy provider; openssl pkey -in %s -out NEW "
	    "says which, and with -provider legacy -provider default "
	    "unwraps the old ones", path, path);
}

enum scep_err
adm_adopt_key(struct adm *adm, const struct adm_adopt *from, EVP_PKEY **out)
{
	struct pass		 pass = { .adm = adm, .from = from };
	struct scep_buf		 bytes = { NULL, 0 };
	enum scep_err		 rc;

	*out = NULL;
	if ((rc = scep_file_read(from->key, FILE_MAX_LEN, &bytes,
	    &adm->err)) != SCEP_OK)
		return rc;
	warn_if_open(from, from->key, "the CA's key");
	pass.empty = from->try_empty && from->pass == NULL;
	if (pass.empty)
		*out = decode(adm, scep_buf_span(&bytes), &pass);
	pass.empty = 0;
	if (*out == NULL)
		*out = decode(adm, scep_buf_span(&bytes), &pass);
	rc = *out != NULL ? SCEP_OK : decode_failed(&pass);
	ERR_clear_error();
	OPENSSL_cleanse(&pass, sizeof(pass));
	scep_buf_clear(&bytes);
	return rc;
}
