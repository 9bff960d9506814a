/*
 * admin_import.c - certificates of another server's, and what became of them,
 * taken over: cert.import.
 *
 * A request is a batch, and one transaction.  What is refused is told and left
 * out; what is there already is left alone, so that a batch may come twice.
 */
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/admin_challenge.h"
#include "ca/admin_json.h"
#include "ca/crl.h"
#include "ca/import.h"
#include "ca/keylock.h"

#define SERIAL_MAX	40
#define SERIALS_TEXT	(SCEP_IMPORT_ITEMS * (2 * SERIAL_MAX + 1) + 1)

/* One request. */
struct importing {
	struct scep_admin_call		*call;
	const struct scep_profile	*profile;
	const struct scep_ca_conf	*conf;	/* the generation */
	struct scep_import_ca		 from;
	struct scep_change		 change;
	struct scep_crl_rec		 crl;	/* in change; or all 0 */
	long				 n[SCEP_IMPORT__MAX];
	long				 dropped;	/* newly revoked */
	json_t				*told;	/* what there is to say */
	char				 serials[SERIALS_TEXT];
	char				 revoked[SERIALS_TEXT];
};

/* An item in hand. */
struct item {
	const json_t		*json;
	struct scep_cert_rec	 said;	/* what it says … */
	struct scep_cert_rec	 here;	/* … and what is here, if it is */
	struct scep_cert_rec	*write;	/* one of both, or NULL */
	enum scep_import_fate	 fate;
};

static int
is_dry(const struct importing *im)
{
	return scep_admin_number(im->call, "dry", 0) != 0;
}

static enum scep_err
tell(struct importing *im, const struct item *it, const char *kind,
    char *text, struct scep_error *err)
{
	scep_admin_printable(text);
	if (json_array_append_new(im->told, json_pack("{s:O,s:s,s:s}",
	    "line", json_object_get(it->json, "line"), "kind", kind, "text",
	    text)) == 0)
		return SCEP_OK;
	return scep_fail(err, SCEP_E_NOMEM, "what there is to say");
}

/* What stays as it is, against what was said. */
static enum scep_err
tell_kept(struct importing *im, const struct item *it, struct scep_error *err)
{
	char		 text[160];
	enum scep_err	 rc;

	(void)snprintf(text, sizeof(text), "it is revoked here, and stays so");
	if (it->said.state != SCEP_CERT_REVOKED &&
	    it->here.state == SCEP_CERT_REVOKED &&
	    (rc = tell(im, it, "kept", text, err)) != SCEP_OK)
		return rc;
	(void)snprintf(text, sizeof(text), "it is here in profile %.64s, and "
	    "stays there", it->here.profile);
	return strcmp(it->here.profile, im->profile->name) == 0 ? SCEP_OK :
	    tell(im, it, "kept", text, err);
}

/* Within one request, too. */
static enum scep_err
check_twice(const struct importing *im, struct scep_span key,
    struct scep_error *err)
{
	size_t	 i;

	for (i = 0; i < im->change.n; i++)
		if (scep_span_equal(scep_buf_span(&im->change.write[i].key),
		    key))
			return scep_fail(err, SCEP_E_REFUSED, "its serial was "
			    "in this request before");
	return SCEP_OK;
}

static enum scep_err
look(struct importing *im, struct item *it, struct scep_error *err)
{
	struct scep_buf	 key = { NULL, 0 };
	enum scep_err	 rc;

	if ((rc = scep_cert_key(scep_buf_span(&it->said.serial),
	    it->said.issuer, &key, err)) == SCEP_OK &&
	    (rc = check_twice(im, scep_buf_span(&key), err)) == SCEP_OK)
		rc = scep_cert_rec_get(im->call->ca->store,
		    scep_buf_span(&key), &it->here, err);
	scep_buf_clear(&key);
	return rc;
}

