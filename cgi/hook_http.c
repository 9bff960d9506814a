/*
 * hook_http.c - asks a server, or tells it: the question is posted, the
 * answer is what comes with status 200, and nothing else is.
 *
 * The server is always verified; there are no redirects, for a question may
 * hold a secret and is for nobody else, and no proxy, whatever the
 * environment says.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/error.h"
#include "base/text.h"
#include "cgi/hook_local.h"

#define AGENT		"scep.fcgi/" SCEP_VERSION
#define SIGNATURE	"Scep-Signature: t=%lld,v1="
#define HEADER_MAX	160
#define REASON		100	/* octets of a refusal's text */

struct transfer {
	const struct scep_curl	*lib;
	CURL			*curl;
	const struct scep_hook	*hook;
	struct scep_span	 question;
	struct scep_buf		*answer;
	struct curl_slist	*headers;
	int			 is_flood;
	char			 why[CURL_ERROR_SIZE];
};

/* Where it is, without what a query may hold. */
static int
shown_len(const struct scep_hook *hook)
{
	return (int)strcspn(hook->target, "?#");
}

static size_t
on_body(char *data, size_t one, size_t len, void *arg)
{
	struct transfer		*t = arg;
	struct scep_error	 no_memory;

	len *= one;
	if (len > SCEP_HOOK_ANSWER_MAX - t->answer->len ||
	    scep_buf_add(t->answer, scep_span_make(data, len), &no_memory) !=
	    SCEP_OK) {
		t->is_flood = 1;
		return 0;
	}
	return len;
}

/* Headers. */

static int
add_header(struct transfer *t, const char *line)
{
	struct curl_slist	*list;

	if ((list = t->lib->slist_append(t->headers, line)) == NULL)
		return 0;
	t->headers = list;
	return 1;
}

/* HMAC-SHA-256 of "SECONDS.BODY": who reads it can tell an old one. */
static int
sign(const struct transfer *t, char line[HEADER_MAX])
{
	const long long	 now = (long long)time(NULL);
	char		 hex[2 * SCEP_SHA256_LEN + 1];
	uint8_t		 tag[SCEP_SHA256_LEN];
	uint8_t		*text;
	size_t		 n, len = 0;

	if ((text = OPENSSL_malloc(HEADER_MAX + t->question.len)) == NULL)
		return 0;
	n = (size_t)snprintf((char *)text, HEADER_MAX, "%lld.", now);
	memcpy(text + n, t->question.data, t->question.len);
	if (EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, t->hook->key.data,
	    t->hook->key.len, text, n + t->question.len, tag, sizeof(tag),
	    &len) == NULL)
		len = 0;
	OPENSSL_clear_free(text, HEADER_MAX + t->question.len);
	if (len != sizeof(tag))
		return 0;
	scep_hex_text(scep_span_make(tag, sizeof(tag)), hex, sizeof(hex));
	(void)snprintf(line, HEADER_MAX, SIGNATURE "%s", now, hex);
	return 1;
}

static int
make_headers(struct transfer *t)
{
	char	 line[HEADER_MAX];

	if (!add_header(t, "Content-Type: application/json") ||
	    !add_header(t, "Accept: application/json") ||
	    !add_header(t, "Expect:"))
		return 0;
	return t->hook->key.len == 0 ||
	    (sign(t, line) && add_header(t, line));
}

/* Options. */

/* Where authorities are named, the system's are not asked besides. */
static int
set_trust(const struct transfer *t)
{
	CURLcode	(*set)(CURL *, CURLoption, ...) = t->lib->easy_setopt;
	CURL		*c = t->curl;

	if (set(c, CURLOPT_SSL_VERIFYPEER, 1L) != CURLE_OK ||
	    set(c, CURLOPT_SSL_VERIFYHOST, 2L) != CURLE_OK ||
	    set(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) !=
	    CURLE_OK)
		return 0;
	return t->hook->ca_path[0] == '\0' ||
	    (set(c, CURLOPT_CAPATH, (char *)NULL) == CURLE_OK &&
	    set(c, CURLOPT_CAINFO, t->hook->ca_path) == CURLE_OK);
}

/*
 * No signal: there are threads.  A name server that is silent is left to its
 * own thread; CURLOPT_QUICK_EXIT (new in 7.87) does not wait for that, and an
 * older libcurl does without.
 */
