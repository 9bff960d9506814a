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
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "ca/config.h"
#include "cgi/state_socket.h"

#define BACKLOG		1024
#define FRESH		".new"	/* behind the name of one not open yet */

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

/* Its directory, and its name there. */
static void
door_place(const struct scep_server_conf *conf, char dir[SCEP_PATH_LEN],
    const char **name)
{
	const char	*slash = strrchr(conf->door_socket, '/');
	size_t		 len = sizeof(conf->state);

	*name = SCEP_DOOR_SOCK;
	if (slash == NULL)
		(void)snprintf(dir, len, "%s", conf->state);
	else {
		*name = slash + 1;
		(void)snprintf(dir, len, "%.*s", slash ==
		    conf->door_socket ? 1 : (int)(slash - conf->door_socket),
		    conf->door_socket);
	}
}

static enum scep_err
find_group(const char *name, gid_t *gid, struct scep_error *err)
{
	struct group	 gr, *found = NULL;
	char		 room[16384];

	if (getgrnam_r(name, &gr, room, sizeof(room), &found) != 0 ||
	    found == NULL)
		return scep_fail(err, SCEP_E_CONFIG, "door_group = %s: there "
		    "is no such group (getent group); make it: groupadd -r "
		    "%s", name, name);
	*gid = gr.gr_gid;
	return SCEP_OK;
}

enum scep_err
scep_state_check_door(const struct scep_server_conf *conf,
    struct scep_error *err)
{
	const char	*path = conf->door_socket;
	struct stat	 st;
	gid_t		 gid;

	if (path[0] != '\0' && lstat(path, &st) == 0 &&
	    !S_ISSOCK(st.st_mode))
		return scep_fail(err, SCEP_E_CONFIG, "door_socket = %s: "
		    "exists and is no socket; name another path, or move it "
		    "away: mv %s %s.old", path, path, path);
	return conf->door_group[0] != '\0' ? find_group(conf->door_group,
	    &gid, err) : SCEP_OK;
}

static enum scep_err
open_to_group(const char *path, const char *group, struct scep_error *err)
{
	enum scep_err	 rc;
	gid_t		 gid;

	if ((rc = find_group(group, &gid, err)) != SCEP_OK)
		return rc;
	if (chown(path, (uid_t)-1, gid) == 0 && chmod(path, 0660) == 0)
		return SCEP_OK;
	if (errno == EPERM)
		return scep_fail(err, SCEP_E_CONFIG, "door_group = %s: uid "
		    "%lu is not a member, and cannot give %s to it: usermod "
		    "-a -G %s USER", group, (unsigned long)geteuid(), path,
		    group);
	return scep_file_fail(path, errno, err);
}

enum scep_err
scep_state_listen_door(const struct scep_server_conf *conf, int *fd,
    struct scep_error *err)
{
	const char	*name, *path = conf->door_socket;
	char		 dir[SCEP_PATH_LEN], fresh[SCEP_PATH_LEN];
	enum scep_err	 rc;

	*fd = -1;
	door_place(conf, dir, &name);
	if ((rc = scep_state_check_door(conf, err)) != SCEP_OK)
		return rc;
	if (conf->door_group[0] == '\0')
		return scep_state_listen(dir, name, fd, err);
	/* Under another name first: whoever finds it may come in. */
	if (snprintf(fresh, sizeof(fresh), "%s" FRESH, path) >=
	    (int)sizeof(fresh))
		return scep_file_fail(path, ENAMETOOLONG, err);
	if ((rc = scep_state_listen(dir, fresh + (name - path), fd, err)) !=
	    SCEP_OK)
		return rc;
	if ((rc = open_to_group(fresh, conf->door_group, err)) == SCEP_OK &&
	    rename(fresh, path) == -1)
		rc = scep_file_fail(path, errno, err);
	if (rc == SCEP_OK)
		return rc;
	(void)unlink(fresh);
	(void)close(*fd);
	*fd = -1;
	return rc;
}

enum scep_err
scep_state_dial_door(const struct scep_server_conf *conf, int *fd,
    struct scep_error *err)
{
	const char	*name;
	char		 dir[SCEP_PATH_LEN];

	door_place(conf, dir, &name);
	return scep_state_dial(dir, name, fd, err);
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
