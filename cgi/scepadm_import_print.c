/* scepadm_import_print.c - what an import says at its end. */
#include <stdio.h>
#include <string.h>

#include "cgi/scepadm_import.h"

#define LINES_SHOWN	20	/* of a kind */

static void
print_kind(const struct adm_import *im, enum adm_import_kind kind)
{
	const char	*name, *text;
	json_int_t	 line;
	json_t		*one;
	size_t		 i;
	long		 shown = 0;

	json_array_foreach(im->told, i, one) {
		if (shown == LINES_SHOWN || json_unpack(one,
		    "{s:I,s:s,s:s}", "line", &line, "kind", &name, "text",
		    &text) != 0 || strcmp(name, adm_import_word[kind]) != 0)
			continue;
		(void)fprintf(stderr, "scepadm: %s:%" JSON_INTEGER_FORMAT
		    ": %s%s\n", im->at.index, line, kind ==
		    ADM_IMPORT_REFUSED ? "refused: " : "", text);
		shown++;
	}
	if (im->count.told[kind] > shown)
		(void)fprintf(stderr, "scepadm: … and %ld lines more of this "
		    "kind; --json has the first %d\n",
		    im->count.told[kind] - shown, ADM_IMPORT_TOLD);
}

void
adm_import_print_told(const struct adm_import *im)
{
	int	 kind;

	if (!im->adm->json)
		for (kind = 0; kind < ADM_IMPORT_KINDS; kind++)
			print_kind(im, (enum adm_import_kind)kind);
}

static const char *
text_of(const struct adm_import *im, const char *member)
{
	const char	*text = json_string_value(json_object_get(im->result,
			    member));

	return text != NULL ? text : "";
}

static long
crl_of(const struct adm_import *im)
{
	return (long)json_integer_value(json_object_get(im->result,
	    "crl_number"));
}

static void
print_json(const struct adm_import *im)
{
	const struct adm_import_count	*c = &im->count;
	json_t				*done;

	done = json_pack("{s:s,s:s,s:s,s:b,s:b,s:s,s:s,s:I,s:I,s:I,s:I,s:I,"
	    "s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:s,s:O,s:O}",
	    "source", im->source, "index", im->at.index, "conf", im->conf,
	    "dry", im->dry, "adopted", im->init.dirs.dir != NULL,
	    "ca", text_of(im, "ca"), "profile", text_of(im, "profile"),
	    "lines", (json_int_t)c->lines, "valid", (json_int_t)c->valid,
	    "expired", (json_int_t)c->expired,
	    "revoked", (json_int_t)c->revoked,
	    "new", (json_int_t)c->n[SCEP_IMPORT_NEW],
	    "there", (json_int_t)c->n[SCEP_IMPORT_THERE],
	    "completed", (json_int_t)c->n[SCEP_IMPORT_COMPLETED],
	    "newly_revoked", (json_int_t)c->n[SCEP_IMPORT_REVOKED],
	    "own", (json_int_t)c->n[SCEP_IMPORT_OWN],
	    "refused", (json_int_t)c->told[ADM_IMPORT_REFUSED],
	    "missing", (json_int_t)c->told[ADM_IMPORT_MISSING],
	    "crl_number", (json_int_t)crl_of(im),
	    "no_crl", text_of(im, "no_crl"),
	    "told", im->told, "warnings", im->init.adopt.warnings);
	adm_print_json(done);
	json_decref(done);
}

static void
print_counts(const struct adm_import *im)
{
	static const struct {
		enum scep_import_fate	 fate;
		const char		*text;
	}				 rows[] = {
		{ SCEP_IMPORT_NEW, "new" },
		{ SCEP_IMPORT_THERE, "here already" },
		{ SCEP_IMPORT_COMPLETED, "here already, but for the "
		    "certificate itself" },
		{ SCEP_IMPORT_REVOKED, "here already, and revoked now" },
		{ SCEP_IMPORT_OWN, "the CA's own, left out" },
	};
	const struct adm_import_count	*c = &im->count;
	size_t				 i;

	(void)printf("%s: %ld lines: %ld valid, %ld expired, %ld revoked\n",
	    im->at.index, c->lines, c->valid, c->expired, c->revoked);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (c->n[rows[i].fate] > 0)
			(void)printf("  %8ld  %s\n", c->n[rows[i].fate],
			    rows[i].text);
	if (c->told[ADM_IMPORT_REFUSED] > 0)
		(void)printf("  %8ld  refused\n",
		    c->told[ADM_IMPORT_REFUSED]);
	if (c->told[ADM_IMPORT_MISSING] > 0)
		(void)printf("  %8ld  of them without the certificate "
		    "itself\n", c->told[ADM_IMPORT_MISSING]);
}

void
adm_import_print(const struct adm_import *im)
{
	const char	*why = text_of(im, "no_crl");
	json_t		*one;
	size_t		 i;

	if (im->adm->json) {
		print_json(im);
		return;
	}
	json_array_foreach(im->init.adopt.warnings, i, one)
		(void)printf("warning: %s\n", json_string_value(one));
	print_counts(im);
	if (*why != '\0' && im->count.revoked > 0)
		(void)printf("warning: no CRL has what is revoked: %s\n", why);
	if (im->dry) {
		(void)printf("nothing was written (--dry-run)%s%s\n",
		    im->fresh ? "; the CA would be adopted in " : "",
		    im->fresh ? im->conf : "");
		return;
	}
	if (crl_of(im) > 0)
		(void)printf("CRL %ld is made\n", crl_of(im));
	if (im->init.dirs.dir != NULL)
		(void)printf("adopted the CA: its key, in %s, is NOT "
		    "ENCRYPTED\n"
		    "next: make the profile in %s allow what devices are\n"
		    "      called and can do; scepadm -c %s check\n"
		    "      stop the other server: one of both may make the "
		    "CRL\n", im->init.dirs.state, im->conf, im->conf);
}
