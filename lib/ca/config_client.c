/*
 * config_client.c - presets: what a family of devices needs, as defaults of
 * the other keys of a profile.
 *
 * Knows words, not what they mean: each is read as if it stood in the
 * section, and gives way to what does.  scep.conf(5), CLIENTS, says why each
 * is there.
 */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "ca/config_local.h"

#define PRESET_KEYS	6

struct scep_preset {
	const char	*client;
	int		 cannot_wait;	/* PENDING is the end for it */
	struct {
		const char	*key, *value;
	} set[PRESET_KEYS];		/* up to a NULL */
};

/* Names that a router puts into its subject by itself. */
#define CISCO_SUBJECT	"CN O OU C ST L serialNumber unstructuredName " \
			"unstructuredAddress"
#define JUNIPER_SUBJECT	"CN O OU C ST L DC serialNumber"

static const struct scep_preset	presets[] = {
	{ "apple", 0, { { "getcacert", "chain+root" }, { "certrep", "leaf" },
	    { "legacy", "none" }, { "caps_hide", "none" } } },
	{ "windows", 0, { { "getcacert", "leaf" }, { "certrep", "leaf" },
	    { "legacy", "none" }, { "backdate", "1h" } } },
	{ "intune", 1, { { "getcacert", "leaf" }, { "certrep", "leaf" },
	    { "legacy", "none" }, { "backdate", "1h" } } },
	{ "cisco-ios", 0, { { "getcacert", "chain+root" },
	    { "certrep", "ca" }, { "legacy", "sha1 3des" },
	    { "subject_allow", CISCO_SUBJECT } } },
	{ "cisco-asa", 0, { { "getcacert", "chain+root" },
	    { "certrep", "ca" }, { "legacy", "sha1 3des" },
	    { "subject_allow", CISCO_SUBJECT } } },
	{ "juniper", 0, { { "getcacert", "chain+root" },
	    { "certrep", "leaf" }, { "legacy", "sha1 3des" },
	    { "subject_allow", JUNIPER_SUBJECT } } },
	{ "mikrotik", 0, { { "getcacert", "chain+root" },
	    { "certrep", "leaf" }, { "legacy", "none" } } },
	{ "certmonger", 0, { { "getcacert", "chain+root" },
	    { "certrep", "leaf" }, { "legacy", "none" },
	    { "empty_content", "yes" } } },
	{ "strongswan", 0, { { "getcacert", "chain+root" },
	    { "certrep", "leaf" }, { "legacy", "none" },
	    { "digests", "sha256 sha384 sha512" },
	    { "caps_hide", "none" } } },
	{ "sscep", 0, { { "getcacert", "chain+root" }, { "certrep", "leaf" },
	    { "legacy", "none" }, { "empty_content", "yes" } } },
	{ "jscep", 0, { { "getcacert", "chain+root" }, { "certrep", "leaf" },
	    { "legacy", "none" } } },
	{ "micromdm", 0, { { "getcacert", "leaf" }, { "certrep", "leaf" },
	    { "legacy", "sha1 des" } } },
};
#define PRESETS	(sizeof(presets) / sizeof(presets[0]))

static const struct scep_preset *
find(const char *client)
{
	size_t	 i;

	for (i = 0; i < PRESETS; i++)
		if (strcmp(presets[i].client, client) == 0)
			return &presets[i];
	return NULL;
}

static enum scep_err
unknown(const struct scep_reading *r)
{
	const char	*near = scep_config_near(r->entry->value, presets,
			    PRESETS, sizeof(presets[0]));
	char		 list[256];
	size_t		 i, len = 0;

	for (i = 0; i < PRESETS && len < sizeof(list); i++)
		len += (size_t)snprintf(list + len, sizeof(list) - len,
		    "%s%s", i == 0 ? "" : ", ", presets[i].client);
	return scep_config_fault(r, "\"%.64s\" is not one of: %s%s%s%s",
	    r->entry->value, list, near != NULL ? "; did you mean " : "",
	    near != NULL ? near : "", near != NULL ? "?" : "");
}

enum scep_err
scep_config_choose_client(struct scep_reading *r)
{
	enum scep_err	 rc = SCEP_OK;

	r->preset = NULL;		/* not the one of the last section */
	r->entry = scep_conf_get(r->section, "client");
	if (r->entry == NULL)
		return SCEP_OK;
	if ((r->preset = find(r->entry->value)) == NULL)
		rc = unknown(r);
	r->entry = NULL;
	return rc;
}

/* scep_config_choose_client() has found it. */
enum scep_err
scep_read_client(struct scep_reading *r, const struct scep_setting *s,
    void *to)
{
	(void)s;
	*(const char **)to = r->preset->client;
	return SCEP_OK;
}

const char *
scep_config_preset_value(const struct scep_preset *preset, const char *key)
{
	size_t	 i;

	for (i = 0; preset != NULL && i < PRESET_KEYS &&
	    preset->set[i].key != NULL; i++)
		if (strcmp(preset->set[i].key, key) == 0)
			return preset->set[i].value;
	return NULL;
}

int
scep_config_cannot_wait(const struct scep_profile *p)
{
	const struct scep_preset	*preset;

	return p->client != NULL && (preset = find(p->client)) != NULL &&
	    preset->cannot_wait;
}

const char *
scep_config_client(size_t i)
{
	return i < PRESETS ? presets[i].client : NULL;
}
