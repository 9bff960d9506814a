/*
 * state.c - the state directory: who owns it, and how to reach the owner.
 *
 * One process has the database open, and it holds DIR/lock; everybody else
 * asks it over DIR/admin.sock.
 */
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "ca/frame.h"
#include "cgi/log.h"
#include "cgi/state.h"

#define LOCK_STEP_MS	10
#define SERVE_MS	10000	/* silence of a scepadm */
#define ASK_MS		120000	/* silence of the owner: many challenges */
#define BACKLOG		64

const char *
scep_state_config_path(const char *path)
{
	if (path == NULL)
		path = getenv("SCEP_CONF");
	return path != NULL && path[0] != '\0' ? path : SCEP_CONF_PATH;
}

enum scep_err
scep_state_config(const struct scep_crypto *crypto, const char *path,
    int with_keys, struct scep_config **out, struct scep_error *err)
{
	struct scep_conf	*conf = NULL;
	enum scep_err		 rc;

	*out = NULL;
	if ((rc = scep_conf_load(scep_state_config_path(path), &conf, err)) !=
	    SCEP_OK ||
	    (rc = scep_config_parse(crypto, conf, out, err)) != SCEP_OK)
		return rc;
	if (with_keys && (rc = scep_config_load(crypto, *out, err)) !=
	    SCEP_OK) {
		scep_config_free(*out);
		*out = NULL;
	}
	return rc;
}

/* Who. */

/* setuid(0) must not work any more. */
static enum scep_err
become(uid_t uid, gid_t gid, struct scep_error *err)
{
	if (setgroups(1, &gid) == -1 || setresgid(gid, gid, gid) == -1 ||
	    setresuid(uid, uid, uid) == -1)
		return scep_fail(err, SCEP_E_INTERNAL,
		    "become user %ld, group %ld: %s", (long)uid, (long)gid,
		    strerror(errno));
	if (setuid(0) != -1 || seteuid(0) != -1 || getuid() != uid ||
	    geteuid() != uid || getgid() != gid || getegid() != gid)
		return scep_fail(err, SCEP_E_INTERNAL,
		    "user %ld can become root again", (long)uid);
	return SCEP_OK;
}

enum scep_err
scep_state_become_owner(const char *dir, struct scep_error *err)
{
	struct stat	 st;

	(void)umask(077);
	if (geteuid() != 0)
		return SCEP_OK;
	if (stat(dir, &st) == -1)
		return scep_fail(err, SCEP_E_CONFIG,
		    "state directory %s: %s; make it with `scepadm init`",
		    dir, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return scep_fail(err, SCEP_E_CONFIG,
		    "state directory %s: not a directory", dir);
	return st.st_uid == 0 ? SCEP_OK : become(st.st_uid, st.st_gid, err);
}

/* The lock. */

static enum scep_err
lock_open(const char *dir, int *fd, struct scep_error *err)
{
	char	 path[SCEP_PATH_LEN + sizeof("/lock")];

	(void)snprintf(path, sizeof(path), "%s/lock", dir);
	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (*fd != -1)
		return SCEP_OK;
	if (errno == ENOENT || errno == ENOTDIR)
		return scep_fail(err, SCEP_E_CONFIG,
		    "state directory %s does not exist; make it with "
		    "`scepadm init`", dir);
	return scep_fail(err, SCEP_E_CONFIG, "%s: %s; run as the owner of %s",
	    path, strerror(errno), dir);
}

/* A pid for people; nothing relies on it. */
static long
lock_pid(int fd)
{
	char	 text[16] = "";

	return pread(fd, text, sizeof(text) - 1, 0) > 0 ?
	    strtol(text, NULL, 10) : 0;
}

static void
lock_sign(int fd)
{
	char	 text[16];
	int	 len = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

	if (ftruncate(fd, 0) == -1 || pwrite(fd, text, (size_t)len, 0) != len)
		scep_log_warn("cannot write our pid to the lock file: %s",
		    strerror(errno));
}

/* flock(2) knows no deadline. */
static int
lock_wait(int fd, int wait_ms)
{
	const struct timespec	 step = { 0, LOCK_STEP_MS * 1000000L };

	for (;;) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return 1;
		if (errno != EWOULDBLOCK || wait_ms <= 0)
			return 0;
		(void)nanosleep(&step, NULL);
		wait_ms -= LOCK_STEP_MS;
	}
}

