/*
 * scepadm_cert_filter.c - which certificates are meant, as options say it.
 */
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "cgi/scepadm_cert.h"
#include "store/record.h"

enum scep_err
adm_put_text(struct adm *adm, json_t *request, const char *name,
    const char *text, size_t max)
{
	if (text == NULL)
		return SCEP_OK;
	if (text[0] == '\0' || strlen(text) > max)
		return scep_fail(&adm->err, SCEP_E_USAGE, "--%s: %zu octets, "
		    "not 1 to %zu", name, strlen(text), max);
	if (json_object_set_new(request, name, json_string(text)) != 0)
		return scep_fail(&adm->err, SCEP_E_USAGE,
		    "--%s: \"%.64s\" is not UTF-8", name, text);
	return SCEP_OK;
}

enum scep_err
adm_put_word(struct adm *adm, json_t *request, const char *name,
    const char *word, const char *const *words)
{
	char	 all[128] = "";
	size_t	 i;

	for (i = 0; words[i] != NULL; i++) {
		if (word == NULL || strcmp(word, words[i]) == 0)
			return adm_put_text(adm, request, name, word, 16);
		(void)snprintf(all + strlen(all), sizeof(all) - strlen(all),
		    "%s%s", i > 0 ? ", " : "", words[i]);
	}
	return scep_fail(&adm->err, SCEP_E_USAGE, "--%s: \"%.64s\" is none of "
	    "%s", name, word, all);
}

static enum scep_err
put_expires_in(struct adm *adm, json_t *request, const char *text)
{
	long	 seconds;

	if (text == NULL)
		return SCEP_OK;
	if (scep_duration_read(text, &seconds, &adm->err) != SCEP_OK)
		return scep_fail_within(&adm->err, "--expires-in");
	if (seconds == 0)
		return scep_fail(&adm->err, SCEP_E_USAGE, "--expires-in: "
		    "\"%.64s\" is no time at all; --state expired shows what "
		    "has expired", text);
	(void)json_object_set_new(request, "expires_in",
	    json_integer(seconds));
	return SCEP_OK;
}

/* "7d" is seven days ago. */
static enum scep_err
put_since(struct adm *adm, json_t *request, const char *text)
{
	const time_t	 now = time(NULL);
	time_t		 since;
	long		 ago;

	if (text == NULL)
		return SCEP_OK;
	if (strchr(text, '-') != NULL) {
		if (scep_time_read(text, &since, &adm->err) != SCEP_OK)
			return scep_fail_within(&adm->err, "--since");
	} else {
		if (scep_duration_read(text, &ago, &adm->err) != SCEP_OK)
			return scep_fail_within(&adm->err,
			    "--since: no date, and");
		since = now - ago;
	}
	if (since > 0)
		(void)json_object_set_new(request, "since",
		    json_integer(since));
	return SCEP_OK;
}

enum scep_err
adm_cert_filter_put(struct adm *adm, const struct adm_cert_filter *f,
    json_t *request)
{
	static const char *const	 states[] = {
		"valid", "expired", "revoked", "unconfirmed", "live", NULL
	};
	enum scep_err			 rc;

	if ((rc = adm_put_text(adm, request, "subject", f->subject,
	    SCEP_REC_TEXT - 1)) != SCEP_OK ||
	    (rc = adm_put_text(adm, request, "profile", f->profile,
	    SCEP_REC_NAME - 1)) != SCEP_OK ||
	    (rc = adm_put_text(adm, request, "ca", f->ca,
	    SCEP_REC_NAME - 1)) != SCEP_OK ||
	    (rc = adm_put_word(adm, request, "state", f->state, states)) !=
	    SCEP_OK ||
	    (rc = put_expires_in(adm, request, f->expires_in)) != SCEP_OK)
		return rc;
	return put_since(adm, request, f->since);
}
