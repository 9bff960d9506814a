/*
 * admin_backup.c - everything that is needed to stand up again, in one
 * directory: configuration, keys, certificates, and the store.
 *
 * The manifest comes last: what has none was never finished.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/copy.h"
#include "base/dir.h"
#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "ca/admin_json.h"
#include "ca/backup_list.h"

#define PATH_LEN	(2 * SCEP_MANIFEST_PATH)
#define DIR_MAX		900	/* octets: Berkeley DB's names are behind it */

struct backup {
	struct scep_admin_call	*call;
	const char		*dir;
	char			 state[PATH_LEN];	/* DIR/state */
	int			 made;			/* the directory */
	int			 off;			/* called off */
	struct scep_manifest	 m;
};

/* The directory. */

static enum scep_err
fail_make(const char *dir, int no, struct scep_error *err)
{
	if (no == EACCES || no == EPERM)
		return scep_fail(err, SCEP_E_CONFIG, "%s: uid %u, who owns "
		    "the state and makes the backup, may not write there: "
		    "%s; make it for that user: install -d -m 700 -o %u %s",
		    dir, (unsigned int)geteuid(), strerror(no),
		    (unsigned int)geteuid(), dir);
	if (no == EROFS)
		return scep_fail(err, SCEP_E_CONFIG, "%s: %s, for scep.fcgi "
		    "at least; if systemd starts it, its unit needs a line "
		    "ReadWritePaths= for that directory", dir, strerror(no));
	return scep_fail(err, SCEP_E_CONFIG, "%s: cannot be made: %s", dir,
	    strerror(no));
}

/* It is there: is it ours, and empty? */
static enum scep_err
check_dir(const char *dir, struct scep_error *err)
{
	char		 path[PATH_LEN];
	struct stat	 st;
	enum scep_err	 rc;

	if (lstat(dir, &st) == -1 || !S_ISDIR(st.st_mode))
		return scep_fail(err, SCEP_E_EXISTS,
		    "%s: there already, and no directory", dir);
	if (access(dir, R_OK | W_OK | X_OK) == -1)
		return fail_make(dir, errno, err);
	rc = scep_dir_empty(dir, err);
	if (rc == SCEP_E_EXISTS) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir,
		    SCEP_MANIFEST_NAME);
		return scep_fail(err, rc, "%s: not empty, and nothing is "
		    "overwritten; it holds %s; choose another place",
		    dir, access(path, F_OK) == 0 ? "a backup" :
		    "no finished backup");
	}
	if (rc == SCEP_OK && st.st_uid != geteuid() && st.st_uid != 0)
		return scep_fail(err, SCEP_E_CONFIG, "%s: belongs to uid %u, "
		    "who could read the keys; chown %u %s", dir,
		    (unsigned int)st.st_uid, (unsigned int)geteuid(), dir);
	if (rc == SCEP_OK && (st.st_mode & 077) != 0 && chmod(dir, 0700) ==
	    -1)
		return scep_fail(err, SCEP_E_CONFIG, "%s: mode %04o lets "
		    "others at the keys; chmod 700 %s", dir,
		    (unsigned int)st.st_mode & 07777, dir);
	return rc;
}

static enum scep_err
make_dir(struct backup *b, struct scep_error *err)
{
	enum scep_err	 rc;

	if (b->dir[0] != '/' || strlen(b->dir) > DIR_MAX)
		return scep_fail(err, SCEP_E_USAGE, "the directory must be an "
		    "absolute path of at most %d octets", DIR_MAX);
	if ((rc = scep_dir_outside(b->dir, b->call->ca->cfg->server.state,
	    err)) != SCEP_OK)
		return rc;
	if (mkdir(b->dir, 0700) == 0) {
		b->made = 1;
		return SCEP_OK;
	}
	return errno == EEXIST ? check_dir(b->dir, err) :
	    fail_make(b->dir, errno, err);
}

/* Whoever waits for it. */

