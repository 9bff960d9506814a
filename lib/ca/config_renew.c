/*
 * config_renew.c - the keys of a profile that are about renewals, and the
 * moment from which a certificate may be renewed.
 *
 * Does not know who may renew: that is renew.c's and decide.c's business.
 */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/config_local.h"

#define PARTS_MAX	100

_Static_assert(SCEP_PROFILES_MAX <= 64, "a bit for each profile");

/* "1/2": behind this part of the life. */
static enum scep_err
read_part(struct scep_reading *r, const char *slash,
    struct scep_renew_conf *to)
{
	char	 part[8];

	if (slash - r->entry->value < (int)sizeof(part)) {
		(void)snprintf(part, sizeof(part), "%.*s",
		    (int)(slash - r->entry->value), r->entry->value);
		if (scep_number_read(slash + 1, 2, PARTS_MAX, &to->parts,
		    r->err) == SCEP_OK && scep_number_read(part, 1,
		    to->parts - 1, &to->part, r->err) == SCEP_OK)
			return SCEP_OK;
	}
	return scep_config_fault(r, "a part of the certificate's life such "
	    "as 1/2 or 2/3, got \"%.64s\"", r->entry->value);
}

enum scep_err
scep_read_renew_from(struct scep_reading *r, const struct scep_setting *s,
    void *to)
{
	const char		*slash = strchr(r->entry->value, '/');
	struct scep_renew_conf	*renew = to;

	renew->from_s = -1;
	renew->part = 0;
	renew->parts = 1;
	if (strcmp(r->entry->value, "always") == 0)
		return SCEP_OK;
	return slash != NULL ? read_part(r, slash, renew) :
	    scep_read_duration(r, s, &renew->from_s);
}

enum scep_err
scep_read_renew_grace(struct scep_reading *r, const struct scep_setting *s,
    void *to)
{
	*(long *)to = 0;
	return strcmp(r->entry->value, "off") == 0 ? SCEP_OK :
	    scep_read_duration(r, s, to);
}

/* Which they are can be told only when all have been read. */
enum scep_err
scep_read_renew_profiles(struct scep_reading *r, const struct scep_setting *s,
    void *to)
{
	(void)r;
	(void)s;
	(void)to;
	return SCEP_OK;
}

enum scep_err
scep_config_check_renew(struct scep_reading *r, const struct scep_profile *p)
{
	static const char *const	 idle[] = { "renew_key", "renew_names",
	    "renew_grace", "renew_from_profiles" };
	char				 text[SCEP_DURATION_TEXT];
	size_t				 i;

	r->entry = scep_conf_get(r->section, "renew_from");
	if (r->entry != NULL && p->renew.from_s >= p->validity_s) {
		scep_duration_text(p->validity_s, text);
		return scep_config_fault(r, "%.32s before the end, must be "
		    "less than the validity of %s; write renew_from = always",
		    r->entry->value, text);
	}
	for (i = 0; !p->renew.on && i < sizeof(idle) / sizeof(idle[0]); i++)
		if ((r->entry = scep_conf_get(r->section, idle[i])) != NULL)
			return scep_config_fault(r,
			    "of no use without renew = yes");
	r->entry = NULL;
	return SCEP_OK;
}

/* Another CA's certificates prove nothing here. */
static enum scep_err
take_profile(struct scep_reading *r, const char *name, struct scep_profile *p)
{
	const struct scep_config	*cfg = r->cfg;
	size_t				 i;

	for (i = 0; i < cfg->n_profiles; i++)
		if (strcmp(cfg->profile[i].name, name) == 0)
			break;
	if (i == cfg->n_profiles)
		return scep_config_fault(r, "there is no [profile %.64s]",
		    name);
	if (cfg->profile[i].ca != p->ca)
		return scep_config_fault(r, "the certificates of profile %s "
		    "are of CA %s, and CA %s renews its own alone", name,
		    cfg->ca[cfg->profile[i].ca].name, cfg->ca[p->ca].name);
	p->renew.profiles |= (uint64_t)1 << i;
	return SCEP_OK;
}

enum scep_err
scep_config_renew_profiles(struct scep_reading *r)
{
	struct scep_profile	*p;
	const char		*words;
	char			 name[SCEP_CONF_WORD_MAX];
	enum scep_err		 rc;
	size_t			 i;

	for (i = 0; i < r->cfg->n_profiles; i++) {
		p = &r->cfg->profile[i];
		p->renew.profiles = (uint64_t)1 << i;
		r->section = scep_conf_find(r->cfg->conf, "profile", p->name);
		r->entry = scep_conf_get(r->section, "renew_from_profiles");
		if (r->entry == NULL)
			continue;
		for (words = r->entry->value; scep_config_word(&words, name);)
			if ((rc = take_profile(r, name, p)) != SCEP_OK)
				return rc;
	}
	r->entry = NULL;
	return SCEP_OK;
}

int
scep_config_renews_profile(const struct scep_config *cfg,
    const struct scep_profile *p, const char *name)
{
	size_t	 i;

	for (i = 0; i < cfg->n_profiles; i++)
		if (strcmp(cfg->profile[i].name, name) == 0)
			return (p->renew.profiles >> i & 1) != 0;
	return 0;
}

time_t
scep_config_renew_opens(const struct scep_profile *p, time_t not_before,
    time_t not_after)
{
	if (p->renew.from_s >= 0)
		return not_after - p->renew.from_s;
	return not_before + (not_after - not_before) * p->renew.part /
	    p->renew.parts;
}
