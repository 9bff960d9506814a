/*
 * doctor_fix.c - which line to change in which file of which server: a table.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cgi/doctor_fix.h"

/* Where each of them keeps its configuration on Debian. */
#define NGINX	" (/etc/nginx/nginx.conf or the file in sites-enabled)"
#define LIGHTY	" (/etc/lighttpd/lighttpd.conf)"
#define APACHE	" (the file in /etc/apache2/sites-enabled)"

static const struct {
	enum doctor_server	 server;
	const char		*word;	/* how its Server: header begins */
	const char		*name;
} servers[DOCTOR_SERVER__MAX] = {
	{ DOCTOR_NGINX,		"nginx",	"nginx" },
	{ DOCTOR_LIGHTTPD,	"lighttpd",	"lighttpd" },
	{ DOCTOR_APACHE,	"Apache",	"Apache" },
};

/* One text for all servers in any, or one for each. */
static const struct {
	const char	*any;
	const char	*text[DOCTOR_SERVER__MAX];
} fixes[DOCTOR_FIX__MAX] = {
	[DOCTOR_FIX_ROUTE] = { NULL, {
	    [DOCTOR_NGINX] = "location ~ ^/scep(?<scep_path>/.*)?$ with "
	    "fastcgi_pass, in the server block of this host" NGINX
	    "; is the path in `url` of scep.conf the same?",
	    [DOCTOR_LIGHTTPD] = "fastcgi.server = ( \"/scep\" => … \"check-"
	    "local\" => \"disable\" )" LIGHTY
	    "; is the path in `url` of scep.conf the same?",
	    [DOCTOR_APACHE] = "<Location /scep> with SetHandler, or "
	    "ScriptAlias /scep, in the VirtualHost of this host" APACHE
	    "; is the path in `url` of scep.conf the same?" } },
	[DOCTOR_FIX_PATHINFO] = { NULL, {
	    [DOCTOR_NGINX] = "location ~ ^/scep(?<scep_path>/.*)?$ with "
	    "fastcgi_param PATH_INFO $scep_path, not location = /scep" NGINX,
	    [DOCTOR_LIGHTTPD] = "fastcgi.server = ( \"/scep\" => … ) with "
	    "\"check-local\" => \"disable\"" LIGHTY,
	    [DOCTOR_APACHE] = "<Location /scep> or ScriptAlias /scep without "
	    "a slash at the end, AcceptPathInfo On" APACHE } },
	[DOCTOR_FIX_DOWN] = { NULL, {
	    [DOCTOR_NGINX] = "fastcgi_pass must name the socket of `listen` "
	    "in scep.conf, and nginx's user must be in its group" NGINX
	    "; is scep.fcgi running? nginx's error_log says which",
	    [DOCTOR_LIGHTTPD] = "\"bin-path\" or \"socket\" in "
	    "fastcgi.server" LIGHTY "; server.errorlog and "
	    "server.breakagelog say why scep.fcgi does not run",
	    [DOCTOR_APACHE] = "SetHandler \"proxy:unix:PATH|fcgi://…\" must "
	    "name the socket of `listen` in scep.conf" APACHE
	    "; is scep.fcgi running? ErrorLog says which" } },
	[DOCTOR_FIX_LISTEN] = { "is the web server running, does it listen at "
	    "this address and port, does a firewall let devices through? "
	    "`url` in [server] of scep.conf must be where it listens",
	    { NULL } },
	[DOCTOR_FIX_TLS] = { "the web server's certificate must be for this "
	    "host, valid, with its chain, from a CA that devices trust; give "
	    "a private one to doctor with --ca-file", { NULL } },
	[DOCTOR_FIX_AUTH] = { NULL, {
	    [DOCTOR_NGINX] = "no auth_basic, deny or ssl_verify_client in the "
	    "location of /scep: devices cannot log in" NGINX,
	    [DOCTOR_LIGHTTPD] = "no auth.require and no url.access-deny for "
	    "/scep: devices cannot log in" LIGHTY,
	    [DOCTOR_APACHE] = "Require all granted in <Location /scep>: "
	    "devices cannot log in" APACHE } },
	[DOCTOR_FIX_METHOD] = { NULL, {
	    [DOCTOR_NGINX] = "no limit_except in the location of /scep, and "
	    "fastcgi_param REQUEST_METHOD $request_method in it" NGINX,
	    [DOCTOR_LIGHTTPD] = "no rule for $HTTP[\"request-method\"] about "
	    "/scep" LIGHTY,
	    [DOCTOR_APACHE] = "no <Limit> or <LimitExcept> about /scep"
	    APACHE } },
	[DOCTOR_FIX_REDIRECT] = { NULL, {
	    [DOCTOR_NGINX] = "no return 301 or rewrite … redirect for /scep, "
	    "or the URL it leads to in `url` of scep.conf" NGINX,
	    [DOCTOR_LIGHTTPD] = "no url.redirect for /scep, or the URL it "
	    "leads to in `url` of scep.conf" LIGHTY,
	    [DOCTOR_APACHE] = "no Redirect or RewriteRule [R] for /scep, or "
	    "the URL it leads to in `url` of scep.conf" APACHE } },
	[DOCTOR_FIX_LINE] = { NULL, {
	    [DOCTOR_NGINX] = "large_client_header_buffers 4 32k; in http or "
	    "in the default server of the address" NGINX,
	    [DOCTOR_LIGHTTPD] = "server.max-request-field-size = 32768"
	    LIGHTY,
	    [DOCTOR_APACHE] = "LimitRequestLine 32768 in the first "
	    "VirtualHost of the address" APACHE } },
	[DOCTOR_FIX_BODY] = { NULL, {
	    [DOCTOR_NGINX] = "client_max_body_size 512k; in the server block "
	    "or the location of /scep" NGINX,
	    [DOCTOR_LIGHTTPD] = "server.max-request-size = 512 (KiB)" LIGHTY,
	    [DOCTOR_APACHE] = "with mod_fcgid FcgidMaxRequestLen 524288; "
	    "with plain CGI LimitRequestBody 524288 (mod_proxy_fcgi has no "
	    "limit)" APACHE } },
	[DOCTOR_FIX_LIMIT] = { "this address or the profile is blocked: "
	    "scepadm limits list shows for how long, scepadm limits clear "
	    "ends that (LIMITS in scep.conf(5)); if neither is, the web "
	    "server has a limit of its own", { NULL } },
	[DOCTOR_FIX_CONTROLS] = { NULL, {
	    [DOCTOR_NGINX] = "nginx lets %0A through: no rewrite of /scep and "
	    "no rule against it in another proxy or filter in front" NGINX,
	    [DOCTOR_LIGHTTPD] = "server.http-parseopts = ( \"url-ctrls-"
	    "reject\" => \"disable\" )" LIGHTY,
	    [DOCTOR_APACHE] = "SetHandler or ScriptAlias for /scep; a "
	    "RewriteRule or ProxyPassMatch in front of it refuses %0A" APACHE
	    } },
	[DOCTOR_FIX_QUERY] = { NULL, {
	    [DOCTOR_NGINX] = "fastcgi_param QUERY_STRING $query_string, and "
	    "no rewrite of /scep" NGINX,
	    [DOCTOR_LIGHTTPD] = "no url.rewrite of /scep, and server.http-"
	    "parseopts without \"url-query-20-plus\"" LIGHTY,
	    [DOCTOR_APACHE] = "no RewriteRule in front of /scep (or with [NE,"
	    "QSA]); AllowEncodedSlashes NoDecode for %2F in a path" APACHE
	    } },
	[DOCTOR_FIX_CHUNKED] = { NULL, {
	    [DOCTOR_NGINX] = "fastcgi_request_buffering on, "
	    "chunked_transfer_encoding on (the defaults)" NGINX,
	    [DOCTOR_LIGHTTPD] = "server.stream-request-body = 0 (the default)"
	    LIGHTY,
	    [DOCTOR_APACHE] = "SetEnv proxy-sendcl 1 in <Location /scep>"
	    APACHE } },
	[DOCTOR_FIX_TYPE] = { NULL, {
	    [DOCTOR_NGINX] = "no charset, no error_page with =200 and no "
	    "proxy_hide_header about Content-Type for /scep" NGINX,
	    [DOCTOR_LIGHTTPD] = "no setenv.set-response-header of Content-"
	    "Type for /scep" LIGHTY,
	    [DOCTOR_APACHE] = "no AddDefaultCharset, ForceType or Header set "
	    "Content-Type for /scep" APACHE } },
	[DOCTOR_FIX_ERRORS] = { NULL, {
	    [DOCTOR_NGINX] = "fastcgi_intercept_errors off; (the default)"
	    NGINX,
	    [DOCTOR_LIGHTTPD] = "server.error-intercept = \"disable\" (the "
	    "default), no server.errorfile-prefix for it" LIGHTY,
	    [DOCTOR_APACHE] = "ProxyErrorOverride Off (the default)" APACHE
	    } },
	[DOCTOR_FIX_CAPS] = { "scep.fcgi announces only what `digests`, "
	    "`ciphers` and `legacy` of its [profile] in scep.conf allow, but "
	    "for what `caps_hide` leaves out: look for a file, "
	    "a fixed answer or a cache for operation=GetCACaps in the web "
	    "server (nginx: return, proxy_cache, fastcgi_cache; lighttpd: "
	    "check-local; Apache: Alias, CacheEnable)", { NULL } },
	[DOCTOR_FIX_CHAIN] = { "`certificate`, `ra_certificate` and `chain` "
	    "in [ca NAME] of scep.conf (scepadm check says more), then "
	    "restart scep.fcgi; or a file or a cache for "
	    "operation=GetCACert in the web server", { NULL } },
	[DOCTOR_FIX_USAGE] = { "another certificate for `certificate` or "
	    "`ra_certificate` in [ca NAME] of scep.conf: the RA's needs "
	    "keyUsage digitalSignature and keyEncipherment and an RSA key, "
	    "the CA's CA:TRUE and keyCertSign", { NULL } },
	[DOCTOR_FIX_DATES] = { "a new certificate for `certificate` or "
	    "`ra_certificate` in [ca NAME] of scep.conf; is the clock right?",
	    { NULL } },
	[DOCTOR_FIX_OTHER_CA] = { "restart scep.fcgi if scep.conf has changed "
	    "since; is this the scep.conf that it reads (-c, SCEP_CONF), and "
	    "the profile that the URL leads to?", { NULL } },
	[DOCTOR_FIX_REFUSED] = { "scep.fcgi's log has the reason in the line "
	    "of this request; subject_allow and subject_require of the "
	    "[profile] in scep.conf must allow the name (--subject gives "
	    "another one), rsa_bits the key, and a challenge must be live and "
	    "for this name", { NULL } },
	[DOCTOR_FIX_LOG] = { "the error log of the web server, or the line of "
	    "this request in the log of scep.fcgi, has the reason",
	    { NULL } },
};

