/*
 * scepadm_token.c - what tokens are verified with: `token key add`, list, show,
 * revoke.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "cgi/scepadm.h"

#define KEY_FILE_MAX	4096

static const struct adm_column	list_columns[] = {
	{ "ID", "id" }, { "NAME", "name" }, { "STATE", "state" },
	{ "ALG", "alg" }, { "PROFILES", "profiles" },
	{ "MAX TTL", "max_ttl" }, { "CREATED", "created" }, { NULL, NULL }
};
static const struct adm_column	show_columns[] = {
	{ "id", "id" }, { "name", "name" }, { "state", "state" },
	{ "algorithm", "alg" }, { "public key", "public_key" },
	{ "profiles", "profiles" }, { "max TTL", "max_ttl" },
	{ "created", "created" }, { "revoked", "revoked" },
	{ "takes tokens since", "since" }, { "issuer", "issuer" },
	{ "note", "note" }, { NULL, NULL }
};

/* What add was told. */
struct add {
	const char	*name, *alg, *public_key, *out, *max_ttl, *note;
	json_t		*profiles;
};

/* PEM or DER, as hex of DER. */
static enum scep_err
put_public(struct adm *adm, json_t *ask, const char *path)
{
	struct scep_buf	 text = { NULL, 0 };
	unsigned char	*octets = NULL;
	char		 hex[2 * KEY_FILE_MAX + 1];
	struct scep_span der;
	BIO		*bio = NULL;
	enum scep_err	 rc;
	long		 len = 0;

	if ((rc = scep_file_read(path, KEY_FILE_MAX, &text, &adm->err)) !=
	    SCEP_OK)
		return rc;
	der = scep_buf_span(&text);
	if (text.len == 0 || text.data[0] != 0x30) {
		bio = BIO_new_mem_buf(text.data, (int)text.len);
		if (bio == NULL || PEM_bytes_read_bio(&octets, &len, NULL,
		    PEM_STRING_PUBLIC, bio, NULL, NULL) != 1)
			rc = scep_fail(&adm->err, SCEP_E_USAGE, "--public: %s "
			    "holds no public key, neither as PEM nor as DER; "
			    "`openssl pkey -in KEY -pubout` prints that of a "
			    "private key", path);
		der = scep_span_make(octets, (size_t)len);
	}
	if (rc == SCEP_OK) {
		scep_hex_text(der, hex, sizeof(hex));
		adm_set_text(ask, "public", hex);
	}
	OPENSSL_free(octets);
	BIO_free(bio);
	ERR_clear_error();
	scep_buf_clear(&text);
	return rc;
}

/* Where the secret goes: never to a terminal, nor into a pipe that somebody
 * logs. */
static enum scep_err
check_told(struct adm *adm, const struct add *add)
{
	const int	 is_hmac = add->alg != NULL &&
			    strcmp(add->alg, "hmac") == 0;

	if (add->alg == NULL)
		return scep_fail(&adm->err, SCEP_E_USAGE, "--alg says how "
		    "tokens are authenticated: hmac (a secret that is shared "
		    "with whoever mints) or ed25519 (the server has a public "
		    "key alone)");
	if (!is_hmac && strcmp(add->alg, "ed25519") != 0)
		return scep_fail(&adm->err, SCEP_E_USAGE, "--alg: \"%.32s\" is "
		    "neither hmac nor ed25519", add->alg);
	if (is_hmac && (add->out == NULL || add->public_key != NULL))
		return scep_fail(&adm->err, SCEP_E_USAGE, "--alg hmac wants "
		    "--out FILE, which is made with mode 0600 and gets the "
		    "secret, and no --public");
	if (!is_hmac && (add->out != NULL || add->public_key == NULL))
		return scep_fail(&adm->err, SCEP_E_USAGE, "--alg ed25519 "
		    "wants --public FILE, and no --out: there is no secret; "
		    "`openssl genpkey -algorithm ed25519 -out KEY` makes a "
		    "key, and `openssl pkey -in KEY -pubout -out FILE` writes "
		    "its public half");
	if (is_hmac && access(add->out, F_OK) == 0)
		return scep_fail(&adm->err, SCEP_E_EXISTS, "--out: %s is "
		    "there already, and is not overwritten", add->out);
	return SCEP_OK;
}

