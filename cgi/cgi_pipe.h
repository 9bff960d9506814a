/*
 * cgi_pipe.h - plain CGI: variables, the body at standard input, the answer at
 * standard output (RFC 3875).
 */
#ifndef SCEP_CGI_CGI_PIPE_H
#define SCEP_CGI_CGI_PIPE_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define SCEP_CGI_UNTIL_END	LONG_MAX

/* Whatever signals we were started with: SIGALRM answers 503 if nothing has
 * been answered by then, and ends the process; SIGTERM and SIGPIPE do not. */
void		 scep_cgi_begin(void);
/* "" if there is none. */
const char	*scep_cgi_variable(const char *name);
/*
 * How many octets the body has: where CONTENT_LENGTH says it, no more are
 * waited for, for not every server closes the pipe (section 4.2);
 * SCEP_CGI_UNTIL_END if it does not; 0 unless the method is POST.
 */
long		 scep_cgi_body_length(void);
/* Read at most size octets of the *left that there are, until there are no
 * more; how many, or -1 with errno. */
ssize_t		 scep_cgi_read(long *left, uint8_t *buf, size_t size);
/* Of an answer; 0 if they are not taken. */
int		 scep_cgi_write(const void *data, size_t len);
/* The answer is out: what comes behind it has so long, then the process ends
 * without a word. */
void		 scep_cgi_over(unsigned int seconds);
/* … in a process of its own, which has neither the pipes nor the session of the
 * run.  1 there, and where there can be none; 0: another goes on, and the run is
 * to end.  Nothing of the state may be open. */
int		 scep_cgi_leave(unsigned int seconds);
/* What is left of the body, when the answer is out. */
void		 scep_cgi_drain(long *left);

#endif /* SCEP_CGI_CGI_PIPE_H */