enum doctor_server
doctor_server_of(const char *header)
{
	size_t	 i;

	for (i = 0; i < DOCTOR_SERVER__MAX; i++)
		if (strncasecmp(header, servers[i].word,
		    strlen(servers[i].word)) == 0)
			return servers[i].server;
	return DOCTOR_UNKNOWN;
}

enum doctor_fix
doctor_fix_of(long status, enum doctor_fix otherwise)
{
	static const struct {
		long		 status;
		enum doctor_fix	 fix;
	} known[] = {
		{ 301, DOCTOR_FIX_REDIRECT },
		{ 302, DOCTOR_FIX_REDIRECT },
		{ 303, DOCTOR_FIX_REDIRECT },
		{ 307, DOCTOR_FIX_REDIRECT },
		{ 308, DOCTOR_FIX_REDIRECT },
		{ 401, DOCTOR_FIX_AUTH },
		{ 403, DOCTOR_FIX_AUTH },
		{ 404, DOCTOR_FIX_ROUTE },
		{ 405, DOCTOR_FIX_METHOD },
		{ 413, DOCTOR_FIX_BODY },
		{ 414, DOCTOR_FIX_LINE },
		{ 429, DOCTOR_FIX_LIMIT },
		{ 431, DOCTOR_FIX_LINE },
		{ 502, DOCTOR_FIX_DOWN },
		{ 503, DOCTOR_FIX_DOWN },
		{ 504, DOCTOR_FIX_DOWN },
	};
	size_t	 i;

	/* What was asked for explains a status better than its number. */
	if (otherwise != DOCTOR_FIX_LOG && otherwise != DOCTOR_FIX_TYPE &&
	    (status < 300 || (status >= 400 && status < 500 &&
	    status != 413 && status != 414 && status != 429 &&
	    status != 431)))
		return otherwise;
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].status == status)
			return known[i].fix;
	return otherwise;
}

void
doctor_fix_text(enum doctor_fix fix, enum doctor_server server, char *out,
    size_t size)
{
	size_t	 i, n = 0;
	int	 r;

	if (fixes[fix].any != NULL || server != DOCTOR_UNKNOWN) {
		(void)snprintf(out, size, "%s", fixes[fix].any != NULL ?
		    fixes[fix].any : fixes[fix].text[server]);
		return;
	}
	out[0] = '\0';
	for (i = 0; i < DOCTOR_SERVER__MAX; i++) {
		r = snprintf(out + n, size - n, "%s%s: %s", i > 0 ? "; " : "",
		    servers[i].name, fixes[fix].text[i]);
		if (r < 0 || (size_t)r >= size - n)
			return;
		n += (size_t)r;
	}
}
