/*
 * doctor_caps.c - GetCACaps: does it come, and is it a list of words?
 *
 * Whether the words are true is doctor_trials.c's business.
 */
#include <ctype.h>
#include <string.h>

#include "cgi/doctor.h"

#define BODY_MAX	1024	/* certmonger of 2015 takes no more */

int
doctor_announced(const struct doctor *d, const char *word)
{
	char	 line[64];

	(void)snprintf(line, sizeof(line), "\n%s\n", word);
	return strstr(d->caps, line) != NULL;
}

/* RFC 8894 section 3.5.2, and names as Example.com-Name (section 6). */
static int
is_word(const char *p, size_t len)
{
	size_t	 i;

	for (i = 0; i < len; i++)
		if (!isalnum((unsigned char)p[i]) && strchr("-_.+", p[i]) ==
		    NULL)
			return 0;
	return len > 0;
}

/* "\nAES\nSHA-256\n"; 0 if a line is no word. */
static int
caps_keep(struct doctor *d, const struct doctor_http *http)
{
	const char	*p = (const char *)http->body;
	size_t		 len, n = 1;
	int		 clean = 1;

	d->caps[0] = '\n';
	while (p != NULL && *p != '\0') {
		len = strcspn(p, "\r\n");
		clean &= is_word(p, len);
		if (n + len + 2 > sizeof(d->caps))
			return 0;
		if (len > 0) {
			memcpy(d->caps + n, p, len);
			n += len;
			d->caps[n++] = '\n';
		}
		p += len;
		p += *p == '\r';
		p += *p == '\n';
	}
	d->caps[n] = '\0';
	return clean;
}

/* One line of it, for people. */
static void
caps_text(const struct doctor *d, char *out, size_t size)
{
	size_t	 i;

	(void)snprintf(out, size, "%s", d->caps + 1);
	for (i = 0; out[i] != '\0'; i++)
		if (out[i] == '\n')
			out[i] = out[i + 1] == '\0' ? '\0' : ' ';
}

static void
caps_judge(struct doctor *d, const struct doctor_http *http)
{
	char	 words[400];
	int	 clean = caps_keep(d, http);

	caps_text(d, words, sizeof(words));
	if (!clean || http->len > BODY_MAX || words[0] == '\0')
		doctor_fail(d, "GetCACaps", DOCTOR_FIX_CAPS, "GetCACaps: no "
		    "list of words (an empty line means \"everything\" to "
		    "some devices, more than %d octets nothing): %.200s",
		    BODY_MAX, words);
	else if (strcmp(http->type, "text/plain") != 0)
		doctor_fail(d, "GetCACaps", DOCTOR_FIX_TYPE, "GetCACaps: "
		    "Content-Type is %s, not text/plain", http->type);
	else
		doctor_ok(d, "GetCACaps", "GetCACaps: text/plain, %s", words);
}

int
doctor_check_caps(struct doctor *d)
{
	const struct doctor_ask	 ask = { .query = "operation=GetCACaps" };
	struct doctor_http	 http;
	char			 text[500];
	int			 answered = doctor_http(d, &ask, &http);

	doctor_http_text(d, &http, text, sizeof(text));
	if (!answered)
		doctor_fail(d, "reach", http.tls ? DOCTOR_FIX_TLS :
		    DOCTOR_FIX_LISTEN, "%s: %s", d->url, text);
	else if (http.status != 200)
		doctor_fail(d, "GetCACaps", doctor_fix_of(http.status,
		    DOCTOR_FIX_LOG), "GetCACaps: %s: devices that ask first "
		    "fall back to MD5, single DES and GET, or give up", text);
	else
		caps_judge(d, &http);
	doctor_http_clear(&http);
	return answered;
}
