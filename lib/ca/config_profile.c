/*
 * config_profile.c - the table of [profile NAME], and what its keys demand
 * of each other.
 *
 * scep.conf(5) says the same in words: a key that is here is there.
 */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/config_local.h"
#include "store/record.h"

#define LENGTH(a)	(sizeof(a) / sizeof((a)[0]))
#define P(member)	offsetof(struct scep_profile, member)

#define MINUTE	60L
#define HOUR	3600L
#define DAY	(24 * HOUR)
#define YEAR	(365 * DAY)

#define RSA_MIN		2048
#define RSA_MAX		8192

#define EC	(SCEP_BIT(SCEP_KEY_P256) | SCEP_BIT(SCEP_KEY_P384) | \
		SCEP_BIT(SCEP_KEY_P521))

/* One way to say it, and one place to look for it. */
#define MOVED(word)	"for devices that know no better, and so not here: " \
			"write legacy = " word " (scep.conf(5))"

static const struct scep_word	authorises[] = {
	{ "challenge", SCEP_BIT(SCEP_BY_CHALLENGE), NULL },
	{ "manual", SCEP_BIT(SCEP_BY_MANUAL), NULL },
	{ NULL, 0, NULL }
};

static const struct scep_word	key_types[] = {
	{ "rsa", SCEP_BIT(SCEP_KEY_RSA), NULL },
	{ "p256", SCEP_BIT(SCEP_KEY_P256), NULL },
	{ "p384", SCEP_BIT(SCEP_KEY_P384), NULL },
	{ "p521", SCEP_BIT(SCEP_KEY_P521), NULL },
	{ "ec", EC, NULL },
	{ "ed25519", SCEP_BIT(SCEP_KEY_ED25519), NULL },
	{ NULL, 0, NULL }
};

static const struct scep_word	digests[] = {
	{ "sha256", SCEP_BIT(SCEP_SHA256), NULL },
	{ "sha384", SCEP_BIT(SCEP_SHA384), NULL },
	{ "sha512", SCEP_BIT(SCEP_SHA512), NULL },
	{ "sha1", 0, MOVED("sha1") },
	{ "md5", 0, MOVED("md5") },
	{ NULL, 0, NULL }
};

static const struct scep_word	ciphers[] = {
	{ "aes128", SCEP_BIT(SCEP_AES128), NULL },
	{ "aes192", SCEP_BIT(SCEP_AES192), NULL },
	{ "aes256", SCEP_BIT(SCEP_AES256), NULL },
	{ "3des", 0, MOVED("3des") },
	{ "des", 0, MOVED("des") },
	{ NULL, 0, NULL }
};

static const struct scep_word	san_types[] = {
	{ "none", 0, NULL },
	{ "DNS", SCEP_BIT(SCEP_SAN_DNS), NULL },
	{ "email", SCEP_BIT(SCEP_SAN_EMAIL), NULL },
	{ "URI", SCEP_BIT(SCEP_SAN_URI), NULL },
	{ "IP", SCEP_BIT(SCEP_SAN_IP), NULL },
	{ "UPN", SCEP_BIT(SCEP_SAN_UPN), NULL },
	{ NULL, 0, NULL }
};

static const struct scep_word	getcacerts[] = {
	{ "leaf", SCEP_GETCACERT_LEAF, NULL },
	{ "chain", SCEP_GETCACERT_CHAIN, NULL },
	{ "chain+root", SCEP_GETCACERT_ROOT, NULL },
	{ NULL, 0, NULL }
};

static const struct scep_word	certreps[] = {
	{ "leaf", SCEP_CERTREP_LEAF, NULL },
	{ "ca", SCEP_CERTREP_CA, NULL },
	{ "chain", SCEP_CERTREP_CHAIN, NULL },
	{ NULL, 0, NULL }
};

static const struct scep_word	getcerts[] = {
	{ "own", SCEP_GETCERT_OWN, NULL },
	{ "any", SCEP_GETCERT_ANY, NULL },
	{ "no", SCEP_GETCERT_NO, NULL },
	{ NULL, 0, NULL }
};

static const struct scep_word	yes_no[] = {
	{ "yes", 1, NULL },
	{ "no", 0, NULL },
	{ NULL, 0, NULL }
};

static const struct scep_word	no_yes[] = {	/* of a key that omits */
	{ "yes", 0, NULL },
	{ "no", 1, NULL },
	{ NULL, 0, NULL }
};