static void
fill_new(const struct importing *im, struct item *it)
{
	struct scep_cert_rec	*rec = &it->said;

	it->fate = SCEP_IMPORT_NEW;
	it->write = rec;
	OPENSSL_strlcpy(rec->ca, im->conf->name, sizeof(rec->ca));
	OPENSSL_strlcpy(rec->profile, im->profile->name,
	    sizeof(rec->profile));
	(void)snprintf(rec->authority, sizeof(rec->authority), "import of "
	    "%.32s by uid %lu", scep_admin_text(im->call, "source", "?"),
	    im->call->uid);
}

static enum scep_err
decide(struct importing *im, struct item *it, struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = scep_import_item(im->call->ca->crypto, &im->from,
	    im->call->now, it->json, &it->said, err)) != SCEP_OK)
		return rc;
	rc = look(im, it, err);
	if (rc == SCEP_E_NOTFOUND) {
		fill_new(im, it);
		return SCEP_OK;
	}
	if (rc != SCEP_OK ||
	    (rc = tell_kept(im, it, err)) != SCEP_OK ||
	    (rc = scep_import_merge(&it->said, it->json, &it->here,
	    &it->fate, err)) != SCEP_OK)
		return rc;
	if (it->fate != SCEP_IMPORT_THERE)
		it->write = &it->here;
	return SCEP_OK;
}

static void
note(struct importing *im, const struct item *it)
{
	const int	 is_revoked = it->fate == SCEP_IMPORT_REVOKED ||
			    (it->fate == SCEP_IMPORT_NEW && it->write->state ==
			    SCEP_CERT_REVOKED);
	char		*to = is_revoked ? im->revoked : im->serials;
	char		 hex[2 * SERIAL_MAX + 1];

	scep_hex_text(scep_buf_span(&it->write->serial), hex, sizeof(hex));
	if (*to != '\0')
		OPENSSL_strlcat(to, ",", SERIALS_TEXT);
	OPENSSL_strlcat(to, hex, SERIALS_TEXT);
	im->dropped += is_revoked;
}

static enum scep_err
add(struct importing *im, struct item *it, struct scep_error *err)
{
	enum scep_err	 rc;

	rc = decide(im, it, err);
	if (rc == SCEP_E_EXISTS) {
		im->n[SCEP_IMPORT_OWN]++;
		return SCEP_OK;
	}
	if (rc == SCEP_E_REFUSED || rc == SCEP_E_USAGE) {
		im->n[SCEP_IMPORT_REFUSED]++;
		return tell(im, it, "refused", err->text, err);
	}
	if (rc != SCEP_OK)
		return rc;
	im->n[it->fate]++;
	if (it->write == NULL)
		return SCEP_OK;
	note(im, it);
	return scep_cert_rec_write(&im->change, it->write, err);
}

/* All of it. */

static enum scep_err
add_crl(struct importing *im, struct scep_error *err)
{
	const long	 number = scep_admin_number(im->call, "crl_number", 0);

	if (!scep_config_has_crl(im->conf, NULL) ||
	    (number == 0 && im->dropped == 0))
		return SCEP_OK;
	return scep_crl_outdate(im->call->ca, im->conf, im->dropped > 0,
	    number, &im->change, &im->crl, err);
}

static enum scep_err
log_start(struct importing *im, struct scep_error *err)
{
	struct scep_line	 line = { .len = 0 };

	scep_admin_log_start(im->call, "imported", NULL, &line);
	scep_line_text(&line, "ca", im->conf->name);
	scep_line_number(&line, "generation", im->conf->generation);
	scep_line_text(&line, "profile", im->profile->name);
	scep_line_text(&line, "source", scep_admin_text(im->call, "source",
	    "?"));
	if (*im->serials != '\0')
		scep_line_whole(&line, "serials", im->serials);
	if (*im->revoked != '\0')
		scep_line_whole(&line, "revoked", im->revoked);
	if (im->crl.stale == SCEP_CRL_STALE)
		scep_line_number(&line, "crl_number", im->crl.number);
	return scep_admin_log_end(im->call, &line, &im->change, err);
}

