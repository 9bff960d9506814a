/*
 * config.h - scep.conf's meaning: the server, the CAs, the profiles.
 *
 * scep_config_parse() knows keys, values and ranges, and touches no file but
 * what the text holds; scep_config_load() adds certificates and keys from
 * the files it names; scep_config_check() looks for faults as an operator
 * would.  Every message says file:line (or path), what, why, and the command
 * that mends it.
 */
#ifndef SCEP_CA_CONFIG_H
#define SCEP_CA_CONFIG_H

#include "base/conf.h"
#include "base/inet.h"
#include "ca/hook.h"
#include "ca/issuer.h"
#include "ca/limit.h"
#include "ca/lineage.h"
#include "wire/message.h"
#include "wire/san.h"

#define SCEP_NAME_LEN		64	/* of a CA or profile, with its NUL */
#define SCEP_PATH_LEN		1024
#define SCEP_CAS_MAX		16
#define SCEP_PROFILES_MAX	64
#define SCEP_CHAIN_MAX		32	/* no path in use is half as long */
#define SCEP_RDN_RULES_MAX	16
#define SCEP_PATTERNS_MAX	16
#define SCEP_PROXIES_MAX	32
#define SCEP_FAULT_LEN		SCEP_ERROR_MAX
#define SCEP_NOTIFY_S_MAX	60L	/* the longest notify_timeout */

enum scep_sandbox {
	SCEP_SANDBOX_STRICT,		/* start fails where it cannot be had */
	SCEP_SANDBOX_BEST_EFFORT
};

/* [server] */
struct scep_server_conf {
	char			 state[SCEP_PATH_LEN];	/* absolute */
	char			 listen[SCEP_PATH_LEN];	/* "", unix:PATH,
							   ADDRESS:PORT */
	unsigned int		 socket_mode;	/* of unix:, 0660 */
	int			 backlog;	/* 4096 */
	int			 workers;	/* 0: by the processors */
	size_t			 max_request;	/* 262144 octets */
	long			 request_timeout_s;	/* 60 */
	long			 linger_s;	/* behind a CGI run; 0: it does
						   not */
	int			 log_stderr, log_syslog;	/* log = … */
	int			 log_json;	/* log_format = json */
	int			 metrics;	/* at a path of the URL */
	enum scep_sandbox	 sandbox;
	size_t			 cache;		/* of the store, octets */
	size_t			 reserve;	/* free disk, octets */
	long			 explain_keep_s;	/* traces of requests */
	long			 explain_refused;	/* … that came to
							   nothing: so many */
	long			 notify_keep_s;	/* notices nobody takes */
	long			 max_notices;
	char			 default_profile[SCEP_NAME_LEN];
	char			 url[SCEP_PATH_LEN];	/* base, for people */
	/* Who asks: the variable that says so, if one of the proxies does; "":
	 * REMOTE_ADDR alone. */
	char			 client_header[SCEP_NAME_LEN];
	struct scep_inet_net	 proxy[SCEP_PROXIES_MAX];
	size_t			 n_proxies;
	int			 proxy_is_local;	/* on a unix socket */
	struct scep_limit	 limit[SCEP_LIMIT_KINDS];	/* of a peer */
	/* Of scep-admin.fcgi. */
	char			 door_listen[SCEP_PATH_LEN];	/* as listen */
	char			 door_socket[SCEP_PATH_LEN];	/* to the CA; "":
							   in state */
	char			 door_group[SCEP_NAME_LEN];	/* who may connect
							   there; "": we */
	char			 door_user[SCEP_NAME_LEN];	/* the variable
							   that says who; "":
							   none does */
	int			 door_utf16;	/* pages are in UTF-16LE */
};

/* An RA key that a newer one has replaced: it opens what is addressed to it,
 * and signs the answers. */
struct scep_ra_conf {
	unsigned int		 number;
	char			 cert_path[SCEP_PATH_LEN];
	char			 key_path[SCEP_PATH_LEN];
	struct scep_cert	 cert;
	EVP_PKEY		*key;
	char			 fault[SCEP_FAULT_LEN];
};

#define SCEP_RA_RENEW_AUTO	0L	/* with a third of its life left */
#define SCEP_RA_RENEW_NO	(-1L)