enum scep_err
scep_state_lock(const char *dir, int wait_ms, int *fd, struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = lock_open(dir, fd, err)) != SCEP_OK)
		return rc;
	if (!lock_wait(*fd, wait_ms)) {
		rc = errno == EWOULDBLOCK ? scep_fail(err, SCEP_E_BUSY,
		    "state directory %s is owned by process %ld", dir,
		    lock_pid(*fd)) : scep_fail(err, SCEP_E_STORE,
		    "%s/lock: %s", dir, strerror(errno));
		(void)close(*fd);
		*fd = -1;
		return rc;
	}
	lock_sign(*fd);
	return SCEP_OK;
}

/* The owner. */

static void
say(void *arg, const char *text)
{
	(void)arg;
	scep_log_info("%s", text);
}

enum scep_err
scep_owner_open(const struct scep_crypto *crypto,
    const struct scep_config *cfg, int wait_ms, struct scep_owner *out,
    struct scep_error *err)
{
	const struct scep_store_db_options	 opt = {
		.dir = cfg->server.state,
		.cache = cfg->server.cache,
		.reserve = cfg->server.reserve,
		.say = say,
	};
	enum scep_err	 rc;

	memset(out, 0, sizeof(*out));
	out->lock = -1;
	if ((rc = scep_state_lock(cfg->server.state, wait_ms, &out->lock,
	    err)) == SCEP_OK &&
	    (rc = scep_store_db_open(&opt, &out->store, err)) == SCEP_OK &&
	    (rc = scep_ca_open(crypto, cfg, out->store, &out->ca, err)) ==
	    SCEP_OK)
		return SCEP_OK;
	scep_owner_close(out);
	return rc;
}

void
scep_owner_close(struct scep_owner *owner)
{
	scep_ca_close(owner->ca);
	scep_store_close(owner->store);
	if (owner->lock != -1)
		(void)close(owner->lock);
	owner->ca = NULL;
	owner->store = NULL;
	owner->lock = -1;
}

/* The admin socket. */

/*
 * The address of DIR/admin.sock.  One that is too long for sockaddr_un is
 * reached through the open directory; *dir_fd is to be closed afterwards.
 */
static enum scep_err
address(const char *dir, struct sockaddr_un *sun, int *dir_fd,
    struct scep_error *err)
{
	int	 len;

	memset(sun, 0, sizeof(*sun));
	sun->sun_family = AF_UNIX;
	*dir_fd = -1;
	len = snprintf(sun->sun_path, sizeof(sun->sun_path), "%s/admin.sock",
	    dir);
	if (len > 0 && (size_t)len < sizeof(sun->sun_path))
		return SCEP_OK;
	*dir_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (*dir_fd == -1)
		return scep_fail(err, SCEP_E_CONFIG, "state directory %s: %s",
		    dir, strerror(errno));
	(void)snprintf(sun->sun_path, sizeof(sun->sun_path),
	    "/proc/self/fd/%d/admin.sock", *dir_fd);
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
scep_admin_listen(const char *dir, int *fd, struct scep_error *err)
{
	struct sockaddr_un	 sun;
	enum scep_err		 rc;
	int			 dir_fd;

	*fd = -1;
	if ((rc = address(dir, &sun, &dir_fd, err)) != SCEP_OK)
		return rc;
	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*fd == -1 || bind_fresh(*fd, &sun) == -1 ||
	    listen(*fd, BACKLOG) == -1) {
		rc = scep_fail(err, SCEP_E_CONFIG, "%s/admin.sock: %s", dir,
		    strerror(errno));
		if (*fd != -1)
			(void)close(*fd);
		*fd = -1;
	}
	if (dir_fd != -1)
		(void)close(dir_fd);
	return rc;
}

