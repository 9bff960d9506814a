/*
 * validator.c - what a validator may answer.
 *
 * Strict: whoever answers with something else did not understand the
 * question, and that is no permission.
 */
#include <stdio.h>
#include <string.h>

#include <jansson.h>
#include <openssl/crypto.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/validator.h"

#define VALIDITY_MIN	60L		/* seconds */
#define SUBJECT_MAX	1024		/* octets of its text */

static const struct {
	const char			*word;
	enum scep_validator_fact	 fact;
} words[] = {
	{ "allow",	SCEP_VA_ALLOWED },
	{ "refuse",	SCEP_VA_REFUSED },
	{ "queue",	SCEP_VA_QUEUED },
	{ "trouble",	SCEP_VA_TROUBLE }	/* ours: nobody may say it */
};
#define ANSWERS	3

const char *
scep_validator_word(enum scep_validator_fact fact)
{
	size_t	 i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].fact == fact)
			return words[i].word;
	return "";
}

void
scep_validator_clear(struct scep_validator_answer *answer)
{
	scep_buf_clear(&answer->subject);
	scep_name_clear(&answer->name);
	scep_san_clear(&answer->san);
	memset(answer, 0, sizeof(*answer));
}

/* Its words are for the log: on one line, whatever they are. */
void
scep_validator_trouble(struct scep_validator_answer *out, const char *why)
{
	char	 text[SCEP_VALIDATOR_REASON], *p;

	(void)snprintf(text, sizeof(text), "%.255s", why);
	for (p = text; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || (unsigned char)*p > 0x7e)
			*p = '?';
	scep_validator_clear(out);
	out->fact = SCEP_VA_TROUBLE;
	memcpy(out->reason, text, sizeof(text));
}

/* jansson goes down as deep as it is led. */
static int
is_deep(struct scep_span text)
{
	size_t	 i, depth = 0;
	int	 in_string = 0;

	for (i = 0; i < text.len; i++) {
		if (in_string && text.data[i] == '\\')
			i++;
		else if (text.data[i] == '"')
			in_string = !in_string;
		else if (!in_string && (text.data[i] == '{' ||
		    text.data[i] == '['))
			depth++;
		else if (!in_string && depth > 0 && (text.data[i] == '}' ||
		    text.data[i] == ']'))
			depth--;
		if (depth > SCEP_VALIDATOR_DEPTH)
			return 1;
	}
	return 0;
}

/* In the words of scep.conf(5), not in those of the library. */
static const char *
no_json(const json_error_t *error)
{
	switch (json_error_code(error)) {
	case json_error_duplicate_key:
		return "a member is there twice";
	case json_error_end_of_input_expected:
		return "something stands behind its object";
	case json_error_invalid_utf8:
		return "it is no UTF-8";
	default:
		return "it is no JSON";
	}
}

/* A text of the answer, and what may be wrong with it. */
struct member {
	const char	*name;
	size_t		 max;		/* octets */
	const char	*kind, *size, *lines;
};
#define MEMBER(name, max) { name, max, "its " name " is no text", \
			    "its " name " is too long", \
			    "its " name " is more than one line" }

static const struct member	decision = MEMBER("decision", 16);
static const struct member	reason = MEMBER("reason",
				    SCEP_VALIDATOR_REASON - 1);
static const struct member	subject = MEMBER("subject", SUBJECT_MAX);
static const struct member	validity = MEMBER("validity", 16);

/* NULL if it is not there, or *why says what is wrong. */
static const char *
text_of(const json_t *from, const struct member *m, const char **why)
{
	const json_t	*value = json_object_get(from, m->name);
	const char	*text = json_string_value(value);

	if (value == NULL)
		return NULL;
	if (text == NULL)
		*why = m->kind;
	else if (strlen(text) > m->max)
		*why = m->size;
	else if (!scep_is_clean_utf8(scep_span_text(text)))
		*why = m->lines;
	return *why == NULL ? text : NULL;
}

static void
read_decision(const json_t *from, struct scep_validator_answer *out,
    const char **why)
{
	const char	*word = text_of(from, &decision, why);
	size_t		 i;

	for (i = 0; word != NULL && i < ANSWERS; i++)
		if (strcmp(words[i].word, word) == 0) {
			out->fact = words[i].fact;
			return;
		}
	if (*why == NULL)
		*why = "its decision is none of allow, refuse and queue";
}

