/*
 * scepadm_client.c - `client`: how one device is told to get its certificate,
 * with the challenge that it will do so with.
 *
 * Everything is looked at, and the recipe written once without the challenge,
 * before one is made; what cannot be handed out afterwards is revoked.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgi/scepadm_add.h"
#include "cgi/scepadm_client.h"
#include "cgi/scepadm_device.h"

/* Which options a kind takes besides those of all. */
#define SIGN	0x1
#define WIFI	0x2

static const struct kind {
	const char	*name;
	adm_recipe_fn	 fn;
	unsigned int	 takes;
} kinds[] = {
	{ "apple", adm_recipe_apple, SIGN },
	{ "certmonger", adm_recipe_certmonger, 0 },
	{ "cisco", adm_recipe_cisco, 0 },
	{ "scepclient", adm_recipe_scepclient, 0 },
	{ "sscep", adm_recipe_sscep, 0 },
	{ "strongswan", adm_recipe_strongswan, 0 },
	{ "text", adm_recipe_text, 0 },
	{ "windows", adm_recipe_windows, 0 },
	{ "wpa", adm_recipe_wpa, WIFI },
};
#define KINDS	(sizeof(kinds) / sizeof(kinds[0]))

/* What the command line says, and what becomes of it. */
struct client {
	struct adm		*adm;
	const struct kind	*kind;
	struct adm_wanted	 wanted;
	struct adm_device	 device;
	struct adm_signer	 signer;
	const char		*cn, *ttl, *note, *challenge_file, *png;
	int			 qr, has_png;	/* has_png: it is written */
	json_t			*dns;
	json_t			*subject;	/* of --cn */
	char			*given;		/* the challenge of a file */
	json_t			*added;		/* … or one that was made */
	struct adm_text		 text;
	struct scep_buf		 cms;		/* the same, signed */
};

static enum scep_err
kind_find(struct client *c, const char *name)
{
	char	 list[256];
	size_t	 i, n = 0;

	for (i = 0; i < KINDS; i++) {
		if (strcmp(name, kinds[i].name) == 0) {
			c->kind = &kinds[i];
			return SCEP_OK;
		}
		n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%s",
		    i > 0 ? ", " : "", kinds[i].name);
	}
	return scep_fail(&c->adm->err, SCEP_E_USAGE, "\"%.64s\" is none of "
	    "the clients that are known: %s", name, list);
}

static enum scep_err
check_takes(const struct client *c)
{
	const unsigned int	 takes = c->kind->takes;
	struct scep_error	*err = &c->adm->err;

	if ((takes & SIGN) == 0 && (c->signer.cert_path != NULL ||
	    c->signer.key_path != NULL || c->signer.pass_path != NULL))
		return scep_fail(err, SCEP_E_USAGE, "--sign, --sign-key and "
		    "--pass-file are for client apple: nothing else reads "
		    "signed profiles");
	if ((c->signer.cert_path == NULL) != (c->signer.key_path == NULL) ||
	    (c->signer.pass_path != NULL && c->signer.key_path == NULL))
		return scep_fail(err, SCEP_E_USAGE, "--sign CERTIFICATE and "
		    "--sign-key KEY go together");
	if ((takes & WIFI) == 0 && (c->device.ssid != NULL ||
	    c->device.radius != NULL))
		return scep_fail(err, SCEP_E_USAGE, "--ssid and --radius are "
		    "for client wpa");
	return SCEP_OK;
}

static enum scep_err
check_names(struct client *c)
{
	struct scep_error	*err = &c->adm->err;

	if ((c->cn == NULL) == (c->wanted.subject == NULL))
		return scep_fail(err, SCEP_E_USAGE, "whose certificate is it? "
		    "Give one of --cn NAME and --subject DN");
	if (c->challenge_file != NULL && c->signer.pass_path != NULL &&
	    strcmp(c->challenge_file, "-") == 0 &&
	    strcmp(c->signer.pass_path, "-") == 0)
		return scep_fail(err, SCEP_E_USAGE, "--challenge-file and "
		    "--pass-file: standard input is one of them; put the "
		    "other into a file");
	if (c->challenge_file != NULL && (c->ttl != NULL || c->note != NULL))
		return scep_fail(err, SCEP_E_USAGE, "--ttl and --note are for "
		    "a challenge that is made; that of --challenge-file has "
		    "its own");
	if (c->cn != NULL) {
		c->subject = adm_subject_of_cn(c->cn);
		c->wanted.subject = json_string_value(c->subject);
		if (c->wanted.subject == NULL)
			return scep_fail(err, SCEP_E_USAGE, "--cn: not UTF-8");
	}
	if (json_array_size(c->dns) > 0)
		c->device.dns = c->dns;
	return SCEP_OK;
}

