/*
 * scepadm_token_mint.c - `token mint`: a token, by the key in a file.
 *
 * Asks nobody: neither a server nor scep.conf need be there.
 */
#include <string.h>
#include <time.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "ca/token.h"
#include "cgi/scepadm_add.h"

#define DAY		86400L
#define YEAR		(365 * DAY)	/* of --max-ttl at most */
#define KEY_FILE_MAX	4096
#define ID_DRAWN	12	/* 60 bits */

/* What mint was told. */
struct mint {
	const char	*text[ADM_ITEM__MAX];
	const char	*key, *kid, *id, *key_sha256;
	json_t		*dns;
	int		 sets;
};

/* What it is made with, and of. */
struct minting {
	uint8_t			 secret[SCEP_SHA256_LEN];
	EVP_PKEY		*key;		/* Ed25519, or NULL */
	struct scep_csr		*csr;		/* or NULL */
	uint8_t			 key_sha256[SCEP_SHA256_LEN];
	char			 id[SCEP_TOKEN_ID + 1];
	char			 subject[2 * SCEP_NAME_TEXT];
	const char		*dns[SCEP_TOKEN_NAMES];
	struct scep_token_wish	 wish;
};

/* The key. */

static enum scep_err
read_secret(struct adm *adm, const char *path, const struct scep_buf *text,
    struct minting *m)
{
	struct scep_error	 ignored;
	char			 hex[2 * SCEP_SHA256_LEN + 1];
	const size_t		 n = text->len == 0 ? 0 :
				    strcspn((const char *)text->data, "\r\n");
	size_t			 len = 0;
	int			 ok;

	(void)snprintf(hex, sizeof(hex), "%.*s", (int)n,
	    n > 0 ? (const char *)text->data : "");
	ok = n == sizeof(hex) - 1 && scep_hex_read(hex, m->secret,
	    sizeof(m->secret), &len, &ignored) == SCEP_OK &&
	    len == sizeof(m->secret);
	OPENSSL_cleanse(hex, sizeof(hex));
	return ok ? SCEP_OK : scep_fail(&adm->err, SCEP_E_USAGE, "--key: %s "
	    "holds neither the 64 digits in hex that `scepadm token key add "
	    "--alg hmac` wrote nor a private key for Ed25519 as PEM", path);
}

/* An encrypted one is not for who mints without a person: nobody is asked. */
static int
no_passphrase(char *buf, int size, int rwflag, void *arg)
{
	(void)buf;
	(void)size;
	(void)rwflag;
	(void)arg;
	return -1;
}

static enum scep_err
read_key(struct adm *adm, const char *path, struct minting *m)
{
	struct scep_buf	 text = { NULL, 0 };
	BIO		*bio;
	enum scep_err	 rc;

	if ((rc = scep_file_read_secret(path, KEY_FILE_MAX, &text,
	    &adm->err)) != SCEP_OK)
		return rc;
	if (strstr((const char *)text.data, "-----BEGIN") != NULL) {
		if ((bio = BIO_new_mem_buf(text.data, (int)text.len)) != NULL)
			m->key = PEM_read_bio_PrivateKey_ex(bio, NULL,
			    no_passphrase, NULL, adm->crypto->ctx, NULL);
		BIO_free(bio);
		ERR_clear_error();
		if (m->key == NULL || !EVP_PKEY_is_a(m->key, "ED25519"))
			rc = scep_fail(&adm->err, SCEP_E_USAGE, "--key: %s "
			    "holds no private key for Ed25519 that can be "
			    "read: another kind, or encrypted (`openssl pkey "
			    "-in FILE` takes a passphrase away); `openssl "
			    "genpkey -algorithm ed25519` makes one", path);
	} else
		rc = read_secret(adm, path, &text, m);
	scep_buf_clear(&text);
	return rc;
}

/* What the token says. */

/* A star that is meant as it stands has a backslash. */
static void
copy_subject(const struct scep_name *name, char *out, size_t size)
{
	char		 text[SCEP_NAME_TEXT];
	const char	*p;
	size_t		 n = 0;

	scep_name_write(name, text, sizeof(text));
	for (p = text; *p != '\0' && n + 3 < size; p++) {
		if (*p == '*')
			out[n++] = '\\';
		out[n++] = *p;
	}
	out[n] = '\0';
}

