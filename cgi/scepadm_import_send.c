/*
 * scepadm_import_send.c - certificates on their way to the owner of the state,
 * in batches: first to be looked at, then to be taken.
 *
 * Where there is no state yet, what can be known without one is looked at
 * here.
 */
#include <sys/stat.h>

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/admin.h"
#include "ca/admin_json.h"
#include "cgi/scepadm_import.h"
#include "cgi/state.h"

#define BATCH_OCTETS	(SCEP_ADMIN_ASK_MAX - 1024)
#define ITEM_OCTETS	256	/* of an item, without its texts */

const char *const	adm_import_word[ADM_IMPORT_KINDS] = {
	"refused", "missing", "kept", "less"
};

/* What the list says may be in it: somebody else wrote that, and it goes to a
 * terminal. */
void
adm_import_tell(struct adm_import *im, long nr, enum adm_import_kind kind,
    const char *text)
{
	char	 clean[SCEP_ERROR_MAX + 128];

	if (im->count.told[kind]++ >= ADM_IMPORT_TOLD)
		return;
	OPENSSL_strlcpy(clean, text, sizeof(clean));
	scep_admin_printable(clean);
	(void)json_array_append_new(im->told, json_pack("{s:I,s:s,s:s}",
	    "line", (json_int_t)nr, "kind", adm_import_word[kind], "text",
	    clean));
}

/* Here. */

static enum scep_err
look_at(struct adm_import *im, const json_t *item)
{
	struct scep_error	 why;
	struct scep_cert_rec	 rec;
	enum scep_err		 rc;

	rc = scep_import_item(im->adm->crypto, &im->from, time(NULL), item,
	    &rec, &why);
	scep_cert_rec_clear(&rec);
	if (rc == SCEP_OK)
		im->count.n[SCEP_IMPORT_NEW]++;
	else if (rc == SCEP_E_EXISTS)
		im->count.n[SCEP_IMPORT_OWN]++;
	else if (rc == SCEP_E_REFUSED || rc == SCEP_E_USAGE)
		adm_import_tell(im, (long)json_integer_value(json_object_get(
		    item, "line")), ADM_IMPORT_REFUSED, why.text);
	else {
		im->adm->err = why;
		return rc;
	}
	return SCEP_OK;
}

static enum scep_err
look_at_all(struct adm_import *im)
{
	json_t		*item;
	enum scep_err	 rc = SCEP_OK;
	size_t		 i;

	json_array_foreach(im->items, i, item)
		if (rc == SCEP_OK)
			rc = look_at(im, item);
	return rc;
}

/* The owner. */

/* Root reads what nobody else may, and asks as the state's owner. */
static enum scep_err
lend(struct adm_import *im)
{
	struct scep_config	*cfg = NULL;
	struct adm		*adm = im->adm;
	struct stat		 st;
	enum scep_err		 rc;

	if (geteuid() != 0)
		return SCEP_OK;
	if (!im->lend) {
		if ((rc = scep_state_config(adm->crypto, adm->conf, 0, &cfg,
		    &adm->err)) != SCEP_OK)
			return rc;
		/* Without one, adm_ask() says so. */
		if (stat(cfg->server.state, &st) == 0 && st.st_uid != 0) {
			im->lend = 1;
			im->uid = st.st_uid;
			im->gid = st.st_gid;
		}
		scep_config_free(cfg);
	}
	if (!im->lend || (setgroups(1, &im->gid) == 0 &&
	    setegid(im->gid) == 0 && seteuid(im->uid) == 0))
		return SCEP_OK;
	return scep_fail(&adm->err, SCEP_E_INTERNAL, "become user %ld, who "
	    "owns the state: %s", (long)im->uid, strerror(errno));
}

static enum scep_err
give_back(struct adm_import *im)
{
	if (!im->lend || (seteuid(0) == 0 && setegid(0) == 0))
		return SCEP_OK;
	return scep_fail(&im->adm->err, SCEP_E_INTERNAL, "become root again: "
	    "%s", strerror(errno));
}

/* request is stolen. */
static enum scep_err
ask(struct adm_import *im, json_t *request)
{
	enum scep_err	 rc, back;

	adm_set_text(request, "profile", im->profile);
	json_decref(im->result);
	im->result = NULL;
	if ((rc = lend(im)) != SCEP_OK) {
		json_decref(request);
		return rc;
	}
	rc = adm_ask(im->adm, request, &im->result);
	back = give_back(im);
	return rc != SCEP_OK ? rc : back;
}

/* The database is closed as it was opened. */
void
adm_import_release(struct adm_import *im)
{
	struct scep_error	 why = im->adm->err;

	if (lend(im) == SCEP_OK)
		adm_release(im->adm);
	(void)give_back(im);
	im->adm->err = why;
}

