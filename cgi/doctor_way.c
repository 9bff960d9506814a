/*
 * doctor_way.c - what a message meets on its way: sizes, escapes, headers and
 * paths that a web server may refuse or spoil.
 *
 * Each message is a CertPoll for a transaction that nobody knows: its signed
 * refusal shows that it arrived as it was sent, and it leaves nothing behind.
 */
#include <string.h>

#include "cgi/doctor.h"

#define KIB		1024
#define MAX_REQUEST	(256 * KIB)	/* scep.conf's default */
#define LINE_SLACK	512	/* other headers within the same limit */
#define TYPE_PKI	"application/x-pki-message"

/* A row is tried only if the one it needs was fine. */
enum row {
	POST,
	POST_BARE,
	POST_OCTETS,
	POST_FORM,
	POST_CHUNKED,
	POST_EXPECT,
	POST_HTTP10,
	POST_PKICLIENT,
	BODY_64K,
	BODY_128K,
	BODY_MAX,
	GET,
	GET_RAW,
	GET_LINES,
	GET_CRLF,
	GET_HTTP10,
	GET_8K,
	GET_16K,
	GET_32K,
	ROWS
};

static const struct {
	enum row		 needs;		/* itself: nothing */
	const char		*check;
	const char		*text;
	const char		*who;	/* what fails for whom */
	enum doctor_fix		 fix;
	struct doctor_trial	 trial;
} rows[ROWS] = {
	[POST] = { POST, "POST", "POST", "no device can send a long message",
	    DOCTOR_FIX_LOG, { .ask = { .type = TYPE_PKI } } },
	[POST_BARE] = { POST, "POST-no-type", "POST without Content-Type",
	    "sscep, strongSwan and FortiGate send none", DOCTOR_FIX_LOG,
	    { .ask = { .type = NULL } } },
	[POST_OCTETS] = { POST, "POST-octets",
	    "POST as application/octet-stream", "jscep sends that",
	    DOCTOR_FIX_LOG, { .ask = { .type = "application/octet-stream" } }
	    },
	[POST_FORM] = { POST, "POST-form",
	    "POST as application/x-www-form-urlencoded",
	    "clients built on curl send that", DOCTOR_FIX_LOG,
	    { .ask = { .type = "application/x-www-form-urlencoded" } } },
	[POST_CHUNKED] = { POST, "POST-chunked",
	    "POST with Transfer-Encoding: chunked",
	    "streaming clients send that", DOCTOR_FIX_CHUNKED,
	    { .ask = { .type = TYPE_PKI, .chunked = 1 } } },
	[POST_EXPECT] = { POST, "POST-expect",
	    "POST with Expect: 100-continue", "libraries ask that",
	    DOCTOR_FIX_LOG, { .ask = { .type = TYPE_PKI, .expect = 1 } } },
	[POST_HTTP10] = { POST, "POST-http10", "POST by HTTP/1.0",
	    "old devices speak it", DOCTOR_FIX_LOG,
	    { .ask = { .type = TYPE_PKI, .http10 = 1 } } },
	[POST_PKICLIENT] = { POST, "pkiclient.exe",
	    "POST to the path with /pkiclient.exe behind it",
	    "Windows and Cisco append that", DOCTOR_FIX_PATHINFO,
	    { .ask = { .type = TYPE_PKI, .suffix = "/pkiclient.exe" } } },
	[BODY_64K] = { POST, "body-64k", "POST of 64 KiB",
	    "a chain and many names take that", DOCTOR_FIX_BODY,
	    { .size = 64 * KIB, .ask = { .type = TYPE_PKI } } },
	[BODY_128K] = { BODY_64K, "body-128k", "POST of more than 128 KiB",
	    "scep.fcgi itself takes it", DOCTOR_FIX_BODY,
	    { .size = 132 * KIB, .ask = { .type = TYPE_PKI } } },
	[BODY_MAX] = { BODY_128K, "body-max", "POST as long as max_request",
	    "scep.fcgi itself takes it", DOCTOR_FIX_BODY,
	    { .ask = { .type = TYPE_PKI } } },
	[GET] = { GET, "GET", "GET with %2B %2F %3D",
	    "certmonger and Cisco IOS use GET alone", DOCTOR_FIX_QUERY,
	    { .get = 1, .form = DOCTOR_ESCAPED } },
	[GET_RAW] = { GET, "GET-raw", "GET with + / = as they are",
	    "jscep escapes nothing", DOCTOR_FIX_QUERY,
	    { .get = 1, .form = DOCTOR_RAW } },
	[GET_LINES] = { GET, "GET-lines", "GET in lines (%0A)",
	    "sscep and Cisco IOS break base64 into lines",
	    DOCTOR_FIX_CONTROLS, { .get = 1, .form = DOCTOR_LINES } },
	[GET_CRLF] = { GET_LINES, "GET-crlf", "GET in lines (%0D%0A)",
	    "some devices break base64 into lines", DOCTOR_FIX_CONTROLS,
	    { .get = 1, .form = DOCTOR_CRLF } },
	[GET_HTTP10] = { GET, "GET-http10", "GET by HTTP/1.0",
	    "Cisco IOS speaks it", DOCTOR_FIX_LOG,
	    { .get = 1, .ask = { .http10 = 1 } } },
	[GET_8K] = { GET, "GET-8k", "GET of more than 8 KiB",
	    "a key of 4096 bits and some names take more", DOCTOR_FIX_LINE,
	    { .get = 1, .line = 8 * KIB + 64 } },
	[GET_16K] = { GET_8K, "GET-16k", "GET of almost 16 KiB",
	    "a chain takes that", DOCTOR_FIX_LINE,
	    { .get = 1, .line = 16 * KIB - LINE_SLACK } },
	[GET_32K] = { GET_16K, "GET-32k", "GET of almost 32 KiB",
	    "a chain of long keys takes that", DOCTOR_FIX_LINE,
	    { .get = 1, .line = 32 * KIB - LINE_SLACK } },
};

