/*
 * log.h - where lines go: stderr and syslog, one write each.
 */
#ifndef SCEP_CGI_LOG_H
#define SCEP_CGI_LOG_H

#include "base/line.h"
#include "ca/config.h"

/* what: bits; program is "scep.fcgi".  Opens syslog at once, so that a
 * sandbox may close the door behind it. */
#define SCEP_LOG_STDERR	1u
#define SCEP_LOG_SYSLOG	2u
void	 scep_log_open(const char *program, unsigned int what);
/* For scep.fcgi, as [server] says.  --log comes first, and stays. */
void	 scep_log_configure(const struct scep_server_conf *conf);
/* Whoever reads stderr to its end need not wait for ours: where it is a pipe we
 * leave it, and what it would have got goes to syslog. */
void	 scep_log_let_go(void);
/* "text" or "json", whatever the configuration says; 0 if it is neither. */
int	 scep_log_force(const char *format);
/* An empty line in the format of the log; for it, not for anything kept. */
struct scep_line	 scep_log_begin(void);
/* With time (RFC 3339, UTC, milliseconds) in front for stderr. */
void	 scep_log_line(const struct scep_line *line);
/* A line about ourselves: level=info|warning|error msg="…". */
void	 scep_log_info(const char *fmt, ...)
	    __attribute__((format(printf, 1, 2)));
void	 scep_log_warn(const char *fmt, ...)
	    __attribute__((format(printf, 1, 2)));
void	 scep_log_error(const char *fmt, ...)
	    __attribute__((format(printf, 1, 2)));

#endif /* SCEP_CGI_LOG_H */
