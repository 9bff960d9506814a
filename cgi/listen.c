/*
 * listen.c - the socket on which web servers reach us.
 *
 * Not FCGX_OpenSocket(): it removes what is there without asking, listens on
 * all addresses, and exits.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "cgi/listen.h"

#define LISTEN_FDS_START	3	/* sd_listen_fds(3) */
#define WAIT_MS		2000	/* for a predecessor that is dying */
#define STEP_MS		20

static int
accepts(int fd)
{
	socklen_t	 len = sizeof(int);
	int		 on = 0;

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &len) == 0 &&
	    on != 0;
}

/* Does the environment announce a socket at descriptor 3? */
static int
is_announced(void)
{
	const char	*pid = getenv("LISTEN_PID"), *n = getenv("LISTEN_FDS");

	return pid != NULL && n != NULL &&
	    strtol(pid, NULL, 10) == (long)getpid() &&
	    strtol(n, NULL, 10) >= 1 && accepts(LISTEN_FDS_START);
}

int
scep_listen_given(void)
{
	return accepts(STDIN_FILENO) || is_announced();
}

int
scep_listen_settle(void)
{
	int	 fd;

	(void)close_range(is_announced() ? LISTEN_FDS_START + 1 : 3,
	    ~0U, 0);
	do
		fd = open("/dev/null", O_RDWR);
	while (fd != -1 && fd <= STDERR_FILENO);
	return fd != -1 && close(fd) == 0;
}

/* Away from 0, 1 and 2, where others expect something else. */
static enum scep_err
inherit(int fd, int *out, struct scep_error *err)
{
	int	 null;

	*out = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (*out == -1 || null == -1 || dup2(null, fd) == -1)
		return scep_fail(err, SCEP_E_INTERNAL,
		    "listening socket at descriptor %d: %s", fd,
		    strerror(errno));
	(void)close(null);
	return SCEP_OK;
}

static int
somebody_listens(const struct sockaddr_un *sun)
{
	int	 fd, rc;

	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0)) == -1)
		return 1;
	rc = connect(fd, (const struct sockaddr *)sun, sizeof(*sun));
	if (rc == -1 && errno == EAGAIN)	/* too many wait already */
		rc = 0;
	(void)close(fd);
	return rc == 0;
}

static void
wait_a_step(void)
{
	const struct timespec	 step = { 0, STEP_MS * 1000000L };

	(void)nanosleep(&step, NULL);
}

/* Only what nobody listens on may be replaced.  The workers of a supervisor
 * that was killed do so for some milliseconds longer. */
static enum scep_err
check_stale(const struct sockaddr_un *sun, struct scep_error *err)
{
	struct stat	 st;
	int		 waited;

	if (lstat(sun->sun_path, &st) == -1)
		return SCEP_OK;		/* bind(2) says if that is wrong */
	if (!S_ISSOCK(st.st_mode))
		return scep_fail(err, SCEP_E_CONFIG, "listen = unix:%s: "
		    "exists and is no socket; name another path, or move it "
		    "away: mv %s %s.old", sun->sun_path, sun->sun_path,
		    sun->sun_path);
	for (waited = 0; somebody_listens(sun); waited += STEP_MS) {
		if (waited >= WAIT_MS)
			return scep_fail(err, SCEP_E_BUSY, "listen = unix:%s: "
			    "another process listens there: ss -xlp",
			    sun->sun_path);
		wait_a_step();
	}
	return SCEP_OK;
}

/* Root makes it for the owner of the state.  The group stays: that of a
 * set-group-ID directory, say. */
static int
give_to_owner(const char *path, const char *state)
{
	struct stat	 st;

	return geteuid() != 0 || stat(state, &st) == -1 ||
	    lchown(path, st.st_uid, (gid_t)-1) == 0;
}

/*
 * Under a name of its own first, then renamed: at the name that web servers
 * know there is never a socket that does not listen yet.
 */
static int
bind_unix(int fd, const struct scep_server_conf *conf,
    const struct sockaddr_un *sun, struct sockaddr_un *fresh)
{
	mode_t	 mask = umask(0177);
	int	 rc;

	(void)unlink(fresh->sun_path);
	rc = bind(fd, (const struct sockaddr *)fresh, sizeof(*fresh));
	(void)umask(mask);
	if (rc == 0 && chmod(fresh->sun_path, conf->socket_mode) == 0 &&
	    give_to_owner(fresh->sun_path, conf->state) &&
	    listen(fd, conf->backlog) == 0 &&
	    rename(fresh->sun_path, sun->sun_path) == 0)
		return 1;
	rc = errno;
	(void)unlink(fresh->sun_path);
	errno = rc;
	return 0;
}

static enum scep_err
listen_unix(const struct scep_server_conf *conf, const char *path, int *fd,
    struct scep_error *err)
{
	struct sockaddr_un	 sun = { .sun_family = AF_UNIX };
	struct sockaddr_un	 fresh = { .sun_family = AF_UNIX };
	enum scep_err		 rc;
	int			 n;