static size_t
max_request(const struct doctor *d)
{
	return d->cfg != NULL ? d->cfg->server.max_request : MAX_REQUEST;
}

/*
 * Apache's mod_proxy_fcgi drops a QUERY_STRING of more than 16 KiB (AH02536),
 * and scep.fcgi then sees none.  Nothing can be set about it.
 */
static int
is_apaches(const struct doctor *d, enum row row,
    const struct doctor_answer *answer)
{
	return row == GET_32K && d->kind == DOCTOR_APACHE && answer->own &&
	    answer->http_status == 400;
}

static int
try(struct doctor *d, const struct doctor_id *id, enum row row)
{
	struct doctor_trial	 trial = rows[row].trial;
	struct doctor_answer	 answer;
	int			 good;

	trial.type = 20;
	if (row == BODY_MAX)
		trial.size = max_request(d);
	if (trial.size > max_request(d))
		return 1;	/* scep.fcgi itself would refuse it */
	doctor_exchange(d, id, &trial, &answer);
	good = doctor_was_read(&answer);
	if (good)
		doctor_ok(d, rows[row].check, "%s: read", rows[row].text);
	else if (is_apaches(d, row, &answer))
		doctor_info(d, rows[row].check, "%s: %s: Apache's "
		    "mod_proxy_fcgi drops a query of more than 16 KiB; "
		    "devices with longer messages need POST, or you mod_fcgid",
		    rows[row].text, answer.text);
	else
		doctor_fail(d, rows[row].check, answer.is_certrep ?
		    DOCTOR_FIX_QUERY : doctor_answer_fix(&answer,
		    rows[row].fix), "%s: %s (%s)", rows[row].text,
		    answer.text, rows[row].who);
	doctor_answer_clear(&answer);
	return good;
}

/* What a client gets that sends nonsense: a status, and a text that leads to
 * the line in the log. */
static void
check_errors(struct doctor *d)
{
	const struct doctor_ask	 ask = { .query = "operation=GetNothing" };
	struct doctor_http	 http;
	char			 text[500];

	(void)doctor_http(d, &ask, &http);
	doctor_http_text(d, &http, text, sizeof(text));
	if (http.status != 400)
		doctor_fail(d, "errors", doctor_fix_of(http.status,
		    DOCTOR_FIX_ERRORS), "errors: %s for an unknown operation, "
		    "which is HTTP 400: devices take anything else for an "
		    "answer or for trouble that passes", text);
	else if (http.len == 0 || strstr((const char *)http.body,
	    ", request ") == NULL)
		doctor_info(d, "errors", "errors: %s, but with another body "
		    "than scep.fcgi's, which names the line in its log", text);
	else
		doctor_ok(d, "errors", "errors: %s", text);
	doctor_http_clear(&http);
}

void
doctor_check_way(struct doctor *d)
{
	struct doctor_id	 id;
	int			 good[ROWS] = { 0 };
	enum row		 row;

	if (doctor_id_name(d, &id, 0) != SCEP_OK) {
		doctor_fail(d, "POST", DOCTOR_FIX_LOG, "POST: %s",
		    d->adm->err.text);
		doctor_id_clear(&id);
		return;
	}
	for (row = 0; row < ROWS; row++)
		if (rows[row].needs == row || good[rows[row].needs])
			good[row] = try(d, &id, row);
	d->post_works = good[POST];
	d->get_works = good[GET];
	check_errors(d);
	doctor_id_clear(&id);
}