/* Its names must read, unless it gets others. */
static enum scep_err
read_csr(struct adm *adm, const char *hex, struct minting *m)
{
	static const struct scep_key_rules	 any = { ~0u, 1024, 16384 };
	static uint8_t				 der[SCEP_CSR_MAX];
	enum scep_err				 rc;
	size_t					 len;

	if ((rc = scep_hex_read(hex, der, sizeof(der), &len, &adm->err)) !=
	    SCEP_OK ||
	    (rc = scep_csr_read(adm->crypto, scep_span_make(der, len), &any,
	    &m->csr, &adm->err)) != SCEP_OK)
		return rc;
	if ((!m->wish.sets || m->wish.subject == NULL) &&
	    (rc = scep_csr_names(m->csr, &adm->err)) != SCEP_OK)
		return rc;
	return scep_csr_verify(adm->crypto, m->csr, 0, &adm->err);
}

/* Its key; and its names, where no others are given. */
static enum scep_err
take_csr(struct adm *adm, const char *hex, struct minting *m)
{
	size_t	 i;

	if (read_csr(adm, hex, m) != SCEP_OK) {
		adm->err.code = SCEP_E_REFUSED;
		return scep_fail_within(&adm->err, "--csr");
	}
	m->wish.key_sha256 = m->csr->key.sha256;
	if (m->wish.subject != NULL || m->wish.n_dns > 0)
		return SCEP_OK;
	copy_subject(&m->csr->name, m->subject, sizeof(m->subject));
	m->wish.subject = m->csr->name.n > 0 ? m->subject : NULL;
	for (i = 0; i < m->csr->san.n; i++) {
		if (m->csr->san.san[i].type != SCEP_SAN_DNS)
			return scep_fail(&adm->err, SCEP_E_REFUSED, "--csr: "
			    "a token binds DNS names alone, and there is a "
			    "name of type %s; `scepadm challenge add --csr` "
			    "has no such limit", scep_san_type_name(
			    m->csr->san.san[i].type));
		m->dns[i] = (const char *)m->csr->san.san[i].value.data;
	}
	m->wish.n_dns = m->csr->san.n;
	return SCEP_OK;
}

static enum scep_err
take_dns(struct adm *adm, const json_t *list, struct minting *m)
{
	size_t	 i;

	if (json_array_size(list) > SCEP_TOKEN_NAMES)
		return scep_fail(&adm->err, SCEP_E_USAGE, "--dns: at most %d "
		    "of them", SCEP_TOKEN_NAMES);
	for (i = 0; i < json_array_size(list); i++)
		m->dns[i] = json_string_value(json_array_get(list, i));
	m->wish.n_dns = i;
	return SCEP_OK;
}

static enum scep_err
take_key_sha256(struct adm *adm, const char *hex, struct minting *m)
{
	struct scep_error	 ignored;
	size_t			 len;

	if (scep_hex_read(hex, m->key_sha256, sizeof(m->key_sha256), &len,
	    &ignored) != SCEP_OK || len != sizeof(m->key_sha256))
		return scep_fail(&adm->err, SCEP_E_USAGE, "--key-sha256: not "
		    "the 64 digits in hex of the SHA-256 of a public key; "
		    "`openssl pkey -pubin -in FILE -outform DER | sha256sum` "
		    "prints it");
	m->wish.key_sha256 = m->key_sha256;
	return SCEP_OK;
}

static void
take_times(const json_t *item, struct scep_token_wish *wish)
{
	const json_t	*begins = json_object_get(item, "not_before");
	const json_t	*ends = json_object_get(item, "expires");
	const json_t	*ttl = json_object_get(item, "ttl");

	wish->begins = begins != NULL ? (time_t)json_integer_value(begins) :
	    time(NULL);
	wish->expires = ends != NULL ? (time_t)json_integer_value(ends) :
	    wish->begins + (ttl != NULL ? (time_t)json_integer_value(ttl) :
	    DAY);
}