static enum adm_import_kind
kind_of(const char *name)
{
	return strcmp(name, adm_import_word[ADM_IMPORT_REFUSED]) == 0 ?
	    ADM_IMPORT_REFUSED : ADM_IMPORT_KEPT;
}

/* Refusals are counted where they are told. */
static void
take_result(struct adm_import *im)
{
	static const char *const	 names[SCEP_IMPORT__MAX] = {
		[SCEP_IMPORT_NEW] = "new",
		[SCEP_IMPORT_THERE] = "there",
		[SCEP_IMPORT_COMPLETED] = "completed",
		[SCEP_IMPORT_REVOKED] = "revoked",
		[SCEP_IMPORT_OWN] = "own",
	};
	const char			*kind, *text;
	json_t				*one;
	json_int_t			 line;
	size_t				 i;

	for (i = 0; i < SCEP_IMPORT_REFUSED; i++)
		im->count.n[i] += (long)json_integer_value(json_object_get(
		    im->result, names[i]));
	json_array_foreach(json_object_get(im->result, "told"), i, one)
		if (json_unpack(one, "{s:I,s:s,s:s}", "line", &line, "kind",
		    &kind, "text", &text) == 0)
			adm_import_tell(im, (long)line, kind_of(kind), text);
}

static enum scep_err
send(struct adm_import *im, int finish)
{
	json_t		*request;
	enum scep_err	 rc;

	request = json_pack("{s:s,s:s,s:s,s:O,s:i,s:I,s:i}",
	    "do", "cert.import", "ca_key", im->ca_key, "source", im->source,
	    "items", im->items, "dry", !im->sending,
	    "crl_number", (json_int_t)im->crl_number, "finish", finish);
	if (request == NULL)
		return scep_fail(&im->adm->err, SCEP_E_NOMEM, "a request");
	if ((rc = ask(im, request)) == SCEP_OK)
		take_result(im);
	return rc;
}

enum scep_err
adm_import_flush(struct adm_import *im)
{
	enum scep_err	 rc;

	rc = im->fresh ? look_at_all(im) : json_array_size(im->items) > 0 ||
	    im->result == NULL ? send(im, 0) : SCEP_OK;
	(void)json_array_clear(im->items);
	im->octets = 0;
	return rc;
}

enum scep_err
adm_import_finish(struct adm_import *im)
{
	const long	*n = im->count.n;

	return n[SCEP_IMPORT_NEW] + n[SCEP_IMPORT_COMPLETED] +
	    n[SCEP_IMPORT_REVOKED] > 0 ? send(im, 1) : SCEP_OK;
}

/* Batches. */

static json_t *
hex_json(struct scep_span bytes)
{
	struct scep_buf	 hex = { NULL, 0 };
	json_t		*json = NULL;
	char		*text;

	if ((text = (char *)scep_buf_extend(&hex, 2 * bytes.len + 1)) !=
	    NULL) {
		scep_hex_text(bytes, text, 2 * bytes.len + 1);
		json = json_string(text);
	}
	scep_buf_clear(&hex);
	return json;
}

static json_t *
item_json(long nr, const struct scep_ca_index *line,
    const struct scep_buf *der)
{
	json_t	*item;

	item = json_pack("{s:I,s:o,s:I,s:i,s:s}", "line", (json_int_t)nr,
	    "serial", hex_json(scep_span_make(line->serial,
	    line->serial_len)), "not_after", (json_int_t)line->not_after,
	    "two_digits", line->two_digits, "subject", line->subject);
	if (line->is_revoked && (json_object_set_new(item, "revoked",
	    json_integer(line->revoked)) != 0 || json_object_set_new(item,
	    "reason", json_integer(line->reason)) != 0)) {
		json_decref(item);
		return NULL;
	}
	if (der->len > 0 && json_object_set_new(item, "der",
	    hex_json(scep_buf_span(der))) != 0) {
		json_decref(item);
		return NULL;
	}
	return item;
}

enum scep_err
adm_import_add(struct adm_import *im, long nr,
    const struct scep_ca_index *line, struct scep_buf *der)
{
	/* Each octet of a subject is escaped, at worst. */
	const size_t	 octets = ITEM_OCTETS + 2 * der->len +
			    2 * line->serial_len + 2 * strlen(line->subject);
	enum scep_err	 rc;

	if (json_array_size(im->items) > 0 && (im->octets + octets >
	    BATCH_OCTETS || json_array_size(im->items) ==
	    SCEP_IMPORT_ITEMS) && (rc = adm_import_flush(im)) != SCEP_OK)
		return rc;
	im->octets += octets;
	if (json_array_append_new(im->items, item_json(nr, line, der)) == 0)
		return SCEP_OK;
	return scep_fail(&im->adm->err, SCEP_E_NOMEM, "a certificate");
}