/* No control characters anywhere: a line is a line. */
static enum scep_err
check_text(const struct client *c, const char *option, const char *text)
{
	return text == NULL || scep_is_clean_utf8(scep_span_text(text)) ?
	    SCEP_OK : scep_fail(&c->adm->err, SCEP_E_REFUSED, "%s: control "
	    "characters in it, or no UTF-8", option);
}

static enum scep_err
check_clean(const struct client *c)
{
	const struct {
		const char	*option, *value;
	} rows[] = {
		{ "--challenge-file", c->given },
		{ "--ssid", c->device.ssid },
		{ "--radius", c->device.radius },
	};
	enum scep_err	 rc = SCEP_OK;
	size_t		 i;

	for (i = 0; rc == SCEP_OK && i < sizeof(rows) / sizeof(rows[0]); i++)
		rc = check_text(c, rows[i].option, rows[i].value);
	for (i = 0; rc == SCEP_OK && i < json_array_size(c->dns); i++)
		rc = check_text(c, "--dns", json_string_value(json_array_get(
		    c->dns, i)));
	return rc;
}

/* The challenge as a device is to show it. */
static const char *
challenge(const struct client *c)
{
	const char	*text = json_string_value(json_object_get(
			    json_array_get(c->added, 0), "challenge"));

	return c->given != NULL ? c->given : text;
}

/* Into c->text; with challenge NULL only whether it can be. */
static enum scep_err
write_recipe(struct client *c, const char *secret)
{
	struct adm_device	*d = &c->device;
	const char		*expires = json_string_value(json_object_get(
				    json_array_get(c->added, 0), "expires"));
	enum scep_err		 rc;

	adm_text_clear(&c->text);
	d->challenge = secret != NULL ? secret : "";
	(void)snprintf(d->expires, sizeof(d->expires), "%s", expires != NULL ?
	    expires : "");
	if ((rc = c->kind->fn(d, &c->text, &c->adm->err)) != SCEP_OK)
		return rc;
	return adm_text_end(&c->text, &c->adm->err);
}

/* By the request that `challenge add` makes. */
static enum scep_err
make_challenge(struct client *c)
{
	struct adm_adding	 what = { .count = 1 };
	json_t			*one = json_object();
	long			 ttl;
	enum scep_err		 rc;

	if ((rc = scep_duration_read(c->ttl != NULL ? c->ttl : "24h", &ttl,
	    &c->adm->err)) != SCEP_OK) {
		json_decref(one);
		return scep_fail_within(&c->adm->err, "--ttl");
	}
	(void)json_object_set_new(one, "profile",
	    json_string(c->device.profile));
	(void)json_object_set_new(one, "subject",
	    json_string(c->wanted.subject));
	(void)json_object_set_new(one, "ttl", json_integer(ttl));
	(void)json_object_set_new(one, "uses", json_integer(1));
	if (c->device.dns != NULL)
		(void)json_object_set(one, "dns", c->dns);
	if (c->note != NULL)
		(void)json_object_set_new(one, "note", json_string(c->note));
	what.one = one;
	rc = adm_add_all(c->adm, &what, &c->added);
	json_decref(one);
	return rc;
}

static void
put(json_t *o, const char *key, const char *value)
{
	(void)json_object_set_new(o, key, json_string(value));
}

static void
print_json(struct client *c)
{
	json_t		*o = json_object();
	struct adm_text	 cms = { { NULL, 0 }, 0 };
	char		 hash[ADM_HASH_TEXT];

	put(o, "client", c->kind->name);
	put(o, "profile", c->device.profile);
	put(o, "url", c->device.url);
	adm_device_hash(c->device.ca, EVP_sha256(), "", hash);
	put(o, "sha256", hash);
	adm_device_hash(c->device.ca, EVP_sha1(), "", hash);
	put(o, "sha1", hash);
	put(o, "subject", c->device.subject);
	(void)json_object_set(o, "dns", c->dns);
	put(o, "challenge", challenge(c));
	(void)json_object_update_missing(o, json_array_get(c->added, 0));
	if (c->cms.len > 0) {
		adm_text_base64(&cms, scep_buf_span(&c->cms));
		put(o, "cms", (const char *)cms.buf.data);
	} else
		put(o, "text", (const char *)c->text.buf.data);
	adm_print_json(o);
	adm_text_clear(&cms);
	json_decref(o);
}

static enum scep_err
print_qr(struct client *c)
{
	struct adm_text	 text = { { NULL, 0 }, 0 };
	enum scep_err	 rc;

	adm_qr_text(&c->device, &text);
	rc = adm_text_end(&text, &c->adm->err);
	if (rc == SCEP_OK && c->png != NULL) {
		rc = adm_qr_png((const char *)text.buf.data, c->png,
		    &c->adm->err);
		c->has_png = rc == SCEP_OK;
		rc = adm_not_made(c->adm, c->png, rc);
	}
	/* Beside the recipe, which may be on its way into a file. */
	if (rc == SCEP_OK && c->qr)
		rc = adm_qr_show((const char *)text.buf.data, stderr,
		    &c->adm->err);
	adm_text_clear(&text);
	return rc;
}

