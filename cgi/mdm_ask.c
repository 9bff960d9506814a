/*
 * mdm_ask.c - who makes a request, and the question to the owner of the state
 * in his name.
 *
 * An API key comes as `Authorization: Bearer KEY`, or as the password of Basic
 * authentication, for those who know nothing else.  Anything else there is
 * between the client and the web server.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/knock.h"
#include "cgi/mdm_local.h"
#include "wire/query.h"

#define AUTH_MAX	2048

static const struct {
	const char	*deny;
	enum mdm_no	 no;
} denials[] = {
	{ SCEP_DENY_WHO, MDM_WHO },
	{ SCEP_DENY_MAY, MDM_MAY },
	{ SCEP_DENY_RATE, MDM_RATE },
	{ SCEP_DENY_LIVE, MDM_RATE },
};

static const struct {
	enum scep_err	 code;
	enum mdm_no	 no;
} codes[] = {
	{ SCEP_E_USAGE, MDM_BAD },
	{ SCEP_E_NOTFOUND, MDM_ABSENT },
	{ SCEP_E_REFUSED, MDM_REFUSED },
	{ SCEP_E_EXISTS, MDM_REFUSED },
	{ SCEP_E_TOOBIG, MDM_BIG },
};

#define N(a)	(sizeof(a) / sizeof((a)[0]))

int
mdm_status(enum mdm_no no)
{
	static const int	 status[] = {
		[MDM_DONE] = 200,
		[MDM_WHO] = 401,
		[MDM_STRANGER] = 403,
		[MDM_MAY] = 403,
		[MDM_RATE] = 429,
		[MDM_BAD] = 400,
		[MDM_ABSENT] = 404,
		[MDM_REFUSED] = 422,
		[MDM_BIG] = 413,
		[MDM_TROUBLE] = 503,
	};

	return status[no];
}

/* What stands behind a scheme and its blanks, or NULL if it is another one. */
static const char *
scheme(const char *auth, const char *name)
{
	const size_t	 len = strlen(name);

	if (strncasecmp(auth, name, len) != 0 || auth[len] != ' ')
		return NULL;
	auth += len;
	return auth + strspn(auth, " ");
}

/*
 * Into out, as a text, if it is to be a key of ours.  What the owner would not
 * take for a text he is told the front of: that is no key either, and who
 * tries it is in his log and his figures like others.
 */
static int
take_key(struct scep_span shown, struct scep_buf *out)
{
	const size_t		 front = sizeof(SCEP_APIKEY_PREFIX) - 1;
	struct scep_error	 why;

	if (shown.len <= front ||
	    memcmp(shown.data, SCEP_APIKEY_PREFIX, front) != 0)
		return 0;
	if (shown.len > SCEP_KNOCK_KEY_MAX || !scep_is_clean_utf8(shown))
		shown.len = front;
	return scep_buf_set(out, shown, &why) == SCEP_OK;
}

/* The password of "user:password" in base64. */
static int
basic_key(const char *text, struct scep_buf *out)
{
	struct scep_buf		 both = { NULL, 0 };
	struct scep_error	 why;
	const uint8_t		*colon;
	int			 ok = 0;

	if (scep_query_decode(scep_span_text(text), AUTH_MAX, &both, &why) ==
	    SCEP_OK && (colon = memchr(both.data, ':', both.len)) != NULL)
		ok = take_key(scep_span_make(colon + 1, both.len -
		    (size_t)(colon + 1 - both.data)), out);
	scep_buf_clear(&both);
	return ok;
}

/* The key that is shown, or 0. */
static int
shown_key(const char *auth, struct scep_buf *out)
{
	const char	*text;

	if (strlen(auth) > AUTH_MAX)
		return 0;
	if ((text = scheme(auth, "Bearer")) != NULL)
		return take_key(scep_span_text(text), out);
	return (text = scheme(auth, "Basic")) != NULL && basic_key(text, out);
}

