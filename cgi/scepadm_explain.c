/*
 * scepadm_explain.c - what became of a request, for people.
 */
#include <string.h>

#include "cgi/scepadm.h"

#define TITLE	10	/* columns */
#define NAME	20
#define CELL	1100

/* Nothing that a terminal would obey, and for names blanks. */
static const char *
shown(const char *text, int is_name, char out[CELL])
{
	size_t	 i;

	(void)snprintf(out, CELL, "%s", text != NULL ? text : "");
	for (i = 0; out[i] != '\0'; i++)
		if (is_name && out[i] == '_')
			out[i] = ' ';
		else if ((unsigned char)out[i] < 0x20 || out[i] == 0x7f)
			out[i] = '?';
	return out;
}

static void
print_pair(const char *title, const char *name, const char *value)
{
	char	 a[CELL], b[CELL];

	(void)printf("  %-*s  %-*s  %s\n", TITLE, title, NAME,
	    shown(name, 1, a), shown(value, 0, b));
}

static void
print_word(const char *title, const json_t *word)
{
	char	 text[CELL];

	(void)printf("  %-*s  %s\n", TITLE, title,
	    shown(json_string_value(word), 0, text));
}

/* The members of an object, its title in front of the first. */
static void
print_members(const char *title, json_t *object)
{
	const char	*name;
	json_t		*value;

	json_object_foreach(object, name, value) {
		print_pair(title, name, json_string_value(value));
		title = "";
	}
}

/* The reason stands with the rule that gave it; one that is about requests of
 * another kind stands in --json alone. */
static void
print_outcome(const char *title, const json_t *one, const char *reason)
{
	static const struct {
		const char	*outcome, *words;
	} rows[] = {
		{ "pass", "pass" },
		{ "unreached", "not reached" },
	};
	const char	*outcome = json_string_value(json_object_get(one,
			    "outcome"));
	const char	*name = json_string_value(json_object_get(one,
			    "name"));
	char		 text[CELL];
	size_t		 i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (outcome != NULL && strcmp(outcome, rows[i].outcome) == 0) {
			print_pair(title, name, rows[i].words);
			return;
		}
	(void)snprintf(text, sizeof(text), "%.64s: %.900s",
	    outcome != NULL ? outcome : "", reason != NULL ? reason : "");
	print_pair(title, name, text);
}

static int
is_skipped(const json_t *one)
{
	const char	*outcome = json_string_value(json_object_get(one,
			    "outcome"));

	return outcome != NULL && strcmp(outcome, "skip") == 0;
}

static void
print_outcomes(const char *title, json_t *list, const char *reason)
{
	json_t	*one;
	size_t	 i;

	json_array_foreach(list, i, one) {
		if (is_skipped(one))
			continue;
		print_outcome(title, one, reason);
		title = "";
	}
}

static void
print_event(const json_t *event)
{
	json_t		*result = json_object_get(event, "result");
	const json_t	*count = json_object_get(event, "count");
	const json_t	*serial = json_object_get(event, "serial");
	const json_t	*record = json_object_get(event, "record");
	const char	*reason = json_string_value(json_object_get(result,
			    "reason"));
	char		 text[CELL];

	(void)printf("\n%s  ", shown(json_string_value(json_object_get(event,
	    "at")), 0, text));
	(void)printf("%s", shown(json_string_value(json_object_get(event,
	    "event")), 0, text));
	if (count != NULL)
		(void)printf(", %" JSON_INTEGER_FORMAT " times, the last %s",
		    json_integer_value(count), shown(json_string_value(
		    json_object_get(event, "last")), 0, text));
	if (record != NULL)
		(void)printf("  (from the %s record: the decision itself is "
		    "no longer kept)", shown(json_string_value(record), 0,
		    text));
	(void)putchar('\n');
	if (json_object_get(event, "id") != NULL)
		print_word("id", json_object_get(event, "id"));
	if (serial != NULL)
		print_word("serial", serial);
	print_members("result", result);
	print_members("message", json_object_get(event, "message"));
	print_outcomes("checks", json_object_get(event, "checks"), reason);
	print_members("request", json_object_get(event, "request"));
	print_outcomes("rules", json_object_get(event, "rules"), reason);
}

static void
print_story(const json_t *story)
{
	const json_t	*left_out = json_object_get(story, "left_out");
	const json_t	*txid = json_object_get(story, "transaction");
	json_t		*event;
	char		 text[CELL];
	size_t		 i;

	(void)printf("request %s", shown(json_string_value(json_object_get(
	    story, "request")), 0, text));
	(void)printf(", profile %s\n", shown(json_string_value(
	    json_object_get(story, "profile")), 0, text));
	if (json_string_length(txid) > 0)
		(void)printf("transaction %s\n", shown(json_string_value(
		    txid), 0, text));
	json_array_foreach(json_object_get(story, "events"), i, event)
		print_event(event);
	if (left_out != NULL)
		(void)printf("\n%" JSON_INTEGER_FORMAT " events in the middle "
		    "are left out\n", json_integer_value(left_out));
}

static void
print(const json_t *result)
{
	const json_int_t	 n = json_integer_value(json_object_get(
				    result, "requests"));
	json_t			*stories = json_object_get(result, "stories");
	json_t			*story;
	size_t			 i;

	if (n > 1)
		(void)printf("%" JSON_INTEGER_FORMAT " requests; the newest "
		    "first%s\n\n", n, (size_t)n > json_array_size(stories) ?
		    ", and only some of them" : "");
	json_array_foreach(stories, i, story) {
		if (i > 0)
			(void)putchar('\n');
		print_story(story);
	}
}

enum scep_err
adm_explain(struct adm *adm, int argc, char *argv[])
{
	char		**what;
	json_t		 *result;
	enum scep_err	  rc;

	if ((rc = adm_options(adm, argc, argv, NULL, 1, &what)) != SCEP_OK ||
	    (rc = adm_ask(adm, json_pack("{s:s,s:s}", "do", "explain",
	    "what", what[0]), &result)) != SCEP_OK)
		return rc;
	if (adm->json)
		adm_print_json(result);
	else
		print(result);
	json_decref(result);
	return SCEP_OK;
}
