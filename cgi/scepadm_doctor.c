/*
 * scepadm_doctor.c - a SCEP client that goes through the web server as a
 * device would, and says what a device will see and what mends it.
 */
#include <stdlib.h>
#include <string.h>

#include "cgi/doctor.h"
#include "cgi/state.h"

struct options {
	const char	*url, *profile, *challenge, *challenge_file;
};

static enum scep_err
challenge_read(struct doctor *d, const char *path)
{
	return adm_secret_file(d->adm, path, "challenge", &d->challenge);
}

static enum scep_err
challenge_take(struct doctor *d, const struct options *o)
{
	if (o->challenge != NULL && o->challenge_file != NULL)
		return scep_fail(&d->adm->err, SCEP_E_USAGE, "--challenge and "
		    "--challenge-file: give one of them");
	if (o->challenge_file != NULL)
		return challenge_read(d, o->challenge_file);
	if (o->challenge == NULL)
		return SCEP_OK;
	if (strcmp(o->challenge, "-") == 0)
		return challenge_read(d, "-");
	if (o->challenge[0] == '@')
		return challenge_read(d, o->challenge + 1);
	d->challenge = strdup(o->challenge);
	return SCEP_OK;
}

/* The element behind the last slash of the path may name a profile. */
static const char *
profile_of_url(const struct doctor *d)
{
	const char	*last = strrchr(d->url, '/');

	return last != NULL && scep_config_profile(d->cfg, last + 1) != NULL ?
	    last + 1 : "";
}

/* scep.conf is needed for a URL, else it is only welcome. */
static enum scep_err
conf_read(struct doctor *d, const struct options *o)
{
	enum scep_err	 rc;

	rc = scep_state_config(d->adm->crypto, d->adm->conf, 0, &d->cfg,
	    &d->adm->err);
	if (rc == SCEP_OK)
		return SCEP_OK;
	(void)snprintf(d->why_not, sizeof(d->why_not), "no challenge was "
	    "given, and without scep.conf none can be made (%.400s)",
	    d->adm->err.text);
	return o->url != NULL ? SCEP_OK : scep_fail_within(&d->adm->err,
	    "without --url");
}

static enum scep_err
url_check(struct doctor *d)
{
	size_t	 len = strlen(d->url);

	while (len > 0 && d->url[len - 1] == '/')
		d->url[--len] = '\0';
	if ((strncmp(d->url, "http://", 7) != 0 &&
	    strncmp(d->url, "https://", 8) != 0) ||
	    strpbrk(d->url, "?# ") != NULL)
		return scep_fail(&d->adm->err, SCEP_E_USAGE, "\"%.200s\" is "
		    "no URL of a SCEP server, such as "
		    "http://scep.example/scep", d->url);
	return SCEP_OK;
}

/* Where to, and which profile is there. */
static enum scep_err
url_choose(struct doctor *d, const struct options *o)
{
	const char	*base = o->url;
	const char	*name = o->profile;
	enum scep_err	 rc;
	int		 n;

	d->url_given = base != NULL;
	if (base == NULL && d->cfg->server.url[0] == '\0')
		return scep_fail(&d->adm->err, SCEP_E_CONFIG, "%s has no url "
		    "in [server]; write one there, or give --url",
		    scep_state_config_path(d->adm->conf));
	if (base == NULL)
		base = d->cfg->server.url;
	n = snprintf(d->url, sizeof(d->url), "%s", base);
	if (n < 0 || (size_t)n >= sizeof(d->url) - SCEP_NAME_LEN)
		return scep_fail(&d->adm->err, SCEP_E_USAGE, "the URL is too "
		    "long");
	if ((rc = url_check(d)) != SCEP_OK)
		return rc;
	if (d->cfg != NULL && (d->profile = scep_config_profile(d->cfg,
	    name != NULL ? name : profile_of_url(d))) == NULL)
		return scep_fail(&d->adm->err, SCEP_E_NOTFOUND, "there is no "
		    "[profile %s] in %s", name != NULL ? name : "",
		    scep_state_config_path(d->adm->conf));
	if (name != NULL) {
		n = (int)strlen(d->url);
		(void)snprintf(d->url + n, sizeof(d->url) - (size_t)n,
		    "/%.63s", name);
	}
	return SCEP_OK;
}

static enum scep_err
prepare(struct doctor *d, const struct options *o)
{
	enum scep_err	 rc;

	if ((rc = challenge_take(d, o)) != SCEP_OK ||
	    (rc = conf_read(d, o)) != SCEP_OK ||
	    (rc = url_choose(d, o)) != SCEP_OK)
		return rc;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK ||
	    (d->curl = curl_easy_init()) == NULL)
		return scep_fail(&d->adm->err, SCEP_E_INTERNAL, "libcurl does "
		    "not start");
	return SCEP_OK;
}

static enum scep_err
examine(struct doctor *d)
{
	if (!d->adm->json)
		(void)printf("%s\n", d->url);
	if (!doctor_check_caps(d)) {
		doctor_conclude(d);
		return scep_fail(&d->adm->err, SCEP_E_NOTFOUND, "%s does not "
		    "answer", d->url);
	}
	if (doctor_check_cacert(d)) {
		doctor_check_way(d);
		doctor_check_enrol(d);
	} else
		doctor_info(d, "messages", "nothing else can be tried without "
		    "the certificate of the RA");
	doctor_conclude(d);
	return d->n_failed == 0 ? SCEP_OK : scep_fail(&d->adm->err,
	    SCEP_E_REFUSED, "%d of %d checks failed", d->n_failed,
	    d->n_failed + d->n_ok);
}

static void
clear(struct doctor *d)
{
	if (d->challenge != NULL)
		OPENSSL_cleanse(d->challenge, strlen(d->challenge));
	free(d->challenge);
	sk_X509_pop_free(d->certs, X509_free);
	scep_config_free(d->cfg);
	json_decref(d->findings);
	json_decref(d->minted);
	if (d->curl != NULL)
		curl_easy_cleanup(d->curl);
}

enum scep_err
adm_doctor(struct adm *adm, int argc, char *argv[])
{
	struct doctor		 d = { .adm = adm, .kind = DOCTOR_UNKNOWN };
	struct options		 o = { .url = NULL };
	const struct adm_option	 options[] = {
		{ "url", &o.url, NULL, NULL },
		{ "profile", &o.profile, NULL, NULL },
		{ "challenge", &o.challenge, NULL, NULL },
		{ "challenge-file", &o.challenge_file, NULL, NULL },
		{ "subject", &d.subject, NULL, NULL },
		{ "ca-file", &d.ca_file, NULL, NULL },
		{ NULL, NULL, NULL, NULL }
	};
	enum scep_err		 rc;

	d.findings = json_array();
	d.minted = json_array();
	if ((rc = adm_options(adm, argc, argv, options, 0, NULL)) == SCEP_OK &&
	    (rc = prepare(&d, &o)) == SCEP_OK)
		rc = examine(&d);
	clear(&d);
	return rc;
}
