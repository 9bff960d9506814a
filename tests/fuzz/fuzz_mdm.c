/*
 * fuzz_mdm.c - requests to scep-admin.fcgi: whatever comes in, a response
 * comes out whose head is well formed, and what is asked of the owner is JSON.
 *
 * A line for each variable and one that is the owner's answer, and the body.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <openssl/err.h>

#include "base/error.h"
#include "base/text.h"
#include "cgi/mdm_request.h"

static const char *const	names[] = {
	"REQUEST_METHOD", "PATH_INFO", "QUERY_STRING", "CONTENT_TYPE",
	"HTTP_AUTHORIZATION", "HTTP_SEC_FETCH_SITE", "HTTP_ORIGIN",
	"HTTP_HOST", "SSL_CLIENT_S_DN", "SSL_CLIENT_VERIFY"
};
#define NAMES	(sizeof(names) / sizeof(names[0]))
#define LINES	(NAMES + 1)

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const char	*owner_says;

static enum scep_err
answer(void *arg, struct scep_span request, struct scep_buf *reply,
    struct scep_error *err)
{
	json_t	*asked = json_loadb((const char *)request.data, request.len,
		    JSON_REJECT_DUPLICATES, NULL);
	json_t	*list = json_object_get(asked, "ask");

	(void)arg;
	if (json_object_size(asked) != 5 || json_array_size(list) != 1 ||
	    !json_is_object(json_array_get(list, 0)))
		abort();
	json_decref(asked);
	if (*owner_says == '\0')
		return scep_fail(err, SCEP_E_BUSY, "there is no answer");
	return scep_buf_set(reply, scep_span_text(owner_says), err);
}

/* Lines of ASCII, none of them empty but the last. */
static void
check(const struct scep_mdm_response *r, const struct scep_line *line)
{
	char		 head[SCEP_MDM_HEAD];
	const size_t	 len = scep_mdm_head(r, head);
	size_t		 i;

	if (len < 4 || memcmp(head, "Status: ", 8) != 0 ||
	    memcmp(head + len - 4, "\r\n\r\n", 4) != 0 ||
	    strstr(head, "\r\n\r\n") != head + len - 4)
		abort();
	for (i = 0; i < len; i++)
		if ((head[i] < 0x20 && head[i] != '\r' && head[i] != '\n') ||
		    head[i] > 0x7e)
			abort();
	if (r->status < 200 || r->status > 599 ||
	    !scep_is_clean_utf8(scep_span_text(line->text)) ||
	    ERR_peek_error() != 0)
		abort();
}

static const char *
variable(void *arg, const char *name)
{
	const char	**part = arg;
	size_t		  i;

	for (i = 0; i < NAMES; i++)
		if (strcmp(name, names[i]) == 0)
			return part[i];
	return NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct scep_server_conf	 conf = {
		.door_user = "SSL_CLIENT_S_DN",
	};
	const struct scep_mdm_host	 host = { answer, NULL, len % 2 != 0 };
	struct scep_line		 line = { .len = 0 };
	struct scep_mdm_response	 response;
	struct scep_mdm_request		 r;
	char				*text = malloc(len + 1);
	const char			*part[LINES];
	char				*p = text, *end;
	char				 path[SCEP_MDM_PATH];
	size_t				 i;

	if (text == NULL)
		return 0;
	memcpy(text, data, len);
	text[len] = '\0';
	for (i = 0; i < LINES; i++, p = end + (*end != '\0')) {
		part[i] = p;
		end = p + strcspn(p, "\n");
		if (*end != '\0')
			*end = '\0';
		else
			end = text + len;
	}
	scep_mdm_read(&conf, variable, part, path, &r);
	r.body = (const uint8_t *)p;
	r.body_len = (size_t)(text + len - p);
	owner_says = part[NAMES];
	scep_mdm_handle(&host, &r, &response, &line);
	check(&response, &line);
	scep_mdm_clear(&response);
	free(text);
	return 0;
}
