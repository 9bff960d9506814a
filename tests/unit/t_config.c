/*
 * t_config.c - scep.conf's meaning: what is read, what is refused and where,
 * by text alone.  t_config_load.c has the files.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>

#include <cmocka.h>

#include "base/error.h"
#include "ca/config.h"
#include "store/record_notice.h"

#define LENGTH(a)	(sizeof(a) / sizeof((a)[0]))

#define CA	"[ca main]\ncertificate = ca.pem\nkey = ca.key\n" \
		"ra_certificate = ra.pem\nra_key = ra.key\n"
#define P	CA PROFILE	/* 7 lines */
#define PROFILE	"[profile p]\nauthorise = challenge\n"
#define EXT	"[extensions e]\n"
#define X64	"0123456789abcdef0123456789ABCDEF0123456789abcdef" \
		"0123456789abcdef"

static struct scep_crypto	*crypto;

static enum scep_err
parse(const char *text, struct scep_config **cfg, struct scep_error *err)
{
	struct scep_conf	*conf;

	*cfg = NULL;
	if (scep_conf_parse(scep_span_text(text), "/etc/x/f", &conf, err) !=
	    SCEP_OK)
		fail_msg("%s: %s", text, err->text);
	return scep_config_parse(crypto, conf, cfg, err);
}

static struct scep_config *
parse_ok(const char *text)
{
	struct scep_config	*cfg;
	struct scep_error	 err = { SCEP_OK, "" };

	if (parse(text, &cfg, &err) != SCEP_OK)
		fail_msg("%s: %s", text, err.text);
	return cfg;
}