/* [ca NAME]; or, in kin, another generation of it. */
struct scep_ca_conf {
	char			 name[SCEP_NAME_LEN];
	const char		*file;		/* borrowed from conf */
	int			 line;
	char			 cert_path[SCEP_PATH_LEN];
	char			 key_path[SCEP_PATH_LEN];
	char			 chain_path[SCEP_PATH_LEN];	/* or "" */
	char			 ra_cert_path[SCEP_PATH_LEN];
	char			 ra_key_path[SCEP_PATH_LEN];
	enum scep_digest	 digest;	/* of certificates */
	int			 insecure_one_key;	/* ra = CA, legacy */
	int			 crl;		/* we make its CRL */
	long			 crl_validity_s, crl_overlap_s;
	long			 ra_renew_s;	/* before its end, or one of
						   SCEP_RA_RENEW_… */
	long			 ra_validity_s;	/* of an RA made by itself */

	/* From its lineage, where it has one: paths above are then those of
	 * the current generation. */
	unsigned int		 generation;	/* 1: scep.conf's files */
	enum scep_gen_state	 state;
	time_t			 since;
	unsigned int		 ra_number;
	int			 has_key_sha256;
	uint8_t			 key_sha256[SCEP_SHA256_LEN];
	struct scep_ra_conf	*old_ra;	/* newest first */
	size_t			 n_old_ra;
	struct scep_ca_conf	*kin;		/* the other generations that
						   live; theirs is NULL */
	size_t			 n_kin;
	struct scep_ca_conf	*named;		/* what scep.conf says, where a
						   lineage says more */
	struct scep_buf		 next_answer;	/* to GetNextCACert; empty:
						   none is published */

	/* From scep_config_load(): */
	char			 fault[SCEP_FAULT_LEN];	/* why it cannot be
						   used; "": it can */
	struct scep_cert	 cert, ra_cert;
	struct scep_issuer	 issuer;	/* of cert */
	struct scep_cert	 chain[SCEP_CHAIN_MAX];	/* towards the root */
	size_t			 n_chain;
	EVP_PKEY		*key, *ra_key;	/* NULL where not asked for */
	EVP_PKEY_CTX		*signing;	/* with key */
};

/* What may stand in a name: one attribute type. */
struct scep_rdn_rule {
	char		 type[64];		/* "CN" */
	int		 required;
	const char	*pattern[SCEP_PATTERNS_MAX];	/* globs, of which
						   one must match; none:
						   anything.  Owned */
	size_t		 n_patterns;
};

enum scep_authorise {
	SCEP_BY_CHALLENGE,
	SCEP_BY_MANUAL,
	SCEP_BY_VALIDATOR
};

/* Somebody of the operator's who has a say: config_validator.c. */
struct scep_validator_conf {
	struct scep_hook	 hook;		/* kind NONE: there is none */
	long			 timeout_s;
	char			 key_path[SCEP_PATH_LEN];	/* or "" */
	unsigned int		 trouble;	/* enum scep_trouble */
	int			 confirm;	/* asked again before what was
						   issued leaves */
	long			 max_waiting;	/* requests at once; 0: half
						   of the workers */
};

/* Which key a renewal brings. */
enum scep_renew_key {
	SCEP_RENEW_ANY_KEY,
	SCEP_RENEW_NEW_KEY,		/* than its signer's */
	SCEP_RENEW_SAME_KEY
};

/* What a profile says about renewals. */
struct scep_renew_conf {
	unsigned int		 on;
	unsigned int		 key;		/* enum scep_renew_key */
	unsigned int		 any_names;	/* else they stay */
	long			 from_s;	/* before the end; or, if -1, */
	long			 part, parts;	/* behind this part of life */
	long			 grace_s;	/* behind the end; 0: none */
	uint64_t		 profiles;	/* bits: whose certificates,
						   its own among them */
};

/* What is out of date or broken, and a profile may take all the same: words
 * of legacy = …, config_legacy.c. */
enum scep_legacy_word {
	SCEP_LEGACY_SHA1,
	SCEP_LEGACY_3DES,
	SCEP_LEGACY_DES,
	SCEP_LEGACY_MD5
};

/* Lines of GetCACaps that a profile may leave out, though true. */
enum scep_cap {
	SCEP_CAP_AES,
	SCEP_CAP_DES3,
	SCEP_CAP_GETNEXTCACERT,
	SCEP_CAP_POST,
	SCEP_CAP_RENEWAL,
	SCEP_CAP_SHA1,
	SCEP_CAP_SHA256,
	SCEP_CAP_SHA384,
	SCEP_CAP_SHA512,
	SCEP_CAP_STANDARD
};

