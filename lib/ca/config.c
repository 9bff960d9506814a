/*
 * config.c - scep.conf's meaning: which sections there are, and how they
 * belong together.
 *
 * Touches no file; config_load.c does.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "ca/config_local.h"

#define LENGTH(a)	(sizeof(a) / sizeof((a)[0]))

static enum scep_err
read_extensions(struct scep_reading *r)
{
	struct scep_buf	 der = { NULL, 0 };
	enum scep_err	 rc;

	if (!scep_config_is_name(r->section->name))
		return scep_config_fault(r, "extensions have a name of 1 to "
		    "32 letters, digits, _ and -; write [extensions NAME]");
	rc = scep_config_exts(r->crypto, r->section, NULL, &der, r->err);
	scep_buf_clear(&der);
	return rc;
}

/* Keys above the first section are variables, or they are misplaced. */
static enum scep_err
read_top(struct scep_reading *r)
{
	size_t	 i;

	for (i = 0; i < r->section->n; i++) {
		r->entry = &r->section->entries[i];
		if (!r->entry->used)
			return scep_config_fault(r, "stands above the first "
			    "section, and nothing uses it as $%s; keys of "
			    "the server belong below [server]",
			    r->entry->key);
	}
	r->entry = NULL;
	return SCEP_OK;
}

enum scep_err
scep_config_absent(const struct scep_reading *r, const char *kind)
{
	const struct scep_conf_section	*s;
	char				 list[256] = "";
	size_t				 i, len = 0;

	for (i = 0; i < scep_conf_count(r->cfg->conf); i++) {
		s = scep_conf_section(r->cfg->conf, i);
		if (strcmp(s->kind, kind) == 0 && len < sizeof(list))
			len += (size_t)snprintf(list + len,
			    sizeof(list) - len, "%s[%s %s]", len == 0 ?
			    "" : ", ", kind, s->name);
	}
	return scep_config_fault(r, "there is no [%s %.64s]; %s%s", kind,
	    r->entry->value, *list != '\0' ? "name one of " :
	    "write that section", list);
}

/* In the order in which they are read: a profile names what is above. */
static const struct {
	const char	*kind;
	enum scep_err	(*read)(struct scep_reading *r);
} kinds[] = {
	{ "", read_top },
	{ "server", scep_config_read_server },
	{ "ca", scep_config_read_ca },
	{ "extensions", read_extensions },
	{ "profile", scep_config_read_profile },
};

static enum scep_err
check_kind(struct scep_reading *r)
{
	const char	*near;
	size_t		 i;

	for (i = 0; i < LENGTH(kinds); i++)
		if (strcmp(r->section->kind, kinds[i].kind) == 0)
			return SCEP_OK;
	near = scep_config_near(r->section->kind, &kinds[1],
	    LENGTH(kinds) - 1, sizeof(kinds[0]));
	return scep_config_fault(r, "no such kind of section%s%s%s; there "
	    "are [server], [ca NAME], [profile NAME] and [extensions NAME]",
	    near != NULL ? ", did you mean " : "", near != NULL ? near : "",
	    near != NULL ? "?" : "");
}

static enum scep_err
read_kind(struct scep_reading *r, size_t kind)
{
	const struct scep_conf	*conf = r->cfg->conf;
	enum scep_err		 rc;
	size_t			 i;

	for (i = 0; i < scep_conf_count(conf); i++) {
		r->section = scep_conf_section(conf, i);
		r->entry = NULL;
		if (strcmp(r->section->kind, kinds[kind].kind) == 0 &&
		    (rc = kinds[kind].read(r)) != SCEP_OK)
			return rc;
	}
	return SCEP_OK;
}

/* The defaults of [server], which may be left out. */
static enum scep_err
read_no_server(const struct scep_reading *r)
{
	const struct scep_conf_section	 none = { .kind = "server",
	    .name = "", .file = scep_conf_file(r->cfg->conf), .line = 1 };
	struct scep_reading		 here = *r;

	here.section = &none;
	here.entry = NULL;
	return scep_config_read_server(&here);
}

