/*
 * config_server.c - the tables of [server] and [ca NAME].
 *
 * scep.conf(5) says the same in words: a key that is here is there.
 */
#include <string.h>

#include "base/error.h"
#include "ca/config_local.h"

#define LENGTH(a)	(sizeof(a) / sizeof((a)[0]))
#define SERVER(member)	offsetof(struct scep_server_conf, member)
#define CA(member)	offsetof(struct scep_ca_conf, member)

#define KIB	1024L
#define MIB	(1024L * 1024)
#define GIB	(1024L * 1024 * 1024)

#define MINUTE	60L
#define HOUR	3600L
#define DAY	86400L
#define YEAR	(365L * 86400)

enum { TO_STDERR = 1, TO_SYSLOG = 2 };

static const struct scep_word	sandboxes[] = {
	{ "strict", SCEP_SANDBOX_STRICT, NULL },
	{ "best-effort", SCEP_SANDBOX_BEST_EFFORT, NULL },
	{ NULL, 0, NULL }
};

static const struct scep_word	logs[] = {
	{ "stderr", TO_STDERR, NULL },
	{ "syslog", TO_SYSLOG, NULL },
	{ NULL, 0, NULL }
};

static const struct scep_word	formats[] = {
	{ "text", 0, NULL },
	{ "json", 1, NULL },
	{ NULL, 0, NULL }
};

static const struct scep_word	digests[] = {
	{ "sha256", SCEP_SHA256, NULL },
	{ "sha384", SCEP_SHA384, NULL },
	{ "sha512", SCEP_SHA512, NULL },
	{ "sha1", 0, "certificates signed with SHA-1 are not issued; for "
	    "devices that need it in messages: legacy = sha1 in the profile" },
	{ "md5", 0, "MD5 is broken, and no certificate is signed with it; for "
	    "devices that need it in messages: legacy = md5 in the profile" },
	{ NULL, 0, NULL }
};

static const struct scep_word	yes_no[] = {
	{ "yes", 1, NULL },
	{ "no", 0, NULL },
	{ NULL, 0, NULL }
};

static const struct scep_word	charsets[] = {
	{ "utf-8", 0, NULL },
	{ "utf-16le", 1, NULL },
	{ NULL, 0, NULL }
};

static enum scep_err
read_log(struct scep_reading *r, const struct scep_setting *s, void *to)
{
	struct scep_server_conf	*server = to;
	unsigned int		 mask = 0;
	enum scep_err		 rc;

	if ((rc = scep_read_words(r, s, &mask)) != SCEP_OK)
		return rc;
	server->log_stderr = (mask & TO_STDERR) != 0;
	server->log_syslog = (mask & TO_SYSLOG) != 0;
	return SCEP_OK;
}

static const struct scep_setting	server_table[] = {
	{ "state", scep_read_path, SERVER(state), ".", 0, 0, NULL },
	{ "listen", scep_read_listen, SERVER(listen), "", 0, 0, NULL },
	{ "socket_mode", scep_read_mode, SERVER(socket_mode), "0660", 0, 0,
	    NULL },
	{ "backlog", scep_read_int, SERVER(backlog), "4096", 1, 65535, NULL },
	{ "workers", scep_read_int, SERVER(workers), "0", 0, 512, NULL },
	{ "max_request", scep_read_size, SERVER(max_request), "256k",
	    16 * KIB, 16 * MIB, NULL },
	{ "request_timeout", scep_read_duration, SERVER(request_timeout_s),
	    "60s", 1, 3600, NULL },
	{ "linger", scep_read_duration, SERVER(linger_s), "", 1, 3600, NULL },
	{ "log", read_log, 0, "stderr syslog", 0, 0, logs },
	{ "log_format", scep_read_word, SERVER(log_json), "text", 0, 0,
	    formats },
	{ "metrics", scep_read_word, SERVER(metrics), "no", 0, 0, yes_no },
	{ "sandbox", scep_read_word, SERVER(sandbox), "strict", 0, 0,
	    sandboxes },
	{ "cache", scep_read_size, SERVER(cache), "32m", MIB, 4 * GIB, NULL },
	{ "reserve", scep_read_size, SERVER(reserve), "64m", MIB, 64 * GIB,
	    NULL },
	{ "explain_keep", scep_read_duration, SERVER(explain_keep_s), "90d",
	    HOUR, 10 * YEAR, NULL },
	{ "explain_refused", scep_read_long, SERVER(explain_refused),
	    "20000", 0, 10000000, NULL },
	{ "notify_keep", scep_read_duration, SERVER(notify_keep_s), "7d",
	    HOUR, YEAR, NULL },
	{ "max_notices", scep_read_long, SERVER(max_notices), "10000", 100,
	    1000000, NULL },
	{ "default_profile", scep_read_name, SERVER(default_profile), "", 0,
	    0, NULL },
	{ "url", scep_read_url, SERVER(url), "", 0, 0, NULL },
	{ "client_address", scep_read_client_address, SERVER(client_header),
	    "REMOTE_ADDR", 0, 0, NULL },
	{ "trusted_proxies", scep_read_proxies, 0, "", 0, 0, NULL },
	{ "limit_failures", scep_read_limit,
	    SERVER(limit[SCEP_LIMIT_FAILURES]), "3000/5m", 0, 0, NULL },
	{ "limit_messages", scep_read_limit,
	    SERVER(limit[SCEP_LIMIT_MESSAGES]), "off", 0, 0, NULL },
	{ "door_listen", scep_read_listen, SERVER(door_listen), "", 0, 0,
	    NULL },
	{ "door_socket", scep_read_path, SERVER(door_socket), "", 0, 0,
	    NULL },
	{ "door_group", scep_read_name, SERVER(door_group), "", 0, 0, NULL },
	{ "door_user", scep_read_door_user, SERVER(door_user), "", 0, 0, NULL },
	{ "door_charset", scep_read_word, SERVER(door_utf16), "utf-8", 0, 0,
	    charsets },
};

