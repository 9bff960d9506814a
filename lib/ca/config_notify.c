/*
 * config_notify.c - whom a profile tells what has become of its requests and
 * certificates, and of what.
 */
#include <string.h>

#include "base/error.h"
#include "ca/config_local.h"
#include "store/record_notice.h"

const struct scep_word	scep_notify_words[] = {
	{ "issued", SCEP_BIT(SCEP_NOTICE_ISSUED), NULL },
	{ "queued", SCEP_BIT(SCEP_NOTICE_QUEUED), NULL },
	{ "refused", SCEP_BIT(SCEP_NOTICE_REFUSED), NULL },
	{ "expired", SCEP_BIT(SCEP_NOTICE_EXPIRED), NULL },
	{ "revoked", SCEP_BIT(SCEP_NOTICE_REVOKED), NULL },
	{ NULL, 0, NULL }
};

enum scep_err
scep_read_notify(struct scep_reading *r, const struct scep_setting *s,
    void *to)
{
	struct scep_hook	*hook = to;
	const char		*why;

	(void)s;
	hook->is_told = 1;
	if (scep_hook_parse(r->entry->value, hook, &why))
		return SCEP_OK;
	return scep_config_fault(r, "\"%.200s\"%s%s; write exec:/path of a "
	    "program, or https://host/path", r->entry->value, why != NULL ?
	    ": " : " is neither a program nor a URL", why != NULL ? why : "");
}

enum scep_err
scep_read_notify_timeout(struct scep_reading *r, const struct scep_setting *s,
    void *to)
{
	long		*ms = to;
	enum scep_err	 rc;

	if ((rc = scep_read_duration(r, s, ms)) == SCEP_OK)
		*ms *= 1000;
	return rc;
}

enum scep_err
scep_config_check_notify(struct scep_reading *r, const struct scep_profile *p)
{
	static const char *const	 details[] = { "notify_on",
	    "notify_timeout", "notify_key", "notify_ca" };
	const enum scep_hook_kind	 kind = p->notify.hook.kind;
	size_t				 i;

	for (i = 0; i < sizeof(details) / sizeof(details[0]); i++) {
		r->entry = scep_conf_get(r->section, details[i]);
		if (r->entry == NULL)
			continue;
		if (kind == SCEP_HOOK_NONE)
			return scep_config_fault(r, "of no use without "
			    "notify = exec:/path or notify = https://host");
		if (kind == SCEP_HOOK_EXEC && i >= 2)
			return scep_config_fault(r, "is for a URL alone, and "
			    "notify names a program; take it out");
	}
	r->entry = scep_conf_get(r->section, "notify_ca");
	if (r->entry != NULL && strncmp(p->notify.hook.target, "https:", 6) !=
	    0)
		return scep_config_fault(r, "of no use without https");
	return SCEP_OK;
}

enum scep_err
scep_config_load_notify(struct scep_profile *p, struct scep_error *err)
{
	return scep_config_load_hook_key(p, "notify_key", p->notify.key_path,
	    &p->notify.hook.key, err);
}
