/*
 * knocks.c - how often somebody has knocked at scep-admin.fcgi.
 *
 * A process of scep-admin.fcgi that was taken over may name any door: there are
 * no more of them for that.
 */
#include <string.h>

#include "ca/knocks.h"

static const char	*const doors[SCEP_KNOCK_DOORS] = {
	"ndes", "webhook", "api", "other"
};
static const char	*const ends[SCEP_KNOCK_ENDS] = {
	[SCEP_KNOCK_DONE] = "done",
	[SCEP_KNOCK_UNKNOWN] = "unknown",
	[SCEP_KNOCK_FORBIDDEN] = "forbidden",
	[SCEP_KNOCK_TOO_FAST] = "too fast",
	[SCEP_KNOCK_TOO_MANY] = "too many",
	[SCEP_KNOCK_REFUSED] = "refused",
	[SCEP_KNOCK_TROUBLE] = "trouble",
};

void
scep_knocks_count(struct scep_knocks *knocks, const char *door,
    enum scep_knock_end end)
{
	size_t	 i = 0;

	while (i + 1 < SCEP_KNOCK_DOORS &&
	    (door == NULL || strcmp(door, doors[i]) != 0))
		i++;
	(void)atomic_fetch_add(&knocks->n[i][end], 1);
}

void
scep_knocks_each(struct scep_knocks *knocks, scep_knocks_fn fn, void *arg)
{
	size_t	 i, e;

	for (i = 0; i < SCEP_KNOCK_DOORS; i++)
		for (e = 0; e < SCEP_KNOCK_ENDS; e++)
			fn(arg, doors[i], ends[e],
			    atomic_load(&knocks->n[i][e]));
}
