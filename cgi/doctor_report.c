/*
 * doctor_report.c - findings: one line each, or JSON at the end.
 */
#include <stdarg.h>
#include <string.h>

#include "cgi/doctor.h"

/* What a server sent may be in it, and the terminal obeys none of that. */
static void
clean(char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
}

static json_t *
text_json(const char *text)
{
	json_t	*s = json_string(text);

	return s != NULL ? s : json_string("(no UTF-8)");
}

static void
found(struct doctor *d, const char *check, const char *result, char *text,
    const char *fix)
{
	clean(text);
	(void)json_array_append_new(d->findings, json_pack("{s:s,s:s,s:o,s:s}",
	    "check", check, "result", result, "text", text_json(text), "fix",
	    fix));
	if (d->adm->json)
		return;
	(void)printf("%-4s %s%s%s\n", result, text, fix[0] != '\0' ? "; " :
	    "", fix);
	(void)fflush(stdout);
}

void
doctor_ok(struct doctor *d, const char *check, const char *fmt, ...)
{
	char	 text[DOCTOR_TEXT];
	va_list	 ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	d->n_ok++;
	found(d, check, "ok", text, "");
}

void
doctor_info(struct doctor *d, const char *check, const char *fmt, ...)
{
	char	 text[DOCTOR_TEXT];
	va_list	 ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	d->n_info++;
	found(d, check, "info", text, "");
}

void
doctor_fail(struct doctor *d, const char *check, enum doctor_fix fix,
    const char *fmt, ...)
{
	char	 text[DOCTOR_TEXT], change[1500];
	va_list	 ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	d->n_failed++;
	doctor_fix_text(fix, d->kind, change, sizeof(change));
	found(d, check, "FAIL", text, change);
}

void
doctor_conclude(const struct doctor *d)
{
	if (d->adm->json) {
		adm_print_json(d->findings);
		return;
	}
	(void)printf("%s: %d ok, %d failed, %d to know; %d certificate%s "
	    "issued\n", d->url, d->n_ok, d->n_failed, d->n_info, d->n_issued,
	    d->n_issued == 1 ? "" : "s");
}
