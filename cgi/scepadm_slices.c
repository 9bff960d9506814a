/*
 * scepadm_slices.c - many challenges: in slices, with progress, and revoked
 * again if not all could be made.
 *
 * Knows how much one request may hold; does not know where the names came
 * from.
 */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "ca/admin.h"
#include "cgi/scepadm_add.h"

#define ROOM	(SCEP_ADMIN_ASK_MAX - 1024)	/* for the items */
#define REVOKE	64				/* ids in one request */

static volatile sig_atomic_t	stopped;

static void
on_signal(int signo)
{
	stopped = signo;
}

/* A signal ends the command between two slices, and what was made is revoked;
 * so it is when nobody reads what we print. */
static void
catch_signals(void)
{
	struct sigaction	 sa;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = on_signal;
	(void)sigemptyset(&sa.sa_mask);
	(void)sigaction(SIGINT, &sa, NULL);
	(void)sigaction(SIGTERM, &sa, NULL);
	(void)sigaction(SIGHUP, &sa, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
}

/* One line, written over and over. */
static void
progress(const char *what, size_t done, size_t total)
{
	if (total > SCEP_ADMIN_ITEMS_MAX && isatty(STDERR_FILENO))
		(void)fprintf(stderr, "\rscepadm: %s %zu of %zu%s", what,
		    done, total, done == total ? "\n" : "");
}

static void
progress_broken(size_t done, size_t total)
{
	if (done > 0 && total > SCEP_ADMIN_ITEMS_MAX && isatty(STDERR_FILENO))
		(void)fprintf(stderr, "\n");
}

/* How many items from this one on go into one request. */
static size_t
slice_len(const json_t *items, size_t from)
{
	size_t	 n, size = 0;

	for (n = 0; n < SCEP_ADMIN_ITEMS_MAX &&
	    from + n < json_array_size(items); n++) {
		size += 1 + json_dumpb(json_array_get(items, from + n), NULL,
		    0, JSON_COMPACT);
		if (n > 0 && size > ROOM)
			break;
	}
	return n;
}

static json_t *
slice_items(const char *verb, const json_t *items, size_t from, size_t n)
{
	json_t	*list = json_array();
	size_t	 i;

	for (i = 0; i < n; i++)
		(void)json_array_append(list, json_array_get(items, from + i));
	return json_pack("{s:s,s:o}", "do", verb, "items", list);
}

static json_t *
slice_count(const json_t *one, size_t n)
{
	json_t	*request = json_pack("{s:s,s:I}", "do", "challenge.add",
		    "count", (json_int_t)n);

	(void)json_object_update(request, (json_t *)(uintptr_t)one);
	return request;
}

/* The next ones behind those that are made. */
static enum scep_err
add_slice(struct adm *adm, const struct adm_adding *what, json_t *added)
{
	const size_t	 done = json_array_size(added);
	size_t		 n = what->count - done;
	json_t		*request, *result;
	enum scep_err	 rc;

	if (stopped != 0)
		return scep_fail(&adm->err, SCEP_E_BUSY, "interrupted by %s",
		    strsignal(stopped));
	if (n > SCEP_ADMIN_ITEMS_MAX)
		n = SCEP_ADMIN_ITEMS_MAX;
	request = what->items != NULL ? slice_items("challenge.addlist",
	    what->items, done, slice_len(what->items, done)) :
	    slice_count(what->one, n);
	if ((rc = adm_ask(adm, request, &result)) != SCEP_OK)
		return rc;
	if (json_array_size(result) == 0 ||
	    json_array_extend(added, result) != 0)
		rc = scep_fail(&adm->err, SCEP_E_INTERNAL,
		    "the owner's answer holds no challenges");
	json_decref(result);
	return rc;
}

static enum scep_err
revoke_slice(struct adm *adm, const json_t *added, size_t from)
{
	json_t		*ids = json_array(), *result;
	enum scep_err	 rc;
	size_t		 i;

	for (i = from; i < from + REVOKE && i < json_array_size(added); i++)
		(void)json_array_append(ids, json_object_get(
		    json_array_get(added, i), "id"));
	if ((rc = adm_ask(adm, json_pack("{s:s,s:o}", "do",
	    "challenge.revokelist", "ids", ids), &result)) == SCEP_OK)
		json_decref(result);
	return rc;
}

enum scep_err
adm_add_undo(struct adm *adm, const json_t *added, size_t count)
{
	const struct scep_error	 why = adm->err;
	const size_t		 n = json_array_size(added);
	size_t			 i;

	if (n == 0)
		return why.code;
	for (i = 0; i < n; i += REVOKE)
		if (revoke_slice(adm, added, i) != SCEP_OK)
			return scep_fail(&adm->err, why.code, "%zu of %zu "
			    "were made, nobody was told their secrets, and "
			    "%zu could not be revoked (%.160s): %s", n, count,
			    n - i, adm->err.text, why.text);
	return scep_fail(&adm->err, why.code, "%zu of %zu were made, and are "
	    "revoked again, for nobody was told their secrets: %s", n, count,
	    why.text);
}

enum scep_err
adm_add_all(struct adm *adm, const struct adm_adding *what, json_t **added)
{
	enum scep_err	 rc = SCEP_OK;

	*added = json_array();
	catch_signals();
	while (rc == SCEP_OK && json_array_size(*added) < what->count)
		if ((rc = add_slice(adm, what, *added)) == SCEP_OK)
			progress("made", json_array_size(*added),
			    what->count);
	if (rc == SCEP_OK)
		return SCEP_OK;
	progress_broken(json_array_size(*added), what->count);
	rc = adm_add_undo(adm, *added, what->count);
	json_decref(*added);
	*added = NULL;
	return rc;
}

static void
tell_faults(const json_t *faults, size_t from,
    void (*fn)(void *arg, size_t item, const char *text), void *arg)
{
	json_t	*one;
	size_t	 i;

	json_array_foreach((json_t *)(uintptr_t)faults, i, one)
		fn(arg, from + (size_t)json_integer_value(json_object_get(one,
		    "item")), json_string_value(json_object_get(one,
		    "error")));
}

enum scep_err
adm_add_check(struct adm *adm, const json_t *items,
    void (*fn)(void *arg, size_t item, const char *text), void *arg)
{
	json_t		*faults;
	enum scep_err	 rc;
	size_t		 from, n;

	for (from = 0; from < json_array_size(items); from += n) {
		n = slice_len(items, from);
		if ((rc = adm_ask(adm, slice_items("challenge.checklist",
		    items, from, n), &faults)) != SCEP_OK) {
			progress_broken(from, json_array_size(items));
			return rc;
		}
		tell_faults(faults, from, fn, arg);
		json_decref(faults);
		progress("checked", from + n, json_array_size(items));
	}
	return SCEP_OK;
}