static int
go_on(void *arg, uint64_t done, uint64_t total)
{
	struct backup			*b = arg;
	const struct scep_admin_watch	*watch = b->call->watch;

	b->off = watch->go_on != NULL &&
	    !watch->go_on(watch->arg, done, total);
	return !b->off;
}

/* Between files: each may have to wait for a slow disk. */
static enum scep_err
check_wanted(struct backup *b, struct scep_error *err)
{
	return go_on(b, 0, 0) ? SCEP_OK :
	    scep_fail(err, SCEP_E_BUSY, "called off");
}

/* Files that the configuration names. */

static enum scep_err
copy_open(struct backup *b, struct scep_manifest_file *f, int fd,
    struct scep_error *err)
{
	struct scep_copy	 copy;
	char			 path[PATH_LEN];
	struct stat		 st;
	enum scep_err		 rc;

	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode))
		return scep_fail(err, SCEP_E_CONFIG,
		    "%s: not a regular file", f->from);
	f->mode = (unsigned int)st.st_mode & 0777;
	f->owners = st.st_uid == geteuid();
	if ((rc = scep_backup_path(b->dir, f->place, path, err)) != SCEP_OK ||
	    (rc = scep_dir_make_above(path, strlen(b->dir) + 1, 0700, err)) !=
	    SCEP_OK ||
	    (rc = scep_copy_open(&copy, b->call->ca->crypto->md[SCEP_SHA256],
	    path, 0600, err)) != SCEP_OK)
		return rc;
	if ((rc = scep_copy_fd(&copy, fd, f->from, NULL, NULL, err)) ==
	    SCEP_OK)
		rc = scep_copy_close(&copy, err);
	scep_copy_drop(&copy);
	f->size = copy.size;
	memcpy(f->sha256, copy.sha256, sizeof(f->sha256));
	return rc;
}

static enum scep_err
copy_file(struct backup *b, struct scep_manifest_file *f,
    struct scep_error *err)
{
	enum scep_err	 rc;
	int		 fd;

	fd = open(f->from, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd == -1)
		return scep_fail(err, SCEP_E_CONFIG, "%s: cannot be read: "
		    "%s; the configuration in force names it", f->from,
		    strerror(errno));
	rc = copy_open(b, f, fd, err);
	(void)close(fd);
	return rc;
}

/* Directories are made durable after what is in them. */
static enum scep_err
sync_above(struct backup *b, const char *place, struct scep_error *err)
{
	char		 path[PATH_LEN], *slash;
	enum scep_err	 rc;

	if ((rc = scep_backup_path(b->dir, place, path, err)) != SCEP_OK)
		return rc;
	while (rc == SCEP_OK && (slash = strrchr(path, '/')) != NULL &&
	    slash >= path + strlen(b->dir)) {
		*slash = '\0';
		rc = scep_dir_sync(path, err);
	}
	return rc;
}

static enum scep_err
copy_files(struct backup *b, struct scep_error *err)
{
	enum scep_err	 rc = SCEP_OK;
	size_t		 i;

	for (i = 0; rc == SCEP_OK && i < b->m.n; i++)
		if ((rc = copy_file(b, &b->m.file[i], err)) == SCEP_OK)
			rc = check_wanted(b, err);
	for (i = 0; rc == SCEP_OK && i < b->m.n; i++)
		if ((rc = sync_above(b, b->m.file[i].place, err)) == SCEP_OK)
			rc = check_wanted(b, err);
	return rc;
}

/* The store. */

static enum scep_err
note_file(void *arg, const char *name, uint64_t size,
    const uint8_t sha256[SCEP_SHA256_LEN], struct scep_error *err)
{
	return scep_backup_list_store(&((struct backup *)arg)->m, name, size,
	    sha256, err);
}

/* Nobody commits meanwhile: this is the backup's end. */
static enum scep_err
write_manifest(void *arg, uint64_t last_seq, unsigned int schema,
    struct scep_error *err)
{
	struct backup	*b = arg;
	struct scep_buf	 json = { NULL, 0 };
	char		 path[PATH_LEN];
	enum scep_err	 rc;

