/* text.c - bytes and times as text, and back. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"

#define CENTURY	(100L * 365 * 86400)

void
scep_time_text(time_t t, char out[SCEP_TIME_TEXT])
{
	struct tm	 tm;

	/* strftime() writes all or nothing: a year above 9999 does not fit. */
	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(out, SCEP_TIME_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		(void)snprintf(out, SCEP_TIME_TEXT, "never");
}

void
scep_hex_text(struct scep_span bytes, char *out, size_t size)
{
	static const char	 digits[] = "0123456789abcdef";
	size_t			 i;

	for (i = 0; i < bytes.len && 2 * i + 2 < size; i++) {
		out[2 * i] = digits[bytes.data[i] >> 4];
		out[2 * i + 1] = digits[bytes.data[i] & 15];
	}
	if (size > 0)
		out[2 * i] = '\0';
}

void
scep_word_text(struct scep_span bytes, char *out, size_t size)
{
	size_t	 i;

	for (i = 0; i < bytes.len && bytes.data[i] > ' ' &&
	    bytes.data[i] < 0x7f; i++)
		continue;
	if (bytes.len > 0 && i == bytes.len && i < size) {
		memcpy(out, bytes.data, i);
		out[i] = '\0';
		return;
	}
	if (bytes.len > (size - 1) / 2)
		bytes.len = (size - 1) / 2;
	scep_hex_text(bytes, out, size);
}

int
scep_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

enum scep_err
scep_hex_read(const char *text, uint8_t *out, size_t size, size_t *len,
    struct scep_error *err)
{
	const char	*p = text;
	int		 hi, lo;

	*len = 0;
	while (*p != '\0') {
		if (*p == ':' || *p == ' ') {
			p++;
			continue;
		}
		hi = scep_hex_digit(p[0]);
		lo = hi < 0 ? -1 : scep_hex_digit(p[1]);
		if (lo < 0)
			return scep_fail(err, SCEP_E_USAGE,
			    "\"%.64s\" is not hexadecimal", text);
		if (*len == size)
			return scep_fail(err, SCEP_E_USAGE,
			    "\"%.64s\" is longer than %zu octets", text, size);
		out[(*len)++] = (uint8_t)(hi << 4 | lo);
		p += 2;
	}
	return SCEP_OK;
}

enum scep_err
scep_number_read(const char *text, long min, long max, long *out,
    struct scep_error *err)
{
	char	*end;
	long	 n;

	*out = 0;
	errno = 0;
	n = strtol(text, &end, 10);
	if (end == text || *end != '\0' || errno != 0 ||
	    (*text != '-' && (*text < '0' || *text > '9')))
		return scep_fail(err, SCEP_E_USAGE,
		    "\"%.64s\" is not a whole number from %ld to %ld", text,
		    min, max);
	if (n < min || n > max)
		return scep_fail(err, SCEP_E_USAGE,
		    "%ld is not between %ld and %ld", n, min, max);
	*out = n;
	return SCEP_OK;
}

enum scep_err
scep_duration_read(const char *text, long *seconds, struct scep_error *err)
{
	static const struct {
		const char	*unit;
		long		 seconds;
	} units[] = {
		{ "", 1 }, { "s", 1 }, { "m", 60 }, { "h", 3600 },
		{ "d", 86400 }, { "w", 7 * 86400 }, { "y", 365 * 86400 },
	};
	char	*end;
	size_t	 i;
	long	 n;

	*seconds = 0;
	errno = 0;
	n = strtol(text, &end, 10);
	if (*text >= '0' && *text <= '9' && errno == 0)
		for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
			if (strcmp(end, units[i].unit) == 0 &&
			    n <= CENTURY / units[i].seconds) {
				*seconds = n * units[i].seconds;
				return SCEP_OK;
			}
	return scep_fail(err, SCEP_E_USAGE, "\"%.64s\" is not a duration of "
	    "at most 100 years such as 90s, 15m, 24h, 7d or 1y", text);
}

void
scep_duration_text(long seconds, char out[SCEP_DURATION_TEXT])
{
	static const struct {
		char	 unit;
		long	 seconds;
	} units[] = {
		{ 'y', 365 * 86400 }, { 'd', 86400 }, { 'h', 3600 },
		{ 'm', 60 }, { 's', 1 },
	};
	size_t	 i = 0;

	while (seconds == 0 ? units[i].unit != 's' :
	    seconds % units[i].seconds != 0)
		i++;
	(void)snprintf(out, SCEP_DURATION_TEXT, "%ld%c",
	    seconds / units[i].seconds, units[i].unit);
}

