/*
 * scepadm_challenge_add.c - `challenge add`: for one device, for many alike,
 * for each line of a spreadsheet.
 */
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "cgi/scepadm_add.h"

#define USES_MAX	1000000

/* What add was told, as text. */
struct add {
	const char	*profile, *subject, *cn, *ttl, *uses, *count, *note;
	const char	*csv;
	json_t		*dns;
	size_t		 n;		/* of count; 0: it was not given */
};

static enum scep_err
add_numbers(struct adm *adm, struct add *add, json_t *one)
{
	long		 ttl, uses, count = 0;
	enum scep_err	 rc;

	if ((rc = scep_duration_read(add->ttl, &ttl, &adm->err)) != SCEP_OK)
		return scep_fail_within(&adm->err, "--ttl");
	if ((rc = scep_number_read(add->uses, 1, USES_MAX, &uses,
	    &adm->err)) != SCEP_OK)
		return scep_fail_within(&adm->err, "--uses");
	if (add->count != NULL && (rc = scep_number_read(add->count, 1,
	    ADM_ADD_MAX, &count, &adm->err)) != SCEP_OK)
		return scep_fail_within(&adm->err, "--count");
	add->n = (size_t)count;
	(void)json_object_set_new(one, "ttl", json_integer(ttl));
	(void)json_object_set_new(one, "uses", json_integer(uses));
	return SCEP_OK;
}

json_t *
adm_subject_of_cn(const char *cn)
{
	char	 text[512] = "CN=";
	size_t	 n = 3;

	for (; *cn != '\0' && n + 3 < sizeof(text); cn++) {
		if (strchr(",+=\\\"/", *cn) != NULL)
			text[n++] = '\\';
		text[n++] = *cn;
	}
	text[n] = '\0';
	return json_string(text);
}

static enum scep_err
add_names(struct adm *adm, const struct add *add, json_t *one)
{
	if (add->csv != NULL && (add->cn != NULL || add->subject != NULL ||
	    json_array_size(add->dns) > 0))
		return scep_fail(&adm->err, SCEP_E_USAGE, "--subject, --cn "
		    "and --dns name one device, and --csv many: leave them "
		    "out, the names are in the file");
	if (add->cn != NULL && add->subject != NULL)
		return scep_fail(&adm->err, SCEP_E_USAGE,
		    "--cn is short for --subject CN=…: give one of them");
	if (add->profile != NULL)
		(void)json_object_set_new(one, "profile",
		    json_string(add->profile));
	if (add->subject != NULL)
		(void)json_object_set_new(one, "subject",
		    json_string(add->subject));
	if (add->cn != NULL)
		(void)json_object_set_new(one, "subject",
		    adm_subject_of_cn(add->cn));
	if (json_array_size(add->dns) > 0)
		(void)json_object_set(one, "dns", add->dns);
	if (add->note != NULL)
		(void)json_object_set_new(one, "note", json_string(add->note));
	return SCEP_OK;
}

static const char *
text_of(const json_t *object, const char *member)
{
	const char	*text = json_string_value(json_object_get(object,
			    member));

	return text != NULL ? text : "";
}

/* The challenges alone on stdout, so that a script may take them. */
static void
print_added(const json_t *added)
{
	const json_t	*first = json_array_get(added, 0);
	json_t		*one;
	size_t		 i;

	json_array_foreach((json_t *)(uintptr_t)added, i, one)
		(void)printf("%s\n", text_of(one, "challenge"));
	(void)fflush(stdout);
	(void)fprintf(stderr, "scepadm: for profile %s until %s; shown once, "
	    "never again\n", text_of(first, "profile"),
	    text_of(first, "expires"));
	if (strcmp(text_of(first, "binds"), "nothing") == 0)
		(void)fprintf(stderr, "scepadm: WARNING: it binds no name: "
		    "whoever has it may ask for ANY name the profile allows "
		    "(--cn, --subject and --dns bind one)\n");
}

/* RFC 4180, but for the line end, which is LF. */
static void
print_field(const char *text, char behind)
{
	const char	*quote = strpbrk(text, ",;\"\t ") != NULL ? "\"" : "";

	(void)fputs(quote, stdout);
	for (; *text != '\0'; text++) {
		if (*text == '"')
			(void)putchar('"');
		(void)putchar(*text);
	}
	(void)printf("%s%c", quote, behind);
}

static void
print_dns(const json_t *dns)
{
	char	 text[65 * 256] = "";
	json_t	*one;
	size_t	 i, n = 0;

	json_array_foreach((json_t *)(uintptr_t)dns, i, one)
		if (n < sizeof(text))
			n += (size_t)snprintf(text + n, sizeof(text) - n,
			    "%s%s", i > 0 ? " " : "", json_string_value(one));
	print_field(text, ',');
}