static const struct row {
	const char	*text;
	int		 line;
	const char	*why;
} rows[] = {
	/* What there is at all. */
	{ "", 1, "no [ca NAME]" },
	{ CA, 1, "no [profile NAME]" },
	{ "[profile p]\nauthorise = manual\n", 1, "ca is missing" },
	{ P "[sever]\n", 8, "did you mean server?" },
	{ P "[unheard of]\n", 8, "no such kind of section; there" },
	{ P "[server two]\n", 8, "it has no name" },
	{ P "[ca]\n", 8, "a CA has a name" },
	{ P "[profile]\n", 8, "a profile has a name" },
	{ P "[profile a.b]\nauthorise = manual\n", 8, "has a name of 1 to" },
	{ P "[profile ca]\nauthorise = manual\n", 8, "called ca" },
	{ P "[profile crl]\nauthorise = manual\n", 8, "called crl" },
	{ P "[profile scep]\nauthorise = manual\n", 8, "called scep" },
	{ P "[profile pkiclient.exe]\nauthorise = manual\n", 8,
	    "called pkiclient.exe" },
	{ P "[profile a23456789012345678901234567890123]\n", 8,
	    "has a name of 1 to 32" },
	{ P "[extensions]\n", 8, "extensions have a name" },
	{ "state = /x\n" P, 1, "below [server]" },
	{ P "[profile q]\nauthorise = manual\n", 1, "default_profile = NAME" },
	{ "[server]\n" P "[profile q]\nauthorise = manual\n", 1,
	    "2 profiles, and none is called default" },
	/* [server] */
	{ P "[server]\nstat = /x\n", 9, "stat: no such key in [server], did "
	    "you mean state?" },
	{ P "[server]\nnonsense = /x\n", 9, "no such key in [server]; " },
	{ P "[server]\nstate =\n", 9, "state: no value" },
	{ P "[server]\nlisten = 9000\n", 9, "listen: unix:PATH" },
	{ P "[server]\nlisten = localhost:9000\n", 9, "numeric address" },
	{ P "[server]\nlisten = 127.0.0.1:0\n", 9, "numeric address" },
	{ P "[server]\nlisten = 127.0.0.1:70000\n", 9, "numeric address" },
	{ P "[server]\nlisten = ::1:9000\n", 9, "numeric address" },
	{ P "[server]\nlisten = unix:\n", 9, "without a path" },
	{ P "[server]\nlisten = unix:/0123456789012345678901234567890123456"
	    "78901234567890123456789012345678901234567890123456789012345678"
	    "9012345678901234567890\n", 9, "at most 107 octets" },
	{ P "[server]\nsocket_mode = 0777\n", 9, "octal mode within 0666" },
	{ P "[server]\nsocket_mode = 8\n", 9, "octal mode" },
	{ P "[server]\nbacklog = 0\n", 9, "0 is not between 1 and 65535" },
	{ P "[server]\nbacklog = many\n", 9, "not a whole number" },
	{ P "[server]\nworkers = 513\n", 9, "between 0 and 512" },
	{ P "[server]\nmax_request = 1k\n", 9, "a size from 16k to 16m" },
	{ P "[server]\nmax_request = 17m\n", 9, "a size from 16k to 16m" },
	{ P "[server]\nmax_request = k\n", 9, "a size from" },
	{ P "[server]\nmax_request = -1\n", 9, "a size from" },
	{ P "[server]\nrequest_timeout = 0\n", 9, "from 1s to 1h" },
	{ P "[server]\nrequest_timeout = soon\n", 9, "is not a duration" },
	{ P "[server]\nlinger = 2h\n", 9, "from 1s to 1h" },
	{ P "[server]\nlog = stderr\nlinger = 5s\n", 10, "add syslog" },
	{ P "[server]\nlog = file\n", 9,
	    "\"file\" is not one of: stderr, syslog" },
	{ P "[server]\nsandbox = off\n", 9,
	    "\"off\" is not one of: strict, best-effort" },
	{ P "[server]\ncache = 1k\n", 9, "a size from" },
	{ P "[server]\nreserve = 1\n", 9, "a size from" },
	{ P "[server]\nexplain_keep = 59m\n", 9, "from 1h to 10y" },
	{ P "[server]\nexplain_refused = -1\n", 9, "between 0 and 10000000" },
	{ P "[server]\ndefault_profile = q\n", 9, "there is no [profile q]" },
	{ P "[server]\nurl = ftp://x\n", 9, "http://HOST/PATH" },
	{ P "[server]\nurl = http://x/\n", 9, "without a slash" },
	{ P "[server]\nurl = http://x/?y\n", 9, "without a query" },
	{ P "[server]\ndoor_listen = 9000\n", 9, "door_listen: unix:PATH" },
	{ P "[server]\ndoor_user = HTTP_X_USER\n", 9, "what the client says" },
	{ P "[server]\ndoor_user = REDIRECT_HTTP_X_USER\n", 9,
	    "what the client says" },
	{ P "[server]\ndoor_user = REDIRECT_REDIRECT_HTTP_X\n", 9,
	    "what the client says" },
	{ P "[server]\ndoor_user = QUERY_STRING\n", 9, "what the client says" },
	{ P "[server]\ndoor_user = PATH_INFO\n", 9, "what the client says" },
	{ P "[server]\ndoor_user = REMOTE_IDENT\n", 9, "what the client says" },
	{ P "[server]\ndoor_user = SERVER_NAME\n", 9, "what the client says" },
	{ P "[server]\ndoor_user = CONTENT_TYPE\n", 9, "what the client says" },
	{ P "[server]\ndoor_user = remote_user\n", 9, "a variable that" },
	{ P "[server]\ndoor_user = A=B\n", 9, "a variable that" },
	{ P "[server]\ndoor_group = a b\n", 9, "a name is of" },
	{ P "[server]\ndoor_group = www-data\n", 9, "door_socket = " },
	{ P "[server]\nlisten = unix:/r/s\ndoor_listen = unix:/r/s\n", 10,
	    "where scep.fcgi listens" },
	{ P "[server]\ndoor_socket = /r/s\nlisten = unix:/r/s\n", 9,
	    "another place" },
	{ P "[server]\ndoor_listen = unix:a\ndoor_socket = /etc/x/a\n", 10,
	    "another place" },
	{ P "[server]\ndoor_charset = latin1\n", 9,
	    "\"latin1\" is not one of: utf-8, utf-16le" },
	/* [ca NAME] */
	{ "[ca main]\nkey = k\n", 1, "certificate is missing" },
	{ "[ca main]\ncertificate = k\n", 1, "key is missing" },
	{ "[ca main]\ncertificate = c\nkey = k\n", 1,
	    "ra_certificate is missing: devices encrypt" },
	{ "[ca main]\ncertificate = c\nkey = k\nra_certificate = r\n", 1,
	    "ra_key is missing" },
	{ "[ca main]\ncertificate = c\nkey = k\nra_certificate = r\n"
	    "ra_key = ./k\nra_key2 = x\n", 6, "did you mean ra_key?" },
	{ "[ca main]\ncertificate = c\nkey = k\nra_certificate = r\n"
	    "ra_key = k\n", 1, "key and ra_key are one file" },
	{ CA "insecure_one_key = yes\n", 1, "leaves no room for" },
	{ CA "insecure_one_key = maybe\n", 6, "not one of: yes, no" },
	{ CA "ra_renew = sometimes\n", 6, "is not a duration" },
	{ CA "ra_renew = 1h\n", 6, "from 1d to 10y" },
	{ CA "ra_validity = no\n", 6, "is not a duration" },
	{ CA "ra_validity = 40y\n", 6, "from 1d to 30y" },
	{ CA "digest = sha1\n", 6, "in messages: legacy = sha1" },
	{ CA "digest = md5\n", 6, "in messages: legacy = md5" },
	{ CA "digest = sha3\n", 6, "not one of: sha256, sha384, sha512" },
	{ CA "cert = x\n", 6, "no such key in [ca]" },
	/* [profile NAME] */
	{ CA "[profile p]\n", 6, "authorise is missing" },
	{ CA "[profile p]\nauthorise =\n", 7, "authorise: no value" },
	{ CA "[profile p]\nauthorise = ' '\n", 7, "authorise: no word" },
	{ CA "[profile p]\nauthorise = none\n", 7,
	    "not one of: challenge, manual" },
	{ P "ca = other\n", 8, "there is no [ca other]" },
	{ P "authorize = manual\n", 8, "did you mean authorise?" },
	{ P "challenge_hash = 00\n", 8, "64 hexadecimal digits" },
	{ P "challenge_hash = " X64 "00\n", 8, "64 hexadecimal digits" },
	{ CA "[profile p]\nauthorise = manual\nchallenge_hash = " X64 "\n",
	    8, "of no use without authorise = challenge" },
	{ P "validity = 59m\n", 8, "from 1h to 30y" },
	{ P "validity = 31y\n", 8, "from 1h to 30y" },
	{ P "validity = 1 year\n", 8, "is not a duration" },
	{ P "backdate = 8d\n", 8, "from 0s to 7d" },
	{ P "key_types = rsa ed25519\ndigests = sha256\n", 8,
	    "add sha512 to digests" },
	{ P "key_types = p224\n", 8, "\"p224\" is not one of: rsa, p256" },
	{ P "key_types = dsa\n", 8, "\"dsa\" is not one of: rsa" },
	{ P "rsa_bits = 2048\n", 8, "LOW-HIGH" },
	{ P "rsa_bits = 1024-4096\n", 8, "within 2048-8192" },
	{ P "rsa_bits = 2048-16384\n", 8, "within 2048-8192" },
	{ P "rsa_bits = 4096-2048\n", 8, "LOW-HIGH" },
	{ P "digests = sha256 md5\n", 8, "write legacy = md5" },
	{ P "digests = sha1 sha256\n", 8, "write legacy = sha1" },
	{ P "digests = sha256,sha512\n", 8, "not one of: sha256, sha384" },
	{ P "ciphers = des\n", 8, "write legacy = des" },
	{ P "ciphers = aes128 3des\n", 8, "write legacy = 3des" },
	{ P "ciphers = aes\n", 8, "not one of: aes128" },
	{ P "legacy = rc2\n", 8,
	    "\"rc2\" is not one of: none, sha1, 3des, des, md5" },
	{ P "legacy = sha256\n", 8, "is not one of: none, sha1" },
	{ P "caps_hide = aes\n", 8, "\"aes\" is not one of: none, AES" },
	{ P "subject_allow = CN Nonsense\n", 8, "no attribute type" },
	{ P "subject_allow = CN 2.5.4.3\n", 8, "CN stands here twice" },
	{ P "subject_allow = O\n", 6, "CN is required" },
	{ P "subject_require = L\n", 8, "L is required, and subject_allow" },
	{ P "subject_allow = 1.2.1 1.2.2 1.2.3 1.2.4 1.2.5 1.2.6 1.2.7 1.2.8"
	    " 1.3.1 1.3.2 1.3.3 1.3.4 1.3.6.1 1.3.6 1.3.7 1.3.8 1.3.9\n", 8,
	    "more than 16 types" },
	{ P "subject_pattern.L = a*\n", 8, "subject_allow does not list it" },
	{ P "subject_pattern.Huh = a*\n", 8, "no attribute type" },
	{ P "subject_pattern.CN = a*\nsubject_pattern.cn = b*\n", 9,
	    "CN has its patterns already" },
	{ P "subject_pattern.CN = 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 "
	    "17\n", 8, "more than 16 patterns" },
	{ P "subject_pattern.CN =\n", 8, "no pattern" },
	{ P "san_allow = dns\n", 8, "not one of: none, DNS, email" },
	{ P "san_pattern.DNS = *.example\n", 8, "san_allow does not list" },
	{ P "san_pattern.other = x\n", 8, "not one of: DNS" },
	{ P "san_wildcard = yes\n", 8, "of no use without san_allow = DNS" },
	{ P "san_allow = UPN\n", 8, "a UPN is somebody's account" },
	{ P "extensions = e\n", 8, "there is no [extensions e]" },
	{ P "retry_window = 31d\n", 8, "from 0s to" },
	{ P "getcert = all\n", 8, "not one of: own, any, no" },
	{ P "getcrl = maybe\n", 8, "not one of: yes, no" },
	{ CA "crl = perhaps\n" PROFILE, 6, "not one of: yes, no" },
	{ CA "crl_validity = 59s\n" PROFILE, 6, "from 1m to" },
	{ CA "crl_validity = 3d\ncrl_overlap = 3d\n" PROFILE, 7,
	    "must be less than crl_validity, which is 3d" },
	{ CA "crl_overlap = 8d\n" PROFILE, 6, "which is 7d" },
	{ P "validity = 10d\nrenew_from = 10d\n", 9,
	    "must be less than the validity" },
	{ P "renew = maybe\n", 8, "not one of: yes, no" },
	{ P "renew_from = 0\n", 8, "from 1m to 30y" },
	{ P "renew_from = soon\n", 8, "is not a duration" },
	{ P "renew_from = 2/2\n", 8, "a part of the certificate's life" },
	{ P "renew_from = 0/2\n", 8, "a part of the certificate's life" },
	{ P "renew_from = 1/101\n", 8, "a part of the certificate's life" },
	{ P "renew_from = 1234567890/2\n", 8, "a part of the" },
	{ P "renew_from = 1/\n", 8, "a part of the certificate's life" },
	{ P "renew_key = old\n", 8, "not one of: any, new, same" },
	{ P "renew_names = new\n", 8, "not one of: same, any" },
	{ P "renew_grace = 1m\n", 8, "from 1h to 1y" },
	{ P "renew_grace = yes\n", 8, "is not a duration" },
	{ P "renew_from_profiles = other\n", 8, "no [profile other]" },
	{ P "renew_from_profiles =\n", 8, "no value" },
	{ P "renew = no\nrenew_key = new\n", 9,
	    "of no use without renew = yes" },
	{ P "renew = no\nrenew_grace = 1d\n", 9,
	    "of no use without renew = yes" },
	{ "[ca a]\ncertificate = c\nkey = k\ninsecure_one_key = yes\n"
	    "[ca b]\ncertificate = c\nkey = k\ninsecure_one_key = yes\n"
	    "[profile default]\nca = a\nauthorise = manual\n"
	    "renew_from_profiles = q\n"
	    "[profile q]\nca = b\nauthorise = manual\n", 12,
	    "are of CA b, and CA a renews its own alone" },
	{ P "pending_ttl = 1m\n", 8, "from 1h to 1y" },
	{ P "approvals = 2\n", 8, "of no use without authorise = manual" },
	{ P "approvals = 0\n", 8, "between 1 and 5" },
	{ P "approvals = 6\n", 8, "between 1 and 5" },
	{ P "max_pending = 0\n", 8, "between 1 and 1000000" },
	{ "[server]\nmax_notices = 99\n", 2, "between 100 and 1000000" },
	{ "[server]\nnotify_keep = 59m\n", 2, "from 1h to 1y" },
	{ P "notify = tell me\n", 8, "neither a program nor a URL" },
	{ P "notify = exec:tell\n", 8, "by its absolute path" },
	{ P "notify = http://x.example/\n", 8, "without TLS only" },
	{ P "notify = exec:/x\nnotify_on = approved\n", 9,
	    "not one of: issued, queued, refused, expired, revoked" },
	{ P "notify = exec:/x\nnotify_timeout = 2m\n", 9, "from 1s to 1m" },
	{ P "notify_on = issued\n", 8, "of no use without notify" },
	{ P "notify_timeout = 5s\n", 8, "of no use without notify" },
	{ P "notify_key = k\n", 8, "of no use without notify" },
	{ P "notify = exec:/x\nnotify_key = k\n", 9, "for a URL alone" },
	{ P "notify = exec:/x\nnotify_ca = c\n", 9, "for a URL alone" },
	{ P "notify = http://localhost/x\nnotify_ca = c\n", 9,
	    "notify_ca: of no use without https" },
	{ P "max_pending_per_peer = -1\n", 8, "between 1 and 1000000" },
	{ P "getcacert = root\n", 8,
	    "\"root\" is not one of: leaf, chain, chain+root" },
	{ P "certrep = none\n", 8,
	    "\"none\" is not one of: leaf, ca, chain" },
	{ P "empty_content = 1\n", 8, "not one of: yes, no" },
	{ P "fail_text = on\n", 8, "not one of: yes, no" },
	{ P "signing_time = 1s\n", 8, "from 1m to 1y" },
	{ P "listen = 127.0.0.1:1\n", 8, "belongs below [server]" },
	{ P "key = x\n", 8, "belongs below [ca NAME]" },
	{ P "[server]\nvalidity = 1d\n", 9, "belongs below [profile NAME]" },
	{ P "ca = other\n", 8, "name one of [ca main]" },
	{ P "extensions = e\n", 8, "write that section" },
	/* [extensions NAME] */
	{ P EXT "basicConstraints = CA:TRUE\n", 9, "every device a CA" },
	{ P EXT "basicConstraints = critical,CA:FALSE,pathlen:1\n", 9,
	    "path length" },
	{ P EXT "2.5.29.19 = DER:30:03:01:01:ff\n", 9, "every device a CA" },
	{ P EXT "keyUsage = digitalSignature, keyCertSign\n", 9,
	    "keyCertSign would" },
	{ P EXT "keyUsage = cRLSign\n", 9, "cRLSign is for CAs" },
	{ P EXT "keyUsage = DER:03:02:02:04\n", 9, "keyCertSign would" },
	{ P EXT "keyUsage = DER:02:01:00\n", 9, "does not parse" },
	{ P EXT "keyUsage = digitalSignature\n", 9, "must be critical" },
	{ P EXT "keyUsage = critical,keyAgreement\n", 9, "key agreement" },
	{ P EXT "keyUsage = critical,DER:03:02:00:80\n", 9, "zero bits" },
	{ P EXT "keyUsage = critical,DER:03:01:00\n", 9, "no bit" },
	{ P EXT "basicConstraints = CA:FALSE\n", 9, "critical, CA:FALSE" },
	{ P EXT "basicConstraints = critical,DER:30:03:01:01:00\n", 9, "" },
	{ P EXT "extendedKeyUsage = DER:30:00\n", 9, "value is empty" },
	{ P EXT "crlDistributionPoints = critical,URI:http://x/\n", 9,
	    "must not be critical" },
	{ P EXT "authorityInfoAccess = critical,OCSP;URI:http://x/\n", 9,
	    "must not be critical" },
	{ P EXT "keyUsage = signEverything\n", 9, "\"signEverything\" is no" },
	{ P EXT "keyUsage =\n", 9, "no value" },
	{ P EXT "extendedKeyUsage = clientAuth, anyExtendedKeyUsage\n", 9,
	    "every purpose" },
	{ P EXT "extendedKeyUsage = 2.5.29.37.0\n", 9, "every purpose" },
	{ P EXT "extendedKeyUsage = flying\n", 9, "\"flying\" is no" },
	{ P EXT "subjectKeyIdentifier = hash\n", 9,
	    "server makes this one" },
	{ P EXT "authorityKeyIdentifier = keyid:always\n", 9,
	    "server makes this one" },
	{ P EXT "2.5.29.14 = DER:04:01:00\n", 9, "server makes this one" },
	{ P EXT "subjectAltName = DNS:x\n", 9, "server makes this one" },
	{ P EXT "nameConstraints = permitted;DNS:x\n", 9, "of CAs" },
	{ P EXT "policyConstraints = requireExplicitPolicy:1\n", 9,
	    "of CAs" },
	{ P EXT "inhibitAnyPolicy = 1\n", 9, "of CAs" },
	{ P EXT "crlNumber = 1\n", 9, "only for CRLs" },
	{ P EXT "1.2.3.4 = hello\n", 9, "write it as DER: or ASN1:" },
	{ P EXT "nonsense = hello\n", 9, "no extension has that name" },
	{ P EXT "1.2.3.4 = DER:30:05:00\n", 9, "not DER" },
	{ P EXT "1.2.3.4 = DER:0g\n", 9, "\"DER:0g\" is no" },
	{ P EXT "1.2.3.4 = ASN1:SEQUENCE:other\n", 9, "is no value of this" },
	{ P EXT "crlDistributionPoints = @points\n", 9, "named with @" },
	{ P EXT "crlDistributionPoints = URI:http://x/%GENERATON%.crl\n", 9,
	    "nearly %GENERATION%" },
	{ P EXT "crlDistributionPoints = URI:http://x/%Generation%.crl\n", 9,
	    "nearly %GENERATION%" },
	{ P EXT "authorityInfoAccess = caIssuers;URI:http://x/%GENERATION\n",
	    9, "nearly %GENERATION%" },
	{ P EXT "keyUsage = critical,digitalSignature\n"
	    "2.5.29.15 = critical,DER:03:02:07:80\n", 10, "here already" },
};