static enum scep_err
commit(struct importing *im, struct scep_error *err)
{
	enum scep_err	 rc;

	if (is_dry(im))
		return SCEP_OK;
	if ((rc = add_crl(im, err)) != SCEP_OK || im->change.n == 0)
		return rc;
	if ((rc = log_start(im, err)) != SCEP_OK ||
	    (rc = scep_store_commit(im->call->ca->store, &im->change, err)) !=
	    SCEP_OK)
		return rc;
	return scep_crl_outdated(im->call->ca, &im->crl, err);
}

static enum scep_err
attempt(struct importing *im, struct scep_error *err)
{
	const json_t	*items = json_object_get(im->call->ask, "items");
	enum scep_err	 rc = SCEP_OK;
	size_t		 i;

	memset(im->n, 0, sizeof(im->n));
	im->dropped = 0;
	im->serials[0] = im->revoked[0] = '\0';
	(void)json_array_clear(im->told);
	for (i = 0; rc == SCEP_OK && i < json_array_size(items); i++) {
		struct item	 it = { .json = json_array_get(items, i) };

		rc = add(im, &it, err);
		scep_cert_rec_clear(&it.said);
		scep_cert_rec_clear(&it.here);
	}
	if (rc == SCEP_OK)
		rc = commit(im, err);
	scep_change_clear(&im->change);
	scep_crl_rec_clear(&im->crl);
	memset(&im->crl, 0, sizeof(im->crl));
	return rc;
}

/* No CRL is made meanwhile: it might not have these, and be newer. */
static enum scep_err
run(struct importing *im, struct scep_error *err)
{
	uint8_t			 key[SCEP_SHA256_LEN];
	const struct scep_span	 lock = { key, sizeof(key) };
	enum scep_err		 rc;
	int			 i;

	if ((rc = scep_crl_key(im->call->ca->crypto, im->conf, key, err)) !=
	    SCEP_OK)
		return rc;
	scep_keylock_take(im->call->ca->memory->lock, &lock, 1);
	for (i = 0; i < SCEP_ADMIN_TRIES; i++)
		if ((rc = attempt(im, err)) != SCEP_E_CHANGED)
			break;
	scep_keylock_give(im->call->ca->memory->lock, &lock, 1);
	return rc != SCEP_E_CHANGED ? rc : scep_fail(err, SCEP_E_BUSY,
	    "overtaken %d times; run it again", SCEP_ADMIN_TRIES);
}

/* Whose they are. */

static int
has_key(const struct importing *im, const struct scep_ca_conf *conf,
    const char *want)
{
	char			 hex[2 * SCEP_SHA256_LEN + 1];
	uint8_t			 digest[SCEP_SHA256_LEN];
	struct scep_error	 ignored;

	if (conf->cert.der.len == 0 || scep_crypto_sha256(im->call->ca->crypto,
	    conf->cert.spki, digest, &ignored) != SCEP_OK)
		return 0;
	scep_hex_text(scep_span_make(digest, sizeof(digest)), hex,
	    sizeof(hex));
	return strcmp(hex, want) == 0;
}

/* The generation of the profile's CA that has this key. */
static enum scep_err
find(struct importing *im, struct scep_error *err)
{
	const struct scep_config	*cfg = im->call->ca->cfg;
	const struct scep_ca_conf	*ca;
	const char			*key = scep_admin_text(im->call,
					    "ca_key", "");
	enum scep_err			 rc;
	size_t				 i;

	if ((rc = scep_admin_profile(im->call, &im->profile, err)) != SCEP_OK)
		return rc;
	ca = &cfg->ca[im->profile->ca];
	scep_line_text(&im->call->summary, "profile", im->profile->name);
	if (has_key(im, ca, key))
		im->conf = ca;
	for (i = 0; im->conf == NULL && i < ca->n_kin; i++)
		if (has_key(im, &ca->kin[i], key))
			im->conf = &ca->kin[i];
	if (im->conf != NULL)
		return scep_import_ca_load(im->call->ca->crypto,
		    &im->conf->cert, &im->from, err);
	return scep_fail(err, SCEP_E_REFUSED, "profile %s issues from CA %s "
	    "(%s), whose key is another: name a profile of the CA that is "
	    "moved in with --profile, or make a configuration for that CA "
	    "with --dir", im->profile->name, ca->name, ca->cert_path);
}

