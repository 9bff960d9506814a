/*
 * error.c - what each error means to the outside world.
 *
 * One row per code.  A code without a row has a NULL name, which
 * tests/unit/t_error.c reports.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>

#include "base/error.h"

static const struct {
	const char	*name;
	int		 http;
	int		 fail_info;	/* RFC 8894 section 3.2.1.4, or -1 */
	int		 exit;		/* 75 and 78 as in sysexits(3) */
} errs[SCEP_E__MAX] = {
	[SCEP_OK]		= { "ok",			200, -1, 0 },
	[SCEP_E_NOMEM]		= { "out of memory",		503, -1, 75 },
	[SCEP_E_INTERNAL]	= { "internal error",		503, -1, 75 },
	[SCEP_E_CONFIG]		= { "configuration",		503, -1, 78 },
	[SCEP_E_STORE]		= { "store",			503, -1, 75 },
	[SCEP_E_BUSY]		= { "try again",		503, -1, 75 },
	[SCEP_E_CHANGED]	= { "overtaken",		503, -1, 75 },
	[SCEP_E_EXISTS]		= { "already exists",		503, -1, 1 },
	[SCEP_E_NOTFOUND]	= { "not found",		503, -1, 3 },
	[SCEP_E_USAGE]		= { "usage",			503, -1, 2 },
	[SCEP_E_HTTP]		= { "bad HTTP request",		400, -1, 1 },
	[SCEP_E_METHOD]		= { "bad method",		405, -1, 1 },
	[SCEP_E_PATH]		= { "no such path",		404, -1, 3 },
	[SCEP_E_ABSENT]		= { "not available",		404, -1, 3 },
	[SCEP_E_TOOBIG]		= { "too big",			413, -1, 1 },
	[SCEP_E_FORMAT]		= { "bad message",		400, -1, 1 },
	[SCEP_E_ALG]		= { "badAlg",			400,  0, 1 },
	[SCEP_E_SIG]		= { "badMessageCheck",		400,  1, 1 },
	[SCEP_E_REFUSED]	= { "badRequest",		400,  2, 1 },
	[SCEP_E_TIME]		= { "badTime",			400,  3, 1 },
	[SCEP_E_CERTID]		= { "badCertId",		400,  4, 1 },
	[SCEP_E_LIMIT]		= { "too many requests",	429, -1, 75 },
};

const char *
scep_err_name(enum scep_err code)
{
	return errs[code].name;
}

int
scep_err_http(enum scep_err code)
{
	return errs[code].http;
}

int
scep_err_fail_info(enum scep_err code)
{
	return errs[code].fail_info;
}

int
scep_err_exit(enum scep_err code)
{
	return errs[code].exit;
}

enum scep_err
scep_fail(struct scep_error *err, enum scep_err code, const char *fmt, ...)
{
	va_list	 ap;
	size_t	 len;

	err->code = code;
	va_start(ap, fmt);
	(void)vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	len = strlen(err->text);
	if (code == SCEP_E_NOMEM)	/* of which only the place is given */
		(void)snprintf(err->text + len, sizeof(err->text) - len,
		    ": out of memory; raise its limit (ulimit -v, "
		    "MemoryMax=)");
	return code;
}

enum scep_err
scep_fail_ssl(struct scep_error *err, enum scep_err code, const char *fmt, ...)
{
	const unsigned long	 no = ERR_peek_last_error();
	const char		*why = ERR_reason_error_string(no);
	va_list			 ap;
	size_t			 len;

	ERR_clear_error();
	err->code = code;
	va_start(ap, fmt);
	(void)vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	len = strlen(err->text);
	if (why != NULL || no == 0)
		(void)snprintf(err->text + len, sizeof(err->text) - len,
		    ": %s", why != NULL ? why : "no reason given");
	else			/* a CGI run has not loaded the texts */
		(void)snprintf(err->text + len, sizeof(err->text) - len,
		    ": openssl errstr %lX says why", no);
	return code;
}

enum scep_err
scep_fail_mend(struct scep_error *err, const char *fmt, ...)
{
	va_list	 ap;
	size_t	 len = strlen(err->text);

	len += (size_t)snprintf(err->text + len, sizeof(err->text) - len,
	    "; ");
	va_start(ap, fmt);
	if (len < sizeof(err->text))
		(void)vsnprintf(err->text + len, sizeof(err->text) - len, fmt,
		    ap);
	va_end(ap);
	return err->code;
}

enum scep_err
scep_fail_within(struct scep_error *err, const char *fmt, ...)
{
	char	 inner[sizeof(err->text)];
	va_list	 ap;
	size_t	 len;

	memcpy(inner, err->text, sizeof(inner));
	va_start(ap, fmt);
	(void)vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	len = strlen(err->text);
	(void)snprintf(err->text + len, sizeof(err->text) - len, ": %s", inner);
	return err->code;
}