static void
each_fault_is_refused_with_its_line(void **state)
{
	struct scep_config	*cfg;
	struct scep_error	 err;
	char			 at[32];
	size_t			 i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		if (parse(rows[i].text, &cfg, &err) != SCEP_E_CONFIG)
			fail_msg("row %zu was taken: %s", i, rows[i].text);
		assert_null(cfg);
		(void)snprintf(at, sizeof(at), "/etc/x/f:%d: ", rows[i].line);
		if (strncmp(err.text, at, strlen(at)) != 0 ||
		    strstr(err.text, rows[i].why) == NULL)
			fail_msg("row %zu: %s\n%s", i, rows[i].text,
			    err.text);
		assert_int_equal(ERR_peek_error(), 0);
	}
}

static void
each_control_is_taken(void **state)
{
	static const char *const	 controls[] = {
		P,
		"dir = /x\n[server]\nstate = $dir\n" P,
		P "[server]\nlisten = 127.0.0.1:9000\n",
		P "[server]\nlisten = [::1]:65535\n",
		P "[server]\nlisten = unix:/run/scep.sock\n",
		P "[server]\nsocket_mode = 600\nbacklog = 65535\n",
		P "[server]\nmax_request = 16384\nlog = syslog\n",
		P "[profile default]\nauthorise = manual\n",
		P "[profile q]\nauthorise = manual\n[server]\n"
		    "default_profile = q\n",
		"[ca m]\ncertificate = c\nkey = k\n"
		    "insecure_one_key = yes\ndigest = sha384\n"
		    "[profile p]\nauthorise = challenge manual\n",
		P "ca = main\nvalidity = 1h\n",
		P "challenge_hash = " X64 "\n",
		P "rsa_bits = 8192-8192\nkey_types = rsa\n",
		P "legacy = none\ncaps_hide = none\n",
		P "digests = sha256\nciphers = aes128\nlegacy = md5\n",
		P "subject_allow = 1.2.3.4 cn\nsubject_pattern.1.2.3.4 = x\n",
		P "subject_allow = none\nsubject_require = none\n",
		P "san_allow = UPN\nsan_pattern.UPN = *@example.org\n",
		P "san_allow = DNS\nsan_wildcard = yes\n",
		P "signing_time = 5m\nvalidity = 10d\nrenew_from = 9d\n",
		P "renew = no\nrenew_from = 2/3\n",
		P "renew_from_profiles = p\nrenew_grace = off\n",
		P "renew_from_profiles = default\n[profile default]\n"
		    "authorise = manual\n",
		CA "crl_validity = 1m\ncrl_overlap = 59s\n" PROFILE,
		CA "crl = no\ncrl_overlap = 0\n" PROFILE,
		P "extensions = e\n" EXT
		    "basicConstraints = critical, CA:FALSE\n",
		P EXT "keyUsage = critical, digitalSignature\n",
		P EXT "extendedKeyUsage = clientAuth, 1.3.6.1.5.2.3.4\n",
		P EXT "crlDistributionPoints = URI:http://x/y.crl\n"
		    "authorityInfoAccess = OCSP;URI:http://x/\n"
		    "certificatePolicies = 1.2.3.4, 1.2.3.5\n"
		    "nsComment = hello\n",
		P EXT "crlDistributionPoints = URI:http://x/"
		    "%47ENERATION/%AB%20%GENERATION%.%GENERATION%.crl\n"
		    "nsComment = 100% of a GENERATION %off\n",
		P EXT "1.2.3.4 = DER:05:00\n"
		    "1.2.3.5 = critical,ASN1:UTF8String:hello\n",
		P EXT "2.5.29.15 = critical,DER:03:02:07:80\n",
		P EXT,
	};
	size_t	 i;

	(void)state;
	for (i = 0; i < LENGTH(controls); i++)
		scep_config_free(parse_ok(controls[i]));
}

