/*
 * mdm_query.c - what the query of a URL asks for, as members of a question to
 * the owner.
 *
 * Knows the form of a query (application/x-www-form-urlencoded) and of
 * numbers and durations; what the owner thinks of a value, he says himself.
 */
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "base/text.h"
#include "cgi/mdm_local.h"

#define NAME_SIZE	32	/* octets of a name, with its NUL */
#define VALUE_SIZE	1024	/* … of a value */

/* "limit, after and state". */
static void
list_names(const struct mdm_param *params, char *out, size_t size)
{
	const struct mdm_param	*p = params;

	for (out[0] = '\0'; p->name != NULL; p++) {
		if (p > params)
			OPENSSL_strlcat(out, p[1].name != NULL ? ", " :
			    " and ", size);
		OPENSSL_strlcat(out, p->name, size);
	}
}

static enum scep_err
find(const struct mdm_param *params, const char *name,
    const struct mdm_param **out, struct scep_error *err)
{
	char	 names[256];

	for (*out = params; (*out)->name != NULL; (*out)++)
		if (strcmp((*out)->name, name) == 0)
			return SCEP_OK;
	if (params->name == NULL)
		return scep_fail(err, SCEP_E_USAGE, "query: there is no "
		    "\"%s\", for nothing can be said here", name);
	list_names(params, names, sizeof(names));
	return scep_fail(err, SCEP_E_USAGE, "query: there is no \"%s\"; there "
	    "are %s", name, names);
}

/* One octet of what is escaped, or -1.  A NUL (%00) is none either. */
static int
octet(const char **p, const char *end)
{
	int	 hi, lo;

	if (**p != '%')
		return *(*p)++ == '+' ? ' ' : (unsigned char)(*p)[-1];
	if (end - *p < 3 || (hi = scep_hex_digit((*p)[1])) < 0 ||
	    (lo = scep_hex_digit((*p)[2])) < 0)
		return -1;
	*p += 3;
	return hi << 4 | lo;
}

static int
unescape(const char *p, const char *end, char *out, size_t size)
{
	size_t	 n = 0;
	int	 c = 1;

	while (p < end && n + 1 < size && (c = octet(&p, end)) > 0)
		out[n++] = (char)c;
	out[n] = '\0';
	return p == end && c > 0 && scep_is_clean_utf8(scep_span_text(out));
}

static enum scep_err
put_value(const struct mdm_param *param, const char *value, json_t *ask,
    struct scep_error *err)
{
	enum scep_err	 rc = SCEP_OK;
	json_t		*json;
	long		 n = 0;

	if (param->kind == MDM_NUMBER)
		rc = scep_number_read(value, 1, param->max, &n, err);
	else if (param->kind == MDM_DURATION)
		rc = scep_duration_read(value, &n, err);
	if (rc != SCEP_OK)
		return scep_fail_within(err, "%s", param->name);
	json = param->kind == MDM_TEXT ? json_string(value) : json_integer(n);
	return json_object_set_new(ask, param->name, json) == 0 ? SCEP_OK :
	    scep_fail(err, SCEP_E_NOMEM, "%s as JSON", param->name);
}

/* NAME=VALUE. */
static enum scep_err
read_one(const struct mdm_param *params, const char *p, const char *end,
    json_t *ask, struct scep_error *err)
{
	const char		*eq = memchr(p, '=', (size_t)(end - p));
	const struct mdm_param	*param;
	char			 name[NAME_SIZE], value[VALUE_SIZE];
	enum scep_err		 rc;

	if (!unescape(p, eq != NULL ? eq : end, name, sizeof(name)))
		return scep_fail(err, SCEP_E_USAGE, "query: a name that is "
		    "too long, or badly escaped, or no UTF-8");
	if ((rc = find(params, name, &param, err)) != SCEP_OK)
		return rc;
	if (json_object_get(ask, name) != NULL)
		return scep_fail(err, SCEP_E_USAGE, "%s is there twice", name);
	if (!unescape(eq != NULL ? eq + 1 : end, end, value, sizeof(value)))
		return scep_fail(err, SCEP_E_USAGE, "%s: at most %d octets of "
		    "UTF-8 without control characters, each %% of them as "
		    "%%25", name, VALUE_SIZE - 1);
	return put_value(param, value, ask, err);
}

json_t *
mdm_query(const struct mdm_param *params, const char *query,
    struct scep_error *err)
{
	json_t		*ask = json_object();
	const char	*p = query, *end;

	if (ask == NULL)
		(void)scep_fail(err, SCEP_E_NOMEM, "the query as JSON");
	for (; ask != NULL && *p != '\0'; p = end + (*end == '&')) {
		end = p + strcspn(p, "&");
		if (end > p && read_one(params, p, end, ask, err) !=
		    SCEP_OK) {
			json_decref(ask);
			return NULL;
		}
	}
	return ask;
}
