/*
 * rules.c - names against what the profile allows; by list, never by guess.
 */
#include <fnmatch.h>
#include <string.h>

#include "base/error.h"
#include "ca/rules.h"

static int
matches(const char *const *patterns, size_t n, int flags,
    const struct scep_buf *value)
{
	size_t	 i;

	/* The value has no NUL inside: the parsers saw to it. */
	for (i = 0; i < n; i++)
		if (fnmatch(patterns[i], (const char *)value->data, flags) ==
		    0)
			return 1;
	return n == 0;
}

/* any: whatever its value. */
static enum scep_err
check_ava(const struct scep_profile *profile, const struct scep_ava *ava,
    int any, struct scep_error *err)
{
	const struct scep_rdn_rule	*rule;
	size_t				 i;

	for (i = 0; i < profile->n_rdn; i++) {
		rule = &profile->rdn[i];
		if (strcmp(rule->type, ava->type) != 0)
			continue;
		if (any || matches(rule->pattern, rule->n_patterns, 0,
		    &ava->value))
			return SCEP_OK;
		return scep_fail(err, SCEP_E_REFUSED,
		    "subject: %s matches no pattern of profile %s",
		    ava->type, profile->name);
	}
	return scep_fail(err, SCEP_E_REFUSED,
	    "subject: profile %s allows no %s", profile->name, ava->type);
}

static size_t
count(const struct scep_name *name, const char *type)
{
	size_t	 i, n = 0;

	for (i = 0; i < name->n; i++)
		n += strcmp(name->ava[i].type, type) == 0;
	return n;
}

/* star: of the attribute that may be anything, or n. */
static enum scep_err
check_subject(const struct scep_profile *profile,
    const struct scep_name *name, size_t star, struct scep_error *err)
{
	enum scep_err	 rc;
	size_t		 i;

	for (i = 0; i < name->n; i++)
		if ((rc = check_ava(profile, &name->ava[i], i == star,
		    err)) != SCEP_OK)
			return rc;
	for (i = 0; i < profile->n_rdn; i++)
		if (profile->rdn[i].required &&
		    count(name, profile->rdn[i].type) == 0)
			return scep_fail(err, SCEP_E_REFUSED,
			    "subject: profile %s requires a %s",
			    profile->name, profile->rdn[i].type);
	/* Who reads the first of two is told another name than who reads the
	 * last. */
	if (count(name, "CN") > 1)
		return scep_fail(err, SCEP_E_REFUSED,
		    "subject: more than one CN");
	return SCEP_OK;
}

enum scep_err
scep_rules_subject(const struct scep_profile *profile,
    const struct scep_name *name, struct scep_error *err)
{
	return check_subject(profile, name, name->n, err);
}

enum scep_err
scep_rules_template(const struct scep_profile *profile,
    const struct scep_name *name, struct scep_error *err)
{
	return check_subject(profile, name, scep_name_star(name), err);
}

enum scep_err
scep_rules_san(const struct scep_profile *profile,
    const struct scep_san_list *san, struct scep_error *err)
{
	const struct scep_san	*one;
	size_t			 i;

	for (i = 0; i < san->n; i++) {
		one = &san->san[i];
		if (one->type >= SCEP_SAN_OTHER ||
		    (profile->san_types & SCEP_BIT(one->type)) == 0)
			return scep_fail(err, SCEP_E_REFUSED,
			    "profile %s allows no alternative name of type "
			    "%s", profile->name,
			    scep_san_type_name(one->type));
		if (one->type == SCEP_SAN_DNS && one->value.data[0] == '*' &&
		    !profile->san_wildcard)
			return scep_fail(err, SCEP_E_REFUSED,
			    "profile %s allows no wildcard", profile->name);
		/* DNS names come in lower case; patterns as typed. */
		if (!matches(profile->san_pattern[one->type],
		    profile->n_san_pattern[one->type],
		    one->type == SCEP_SAN_DNS ? FNM_CASEFOLD : 0,
		    &one->value))
			return scep_fail(err, SCEP_E_REFUSED, "alternative "
			    "name of type %s matches no pattern of profile "
			    "%s", scep_san_type_name(one->type),
			    profile->name);
	}
	return SCEP_OK;
}

enum scep_err
scep_rules_named(const struct scep_name *name, const struct scep_san_list *san,
    struct scep_error *err)
{
	/* RFC 5280 section 4.1.2.6. */
	return name->n > 0 || san->n > 0 ? SCEP_OK :
	    scep_fail(err, SCEP_E_REFUSED,
	    "subject: empty, and no alternative name either");
}