static enum scep_err
print(struct client *c)
{
	struct scep_span	 text = scep_buf_span(&c->text.buf);
	enum scep_err		 rc = SCEP_OK;

	if (c->signer.cert != NULL && (rc = adm_signer_sign(c->adm,
	    &c->signer, text, &c->cms)) != SCEP_OK)
		return rc;
	if ((c->qr || c->png != NULL) && (rc = print_qr(c)) != SCEP_OK)
		return rc;
	if (c->cms.len > 0)
		text = scep_buf_span(&c->cms);
	if (c->adm->json)
		print_json(c);
	else
		(void)fwrite(text.data, 1, text.len, stdout);
	if (fflush(stdout) == EOF || ferror(stdout))
		return scep_fail(&c->adm->err, SCEP_E_STORE, "it cannot be "
		    "written to standard output; is there room, is somebody "
		    "reading");
	if (c->added != NULL && !c->adm->json)
		(void)fprintf(stderr, "scepadm: for %s of profile %s until "
		    "%s; the challenge in it is shown once, never again\n",
		    c->device.subject, c->device.profile, c->device.expires);
	return SCEP_OK;
}

/* Files first: as root we are about to become somebody else. */
static enum scep_err
prepare(struct client *c, const char *kind)
{
	enum scep_err	 rc;

	if ((rc = kind_find(c, kind)) != SCEP_OK ||
	    (rc = check_takes(c)) != SCEP_OK ||
	    (rc = check_names(c)) != SCEP_OK)
		return rc;
	if (c->challenge_file != NULL && (rc = adm_secret_file(c->adm,
	    c->challenge_file, "challenge", &c->given)) != SCEP_OK)
		return rc;
	if ((rc = check_clean(c)) != SCEP_OK)
		return rc;
	if (c->signer.cert_path != NULL &&
	    (rc = adm_signer_read(c->adm, &c->signer)) != SCEP_OK)
		return rc;
	if ((rc = adm_device_read(c->adm, &c->wanted, &c->device)) != SCEP_OK)
		return rc;
	return write_recipe(c, c->given);
}

static enum scep_err
hand_out(struct client *c)
{
	enum scep_err	 rc;

	if (c->given != NULL)
		return print(c);
	if ((rc = make_challenge(c)) != SCEP_OK)
		return rc;
	if ((rc = write_recipe(c, challenge(c))) == SCEP_OK &&
	    (rc = print(c)) == SCEP_OK)
		return SCEP_OK;
	if (c->has_png)			/* of a challenge that is void */
		(void)unlink(c->png);
	return adm_add_undo(c->adm, c->added, 1);
}

static void
clear(struct client *c)
{
	adm_signer_clear(&c->signer);
	adm_device_clear(&c->device);
	adm_text_clear(&c->text);
	scep_buf_clear(&c->cms);
	if (c->given != NULL)
		OPENSSL_cleanse(c->given, strlen(c->given));
	free(c->given);
	json_decref(c->added);
	json_decref(c->subject);
	json_decref(c->dns);
}

enum scep_err
adm_client(struct adm *adm, int argc, char *argv[])
{
	struct client		 c = { .adm = adm, .dns = json_array() };
	const struct adm_option	 options[] = {
		{ "profile", &c.wanted.profile, NULL, NULL },
		{ "subject", &c.wanted.subject, NULL, NULL },
		{ "cn", &c.cn, NULL, NULL },
		{ "dns", NULL, NULL, c.dns },
		{ "bits", &c.wanted.bits, NULL, NULL },
		{ "url", &c.wanted.url, NULL, NULL },
		{ "ttl", &c.ttl, NULL, NULL },
		{ "note", &c.note, NULL, NULL },
		{ "challenge-file", &c.challenge_file, NULL, NULL },
		{ "sign", &c.signer.cert_path, NULL, NULL },
		{ "sign-key", &c.signer.key_path, NULL, NULL },
		{ "pass-file", &c.signer.pass_path, NULL, NULL },
		{ "ssid", &c.device.ssid, NULL, NULL },
		{ "radius", &c.device.radius, NULL, NULL },
		{ "qr", NULL, &c.qr, NULL },
		{ "qr-png", &c.png, NULL, NULL },
		{ NULL, NULL, NULL, NULL }
	};
	char			**kind;
	enum scep_err		  rc;

	if ((rc = adm_options(adm, argc, argv, options, 1, &kind)) ==
	    SCEP_OK && (rc = prepare(&c, kind[0])) == SCEP_OK) {
		adm_hold(adm);
		rc = hand_out(&c);
		adm_release(adm);
	}
	clear(&c);
	return rc;
}
