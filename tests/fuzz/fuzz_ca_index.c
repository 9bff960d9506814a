/*
 * fuzz_ca_index.c - any octets as the index.txt of another server's CA.
 *
 * What is read of a line can go on as it is: texts end, numbers are those that
 * a certificate and a CRL can hold, and a line of just these says the same.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "base/ca_index.h"
#include "base/error.h"
#include "base/text.h"

#define REASON_MAX	6	/* certificateHold; later ones it cannot say */
#define FIELDS_MAX	(2 * SCEP_CA_INDEX_LINE)

int	 LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
demand(int holds)
{
	if (!holds)
		abort();
}

/* The shortest INTEGER that is not negative. */
static void
judge_serial(const struct scep_ca_index *line)
{
	demand(line->serial_len >= 1 &&
	    line->serial_len <= sizeof(line->serial));
	demand(line->serial[0] < 0x80);
	demand(line->serial_len == 1 || line->serial[0] != 0 ||
	    line->serial[1] >= 0x80);
}

static void
judge(const struct scep_ca_index *line)
{
	judge_serial(line);
	demand(memchr(line->file, '\0', sizeof(line->file)) != NULL);
	demand(memchr(line->subject, '\0', sizeof(line->subject)) != NULL);
	demand(scep_is_clean_utf8(scep_span_text(line->subject)));
	demand(strchr(line->file, '\n') == NULL);
	demand(line->not_after >= 0 && line->revoked >= 0);
	demand(line->reason >= 0 && line->reason <= REASON_MAX);
	demand(line->is_revoked || (line->revoked == 0 && line->reason == 0 &&
	    !line->is_less));
}

/* As 20261124120000Z. */
static void
write_time(time_t when, char out[SCEP_TIME_TEXT])
{
	char	 text[SCEP_TIME_TEXT];
	size_t	 n = 0;
	char	*p;

	scep_time_text(when, text);
	for (p = text; *p != '\0'; p++)
		if (strchr("-:T", *p) == NULL)
			out[n++] = *p;
	out[n] = '\0';
}

/* The same line, written by who knows only what was read of it. */
static void
read_again(const struct scep_ca_index *line)
{
	static char		 text[FIELDS_MAX];
	struct scep_ca_index	 again;
	struct scep_error	 err;
	char			 end[SCEP_TIME_TEXT];
	char			 revoked[SCEP_TIME_TEXT] = "";
	char			 serial[2 * sizeof(line->serial) + 1];
	int			 n;

	write_time(line->not_after, end);
	if (line->is_revoked)
		write_time(line->revoked, revoked);
	scep_hex_text(scep_span_make(line->serial, line->serial_len), serial,
	    sizeof(serial));
	n = snprintf(text, sizeof(text), "%s\t%s\t%s\t%s\tunknown\t%s",
	    line->is_revoked ? "R" : "V", end, revoked, serial,
	    strchr(line->subject, '\\') == NULL ? line->subject : "");
	demand(scep_ca_index_read(scep_span_make(text, (size_t)n), &again,
	    &err) == SCEP_OK);
	demand(again.not_after == line->not_after && !again.two_digits &&
	    again.is_revoked == line->is_revoked &&
	    again.revoked == line->revoked);
	demand(again.serial_len == line->serial_len && memcmp(again.serial,
	    line->serial, line->serial_len) == 0);
}

static void
take(struct scep_span text)
{
	struct scep_ca_index	 line;
	struct scep_error	 err;
	enum scep_err		 rc;

	rc = scep_ca_index_read(text, &line, &err);
	if (rc == SCEP_OK) {
		judge(&line);
		read_again(&line);
		return;
	}
	demand(rc == SCEP_E_FORMAT || rc == SCEP_E_NOTFOUND);
	demand(err.code == rc && err.text[0] != '\0');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct scep_span	 rest = scep_span_make(data, size);
	const uint8_t		*end;

	while (rest.len > 0 && (end = memchr(rest.data, '\n', rest.len)) !=
	    NULL) {
		take(scep_span_make(rest.data, (size_t)(end - rest.data)));
		rest.len -= (size_t)(end + 1 - rest.data);
		rest.data = end + 1;
	}
	take(rest);
	demand(ERR_peek_error() == 0);
	return 0;
}
