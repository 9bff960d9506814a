/*
 * scepadm_challenge.c - one-time challenges: show, revoke, thaw, hash.
 */
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "cgi/scepadm.h"
#include "wire/csr.h"

#define SECRET_MAX	(SCEP_CHALLENGE_MAX + 1)	/* is refused */

static const struct adm_column	show_columns[] = {
	{ "id", "id" }, { "profile", "profile" }, { "state", "state" },
	{ "binds", "binds" }, { "subject", "subject" }, { "SAN", "san" },
	{ "key SHA-256", "key_sha256" }, { "used", "used" },
	{ "uses", "uses" }, { "reuse for", "reuse_for" },
	{ "wrong names", "wrong" }, { "of", "max_wrong" },
	{ "created", "created" }, { "not before", "not_before" },
	{ "expires", "expires" }, { "issuer", "issuer" }, { "note", "note" },
	{ NULL, NULL }
};

enum scep_err
adm_challenge_show(struct adm *adm, int argc, char *argv[])
{
	return adm_show_one(adm, argc, argv, "challenge.show", "id",
	    show_columns);
}

enum scep_err
adm_challenge_revoke(struct adm *adm, int argc, char *argv[])
{
	return adm_show_one(adm, argc, argv, "challenge.revoke", "id",
	    show_columns);
}

enum scep_err
adm_challenge_thaw(struct adm *adm, int argc, char *argv[])
{
	return adm_show_one(adm, argc, argv, "challenge.thaw", "id",
	    show_columns);
}

static enum scep_err
secret_read(struct adm *adm, char *secret, size_t size)
{
	const size_t	 n = adm_secret_line(STDIN_FILENO,
			    "challenge to hash: ", secret, size);

	if (n == size - 1)
		return scep_fail(&adm->err, SCEP_E_USAGE, "the first line of "
		    "standard input is longer than %d octets, the most that a "
		    "challenge has", SCEP_CHALLENGE_MAX);
	if (n == 0)
		return scep_fail(&adm->err, SCEP_E_USAGE, "standard input "
		    "holds nothing; give the challenge there: scepadm "
		    "challenge hash < FILE");
	return SCEP_OK;
}

enum scep_err
adm_challenge_hash(struct adm *adm, int argc, char *argv[])
{
	char			 secret[SECRET_MAX + 1];
	const char		*profile = NULL;
	const struct adm_option	 options[] = {
		{ "profile", &profile, NULL, NULL },
		{ NULL, NULL, NULL, NULL }
	};
	json_t			*request, *result;
	enum scep_err		 rc;

	if ((rc = adm_options(adm, argc, argv, options, 0, NULL)) != SCEP_OK ||
	    (rc = secret_read(adm, secret, sizeof(secret))) != SCEP_OK)
		return rc;
	request = json_pack("{s:s,s:s}", "do", "challenge.hash", "secret",
	    secret);
	OPENSSL_cleanse(secret, sizeof(secret));
	if (request == NULL)
		return scep_fail(&adm->err, SCEP_E_USAGE,
		    "the challenge is not UTF-8");
	adm_set_text(request, "profile", profile);
	if ((rc = adm_ask(adm, request, &result)) != SCEP_OK)
		return rc;
	if (adm->json)
		adm_print_json(result);
	else
		(void)printf("challenge_hash = %s\n",
		    json_string_value(json_object_get(result, "hash")));
	json_decref(result);
	return SCEP_OK;
}
