/*
 * hook_curl.c - libcurl, when it is first needed, and its memory: it has copies
 * of what it sends, and that has challenges in it.
 *
 * It brings thirty libraries with it, and a CGI run that asks nobody by HTTP
 * would pay for them at each start.
 */
#include <dlfcn.h>
#include <malloc.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cgi/child.h"
#include "cgi/hook_local.h"

#define LIBRARY	"libcurl.so.4"

static pthread_once_t	 once = PTHREAD_ONCE_INIT;
static struct scep_curl	 curl;
static char		 fault[256] = "libcurl does not start";

static void *
wipe_realloc(void *old, size_t size)
{
	const size_t	 had = old != NULL ? malloc_usable_size(old) : 0;
	void		*p = malloc(size);

	if (p == NULL)
		return NULL;
	if (had > 0)
		memcpy(p, old, had < size ? had : size);
	scep_wipe_free(old);
	return p;
}

/* Functions and objects are pointers of different kinds; POSIX has it that
 * the octets are the same. */
static int
find_all(void *library)
{
	static const struct {
		const char	*name;
		size_t		 at;
	} names[] = {
#define FIND(member)	{ "curl_" #member, offsetof(struct scep_curl, member) }
		FIND(global_init_mem), FIND(easy_init), FIND(easy_reset),
		FIND(easy_setopt), FIND(easy_perform), FIND(easy_getinfo),
		FIND(easy_cleanup), FIND(easy_strerror), FIND(slist_append),
		FIND(slist_free_all),
	};
	void	*found;
	size_t	 i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if ((found = dlsym(library, names[i].name)) == NULL)
			return 0;
		memcpy((char *)&curl + names[i].at, &found, sizeof(found));
	}
	return 1;
}

static void
load(void)
{
	void		*library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	const char	*why;
	size_t		 len;

	if (library != NULL && find_all(library)) {
		if (curl.global_init_mem(CURL_GLOBAL_DEFAULT, malloc,
		    scep_wipe_free, wipe_realloc, strdup, calloc) == CURLE_OK)
			fault[0] = '\0';
	} else if ((why = dlerror()) != NULL) {
		len = strnlen(why, sizeof(fault) - 1);
		memcpy(fault, why, len);
		fault[len] = '\0';
	}
}

const struct scep_curl *
scep_curl_load(struct scep_error *err)
{
	(void)pthread_once(&once, load);
	if (fault[0] == '\0')
		return &curl;
	(void)scep_fail(err, SCEP_E_BUSY, "%s; install libcurl4", fault);
	return NULL;
}
