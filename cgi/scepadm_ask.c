/*
 * scepadm_ask.c - options in, a request to the owner of the state, a result.
 *
 * If nobody owns the state, scepadm does for as long as the request takes, or
 * several in a row (adm_hold): the same function answers either way
 * (ca/admin.h).
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cgi/admin_socket.h"
#include "cgi/log.h"
#include "cgi/scepadm.h"
#include "cgi/state.h"

#define OPTIONS_MAX	32		/* ours and the end of them included */
#define OWNER_WAIT_MS	100
#define OWNER_TRIES	30		/* an owner that is starting */

static enum scep_err
misused(struct adm *adm, const char *what, const char *why)
{
	return scep_fail(&adm->err, SCEP_E_USAGE, "%.64s%s; usage: scepadm "
	    "%s%s%s %s", what, why, adm->noun, adm->verb != NULL ? " " : "",
	    adm->verb != NULL ? adm->verb : "", adm->usage);
}

static enum scep_err
options_check(struct adm *adm, int argc, char *argv[], int n_operands)
{
	const int	 most = n_operands == ADM_ANY ? argc :
			    n_operands == -1 ? 1 : n_operands;

	if (argc - optind < n_operands)
		return misused(adm, "", "an argument is missing");
	if (argc - optind > most)
		return misused(adm, argv[optind + most],
		    ": an argument too many");
	return SCEP_OK;
}

/* An empty value is a variable that somebody forgot to set, and none at all
 * may mean more; what is for people to read may be empty. */
static int
is_forgotten(const struct adm_option *option, const char *value)
{
	return option->flag == NULL && *value == '\0' &&
	    strcmp(option->name, "note") != 0 &&
	    strcmp(option->name, "reason") != 0;
}

static enum scep_err
option_take(struct adm *adm, const struct adm_option *option,
    const char *value)
{
	char	 name[64];

	if (is_forgotten(option, value)) {
		(void)snprintf(name, sizeof(name), "--%s", option->name);
		return misused(adm, name, ": its value is empty");
	}
	if (option->flag != NULL)
		*option->flag = 1;
	else if (option->text != NULL)
		*option->text = value;
	else		/* whatever it is: adm_set_text() says why */
		(void)json_array_append_new(option->list,
		    json_string_nocheck(value));
	return SCEP_OK;
}

enum scep_err
adm_options(struct adm *adm, int argc, char *argv[],
    const struct adm_option *options, int n_operands, char ***operand)
{
	struct option	 longs[OPTIONS_MAX] = {
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
	};
	int		 c, i, which = 0;

	for (i = 0; options != NULL && options[i].name != NULL &&
	    i < OPTIONS_MAX - 3; i++) {
		longs[i + 2].name = options[i].name;
		longs[i + 2].has_arg = options[i].flag != NULL ?
		    no_argument : required_argument;
		longs[i + 2].val = 0x100 + i;
	}
	optind = 0;			/* glibc: start afresh */
	opterr = 0;
	while ((c = getopt_long(argc, argv, ":h", longs, &which)) != -1) {
		if (c == 'j')
			adm->json = 1;
		else if (c == 'h')
			return SCEP_E_USAGE;	/* help, no fault */
		else if (c == ':')
			return misused(adm, argv[optind - 1],
			    ": its value is missing");
		else if (c == '?')
			return misused(adm, argv[optind - 1],
			    ": no such option");
		else if (option_take(adm, &options[c - 0x100], optarg) !=
		    SCEP_OK)
			return adm->err.code;
	}
	if (operand != NULL)
		*operand = argv + optind;
	return options_check(adm, argc, argv, n_operands);
}

struct adm_held {
	struct scep_config	*cfg;
	struct scep_owner	 owner;
};

static void
held_close(struct adm *adm)
{
	if (adm->held == NULL)
		return;
	scep_owner_close(&adm->held->owner);
	scep_config_free(adm->held->cfg);
	free(adm->held);
	adm->held = NULL;
}

/* Where the current CA's files are lost, the next one is the way out: that
 * does not need any of them. */
static enum scep_err
held_config(struct adm *adm, struct scep_config **out)
{
	const int	 any = strcmp(adm->noun, "ca") == 0;
	enum scep_err	 rc;

	rc = scep_state_config(adm->crypto, adm->conf, !any, out, &adm->err);
	return rc != SCEP_OK || !any ? rc :
	    scep_config_load_any(adm->crypto, *out, &adm->err);
}

static enum scep_err
held_open(struct adm *adm)
{
	struct adm_held	*held;
	enum scep_err	 rc;

	if ((held = calloc(1, sizeof(*held))) == NULL)
		return scep_fail(&adm->err, SCEP_E_NOMEM, "the state");
	held->owner.lock = -1;
	if ((rc = held_config(adm, &held->cfg)) == SCEP_OK &&
	    (rc = scep_owner_open(adm->crypto, held->cfg, OWNER_WAIT_MS,
	    !adm->hold, &held->owner, &adm->err)) == SCEP_OK) {
		adm->held = held;
		return SCEP_OK;
	}
	scep_config_free(held->cfg);
	free(held);
	return rc;
}