static void
defaults_are_those_of_the_manual(void **state)
{
	const struct scep_server_conf	*s;
	const struct scep_profile	*p;
	struct scep_config		*cfg = parse_ok(P);

	(void)state;
	s = &cfg->server;
	assert_string_equal(s->state, "/etc/x");
	assert_string_equal(s->listen, "");
	assert_int_equal(s->socket_mode, 0660);
	assert_int_equal(s->backlog, 4096);
	assert_int_equal(s->workers, 0);
	assert_int_equal(s->max_request, 262144);
	assert_int_equal(s->request_timeout_s, 60);
	assert_int_equal(s->linger_s, 0);
	assert_int_equal(s->log_stderr, 1);
	assert_int_equal(s->log_syslog, 1);
	assert_int_equal(s->sandbox, SCEP_SANDBOX_STRICT);
	assert_int_equal(s->cache, 32 << 20);
	assert_int_equal(s->reserve, 64 << 20);
	assert_string_equal(s->door_listen, "");
	assert_string_equal(s->door_socket, "");
	assert_string_equal(s->door_group, "");
	assert_string_equal(s->door_user, "");
	assert_int_equal(s->door_utf16, 0);
	assert_int_equal(s->explain_keep_s, 90 * 86400);
	assert_int_equal(s->explain_refused, 20000);
	assert_string_equal(s->default_profile, "p");
	assert_string_equal(s->url, "");
	assert_string_equal(cfg->challenge_key_path, "/etc/x/challenge.key");
	assert_int_equal(cfg->ca[0].digest, SCEP_SHA256);
	p = &cfg->profile[0];
	assert_int_equal(p->ca, 0);
	assert_int_equal(p->authorise, SCEP_BIT(SCEP_BY_CHALLENGE));
	assert_int_equal(p->has_static, 0);
	assert_int_equal(p->validity_s, 365 * 86400);
	assert_int_equal(p->backdate_s, 600);
	assert_int_equal(p->keys.types, SCEP_BIT(SCEP_KEY_RSA));
	assert_int_equal(p->keys.min_rsa_bits, 2048);
	assert_int_equal(p->keys.max_rsa_bits, 4096);
	assert_memory_equal(&p->message.signer, &p->keys, sizeof(p->keys));
	assert_int_equal(p->message.digests, SCEP_BIT(SCEP_SHA256) |
	    SCEP_BIT(SCEP_SHA384) | SCEP_BIT(SCEP_SHA512));
	assert_int_equal(p->message.ciphers, SCEP_BIT(SCEP_AES128) |
	    SCEP_BIT(SCEP_AES192) | SCEP_BIT(SCEP_AES256));
	assert_int_equal(p->message.signing_time_s, 0);
	assert_int_equal(p->csr_weak, 0);
	assert_int_equal(p->legacy, 0);
	assert_int_equal(p->caps_hidden, 0);
	assert_int_equal(p->n_rdn, 5);
	assert_string_equal(p->rdn[0].type, "CN");
	assert_int_equal(p->rdn[0].required, 1);
	assert_string_equal(p->rdn[4].type, "serialNumber");
	assert_int_equal(p->rdn[4].required, 0);
	assert_int_equal(p->san_types, 0);
	assert_int_equal(p->san_wildcard, 0);
	assert_int_equal(p->retry_window_s, 86400);
	assert_int_equal(p->renew.on, 1);
	assert_int_equal(p->renew.key, SCEP_RENEW_ANY_KEY);
	assert_int_equal(p->renew.any_names, 0);
	assert_int_equal(p->renew.grace_s, 0);
	assert_int_equal(p->renew.profiles, 1);
	assert_int_equal(scep_config_renew_opens(p, 1000, 3000), 2000);
	assert_int_equal(p->pending_ttl_s, 7 * 86400);
	assert_int_equal(p->max_pending, 1000);
	assert_int_equal(p->max_pending_per_peer, 100);
	assert_int_equal(p->approvals, 1);
	assert_int_equal(p->notify.hook.kind, SCEP_HOOK_NONE);
	assert_int_equal(p->notify.hook.timeout_ms, 10000);
	assert_int_equal(p->notify.on, SCEP_BIT(SCEP_NOTICE_ISSUED) |
	    SCEP_BIT(SCEP_NOTICE_QUEUED) | SCEP_BIT(SCEP_NOTICE_EXPIRED) |
	    SCEP_BIT(SCEP_NOTICE_REVOKED));
	assert_int_equal(cfg->server.notify_keep_s, 7 * 86400);
	assert_int_equal(cfg->server.max_notices, 10000);
	assert_int_equal(p->getcacert, SCEP_GETCACERT_ROOT);
	assert_int_equal(p->certrep, SCEP_CERTREP_LEAF);
	assert_int_equal(p->omit_content, 0);
	assert_int_equal(p->fail_text, 1);
	scep_config_free(cfg);
}

