/*
 * scepadm_check_approvals.c - are there as many who can approve a request as
 * its profile demands?  With fewer it waits until its time is up.
 */
#include <stdio.h>
#include <string.h>

#include "ca/config.h"
#include "cgi/scepadm.h"

/* Is the word in the list with commas that this member is? */
static int
lists(const json_t *row, const char *member, const char *word)
{
	const char	*p = json_string_value(json_object_get(row, member));
	const size_t	 len = strlen(word);
	size_t		 n;

	for (; p != NULL && *p != '\0'; p += n + (p[n] == ','))
		if ((n = strcspn(p, ",")) == len && memcmp(p, word, len) == 0)
			return 1;
	return 0;
}

/* A user comes only where the web server's word counts. */
static int
can(const struct scep_config *cfg, const json_t *key, const char *profile)
{
	const char	*user = json_string_value(json_object_get(key,
			    "user"));

	return lists(key, "state", "live") &&
	    lists(key, "may", "request:approve") &&
	    lists(key, "profiles", profile) &&
	    (user == NULL || *user == '\0' || *cfg->server.door_user != '\0');
}

/* All who use scepadm are one. */
static long
count(const struct scep_config *cfg, const json_t *keys, const char *profile)
{
	json_t	*key;
	size_t	 i;
	long	 n = 1;

	json_array_foreach((json_t *)(uintptr_t)keys, i, key)
		n += can(cfg, key, profile);
	return n;
}

enum scep_err
adm_check_approvals(struct adm *adm, const struct scep_config *cfg,
    void (*note)(void *arg, int fatal, const char *text), void *arg)
{
	const struct scep_profile	*p;
	char				 text[SCEP_ERROR_MAX];
	json_t				*keys = NULL;
	enum scep_err			 rc = SCEP_OK;
	long				 n;

	for (p = cfg->profile; p < cfg->profile + cfg->n_profiles; p++) {
		if (p->approvals == 1)
			continue;
		if (keys == NULL && (rc = adm_ask(adm, json_pack("{s:s}",
		    "do", "apikey.list"), &keys)) != SCEP_OK)
			break;
		if ((n = count(cfg, keys, p->name)) >= p->approvals)
			continue;
		(void)snprintf(text, sizeof(text), "profile %.64s demands %ld "
		    "approvals, and %ld can approve, where all who use "
		    "scepadm count as one: nothing is issued; let others in, "
		    "each by scepadm apikey add --name NAME --profile %.64s "
		    "--may request:list,request:approve", p->name,
		    p->approvals, n, p->name);
		note(arg, 0, text);
	}
	json_decref(keys);
	return rc;
}