void
adm_hold(struct adm *adm)
{
	adm->hold = 1;
}

void
adm_release(struct adm *adm)
{
	adm->hold = 0;
	held_close(adm);
}

/* Be the owner, for this request or longer. */
static enum scep_err
ask_ourselves(struct adm *adm, struct scep_span request,
    const struct scep_admin_watch *watch, struct scep_buf *reply)
{
	struct scep_line	 line = scep_log_begin();
	char			 summary[512] = "";
	enum scep_err		 rc;

	if (adm->held == NULL && (rc = held_open(adm)) != SCEP_OK)
		return rc;
	/* A refusal is in the reply; the result here would say the same. */
	(void)scep_admin_watched(adm->held->owner.ca, time(NULL),
	    (unsigned long)getuid(), request, watch, reply, summary,
	    sizeof(summary), &adm->err);
	scep_line_text(&line, "admin", summary);
	scep_log_line(&line);
	if (!adm->hold)
		held_close(adm);
	return reply->len > 0 ? SCEP_OK : adm->err.code;
}

static enum scep_err
ask_somebody(struct adm *adm, const char *dir, struct scep_span request,
    const struct scep_admin_watch *watch, struct scep_buf *reply)
{
	const struct timespec	 wait = { 0, OWNER_WAIT_MS * 1000000L };
	enum scep_err		 rc = SCEP_E_BUSY;
	int			 i;

	if (adm->held != NULL)
		return ask_ourselves(adm, request, watch, reply);
	for (i = 0; rc == SCEP_E_BUSY && i < OWNER_TRIES; i++) {
		if (i > 0)
			(void)nanosleep(&wait, NULL);
		rc = scep_admin_ask_watched(dir, request, watch, reply,
		    &adm->err);
		if (rc == SCEP_E_NOTFOUND)
			rc = ask_ourselves(adm, request, watch, reply);
	}
	return rc;
}

/* {"ok":true,"result":…}, or the reason and its exit status. */
static enum scep_err
reply_read(struct adm *adm, const struct scep_buf *reply, json_t **result)
{
	json_error_t	 why;
	json_t		*root;
	const char	*code, *text;
	enum scep_err	 rc = SCEP_E_INTERNAL;
	int		 i;

	if ((root = json_loadb((const char *)reply->data, reply->len, 0,
	    &why)) == NULL)
		return scep_fail(&adm->err, SCEP_E_BUSY,
		    "the owner's answer is no JSON: %s", why.text);
	if (json_is_true(json_object_get(root, "ok"))) {
		*result = json_incref(json_object_get(root, "result"));
		json_decref(root);
		return SCEP_OK;
	}
	code = json_string_value(json_object_get(root, "code"));
	text = json_string_value(json_object_get(root, "error"));
	for (i = 0; code != NULL && i < SCEP_E__MAX; i++)
		if (strcmp(code, scep_err_name((enum scep_err)i)) == 0)
			rc = (enum scep_err)i;
	(void)scep_fail(&adm->err, rc, "%s", text != NULL ? text :
	    "no reason given");
	json_decref(root);
	return rc;
}

static int
go_on(void *arg, uint64_t done, uint64_t total)
{
	const struct adm	*adm = arg;

	if (adm->progress != NULL)
		adm->progress(done, total);
	return 1;
}

static time_t
wall_clock(void)
{
	return time(NULL);
}

enum scep_err
adm_ask(struct adm *adm, json_t *request, json_t **result)
{
	const struct scep_admin_watch	 watch = { go_on, adm, wall_clock };
	struct scep_config		*cfg = NULL;
	struct scep_buf			 reply = { NULL, 0 };
	char				*text;
	enum scep_err			 rc;

	*result = NULL;
	text = json_dumps(request, JSON_COMPACT);
	json_decref(request);
	if (text == NULL)
		return scep_fail(&adm->err, SCEP_E_USAGE,
		    "an argument is not UTF-8");
	if ((rc = scep_state_config(adm->crypto, adm->conf, 0, &cfg,
	    &adm->err)) == SCEP_OK &&
	    (rc = scep_state_become_owner(cfg->server.state, &adm->err)) ==
	    SCEP_OK &&
	    (rc = ask_somebody(adm, cfg->server.state, scep_span_text(text),
	    &watch, &reply)) == SCEP_OK)
		rc = reply_read(adm, &reply, result);
	scep_config_free(cfg);
	scep_buf_clear(&reply);
	OPENSSL_cleanse(text, strlen(text));	/* challenge.hash holds one */
	free(text);
	return rc;
}
