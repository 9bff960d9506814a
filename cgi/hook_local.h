/*
 * hook_local.h - what the files hook*.c share.
 */
#ifndef SCEP_CGI_HOOK_LOCAL_H
#define SCEP_CGI_HOOK_LOCAL_H

#include <sys/types.h>

#include <curl/curl.h>

#include "ca/hook.h"
#include "cgi/hook.h"

/* A program that was started: hook_spawn.c. */
struct scep_program {
	pid_t	 pid;		/* and the process group it leads */
	int	 pid_fd;	/* becomes readable when it ends; -1 where the
				   kernel has no such thing */
	int	 fd[3];		/* our ends of its descriptors 0, 1 and 2;
				   non-blocking; -1: closed */
};

/* Start the program at path.  SCEP_E_BUSY: no pipe or no process is to be had.
 * One that cannot be executed says so on its descriptor 2 and ends with
 * 127. */
enum scep_err	 scep_program_start(const char *path,
		    struct scep_program *out, struct scep_error *err);
/* How it ended, in the words of waitpid(2); 0: it has not. */
int		 scep_program_ended(const struct scep_program *p, int *status);
/* Kill it and all that it left in its process group; no zombie stays. */
void		 scep_program_end(struct scep_program *p);
void		 scep_program_close(struct scep_program *p, int which);

/* One call: hook_exec.c. */
enum scep_err	 scep_hook_exec(const struct scep_hook *hook,
		    struct scep_span question, struct scep_buf *answer,
		    struct scep_error *err);

/* libcurl, as far as it is used here: hook_curl.c. */
struct scep_curl {
	CURLcode	 (*global_init_mem)(long, curl_malloc_callback,
			    curl_free_callback, curl_realloc_callback,
			    curl_strdup_callback, curl_calloc_callback);
	CURL		*(*easy_init)(void);
	void		 (*easy_reset)(CURL *);
	CURLcode	 (*easy_setopt)(CURL *, CURLoption, ...);
	CURLcode	 (*easy_perform)(CURL *);
	CURLcode	 (*easy_getinfo)(CURL *, CURLINFO, ...);
	void		 (*easy_cleanup)(CURL *);
	const char	*(*easy_strerror)(CURLcode);
	struct curl_slist *(*slist_append)(struct curl_slist *, const char *);
	void		 (*slist_free_all)(struct curl_slist *);
};

/* NULL: it is not installed, err says so. */
const struct scep_curl	*scep_curl_load(struct scep_error *err);

/* One call: hook_http.c. */
enum scep_err	 scep_hook_http(struct scep_hook_http *http,
		    const struct scep_hook *hook, struct scep_span question,
		    struct scep_buf *answer, struct scep_error *err);
/* Close idle connections. */
void		 scep_hook_http_clear(struct scep_hook_http *http);

#endif /* SCEP_CGI_HOOK_LOCAL_H */