/* Two digits, of which pattern has "99"; and what stands for itself. */
static int
has_shape(const char *text, const char *pattern)
{
	for (; *pattern != '\0'; pattern++, text++)
		if (*pattern == '9' ? *text < '0' || *text > '9' :
		    *text != *pattern)
			return 0;
	return 1;
}

/* Behind the seconds: a fraction, which is dropped, and Z or ±hh:mm. */
static int
read_zone(const char *p, long *offset_s)
{
	*offset_s = 0;
	if (*p == '.' && p[1] >= '0' && p[1] <= '9')
		for (p++; *p >= '0' && *p <= '9'; p++)
			continue;
	if (strcmp(p, "Z") == 0 || strcmp(p, "z") == 0)
		return 1;
	if ((*p != '+' && *p != '-') || !has_shape(p + 1, "99:99") ||
	    p[6] != '\0')
		return 0;
	*offset_s = (strtol(p + 1, NULL, 10) * 60 +
	    strtol(p + 4, NULL, 10)) * 60;
	if (*p == '-')
		*offset_s = -*offset_s;
	return strtol(p + 1, NULL, 10) < 24 && strtol(p + 4, NULL, 10) < 60;
}

/* RFC 3339 section 5.6. */
static int
read_time(const char *text, time_t *out)
{
	struct tm	 tm, was;
	long		 offset_s = 0;

	memset(&tm, 0, sizeof(tm));
	if (!has_shape(text, "9999-99-99"))
		return 0;
	tm.tm_year = (int)strtol(text, NULL, 10) - 1900;
	tm.tm_mon = (int)strtol(text + 5, NULL, 10) - 1;
	tm.tm_mday = (int)strtol(text + 8, NULL, 10);
	text += 10;
	if (*text != '\0') {
		if (strchr("Tt ", *text) == NULL ||
		    !has_shape(text + 1, "99:99:99"))
			return 0;
		tm.tm_hour = (int)strtol(text + 1, NULL, 10);
		tm.tm_min = (int)strtol(text + 4, NULL, 10);
		tm.tm_sec = (int)strtol(text + 7, NULL, 10);
		if (!read_zone(text + 9, &offset_s))
			return 0;
	}
	was = tm;
	*out = timegm(&tm);		/* 31 April becomes 1 May */
	if (was.tm_mon != tm.tm_mon || was.tm_mday != tm.tm_mday ||
	    was.tm_hour != tm.tm_hour || was.tm_min != tm.tm_min ||
	    was.tm_sec != tm.tm_sec)
		return 0;
	*out -= offset_s;
	return *out >= 0;
}

enum scep_err
scep_time_read(const char *text, time_t *out, struct scep_error *err)
{
	if (read_time(text, out))
		return SCEP_OK;
	*out = 0;
	return scep_fail(err, SCEP_E_USAGE, "\"%.64s\" is not a time from "
	    "1970 on such as 2026-11-24 or 2026-11-24T12:00:00Z", text);
}

/* The code point at p, its length in *n; -1 if it is not UTF-8. */
static long
utf8_next(const uint8_t *p, size_t left, size_t *n)
{
	static const long	 least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	long			 c;
	size_t			 i;

	*n = p[0] < 0x80 ? 1 : (p[0] & 0xe0) == 0xc0 ? 2 :
	    (p[0] & 0xf0) == 0xe0 ? 3 : (p[0] & 0xf8) == 0xf0 ? 4 : 0;
	if (*n == 0 || *n > left)
		return -1;
	c = *n == 1 ? p[0] : p[0] & (0x7f >> *n);
	for (i = 1; i < *n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return -1;
		c = c << 6 | (p[i] & 0x3f);
	}
	/* Overlong forms, surrogates, beyond Unicode: RFC 3629 section 3. */
	if (c < least[*n] || (c >= 0xd800 && c <= 0xdfff) || c > 0x10ffff)
		return -1;
	return c;
}

int
scep_is_clean_utf8(struct scep_span text)
{
	size_t	 i, n;
	long	 c;

	for (i = 0; i < text.len; i += n) {
		c = utf8_next(text.data + i, text.len - i, &n);
		if (c < 0x20 || (c >= 0x7f && c < 0xa0))
			return 0;
	}
	return 1;
}

void
scep_text_clean(char *text)
{
	size_t	 n = strlen(text);

	while (n > 0 && !scep_is_clean_utf8(scep_span_make(text, n)))
		text[--n] = '\0';
}
