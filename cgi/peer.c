/*
 * peer.c - who asks, by the web server's word; and by a proxy's, where that is
 * trusted.
 *
 * A header is whatever its sender likes.  Each proxy adds on the right whom it
 * was asked by: from there on, what a trusted one wrote is believed, and
 * nothing that stands further left.
 */
#include <stdio.h>
#include <string.h>

#include "cgi/peer.h"

/* The value of a variable, or NULL; *n is how often it is there. */
static const char *
find(char *const *env, const char *name, int *n)
{
	const size_t	 len = strlen(name);
	const char	*value = NULL;

	for (*n = 0; env != NULL && *env != NULL; env++)
		if (strncmp(*env, name, len) == 0 && (*env)[len] == '=') {
			if ((*n)++ == 0)
				value = *env + len + 1;
		}
	return value;
}

static int
is_trusted(const struct scep_server_conf *conf, const struct scep_inet *addr)
{
	size_t	 i;

	for (i = 0; i < conf->n_proxies; i++)
		if (scep_inet_net_has(&conf->proxy[i], addr))
			return 1;
	return 0;
}

/* nginx says "unix:" of who asks it by a unix socket, others nothing. */
static int
is_proxy(const struct scep_server_conf *conf, const char *remote)
{
	struct scep_inet	 addr;

	if (*remote == '\0' || strcmp(remote, "unix:") == 0)
		return conf->proxy_is_local;
	return scep_inet_read(remote, &addr) && is_trusted(conf, &addr);
}

/* "192.0.2.1", "2001:db8::1"; some add a port: "192.0.2.1:4711",
 * "[2001:db8::1]:4711". */
static int
read_item(const char *start, size_t len, struct scep_inet *out)
{
	char	 text[SCEP_INET_TEXT + 8], *colon;

	while (len > 0 && (*start == ' ' || *start == '\t')) {
		start++;
		len--;
	}
	while (len > 0 && (start[len - 1] == ' ' || start[len - 1] == '\t'))
		len--;
	if (len == 0 || len >= sizeof(text))
		return 0;
	memcpy(text, start, len);
	text[len] = '\0';
	if (*text == '[') {
		if ((colon = strchr(text, ']')) == NULL || (colon[1] != '\0' &&
		    (colon[1] != ':' || colon[2] == '\0' ||
		    colon[2 + strspn(colon + 2, "0123456789")] != '\0')))
			return 0;
		*colon = '\0';
		return strchr(text + 1, ':') != NULL &&
		    scep_inet_read(text + 1, out);
	}
	if ((colon = strchr(text, ':')) != NULL &&
	    strchr(colon + 1, ':') == NULL) {
		if (colon[1] == '\0' ||
		    colon[1 + strspn(colon + 1, "0123456789")] != '\0')
			return 0;
		*colon = '\0';
	}
	return scep_inet_read(text, out);
}

/* From the right; 0 if there is none, or something that is no address stands
 * before it. */
static int
find_client(const struct scep_server_conf *conf, const char *list,
    struct scep_inet *out)
{
	const char	*end = list + strlen(list), *start;

	for (;; end = start - 1) {
		for (start = end; start > list && start[-1] != ','; start--)
			continue;
		if (!read_item(start, (size_t)(end - start), out))
			return 0;
		if (!is_trusted(conf, out))
			return 1;
		if (start == list)
			return 0;
	}
}

/* Twice the same header, as by X_Forwarded_For next to X-Forwarded-For: which
 * one is the proxy's is not known. */
void
scep_peer_find(const struct scep_server_conf *conf, char *const *env,
    char out[SCEP_PEER_MAX])
{
	struct scep_inet	 addr;
	const char		*remote, *list;
	int			 n;

	out[0] = '\0';
	if ((remote = find(env, "REMOTE_ADDR", &n)) == NULL)
		remote = "";
	if (strlen(remote) >= SCEP_PEER_MAX)
		return;
	(void)snprintf(out, SCEP_PEER_MAX, "%s", remote);
	if (conf->client_header[0] == '\0' || !is_proxy(conf, remote))
		return;
	list = find(env, conf->client_header, &n);
	if (n == 1 && find_client(conf, list, &addr))
		scep_inet_text(&addr, out);
}
