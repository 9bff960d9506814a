/*
 * knocking.c - knocks at the CA of a world, as scep-admin.fcgi sends them.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ca/knock.h"
#include "tests/unit/asking.h"
#include "tests/unit/knocking.h"
#include "tests/unit/operator.h"

char	knock_key[SCEP_APIKEY_TEXT], knock_summary[512], knock_reason[1024];

char *
knock_record(const char *members)
{
	char	 ask[1024], *id;
	json_t	*made;

	(void)snprintf(ask, sizeof(ask), "{\"do\":\"apikey.add\",%s}",
	    members);
	made = operator_ask(w, 0, ask);
	(void)snprintf(knock_key, sizeof(knock_key), "%s",
	    operator_text(made, "key"));
	id = strdup(operator_text(made, "id"));
	json_decref(made);
	return id;
}

json_t *
knock_ask(time_t later, const char *who, const char *what, const char *ask,
    enum scep_err *rc)
{
	struct scep_buf		 reply = { NULL, 0 };
	struct scep_error	 err;
	char			 text[2048];
	json_t			*root;

	(void)snprintf(text, sizeof(text), "{\"do\":\"%s\",%s,\"door\":"
	    "\"api\",\"peer\":\"192.0.2.1\",\"ask\":[{%s}]}", what, who, ask);
	*rc = scep_knock(w->ca, WORLD_NOW + later, 33, scep_span_text(text),
	    &reply, knock_summary, sizeof(knock_summary), &err);
	(void)snprintf(knock_reason, sizeof(knock_reason), "%s",
	    *rc != SCEP_OK ? err.text : "");
	root = json_loadb((const char *)reply.data, reply.len,
	    JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(root);
	assert_int_equal(json_is_true(json_object_get(root, "ok")),
	    *rc == SCEP_OK);
	scep_buf_clear(&reply);
	return root;
}

const char *
knock_by(void)
{
	static char	 who[128];

	(void)snprintf(who, sizeof(who), "\"key\":\"%s\"", knock_key);
	return who;
}

json_t *
knock_opened(time_t later, const char *who, const char *what, const char *ask)
{
	enum scep_err	 rc;
	json_t		*root = knock_ask(later, who, what, ask, &rc), *result;

	if (rc != SCEP_OK)
		print_error("%s\n", operator_text(root, "error"));
	assert_int_equal(rc, SCEP_OK);
	result = json_incref(json_object_get(root, "result"));
	json_decref(root);
	return result;
}

void
knock_open(time_t later, const char *who, const char *what, const char *ask)
{
	json_decref(knock_opened(later, who, what, ask));
}

void
knock_closed(time_t later, const char *who, const char *what, const char *ask,
    const char *deny)
{
	enum scep_err	 rc;
	json_t		*root = knock_ask(later, who, what, ask, &rc);
	const char	*said = json_string_value(json_object_get(root,
			    "deny"));

	assert_int_not_equal(rc, SCEP_OK);
	if (deny == NULL)
		assert_null(said);
	else {
		assert_non_null(said);
		assert_string_equal(said, deny);
	}
	json_decref(root);
}

void
knock_spoil(void)
{
	char	*last = knock_key + strlen(knock_key) - 1;

	*last = *last == 'a' ? 'b' : 'a';
}
