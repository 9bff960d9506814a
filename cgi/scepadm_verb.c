/*
 * scepadm_verb.c - verbs that are one request, and texts in requests and
 * replies.
 */
#include "cgi/scepadm.h"

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