static void
no(struct mdm_answer *answer, enum mdm_no why, const char *text)
{
	answer->no = why;
	OPENSSL_strlcpy(answer->why, text, sizeof(answer->why));
}

/* What the owner's code and deny are here. */
static void
read_refusal(const json_t *root, int by_key, struct mdm_answer *answer)
{
	const char	*code = json_string_value(json_object_get(root,
			    "code"));
	const char	*deny = json_string_value(json_object_get(root,
			    "deny"));
	const char	*text = json_string_value(json_object_get(root,
			    "error"));
	size_t		 i;

	no(answer, MDM_TROUBLE, text != NULL ? text : "no reason given");
	answer->wait_s = (long)json_integer_value(json_object_get(root,
	    "wait"));
	for (i = 0; deny == NULL && code != NULL && i < N(codes); i++)
		if (strcmp(code, scep_err_name(codes[i].code)) == 0)
			answer->no = codes[i].no;
	for (i = 0; deny != NULL && i < N(denials); i++)
		if (strcmp(deny, denials[i].deny) == 0)
			answer->no = denials[i].no;
	if (answer->no == MDM_WHO && !by_key)
		answer->no = MDM_STRANGER;
}

static void
read_reply(const struct scep_buf *reply, int by_key,
    struct mdm_answer *answer)
{
	json_t	*root = json_loadb((const char *)reply->data, reply->len,
		    JSON_REJECT_DUPLICATES, NULL);

	if (!json_is_object(root))
		no(answer, MDM_TROUBLE, "the owner's answer is no JSON");
	else if (json_is_true(json_object_get(root, "ok")) &&
	    json_object_get(root, "result") != NULL)
		answer->result = json_incref(json_object_get(root,
		    "result"));
	else
		read_refusal(root, by_key, answer);
	json_decref(root);
}

static void
put_question(struct mdm *m, json_t *question, int by_key,
    struct mdm_answer *answer)
{
	struct scep_buf		 reply = { NULL, 0 };
	struct scep_error	 err;
	char			*text = json_dumps(question, JSON_COMPACT);
	enum scep_err		 rc;

	json_decref(question);
	if (text == NULL) {
		no(answer, MDM_TROUBLE, "the question as JSON");
		return;
	}
	rc = m->host->ask(m->host->arg, scep_span_text(text), &reply, &err);
	OPENSSL_cleanse(text, strlen(text));
	free(text);
	if (rc == SCEP_OK)
		read_reply(&reply, by_key, answer);
	else
		no(answer, rc == SCEP_E_TOOBIG ? MDM_BIG : MDM_TROUBLE,
		    err.text);
	scep_buf_clear(&reply);
}

void
mdm_ask(struct mdm *m, const char *verb, json_t *ask,
    struct mdm_answer *answer)
{
	const struct scep_mdm_request	*r = m->request;
	struct scep_buf			 key = { NULL, 0 };
	json_t				*question;
	int				 by_key;

	memset(answer, 0, sizeof(*answer));
	by_key = shown_key(r->auth, &key);
	if (ask == NULL)
		no(answer, MDM_BAD, "the query names no profile");
	else if (!by_key && r->user[0] == '\0')
		no(answer, MDM_WHO, r->nobody);
	else if ((question = json_pack("{s:s,s:s,s:s,s:s,s:[O]}", "do", verb,
	    by_key ? "key" : "user", by_key ? (const char *)key.data :
	    r->user, "door", m->door, "peer", r->peer, "ask", ask)) == NULL)
		no(answer, MDM_BAD, "what is shown is no UTF-8");
	else
		put_question(m, question, by_key, answer);
	json_decref(ask);
	scep_buf_clear(&key);
	if (!by_key && r->user[0] != '\0')
		scep_line_text(m->line, "user", r->user);
	if (answer->no != MDM_DONE)
		scep_line_text(m->line, "reason", answer->why);
}

void
mdm_answer_clear(struct mdm_answer *answer)
{
	json_decref(answer->result);
	answer->result = NULL;
}