static const char	complete[] =
"base = /srv\n"
"[server]\nstate = $base/state\nlisten = unix:sock\nsocket_mode = 0600\n"
"backlog = 100\nworkers = 7\nmax_request = 1m\nrequest_timeout = 5s\n"
"linger = 2m\n"
"log = syslog\nsandbox = best-effort\ncache = 8m\nreserve = 1g\n"
"door_listen = unix:admin.sock\ndoor_socket = d.sock\ndoor_group = www-data\n"
"door_user = SSL_CLIENT_S_DN\ndoor_charset = utf-16le\n"
"explain_keep = 1h\nexplain_refused = 0\n"
"notify_keep = 2h\nmax_notices = 200\n"
"default_profile = b\nurl = https://scep.example/scep\n"
"[ca one]\ncertificate = a/ca.pem\nkey = /k/ca.key\nchain = chain.pem\n"
"ra_certificate = ra.pem\nra_key = ra.key\ndigest = sha512\n"
"crl_validity = 2d\ncrl_overlap = 3h\n"
"[ca two]\ncertificate = two.pem\nkey = two.key\ninsecure_one_key = yes\n"
"crl = no\n"
"[profile a]\nca = two\nauthorise = manual challenge\n"
"challenge_hash = " X64 "\nvalidity = 30d\nbackdate = 0\n"
"rsa_bits = 3072-8192\ndigests = sha256\nciphers = aes256\n"
"legacy = sha1 3des des md5\ncaps_hide = SHA-384 SCEPStandard\n"
"subject_allow = cn 2.5.4.10 1.2.3.4\nsubject_require = 1.2.3.4\n"
"subject_pattern.CN = a* b?\nsan_allow = DNS UPN\n"
"san_pattern.DNS = *.a *.b *.c\nsan_pattern.UPN = *@a\n"
"san_wildcard = yes\nretry_window = 1h\nrenew_from = 2d\n"
"renew_key = new\nrenew_names = any\nrenew_grace = 3d\n"
"renew_from_profiles = c\n"
"pending_ttl = 2d\nmax_pending = 5\nmax_pending_per_peer = 2\n"
"getcacert = leaf\ncertrep = chain\nempty_content = no\nfail_text = no\n"
"signing_time = 10m\n"
"notify = https://a.example/x\nnotify_on = refused revoked\n"
"notify_timeout = 3s\nnotify_key = n.key\nnotify_ca = n.pem\n"
"getcert = any\ngetcrl = no\n"
"[profile b]\nca = one\nauthorise = manual\nrenew = no\napprovals = 5\n"
"[profile c]\nca = two\nauthorise = manual\nrenew_from = always\n";

