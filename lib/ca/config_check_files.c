/*
 * config_check_files.c - faults that the file system shows: who can reach the
 * state, the keys, what the CA believes, and the socket.
 */
#include <sys/stat.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "ca/config_check.h"

void
scep_check_report(struct scep_check *c, int fatal, const char *fmt, ...)
{
	char	 text[sizeof(c->err->text)];
	va_list	 ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (fatal && c->err->text[0] == '\0')
		(void)scep_fail(c->err, SCEP_E_CONFIG, "%s", text);
	if (fatal && c->fault == NULL)
		c->fatal++;
	if (fatal && c->fault != NULL && *c->fault == '\0')
		(void)snprintf(c->fault, SCEP_FAULT_LEN, "%.*s",
		    SCEP_FAULT_LEN - 1, text);
	if (c->fn != NULL)
		c->fn(c->arg, fatal, text);
}

void
scep_check_state(struct scep_check *c)
{
	const char	*dir = c->cfg->server.state;
	struct stat	 st;

	if (stat(dir, &st) == -1 || !S_ISDIR(st.st_mode)) {
		report(c, 1, "%s: the state directory is not there; install "
		    "-d -m 700 %s", dir, dir);
		return;
	}
	if (st.st_uid != geteuid())
		report(c, 1, "%s: the state directory belongs to uid %u and "
		    "this is uid %u; run it as that user, or chown -R %u %s",
		    dir, (unsigned int)st.st_uid, (unsigned int)geteuid(),
		    (unsigned int)geteuid(), dir);
	if ((st.st_mode & 077) != 0)
		report(c, 1, "%s: mode %04o lets others into the state "
		    "directory; chmod 700 %s", dir,
		    (unsigned int)st.st_mode & 07777, dir);
}

void
scep_check_secret(struct scep_check *c, const char *path)
{
	struct stat	 st;

	if (lstat(path, &st) == -1)
		report(c, 1, "%s: no such file any more; restore it", path);
	else if ((st.st_mode & 077) != 0)
		report(c, 1, "%s: mode %04o lets others at a secret; chmod "
		    "600 %s", path, (unsigned int)st.st_mode & 07777, path);
}

/* Who can write what the CA believes can be the CA. */
void
scep_check_public(struct scep_check *c, const char *path)
{
	struct stat	 st;

	if (*path == '\0' || stat(path, &st) == -1)
		return;
	if ((st.st_mode & 02) != 0)
		report(c, 1, "%s: mode %04o lets anybody change it; chmod "
		    "o-w %s", path, (unsigned int)st.st_mode & 07777, path);
	else if ((st.st_mode & 020) != 0)
		report(c, 0, "%s: mode %04o lets its group change it; chmod "
		    "g-w %s", path, (unsigned int)st.st_mode & 07777, path);
}

void
scep_check_ca_files(struct scep_check *c, const struct scep_ca_conf *ca)
{
	scep_check_secret(c, ca->key_path);
	scep_check_public(c, ca->cert_path);
	scep_check_public(c, ca->chain_path);
	if (ca->insecure_one_key)
		return;
	scep_check_secret(c, ca->ra_key_path);
	scep_check_public(c, ca->ra_cert_path);
}

/* It would be refused at each call. */
void
scep_check_hook(struct scep_check *c, const char *file, int line,
    const char *name, const struct scep_hook *hook)
{
	struct scep_error	 why;

	if (hook->kind != SCEP_HOOK_NONE &&
	    scep_hook_check(hook, geteuid(), &why) != SCEP_OK)
		report(c, 1, "%s:%d: [profile %s]: %s", file, line, name,
		    why.text);
}

void
scep_check_notify(struct scep_check *c, const struct scep_profile *p)
{
	const struct scep_hook	*hook = &p->notify.hook;
	struct scep_error	 why;

	if (hook->kind != SCEP_HOOK_NONE &&
	    scep_hook_check(hook, geteuid(), &why) != SCEP_OK)
		report(c, 0, "%s:%d: [profile %s]: notify: nobody is told, "
		    "and notices wait: %s", p->file, p->line, p->name,
		    why.text);
}

static int
is_unix(const char *at)
{
	return strncmp(at, "unix:", 5) == 0;
}

/* No fault: a web server may bring the socket along. */
static void
check_place(struct scep_check *c, const char *key, const char *at)
{
	struct stat	 st;

	if (is_unix(at) && stat(at + 5, &st) == 0 && !S_ISSOCK(st.st_mode))
		report(c, 0, "%s = %s: exists and is no socket; name another "
		    "path, or move it away: mv %s %s.old", key, at, at + 5,
		    at + 5);
	if (*at != '\0' && !is_unix(at) && strncmp(at, "127.", 4) != 0 &&
	    strncmp(at, "[::1]:", 6) != 0)
		report(c, 0, "%s = %s: anybody in the network can speak "
		    "FastCGI to it and make up a peer's address; use unix: "
		    "or 127.0.0.1, or keep a firewall in front", key, at);
}

/* FastCGI has no password: who reaches the socket says whom it speaks for. */
void
scep_check_listen(struct scep_check *c)
{
	const struct scep_server_conf	*server = &c->cfg->server;
	const char			*door = server->door_listen;

	check_place(c, "listen", server->listen);
	check_place(c, "door_listen", door);
	if (*door != '\0' && !is_unix(door) && server->door_user[0] != '\0')
		report(c, 0, "door_listen = %s: whoever can connect there, any "
		    "local user at least, can say that he is any user "
		    "(door_user); use unix:, whose mode keeps others out",
		    door);
	if ((server->socket_mode & 02) != 0 && (is_unix(server->listen) ||
	    is_unix(door)))
		report(c, 0, "socket_mode = %04o: any local user can speak "
		    "FastCGI to it; 0660 and a common group will do",
		    server->socket_mode);
}
