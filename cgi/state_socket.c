/*
 * state_socket.c - the sockets in the state directory, by which the owner is
 * reached: admin.sock and ra.sock.
 *
 * Knows paths, modes and uids; what is said over them is admin_socket.c's and
 * ca/door.h's business.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "ca/config.h"
#include "cgi/state_socket.h"

#define BACKLOG		1024

/*
 * The address of DIR/NAME.  One that is too long for sockaddr_un is reached
 * through the open directory; *dir_fd is to be closed afterwards.
 */
static enum scep_err
address(const char *dir, const char *name, struct sockaddr_un *sun,
    int *dir_fd, struct scep_error *err)
{
	int	 len;

	memset(sun, 0, sizeof(*sun));
	sun->sun_family = AF_UNIX;
	*dir_fd = -1;
	len = snprintf(sun->sun_path, sizeof(sun->sun_path), "%s/%s", dir,
	    name);
	if (len > 0 && (size_t)len < sizeof(sun->sun_path))
		return SCEP_OK;
	*dir_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (*dir_fd == -1)
		return scep_fail(err, SCEP_E_CONFIG, "state directory %s: %s",
		    dir, strerror(errno));
	(void)snprintf(sun->sun_path, sizeof(sun->sun_path),
	    "/proc/self/fd/%d/%s", *dir_fd, name);
	return SCEP_OK;
}

/* We hold the lock: a socket that is there already has nobody behind it. */
static int
bind_fresh(int fd, const struct sockaddr_un *sun)
{
	mode_t	 mask;
	int	 rc;

	if (unlink(sun->sun_path) == -1 && errno != ENOENT)
		return -1;
	mask = umask(0177);
	rc = bind(fd, (const struct sockaddr *)sun, sizeof(*sun));
	(void)umask(mask);
	return rc;
}

enum scep_err
scep_state_listen(const char *dir, const char *name, int *fd,
    struct scep_error *err)
{
	struct sockaddr_un	 sun;
	char			 path[SCEP_PATH_LEN + 32];
	enum scep_err		 rc;
	int			 dir_fd;

	*fd = -1;
	if ((rc = address(dir, name, &sun, &dir_fd, err)) != SCEP_OK)
		return rc;
	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*fd == -1 || bind_fresh(*fd, &sun) == -1 ||
	    listen(*fd, BACKLOG) == -1) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
		rc = scep_file_fail(path, errno, err);
		if (*fd != -1)
			(void)close(*fd);
		*fd = -1;
	}
	if (dir_fd != -1)
		(void)close(dir_fd);
	return rc;
}

int
scep_state_peer(int fd, uid_t *uid)
{
	struct ucred	 peer;
	socklen_t	 len = sizeof(peer);

	*uid = (uid_t)-1;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == -1)
		return 0;
	*uid = peer.uid;
	return peer.uid == 0 || peer.uid == geteuid();
}

enum scep_err
scep_state_dial(const char *dir, const char *name, int *fd,
    struct scep_error *err)
{
	struct sockaddr_un	 sun;
	char			 path[SCEP_PATH_LEN + 32];
	enum scep_err		 rc;
	int			 dir_fd, why;

	*fd = -1;
	if ((rc = address(dir, name, &sun, &dir_fd, err)) != SCEP_OK)
		return rc;
	if ((*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1 ||
	    connect(*fd, (const struct sockaddr *)&sun, sizeof(sun)) == -1) {
		why = errno;
		(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
		rc = why == ENOENT || why == ENOTDIR || why == ECONNREFUSED ?
		    scep_fail(err, SCEP_E_NOTFOUND, "%s: %s", path,
		    strerror(why)) : scep_file_fail(path, why, err);
		if (*fd != -1)
			(void)close(*fd);
		*fd = -1;
	}
	if (dir_fd != -1)
		(void)close(dir_fd);
	return rc;
}