	b->m.log_seq = last_seq;
	b->m.schema = schema;
	b->m.time = b->call->watch->clock != NULL ?
	    b->call->watch->clock() : b->call->now;
	(void)snprintf(b->m.version, sizeof(b->m.version), "%s",
	    SCEP_VERSION);
	if ((rc = scep_manifest_encode(&b->m, &json, err)) == SCEP_OK &&
	    (rc = scep_backup_path(b->dir, SCEP_MANIFEST_NAME, path, err)) ==
	    SCEP_OK)
		rc = scep_file_create(path, scep_buf_span(&json), 0600, err);
	scep_buf_clear(&json);
	return rc;
}

static enum scep_err
copy_all(struct backup *b, struct scep_error *err)
{
	struct scep_store_backup	 to = { b->state, go_on, note_file,
					    write_manifest, b };
	enum scep_err			 rc;

	if ((rc = scep_backup_list(b->call->ca->cfg, &b->m, err)) !=
	    SCEP_OK ||
	    (rc = copy_files(b, err)) != SCEP_OK ||
	    (rc = scep_backup_path(b->dir, b->m.state, b->state, err)) !=
	    SCEP_OK ||
	    (rc = scep_dir_make_above(b->state, strlen(b->dir), 0700, err)) !=
	    SCEP_OK ||
	    (rc = scep_dir_make(b->state, 0700, err)) != SCEP_OK)
		return rc;
	return scep_store_backup(b->call->ca->store, &to, err);
}

/* The keys have left the house: that is for the log. */
static int
note_act(struct backup *b)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_line	 line = { .len = 0 };
	struct scep_error	 why;
	enum scep_err		 rc;

	scep_admin_log_start(b->call, "backup", "", &line);
	scep_line_text(&line, "dir", b->dir);
	scep_line_fmt(&line, "last", "%llu", (unsigned long long)
	    b->m.log_seq);
	rc = scep_admin_log_end(b->call, &line, &change, &why);
	if (rc == SCEP_OK)
		rc = scep_store_commit(b->call->ca->store, &change, &why);
	scep_change_clear(&change);
	return rc == SCEP_OK;
}

static enum scep_err
answer(struct backup *b, struct scep_error *err)
{
	char		 when[SCEP_TIME_TEXT];
	uint64_t	 octets = 0;
	size_t		 i;

	for (i = 0; i < b->m.n; i++)
		octets += b->m.file[i].size;
	scep_time_text(b->m.time, when);
	scep_line_fmt(&b->call->summary, "octets", "%llu",
	    (unsigned long long)octets);
	return scep_admin_object(b->call, json_pack(
	    "{s:s,s:s,s:I,s:I,s:I,s:b}", "dir", b->dir, "time", when,
	    "files", (json_int_t)b->m.n, "octets", (json_int_t)octets,
	    "log_seq", (json_int_t)b->m.log_seq, "logged", note_act(b)), err);
}

static enum scep_err
backup(struct scep_admin_call *call, struct scep_error *err)
{
	struct backup	 b = { .call = call };
	enum scep_err	 rc;

	b.dir = scep_admin_text(call, "dir", "");
	scep_line_text(&call->summary, "dir", b.dir);
	if ((rc = make_dir(&b, err)) != SCEP_OK)
		return rc;
	if ((rc = copy_all(&b, err)) == SCEP_OK)
		rc = answer(&b, err);
	else
		scep_dir_remove(b.dir, b.made);
	if (b.off)
		(void)scep_fail(err, rc, "the backup was called off: "
		    "scep.fcgi ends, or scepadm was interrupted; make it "
		    "again");
	scep_manifest_clear(&b.m);
	return rc;
}

static const struct scep_admin_member	backup_members[] = {
	{ "dir", SCEP_ADMIN_TEXT, 1, 1, SCEP_MANIFEST_PATH },
	{ NULL, SCEP_ADMIN_TEXT, 0, 0, 0 }
};

const struct scep_admin_verb	scep_admin_backup[] = {
	{ "backup", backup_members, backup },
	{ NULL, NULL, NULL }
};
