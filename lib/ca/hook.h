/*
 * hook.h - who is outside and is asked or told something: a program, or a
 * server at a URL.
 *
 * Knows how one is written in scep.conf, and what a call gives back; running
 * a program and speaking HTTP are the host's (cgi/), for there is no process
 * and no socket here.
 */
#ifndef SCEP_CA_HOOK_H
#define SCEP_CA_HOOK_H

#include <sys/types.h>

#include "base/buf.h"

#define SCEP_HOOK_TARGET	1024
#define SCEP_HOOK_ASK_MAX	(256 * 1024)	/* octets of a question */
#define SCEP_HOOK_ANSWER_MAX	(64 * 1024)	/* … and of its answer */

enum scep_hook_kind {
	SCEP_HOOK_NONE,
	SCEP_HOOK_EXEC,			/* target is the path of a program */
	SCEP_HOOK_HTTP			/* … a URL, http or https */
};

/* One of them, as a profile or [server] has it. */
struct scep_hook {
	enum scep_hook_kind	 kind;
	char			 target[SCEP_HOOK_TARGET];
	long			 timeout_ms;	/* for the whole call */
	char			 ca_path[SCEP_HOOK_TARGET];
					/* HTTP: PEM file of the authorities
					   that its server may have; "": the
					   system's */
	struct scep_buf		 key;	/* HTTP: signs the request (HMAC-
					   SHA-256); empty: it is not signed */
	int			 is_told;	/* nothing is asked: any status
						   from 200 to 299 will do */
};

/*
 * "exec:/path", "https://host/path", "http://localhost/path", or "http:" and
 * such a URL.  0 if text is none of them, *why then says what is wrong with
 * one that nearly is, or is NULL.  Sets kind and target alone.
 */
int		 scep_hook_parse(const char *text, struct scep_hook *hook,
		    const char **why);
void		 scep_hook_clear(struct scep_hook *hook);

/*
 * May it be called by us, as things are in the file system now?  Only root
 * and us may be able to write a program, or put another in its place.
 * SCEP_E_CONFIG: no; err says why, and what mends it.
 */
enum scep_err	 scep_hook_check(const struct scep_hook *hook, uid_t us,
		    struct scep_error *err);

/* Who makes the calls.  Any number of threads may, at the same time. */
struct scep_hook_host {
	void		*arg;
	/*
	 * Hand over a question (JSON), wait for the answer.  SCEP_OK: the
	 * program ended by itself with 0, or the status was 200 (or another
	 * of success, if it is_told), and *answer (scep_buf_clear() it) is all
	 * that came, at most SCEP_HOOK_ANSWER_MAX octets.  SCEP_E_BUSY:
	 * everything else, err says what and where; *answer is then empty.
	 * In either case, *ms is how long that took, by the host's clock.
	 */
	enum scep_err	(*call)(void *arg, const struct scep_hook *hook,
			    struct scep_span question,
			    struct scep_buf *answer, long *ms,
			    struct scep_error *err);
};

#endif /* SCEP_CA_HOOK_H */
