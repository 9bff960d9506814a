/* operator.c - what scepadm would send; see operator.h. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/err.h>

#include "base/error.h"
#include "tests/unit/operator.h"

char	operator_summary[512];

/* The reply, which must be JSON whatever became of the request. */
static json_t *
ask(struct world *w, time_t later, const char *request, enum scep_err *rc)
{
	struct scep_buf		 reply = { NULL, 0 };
	struct scep_error	 err;
	json_t			*root;

	err.text[0] = '\0';
	*rc = scep_admin(w->ca, WORLD_NOW + later, OPERATOR_UID,
	    scep_span_text(request), &reply, operator_summary,
	    sizeof(operator_summary), &err);
	assert_int_equal(ERR_peek_error(), 0);
	root = json_loadb((const char *)reply.data, reply.len,
	    JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(root);
	assert_int_equal(json_is_true(json_object_get(root, "ok")),
	    *rc == SCEP_OK);
	if (*rc != SCEP_OK)
		operator_is(root, "error", err.text);
	scep_buf_clear(&reply);
	return root;
}

const char *
operator_text(const json_t *object, const char *member)
{
	const char	*text;

	text = json_string_value(json_object_get(object, member));
	if (text == NULL)
		fail_msg("no text %s", member);
	return text;
}

void
operator_is(const json_t *object, const char *member, const char *want)
{
	assert_string_equal(operator_text(object, member), want);
}

json_t *
operator_ask(struct world *w, time_t later, const char *request)
{
	enum scep_err	 rc;
	json_t		*root = ask(w, later, request, &rc), *result;

	if (rc != SCEP_OK)
		fail_msg("%s: %s", request, operator_text(root, "error"));
	result = json_incref(json_object_get(root, "result"));
	assert_non_null(result);
	json_decref(root);
	return result;
}

void
operator_refused(struct world *w, time_t later, const char *request,
    enum scep_err code, const char *words)
{
	enum scep_err	 rc;
	json_t		*root = ask(w, later, request, &rc);

	if (rc == SCEP_OK)
		fail_msg("%s: was carried out", request);
	if (rc != code || strstr(operator_text(root, "error"), words) == NULL)
		fail_msg("%s: %s: %s", request, scep_err_name(rc),
		    operator_text(root, "error"));
	operator_is(root, "code", scep_err_name(code));
	assert_int_equal(json_integer_value(json_object_get(root, "exit")),
	    scep_err_exit(code));
	assert_null(json_object_get(root, "result"));
	json_decref(root);
}

static void
put_in(char *out, size_t size, const char *request, const char *id)
{
	const char	*hole = strstr(request, "%s");

	assert_non_null(hole);
	assert_true((size_t)snprintf(out, size, "%.*s%s%s",
	    (int)(hole - request), request, id, hole + 2) < size);
}

json_t *
operator_ask_id(struct world *w, time_t later, const char *request,
    const char *id)
{
	char	 text[512];

	put_in(text, sizeof(text), request, id);
	return operator_ask(w, later, text);
}

void
operator_refused_id(struct world *w, time_t later, const char *request,
    const char *id, enum scep_err code, const char *words)
{
	char	 text[512];

	put_in(text, sizeof(text), request, id);
	operator_refused(w, later, text, code, words);
}
