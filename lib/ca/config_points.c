/*
 * config_points.c - addresses in certificates that have to lead to what the
 * CA that issued them made: its CRL, and its own certificate.
 *
 * A section of extensions is written once, and several generations of a CA
 * issue by it: %GENERATION% in a value stands for the number of the one that
 * does.  No address can have that by chance: a % is followed there by two
 * hexadecimal digits (RFC 3986 section 2.1), and neither the reader of
 * scep.conf nor libcrypto sees anything in it.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "ca/config_local.h"

#define WORD		"GENERATION"

/* The letters behind a %, in capitals; how many there are. */
static size_t
letters(const char *p, char out[2 * sizeof(WORD)])
{
	size_t	 n = 0, len = 0;

	for (; isalpha((unsigned char)p[n]); n++)
		if (len < 2 * sizeof(WORD) - 1)
			out[len++] = (char)toupper((unsigned char)p[n]);
	out[len] = '\0';
	return n;
}

int
scep_config_point(const char *value, unsigned int generation, char *out)
{
	static const char *const	 word = WORD;
	char				 text[2 * sizeof(WORD)];
	const char			*p = value;
	size_t				 n;

	while (*p != '\0') {
		if (*p != '%') {
			*out++ = *p++;
			continue;
		}
		n = letters(p + 1, text);
		if (strncmp(p + 1, WORD "%", strlen(WORD) + 1) == 0) {
			/* Never longer than what it stands for. */
			out += snprintf(out, sizeof(WORD) + 2, "%u",
			    generation);
			p += n + 2;
		} else if (scep_config_near(text, &word, 1, 0) != NULL)
			return 0;
		else
			*out++ = *p++;
	}
	*out = '\0';
	return 1;
}

/* What is served of each CA, and of each of its generations. */
static const struct {
	const char	*front, *back;
} files[] = {
	{ "crl/", ".crl" },
	{ "ca/", ".crt" },
};
#define FILES	(sizeof(files) / sizeof(files[0]))

/* Does the value end an address with this file of the CA?  *number is the
 * generation's, 0 if none is named. */
static int
names(const char *value, size_t kind, const char *ca, unsigned long *number)
{
	const size_t	 back = strlen(files[kind].back), len = strlen(ca);
	const char	*p = value;
	char		*end;

	for (; (p = strstr(p, files[kind].front)) != NULL; p++) {
		if (p == value || p[-1] != '/')
			continue;
		p += strlen(files[kind].front);
		if (strncmp(p, ca, len) != 0)
			continue;
		p += len;
		*number = 0;
		if (p[0] == '.' && isdigit((unsigned char)p[1])) {
			*number = strtoul(p + 1, &end, 10);
			p = end;
		}
		if (strncmp(p, files[kind].back, back) == 0 &&
		    !isalnum((unsigned char)p[back]))
			return 1;
	}
	return 0;
}

/* The address is right for one generation, or for none. */
static void
tell(const struct scep_conf_entry *e, size_t kind, const char *ca,
    unsigned long number, scep_fault_fn fn, void *arg)
{
	const char	*front = files[kind].front, *back = files[kind].back;
	char		 whose[64] = "the current generation";
	char		 text[SCEP_ERROR_MAX], dot[32] = "";

	if (number != 0) {
		(void)snprintf(whose, sizeof(whose), "generation %lu",
		    number);
		(void)snprintf(dot, sizeof(dot), ".%lu", number);
	}
	(void)snprintf(text, sizeof(text), "%s:%d: %s: %s%s%s%s is that of "
	    "%s of CA %s, and certificates of other generations name it, "
	    "too: who checks those finds what another CA made; write "
	    "%s%s.%%" WORD "%%%s", e->file, e->line, e->key, front, ca, dot,
	    back, whose, ca, front, ca, back);
	fn(arg, 0, text);
}

static void
check_entry(const struct scep_conf_entry *e, const struct scep_ca_conf *ca,
    int several, scep_fault_fn fn, void *arg)
{
	unsigned long	 number;
	size_t		 i;

	for (i = 0; i < FILES; i++)
		if (names(e->value, i, ca->name, &number) && (several ||
		    (number != 0 && number != ca->generation)))
			tell(e, i, ca->name, number, fn, arg);
}

/* Has a profile of the same CA, above this one, the same section? */
static int
is_seen(const struct scep_config *cfg, const struct scep_profile *p,
    const struct scep_conf_section *exts)
{
	const struct scep_profile	*above;

	for (above = cfg->profile; above < p; above++)
		if (above->ca == p->ca &&
		    scep_config_exts_of(cfg, above) == exts)
			return 1;
	return 0;
}

void
scep_config_check_points(const struct scep_config *cfg,
    const struct scep_ca_conf *ca, int several, scep_fault_fn fn, void *arg)
{
	const struct scep_conf_section	*exts;
	const struct scep_profile	*p;
	size_t				 i;

	for (p = cfg->profile; p < cfg->profile + cfg->n_profiles; p++) {
		exts = scep_config_exts_of(cfg, p);
		if (&cfg->ca[p->ca] != ca || exts == NULL ||
		    is_seen(cfg, p, exts))
			continue;
		for (i = 0; i < exts->n; i++)
			check_entry(&exts->entries[i], ca, several, fn, arg);
	}
}

const struct scep_conf_section *
scep_config_exts_of(const struct scep_config *cfg,
    const struct scep_profile *profile)
{
	const struct scep_conf_entry	*e;

	e = scep_conf_get(scep_conf_find(cfg->conf, "profile",
	    profile->name), "extensions");
	return e == NULL ? NULL :
	    scep_conf_find(cfg->conf, "extensions", e->value);
}
