/*
 * scepadm_import.c - moving in: another server's CA, and what it issued.
 *
 * The list is gone through twice: to find all that is in the way, and then to
 * take over what there is.  In between the CA is adopted, if it is not here.
 * All of it may be done again: what is here already stays.
 */
#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "cgi/scepadm_import.h"
#include "cgi/state.h"

#define FRESH_PROFILE	"default"	/* what `scepadm init` makes */

/* What is needed only by a CA that is not here is no fault where it is: the
 * same command may be given again. */
static enum scep_err
find_conf(struct adm_import *im)
{
	struct adm	*adm = im->adm;
	const char	*env = getenv("SCEP_CONF");
	int		 n;

	if (adm->conf != NULL && im->init.dir != NULL)
		return scep_fail(&adm->err, SCEP_E_USAGE, "-c names a "
		    "configuration, and --dir where one is to be: give one "
		    "of them");
	if (im->init.dir != NULL)
		n = snprintf(im->conf, sizeof(im->conf), "%s/scep.conf",
		    im->init.dir);
	else
		n = snprintf(im->conf, sizeof(im->conf), "%s",
		    scep_state_config_path(adm->conf));
	if (n < 0 || (size_t)n >= sizeof(im->conf))
		return scep_fail(&adm->err, SCEP_E_USAGE, "the path of "
		    "scep.conf is too long");
	im->fresh = adm->conf == NULL && (im->init.dir != NULL || env ==
	    NULL || *env == '\0') && access(im->conf, F_OK) == -1 &&
	    errno == ENOENT;
	if (!im->fresh || im->profile == NULL ||
	    strcmp(im->profile, FRESH_PROFILE) == 0)
		return SCEP_OK;
	return scep_fail(&adm->err, SCEP_E_USAGE, "--profile %.64s: there is "
	    "no %s yet; the one that is made has the profile " FRESH_PROFILE,
	    im->profile, im->conf);
}

/* What stands in the way of adopting the CA. */
static enum scep_err
try_adopt(struct adm_import *im)
{
	struct adm_fresh	 f = { .ca_key = NULL };
	struct adm_dirs		 dirs;
	enum scep_err		 rc;

	if ((rc = adm_dirs_find(im->adm, im->init.dir, im->init.state,
	    &dirs)) == SCEP_OK)
		rc = adm_adopt_read(im->adm, &im->init.adopt, &f);
	adm_fresh_clear(&f);
	return rc;
}

static enum scep_err
adopt(struct adm_import *im)
{
	enum scep_err	 rc;

	if ((rc = adm_init_ca(im->adm, &im->init)) != SCEP_OK)
		return rc;
	im->fresh = 0;
	return SCEP_OK;
}

static enum scep_err
check_refused(struct adm_import *im)
{
	const long	 refused = im->count.told[ADM_IMPORT_REFUSED];

	if (refused == 0 || im->skip)
		return SCEP_OK;
	adm_import_print_told(im);
	if (im->adm->json)
		adm_import_print(im);
	return scep_fail(&im->adm->err, SCEP_E_REFUSED, "%s: %ld of %ld lines "
	    "are refused, and nothing was written; mend them, or leave them "
	    "out with --skip", im->at.index, refused, im->count.lines);
}

/* The list may have changed in between. */
static enum scep_err
check_late(struct adm_import *im)
{
	const long	 refused = im->count.told[ADM_IMPORT_REFUSED];

	if (refused == 0 || im->skip)
		return SCEP_OK;
	return scep_fail(&im->adm->err, SCEP_E_REFUSED, "%s changed while it "
	    "was read: %ld of %ld lines are refused, and the others are here; "
	    "mend them, and import again", im->at.index, refused,
	    im->count.lines);
}

static enum scep_err
move_in(struct adm_import *im)
{
	enum scep_err	 rc;

	if (im->fresh && im->dry && (rc = try_adopt(im)) != SCEP_OK)
		return rc;
	if ((rc = adm_import_read(im)) != SCEP_OK ||
	    (rc = check_refused(im)) != SCEP_OK)
		return rc;
	if (!im->dry) {
		if (im->fresh && (rc = adopt(im)) != SCEP_OK)
			return rc;
		im->sending = 1;
		if ((rc = adm_import_read(im)) != SCEP_OK ||
		    (rc = adm_import_finish(im)) != SCEP_OK)
			return scep_fail_mend(&im->adm->err, "what was taken "
			    "over until then is complete; run the same "
			    "command again, and it goes on");
	}
	adm_import_print_told(im);
	adm_import_print(im);
	return check_late(im);
}