static int
set_limits(const struct transfer *t)
{
	CURLcode	(*set)(CURL *, CURLoption, ...) = t->lib->easy_setopt;
	CURL		*c = t->curl;
	const char	*scheme = strncmp(t->hook->target, "https:", 6) == 0 ?
			    "https" : "http";

	(void)set(c, CURLOPT_QUICK_EXIT, 1L);
	return set(c, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	    set(c, CURLOPT_TIMEOUT_MS, t->hook->timeout_ms) == CURLE_OK &&
	    set(c, CURLOPT_CONNECTTIMEOUT_MS, t->hook->timeout_ms) ==
	    CURLE_OK &&
	    set(c, CURLOPT_PROTOCOLS_STR, scheme) == CURLE_OK &&
	    set(c, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	    set(c, CURLOPT_PROXY, "") == CURLE_OK;
}

static int
set_all(struct transfer *t)
{
	CURLcode	(*set)(CURL *, CURLoption, ...) = t->lib->easy_setopt;
	CURL		*c = t->curl;

	t->lib->easy_reset(c);		/* connections stay */
	return set_limits(t) && set_trust(t) &&
	    set(c, CURLOPT_ERRORBUFFER, t->why) == CURLE_OK &&
	    set(c, CURLOPT_USERAGENT, AGENT) == CURLE_OK &&
	    set(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) ==
	    CURLE_OK &&
	    set(c, CURLOPT_URL, t->hook->target) == CURLE_OK &&
	    set(c, CURLOPT_POST, 1L) == CURLE_OK &&
	    set(c, CURLOPT_POSTFIELDSIZE_LARGE,
	    (curl_off_t)t->question.len) == CURLE_OK &&
	    set(c, CURLOPT_POSTFIELDS, t->question.data) == CURLE_OK &&
	    set(c, CURLOPT_HTTPHEADER, t->headers) == CURLE_OK &&
	    set(c, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
	    set(c, CURLOPT_WRITEDATA, t) == CURLE_OK;
}

/* What came of it. */

static enum scep_err
tell_failure(struct transfer *t, CURLcode code, struct scep_error *err)
{
	const char	*mend = code == CURLE_PEER_FAILED_VERIFICATION ||
			    code == CURLE_SSL_CACERT_BADFILE ?
			    "; its certificate must be for that name, and "
			    "from the authorities that are configured" : "";

	if (t->is_flood)
		return scep_fail(err, SCEP_E_BUSY, "%.*s: its answer has more "
		    "than %d octets", shown_len(t->hook), t->hook->target,
		    SCEP_HOOK_ANSWER_MAX);
	return scep_fail(err, SCEP_E_BUSY, "%.*s: %s%s", shown_len(t->hook),
	    t->hook->target, t->why[0] != '\0' ? t->why :
	    t->lib->easy_strerror(code), mend);
}

static enum scep_err
tell_status(struct transfer *t, long status, struct scep_error *err)
{
	const struct scep_buf	*text = t->answer;
	const int		 len = text->len == 0 ? 0 :
				    (int)strcspn((const char *)text->data,
				    "\r\n");

	if (status >= 300 && status < 400)
		return scep_fail(err, SCEP_E_BUSY, "%.*s: HTTP %ld: it sends "
		    "us elsewhere, and a redirect is not followed; configure "
		    "the place itself", shown_len(t->hook), t->hook->target,
		    status);
	return scep_fail(err, SCEP_E_BUSY, "%.*s: HTTP %ld, and only %s%s%.*s",
	    shown_len(t->hook), t->hook->target, status, t->hook->is_told ?
	    "200 to 299 is success" : "200 is an answer",
	    len > 0 ? ": " : "", len > REASON ? REASON : len,
	    len > 0 ? (const char *)text->data : "");
}

static int
is_success(const struct scep_hook *hook, long status)
{
	return status == 200 ||
	    (hook->is_told && status > 200 && status < 300);
}

static enum scep_err
perform(struct transfer *t, struct scep_error *err)
{
	CURLcode	 code;
	long		 status = 0;

	if (!make_headers(t) || !set_all(t))
		return scep_fail(err, SCEP_E_BUSY, "%.*s: libcurl is too old, "
		    "or memory is short; 7.85 will do", shown_len(t->hook),
		    t->hook->target);
	if ((code = t->lib->easy_perform(t->curl)) != CURLE_OK)
		return tell_failure(t, code, err);
	(void)t->lib->easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
	return is_success(t->hook, status) ? SCEP_OK :
	    tell_status(t, status, err);
}

/* Handles, each with a connection that may still be open. */

static CURL *
take_handle(struct scep_hook_http *http, const struct scep_curl *lib)
{
	CURL	*curl = NULL;

	(void)pthread_mutex_lock(&http->mutex);
	if (http->n_idle > 0)
		curl = http->idle[--http->n_idle];
	(void)pthread_mutex_unlock(&http->mutex);
	return curl != NULL ? curl : lib->easy_init();
}

/* One that failed is not used again. */
static void
give_back(struct scep_hook_http *http, const struct transfer *t, int is_good)
{
	int	 is_kept = 0;

	/* Nothing of the call is left in it. */
	t->lib->easy_reset(t->curl);
	(void)t->lib->easy_setopt(t->curl, CURLOPT_QUICK_EXIT, 1L);
	(void)pthread_mutex_lock(&http->mutex);
	if (is_good && http->n_idle < SCEP_HOOK_IDLE) {
		http->idle[http->n_idle++] = t->curl;
		is_kept = 1;
	}
	(void)pthread_mutex_unlock(&http->mutex);
	if (!is_kept)
		t->lib->easy_cleanup(t->curl);
}

enum scep_err
scep_hook_http(struct scep_hook_http *http, const struct scep_hook *hook,
    struct scep_span question, struct scep_buf *answer,
    struct scep_error *err)
{
	struct transfer	 t = {
		.hook = hook,
		.question = question,
		.answer = answer,
	};
	enum scep_err	 rc;

	if ((t.lib = scep_curl_load(err)) == NULL)
		return err->code;
	if ((t.curl = take_handle(http, t.lib)) == NULL)
		return scep_fail(err, SCEP_E_BUSY, "%.*s: no memory",
		    shown_len(hook), hook->target);
	rc = perform(&t, err);
	give_back(http, &t, rc == SCEP_OK);
	t.lib->slist_free_all(t.headers);
	return rc;
}

void
scep_hook_http_clear(struct scep_hook_http *http)
{
	struct scep_error	 none;
	const struct scep_curl	*lib;

	if (http->n_idle == 0 || (lib = scep_curl_load(&none)) == NULL)
		return;
	while (http->n_idle > 0)
		lib->easy_cleanup(http->idle[--http->n_idle]);
}