/* Which certificates GetCACert shows: published_certs.c. */
enum scep_getcacert {
	SCEP_GETCACERT_ROOT,		/* RA, CA, all above it */
	SCEP_GETCACERT_CHAIN,		/* … but for the root */
	SCEP_GETCACERT_LEAF		/* RA and CA */
};

/* Which certificates a CertRep SUCCESS holds behind the issued one. */
enum scep_certrep {
	SCEP_CERTREP_LEAF,		/* none */
	SCEP_CERTREP_CA,		/* the CA's */
	SCEP_CERTREP_CHAIN		/* … and those between it and the
					   root */
};

/* Whose certificates a GetCert may ask for. */
enum scep_getcert {
	SCEP_GETCERT_NO,
	SCEP_GETCERT_OWN,	/* of the key that signed the message */
	SCEP_GETCERT_ANY
};

/* Who is told what has become of requests and certificates: config_notify.c. */
struct scep_notify_conf {
	struct scep_hook	 hook;		/* kind NONE: nobody */
	unsigned int		 on;		/* bits enum scep_notice_kind */
	char			 key_path[SCEP_PATH_LEN];	/* or "" */
};

/* [profile NAME] */
struct scep_profile {
	char			 name[SCEP_NAME_LEN];
	const char		*file;
	int			 line;
	const char		*client;	/* of its preset, or NULL */
	size_t			 ca;		/* index into config.ca */
	unsigned int		 authorise;	/* bits SCEP_BY_… */
	struct scep_validator_conf	 validator;
	int			 has_static;
	uint8_t			 static_hash[SCEP_SHA256_LEN];
	long			 validity_s, backdate_s;
	struct scep_key_rules	 keys;		/* of certificates */
	unsigned int		 csr_weak;	/* bits SCEP_SHA1, SCEP_MD5: in
						   CSRs' signatures too */
	struct scep_msg_rules	 message;
	struct scep_rdn_rule	 rdn[SCEP_RDN_RULES_MAX];
	size_t			 n_rdn;
	unsigned int		 san_types;	/* SCEP_BIT(SCEP_SAN_DNS) … */
	int			 san_wildcard;	/* "*.example" is fine */
	const char		*san_pattern[SCEP_SAN__MAX][SCEP_PATTERNS_MAX];
	size_t			 n_san_pattern[SCEP_SAN__MAX];
	struct scep_buf		 fixed_exts;	/* DER Extensions in a row
						   (basicConstraints, keyUsage,
						   EKU, CDP …), from load */
	struct scep_buf		 signing_exts;	/* the same for keys that
						   nothing can be encrypted
						   to; empty if none may be
						   certified */
	struct scep_buf		 next_exts, next_signing_exts;	/* both, below
						   a CA that is published as
						   the next */
	long			 retry_window_s, pending_ttl_s;
	struct scep_renew_conf	 renew;
	long			 max_pending, max_pending_per_peer;
	long			 approvals;	/* of different people */
	struct scep_limit	 limit[SCEP_LIMIT_KINDS];	/* of all its
							   messages */
	unsigned int		 legacy;	/* bits SCEP_LEGACY_… */
	unsigned int		 caps_hidden;	/* bits SCEP_CAP_… */
	enum scep_getcacert	 getcacert;
	enum scep_certrep	 certrep;
	enum scep_getcert	 getcert;
	int			 getcrl;	/* type 22 is answered */
	int			 omit_content;	/* I-030 */
	int			 fail_text;	/* request id in failInfoText */
	struct scep_notify_conf	 notify;
	char			 fault[SCEP_FAULT_LEN];	/* from load and check:
						   why it answers 503; "": it
						   does not */
};

struct scep_config {
	struct scep_conf	*conf;		/* owned */
	struct scep_server_conf	 server;
	struct scep_ca_conf	 ca[SCEP_CAS_MAX];
	size_t			 n_cas;
	struct scep_profile	 profile[SCEP_PROFILES_MAX];
	size_t			 n_profiles;
	const char		*challenge_key_path;
	struct scep_buf		 challenge_key;	/* 32 octets, from load */
};

/* Takes over conf, also on failure.  Relative paths are relative to the
 * directory of the file.  Every key, value and reference is checked;
 * SCEP_E_CONFIG for the first fault. */
enum scep_err	 scep_config_parse(const struct scep_crypto *crypto,
		    struct scep_conf *conf, struct scep_config **out,
		    struct scep_error *err);