static int
peer_is_operator(int fd, uid_t *uid)
{
	struct ucred	 peer;
	socklen_t	 len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == -1)
		return 0;
	*uid = peer.uid;
	return peer.uid == 0 || peer.uid == geteuid();
}

static void
act(struct scep_ca *ca, int fd, uid_t uid, struct scep_span request)
{
	struct scep_buf		 reply = { NULL, 0 };
	struct scep_line	 line = { .len = 0 };
	struct scep_error	 err;
	char			 summary[512] = "";
	enum scep_err		 rc;

	rc = scep_admin(ca, time(NULL), (unsigned long)uid, request, &reply,
	    summary, sizeof(summary), &err);
	scep_line_text(&line, "admin", summary);
	scep_line_fmt(&line, "uid", "%ld", (long)uid);
	scep_line_text(&line, "result", rc == SCEP_OK ? "done" : "refused");
	if (rc != SCEP_OK)
		scep_line_text(&line, "reason", err.text);
	/* Before the answer, so that what is known was logged. */
	scep_log_line(&line);
	if (reply.len > 0 && scep_frame_send(fd, scep_buf_span(&reply),
	    SERVE_MS, &err) != SCEP_OK)
		scep_log_warn("answer to scepadm: %s", err.text);
	scep_buf_clear(&reply);		/* may hold new challenges */
}

void
scep_admin_serve(struct scep_ca *ca, int fd)
{
	struct scep_buf		 request = { NULL, 0 };
	struct scep_error	 err;
	uid_t			 uid = (uid_t)-1;

	if (!peer_is_operator(fd, &uid))
		scep_log_warn("user %ld may not use the admin socket",
		    (long)uid);
	else if (scep_frame_receive(fd, SCEP_ADMIN_ASK_MAX, SERVE_MS,
	    SERVE_MS, &request, &err) == SCEP_OK)
		act(ca, fd, uid, scep_buf_span(&request));
	else
		scep_log_warn("admin socket, user %ld: %s", (long)uid,
		    err.text);
	scep_buf_clear(&request);
	(void)close(fd);
}

static enum scep_err
dial(const char *dir, int *fd, struct scep_error *err)
{
	struct sockaddr_un	 sun;
	enum scep_err		 rc;
	int			 dir_fd, why;

	*fd = -1;
	if ((rc = address(dir, &sun, &dir_fd, err)) != SCEP_OK)
		return rc;
	if ((*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1 ||
	    connect(*fd, (const struct sockaddr *)&sun, sizeof(sun)) == -1) {
		why = errno;
		rc = scep_fail(err, why == ENOENT || why == ECONNREFUSED ?
		    SCEP_E_NOTFOUND : SCEP_E_CONFIG, "%s/admin.sock: %s", dir,
		    strerror(why));
		if (*fd != -1)
			(void)close(*fd);
		*fd = -1;
	}
	if (dir_fd != -1)
		(void)close(dir_fd);
	return rc;
}

enum scep_err
scep_admin_ask(const char *dir, struct scep_span request,
    struct scep_buf *reply, struct scep_error *err)
{
	enum scep_err	 rc;
	int		 fd;

	if (request.len > SCEP_ADMIN_ASK_MAX)
		return scep_fail(err, SCEP_E_USAGE,
		    "request of %zu octets, at most %d", request.len,
		    SCEP_ADMIN_ASK_MAX);
	if ((rc = dial(dir, &fd, err)) != SCEP_OK)
		return rc;
	/* Half a request is not carried out; a whole one may have been, and
	 * is not to be sent again. */
	rc = scep_frame_send(fd, request, ASK_MS, err);
	if (rc == SCEP_OK && scep_frame_receive(fd, SCEP_ADMIN_MAX, ASK_MS,
	    ASK_MS, reply, err) != SCEP_OK) {
		err->code = SCEP_E_STORE;
		rc = scep_fail_within(err, "%s/admin.sock: no answer; see "
		    "whether it was done", dir);
	}
	(void)close(fd);
	return rc;
}
