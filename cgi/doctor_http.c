/*
 * doctor_http.c - HTTP as devices speak it: no redirects, no proxy, no
 * cookies, one request after the other, by libcurl.
 *
 * Knows nothing of SCEP.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cgi/doctor.h"

#define CONNECT_S	10
#define ANSWER_S	30
#define ANSWER_MAX	(1024 * 1024)

/* The value of a header line, without what is around it. */
static void
header_take(const char *line, size_t len, const char *name, char *out,
    size_t size)
{
	size_t	 skip = strlen(name);

	if (len <= skip || strncasecmp(line, name, skip) != 0)
		return;
	line += skip;
	len -= skip;
	for (; len > 0 && (*line == ' ' || *line == '\t'); line++)
		len--;
	while (len > 0 && strchr("\r\n \t", line[len - 1]) != NULL)
		len--;
	(void)snprintf(out, size, "%.*s", (int)(len < size ? len : size),
	    line);
}

struct transfer {
	struct doctor		*d;
	struct doctor_http	*http;
	const struct bytes	*body;
	size_t			 sent;
};

static size_t
on_header(char *line, size_t one, size_t len, void *arg)
{
	struct transfer		*t = arg;
	struct doctor_http	*http = t->http;

	/* 100 Continue is followed by another head. */
	if (len > 5 && strncmp(line, "HTTP/", 5) == 0)
		http->type[0] = http->location[0] = '\0';
	header_take(line, one * len, "Content-Type:", http->type,
	    sizeof(http->type));
	header_take(line, one * len, "Location:", http->location,
	    sizeof(http->location));
	header_take(line, one * len, "Server:", t->d->server,
	    sizeof(t->d->server));
	return one * len;
}

static size_t
on_body(char *data, size_t one, size_t len, void *arg)
{
	struct doctor_http	*http = ((struct transfer *)arg)->http;
	unsigned char		*more;

	len *= one;
	if (len > ANSWER_MAX - http->len ||
	    (more = realloc(http->body, http->len + len + 1)) == NULL)
		return 0;
	memcpy(more + http->len, data, len);
	http->body = more;
	http->len += len;
	http->body[http->len] = '\0';
	return len;
}

/* The body of a chunked request. */
static size_t
on_read(char *out, size_t one, size_t size, void *arg)
{
	struct transfer	*t = arg;
	size_t		 n = t->body->len - t->sent;

	if (n > one * size)
		n = one * size;
	if (n > 1000)
		n = 1000;	/* some chunks, not one */
	memcpy(out, t->body->data + t->sent, n);
	t->sent += n;
	return n;
}

static struct curl_slist *
headers(const struct doctor_ask *ask)
{
	struct curl_slist	*list = NULL;
	char			 type[160];

	list = curl_slist_append(list, ask->expect ? "Expect: 100-continue" :
	    "Expect:");
	list = curl_slist_append(list, "Accept:");
	if (ask->body == NULL)
		return list;
	(void)snprintf(type, sizeof(type), "Content-Type:%s%s",
	    ask->type != NULL ? " " : "", ask->type != NULL ? ask->type : "");
	list = curl_slist_append(list, type);
	if (ask->chunked)
		list = curl_slist_append(list, "Transfer-Encoding: chunked");
	return list;
}

static void
set_post(CURL *curl, const struct doctor_ask *ask, struct transfer *t)
{
	curl_easy_setopt(curl, CURLOPT_POST, 1L);
	if (ask->chunked) {
		curl_easy_setopt(curl, CURLOPT_READFUNCTION, on_read);
		curl_easy_setopt(curl, CURLOPT_READDATA, t);
		return;
	}
	curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
	    (curl_off_t)ask->body->len);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, ask->body->data);
}

static void
set_options(struct doctor *d, const struct doctor_ask *ask,
    struct transfer *t)
{
	CURL	*curl = d->curl;

	curl_easy_reset(curl);		/* connections stay */
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)ANSWER_S);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "scepadm-doctor");
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, t->http->why);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, ask->http10 ?
	    (long)CURL_HTTP_VERSION_1_0 : (long)CURL_HTTP_VERSION_1_1);
	if (d->ca_file != NULL)
		curl_easy_setopt(curl, CURLOPT_CAINFO, d->ca_file);
	if (ask->body != NULL)
		set_post(curl, ask, t);
}

static int
is_tls(CURLcode code)
{
	return code == CURLE_PEER_FAILED_VERIFICATION ||
	    code == CURLE_SSL_CONNECT_ERROR ||
	    code == CURLE_SSL_CACERT_BADFILE ||
	    code == CURLE_SSL_CERTPROBLEM;
}

int
doctor_http(struct doctor *d, const struct doctor_ask *ask,
    struct doctor_http *out)
{
	struct transfer		 t = { .d = d, .body = ask->body };
	struct curl_slist	*list = headers(ask);
	char			*url = NULL;
	CURLcode		 code = CURLE_OUT_OF_MEMORY;

	memset(out, 0, sizeof(*out));
	t.http = out;
	set_options(d, ask, &t);
	if ((ask->url != NULL ? asprintf(&url, "%s", ask->url) :
	    asprintf(&url, "%s%s?%s", d->url, ask->suffix != NULL ?
	    ask->suffix : "", ask->query)) != -1) {
		curl_easy_setopt(d->curl, CURLOPT_HTTPHEADER, list);
		curl_easy_setopt(d->curl, CURLOPT_URL, url);
		code = curl_easy_perform(d->curl);
		free(url);
	}
	curl_slist_free_all(list);
	(void)curl_easy_getinfo(d->curl, CURLINFO_RESPONSE_CODE, &out->status);
	d->kind = doctor_server_of(d->server);
	if (code == CURLE_OK)
		return 1;
	/* A server that has enough may answer and hang up while we send. */
	if (out->status >= 400 && code == CURLE_SEND_ERROR)
		return 1;
	out->status = 0;
	out->tls = is_tls(code);
	if (out->why[0] == '\0')
		(void)snprintf(out->why, sizeof(out->why), "%s",
		    curl_easy_strerror(code));
	return 0;
}

void
doctor_http_clear(struct doctor_http *http)
{
	free(http->body);
	http->body = NULL;
	http->len = 0;
}

/* The first line of a short text, such as scep.fcgi's own. */
static const char *
first_line(const struct doctor_http *http, char *out, size_t size)
{
	if (http->len == 0 || strncmp(http->type, "text/plain", 10) != 0)
		return "";
	(void)snprintf(out, size, ": %.*s",
	    (int)strcspn((const char *)http->body, "\r\n"),
	    (const char *)http->body);
	return out;
}

void
doctor_http_text(const struct doctor *d, const struct doctor_http *http,
    char *out, size_t size)
{
	char	 line[100];

	if (http->status == 0)
		(void)snprintf(out, size, "no answer (%s)", http->why);
	else
		(void)snprintf(out, size, "HTTP %ld%s%s%s%s%s%s%s",
		    http->status, http->type[0] != '\0' ? ", " : "",
		    http->type, http->location[0] != '\0' ? " to " : "",
		    http->location, d->server[0] != '\0' ? ", from " : "",
		    d->server, http->status == 200 ? "" :
		    first_line(http, line, sizeof(line)));
}