static const struct scep_word	renew_keys[] = {
	{ "any", SCEP_RENEW_ANY_KEY, NULL },
	{ "new", SCEP_RENEW_NEW_KEY, NULL },
	{ "same", SCEP_RENEW_SAME_KEY, NULL },
	{ NULL, 0, NULL }
};

static const struct scep_word	renew_names[] = {
	{ "same", 0, NULL },
	{ "any", 1, NULL },
	{ NULL, 0, NULL }
};

static enum scep_err
read_ca(struct scep_reading *r, const struct scep_setting *s, void *to)
{
	const struct scep_ca_conf	*ca;

	(void)s;
	if ((ca = scep_config_ca(r->cfg, r->entry->value)) == NULL)
		return scep_config_absent(r, "ca");
	*(size_t *)to = (size_t)(ca - r->cfg->ca);
	return SCEP_OK;
}

static enum scep_err
read_hash(struct scep_reading *r, const struct scep_setting *s, void *to)
{
	struct scep_profile	*p = to;
	size_t			 len;

	(void)s;
	if (strlen(r->entry->value) != 2 * sizeof(p->static_hash) ||
	    scep_hex_read(r->entry->value, p->static_hash,
	    sizeof(p->static_hash), &len, r->err) != SCEP_OK ||
	    len != sizeof(p->static_hash))
		return scep_config_fault(r, "%zu hexadecimal digits, made by "
		    "scepadm challenge hash", 2 * sizeof(p->static_hash));
	p->has_static = 1;
	return SCEP_OK;
}

static enum scep_err
read_bits(struct scep_reading *r, const struct scep_setting *s, void *to)
{
	struct scep_key_rules	*keys = to;
	const char		*dash = strchr(r->entry->value, '-');
	char			 low[8];
	long			 min, max;

	(void)s;
	if (dash != NULL && dash - r->entry->value < (int)sizeof(low)) {
		(void)snprintf(low, sizeof(low), "%.*s",
		    (int)(dash - r->entry->value), r->entry->value);
		if (scep_number_read(low, RSA_MIN, RSA_MAX, &min, r->err) ==
		    SCEP_OK && scep_number_read(dash + 1, min, RSA_MAX, &max,
		    r->err) == SCEP_OK) {
			keys->min_rsa_bits = (int)min;
			keys->max_rsa_bits = (int)max;
			return SCEP_OK;
		}
	}
	return scep_config_fault(r, "LOW-HIGH within %d-%d such as "
	    "2048-4096, got \"%.64s\"", RSA_MIN, RSA_MAX, r->entry->value);
}

static enum scep_err
read_exts(struct scep_reading *r, const struct scep_setting *s, void *to)
{
	(void)s;
	(void)to;
	if (scep_conf_find(r->cfg->conf, "extensions", r->entry->value) ==
	    NULL)
		return scep_config_absent(r, "extensions");
	return SCEP_OK;
}

static enum scep_err
read_signing_time(struct scep_reading *r, const struct scep_setting *s,
    void *to)
{
	*(long *)to = 0;
	return strcmp(r->entry->value, "off") == 0 ? SCEP_OK :
	    scep_read_duration(r, s, to);
}