static void
a_complete_file_sets_what_it_says(void **state)
{
	const struct scep_profile	*p;
	struct scep_config		*cfg = parse_ok(complete);

	(void)state;
	assert_string_equal(cfg->server.state, "/srv/state");
	assert_string_equal(cfg->server.listen, "unix:/etc/x/sock");
	assert_int_equal(cfg->server.socket_mode, 0600);
	assert_int_equal(cfg->server.backlog, 100);
	assert_int_equal(cfg->server.workers, 7);
	assert_int_equal(cfg->server.max_request, 1 << 20);
	assert_int_equal(cfg->server.request_timeout_s, 5);
	assert_int_equal(cfg->server.linger_s, 120);
	assert_int_equal(cfg->server.log_stderr, 0);
	assert_int_equal(cfg->server.log_syslog, 1);
	assert_int_equal(cfg->server.sandbox, SCEP_SANDBOX_BEST_EFFORT);
	assert_int_equal(cfg->server.cache, 8 << 20);
	assert_int_equal(cfg->server.reserve, 1 << 30);
	assert_string_equal(cfg->server.door_listen,
	    "unix:/etc/x/admin.sock");
	assert_string_equal(cfg->server.door_socket, "/etc/x/d.sock");
	assert_string_equal(cfg->server.door_group, "www-data");
	assert_string_equal(cfg->server.door_user, "SSL_CLIENT_S_DN");
	assert_int_equal(cfg->server.door_utf16, 1);
	assert_int_equal(cfg->server.explain_keep_s, 3600);
	assert_int_equal(cfg->server.explain_refused, 0);
	assert_int_equal(cfg->server.notify_keep_s, 7200);
	assert_int_equal(cfg->server.max_notices, 200);
	assert_string_equal(cfg->server.url, "https://scep.example/scep");
	assert_int_equal(cfg->n_cas, 2);
	assert_string_equal(cfg->ca[0].cert_path, "/etc/x/a/ca.pem");
	assert_string_equal(cfg->ca[0].key_path, "/k/ca.key");
	assert_string_equal(cfg->ca[0].chain_path, "/etc/x/chain.pem");
	assert_int_equal(cfg->ca[0].digest, SCEP_SHA512);
	assert_int_equal(cfg->ca[1].insecure_one_key, 1);
	assert_string_equal(cfg->ca[1].ra_key_path, "/etc/x/two.key");
	assert_ptr_equal(scep_config_ca(cfg, "two"), &cfg->ca[1]);
	assert_null(scep_config_ca(cfg, "three"));
	assert_ptr_equal(scep_config_profile(cfg, ""), &cfg->profile[1]);
	assert_null(scep_config_profile(cfg, "d"));
	assert_int_equal(scep_config_profile(cfg, "b")->renew.on, 0);
	p = scep_config_profile(cfg, "c");
	assert_int_equal(p->renew.profiles, 4);
	assert_int_equal(scep_config_renew_opens(p, 1000, 3000), 1000);
	assert_int_equal(scep_config_renews_profile(cfg, p, "a"), 0);
	p = scep_config_profile(cfg, "a");
	assert_int_equal(p->ca, 1);
	assert_int_equal(p->authorise, SCEP_BIT(SCEP_BY_CHALLENGE) |
	    SCEP_BIT(SCEP_BY_MANUAL));
	assert_int_equal(p->has_static, 1);
	assert_int_equal(p->static_hash[0], 0x01);
	assert_int_equal(p->static_hash[31], 0xef);
	assert_int_equal(p->validity_s, 30 * 86400);
	assert_int_equal(p->backdate_s, 0);
	assert_int_equal(p->message.signer.min_rsa_bits, 3072);
	assert_int_equal(p->message.signer.max_rsa_bits, 8192);
	assert_int_equal(p->csr_weak, SCEP_BIT(SCEP_SHA1) |
	    SCEP_BIT(SCEP_MD5));
	assert_int_equal(p->message.digests, SCEP_BIT(SCEP_SHA256) |
	    SCEP_BIT(SCEP_SHA1) | SCEP_BIT(SCEP_MD5));
	assert_int_equal(p->caps_hidden, SCEP_BIT(SCEP_CAP_SHA384) |
	    SCEP_BIT(SCEP_CAP_STANDARD));
	assert_int_equal(p->notify.hook.kind, SCEP_HOOK_HTTP);
	assert_string_equal(p->notify.hook.target, "https://a.example/x");
	assert_string_equal(p->notify.hook.ca_path, "/etc/x/n.pem");
	assert_string_equal(p->notify.key_path, "/etc/x/n.key");
	assert_int_equal(p->notify.hook.timeout_ms, 3000);
	assert_int_equal(p->notify.on, SCEP_BIT(SCEP_NOTICE_REFUSED) |
	    SCEP_BIT(SCEP_NOTICE_REVOKED));
	assert_int_equal(p->getcacert, SCEP_GETCACERT_LEAF);
	assert_int_equal(p->certrep, SCEP_CERTREP_CHAIN);
	assert_int_equal(p->message.ciphers, SCEP_BIT(SCEP_AES256) |
	    SCEP_BIT(SCEP_3DES) | SCEP_BIT(SCEP_DES));
	assert_int_equal(p->n_rdn, 3);
	assert_string_equal(p->rdn[0].type, "CN");
	assert_int_equal(p->rdn[0].required, 0);
	assert_int_equal(p->rdn[0].n_patterns, 2);
	assert_string_equal(p->rdn[0].pattern[1], "b?");
	assert_string_equal(p->rdn[1].type, "O");
	assert_string_equal(p->rdn[2].type, "1.2.3.4");
	assert_int_equal(p->rdn[2].required, 1);
	assert_int_equal(p->san_types, SCEP_BIT(SCEP_SAN_DNS) |
	    SCEP_BIT(SCEP_SAN_UPN));
	assert_int_equal(p->n_san_pattern[SCEP_SAN_DNS], 3);
	assert_string_equal(p->san_pattern[SCEP_SAN_DNS][2], "*.c");
	assert_int_equal(p->san_wildcard, 1);
	assert_int_equal(p->retry_window_s, 3600);
	assert_int_equal(p->renew.on, 1);
	assert_int_equal(p->renew.key, SCEP_RENEW_NEW_KEY);
	assert_int_equal(p->renew.any_names, 1);
	assert_int_equal(p->renew.grace_s, 3 * 86400);
	assert_int_equal(p->renew.profiles, 5);
	assert_int_equal(scep_config_renews_profile(cfg, p, "c"), 1);
	assert_int_equal(scep_config_renews_profile(cfg, p, "a"), 1);
	assert_int_equal(scep_config_renews_profile(cfg, p, "b"), 0);
	assert_int_equal(scep_config_renews_profile(cfg, p, "gone"), 0);
	assert_int_equal(scep_config_renew_opens(p, 0, 864000), 8 * 86400);
	assert_int_equal(p->pending_ttl_s, 2 * 86400);
	assert_int_equal(p->max_pending, 5);
	assert_int_equal(p->max_pending_per_peer, 2);
	assert_int_equal(p->omit_content, 1);
	assert_int_equal(p->fail_text, 0);
	assert_int_equal(p->message.signing_time_s, 600);
	assert_int_equal(p->getcert, SCEP_GETCERT_ANY);
	assert_int_equal(p->getcrl, 0);
	assert_int_equal(cfg->ca[0].crl, 1);
	assert_int_equal(cfg->ca[0].crl_validity_s, 2 * 86400);
	assert_int_equal(cfg->ca[0].crl_overlap_s, 3 * 3600);
	assert_int_equal(cfg->ca[1].crl, 0);
	assert_int_equal(cfg->ca[1].crl_overlap_s, 7 * 86400 / 2);
	p = scep_config_profile(cfg, "b");
	assert_int_equal(p->getcert, SCEP_GETCERT_OWN);
	assert_int_equal(p->approvals, 5);
	assert_int_equal(p->getcrl, 1);
	scep_config_free(cfg);
}