static void
print_rows(const struct adm_devices *devices)
{
	const char	*text;
	json_t		*row, *cn;
	size_t		 i;

	(void)printf("%s,dns,id,challenge,expires\n",
	    devices->has_cn ? "cn" : "subject");
	json_array_foreach(devices->rows, i, row) {
		cn = json_object_get(row, "cn");
		text = text_of(row, cn != NULL ? "cn" : "subject");
		if (cn != NULL && !devices->has_cn)
			text = text_of(json_array_get(devices->items, i),
			    "subject");
		print_field(text, ',');
		print_dns(json_object_get(row, "dns"));
		print_field(text_of(row, "id"), ',');
		print_field(text_of(row, "challenge"), ',');
		print_field(text_of(row, "expires"), '\n');
	}
}

/* What cannot be printed is lost for ever: then it is worth nothing. */
static enum scep_err
check_printed(struct adm *adm, const json_t *added)
{
	if (fflush(stdout) != EOF && ferror(stdout) == 0)
		return SCEP_OK;
	(void)scep_fail(&adm->err, SCEP_E_STORE, "the challenges cannot be "
	    "written to standard output; is there room, is somebody reading");
	return adm_add_undo(adm, added, json_array_size(added));
}

static enum scep_err
add_alike(struct adm *adm, const struct add *add, const json_t *one)
{
	const struct adm_adding	 what = {
		.one = one,
		.count = add->n > 0 ? add->n : 1,
	};
	json_t			*added;
	enum scep_err		 rc;

	if ((rc = adm_add_all(adm, &what, &added)) != SCEP_OK)
		return rc;
	if (!adm->json)
		print_added(added);
	else
		adm_print_json(add->n > 0 ? added : json_array_get(added, 0));
	rc = check_printed(adm, added);
	json_decref(added);
	return rc;
}

static enum scep_err
add_rows(struct adm *adm, struct adm_devices *devices)
{
	const struct adm_adding	 what = {
		.items = devices->items,
		.count = json_array_size(devices->items),
	};
	json_t			*added, *row;
	enum scep_err		 rc;
	size_t			 i;

	if ((rc = adm_add_all(adm, &what, &added)) != SCEP_OK)
		return rc;
	json_array_foreach(devices->rows, i, row)
		(void)json_object_update(row, json_array_get(added, i));
	if (adm->json)
		adm_print_json(devices->rows);
	else
		print_rows(devices);
	rc = check_printed(adm, added);
	if (rc == SCEP_OK && !adm->json)
		(void)fprintf(stderr, "scepadm: %zu challenges; shown once, "
		    "never again\n", what.count);
	json_decref(added);
	return rc;
}

static enum scep_err
add_csv(struct adm *adm, const struct add *add, const json_t *deflt)
{
	struct adm_devices	 devices;
	enum scep_err		 rc;

	if ((rc = adm_devices_read(adm, add->csv, deflt, add->n, &devices)) !=
	    SCEP_OK)
		return rc;
	rc = add_rows(adm, &devices);
	adm_devices_clear(&devices);
	return rc;
}

enum scep_err
adm_challenge_add(struct adm *adm, int argc, char *argv[])
{
	struct add		 add = { .ttl = "24h", .uses = "1" };
	json_t			*dns = json_array(), *one = json_object();
	const struct adm_option	 options[] = {
		{ "profile", &add.profile, NULL, NULL },
		{ "subject", &add.subject, NULL, NULL },
		{ "cn", &add.cn, NULL, NULL },
		{ "dns", NULL, NULL, dns },
		{ "ttl", &add.ttl, NULL, NULL },
		{ "uses", &add.uses, NULL, NULL },
		{ "count", &add.count, NULL, NULL },
		{ "note", &add.note, NULL, NULL },
		{ "csv", &add.csv, NULL, NULL },
		{ NULL, NULL, NULL, NULL }
	};
	enum scep_err		 rc;

	add.dns = dns;
	if ((rc = adm_options(adm, argc, argv, options, 0, NULL)) ==
	    SCEP_OK && (rc = add_numbers(adm, &add, one)) == SCEP_OK &&
	    (rc = add_names(adm, &add, one)) == SCEP_OK) {
		if (add.csv != NULL || add.n > 1)
			adm_hold(adm);
		rc = add.csv != NULL ? add_csv(adm, &add, one) :
		    add_alike(adm, &add, one);
		adm_release(adm);
	}
	json_decref(dns);
	json_decref(one);
	return rc;
}