/* An id that nobody has had. */
static enum scep_err
take_id(struct adm *adm, const char *id, struct minting *m)
{
	m->wish.id = id != NULL ? id : m->id;
	return id != NULL ? SCEP_OK : scep_challenge_draw(adm->crypto, m->id,
	    ID_DRAWN, &adm->err);
}

static enum scep_err
take_told(struct adm *adm, const struct mint *mint, const json_t *item,
    struct minting *m)
{
	struct scep_token_wish	*wish = &m->wish;
	const char		*csr = json_string_value(json_object_get(item,
				    "csr"));
	enum scep_err		 rc;

	wish->kid = mint->kid;
	wish->profile = mint->text[ADM_ITEM_PROFILE];
	wish->subject = json_string_value(json_object_get(item, "subject"));
	wish->sets = mint->sets;
	wish->dns = m->dns;
	take_times(item, wish);
	if ((rc = take_id(adm, mint->id, m)) != SCEP_OK ||
	    (rc = take_dns(adm, mint->dns, m)) != SCEP_OK)
		return rc;
	if (mint->key_sha256 != NULL)
		return take_key_sha256(adm, mint->key_sha256, m);
	return csr != NULL ? take_csr(adm, csr, m) : SCEP_OK;
}

static enum scep_err
check_told(struct adm *adm, const struct mint *mint)
{
	if (mint->key == NULL || mint->kid == NULL ||
	    mint->text[ADM_ITEM_PROFILE] == NULL)
		return scep_fail(&adm->err, SCEP_E_USAGE, "--key FILE, --kid "
		    "KID and --profile P must be given: nobody is asked");
	if (mint->text[ADM_ITEM_CN] != NULL &&
	    mint->text[ADM_ITEM_SUBJECT] != NULL)
		return scep_fail(&adm->err, SCEP_E_USAGE,
		    "--cn is short for --subject CN=…: give one of them");
	if (mint->key_sha256 != NULL && mint->text[ADM_ITEM_CSR] != NULL)
		return scep_fail(&adm->err, SCEP_E_USAGE, "--key-sha256 and "
		    "--csr: a request has its key in it; give one of them");
	if (adm_item_check(mint->text, &adm->err) != SCEP_OK)
		return adm->err.code = SCEP_E_USAGE;
	return SCEP_OK;
}

/* The token. */

static enum scep_err
sign(struct adm *adm, const struct minting *m, struct scep_span body,
    uint8_t tag[SCEP_TOKEN_ED25519_LEN])
{
	size_t		 len = SCEP_TOKEN_ED25519_LEN;
	EVP_MD_CTX	*ctx;
	int		 ok;

	if (m->key == NULL)
		return scep_crypto_hmac(adm->crypto, scep_span_make(m->secret,
		    sizeof(m->secret)), &body, 1, tag, &adm->err);
	ctx = EVP_MD_CTX_new();
	ok = ctx != NULL && EVP_DigestSignInit_ex(ctx, NULL, NULL,
	    adm->crypto->ctx, NULL, m->key, NULL) == 1 &&
	    EVP_DigestSign(ctx, tag, &len, body.data, body.len) == 1;
	EVP_MD_CTX_free(ctx);
	return ok ? SCEP_OK : scep_fail_ssl(&adm->err, SCEP_E_INTERNAL,
	    "signing with the key in --key");
}

static void
print_token(const struct adm *adm, const struct minting *m, const char *token)
{
	const struct scep_token_wish	*wish = &m->wish;
	char				 expires[SCEP_TIME_TEXT];
	json_t				*made;

	scep_time_text(wish->expires, expires);
	if (adm->json) {
		made = json_pack("{s:s,s:s,s:s,s:s,s:s}", "token", token,
		    "id", wish->id, "key", wish->kid, "profile",
		    wish->profile, "expires", expires);
		adm_print_json(made);
		json_decref(made);
		return;
	}
	(void)printf("%s\n", token);
	(void)fflush(stdout);
	(void)fprintf(stderr, "scepadm: token %s for profile %s until %s\n",
	    wish->id, wish->profile, expires);
	if (wish->expires <= time(NULL))
		(void)fprintf(stderr, "scepadm: WARNING: that is in the past: "
		    "nobody takes it any more\n");
	if (wish->expires - wish->begins > YEAR)
		(void)fprintf(stderr, "scepadm: WARNING: no key takes a token "
		    "that is good for more than 1y\n");
	if (wish->subject == NULL && wish->n_dns == 0)
		(void)fprintf(stderr, "scepadm: WARNING: it binds no name: "
		    "whoever has it%s may ask for ANY name the profile allows "
		    "(--cn, --subject and --dns bind one)\n",
		    wish->key_sha256 != NULL ? ", and the key," : "");
}