	n = snprintf(fresh.sun_path, sizeof(fresh.sun_path), "%s.%ld", path,
	    (long)getpid());
	if (n < 0 || (size_t)n >= sizeof(fresh.sun_path))
		return scep_fail(err, SCEP_E_CONFIG,
		    "listen = unix:%s: longer than the %zu octets that a "
		    "socket's path may have", path,
		    sizeof(fresh.sun_path) - 12);
	memcpy(sun.sun_path, path, strlen(path) + 1);
	if ((rc = check_stale(&sun, err)) != SCEP_OK)
		return rc;
	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd != -1 && bind_unix(*fd, conf, &sun, &fresh))
		return SCEP_OK;
	(void)scep_file_fail(path, errno, err);
	return scep_fail_within(err, "listen");
}

/* "127.0.0.1:9000", "[::1]:9000"; numbers only. */
static struct addrinfo *
resolve(const char *text)
{
	const struct addrinfo	 hints = {
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
		.ai_socktype = SOCK_STREAM,
	};
	const char		*colon = strrchr(text, ':');
	struct addrinfo		*found = NULL;
	char			 host[64];
	size_t			 len;

	if (colon == NULL)
		return NULL;
	len = (size_t)(colon - text);
	if (text[0] == '[' && len > 2 && text[len - 1] == ']') {
		text++;
		len -= 2;
	}
	if (len == 0 || len >= sizeof(host))
		return NULL;
	memcpy(host, text, len);
	host[len] = '\0';
	return getaddrinfo(host, colon + 1, &hints, &found) == 0 ? found :
	    NULL;
}

static int
bind_inet(int fd, const struct addrinfo *ai)
{
	int	 waited, rc;

	for (waited = 0; (rc = bind(fd, ai->ai_addr, ai->ai_addrlen)) == -1 &&
	    errno == EADDRINUSE && waited < WAIT_MS; waited += STEP_MS)
		wait_a_step();
	return rc;
}

static enum scep_err
inet_failed(const char *at, int no, struct scep_error *err)
{
	static const struct {
		int		 no;
		enum scep_err	 code;
		const char	*mend;
	} remedies[] = {
		{ EADDRINUSE, SCEP_E_BUSY, "another process listens there: "
		    "ss -tlnp" },
		{ EACCES, SCEP_E_CONFIG, "only root may take ports below "
		    "1024: take a higher one, or unix:PATH" },
		{ EADDRNOTAVAIL, SCEP_E_CONFIG, "this machine has no such "
		    "address: ip address shows those it has" },
	};
	size_t	 i;

	for (i = 0; i < sizeof(remedies) / sizeof(remedies[0]); i++)
		if (remedies[i].no == no)
			return scep_fail(err, remedies[i].code, "listen = %s: "
			    "%s; %s", at, strerror(no), remedies[i].mend);
	return scep_fail(err, SCEP_E_CONFIG, "listen = %s: %s", at,
	    strerror(no));
}

static enum scep_err
listen_inet(const struct scep_server_conf *conf, int *fd,
    struct scep_error *err)
{
	struct addrinfo	*ai;
	enum scep_err	 rc = SCEP_OK;
	int		 on = 1;

	if ((ai = resolve(conf->listen)) == NULL)
		return scep_fail(err, SCEP_E_CONFIG,
		    "listen = %s: neither unix:PATH nor ADDRESS:PORT",
		    conf->listen);
	*fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd == -1 || setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &on,
	    sizeof(on)) == -1 ||
	    bind_inet(*fd, ai) == -1 ||
	    listen(*fd, conf->backlog) == -1)
		rc = inet_failed(conf->listen, errno, err);
	freeaddrinfo(ai);
	return rc;
}

static enum scep_err
find(const struct scep_server_conf *conf, struct scep_listener *out,
    struct scep_error *err)
{
	enum scep_err	 rc;

	if (accepts(STDIN_FILENO)) {
		out->is_watched = 1;
		return inherit(STDIN_FILENO, &out->fd, err);
	}
	if (is_announced())
		return inherit(LISTEN_FDS_START, &out->fd, err);
	if (strncmp(conf->listen, "unix:", 5) == 0) {
		if ((rc = listen_unix(conf, conf->listen + 5, &out->fd,
		    err)) == SCEP_OK)
			out->path = conf->listen + 5;
		return rc;
	}
	if (conf->listen[0] != '\0')
		return listen_inet(conf, &out->fd, err);
	return scep_fail(err, SCEP_E_CONFIG, "nothing to listen on: start it "
	    "by lighttpd (bin-path) or spawn-fcgi, or say `listen = "
	    "unix:PATH` or `listen = 127.0.0.1:PORT` in [server]");
}

enum scep_err
scep_listen_open(const struct scep_server_conf *conf,
    struct scep_listener *out, struct scep_error *err)
{
	enum scep_err	 rc;
	int		 flags;

	out->fd = -1;
	out->path = NULL;
	out->is_watched = 0;
	if ((rc = find(conf, out, err)) == SCEP_OK &&
	    ((flags = fcntl(out->fd, F_GETFL)) == -1 ||
	    fcntl(out->fd, F_SETFL, flags | O_NONBLOCK) == -1))
		rc = scep_fail(err, SCEP_E_INTERNAL, "listening socket: %s",
		    strerror(errno));
	(void)unsetenv("LISTEN_PID");
	(void)unsetenv("LISTEN_FDS");
	if (rc != SCEP_OK)
		scep_listen_close(out);
	return rc;
}

void
scep_listen_close(struct scep_listener *listener)
{
	if (listener->path != NULL)
		(void)unlink(listener->path);
	if (listener->fd != -1)
		(void)close(listener->fd);
	listener->fd = -1;
	listener->path = NULL;
}