/* The answer. */

static enum scep_err
finish(struct importing *im, long *number, struct scep_error *err)
{
	struct scep_crl_held	*held;
	enum scep_err		 rc;
	char			 by[32];

	*number = 0;
	if (scep_admin_number(im->call, "finish", 0) == 0 || is_dry(im) ||
	    !scep_config_has_crl(im->conf, NULL))
		return SCEP_OK;
	(void)snprintf(by, sizeof(by), "uid %lu", im->call->uid);
	if ((rc = scep_crl_make(im->call->ca, im->conf, im->call->now, by,
	    err)) != SCEP_OK ||
	    (rc = scep_crl_newest(im->call->ca, im->conf, &held, err)) !=
	    SCEP_OK)
		return rc;
	*number = held->rec.number;
	scep_crl_drop(held);
	return SCEP_OK;
}

static enum scep_err
answer(struct importing *im, long crl, struct scep_error *err)
{
	json_t		*result;
	const char	*why;
	const int	 has_crl = scep_config_has_crl(im->conf, &why);

	result = json_pack("{s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:s,s:O}",
	    "ca", im->conf->name, "profile", im->profile->name,
	    "new", (json_int_t)im->n[SCEP_IMPORT_NEW],
	    "there", (json_int_t)im->n[SCEP_IMPORT_THERE],
	    "completed", (json_int_t)im->n[SCEP_IMPORT_COMPLETED],
	    "revoked", (json_int_t)im->n[SCEP_IMPORT_REVOKED],
	    "own", (json_int_t)im->n[SCEP_IMPORT_OWN],
	    "refused", (json_int_t)im->n[SCEP_IMPORT_REFUSED],
	    "crl_number", (json_int_t)crl, "no_crl", has_crl ? "" : why,
	    "told", im->told);
	return scep_admin_object(im->call, result, err);
}

static enum scep_err
import(struct scep_admin_call *call, struct scep_error *err)
{
	struct importing	 im = { .call = call };
	enum scep_err		 rc;
	long			 crl = 0;

	if ((im.told = json_array()) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "what there is to say");
	if ((rc = find(&im, err)) == SCEP_OK &&
	    (rc = run(&im, err)) == SCEP_OK &&
	    (rc = finish(&im, &crl, err)) == SCEP_OK)
		rc = answer(&im, crl, err);
	if (rc == SCEP_OK)
		scep_line_fmt(&call->summary, "count", "%ld",
		    im.n[SCEP_IMPORT_NEW] + im.n[SCEP_IMPORT_COMPLETED] +
		    im.n[SCEP_IMPORT_REVOKED]);
	scep_import_ca_clear(&im.from);
	json_decref(im.told);
	return rc;
}

static const struct scep_admin_member	members[] = {
	{ "profile", SCEP_ADMIN_TEXT, 0, 0, SCEP_NAME_LEN - 1 },
	{ "ca_key", SCEP_ADMIN_TEXT, 1, 2 * SCEP_SHA256_LEN,
	    2 * SCEP_SHA256_LEN },
	{ "source", SCEP_ADMIN_TEXT, 1, 1, SCEP_IMPORT_SOURCE },
	{ "items", SCEP_ADMIN_ITEMS, 1, 0, SCEP_IMPORT_ITEMS },
	{ "crl_number", SCEP_ADMIN_NUMBER, 0, 0, LONG_MAX - 1 },
	{ "dry", SCEP_ADMIN_NUMBER, 0, 0, 1 },
	{ "finish", SCEP_ADMIN_NUMBER, 0, 0, 1 },
	{ NULL, SCEP_ADMIN_TEXT, 0, 0, 0 }
};

const struct scep_admin_verb	scep_admin_import[] = {
	{ "cert.import", members, import },
	{ NULL, NULL, NULL }
};