static enum scep_err
make_ask(struct adm *adm, const struct add *add, json_t *ask)
{
	enum scep_err	 rc;
	long		 seconds;

	if ((rc = check_told(adm, add)) != SCEP_OK)
		return rc;
	adm_set_text(ask, "name", add->name);
	adm_set_text(ask, "alg", add->alg);
	adm_set_text(ask, "note", add->note);
	if (json_array_size(add->profiles) > 0)
		(void)json_object_set(ask, "profiles", add->profiles);
	if (add->max_ttl != NULL) {
		if (scep_duration_read(add->max_ttl, &seconds, &adm->err) !=
		    SCEP_OK)
			return scep_fail_within(&adm->err, "--max-ttl");
		(void)json_object_set_new(ask, "max_ttl",
		    json_integer(seconds));
	}
	return add->public_key == NULL ? SCEP_OK :
	    put_public(adm, ask, add->public_key);
}

/* A secret that nobody has is a key that nobody has: it goes again. */
static enum scep_err
undo(struct adm *adm, const json_t *made)
{
	const struct scep_error	 why = adm->err;
	json_t			*result = NULL;

	if (adm_ask(adm, json_pack("{s:s,s:s}", "do", "tokenkey.revoke", "id",
	    adm_text(made, "id")), &result) == SCEP_OK) {
		json_decref(result);
		adm->err = why;
		return scep_fail_mend(&adm->err, "key %s was revoked again",
		    adm_text(made, "id"));
	}
	adm->err = why;
	return scep_fail_mend(&adm->err, "nobody has the secret of key %s: "
	    "revoke it", adm_text(made, "id"));
}

static enum scep_err
write_secret(struct adm *adm, const char *path, const json_t *made)
{
	char		 line[80];
	enum scep_err	 rc;

	(void)snprintf(line, sizeof(line), "%s\n", adm_text(made, "secret"));
	rc = scep_file_create(path, scep_span_text(line), 0600, &adm->err);
	OPENSSL_cleanse(line, sizeof(line));
	return adm_not_made(adm, path, rc) == SCEP_OK ? rc : undo(adm, made);
}

static enum scep_err
add_ask(struct adm *adm, const struct add *add)
{
	json_t		*ask = json_pack("{s:s}", "do", "tokenkey.add");
	json_t		*made;
	enum scep_err	 rc;

	if ((rc = make_ask(adm, add, ask)) != SCEP_OK) {
		json_decref(ask);
		return rc;
	}
	if ((rc = adm_ask(adm, ask, &made)) != SCEP_OK)
		return rc;
	if (add->out != NULL)
		rc = write_secret(adm, add->out, made);
	(void)json_object_del(made, "secret");
	if (rc == SCEP_OK && adm->json)
		adm_print_json(made);
	else if (rc == SCEP_OK) {
		/* Alone on stdout, so that a script may take it. */
		(void)printf("%s\n", adm_text(made, "id"));
		(void)fflush(stdout);
		(void)fprintf(stderr, "scepadm: token key %s (%s) for profile "
		    "%s, tokens of %s at most\n", adm_text(made, "id"),
		    adm_text(made, "alg"), adm_text(made, "profiles"),
		    adm_text(made, "max_ttl"));
	}
	json_decref(made);
	return rc;
}

enum scep_err
adm_token_key_add(struct adm *adm, int argc, char *argv[])
{
	struct add		 add = { .profiles = json_array() };
	const struct adm_option	 options[] = {
		{ "name", &add.name, NULL, NULL },
		{ "alg", &add.alg, NULL, NULL },
		{ "public", &add.public_key, NULL, NULL },
		{ "out", &add.out, NULL, NULL },
		{ "profile", NULL, NULL, add.profiles },
		{ "max-ttl", &add.max_ttl, NULL, NULL },
		{ "note", &add.note, NULL, NULL },
		{ NULL, NULL, NULL, NULL }
	};
	enum scep_err		 rc;

	if ((rc = adm_options(adm, argc, argv, options, 0, NULL)) == SCEP_OK)
		rc = add_ask(adm, &add);
	json_decref(add.profiles);
	return rc;
}

enum scep_err
adm_token_key_list(struct adm *adm, int argc, char *argv[])
{
	return adm_show_all(adm, argc, argv, "tokenkey.list", list_columns);
}

enum scep_err
adm_token_key_show(struct adm *adm, int argc, char *argv[])
{
	return adm_show_one(adm, argc, argv, "tokenkey.show", "id",
	    show_columns);
}

enum scep_err
adm_token_key_revoke(struct adm *adm, int argc, char *argv[])
{
	return adm_show_one(adm, argc, argv, "tokenkey.revoke", "id",
	    show_columns);
}