static enum scep_err
read_all(struct scep_reading *r)
{
	enum scep_err	 rc;
	size_t		 i;

	for (i = 0; i < scep_conf_count(r->cfg->conf); i++) {
		r->section = scep_conf_section(r->cfg->conf, i);
		if ((rc = check_kind(r)) != SCEP_OK)
			return rc;
	}
	if ((rc = read_no_server(r)) != SCEP_OK)
		return rc;
	for (i = 0; i < LENGTH(kinds); i++)
		if ((rc = read_kind(r, i)) != SCEP_OK)
			return rc;
	return SCEP_OK;
}

static enum scep_err
check_some(const struct scep_config *cfg, struct scep_error *err)
{
	if (cfg->n_cas == 0)
		return scep_fail(err, SCEP_E_CONFIG, "%s:1: no [ca NAME]; "
		    "scepadm init writes a whole configuration",
		    scep_conf_file(cfg->conf));
	if (cfg->n_profiles == 0)
		return scep_fail(err, SCEP_E_CONFIG, "%s:1: no [profile "
		    "NAME]: nobody could enrol; write [profile default] and "
		    "authorise = challenge below it",
		    scep_conf_file(cfg->conf));
	return SCEP_OK;
}

/* The profile of a URL that names none. */
static enum scep_err
choose_default(struct scep_reading *r)
{
	struct scep_config	*cfg = r->cfg;
	char			*name = cfg->server.default_profile;

	r->section = scep_conf_find(cfg->conf, "server", "");
	r->entry = r->section == NULL ? NULL :
	    scep_conf_get(r->section, "default_profile");
	if (*name != '\0')
		return scep_config_profile(cfg, name) != NULL ? SCEP_OK :
		    scep_config_absent(r, "profile");
	if (cfg->n_profiles == 1) {
		memcpy(name, cfg->profile[0].name, SCEP_NAME_LEN);
		return SCEP_OK;
	}
	memcpy(name, "default", sizeof("default"));
	if (scep_config_profile(cfg, name) != NULL)
		return SCEP_OK;
	return scep_fail(r->err, SCEP_E_CONFIG, "%s:%d: %zu profiles, and "
	    "none is called default; write default_profile = NAME below "
	    "[server]", r->section != NULL ? r->section->file :
	    scep_conf_file(cfg->conf), r->section != NULL ? r->section->line :
	    1, cfg->n_profiles);
}

static enum scep_err
set_challenge_key_path(struct scep_config *cfg, struct scep_error *err)
{
	char	*path;

	if (asprintf(&path, "%s/challenge.key", cfg->server.state) == -1)
		return scep_fail(err, SCEP_E_NOMEM, "challenge.key");
	cfg->challenge_key_path = OPENSSL_strdup(path);
	free(path);
	return cfg->challenge_key_path != NULL ? SCEP_OK :
	    scep_fail(err, SCEP_E_NOMEM, "challenge.key");
}

enum scep_err
scep_config_parse(const struct scep_crypto *crypto, struct scep_conf *conf,
    struct scep_config **out, struct scep_error *err)
{
	struct scep_reading	 r = { .crypto = crypto, .err = err };
	enum scep_err		 rc;

	*out = NULL;
	/* There is room in it for many CAs and profiles: calloc(3) has pages
	 * that are zero already, and costs nothing for those nobody uses. */
	if ((r.cfg = calloc(1, sizeof(*r.cfg))) == NULL) {
		scep_conf_free(conf);
		return scep_fail(err, SCEP_E_NOMEM, "configuration");
	}
	r.cfg->conf = conf;
	if ((rc = read_all(&r)) != SCEP_OK ||
	    (rc = check_some(r.cfg, err)) != SCEP_OK ||
	    (rc = choose_default(&r)) != SCEP_OK ||
	    (rc = scep_config_renew_profiles(&r)) != SCEP_OK ||
	    (rc = set_challenge_key_path(r.cfg, err)) != SCEP_OK) {
		scep_config_free(r.cfg);
		return rc;
	}
	*out = r.cfg;
	return SCEP_OK;
}

enum scep_err
scep_config_server(struct scep_conf *conf, struct scep_server_conf *out,
    struct scep_error *err)
{
	struct scep_reading	 r = { .err = err };
	enum scep_err		 rc;