static enum scep_err
make(struct adm *adm, const struct mint *mint, const json_t *item,
    struct minting *m)
{
	uint8_t		 tag[SCEP_TOKEN_ED25519_LEN];
	char		 token[SCEP_TOKEN_MAX + 1];
	enum scep_err	 rc;
	size_t		 len;

	if ((rc = read_key(adm, mint->key, m)) != SCEP_OK ||
	    (rc = take_told(adm, mint, item, m)) != SCEP_OK)
		return rc;
	len = m->key != NULL ? SCEP_TOKEN_ED25519_LEN : SCEP_TOKEN_HMAC_LEN;
	if ((rc = scep_token_body(adm->crypto, &m->wish, len, token,
	    &adm->err)) != SCEP_OK ||
	    (rc = sign(adm, m, scep_span_text(token), tag)) != SCEP_OK)
		return rc;
	scep_token_close(token, scep_span_make(tag, len));
	print_token(adm, m, token);
	OPENSSL_cleanse(token, sizeof(token));
	return SCEP_OK;
}

static enum scep_err
make_item(struct adm *adm, const struct mint *mint, json_t *item)
{
	enum scep_err	 rc;
	int		 i;

	if ((rc = check_told(adm, mint)) != SCEP_OK)
		return rc;
	for (i = 0; i < ADM_ITEM__MAX; i++)
		if (mint->text[i] != NULL && (rc = adm_item_put(item,
		    (enum adm_item)i, mint->text[i], &adm->err)) != SCEP_OK)
			return scep_fail_within(&adm->err, "--%s",
			    adm_item_name((enum adm_item)i));
	return SCEP_OK;
}

enum scep_err
adm_token_mint(struct adm *adm, int argc, char *argv[])
{
	struct mint		 mint = { .dns = json_array() };
	struct minting		 m = { .key = NULL };
	json_t			*item = json_object();
	const struct adm_option	 options[] = {
		{ "key", &mint.key, NULL, NULL },
		{ "kid", &mint.kid, NULL, NULL },
		{ "profile", &mint.text[ADM_ITEM_PROFILE], NULL, NULL },
		{ "id", &mint.id, NULL, NULL },
		{ "subject", &mint.text[ADM_ITEM_SUBJECT], NULL, NULL },
		{ "cn", &mint.text[ADM_ITEM_CN], NULL, NULL },
		{ "dns", NULL, NULL, mint.dns },
		{ "set-subject", NULL, &mint.sets, NULL },
		{ "key-sha256", &mint.key_sha256, NULL, NULL },
		{ "csr", &mint.text[ADM_ITEM_CSR], NULL, NULL },
		{ "not-before", &mint.text[ADM_ITEM_NOT_BEFORE], NULL, NULL },
		{ "ttl", &mint.text[ADM_ITEM_TTL], NULL, NULL },
		{ "not-after", &mint.text[ADM_ITEM_NOT_AFTER], NULL, NULL },
		{ NULL, NULL, NULL, NULL }
	};
	enum scep_err		 rc;

	if ((rc = adm_options(adm, argc, argv, options, 0, NULL)) ==
	    SCEP_OK && (rc = make_item(adm, &mint, item)) == SCEP_OK)
		rc = make(adm, &mint, item, &m);
	EVP_PKEY_free(m.key);
	scep_csr_free(m.csr);
	OPENSSL_cleanse(m.secret, sizeof(m.secret));
	json_decref(mint.dns);
	json_decref(item);
	return rc;
}
