/*
 * config_local.h - what the parts of the configuration share.
 * Private to config*.c.
 */
#ifndef SCEP_CA_CONFIG_LOCAL_H
#define SCEP_CA_CONFIG_LOCAL_H

#include "ca/config_kin.h"

/* One section being read. */
struct scep_reading {
	const struct scep_crypto	*crypto;
	struct scep_config		*cfg;
	const struct scep_conf_section	*section;
	const struct scep_conf_entry	*entry;	/* NULL: the section itself */
	struct scep_error		*err;
	const struct scep_preset	*preset;	/* of client = …, or
							   NULL */
};

/* Record "file:line: key: text" (or "[section]: text"), SCEP_E_CONFIG. */
enum scep_err	 scep_config_fault(const struct scep_reading *r,
		    const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* One row of a table of keys: the manual says the same in words. */
struct scep_setting;
typedef enum scep_err	(*scep_setting_fn)(struct scep_reading *r,
			    const struct scep_setting *s, void *to);
struct scep_setting {
	const char	*key;
	scep_setting_fn	 read;
	size_t		 offset;	/* of what it sets */
	const char	*deflt;		/* read like a value; "": leave it
					   as it is; NULL: required */
	long		 min, max;
	const struct scep_word	*words;
};

struct scep_word {
	const char	*word;
	unsigned int	 value;
	const char	*refusal;	/* why it is not taken, or NULL */
};

/* Kinds of values: config_value.c.  Each reads r->entry->value into *to. */
enum scep_err	 scep_read_text(struct scep_reading *,
		    const struct scep_setting *, void *);
enum scep_err	 scep_read_path(struct scep_reading *,
		    const struct scep_setting *, void *);
enum scep_err	 scep_read_name(struct scep_reading *,
		    const struct scep_setting *, void *);
enum scep_err	 scep_read_int(struct scep_reading *,
		    const struct scep_setting *, void *);
enum scep_err	 scep_read_long(struct scep_reading *,
		    const struct scep_setting *, void *);
enum scep_err	 scep_read_size(struct scep_reading *,
		    const struct scep_setting *, void *);
enum scep_err	 scep_read_duration(struct scep_reading *,
		    const struct scep_setting *, void *);
enum scep_err	 scep_read_word(struct scep_reading *,
		    const struct scep_setting *, void *);
enum scep_err	 scep_read_words(struct scep_reading *,
		    const struct scep_setting *, void *);	/* value: bit */
enum scep_err	 scep_read_listen(struct scep_reading *,
		    const struct scep_setting *, void *);
enum scep_err	 scep_read_mode(struct scep_reading *,
		    const struct scep_setting *, void *);
enum scep_err	 scep_read_url(struct scep_reading *,
		    const struct scep_setting *, void *);

/* For scep-admin.fcgi: config_door.c; and what goes with what. */
enum scep_err	 scep_read_door_user(struct scep_reading *,
		    const struct scep_setting *, void *);
enum scep_err	 scep_config_check_doors(struct scep_reading *r);

/* Names: config_names.c; *to is the profile. */
#define SCEP_SUBJECT_PATTERN	"subject_pattern."
#define SCEP_SAN_PATTERN	"san_pattern."
enum scep_err	 scep_read_subject_allow(struct scep_reading *,
		    const struct scep_setting *, void *);
enum scep_err	 scep_read_subject_require(struct scep_reading *,
		    const struct scep_setting *, void *);
/* The keys that begin so; after the table. */
enum scep_err	 scep_config_read_patterns(struct scep_reading *r,
		    struct scep_profile *p);

/* Renewals: config_renew.c; *to of the first is struct scep_renew_conf. */
enum scep_err	 scep_read_renew_from(struct scep_reading *,
		    const struct scep_setting *, void *);
enum scep_err	 scep_read_renew_grace(struct scep_reading *,
		    const struct scep_setting *, void *);
enum scep_err	 scep_read_renew_profiles(struct scep_reading *,
		    const struct scep_setting *, void *);
enum scep_err	 scep_config_check_renew(struct scep_reading *r,
		    const struct scep_profile *p);
/* When all profiles have been read: the profiles that they name. */
enum scep_err	 scep_config_renew_profiles(struct scep_reading *r);

/* Limits, and whose they are: config_limits.c.  *to is struct scep_limit, or
 * struct scep_server_conf. */
enum scep_err	 scep_read_limit(struct scep_reading *,
		    const struct scep_setting *, void *);
enum scep_err	 scep_read_client_address(struct scep_reading *,
		    const struct scep_setting *, void *);
enum scep_err	 scep_read_proxies(struct scep_reading *,
		    const struct scep_setting *, void *);
enum scep_err	 scep_config_check_proxies(struct scep_reading *r,
		    const struct scep_server_conf *server);

/* What is in the file at path, if it names one; word is the key of the profile
 * that does: config_hook.c. */
enum scep_err	 scep_config_load_hook_key(const struct scep_profile *p,
		    const char *word, const char *path, struct scep_buf *key,
		    struct scep_error *err);

/* The validator: config_validator.c; *to of the first is the profile. */
extern const struct scep_word	scep_validator_troubles[];
enum scep_err	 scep_read_authorise(struct scep_reading *,
		    const struct scep_setting *, void *);
enum scep_err	 scep_config_check_validator(struct scep_reading *r,
		    struct scep_profile *p);
/* The key that it knows us by, if there is one. */
enum scep_err	 scep_config_load_validator(struct scep_profile *p,
		    struct scep_error *err);

/* Notices: config_notify.c; *to is a hook, and its timeout. */
enum scep_err	 scep_read_notify(struct scep_reading *,
		    const struct scep_setting *, void *);
enum scep_err	 scep_read_notify_timeout(struct scep_reading *,
		    const struct scep_setting *, void *);
extern const struct scep_word	scep_notify_words[];
enum scep_err	 scep_config_check_notify(struct scep_reading *r,
		    const struct scep_profile *p);
/* The key that its file holds. */
enum scep_err	 scep_config_load_notify(struct scep_profile *p,
		    struct scep_error *err);

/* Presets: config_client.c.  Before the section's other keys are read: which
 * one it names … */
enum scep_err	 scep_config_choose_client(struct scep_reading *r);
enum scep_err	 scep_read_client(struct scep_reading *,
		    const struct scep_setting *, void *);
/* … and what that says for a key, or NULL. */
const char	*scep_config_preset_value(const struct scep_preset *preset,
		    const char *key);
/* Is waiting for an operator the end for such a device? */
int		 scep_config_cannot_wait(const struct scep_profile *p);

/* What is out of date, and hidden capabilities: config_legacy.c. */
extern const struct scep_word	scep_legacy_words[];
extern const struct scep_word	scep_cap_words[];
/* Put what legacy = … allows into the rules. */
void		 scep_config_legacy(struct scep_profile *p);
/* Make DES and MD5 ready if the profile has them. */
enum scep_err	 scep_config_load_legacy(const struct scep_crypto *crypto,
		    const struct scep_profile *p, struct scep_error *err);

#define SCEP_CONF_WORD_MAX	256
/* The next of the words in *p; 0 if there is none.  Longer ones are cut. */
int		 scep_config_word(const char **p,
		    char out[SCEP_CONF_WORD_MAX]);
int		 scep_config_is_name(const char *text);

/* crl_validity and crl_overlap of a CA: config_crl.c. */
enum scep_err	 scep_config_read_crl(struct scep_reading *r,
		    struct scep_ca_conf *ca);

/* Read a section by its table: unknown keys refused, defaults put in.
 * Keys that begin with one of the n prefixes are left to the caller. */
enum scep_err	 scep_config_section(struct scep_reading *r,
		    const struct scep_setting *table, size_t n,
		    const char *const *prefixes, size_t n_prefixes, void *base);
/* Is it one of a table's keys; of this kind of section? */
int		 scep_config_has(const char *key,
		    const struct scep_setting *table, size_t n);
int		 scep_config_server_has(const char *key);
int		 scep_config_ca_has(const char *key);
int		 scep_config_profile_has(const char *key);
/* The value names a [kind ...] that is not there; these are. */
enum scep_err	 scep_config_absent(const struct scep_reading *r,
		    const char *kind);
/* The one of n words (at p, stride octets apart) that is at most two typing
 * errors away, or NULL. */
const char	*scep_config_near(const char *word, const void *p, size_t n,
		    size_t stride);

/* The three kinds of sections: config_server.c, config_profile.c. */
enum scep_err	 scep_config_read_server(struct scep_reading *r);
enum scep_err	 scep_config_read_ca(struct scep_reading *r);
enum scep_err	 scep_config_read_profile(struct scep_reading *r);

/*
 * DER Extensions of an [extensions NAME] section, as this generation of a CA
 * issues by it; section NULL: the built-in ones.  issuer NULL: only to see
 * whether they can be made.
 */
enum scep_err	 scep_config_exts(const struct scep_crypto *crypto,
		    const struct scep_conf_section *section,
		    const struct scep_ca_conf *issuer, struct scep_buf *out,
		    struct scep_error *err);
/* A value with each %GENERATION% replaced, in out, which has room for as many
 * octets as it.  0: it has a word that nearly is that one.  config_points.c. */
int		 scep_config_point(const char *value, unsigned int generation,
		    char *out);
/* Make of extensions those for keys that only sign, if key_types asks for it:
 * config_usage.c. */
enum scep_err	 scep_config_usage(const struct scep_profile *p,
		    const struct scep_buf *exts, struct scep_buf *signing,
		    struct scep_error *err);
/* The one that a profile names, or NULL: config_points.c. */
const struct scep_conf_section
		*scep_config_exts_of(const struct scep_config *cfg,
		    const struct scep_profile *profile);

/* For messages: config_mend.c. */
#define SCEP_HOLDS_TEXT	160
#define SCEP_MEND_TEXT	(SCEP_ERROR_MAX - 192)
/* What is in a file that was to hold a PEM block with `wanted` in its name,
 * and what to do; nothing of a secret. */
void		 scep_config_holds(struct scep_span text, const char *wanted,
		    char out[SCEP_HOLDS_TEXT]);
/* The commands that make anew: the RA's certificate, its key, and a CA's
 * self-signed certificate. */
void		 scep_config_mend_ra(const struct scep_ca_conf *ca,
		    char out[SCEP_MEND_TEXT]);
void		 scep_config_mend_ra_key(const struct scep_ca_conf *ca,
		    char out[SCEP_MEND_TEXT]);
void		 scep_config_mend_ca(const struct scep_ca_conf *ca,
		    char out[SCEP_MEND_TEXT]);

/* What a CA's paths name, read and checked: config_load.c. */
enum scep_err	 scep_config_load_ca(const struct scep_crypto *crypto,
		    struct scep_ca_conf *ca, struct scep_error *err);
/* Make the paths of ca those of its current generation, and ca->kin the
 * others: config_lineage.c.  Then read what is there besides the current one;
 * what cannot be read there is a fault of its own. */
enum scep_err	 scep_config_lineage(const struct scep_crypto *crypto,
		    const struct scep_config *cfg, struct scep_ca_conf *ca,
		    struct scep_error *err);
enum scep_err	 scep_config_load_kin(const struct scep_crypto *crypto,
		    struct scep_ca_conf *ca, struct scep_error *err);
/* ca->next_answer, if its next generation is published: config_next.c. */
enum scep_err	 scep_config_next_answer(const struct scep_crypto *crypto,
		    struct scep_ca_conf *ca, struct scep_error *err);
enum scep_err	 scep_read_ra_renew(struct scep_reading *,
		    const struct scep_setting *, void *);

/* At most max certificates of a file, in PEM or DER; a private key in PEM. */
enum scep_err	 scep_config_read_certs(const struct scep_crypto *crypto,
		    const char *path, struct scep_cert *certs, size_t max,
		    size_t *n, struct scep_error *err);
enum scep_err	 scep_config_read_key(const struct scep_crypto *crypto,
		    const char *path, EVP_PKEY **out, struct scep_error *err);

/*
 * What can be told of a certificate without OpenSSL's object for it:
 * config_cert.c.  No means: ask that.
 */
/* Would libcrypto parse it, and all that it looks at in it, but for the
 * key? */
int		 scep_config_is_plain(const struct scep_cert *cert);
/* Is it that, and a CA's that may sign certificates, CRLs and answers? */
int		 scep_config_is_plain_ca(const struct scep_cert *cert);
/* Is all of it well, and was it issued by this CA? */
int		 scep_config_is_issued(const struct scep_crypto *crypto,
		    const struct scep_cert *cert,
		    const struct scep_cert *issuer);
/* The first eight bits of keyUsage, as KU_…; 0 if there is none. */
unsigned int	 scep_config_key_usage(const struct scep_cert *cert);
/* Can OpenSSL read it, but for the key?  Whether that is one is found where
 * it is asked for the other half. */
enum scep_err	 scep_config_cert_reads(const struct scep_crypto *crypto,
		    const struct scep_cert *cert, const char *path,
		    struct scep_error *err);
/* Is that its key, with both halves? */
enum scep_err	 scep_config_key_belongs(const struct scep_crypto *crypto,
		    const struct scep_cert *cert, const char *cert_path,
		    EVP_PKEY *key, const char *key_path,
		    struct scep_error *err);
/* Is its secret half that of its public half?  config_pair.c. */
enum scep_err	 scep_config_key_is_whole(const struct scep_crypto *crypto,
		    EVP_PKEY *key, const char *path, struct scep_error *err);

#endif /* SCEP_CA_CONFIG_LOCAL_H */