static void
read_reason(const json_t *from, struct scep_validator_answer *out,
    const char **why)
{
	const char	*text = text_of(from, &reason, why);

	if (text != NULL)
		memcpy(out->reason, text, strlen(text) + 1);
}

static void
read_subject(const json_t *from, struct scep_validator_answer *out,
    const char **why)
{
	const char		*text = text_of(from, &subject, why);
	struct scep_error	 ignored;

	if (text == NULL)
		return;
	if (scep_name_make(text, &out->subject, &ignored) != SCEP_OK ||
	    scep_name_parse(scep_buf_span(&out->subject), &out->name,
	    &ignored) != SCEP_OK)
		*why = "its subject is no name that we write";
}

/* "DNS:host.example". */
static int
add_san(const char *text, struct scep_san_list *list)
{
	const size_t		 len = strcspn(text, ":");
	struct scep_error	 ignored;
	const char		*name;
	int			 type;

	if (text[len] == '\0')
		return 0;
	for (type = 0; type < SCEP_SAN_OTHER; type++) {
		name = scep_san_type_name((enum scep_san_type)type);
		if (strlen(name) == len && strncmp(name, text, len) == 0)
			return scep_san_add(list, (enum scep_san_type)type,
			    scep_span_text(text + len + 1), &ignored) ==
			    SCEP_OK;
	}
	return 0;
}

static void
read_san(const json_t *from, struct scep_validator_answer *out,
    const char **why)
{
	const json_t	*list = json_object_get(from, "san");
	const char	*text;
	size_t		 i;

	if (list == NULL)
		return;
	if (!json_is_array(list) || json_array_size(list) > SCEP_SAN_MAX) {
		*why = "its san is no list of at most 64 names";
		return;
	}
	out->has_san = 1;
	for (i = 0; i < json_array_size(list); i++) {
		text = json_string_value(json_array_get(list, i));
		if (text == NULL || !add_san(text, &out->san)) {
			*why = "its san has what is no name that we write";
			return;
		}
	}
}

static void
read_validity(const json_t *from, const struct scep_profile *profile,
    struct scep_validator_answer *out, const char **why)
{
	const char		*text = text_of(from, &validity, why);
	struct scep_error	 ignored;

	if (text == NULL)
		return;
	if (scep_duration_read(text, &out->validity_s, &ignored) != SCEP_OK ||
	    out->validity_s < VALIDITY_MIN)
		*why = "its validity is no duration of a minute or more";
	else if (out->validity_s > profile->validity_s)
		*why = "its validity is longer than the profile's";
}

/* Only who allows has a say in what is issued. */
static void
read_rest(const json_t *from, const struct scep_profile *profile,
    struct scep_validator_answer *out, const char **why)
{
	static const char *const	 grants[] = { "subject", "san",
					    "validity" };
	size_t				 i;

	if (out->fact == SCEP_VA_ALLOWED) {
		read_subject(from, out, why);
		if (*why == NULL)
			read_san(from, out, why);
		if (*why == NULL)
			read_validity(from, profile, out, why);
		return;
	}
	for (i = 0; i < sizeof(grants) / sizeof(grants[0]); i++)
		if (json_object_get(from, grants[i]) != NULL)
			*why = "it does not allow, and has a subject, san or "
			    "validity";
}

void
scep_validator_read(struct scep_span text, const struct scep_profile *profile,
    struct scep_validator_answer *out)
{
	const char	*why = NULL;
	json_error_t	 error;
	json_t		*json = NULL;

	memset(out, 0, sizeof(*out));
	if (text.len == 0)
		why = "it is empty";
	else if (is_deep(text))
		why = "it is nested too deep";
	else if ((json = json_loadb((const char *)text.data, text.len,
	    JSON_REJECT_DUPLICATES, &error)) == NULL)
		why = no_json(&error);
	else if (!json_is_object(json))
		why = "it is no JSON object";
	if (why == NULL)
		read_decision(json, out, &why);
	if (why == NULL)
		read_reason(json, out, &why);
	if (why == NULL)
		read_rest(json, profile, out, &why);
	json_decref(json);
	if (why != NULL)
		scep_validator_trouble(out, why);
}
