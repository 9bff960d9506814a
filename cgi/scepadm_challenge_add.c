/*
 * scepadm_challenge_add.c - `challenge add`: for one device, for many alike,
 * for each line of a spreadsheet.
 */
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "cgi/scepadm_add.h"

/* What add was told. */
struct add {
	const char	*text[ADM_ITEM__MAX];
	const char	*count, *csv;
	json_t		*dns;
	int		 set_subject;
	size_t		 n;		/* of count; 0: it was not given */
};

/* As it was typed. */
static void
option_name(enum adm_item kind, char out[32])
{
	char	*p;

	(void)snprintf(out, 32, "--%s", adm_item_name(kind));
	while ((p = strchr(out, '_')) != NULL)
		*p = '-';
}

static enum scep_err
add_count(struct adm *adm, struct add *add)
{
	enum scep_err	 rc;
	long		 count = 0;

	if (add->count != NULL && (rc = scep_number_read(add->count, 1,
	    ADM_ADD_MAX, &count, &adm->err)) != SCEP_OK)
		return scep_fail_within(&adm->err, "--count");
	add->n = (size_t)count;
	return SCEP_OK;
}

static enum scep_err
check_told(struct adm *adm, const struct add *add)
{
	const char *const	*text = add->text;

	if (add->csv != NULL && (text[ADM_ITEM_CN] != NULL ||
	    text[ADM_ITEM_SUBJECT] != NULL || text[ADM_ITEM_KEY] != NULL ||
	    text[ADM_ITEM_CSR] != NULL || json_array_size(add->dns) > 0))
		return scep_fail(&adm->err, SCEP_E_USAGE, "--subject, --cn, "
		    "--dns, --key and --csr are of one device, and --csv is "
		    "of many: leave them out, the file says it");
	if (text[ADM_ITEM_CN] != NULL && text[ADM_ITEM_SUBJECT] != NULL)
		return scep_fail(&adm->err, SCEP_E_USAGE,
		    "--cn is short for --subject CN=…: give one of them");
	if (adm_item_check(text, &adm->err) != SCEP_OK)
		return adm->err.code = SCEP_E_USAGE;
	return SCEP_OK;
}

static enum scep_err
add_told(struct adm *adm, const struct add *add, json_t *one)
{
	char		 name[32];
	enum scep_err	 rc;
	int		 i;

	if ((rc = check_told(adm, add)) != SCEP_OK)
		return rc;
	for (i = 0; i < ADM_ITEM__MAX; i++)
		if (add->text[i] != NULL && (rc = adm_item_put(one,
		    (enum adm_item)i, add->text[i], &adm->err)) != SCEP_OK) {
			option_name((enum adm_item)i, name);
			return scep_fail_within(&adm->err, "%s", name);
		}
	if (json_array_size(add->dns) > 0)
		(void)json_object_set(one, "dns", add->dns);
	return SCEP_OK;
}

/* What the holder may choose, once for all that are alike in it. */
static void
print_unbound(const json_t *added)
{
	static const struct {
		const char	*binds, *text;
	}		 notes[] = {
		{ "nothing", "WARNING: it binds no name: whoever has it may "
		    "ask for ANY name the profile allows (--cn, --subject and "
		    "--dns bind one)" },
		{ "SAN", "WARNING: it binds no subject: whoever has it may ask "
		    "for ANY subject the profile allows, beside these names "
		    "(--cn and --subject bind one)" },
		{ "key", "it binds a key and no name: whoever has both may "
		    "ask for any name the profile allows (--cn, --subject and "
		    "--dns bind one)" },
		{ "SAN and key", "it binds no subject: whoever has it and the "
		    "key may ask for any subject the profile allows, beside "
		    "these names (--cn and --subject bind one)" },
	};
	json_t		*one;
	size_t		 i, k, n;

	for (k = 0; k < sizeof(notes) / sizeof(notes[0]); k++) {
		n = 0;
		json_array_foreach((json_t *)(uintptr_t)added, i, one)
			n += strcmp(adm_text(one, "binds"), notes[k].binds) ==
			    0;
		if (n > 0)
			(void)fprintf(stderr, "scepadm: %s\n", notes[k].text);
	}
}

