/*
 * config_door.c - the keys of [server] that are for scep-admin.fcgi.
 *
 * Knows whose word a variable is, and which sockets must not be the same one.
 */
#include <string.h>

#include "ca/config_local.h"

#define UNIX		"unix:"		/* in front of a path, in listen */

/* A header, a URL and the name in it become variables too (RFC 3875, and what
 * web servers add), and they are the client's word. */
static int
is_clients_word(const char *name)
{
	static const char	*const fronts[] = {
		"CONTENT_", "DOCUMENT_", "HTTP_", "PATH_", "QUERY_",
		"REMOTE_IDENT", "REMOTE_PORT", "REQUEST_", "SCRIPT_",
		"SERVER_", "SSL_TLS_SNI"
	};
	static const char	 again[] = "REDIRECT_";	/* Apache's */
	size_t			 i;

	while (strncmp(name, again, sizeof(again) - 1) == 0)
		name += sizeof(again) - 1;
	for (i = 0; i < sizeof(fronts) / sizeof(fronts[0]); i++)
		if (strncmp(name, fronts[i], strlen(fronts[i])) == 0)
			return 1;
	return *name == '\0' || strcmp(name, "URL") == 0;
}

enum scep_err
scep_read_door_user(struct scep_reading *r, const struct scep_setting *s,
    void *to)
{
	const char	*value = r->entry->value;

	(void)s;
	if (*value == '\0' || strlen(value) >= SCEP_NAME_LEN ||
	    value[strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")] !=
	    '\0')
		return scep_config_fault(r, "the name of a variable that the "
		    "web server sets, such as REMOTE_USER or "
		    "SSL_CLIENT_S_DN, got \"%.64s\"", value);
	if (is_clients_word(value))
		return scep_config_fault(r, "%s is what the client says, in a "
		    "header or in the URL, and anybody can say it; name a "
		    "variable that the web server sets, such as REMOTE_USER",
		    value);
	memcpy(to, value, strlen(value) + 1);
	return SCEP_OK;
}

/* What is fault of this key, at its line. */
static const struct scep_reading *
at(struct scep_reading *r, const char *key)
{
	r->entry = scep_conf_get(r->section, key);
	return r;
}

/* A socket takes the place of another one there, which nobody would reach from
 * then on. */
static int
is_same(const char *listen, const char *path)
{
	return strncmp(listen, UNIX, sizeof(UNIX) - 1) == 0 &&
	    strcmp(listen + sizeof(UNIX) - 1, path) == 0;
}

enum scep_err
scep_config_check_doors(struct scep_reading *r)
{
	const struct scep_server_conf	*server = &r->cfg->server;
	const char			*path = server->door_socket;

	if (server->door_group[0] != '\0' && path[0] == '\0')
		return scep_config_fault(at(r, "door_group"), "%s: nobody else "
		    "gets into the state directory, where door.sock is; name "
		    "another place, such as door_socket = "
		    "/run/scep/door.sock", server->door_group);
	if (server->door_listen[0] != '\0' &&
	    strcmp(server->door_listen, server->listen) == 0)
		return scep_config_fault(at(r, "door_listen"), "%s is where "
		    "scep.fcgi listens; name another place for "
		    "scep-admin.fcgi", server->door_listen);
	if (path[0] != '\0' && (is_same(server->listen, path) ||
	    is_same(server->door_listen, path)))
		return scep_config_fault(at(r, "door_socket"), "%s is where a "
		    "web server is listened to; name another place, such as "
		    "/run/scep/door.sock, for what scep-admin.fcgi asks",
		    path);
	return SCEP_OK;
}
