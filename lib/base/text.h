/*
 * text.h - bytes and times as text, and back.
 */
#ifndef SCEP_BASE_TEXT_H
#define SCEP_BASE_TEXT_H

#include "base/buf.h"

#define SCEP_TIME_TEXT	21	/* 2026-11-24T12:00:00Z and a NUL */

/* RFC 3339 in UTC. */
void		 scep_time_text(time_t t, char out[SCEP_TIME_TEXT]);
/* Lower-case hex, NUL-terminated; out has room for 2 * len + 1. */
void		 scep_hex_text(struct scep_span bytes, char *out, size_t size);
/* A word of printable ASCII that fits as it is; anything else in hex, as much
 * as fits. */
void		 scep_word_text(struct scep_span bytes, char *out, size_t size);
/* 0 to 15, or -1. */
int		 scep_hex_digit(char c);
/* The reverse; colons and blanks between octets are skipped.
 * SCEP_E_USAGE if it is not hex or does not fit; *len is what it gave. */
enum scep_err	 scep_hex_read(const char *text, uint8_t *out, size_t size,
		    size_t *len, struct scep_error *err);
/* "90", "90s", "15m", "24h", "7d", "2w", "1y" (365 days) to seconds, at
 * most 100 years; SCEP_E_USAGE otherwise. */
enum scep_err	 scep_duration_read(const char *text, long *seconds,
		    struct scep_error *err);
#define SCEP_DURATION_TEXT	24
/* The reverse, in the biggest unit that leaves no rest; weeks are days. */
void		 scep_duration_text(long seconds,
		    char out[SCEP_DURATION_TEXT]);
/* RFC 3339, a date (its first second in UTC) or date and time, from 1970 on, to
 * seconds since then; SCEP_E_USAGE otherwise. */
enum scep_err	 scep_time_read(const char *text, time_t *out,
		    struct scep_error *err);
/* Whole decimal number within [min, max]; SCEP_E_USAGE otherwise. */
enum scep_err	 scep_number_read(const char *text, long min, long max,
		    long *out, struct scep_error *err);
/* Valid UTF-8 (RFC 3629) without control characters (C0, DEL, C1)? */
int		 scep_is_clean_utf8(struct scep_span text);
/* Cut it where it is not. */
void		 scep_text_clean(char *text);

#endif /* SCEP_BASE_TEXT_H */
