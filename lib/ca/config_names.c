/*
 * config_names.c - which names a profile's devices may ask for: attribute
 * types, patterns of subjects and alternative names.
 */
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/objects.h>

#include "base/error.h"
#include "ca/config_local.h"
#include "wire/name.h"

/* The spelling that names have when they are parsed, or NULL. */
static const char *
rdn_type(const char *word)
{
	const char	*type = scep_name_type(word), *known;
	int		 nid;

	if (type == NULL || *type < '0' || *type > '9' ||
	    (nid = OBJ_txt2nid(type)) == NID_undef)
		return type;
	known = scep_name_type(OBJ_nid2sn(nid));
	return known != NULL ? known : type;
}

static struct scep_rdn_rule *
rdn_find(struct scep_profile *p, const char *type)
{
	size_t	 i;

	for (i = 0; i < p->n_rdn; i++)
		if (strcmp(p->rdn[i].type, type) == 0)
			return &p->rdn[i];
	return NULL;
}

static enum scep_err
not_a_type(const struct scep_reading *r, const char *word)
{
	return scep_config_fault(r, "\"%.64s\" is no attribute type such as "
	    "CN, O, OU, C, serialNumber or a dotted OID", word);
}

static enum scep_err
allow_rdn(struct scep_reading *r, const char *word, struct scep_profile *p)
{
	const char	*type;

	if ((type = rdn_type(word)) == NULL)
		return not_a_type(r, word);
	if (rdn_find(p, type) != NULL)
		return scep_config_fault(r, "%s stands here twice", type);
	if (p->n_rdn == SCEP_RDN_RULES_MAX)
		return scep_config_fault(r, "more than %d types",
		    SCEP_RDN_RULES_MAX);
	OPENSSL_strlcpy(p->rdn[p->n_rdn++].type, type,
	    sizeof(p->rdn[0].type));
	return SCEP_OK;
}

static enum scep_err
require_rdn(struct scep_reading *r, const char *word, struct scep_profile *p)
{
	struct scep_rdn_rule	*rule;
	const char		*type;

	if ((type = rdn_type(word)) == NULL)
		return not_a_type(r, word);
	if ((rule = rdn_find(p, type)) == NULL)
		return scep_config_fault(r, "%s is required, and "
		    "subject_allow does not list it (the default of "
		    "subject_require is CN)", type);
	rule->required = 1;
	return SCEP_OK;
}

static enum scep_err
each_rdn(struct scep_reading *r, struct scep_profile *p,
    enum scep_err (*take)(struct scep_reading *, const char *,
    struct scep_profile *))
{
	const char	*rest = r->entry->value;
	char		 word[SCEP_CONF_WORD_MAX];
	enum scep_err	 rc;

	if (strcmp(rest, "none") == 0)
		return SCEP_OK;
	while (scep_config_word(&rest, word))
		if ((rc = take(r, word, p)) != SCEP_OK)
			return rc;
	return SCEP_OK;
}

enum scep_err
scep_read_subject_allow(struct scep_reading *r,
    const struct scep_setting *s, void *to)
{
	(void)s;
	return each_rdn(r, to, allow_rdn);
}

enum scep_err
scep_read_subject_require(struct scep_reading *r,
    const struct scep_setting *s, void *to)
{
	(void)s;
	return each_rdn(r, to, require_rdn);
}

/* Copies of a key's globs behind the n that there are. */
static enum scep_err
add_globs(struct scep_reading *r, const char **globs, size_t *n)
{
	const char	*rest = r->entry->value;
	char		 word[SCEP_CONF_WORD_MAX];

	while (scep_config_word(&rest, word)) {
		if (*n == SCEP_PATTERNS_MAX)
			return scep_config_fault(r, "more than %d patterns",
			    SCEP_PATTERNS_MAX);
		if (strlen(word) == SCEP_CONF_WORD_MAX - 1)
			return scep_config_fault(r,
			    "a pattern of %d octets or more",
			    SCEP_CONF_WORD_MAX - 1);
		if ((globs[*n] = OPENSSL_strdup(word)) == NULL)
			return scep_fail(r->err, SCEP_E_NOMEM, "pattern");
		(*n)++;
	}
	return *n > 0 ? SCEP_OK : scep_config_fault(r, "no pattern");
}

static enum scep_err
read_subject_pattern(struct scep_reading *r, struct scep_profile *p)
{
	const char		*word = r->entry->key +
				    strlen(SCEP_SUBJECT_PATTERN);
	const char		*type = rdn_type(word);
	struct scep_rdn_rule	*rule;

	if (type == NULL)
		return not_a_type(r, word);
	if ((rule = rdn_find(p, type)) == NULL)
		return scep_config_fault(r, "a pattern for %s, and "
		    "subject_allow does not list it", type);
	if (rule->n_patterns > 0)
		return scep_config_fault(r, "%s has its patterns already; "
		    "write them in one line", type);
	return add_globs(r, rule->pattern, &rule->n_patterns);
}

static enum scep_err
read_san_pattern(struct scep_reading *r, struct scep_profile *p)
{
	const char	*word = r->entry->key + strlen(SCEP_SAN_PATTERN);
	unsigned int	 type;

	for (type = 0; type < SCEP_SAN_OTHER; type++)
		if (strcmp(word, scep_san_type_name(type)) == 0)
			break;
	if (type == SCEP_SAN_OTHER)
		return scep_config_fault(r, "\"%.64s\" is not one of: DNS, "
		    "email, URI, IP, UPN", word);
	if ((p->san_types & SCEP_BIT(type)) == 0)
		return scep_config_fault(r, "a pattern for %s, and san_allow "
		    "does not list it", word);
	return add_globs(r, p->san_pattern[type], &p->n_san_pattern[type]);
}

enum scep_err
scep_config_read_patterns(struct scep_reading *r, struct scep_profile *p)
{
	enum scep_err	 rc = SCEP_OK;
	size_t		 i;

	for (i = 0; i < r->section->n && rc == SCEP_OK; i++) {
		r->entry = &r->section->entries[i];
		if (strncmp(r->entry->key, SCEP_SUBJECT_PATTERN,
		    strlen(SCEP_SUBJECT_PATTERN)) == 0)
			rc = read_subject_pattern(r, p);
		else if (strncmp(r->entry->key, SCEP_SAN_PATTERN,
		    strlen(SCEP_SAN_PATTERN)) == 0)
			rc = read_san_pattern(r, p);
	}
	r->entry = NULL;
	return rc;
}