static enum scep_err
import(struct adm_import *im, const char *dir)
{
	struct adm	*adm = im->adm;
	enum scep_err	 rc;

	if ((rc = find_conf(im)) != SCEP_OK ||
	    (rc = adm_import_find(im, dir)) != SCEP_OK ||
	    (rc = adm_import_ca(im)) != SCEP_OK)
		return rc;
	if (im->fresh && access(im->at.key, F_OK) == -1 && errno == ENOENT)
		return scep_fail(&adm->err, SCEP_E_NOTFOUND, "%s: no such "
		    "file; name the CA's key with --ca-key", im->at.key);
	adm->conf = im->conf;
	im->init.quiet = 1;
	im->init.adopt.cert = im->at.cert;
	im->init.adopt.key = im->at.key;
	im->init.adopt.try_empty = 1;	/* what scepserver has if not told */
	adm_hold(adm);
	rc = move_in(im);
	if (!im->fresh)
		adm_import_release(im);
	return rc;
}

static enum scep_err
set_path(struct adm *adm, const char *option, const char *value,
    char out[SCEP_PATH_LEN])
{
	if (value == NULL ||
	    snprintf(out, SCEP_PATH_LEN, "%s", value) < SCEP_PATH_LEN)
		return SCEP_OK;
	return scep_fail(&adm->err, SCEP_E_USAGE, "--%s: the path is too "
	    "long", option);
}

/* Where none is, each certificate would be missing. */
static enum scep_err
set_certs(struct adm *adm, const char *value, char out[SCEP_PATH_LEN])
{
	struct stat	 st;

	if (value != NULL && stat(value, &st) == -1)
		return scep_fail(&adm->err, SCEP_E_NOTFOUND, "--certs %s: %s; "
		    "name the directory that has SERIAL.pem of each "
		    "certificate", value, strerror(errno));
	return set_path(adm, "certs", value, out);
}

static enum scep_err
run(struct adm *adm, int argc, char *argv[], struct adm_import *im)
{
	const char		*cert = NULL, *key = NULL, *certs = NULL;
	const struct adm_option	 options[] = {
		{ "profile", &im->profile, NULL, NULL },
		{ "ca-cert", &cert, NULL, NULL },
		{ "ca-key", &key, NULL, NULL },
		{ "chain", &im->init.adopt.chain, NULL, NULL },
		{ "pass-file", &im->init.adopt.pass, NULL, NULL },
		{ "certs", &certs, NULL, NULL },
		{ "dir", &im->init.dir, NULL, NULL },
		{ "state", &im->init.state, NULL, NULL },
		{ "url", &im->init.url, NULL, NULL },
		{ "dry-run", NULL, &im->dry, NULL },
		{ "skip", NULL, &im->skip, NULL },
		{ NULL, NULL, NULL, NULL }
	};
	char			**dir;
	enum scep_err		 rc;

	im->init.url = ADM_INIT_URL;
	if ((rc = adm_options(adm, argc, argv, options, 1, &dir)) !=
	    SCEP_OK ||
	    (rc = set_path(adm, "ca-cert", cert, im->at.cert)) != SCEP_OK ||
	    (rc = set_path(adm, "ca-key", key, im->at.key)) != SCEP_OK ||
	    (rc = set_certs(adm, certs, im->at.certs)) != SCEP_OK)
		return rc;
	return import(im, dir[0]);
}

enum scep_err
adm_import(struct adm *adm, int argc, char *argv[])
{
	struct adm_import	*im;
	enum scep_err		 rc;

	if ((im = calloc(1, sizeof(*im))) == NULL)
		return scep_fail(&adm->err, SCEP_E_NOMEM, "the import");
	im->adm = adm;
	im->source = adm->verb;
	im->items = json_array();
	im->told = json_array();
	im->init.adopt.warnings = json_array();
	rc = run(adm, argc, argv, im);
	json_decref(im->items);
	json_decref(im->told);
	json_decref(im->result);
	json_decref(im->init.adopt.warnings);
	scep_import_ca_clear(&im->from);
	scep_cert_clear(&im->ca);
	adm->conf = NULL;		/* it was in im */
	free(im);
	return rc;
}
