/*
 * linger.c - a server that a plain CGI run leaves behind for a while.
 *
 * It is this program again, with a socket at descriptor 0 that is found at
 * STATE/cgi.sock: supervisor, CA process and workers, as behind any other web
 * server.  It ends when nobody asked it for a while.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "cgi/linger.h"
#include "cgi/state.h"
#include "cgi/state_socket.h"

#define PROGRAM	"/proc/self/exe"
#define DELETED	" (deleted)"	/* proc(5) */
#define LIBRARIES	"LD_LIBRARY_PATH="	/* or it may not start */

int
scep_linger_dial(const struct scep_server_conf *conf)
{
	struct scep_error	 ignored;
	int			 fd;

	return scep_state_dial(conf->state, SCEP_CGI_SOCK, &fd, &ignored) ==
	    SCEP_OK ? fd : -1;
}

void
scep_linger_end(const struct scep_server_conf *conf)
{
	char	 path[SCEP_PATH_LEN + sizeof("/" SCEP_CGI_SOCK)];

	(void)snprintf(path, sizeof(path), "%s/" SCEP_CGI_SOCK, conf->state);
	(void)unlink(path);
}

/* The web server waits until nobody has its pipes any more; and whatever it
 * kills with a run, in a session of its own the server is not meant. */
static int
spawn(int listen_fd, char *const argv[], char *const envp[])
{
	posix_spawn_file_actions_t	 files;
	posix_spawnattr_t		 attr;
	pid_t				 pid;
	int				 r;

	if ((r = posix_spawn_file_actions_init(&files)) != 0)
		return r;
	if ((r = posix_spawnattr_init(&attr)) == 0) {
		if ((r = posix_spawn_file_actions_adddup2(&files, listen_fd,
		    STDIN_FILENO)) == 0 &&
		    (r = posix_spawn_file_actions_addopen(&files,
		    STDOUT_FILENO, "/dev/null", O_RDWR, 0)) == 0 &&
		    (r = posix_spawn_file_actions_addopen(&files,
		    STDERR_FILENO, "/dev/null", O_RDWR, 0)) == 0 &&
		    (r = posix_spawnattr_setflags(&attr,
		    POSIX_SPAWN_SETSID)) == 0)
			r = posix_spawn(&pid, PROGRAM, &files, &attr, argv,
			    envp);
		(void)posix_spawnattr_destroy(&attr);
	}
	(void)posix_spawn_file_actions_destroy(&files);
	return r;
}

/* As it stands in the environment, or NULL. */
static char *
variable(const char *start)
{
	char	**e;

	for (e = environ; e != NULL && *e != NULL; e++)
		if (strncmp(*e, start, strlen(start)) == 0)
			return *e;
	return NULL;
}

enum scep_err
scep_linger_start(const struct scep_server_conf *conf, struct scep_error *err)
{
	char		 name[] = "scep.fcgi", idle[32];
	char		 path[SCEP_PATH_LEN + sizeof("SCEP_CONF=")];
	char		*argv[] = { name, idle, NULL };
	char		*envp[] = { path, variable(LIBRARIES), NULL };
	enum scep_err	 rc;
	int		 fd, r;

	/* Another run was faster; its server waits for the lock. */
	if ((fd = scep_linger_dial(conf)) != -1) {
		(void)close(fd);
		return SCEP_OK;
	}
	(void)snprintf(idle, sizeof(idle), "--idle=%ld", conf->linger_s);
	r = snprintf(path, sizeof(path), "SCEP_CONF=%s",
	    scep_state_config_path(NULL));
	if (r < 0 || (size_t)r >= sizeof(path))
		return scep_fail(err, SCEP_E_CONFIG, "SCEP_CONF is too long");
	if ((rc = scep_state_listen(conf->state, SCEP_CGI_SOCK, &fd, err)) !=
	    SCEP_OK)
		return rc;
	if ((r = spawn(fd, argv, envp)) != 0) {
		rc = scep_fail(err, SCEP_E_INTERNAL, "no server could be left "
		    "behind: %s: %s; where the host forbids it, take linger = "
		    "out of scep.conf", PROGRAM, strerror(r));
		scep_linger_end(conf);
	}
	(void)close(fd);
	return rc;
}

int
scep_linger_is_replaced(void)
{
	char		 path[SCEP_PATH_LEN + sizeof(DELETED)];
	const ssize_t	 n = readlink(PROGRAM, path, sizeof(path));
	const ssize_t	 len = (ssize_t)strlen(DELETED);

	return n > len && memcmp(path + n - len, DELETED, (size_t)len) == 0;
}