/* subject_require and the patterns lean on what stands before them here. */
static const struct scep_setting	table[] = {
	{ "client", scep_read_client, P(client), "", 0, 0, NULL },
	{ "ca", read_ca, P(ca), "", 0, 0, NULL },
	{ "authorise", scep_read_authorise, 0, NULL, 0, 0, authorises },
	{ "challenge_hash", read_hash, 0, "", 0, 0, NULL },
	{ "validity", scep_read_duration, P(validity_s), "365d", HOUR,
	    30 * YEAR, NULL },
	{ "backdate", scep_read_duration, P(backdate_s), "10m", 0, 7 * DAY,
	    NULL },
	{ "key_types", scep_read_words, P(keys.types), "rsa", 0, 0,
	    key_types },
	{ "rsa_bits", read_bits, P(keys), "2048-4096", 0, 0, NULL },
	{ "digests", scep_read_words, P(message.digests),
	    "sha256 sha384 sha512", 0, 0, digests },
	{ "ciphers", scep_read_words, P(message.ciphers),
	    "aes128 aes192 aes256", 0, 0, ciphers },
	{ "subject_allow", scep_read_subject_allow, 0,
	    "CN O OU C serialNumber", 0, 0, NULL },
	{ "subject_require", scep_read_subject_require, 0, "CN", 0, 0,
	    NULL },
	{ "san_allow", scep_read_words, P(san_types), "none", 0, 0,
	    san_types },
	{ "san_wildcard", scep_read_word, P(san_wildcard), "no", 0, 0,
	    yes_no },
	{ "extensions", read_exts, 0, "", 0, 0, NULL },
	{ "retry_window", scep_read_duration, P(retry_window_s), "24h", 0,
	    30 * DAY, NULL },
	{ "renew", scep_read_word, P(renew.on), "yes", 0, 0, yes_no },
	{ "renew_from", scep_read_renew_from, P(renew), "1/2", MINUTE,
	    30 * YEAR, NULL },
	{ "renew_key", scep_read_word, P(renew.key), "any", 0, 0,
	    renew_keys },
	{ "renew_names", scep_read_word, P(renew.any_names), "same", 0, 0,
	    renew_names },
	{ "renew_grace", scep_read_renew_grace, P(renew.grace_s), "off",
	    HOUR, YEAR, NULL },
	{ "renew_from_profiles", scep_read_renew_profiles, 0, "", 0, 0,
	    NULL },
	{ "validator_timeout", scep_read_duration, P(validator.timeout_s),
	    "10s", 1, 45, NULL },
	{ "validator_trouble", scep_read_word, P(validator.trouble),
	    "refuse", 0, 0, scep_validator_troubles },
	{ "validator_confirm", scep_read_word, P(validator.confirm), "no", 0,
	    0, yes_no },
	{ "validator_key", scep_read_path, P(validator.key_path), "", 0, 0,
	    NULL },
	{ "validator_ca", scep_read_path, P(validator.hook.ca_path), "", 0,
	    0, NULL },
	{ "max_waiting", scep_read_long, P(validator.max_waiting), "", 1, 512,
	    NULL },
	{ "pending_ttl", scep_read_duration, P(pending_ttl_s), "7d", HOUR,
	    YEAR, NULL },
	{ "max_pending", scep_read_long, P(max_pending), "1000", 1, 1000000,
	    NULL },
	{ "max_pending_per_peer", scep_read_long, P(max_pending_per_peer),
	    "100", 1, 1000000, NULL },
	{ "approvals", scep_read_long, P(approvals), "1", 1,
	    SCEP_APPROVALS_MAX, NULL },
	{ "profile_failures", scep_read_limit, P(limit[SCEP_LIMIT_FAILURES]),
	    "off", 0, 0, NULL },
	{ "profile_messages", scep_read_limit, P(limit[SCEP_LIMIT_MESSAGES]),
	    "off", 0, 0, NULL },
	{ "legacy", scep_read_words, P(legacy), "none", 0, 0,
	    scep_legacy_words },
	{ "caps_hide", scep_read_words, P(caps_hidden), "none", 0, 0,
	    scep_cap_words },
	{ "getcacert", scep_read_word, P(getcacert), "chain+root", 0, 0,
	    getcacerts },
	{ "certrep", scep_read_word, P(certrep), "leaf", 0, 0, certreps },
	{ "getcert", scep_read_word, P(getcert), "own", 0, 0, getcerts },
	{ "getcrl", scep_read_word, P(getcrl), "yes", 0, 0, yes_no },
	{ "empty_content", scep_read_word, P(omit_content), "yes", 0, 0,
	    no_yes },
	{ "fail_text", scep_read_word, P(fail_text), "yes", 0, 0, yes_no },
	{ "notify", scep_read_notify, P(notify.hook), "", 0, 0, NULL },
	{ "notify_on", scep_read_words, P(notify.on),
	    "issued queued expired revoked", 0, 0, scep_notify_words },
	{ "notify_timeout", scep_read_notify_timeout,
	    P(notify.hook.timeout_ms), "10s", 1, SCEP_NOTIFY_S_MAX, NULL },
	{ "notify_key", scep_read_path, P(notify.key_path), "", 0, 0, NULL },
	{ "notify_ca", scep_read_path, P(notify.hook.ca_path), "", 0, 0,
	    NULL },
	{ "signing_time", read_signing_time, P(message.signing_time_s),
	    "off", 60, YEAR, NULL },
};

static const char *
word_of(const struct scep_word *words, unsigned int value)
{
	while (words->word != NULL && words->value != value)
		words++;
	return words->word;
}

const char *
scep_config_getcacert_word(const struct scep_profile *p)
{
	return word_of(getcacerts, p->getcacert);
}

