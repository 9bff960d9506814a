/*
 * db_fail.c - what Berkeley DB says, and what it means to an operator.
 *
 * Its result is often no more than "invalid argument" or "run recovery"; the
 * reason is in the first message it gave before.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "store/db.h"

#define MESSAGES	5	/* between two tends */
#define NO_ROOM		(256u << 10)	/* octets that are left */

void
scep_db_say(const struct scep_db *db, const char *fmt, ...)
{
	char	 text[512];
	va_list	 ap;

	if (db->say == NULL)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	db->say(db->say_arg, text);
}

/* Hundreds a second on a full disk, and one of each is enough. */
void
scep_db_on_error(const DB_ENV *env, const char *prefix, const char *text)
{
	struct scep_db	*db = env->app_private;
	int		 n = atomic_fetch_add(&db->messages, 1), again;

	(void)prefix;
	(void)pthread_mutex_lock(&db->why_mutex);
	again = strncmp(db->why, text, sizeof(db->why) - 1) == 0;
	if (n == 0)
		(void)snprintf(db->why, sizeof(db->why), "%s", text);
	(void)pthread_mutex_unlock(&db->why_mutex);
	if (n < MESSAGES && !again)
		scep_db_say(db, "Berkeley DB: %s", text);
}

void
scep_db_calm(struct scep_db *db)
{
	(void)pthread_mutex_lock(&db->why_mutex);
	db->why[0] = '\0';
	atomic_store(&db->messages, 0);
	(void)pthread_mutex_unlock(&db->why_mutex);
}

int
scep_db_is_full(const struct scep_db *db)
{
	uint64_t	 octets;

	return scep_db_free_disk(db->dir, &octets) && octets < NO_ROOM;
}

/* What refuses a path has a remedy of its own. */
static int
is_about_a_file(int r)
{
	return r == EACCES || r == EPERM || r == EROFS || r == ENOSPC ||
	    r == EDQUOT || r == EMFILE || r == ENFILE || r == EIO ||
	    r == EISDIR || r == ELOOP;
}

static enum scep_err
fail_file(const struct scep_db *db, int r, const char *what,
    struct scep_error *err)
{
	const size_t	 len = strlen(what);
	char		 path[SCEP_DB_PATH + 64];

	(void)snprintf(path, sizeof(path), "%s/db%s%s", db->dir, len > 3 &&
	    strcmp(what + len - 3, ".db") == 0 ? "/" : "", len > 3 &&
	    strcmp(what + len - 3, ".db") == 0 ? what : "");
	return scep_file_fail(path, r, err);
}

enum scep_err
scep_db_fail(struct scep_db *db, int r, const char *what,
    struct scep_error *err)
{
	char	 why[sizeof(db->why)];

	if (r == DB_RUNRECOVERY)
		atomic_store(&db->broken, 1);
	if (r == DB_NOTFOUND)
		return scep_fail(err, SCEP_E_NOTFOUND, "no such row");
	if (is_about_a_file(r))
		return fail_file(db, r, what, err);
	(void)pthread_mutex_lock(&db->why_mutex);
	memcpy(why, db->why, sizeof(why));
	(void)pthread_mutex_unlock(&db->why_mutex);
	if (scep_db_is_full(db))
		return fail_file(db, ENOSPC, what, err);
	(void)scep_fail(err, SCEP_E_STORE, "%s/db: %s: %s", db->dir, what,
	    *why != '\0' ? why : db_strerror(r));
	if (r == ENOMEM)
		return scep_fail_mend(err, "raise the limit of memory "
		    "(ulimit -v, MemoryMax=), or lower cache = in scep.conf");
	return scep_fail_mend(err, "if a restart does not mend it, the "
	    "database is damaged: restore it from a backup");
}