/* The challenges alone on stdout, so that a script may take them. */
static void
print_added(const json_t *added)
{
	const json_t	*first = json_array_get(added, 0);
	json_t		*one;
	size_t		 i;

	json_array_foreach((json_t *)(uintptr_t)added, i, one)
		(void)printf("%s\n", adm_text(one, "challenge"));
	(void)fflush(stdout);
	(void)fprintf(stderr, "scepadm: for profile %s until %s; shown once, "
	    "never again\n", adm_text(first, "profile"),
	    adm_text(first, "expires"));
	print_unbound(added);
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
		text = adm_text(row, cn != NULL ? "cn" : "subject");
		if (cn != NULL && !devices->has_cn)
			text = adm_text(json_array_get(devices->items, i),
			    "subject");
		print_field(text, ',');
		print_dns(json_object_get(row, "dns"));
		print_field(adm_text(row, "id"), ',');
		print_field(adm_text(row, "challenge"), ',');
		print_field(adm_text(row, "expires"), '\n');
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
	if (rc == SCEP_OK && !adm->json) {
		(void)fprintf(stderr, "scepadm: %zu challenges; shown once, "
		    "never again\n", what.count);
		print_unbound(added);
	}
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

/* --set-subject is a flag here, and a column of yes and no there. */
static enum scep_err
add_read(struct adm *adm, int argc, char *argv[], struct add *add)
{
	const char		**text = add->text;
	const struct adm_option	 options[] = {
		{ "profile", &text[ADM_ITEM_PROFILE], NULL, NULL },
		{ "subject", &text[ADM_ITEM_SUBJECT], NULL, NULL },
		{ "cn", &text[ADM_ITEM_CN], NULL, NULL },
		{ "dns", NULL, NULL, add->dns },
		{ "set-subject", NULL, &add->set_subject, NULL },
		{ "key", &text[ADM_ITEM_KEY], NULL, NULL },
		{ "csr", &text[ADM_ITEM_CSR], NULL, NULL },
		{ "not-before", &text[ADM_ITEM_NOT_BEFORE], NULL, NULL },
		{ "not-after", &text[ADM_ITEM_NOT_AFTER], NULL, NULL },
		{ "ttl", &text[ADM_ITEM_TTL], NULL, NULL },
		{ "uses", &text[ADM_ITEM_USES], NULL, NULL },
		{ "reuse-for", &text[ADM_ITEM_REUSE_FOR], NULL, NULL },
		{ "max-wrong", &text[ADM_ITEM_MAX_WRONG], NULL, NULL },
		{ "note", &text[ADM_ITEM_NOTE], NULL, NULL },
		{ "count", &add->count, NULL, NULL },
		{ "csv", &add->csv, NULL, NULL },
		{ NULL, NULL, NULL, NULL }
	};
	enum scep_err		 rc;

	rc = adm_options(adm, argc, argv, options, 0, NULL);
	if (add->set_subject)
		text[ADM_ITEM_SET_SUBJECT] = "yes";
	return rc;
}

enum scep_err
adm_challenge_add(struct adm *adm, int argc, char *argv[])
{
	struct add	 add = { .count = NULL };
	json_t		*one = json_object();
	enum scep_err	 rc;

	add.dns = json_array();
	if ((rc = add_read(adm, argc, argv, &add)) == SCEP_OK &&
	    (rc = add_count(adm, &add)) == SCEP_OK &&
	    (rc = add_told(adm, &add, one)) == SCEP_OK) {
		if (add.csv != NULL || add.n > 1)
			adm_hold(adm);
		rc = add.csv != NULL ? add_csv(adm, &add, one) :
		    add_alike(adm, &add, one);
		adm_release(adm);
	}
	json_decref(add.dns);
	json_decref(one);
	return rc;
}