/* n sections of a kind. */
static enum scep_err
many(const char *kind, const char *body, int n)
{
	static char		 text[32768];
	struct scep_config	*cfg;
	struct scep_error	 err;
	enum scep_err		 rc;
	size_t			 len;
	int			 i;

	(void)snprintf(text, sizeof(text), "[server]\ndefault_profile = p\n"
	    P "ca = main\n");
	for (i = 0; i < n; i++) {
		len = strlen(text);
		(void)snprintf(text + len, sizeof(text) - len,
		    "[%s n%d]\n%s", kind, i, body);
	}
	rc = parse(text, &cfg, &err);
	scep_config_free(cfg);
	return rc;
}

static void
the_number_of_cas_and_profiles_is_bounded(void **state)
{
	(void)state;
	assert_int_equal(many("ca", "certificate = c\nkey = k\n"
	    "insecure_one_key = yes\n", SCEP_CAS_MAX - 1), SCEP_OK);
	assert_int_equal(many("ca", "certificate = c\nkey = k\n"
	    "insecure_one_key = yes\n", SCEP_CAS_MAX), SCEP_E_CONFIG);
	assert_int_equal(many("profile", "authorise = manual\n",
	    SCEP_PROFILES_MAX - 1), SCEP_OK);
	assert_int_equal(many("profile", "authorise = manual\n",
	    SCEP_PROFILES_MAX), SCEP_E_CONFIG);
}

