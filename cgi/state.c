/*
 * state.c - the state directory: who owns it, and what the owner opens.
 *
 * One process has the database open, and it holds DIR/lock; everybody else
 * asks it over its sockets (state_socket.h).
 */
#include <sys/file.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "cgi/log.h"
#include "cgi/state.h"

#define LOCK_STEP_MS	10

const char *
scep_state_config_path(const char *path)
{
	if (path == NULL)
		path = getenv("SCEP_CONF");
	return path != NULL && path[0] != '\0' ? path : SCEP_CONF_PATH;
}

enum scep_err
scep_state_conf(const char *path, struct scep_conf **out,
    struct scep_error *err)
{
	enum scep_err	 rc;

	*out = NULL;
	rc = scep_conf_load(scep_state_config_path(path), out, err);
	return rc != SCEP_E_NOTFOUND ? rc : scep_fail(err, SCEP_E_CONFIG,
	    "%s: no such file; name another with -c or SCEP_CONF, or make it "
	    "and a CA with scepadm init", scep_state_config_path(path));
}

enum scep_err
scep_state_config(const struct scep_crypto *crypto, const char *path,
    int with_keys, struct scep_config **out, struct scep_error *err)
{
	struct scep_conf	*conf;
	enum scep_err		 rc;

	*out = NULL;
	if ((rc = scep_state_conf(path, &conf, err)) != SCEP_OK ||
	    (rc = scep_config_parse(crypto, conf, out, err)) != SCEP_OK)
		return rc;
	if (with_keys && (rc = scep_config_load(crypto, *out, err)) !=
	    SCEP_OK) {
		scep_config_free(*out);
		*out = NULL;
	}
	return rc;
}

enum scep_err
scep_state_server(const char *path, struct scep_server_conf *out,
    struct scep_error *err)
{
	struct scep_crypto	*crypto = NULL;
	struct scep_config	*cfg = NULL;
	enum scep_err		 rc;

	if ((rc = scep_crypto_new_brief(&crypto, err)) == SCEP_OK &&
	    (rc = scep_state_config(crypto, path, 0, &cfg, err)) == SCEP_OK)
		*out = cfg->server;
	scep_config_free(cfg);
	scep_crypto_free(crypto);
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
		    "state directory %s: %s; correct state = in scep.conf, "
		    "or make it and a CA with scepadm init", dir,
		    strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return scep_fail(err, SCEP_E_CONFIG,
		    "state directory %s: not a directory; correct state = in "
		    "scep.conf", dir);
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
		    "state directory %s does not exist; correct state = in "
		    "scep.conf, or make it and a CA with scepadm init", dir);
	return scep_file_fail(path, errno, err);
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

static int
lock_for_ever(int fd)
{
	int	 rc;

	do
		rc = flock(fd, LOCK_EX);
	while (rc == -1 && errno == EINTR);
	return rc == 0;
}

/* flock(2) knows no other deadline. */
static int
lock_wait(int fd, int wait_ms)
{
	const struct timespec	 step = { 0, LOCK_STEP_MS * 1000000L };

	if (wait_ms == -1)
		return lock_for_ever(fd);
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
		    "state directory %s is owned by process %ld; wait until "
		    "it ends", dir, lock_pid(*fd)) : scep_fail(err, SCEP_E_STORE,
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
scep_state_store(const struct scep_crypto *crypto,
    const struct scep_config *cfg, int brief, int small_logs,
    struct scep_store **out, struct scep_error *err)
{
	const struct scep_store_db_options	 opt = {
		.dir = cfg->server.state,
		.cache = cfg->server.cache,
		.reserve = cfg->server.reserve,
		.brief = brief,
		.small_logs = small_logs,
		.sha256 = crypto->md[SCEP_SHA256],
		.say = say,
	};

	return scep_store_db_open(&opt, out, err);
}

enum scep_err
scep_owner_open(const struct scep_crypto *crypto,
    const struct scep_config *cfg, int wait_ms, int brief,
    struct scep_owner *out, struct scep_error *err)
{
	enum scep_err	 rc;

	memset(out, 0, sizeof(*out));
	out->lock = -1;
	if ((rc = scep_state_lock(cfg->server.state, wait_ms, &out->lock,
	    err)) == SCEP_OK &&
	    (rc = scep_state_store(crypto, cfg, brief, 1, &out->store, err)) ==
	    SCEP_OK &&
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
