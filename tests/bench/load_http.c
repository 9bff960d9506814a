/*
 * load_http.c - as much of HTTP/1.1 as bench-load needs: URLs, heads of
 * requests, where an answer ends.
 */
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "tests/bench/bench.h"
#include "tests/bench/load.h"

#define FETCH_MAX	(1024 * 1024)

/* http://HOST[:PORT]/PATH; for get it may have a query. */
void
load_url_read(struct load_url *url, const char *text, int get)
{
	const struct addrinfo	 hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo		*found;
	char			 host[256], port[6] = "80";
	int			 n = 0, m = 0;

	if (sscanf(text, "http://%255[^:/]%n", host, &n) != 1 ||
	    (text[n] == ':' && (sscanf(text + n, ":%5[0-9]%n", port, &m) != 1 ||
	    m == 0)) || text[n + m] != '/' ||
	    strlen(text + n + m) >= sizeof(url->path))
		bench_die("%s: not http://HOST:PORT/PATH", text);
	if (getaddrinfo(host, port, &hints, &found) != 0)
		bench_die("%s: no such host", host);
	memcpy(&url->to, found->ai_addr, found->ai_addrlen);
	url->to_len = found->ai_addrlen;
	freeaddrinfo(found);
	(void)snprintf(url->host, sizeof(url->host), "%s:%s", host, port);
	(void)snprintf(url->path, sizeof(url->path), "%s", text + n + m);
	n = snprintf(url->head, sizeof(url->head), get ?
	    "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n" :
	    "POST %s?operation=PKIOperation HTTP/1.1\r\nHost: %s\r\n"
	    "Content-Type: application/x-pki-message\r\nContent-Length: ",
	    url->path, url->host);
	url->head_len = (size_t)n;
}

/* The value of a header in a head that ends at end, or NULL. */
static const char *
header(const char *head, const char *end, const char *name)
{
	const size_t	 len = strlen(name);
	const char	*p;

	for (p = head; (p = memchr(p, '\n', (size_t)(end - p))) != NULL &&
	    (size_t)(end - ++p) > len; )
		if (strncasecmp(p, name, len) == 0 && p[len] == ':')
			return p + len + 1 + strspn(p + len + 1, " ");
	return NULL;
}

/* The chunk at *at: its octets, -1 if it is not all there, -2 if it is none.
 * *at moves to its first octet. */
static long
chunk(const char *data, size_t len, size_t *at)
{
	const char	*line = data + *at, *nl;
	char		*end;
	long		 n;

	if ((nl = memchr(line, '\n', len - *at)) == NULL)
		return -1;
	n = strtol(line, &end, 16);
	if (end == line || n < 0 || n > FETCH_MAX)
		return -2;
	*at = (size_t)(nl + 1 - data);
	return len - *at >= (size_t)n + 2 ? n : -1;
}

static int
chunks_whole(const char *data, size_t len, struct load_answer *out)
{
	size_t	 at = out->body;
	long	 n;

	while ((n = chunk(data, len, &at)) > 0)
		at += (size_t)n + 2;
	out->body_len = at - out->body;
	return n == 0 ? 1 : n == -1 ? 0 : -1;
}

int
load_answer_read(const char *data, size_t len, int at_end,
    struct load_answer *out)
{
	const char	*end = memmem(data, len, "\r\n\r\n", 4), *value;

	memset(out, 0, sizeof(*out));
	if (end == NULL)
		return at_end || len > 65536 ? -1 : 0;
	if (memcmp(data, "HTTP/1.", 7) != 0 || len < 12)
		return -1;
	out->status = atoi(data + 9);
	out->body = (size_t)(end + 4 - data);
	out->body_len = len - out->body;
	value = header(data, end, "Connection");
	out->closes = value != NULL && strncasecmp(value, "close", 5) == 0;
	value = header(data, end, "Content-Type");
	out->bundle = value != NULL && strncasecmp(value,
	    "application/x-x509-ca-ra-cert", 29) == 0;
	if ((value = header(data, end, "Transfer-Encoding")) != NULL &&
	    strncasecmp(value, "chunked", 7) == 0) {
		out->chunked = 1;
		return chunks_whole(data, len, out);
	}
	if ((value = header(data, end, "Content-Length")) != NULL)
		return out->body_len >= strtoul(value, NULL, 10);
	out->closes = 1;
	return at_end;
}

unsigned char *
load_answer_body(const char *data, const struct load_answer *answer,
    size_t *len)
{
	unsigned char	*body = bench_need(malloc(answer->body_len + 1));
	size_t		 at = answer->body;
	long		 n;

	if (!answer->chunked) {
		memcpy(body, data + at, answer->body_len);
		*len = answer->body_len;
		return body;
	}
	for (*len = 0; (n = chunk(data, answer->body + answer->body_len + 2,
	    &at)) > 0; at += (size_t)n + 2) {
		memcpy(body + *len, data + at, (size_t)n);
		*len += (size_t)n;
	}
	return body;
}

unsigned char *
load_try(const struct load_url *url, const char *query, size_t *len,
    int *bundle)
{
	struct load_answer	 answer;
	unsigned char		*body = NULL;
	char			*buf = bench_need(malloc(FETCH_MAX));
	char			 ask[2048];
	size_t			 got = 0;
	ssize_t			 n;
	int			 fd;

	n = snprintf(ask, sizeof(ask), "GET %s?%s HTTP/1.1\r\nHost: %s\r\n"
	    "Connection: close\r\n\r\n", url->path, query, url->host);
	if ((fd = socket(url->to.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0)) ==
	    -1)
		bench_die("socket: %s", strerror(errno));
	if (connect(fd, (const struct sockaddr *)&url->to, url->to_len) != -1 &&
	    write(fd, ask, (size_t)n) == n)
		while ((n = read(fd, buf + got, FETCH_MAX - got)) > 0)
			got += (size_t)n;
	(void)close(fd);
	if (load_answer_read(buf, got, 1, &answer) == 1 &&
	    answer.status == 200) {
		*bundle = answer.bundle;
		body = load_answer_body(buf, &answer, len);
	}
	free(buf);
	return body;
}

unsigned char *
load_fetch(const struct load_url *url, const char *query, size_t *len,
    int *bundle)
{
	unsigned char	*body;

	if ((body = load_try(url, query, len, bundle)) == NULL)
		bench_die("http://%s%s?%s: no answer with status 200",
		    url->host, url->path, query);
	return body;
}
