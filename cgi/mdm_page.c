/*
 * mdm_page.c - doors that give a challenge and nothing else: the page of NDES,
 * whose sentences MDM systems look for, and the webhook, whose answer is the
 * challenge.
 *
 * The page comes as "200" also where it says no: they look into no other one.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "base/text.h"
#include "cgi/mdm_local.h"

#define PAGE_MAX	2048
#define NOTE_MAX	120
#define MD5_TEXT	32	/* hex digits */

#define FRONT \
	"<HTML><HEAD><TITLE>Network Device Enrollment Service</TITLE></HEAD>" \
	"\r\n<BODY>\r\n<P> Network Device Enrollment Service </P>\r\n"
#define BACK	"</BODY></HTML>\r\n"

/* With a byte order mark: then nobody has to guess. */
static void
put_utf8(struct mdm *m, const char *page)
{
	char	 text[PAGE_MAX + 4];

	(void)snprintf(text, sizeof(text), "\xef\xbb\xbf%s", page);
	mdm_body(m, 200, "text/html; charset=utf-8", scep_span_text(text));
	OPENSSL_cleanse(text, sizeof(text));
}

/* A page is ASCII. */
static void
put_utf16(struct mdm *m, const char *page)
{
	uint8_t	 text[2 * PAGE_MAX + 2] = { 0xff, 0xfe };
	size_t	 i;

	for (i = 0; page[i] != '\0'; i++) {
		text[2 + 2 * i] = (uint8_t)page[i];
		text[3 + 2 * i] = 0;
	}
	mdm_body(m, 200, "text/html; charset=utf-16", scep_span_make(text,
	    2 + 2 * i));
	OPENSSL_cleanse(text, sizeof(text));
}

static void
put_page(struct mdm *m, const char *page)
{
	if (m->host->utf16)
		put_utf16(m, page);
	else
		put_utf8(m, page);
}

/* "A656FA66 AB12B433 A2DA5CF7 CC153D9A", or "" if it is not known. */
static void
thumbprint(const json_t *result, char out[MD5_TEXT + 4])
{
	const char	*hex = json_string_value(json_object_get(result,
			    "ca_md5"));
	size_t		 i, n = 0;

	if (hex != NULL && strlen(hex) == MD5_TEXT)
		for (i = 0; i < MD5_TEXT; i++) {
			if (i > 0 && i % 8 == 0)
				out[n++] = ' ';
			out[n++] = (char)toupper((unsigned char)hex[i]);
		}
	out[n] = '\0';
}

/* What stands in a page or goes to a device, if it is what it must be. */
static const char *
challenge_of(const json_t *result)
{
	const char	*text = json_string_value(json_object_get(result,
			    "challenge"));

	return text != NULL && *text != '\0' && strlen(text) < 64 &&
	    text[strspn(text, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")] == '\0' ? text : NULL;
}

static void
put_password(struct mdm *m, const json_t *result)
{
	const char	*challenge = challenge_of(result);
	const long	 ttl = (long)json_integer_value(json_object_get(
			    result, "ttl"));
	char		 page[PAGE_MAX], thumb[MD5_TEXT + 4];

	if (challenge == NULL)
		return;			/* 503 */
	thumbprint(result, thumb);
	(void)snprintf(page, sizeof(page), FRONT
	    "<P> The thumbprint (hash value) for the CA certificate is: "
	    "<B> %s </B>\r\n"
	    "<P> The enrollment challenge password is: <B> %s </B>\r\n"
	    "<P> This password can be used only once and will expire within "
	    "%ld minutes.\r\n" BACK, thumb, challenge, (ttl + 59) / 60);
	put_page(m, page);
	OPENSSL_cleanse(page, sizeof(page));
}

void
mdm_ndes(struct mdm *m)
{
	struct mdm_answer	 a;

	mdm_ask(m, "challenge.add", mdm_challenge(m, "NDES page"), &a);
	if (a.no == MDM_DONE)
		put_password(m, a.result);
	else if (a.no == MDM_STRANGER || a.no == MDM_MAY)
		put_page(m, FRONT "<P> You do not have sufficient permission "
		    "to enroll with SCEP.\r\n" BACK);
	else if (a.no == MDM_RATE)
		put_page(m, FRONT "<P> The password cache is full.\r\n" BACK);
	else
		mdm_not_done(m, &a);
	mdm_answer_clear(&a);
}

/* A member of a member, if it is a text. */
static const char *
text_in(const json_t *event, const char *object, const char *member)
{
	return json_string_value(json_object_get(json_object_get(event,
	    object), member));
}

/* What the operator is to see of the event; nothing that he should not. */
static void
note_of(const json_t *event, char out[NOTE_MAX])
{
	const char	*id = text_in(event, "event", "payloadIdentifier");

	if (id == NULL || strlen(id) > 64 ||
	    !scep_is_clean_utf8(scep_span_text(id)))
		id = "";
	(void)snprintf(out, NOTE_MAX, "webhook%s%s", *id != '\0' ? " " : "",
	    id);
}

/* Members that we do not know are others' business, and those that are not
 * there are not missed. */
static int
read_event(struct mdm *m, char note[NOTE_MAX])
{
	const struct scep_mdm_request	*r = m->request;
	const char			*what;
	json_t				*event;
	int				 ok;

	(void)snprintf(note, NOTE_MAX, "webhook");
	if (mdm_body_is_empty(r))
		return 1;
	event = json_loadb((const char *)r->body, r->body_len, 0, NULL);
	what = text_in(event, "webhook", "webhookEvent");
	ok = json_is_object(event) && (what == NULL ||
	    strcmp(what, "SCEPChallenge") == 0);
	if (ok)
		note_of(event, note);
	json_decref(event);
	return ok;
}

void
mdm_webhook(struct mdm *m)
{
	const char		*challenge;
	struct mdm_answer	 a;
	char			 note[NOTE_MAX];

	if (!read_event(m, note)) {
		scep_line_text(m->line, "reason", "no event SCEPChallenge");
		mdm_body(m, 400, "text/plain", scep_span_text("the body is "
		    "no JSON object of the event SCEPChallenge"));
		return;
	}
	mdm_ask(m, "challenge.add", mdm_challenge(m, note), &a);
	if (a.no != MDM_DONE)
		mdm_not_done(m, &a);
	else if ((challenge = challenge_of(a.result)) != NULL)
		mdm_body(m, 200, "text/plain", scep_span_text(challenge));
	mdm_answer_clear(&a);
}