/* Does the section at the end of text know this key? */
static int
knows(const char *text, const char *key)
{
	struct scep_config	*cfg;
	struct scep_error	 err;
	char			 all[512];

	(void)snprintf(all, sizeof(all), "%s%s =\n", text, key);
	assert_int_equal(parse(all, &cfg, &err), SCEP_E_CONFIG);
	return strstr(err.text, "no such key") == NULL;
}

/* "make check" runs where the manual is. */
static void
each_key_of_the_manual_is_known_and_no_other(void **state)
{
	const size_t	 keys = 29 + 12 + 48;	/* rows of the three tables */
	char		 line[256], key[64];
	size_t		 n = 0;
	FILE		*f;

	(void)state;
	if ((f = fopen("cgi/scep.conf.5", "r")) == NULL)
		skip();
	while (fgets(line, sizeof(line), f) != NULL) {
		/* Not subject_pattern.TYPE, whose name goes on. */
		if (sscanf(line, ".It Ic %63[a-z_]", key) != 1 ||
		    line[strlen(".It Ic ") + strlen(key)] != ' ')
			continue;
		n++;
		if (!knows(P "[server]\n", key) && !knows("[ca c]\n", key) &&
		    !knows(CA "[profile q]\n", key))
			fail_msg("%s: in the manual only", key);
	}
	(void)fclose(f);
	assert_int_equal(n, keys);
}

static int
setup(void **state)
{
	struct scep_error	 err;

	(void)state;
	return scep_crypto_new(NULL, &crypto, &err) == SCEP_OK ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	scep_crypto_free(crypto);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(each_fault_is_refused_with_its_line),
		cmocka_unit_test(each_control_is_taken),
		cmocka_unit_test(defaults_are_those_of_the_manual),
		cmocka_unit_test(a_complete_file_sets_what_it_says),
		cmocka_unit_test(the_number_of_cas_and_profiles_is_bounded),
		cmocka_unit_test(each_key_of_the_manual_is_known_and_no_other),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
