/*
 * log.c - where lines go: stderr and syslog, one write each.
 *
 * What is in a line was escaped when it was made (base/line.h); the texts of
 * our own that come by here go through the same door.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "cgi/log.h"

/* A reload changes them while others write. */
static atomic_uint	 log_to;
static atomic_int	 log_json;
static int		 forced;

void
scep_log_open(const char *program, unsigned int what)
{
	log_to = what;
	tzset();			/* reads a file; later none can be */
	if (what & SCEP_LOG_SYSLOG)
		openlog(program, LOG_NDELAY | LOG_PID, LOG_DAEMON);
}

void
scep_log_configure(const struct scep_server_conf *conf)
{
	if (!forced)
		log_json = conf->log_json;
	scep_log_open("scep.fcgi", (conf->log_stderr ? SCEP_LOG_STDERR : 0) |
	    (conf->log_syslog ? SCEP_LOG_SYSLOG : 0));
}

int
scep_log_force(const char *format)
{
	log_json = strcmp(format, "json") == 0;
	forced = 1;
	return log_json || strcmp(format, "text") == 0;
}

/* A file, or a terminal, nobody reads to its end. */
void
scep_log_let_go(void)
{
	struct stat	 st;
	int		 null;

	if (fstat(STDERR_FILENO, &st) == -1 ||
	    (!S_ISFIFO(st.st_mode) && !S_ISSOCK(st.st_mode)) ||
	    (null = open("/dev/null", O_WRONLY | O_CLOEXEC)) == -1)
		return;
	if (log_to & SCEP_LOG_STDERR)
		scep_log_open("scep.fcgi", SCEP_LOG_SYSLOG);
	(void)dup2(null, STDERR_FILENO);
	(void)close(null);
}

struct scep_line
scep_log_begin(void)
{
	const struct scep_line	 line = { .json = log_json };

	return line;
}

static void
write_stderr(const struct scep_line *line)
{
	char		 text[SCEP_LINE_MAX + 64], when[SCEP_TIME_TEXT];
	struct timespec	 now = { 0, 0 };
	ssize_t		 n;
	int		 len;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	scep_time_text(now.tv_sec, when);
	when[SCEP_TIME_TEXT - 2] = '\0';	/* the Z: milliseconds first */
	len = snprintf(text, sizeof(text), line->json ?
	    "{\"time\":\"%s.%03ldZ\",%s}\n" : "time=%s.%03ldZ %s\n", when,
	    now.tv_nsec / 1000000, line->text);
	do			/* what cannot be written is lost */
		n = len < 0 ? 0 : write(STDERR_FILENO, text, (size_t)len);
	while (n == -1 && errno == EINTR);
}

static void
write_line(int priority, const struct scep_line *line)
{
	if (log_to & SCEP_LOG_STDERR)
		write_stderr(line);
	if (log_to & SCEP_LOG_SYSLOG)
		syslog(priority, line->json ? "{%s}" : "%s", line->text);
}

void
scep_log_line(const struct scep_line *line)
{
	write_line(LOG_INFO, line);
}

/* A value is cut at SCEP_VALUE_MAX octets, and the command that mends a fault
 * stands at the end of its text: the rest goes on in more=. */
static void
write_text(int priority, const char *level, const char *text)
{
	static const char *const keys[] = { "msg", "more", "more2", "more3",
				    "more4" };
	struct scep_line	 line = scep_log_begin();
	struct scep_span	 rest = scep_span_text(text), part;
	size_t			 i = 0;

	scep_line_text(&line, "level", level);
	do {
		part = rest;
		if (part.len > SCEP_VALUE_MAX) {
			for (part.len = SCEP_VALUE_MAX; part.len > 1 &&
			    part.data[part.len - 1] != ' '; part.len--)
				;
			if (part.len == 1)
				part.len = SCEP_VALUE_MAX;
		}
		scep_line_add(&line, keys[i++], part);
		rest.data += part.len;
		rest.len -= part.len;
	} while (rest.len > 0 && i < sizeof(keys) / sizeof(keys[0]));
	write_line(priority, &line);
}

__attribute__((format(printf, 3, 0)))
static void
write_fmt(int priority, const char *level, const char *fmt, va_list ap)
{
	char	 text[SCEP_ERROR_MAX + 256];

	if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
		return;
	write_text(priority, level, text);
}

void
scep_log_info(const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	write_fmt(LOG_INFO, "info", fmt, ap);
	va_end(ap);
}

void
scep_log_warn(const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	write_fmt(LOG_WARNING, "warning", fmt, ap);
	va_end(ap);
}

void
scep_log_error(const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	write_fmt(LOG_ERR, "error", fmt, ap);
	va_end(ap);
}