const char *
scep_config_certrep_word(const struct scep_profile *p)
{
	return word_of(certreps, p->certrep);
}

int
scep_config_profile_has(const char *key)
{
	return scep_config_has(key, table, LENGTH(table));
}

/* What one key means for another. */
static enum scep_err
check_profile(struct scep_reading *r, struct scep_profile *p)
{
	r->entry = scep_conf_get(r->section, "challenge_hash");
	if (p->has_static && (p->authorise & SCEP_BIT(SCEP_BY_CHALLENGE)) == 0)
		return scep_config_fault(r,
		    "of no use without authorise = challenge");
	r->entry = scep_conf_get(r->section, "approvals");
	if (p->approvals > 1 &&
	    (p->authorise & SCEP_BIT(SCEP_BY_MANUAL)) == 0)
		return scep_config_fault(r,
		    "of no use without authorise = manual");
	r->entry = scep_conf_get(r->section, "san_wildcard");
	if (p->san_wildcard && (p->san_types & SCEP_BIT(SCEP_SAN_DNS)) == 0)
		return scep_config_fault(r,
		    "of no use without san_allow = DNS");
	r->entry = scep_conf_get(r->section, "key_types");
	if ((p->keys.types & SCEP_BIT(SCEP_KEY_ED25519)) != 0 &&
	    (p->message.digests & SCEP_BIT(SCEP_SHA512)) == 0)
		return scep_config_fault(r, "ed25519 signs with SHA-512 (RFC "
		    "8419): add sha512 to digests, or leave ed25519 out");
	/* A UPN logs on to Active Directory as whom it names. */
	r->entry = scep_conf_get(r->section, "san_allow");
	if ((p->san_types & SCEP_BIT(SCEP_SAN_UPN)) != 0 &&
	    p->n_san_pattern[SCEP_SAN_UPN] == 0)
		return scep_config_fault(r, "a UPN is somebody's account: say "
		    "with " SCEP_SAN_PATTERN "UPN which may be asked for");
	if (scep_config_check_validator(r, p) != SCEP_OK ||
	    scep_config_check_notify(r, p) != SCEP_OK)
		return r->err->code;
	return scep_config_check_renew(r, p);
}

static enum scep_err
check_name(struct scep_reading *r)
{
	static const char *const	 taken[] = { "ca", "crl", "scep",
	    "health", "metrics", "pkiclient.exe" };
	size_t				 i;

	for (i = 0; i < LENGTH(taken); i++)
		if (strcmp(r->section->name, taken[i]) == 0)
			return scep_config_fault(r, "no profile can be "
			    "called %s: that is a path of the server's own",
			    taken[i]);
	if (!scep_config_is_name(r->section->name))
		return scep_config_fault(r, "a profile has a name of 1 to 32 "
		    "letters, digits, _ and -; write [profile NAME]");
	return SCEP_OK;
}

enum scep_err
scep_config_read_profile(struct scep_reading *r)
{
	static const char *const	 prefixes[] = { SCEP_SUBJECT_PATTERN,
	    SCEP_SAN_PATTERN };
	struct scep_config		*cfg = r->cfg;
	struct scep_profile		*p;
	enum scep_err			 rc;

	if ((rc = check_name(r)) != SCEP_OK)
		return rc;
	if (cfg->n_profiles == SCEP_PROFILES_MAX)
		return scep_config_fault(r, "more than %d profiles",
		    SCEP_PROFILES_MAX);
	p = &cfg->profile[cfg->n_profiles++];
	memcpy(p->name, r->section->name, strlen(r->section->name) + 1);
	p->file = r->section->file;
	p->line = r->section->line;
	if (scep_conf_get(r->section, "ca") == NULL && cfg->n_cas != 1)
		return scep_config_fault(r, "ca is missing: which of the %zu "
		    "CAs issues; write ca = NAME below this line",
		    cfg->n_cas);
	if ((rc = scep_config_choose_client(r)) != SCEP_OK ||
	    (rc = scep_config_section(r, table, LENGTH(table), prefixes,
	    LENGTH(prefixes), p)) != SCEP_OK ||
	    (rc = scep_config_read_patterns(r, p)) != SCEP_OK ||
	    (rc = check_profile(r, p)) != SCEP_OK)
		return rc;
	p->message.signer = p->keys;
	scep_config_legacy(p);
	return SCEP_OK;
}
