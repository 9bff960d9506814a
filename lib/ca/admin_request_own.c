/*
 * admin_request_own.c - which of the requests that wait are of profiles of the
 * caller's.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "ca/admin_request_own.h"
#include "ca/apikey.h"

static enum scep_err
add_entry(void *arg, const struct scep_entry *entry, struct scep_error *err)
{
	struct scep_admin_own	*own = arg;
	const size_t		 size = own->size == 0 ? 256 : own->size * 2;
	void			*more;

	if (entry->key.len != SCEP_REQUEST_ID - 1)
		return scep_fail(err, SCEP_E_STORE,
		    "a request with a key of %zu octets", entry->key.len);
	if (own->n == own->size) {
		if ((more = realloc(own->id, size * sizeof(*own->id))) ==
		    NULL)
			return scep_fail(err, SCEP_E_NOMEM, "ids of %zu "
			    "requests", size);
		own->id = more;
		own->size = size;
	}
	memcpy(own->id[own->n], entry->key.data, entry->key.len);
	own->id[own->n++][entry->key.len] = '\0';
	return SCEP_OK;
}

/* Of the profile that a list of them begins with. */
static enum scep_err
add_profile(const struct scep_admin_call *call, const char *name, size_t len,
    struct scep_admin_own *own, struct scep_error *err)
{
	char			 end[SCEP_REC_TEXT + 1];
	struct scep_range	 range = { .index = SCEP_IX_PENDING_PROFILE };

	/* To the next text there can be behind the name. */
	memcpy(end, name, len);
	end[len] = '\0';
	range.from = scep_span_make(name, len);
	range.to = scep_span_make(end, len + 1);
	return scep_store_walk(call->ca->store, &range, add_entry, own, err);
}

static int
compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

enum scep_err
scep_admin_own_read(const struct scep_admin_call *call,
    struct scep_admin_own *own, struct scep_error *err)
{
	const char	*p = call->caller->profiles;
	enum scep_err	 rc;
	size_t		 n;

	for (; *p != '\0'; p += n + (p[n] == ',')) {
		n = strcspn(p, ",");
		if ((rc = add_profile(call, p, n, own, err)) != SCEP_OK)
			return rc;
	}
	if (own->n > 0)
		qsort(own->id, own->n, sizeof(*own->id), compare);
	return SCEP_OK;
}

int
scep_admin_own_has(const struct scep_admin_own *own, const char *id)
{
	return own->n > 0 && bsearch(id, own->id, own->n, sizeof(*own->id),
	    compare) != NULL;
}

void
scep_admin_own_clear(struct scep_admin_own *own)
{
	free(own->id);
	memset(own, 0, sizeof(*own));
}