	if ((r.cfg = calloc(1, sizeof(*r.cfg))) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "configuration");
	r.cfg->conf = conf;
	r.section = scep_conf_find(conf, "server", "");
	rc = r.section != NULL ? scep_config_read_server(&r) :
	    read_no_server(&r);
	*out = r.cfg->server;
	free(r.cfg);
	return rc;
}

/* What OPENSSL_strdup() gave and a const member kept. */
static void
text_free(const char *text)
{
	OPENSSL_free((void *)(uintptr_t)text);
}

static void
generation_clear(struct scep_ca_conf *ca)
{
	size_t	 i;

	scep_cert_clear(&ca->cert);
	scep_cert_clear(&ca->ra_cert);
	for (i = 0; i < ca->n_chain; i++)
		scep_cert_clear(&ca->chain[i]);
	for (i = 0; i < ca->n_old_ra; i++) {
		scep_cert_clear(&ca->old_ra[i].cert);
		EVP_PKEY_free(ca->old_ra[i].key);
	}
	OPENSSL_free(ca->old_ra);
	EVP_PKEY_CTX_free(ca->signing);
	EVP_PKEY_free(ca->key);
	EVP_PKEY_free(ca->ra_key);
	scep_buf_clear(&ca->next_answer);
}

void
scep_ca_conf_free(struct scep_ca_conf *ca)
{
	if (ca == NULL)
		return;
	generation_clear(ca);
	OPENSSL_free(ca);
}

static void
ca_clear(struct scep_ca_conf *ca)
{
	size_t	 i;

	for (i = 0; i < ca->n_kin; i++)
		generation_clear(&ca->kin[i]);
	OPENSSL_free(ca->kin);
	OPENSSL_free(ca->named);	/* paths alone */
	generation_clear(ca);
}

static void
profile_clear(struct scep_profile *p)
{
	size_t	 i, j;

	for (i = 0; i < p->n_rdn; i++)
		for (j = 0; j < p->rdn[i].n_patterns; j++)
			text_free(p->rdn[i].pattern[j]);
	for (i = 0; i < SCEP_SAN__MAX; i++)
		for (j = 0; j < p->n_san_pattern[i]; j++)
			text_free(p->san_pattern[i][j]);
	scep_hook_clear(&p->validator.hook);
	scep_buf_clear(&p->fixed_exts);
	scep_buf_clear(&p->signing_exts);
	scep_buf_clear(&p->next_exts);
	scep_buf_clear(&p->next_signing_exts);
	scep_hook_clear(&p->notify.hook);
	OPENSSL_cleanse(p, sizeof(*p));
}

void
scep_config_free(struct scep_config *cfg)
{
	size_t	 i;

	if (cfg == NULL)
		return;
	for (i = 0; i < cfg->n_cas; i++)
		ca_clear(&cfg->ca[i]);
	for (i = 0; i < cfg->n_profiles; i++)
		profile_clear(&cfg->profile[i]);
	scep_conf_free(cfg->conf);
	text_free(cfg->challenge_key_path);
	scep_buf_clear(&cfg->challenge_key);
	free(cfg);
}

int
scep_config_is_usable(struct scep_config *cfg)
{
	struct scep_profile	*p;
	size_t			 i;
	int			 usable = 0;

	for (i = 0; i < cfg->n_profiles; i++) {
		p = &cfg->profile[i];
		if (*p->fault == '\0')
			memcpy(p->fault, cfg->ca[p->ca].fault,
			    sizeof(p->fault));
		usable |= *p->fault == '\0';
	}
	return usable;
}

const struct scep_profile *
scep_config_profile(const struct scep_config *cfg, const char *name)
{
	size_t	 i;

	if (*name == '\0')
		name = cfg->server.default_profile;
	for (i = 0; i < cfg->n_profiles; i++)
		if (strcmp(cfg->profile[i].name, name) == 0)
			return &cfg->profile[i];
	return NULL;
}

const struct scep_ca_conf *
scep_config_ca(const struct scep_config *cfg, const char *name)
{
	size_t	 i;

	for (i = 0; i < cfg->n_cas; i++)
		if (strcmp(cfg->ca[i].name, name) == 0)
			return &cfg->ca[i];
	return NULL;
}