static const struct scep_setting	ca_table[] = {
	{ "certificate", scep_read_path, CA(cert_path), NULL, 0, 0, NULL },
	{ "key", scep_read_path, CA(key_path), NULL, 0, 0, NULL },
	{ "chain", scep_read_path, CA(chain_path), "", 0, 0, NULL },
	{ "ra_certificate", scep_read_path, CA(ra_cert_path), "", 0, 0,
	    NULL },
	{ "ra_key", scep_read_path, CA(ra_key_path), "", 0, 0, NULL },
	{ "digest", scep_read_word, CA(digest), "sha256", 0, 0, digests },
	{ "insecure_one_key", scep_read_word, CA(insecure_one_key), "no", 0,
	    0, yes_no },
	{ "crl", scep_read_word, CA(crl), "yes", 0, 0, yes_no },
	{ "crl_validity", scep_read_duration, CA(crl_validity_s), "7d",
	    MINUTE, YEAR, NULL },
	{ "crl_overlap", scep_read_duration, CA(crl_overlap_s), "", 0, YEAR,
	    NULL },
	{ "ra_renew", scep_read_ra_renew, CA(ra_renew_s), "auto", DAY,
	    10 * YEAR, NULL },
	{ "ra_validity", scep_read_duration, CA(ra_validity_s), "3650d", DAY,
	    30 * YEAR, NULL },
};

int
scep_config_server_has(const char *key)
{
	return scep_config_has(key, server_table, LENGTH(server_table));
}

int
scep_config_ca_has(const char *key)
{
	return scep_config_has(key, ca_table, LENGTH(ca_table));
}

enum scep_err
scep_config_read_server(struct scep_reading *r)
{
	struct scep_server_conf	*server = &r->cfg->server;
	enum scep_err		 rc;

	if (*r->section->name != '\0')
		return scep_config_fault(r, "there is one server, and it has "
		    "no name; write [server]");
	if ((rc = scep_config_section(r, server_table, LENGTH(server_table),
	    NULL, 0, server)) != SCEP_OK)
		return rc;
	if ((rc = scep_config_check_doors(r)) != SCEP_OK ||
	    (rc = scep_config_check_proxies(r, server)) != SCEP_OK)
		return rc;
	if (server->linger_s == 0 || server->log_syslog)
		return SCEP_OK;
	r->entry = scep_conf_get(r->section, "linger");
	return scep_config_fault(r, "who lingers keeps no descriptor of the "
	    "web server's; add syslog to log =");
}

/* DESIGN: the RA's key opens what devices send, the CA's never does, unless
 * somebody says so aloud. */
static enum scep_err
check_keys(struct scep_reading *r, struct scep_ca_conf *ca)
{
	int	 has_cert = *ca->ra_cert_path != '\0';
	int	 has_key = *ca->ra_key_path != '\0';

	if (ca->insecure_one_key) {
		if (has_cert || has_key)
			return scep_config_fault(r, "insecure_one_key = yes "
			    "leaves no room for ra_certificate and ra_key; "
			    "take it out, and the CA is safer");
		memcpy(ca->ra_cert_path, ca->cert_path, SCEP_PATH_LEN);
		memcpy(ca->ra_key_path, ca->key_path, SCEP_PATH_LEN);
		return SCEP_OK;
	}
	if (!has_cert || !has_key)
		return scep_config_fault(r, "%s is missing: devices encrypt "
		    "to a key that is not the CA's; make one and issue its "
		    "certificate, or say insecure_one_key = yes",
		    has_cert ? "ra_key" : "ra_certificate");
	if (strcmp(ca->ra_key_path, ca->key_path) == 0)
		return scep_config_fault(r, "key and ra_key are one file; "
		    "make a key for the RA, or say insecure_one_key = yes");
	return SCEP_OK;
}

enum scep_err
scep_config_read_ca(struct scep_reading *r)
{
	struct scep_config	*cfg = r->cfg;
	struct scep_ca_conf	*ca;
	enum scep_err		 rc;

	if (!scep_config_is_name(r->section->name))
		return scep_config_fault(r, "a CA has a name of 1 to 32 "
		    "letters, digits, _ and -; write [ca NAME]");
	if (cfg->n_cas == SCEP_CAS_MAX)
		return scep_config_fault(r, "more than %d CAs",
		    SCEP_CAS_MAX);
	ca = &cfg->ca[cfg->n_cas++];
	memcpy(ca->name, r->section->name, strlen(r->section->name) + 1);
	ca->file = r->section->file;
	ca->line = r->section->line;
	if ((rc = scep_config_section(r, ca_table, LENGTH(ca_table), NULL, 0,
	    ca)) != SCEP_OK || (rc = scep_config_read_crl(r, ca)) != SCEP_OK)
		return rc;
	return check_keys(r, ca);
}
