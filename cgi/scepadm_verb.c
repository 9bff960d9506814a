/*
 * scepadm_verb.c - verbs that are one request, texts in requests and replies,
 * and files that could not be made.
 */
#include <errno.h>
#include <libgen.h>
#include <unistd.h>

#include "base/error.h"
#include "ca/config.h"
#include "cgi/scepadm.h"

enum scep_err
adm_not_made(struct adm *adm, const char *path, enum scep_err rc)
{
	char		 text[SCEP_PATH_LEN];
	const char	*dir;

	if (rc == SCEP_OK || !adm->was_root || geteuid() == 0)
		return rc;
	(void)snprintf(text, sizeof(text), "%s", path);
	dir = dirname(text);
	if (access(dir, W_OK | X_OK) == 0 || errno != EACCES)
		return rc;
	return scep_fail(&adm->err, rc, "%s: uid %u may not make files in %s; "
	    "scepadm is that user, who owns the state directory, once it has "
	    "asked: name a place where he may write, such as that directory",
	    path, (unsigned int)geteuid(), dir);
}

enum scep_err
adm_show_all(struct adm *adm, int argc, char *argv[], const char *what,
    const struct adm_column *columns)
{
	enum scep_err	 rc;

	if ((rc = adm_options(adm, argc, argv, NULL, 0, NULL)) != SCEP_OK)
		return rc;
	return adm_show(adm, json_pack("{s:s}", "do", what), columns);
}

enum scep_err
adm_show_one(struct adm *adm, int argc, char *argv[], const char *what,
    const char *member, const struct adm_column *columns)
{
	char		**operand;
	enum scep_err	  rc;

	if ((rc = adm_options(adm, argc, argv, NULL, 1, &operand)) != SCEP_OK)
		return rc;
	return adm_show(adm, json_pack("{s:s,s:s}", "do", what, member,
	    operand[0]), columns);
}

void
adm_set_text(json_t *request, const char *member, const char *text)
{
	if (text != NULL)
		(void)json_object_set_new(request, member,
		    json_string_nocheck(text));
}

const char *
adm_text(const json_t *reply, const char *member)
{
	const char	*text = json_string_value(json_object_get(reply,
			    member));

	return text != NULL ? text : "";
}
