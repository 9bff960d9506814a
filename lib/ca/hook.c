/*
 * hook.c - how a program or a URL is written in scep.conf.
 *
 * Does not look whether it is there: hook_check.c does that.
 */
#include <string.h>

#include <openssl/crypto.h>

#include "ca/hook.h"

#define EXEC	"exec:"
#define HTTP	"http:"
#define PORT_MAX	65535

static int
begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* Without TLS nothing leaves this machine. */
static int
is_local(const char *url)
{
	static const char *const	 names[] = { "localhost", "127.0.0.1",
					    "[::1]" };
	const char			*host = url + strlen("http://");
	size_t				 len = strcspn(host, ":/?#"), i;

	if (*host == '[')
		len = strcspn(host, "]") + 1;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == len &&
		    strncmp(host, names[i], len) == 0 &&
		    (host[len] == '\0' || strchr(":/?#", host[len]) != NULL))
			return 1;
	return 0;
}

/* Without one, that of the scheme is meant. */
static int
has_good_port(const char *authority)
{
	const char	*end = authority + strcspn(authority, "/?#");
	const char	*p = authority;
	long		 port = 0;

	if (*p == '[' && (p = memchr(p, ']', (size_t)(end - p))) == NULL)
		return 0;
	if ((p = memchr(p, ':', (size_t)(end - p))) == NULL)
		return 1;
	if (++p == end)
		return 0;
	for (; p < end && *p >= '0' && *p <= '9' && port <= PORT_MAX; p++)
		port = 10 * port + (*p - '0');
	return p == end && port >= 1 && port <= PORT_MAX;
}

static int
is_url(const char *url, const char **why)
{
	const char	*host = strstr(url, "://");

	if (!begins(url, "http://") && !begins(url, "https://"))
		*why = "a URL begins with https://";
	else if (url[strcspn(url, "\"\\<>^`{|}")] != '\0')
		*why = "a URL has none of \" \\ < > ^ ` { | }";
	else if (host[3] == '\0' || host[3] == '/' || host[3] == ':' ||
	    strchr(host, '@') != NULL)
		*why = "a URL names a host, and no user";
	else if (!has_good_port(host + 3))
		*why = "a port in a URL is behind the host, from 1 to 65535";
	else if (begins(url, "http://") && !is_local(url))
		*why = "without TLS only localhost, 127.0.0.1 and [::1] are "
		    "asked; write https://";
	return *why == NULL;
}

static enum scep_hook_kind
read_kind(const char *text, const char **target, const char **why)
{
	*target = text;
	if (begins(text, EXEC)) {
		*target = text + strlen(EXEC);
		if (**target != '/' || (*target)[1] == '\0')
			*why = "a program is given by its absolute path, "
			    "exec:/path";
		return SCEP_HOOK_EXEC;
	}
	if (!begins(text, HTTP) && !begins(text, "https:"))
		return SCEP_HOOK_NONE;
	if (begins(text, HTTP "http:") || begins(text, HTTP "https:"))
		*target = text + strlen(HTTP);
	(void)is_url(*target, why);
	return SCEP_HOOK_HTTP;
}

int
scep_hook_parse(const char *text, struct scep_hook *hook, const char **why)
{
	const char		*target;
	enum scep_hook_kind	 kind;

	*why = NULL;
	kind = read_kind(text, &target, why);
	if (kind == SCEP_HOOK_NONE || *why != NULL)
		return 0;
	if (strlen(target) >= sizeof(hook->target)) {
		*why = "it is longer than 1023 octets";
		return 0;
	}
	hook->kind = kind;
	memcpy(hook->target, target, strlen(target) + 1);
	return 1;
}

void
scep_hook_clear(struct scep_hook *hook)
{
	OPENSSL_cleanse(hook->key.data, hook->key.len);
	scep_buf_clear(&hook->key);
	memset(hook, 0, sizeof(*hook));
}