/* [server] alone; what is wrong elsewhere is not looked at. */
enum scep_err	 scep_config_server(struct scep_conf *conf,
		    struct scep_server_conf *out, struct scep_error *err);

/* The fixed extensions of a certificate for this key, by this issuer. */
struct scep_span scep_profile_exts(const struct scep_profile *profile,
		    const struct scep_ca_conf *issuer, struct scep_span spki);

/* Read certificates, keys, the challenge key; build fixed_exts. Keys match
 * certificates, the RA's certificate is issued by its CA (or is it), a
 * separate RA key unless insecure_one_key: else the CA and its profiles have
 * a fault.  SCEP_E_CONFIG if no profile is left, or there is no challenge
 * key. */
enum scep_err	 scep_config_load(const struct scep_crypto *crypto,
		    struct scep_config *cfg, struct scep_error *err);
/* The same, whatever is left: for who is about to mend it. */
enum scep_err	 scep_config_load_any(const struct scep_crypto *crypto,
		    struct scep_config *cfg, struct scep_error *err);
/* challenge_key alone, from challenge_key_path: SCEP_E_CONFIG. */
enum scep_err	 scep_config_load_challenge_key(struct scep_config *cfg,
		    struct scep_error *err);
void		 scep_config_free(struct scep_config *cfg);

/* A certificate of it as OpenSSL's object; X509_free() it.  NULL: err. */
X509		*scep_config_x509(const struct scep_crypto *crypto,
		    const struct scep_cert *cert, const char *path,
		    struct scep_error *err);

/* Two of these, for a CA that is about to be adopted: SCEP_E_CONFIG. */
enum scep_err	 scep_config_pair_check(const struct scep_crypto *crypto,
		    X509 *cert, const char *cert_path, EVP_PKEY *key,
		    const char *key_path, struct scep_error *err);
enum scep_err	 scep_config_ca_key_check(const EVP_PKEY *key,
		    const char *path, struct scep_error *err);

/* As PEM; a key as PKCS #8, not encrypted. */
enum scep_err	 scep_config_pem_key(EVP_PKEY *key, struct scep_buf *out,
		    struct scep_error *err);
enum scep_err	 scep_config_pem_cert(X509 *cert, struct scep_buf *out,
		    struct scep_error *err);

/* One fault (fatal) or one thing to know (not). */
typedef void	(*scep_fault_fn)(void *arg, int fatal, const char *text);
/* All of a loaded configuration's faults at time now: dates, key usage,
 * chain, EKU, validity beyond the CA's, permissions of STATE.  A fatal one of
 * a CA is the fault of its profiles; SCEP_E_CONFIG if no profile is left, or
 * if one concerns all. */
enum scep_err	 scep_config_check(const struct scep_crypto *crypto,
		    struct scep_config *cfg, time_t now, scep_fault_fn fn,
		    void *arg, struct scep_error *err);
/* Do we make its CRL?  It may be switched off, or the CA's certificate may
 * not allow it (RFC 5280 section 4.2.1.3); *why, if wanted, says which. */
int		 scep_config_has_crl(const struct scep_ca_conf *ca,
		    const char **why);
/* 0 if every profile has a fault; those of a CA with one get it, too. */
int		 scep_config_is_usable(struct scep_config *cfg);

/* Do the rules allow what RFC 8894 section 2.9 forbids, DES or MD5? */
int		 scep_config_is_broken(const struct scep_msg_rules *rules);
/* Is this line of GetCACaps not to be shown? */
int		 scep_config_hides(const struct scep_profile *p,
		    const char *line);

/* As scep.conf says it. */
const char	*scep_config_getcacert_word(const struct scep_profile *p);
const char	*scep_config_certrep_word(const struct scep_profile *p);
/* The i-th word of client = …, NULL behind the last. */
const char	*scep_config_client(size_t i);

/* NULL if there is none. name "" means the default. */
const struct scep_profile
		*scep_config_profile(const struct scep_config *cfg,
		    const char *name);
const struct scep_ca_conf
		*scep_config_ca(const struct scep_config *cfg,
		    const char *name);

/* Does the profile renew what was issued under the one called name?
 * config_renew.c. */
int		 scep_config_renews_profile(const struct scep_config *cfg,
		    const struct scep_profile *p, const char *name);
/* From when it renews a certificate of this life. */
time_t		 scep_config_renew_opens(const struct scep_profile *p,
		    time_t not_before, time_t not_after);
#endif /* SCEP_CA_CONFIG_H */
