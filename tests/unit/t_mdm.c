/*
 * t_mdm.c - the doors of scep-admin.fcgi: what they ask of the owner, and what
 * they make of his answer.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/error.h"
#include "cgi/mdm_request.h"

#define KEY	"scepkey-23456789ab-23456789abcdefghijkmnpqrst"
#define BEARER	"Bearer " KEY
/* "scepkey-", this and one more are 255 octets. */
#define FILL \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" \
	"xxxxxx"
#define CH	"23456789ab-cdefghijkmnpqrstuvwxyz2345"
#define MADE \
	"{\"ok\":true,\"result\":{\"id\":\"23456789ab\",\"challenge\":\"" CH \
	"\",\"expires\":\"2026-11-24T13:00:00Z\",\"profile\":\"main\"," \
	"\"binds\":\"nothing\",\"ttl\":3600," \
	"\"ca_md5\":\"a656fa66ab12b433a2da5cf7cc153d9a\"}}"

/* The owner. */
static struct {
	const char	*reply;		/* NULL: there is none */
	enum scep_err	 rc;
	json_t		*asked;
	int		 n;
} owner;

static enum scep_err
answer(void *arg, struct scep_span request, struct scep_buf *reply,
    struct scep_error *err)
{
	(void)arg;
	json_decref(owner.asked);
	owner.asked = json_loadb((const char *)request.data, request.len,
	    JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(owner.asked);
	owner.n++;
	if (owner.reply == NULL)
		return scep_fail(err, owner.rc, "not there");
	return scep_buf_set(reply, scep_span_text(owner.reply), err);
}

static struct scep_mdm_host		 host = { answer, NULL, 0 };
static struct scep_mdm_request		 r;
static struct scep_mdm_response		 got;
static struct scep_line			 line;
static char				 head[SCEP_MDM_HEAD];

static int
begin(void **state)
{
	(void)state;
	scep_mdm_clear(&got);
	json_decref(owner.asked);
	memset(&owner, 0, sizeof(owner));
	owner.reply = MADE;
	host.utf16 = 0;
	r = (struct scep_mdm_request){
		.method = "GET",
		.path = "/certsrv/mscep_admin/",
		.query = "",
		.type = "",
		.length = "",
		.auth = BEARER,
		.site = "",
		.origin = "",
		.host = "scep.example",
		.user = "",
		.nobody = "nobody",
		.peer = "192.0.2.1",
	};
	return 0;
}

static void
body(const char *text)
{
	r.body = (const uint8_t *)text;
	r.body_len = strlen(text);
}

static void
call(int status)
{
	size_t	 len;

	scep_mdm_clear(&got);
	memset(&line, 0, sizeof(line));
	owner.n = 0;
	scep_mdm_handle(&host, &r, &got, &line);
	assert_int_equal(got.status, status);
	len = scep_mdm_head(&got, head);
	assert_true(len > 0);
	assert_string_equal(head + len - 4, "\r\n\r\n");
	assert_non_null(strstr(head, "\r\nCache-Control: no-store\r\n"));
	/* Neither a key nor a challenge is in the log. */
	assert_null(strstr(line.text, &KEY[19]));
	assert_null(strstr(line.text, &CH[11]));
}

static int
holds(const char *text)
{
	return got.body.len > 0 && memmem(got.body.data, got.body.len, text,
	    strlen(text)) != NULL;
}

static const char *
asked(const char *member)
{
	const char	*text = json_string_value(json_object_get(owner.asked,
			    member));

	return text != NULL ? text : "";
}

static const char *
asked_for(const char *member)
{
	const char	*text = json_string_value(json_object_get(
			    json_array_get(json_object_get(owner.asked,
			    "ask"), 0), member));

	return text != NULL ? text : "";
}

static void
the_page_is_that_of_ndes(void **state)
{
	static const char	*const paths[] = { "/certsrv/mscep_admin/",
				    "/certsrv/mscep_admin", "/x/mscep_admin/",
				    "/cgi-bin/scep-admin.fcgi/mscep_admin/" };
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		r.path = paths[i];
		call(200);
		assert_int_equal(owner.n, 1);
	}
	assert_string_equal(got.type, "text/html; charset=utf-8");
	assert_memory_equal(got.body.data, "\xef\xbb\xbf<HTML>", 9);
	assert_true(holds("The thumbprint (hash value) for the CA "
	    "certificate is: <B> A656FA66 AB12B433 A2DA5CF7 CC153D9A </B>"));
	assert_true(holds("The enrollment challenge password is: <B> " CH
	    " </B>"));
	assert_true(holds("This password can be used only once and will "
	    "expire within 60 minutes."));
	assert_string_equal(asked("do"), "challenge.add");
	assert_string_equal(asked("key"), KEY);
	assert_string_equal(asked("door"), "ndes");
	assert_string_equal(asked("peer"), "192.0.2.1");
	assert_string_equal(asked_for("profile"), "");
	r.method = "POST";
	r.query = "a=b&profile=macs&c";
	call(200);
	assert_string_equal(asked_for("profile"), "macs");
	r.method = "HEAD";
	call(405);
	assert_non_null(strstr(head, "\r\nAllow: GET, POST\r\n"));
	assert_int_equal(owner.n, 0);
}

static void
the_page_is_in_utf16_if_that_is_wanted(void **state)
{
	char	 text[4096];
	size_t	 i;

	(void)state;
	host.utf16 = 1;
	call(200);
	assert_string_equal(got.type, "text/html; charset=utf-16");
	assert_memory_equal(got.body.data, "\xff\xfe<\0H\0", 6);
	assert_int_equal(got.body.len % 2, 0);
	for (i = 2; i + 1 < got.body.len; i += 2) {
		assert_int_equal(got.body.data[i + 1], 0);
		text[i / 2 - 1] = (char)got.body.data[i];
	}
	text[i / 2 - 1] = '\0';
	assert_non_null(strstr(text, "password is: <B> " CH " </B>"));
}

/* A store's error has paths in it, and whoever knocks need not be known. */
static void
what_ails_us_is_for_the_log(void **state)
{
	(void)state;
	r.path = "/mdm/api/v1/challenges";
	r.method = "POST";
	r.type = "application/json";
	body("{}");
	owner.reply = "{\"ok\":false,\"code\":\"store\",\"error\":\"/var/db"
	    "\"}";
	call(503);
	assert_false(holds("/var/db"));
	assert_non_null(strstr(line.text, "/var/db"));
	owner.reply = NULL;
	owner.rc = SCEP_E_BUSY;
	call(503);
	assert_false(holds("not there"));
	assert_non_null(strstr(line.text, "not there"));
	owner.reply = "{\"ok\":false,\"code\":\"badRequest\",\"error\":"
	    "\"because\"}";
	call(422);
	assert_true(holds("because"));
}

/* What the owner says no with, and what each door makes of it. */
static void
each_no_has_its_answer(void **state)
{
	static const struct {
		const char	*reply;
		int		 by_user, ndes, other;
		const char	*says;		/* the page, of 200 */
	} nos[] = {
		{ "{\"ok\":false,\"code\":\"badRequest\",\"error\":\"x\","
		    "\"deny\":\"who\"}", 0, 401, 401, NULL },
		{ "{\"ok\":false,\"code\":\"badRequest\",\"error\":\"x\","
		    "\"deny\":\"who\"}", 1, 200, 403, "You do not have "
		    "sufficient permission to enroll with SCEP." },
		{ "{\"ok\":false,\"code\":\"badRequest\",\"error\":\"x\","
		    "\"deny\":\"may\"}", 0, 200, 403, "You do not have "
		    "sufficient permission to enroll with SCEP." },
		{ "{\"ok\":false,\"code\":\"badRequest\",\"error\":\"x\","
		    "\"deny\":\"rate\",\"wait\":7}", 0, 200, 429,
		    "The password cache is full." },
		{ "{\"ok\":false,\"code\":\"badRequest\",\"error\":\"x\","
		    "\"deny\":\"live\",\"wait\":7}", 0, 200, 429,
		    "The password cache is full." },
		{ "{\"ok\":false,\"code\":\"badRequest\",\"error\":\"x\"}", 0,
		    422, 422, NULL },
		{ "{\"ok\":false,\"code\":\"usage\",\"error\":\"x\"}", 0,
		    400, 400, NULL },
		{ "{\"ok\":false,\"code\":\"not found\",\"error\":\"x\"}", 0,
		    404, 404, NULL },
		{ "{\"ok\":false,\"code\":\"store\",\"error\":\"x\"}", 0, 503,
		    503, NULL },
		{ "{\"ok\":false,\"code\":\"new\",\"deny\":\"new\"}", 0, 503,
		    503, NULL },
		{ "{\"ok\":false}", 0, 503, 503, NULL },
		{ "{\"ok\":true}", 0, 503, 503, NULL },
		{ "{\"ok\":1,\"result\":{\"challenge\":\"" CH "\"}}", 0, 503,
		    503, NULL },
		{ "[]", 0, 503, 503, NULL },
		{ "", 0, 503, 503, NULL },
		{ NULL, 0, 503, 503, NULL },
	};
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(nos) / sizeof(nos[0]); i++) {
		begin(NULL);
		owner.reply = nos[i].reply;
		owner.rc = SCEP_E_BUSY;
		if (nos[i].by_user) {
			r.auth = "";
			r.user = "jamf";
		}
		call(nos[i].ndes);
		if (nos[i].says != NULL)
			assert_true(holds(nos[i].says));
		assert_false(holds("password is"));
		r.method = "POST";
		r.path = "/x/challenge";
		call(nos[i].other);
		assert_int_equal(got.body.len, 0);
		r.path = "/x/api/v1/challenges";
		r.type = "application/json";
		body("{}");
		call(nos[i].other);
		assert_true(holds("{\"error\":"));
		assert_int_equal(strstr(head, "WWW-Authenticate: Basic") !=
		    NULL, nos[i].other == 401);
		assert_int_equal(strstr(head, "Retry-After: 7") != NULL,
		    nos[i].other == 429);
	}
}

static void
what_is_no_challenge_is_not_handed_out(void **state)
{
	static const char	*const bad[] = {
		"{\"ok\":true,\"result\":{}}",
		"{\"ok\":true,\"result\":{\"challenge\":\"\"}}",
		"{\"ok\":true,\"result\":{\"challenge\":\"a<b>\"}}",
		"{\"ok\":true,\"result\":{\"challenge\":\"a b\"}}",
		"{\"ok\":true,\"result\":{\"challenge\":7}}",
		"{\"ok\":true,\"result\":[\"" CH "\"]}",
	};
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		begin(NULL);
		owner.reply = bad[i];
		call(503);
		r.method = "POST";
		r.path = "/challenge";
		call(503);
	}
}

static void
a_key_comes_by_bearer_or_as_a_password(void **state)
{
	static const struct {
		const char	*auth, *user;
		const char	*key, *as;	/* what is asked with */
	} ways[] = {
		{ BEARER, "", KEY, "" },
		{ "bearer   " KEY, "", KEY, "" },
		{ BEARER, "ann", KEY, "" },
		/* mdm:KEY, :KEY and mdm:KEY without padding */
		{ "Basic bWRtOnNjZXBrZXktMjM0NTY3ODlhYi0yMzQ1Njc4OWFiY2RlZmdo"
		    "aWprbW5wcXJzdA==", "", KEY, "" },
		{ "basic OnNjZXBrZXktMjM0NTY3ODlhYi0yMzQ1Njc4OWFiY2RlZmdoaWpr"
		    "bW5wcXJzdA==", "", KEY, "" },
		/* What no key can be: mdm:scepkey-\xff and …\n, …\0 */
		{ "Basic bWRtOnNjZXBrZXkt/w==", "", "scepkey-", "" },
		{ "Basic bWRtOnNjZXBrZXktMjMK", "ann", "scepkey-", "" },
		{ "Basic bWRtOnNjZXBrZXktMjMA", "", "scepkey-", "" },
		{ "Bearer scepkey-\t2", "", "scepkey-", "" },
		{ "Bearer scepkey-" FILL "x", "", "scepkey-" FILL "x", "" },
		{ "Bearer scepkey-" FILL "xy", "", "scepkey-", "" },
		/* What is between client and web server: mdm:secret */
		{ "Basic bWRtOnNlY3JldA==", "mdm", "", "mdm" },
		{ "Bearer eyJhbGciOi", "ann", "", "ann" },
		{ "Negotiate " KEY, "ann", "", "ann" },
		{ "", "ann", "", "ann" },
		/* Nobody. */
		{ "", "", NULL, NULL },
		{ "Bearer", "", NULL, NULL },
		{ "Bearer scepkey-", "", NULL, NULL },
		{ "Basic bWRtOnNlY3JldA==", "", NULL, NULL },
		{ "Basic !!!", "", NULL, NULL },
		{ "Basic bWRt", "", NULL, NULL },
		{ "Basic", "", NULL, NULL },
		{ KEY, "", NULL, NULL },
	};
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		begin(NULL);
		r.auth = ways[i].auth;
		r.user = ways[i].user;
		call(ways[i].key != NULL ? 200 : 401);
		assert_int_equal(owner.n, ways[i].key != NULL);
		if (ways[i].key == NULL)
			continue;
		assert_string_equal(asked("key"), ways[i].key);
		assert_string_equal(asked("user"), ways[i].as);
	}
	begin(NULL);
	r.auth = "";
	r.user = "a\xff";
	call(400);
	assert_int_equal(owner.n, 0);
}

static void
the_webhook_takes_what_it_does_not_know(void **state)
{
	static const struct {
		const char	*body;
		int		 status;
		const char	*note;
	} events[] = {
		{ "", 200, "webhook" },
		{ " \r\n", 200, "webhook" },
		{ "{}", 200, "webhook" },
		{ "{\"webhook\":{\"webhookEvent\":\"SCEPChallenge\",\"id\":1},"
		    "\"event\":{\"payloadIdentifier\":\"B0A4\",\"a\":[]}}",
		    200, "webhook B0A4" },
		{ "{\"webhook\":7,\"event\":[],\"a\":1,\"a\":2}", 200,
		    "webhook" },
		{ "{\"webhook\":{\"webhookEvent\":7}}", 200, "webhook" },
		{ "{\"event\":{\"payloadIdentifier\":\"\\u0007\"}}", 200,
		    "webhook" },
		{ "{\"webhook\":{\"webhookEvent\":\"ComputerAdded\"}}", 400,
		    NULL },
		{ "[]", 400, NULL },
		{ "{", 400, NULL },
		{ "a=b", 400, NULL },
	};
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		begin(NULL);
		r.method = "POST";
		r.path = "/mdm/challenge";
		body(events[i].body);
		call(events[i].status);
		if (events[i].note == NULL)
			continue;
		assert_string_equal(asked_for("note"), events[i].note);
		assert_string_equal(got.type, "text/plain");
		assert_int_equal(got.body.len, strlen(CH));
		assert_memory_equal(got.body.data, CH, strlen(CH));
	}
	r.method = "GET";
	call(405);
	r.method = "POST";
	body("");
	r.query = "profile=";
	call(400);
	r.query = "profile=a%20b";
	call(400);
	r.query = "profile=a&profile=b";
	call(400);
	r.query = "xprofile=a&profile=b-1&c";
	call(200);
	assert_string_equal(asked_for("profile"), "b-1");
}

static void
the_api_has_these_paths(void **state)
{
	static const struct {
		const char	*method, *path;
		int		 status;
		const char	*verb, *id;
	} paths[] = {
		{ "POST", "challenges", 201, "challenge.add", "" },
		{ "GET", "requests/0123456789abcdef", 200, "request.show",
		    "0123456789abcdef" },
		{ "POST", "requests/A/approve", 200, "request.approve",
		    "A" },
		{ "POST", "requests/a/refuse", 200, "request.refuse", "a" },
		{ "GET", "challenges", 405, NULL, NULL },
		{ "GET", "requests/a/approve", 405, NULL, NULL },
		{ "POST", "requests", 405, NULL, NULL },
		{ "DELETE", "requests/a", 405, NULL, NULL },
		{ "GET", "requests/", 404, NULL, NULL },
		{ "GET", "requests/..", 404, NULL, NULL },
		{ "GET", "requests/0123456789abcdef0", 404, NULL, NULL },
		{ "POST", "requests/a/approve/", 404, NULL, NULL },
		{ "POST", "requests//approve", 404, NULL, NULL },
		{ "POST", "requests/g/approve", 404, NULL, NULL },
		{ "POST", "challenges/", 404, NULL, NULL },
		{ "GET", "", 404, NULL, NULL },
	};
	char	 path[64];
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		begin(NULL);
		(void)snprintf(path, sizeof(path), "/mdm/api/v1/%s",
		    paths[i].path);
		r.method = paths[i].method;
		r.path = path;
		r.type = "";
		if (strcmp(r.method, "POST") == 0) {
			r.type = "application/json; charset=utf-8";
			body("{}");
		}
		call(paths[i].status);
		assert_string_equal(got.type, "application/json");
		assert_int_equal(owner.n, paths[i].verb != NULL);
		if (paths[i].verb == NULL)
			continue;
		assert_string_equal(asked("do"), paths[i].verb);
		assert_string_equal(asked_for("id"), paths[i].id);
		assert_string_equal(asked("door"), "api");
	}
}

static void
a_list_is_a_page_and_where_the_next_one_begins(void **state)
{
	(void)state;
	r.path = "/mdm/api/v1/requests";
	owner.reply = "{\"ok\":true,\"result\":{\"rows\":[{\"id\":\"1\"}]}}";
	call(200);
	assert_int_equal(got.body.len, strlen("{\"requests\":[{\"id\":"
	    "\"1\"}]}"));
	assert_true(holds("{\"requests\":[{\"id\":\"1\"}]}"));
	assert_string_equal(asked("do"), "request.list");
	owner.reply = "{\"ok\":true,\"result\":{\"rows\":[],"
	    "\"next\":\"00:1\"}}";
	call(200);
	assert_true(holds("{\"requests\":[],\"next\":\"00:1\"}"));
	/* What is none. */
	owner.reply = "{\"ok\":true,\"result\":[{\"id\":\"1\"}]}";
	call(503);
	owner.reply = "{\"ok\":true,\"result\":{\"rows\":7}}";
	call(503);
}

/* Where it is a number, of a query that is good. */
static json_int_t
asked_number(const char *member)
{
	return json_integer_value(json_object_get(json_array_get(
	    json_object_get(owner.asked, "ask"), 0), member));
}

static void
a_query_is_what_the_owner_is_asked(void **state)
{
	(void)state;
	r.path = "/mdm/api/v1/requests";
	owner.reply = "{\"ok\":true,\"result\":{\"rows\":[]}}";
	r.query = "limit=1000&after=00:1&state=pending&profile=macs&subject="
	    "CN%3dlaptop+17%2B*&san=DNS:*.example&peer=2001:db8::1&older=7d&"
	    "newer=90";
	call(200);
	assert_int_equal(asked_number("limit"), 1000);
	assert_string_equal(asked_for("after"), "00:1");
	assert_string_equal(asked_for("state"), "pending");
	assert_string_equal(asked_for("profile"), "macs");
	assert_string_equal(asked_for("subject"), "CN=laptop 17+*");
	assert_string_equal(asked_for("san"), "DNS:*.example");
	assert_string_equal(asked_for("peer"), "2001:db8::1");
	assert_int_equal(asked_number("older"), 7 * 86400);
	assert_int_equal(asked_number("newer"), 90);
	/* Of one = what is in front of it; what is not there is not said. */
	r.query = "&subject=CN=a&&s%61n=%c3%a4&";
	call(200);
	assert_string_equal(asked_for("subject"), "CN=a");
	assert_string_equal(asked_for("san"), "\xc3\xa4");
	assert_int_equal(json_object_size(json_array_get(json_object_get(
	    owner.asked, "ask"), 0)), 2);
	r.query = "";
	call(200);
	assert_int_equal(json_object_size(json_array_get(json_object_get(
	    owner.asked, "ask"), 0)), 0);
}

static void
a_query_that_is_bad_says_what_is_allowed(void **state)
{
	static const struct {
		const char	*query, *says;
	} bad[] = {
		{ "colour=red", "query: there is no \\\"colour\\\"; there are "
		    "limit, after, state, profile, subject, san, peer, older "
		    "and newer" },
		{ "Limit=5", "no \\\"Limit\\\"" },
		{ "=5", "no \\\"\\\"" },
		{ "id=1", "no \\\"id\\\"" },
		{ "do=apikey.add", "no \\\"do\\\"" },
		{ "limit=5&limit=6", "limit is there twice" },
		{ "limit", "limit: " },
		{ "limit=", "whole number from 1 to 1000" },
		{ "limit=0", "limit: 0 is not between 1 and 1000" },
		{ "limit=1001", "limit: 1001 is not between 1 and 1000" },
		{ "limit=-1", "limit: -1 is not between 1 and 1000" },
		{ "limit=5x", "whole number from 1 to 1000" },
		{ "limit=%205", "whole number from 1 to 1000" },
		{ "limit=99999999999999999999", "whole number" },
		{ "older=soon", "older: \\\"soon\\\" is not a duration of at "
		    "most 100 years such as 90s" },
		{ "newer=-1", "newer: " },
		{ "older=101y", "older: " },
		{ "subject=%", "subject: at most 1023 octets of UTF-8" },
		{ "subject=%4", "subject: at most" },
		{ "subject=a%zz", "subject: at most" },
		{ "subject=a%00", "subject: at most" },
		{ "subject=%00", "subject: at most" },
		{ "subject=a%00b", "subject: at most" },
		{ "subject=%0a", "subject: at most" },
		{ "subject=%ff", "subject: at most" },
		{ "subject=\xff", "subject: at most" },
		{ "s%00=x", "query: a name that is too long" },
		{ "%zz=x", "query: a name that is too long" },
		{ "a123456789012345678901234567890123456789=x",
		    "query: a name that is too long" },
	};
	static char		 query[1100] = "subject=";
	size_t			 i;

	(void)state;
	r.path = "/mdm/api/v1/requests";
	owner.reply = "{\"ok\":true,\"result\":{\"rows\":[]}}";
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		r.query = bad[i].query;
		call(400);
		assert_int_equal(owner.n, 0);
		assert_string_equal(got.type, "application/json");
		if (!holds(bad[i].says))
			print_error("%s: %.*s\n", bad[i].query,
			    (int)got.body.len, (char *)got.body.data);
		assert_true(holds(bad[i].says));
	}
	memset(query + 8, 'x', 1024);
	r.query = query;
	call(400);
	query[8 + 1023] = '\0';
	call(200);
	/* What the owner says of a value is told as he says it. */
	owner.reply = "{\"ok\":false,\"code\":\"usage\",\"error\":\"after is "
	    "not what \\\"next\\\" of a reply was\"}";
	r.query = "after=x";
	call(400);
	assert_true(holds("after is not what"));
}

/* One that is not looked at would be thought to count. */
static void
elsewhere_a_query_says_nothing(void **state)
{
	static const struct {
		const char	*method, *path;
		int		 status;
	} paths[] = {
		{ "POST", "/api/v1/challenges", 201 },
		{ "GET", "/api/v1/requests/1", 200 },
		{ "POST", "/api/v1/requests/1/approve", 200 },
		{ "POST", "/api/v1/requests/1/refuse", 200 },
	};
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		begin(NULL);
		r.method = paths[i].method;
		r.path = paths[i].path;
		if (strcmp(r.method, "POST") == 0) {
			r.type = "application/json";
			body("{}");
		}
		r.query = "profile=macs";
		call(400);
		assert_true(holds("query: there is no \\\"profile\\\""));
		assert_int_equal(owner.n, 0);
		r.query = "";
		call(paths[i].status);
	}
}

static void
an_approval_that_is_not_the_last_is_accepted_only(void **state)
{
	static const char	 pending[] = "{\"ok\":true,\"result\":{"
				    "\"id\":\"1\",\"state\":\"pending\","
				    "\"approvals\":1,\"needed\":2}}";

	(void)state;
	begin(NULL);
	r.method = "POST";
	r.path = "/api/v1/requests/1/approve";
	r.type = "application/json";
	owner.reply = pending;
	call(202);
	assert_true(holds("\"approvals\":1"));
	assert_non_null(strstr(head, "Status: 202 Accepted"));
	owner.reply = "{\"ok\":true,\"result\":{\"id\":\"1\","
	    "\"state\":\"approved\",\"serial\":\"2\"}}";
	call(200);
	/* One that is shown waits, too, and that is nothing special. */
	begin(NULL);
	r.path = "/api/v1/requests/1";
	owner.reply = pending;
	call(200);
}

static void
a_body_is_one_json_object(void **state)
{
	static const struct {
		const char	*type, *body;
		int		 status;
	} bodies[] = {
		{ "application/json", "{\"subject\":\"CN=x\"}", 201 },
		{ "Application/JSON;charset=utf-8", "{}", 201 },
		{ "application/json", "", 400 },
		{ "application/json", " \r\n", 400 },
		{ "", "{}", 415 },
		{ "text/plain", "{}", 415 },
		{ "application/jsonx", "{}", 415 },
		{ "application/x-www-form-urlencoded", "{}", 415 },
		{ "application/json", "{\"a\":1,\"a\":1}", 400 },
		{ "application/json", "[]", 400 },
		{ "application/json", "\"x\"", 400 },
		{ "application/json", "{}{}", 400 },
		{ "application/json", "{\"a\":\"\xff\"}", 400 },
		{ "application/json", "{\"a\":\"\\u0000\"}", 400 },
	};
	static char	 deep[SCEP_MDM_BODY + 2];
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		begin(NULL);
		r.method = "POST";
		r.path = "/api/v1/challenges";
		r.type = bodies[i].type;
		body(bodies[i].body);
		call(bodies[i].status);
	}
	body("{\"id\":\"1\"}");
	r.type = "application/json";
	call(201);
	r.path = "/api/v1/requests/2/approve";
	call(400);
	memset(deep, '[', sizeof(deep) - 1);
	r.body_len = SCEP_MDM_BODY;
	r.body = (const uint8_t *)deep;
	call(400);
	r.body_len = SCEP_MDM_BODY + 1;
	call(413);
	assert_int_equal(owner.n, 0);
	assert_true(holds("{\"error\":\"the body is too long\"}"));
	assert_string_equal(got.type, "application/json");
	/* It grows when it is written again, and the owner takes so much. */
	begin(NULL);
	owner.reply = NULL;
	owner.rc = SCEP_E_TOOBIG;
	r.method = "POST";
	r.path = "/api/v1/challenges";
	r.type = "application/json";
	body("{}");
	call(413);
}

static void
a_body_that_is_broken_off_is_none(void **state)
{
	static const struct {
		const char	*length;
		int		 status;
	} lengths[] = {
		{ "", 200 }, { "9", 200 }, { "8", 200 }, { "x", 200 },
		{ "-1", 200 }, { "10", 400 }, { "48000", 400 },
		{ "99999999999999999999", 200 },
	};
	size_t	 i;

	(void)state;
	owner.reply = "{\"ok\":true,\"result\":{}}";
	r.method = "POST";
	r.path = "/api/v1/requests/1/approve";
	r.type = "application/json";
	body("{\"dry\":1}");
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		r.length = lengths[i].length;
		call(lengths[i].status);
		assert_int_equal(owner.n, lengths[i].status == 200);
	}
	/* Nothing of it came. */
	body("");
	r.length = "9";
	call(400);
	assert_int_equal(owner.n, 0);
	assert_true(holds("{\"error\":\"the body is broken off\"}"));
	r.length = "0";
	call(200);
	/* Of a GET none is read. */
	r.method = "GET";
	r.path = "/api/v1/requests/1";
	r.length = "9";
	call(200);
}

/* What the web server's variables are. */
static const char *
variable(void *arg, const char *name)
{
	const char	**pair = arg;

	for (; pair[0] != NULL; pair += 2)
		if (strcmp(pair[0], name) == 0)
			return pair[1];
	return NULL;
}

static void
read_with(const char *door_user, const char **pairs, char *path)
{
	struct scep_server_conf	 conf;

	memset(&conf, 0, sizeof(conf));
	(void)snprintf(conf.door_user, sizeof(conf.door_user), "%s",
	    door_user);
	scep_mdm_read(&conf, variable, pairs, path, &r);
	assert_non_null(r.method);
	assert_non_null(r.origin);
	assert_non_null(r.nobody);
}

static void
a_certificate_counts_when_it_was_verified(void **state)
{
	static const struct {
		const char	*door_user, *name, *verify, *user;
	} cases[] = {
		{ "SSL_CLIENT_S_DN", "SSL_CLIENT_S_DN", "SUCCESS", "CN=mdm" },
		{ "SSL_CLIENT_S_DN", "SSL_CLIENT_S_DN", NULL, "" },
		{ "SSL_CLIENT_S_DN", "SSL_CLIENT_S_DN", "", "" },
		{ "SSL_CLIENT_S_DN", "SSL_CLIENT_S_DN", "NONE", "" },
		{ "SSL_CLIENT_S_DN", "SSL_CLIENT_S_DN", "GENEROUS", "" },
		{ "SSL_CLIENT_S_DN", "SSL_CLIENT_S_DN", "FAILED:self signed",
		    "" },
		{ "SSL_CLIENT_S_DN", "SSL_CLIENT_S_DN", "success", "" },
		{ "REDIRECT_SSL_CLIENT_S_DN", "REDIRECT_SSL_CLIENT_S_DN",
		    NULL, "" },
		{ "REMOTE_USER", "REMOTE_USER", NULL, "CN=mdm" },
		{ "REMOTE_USER", "HTTP_REMOTE_USER", NULL, "" },
		{ "REMOTE_USER", "SSL_CLIENT_S_DN", "SUCCESS", "" },
		{ "", "REMOTE_USER", NULL, "" },
		{ "", "", NULL, "" },
	};
	char	 path[SCEP_MDM_PATH];
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char	*pairs[] = { cases[i].name, "CN=mdm",
				    "SSL_CLIENT_VERIFY", cases[i].verify,
				    NULL };

		read_with(cases[i].door_user, pairs, path);
		assert_string_equal(r.user, cases[i].user);
	}
	/* And the log says what is missing. */
	begin(NULL);
	{
		const char	*pairs[] = { "SSL_CLIENT_S_DN", "CN=mdm",
				    "REQUEST_METHOD", "GET", "PATH_INFO",
				    "/mscep_admin/", NULL };

		read_with("SSL_CLIENT_S_DN", pairs, path);
	}
	call(401);
	assert_int_equal(owner.n, 0);
	assert_non_null(strstr(line.text, "SSL_CLIENT_VERIFY"));
}

static void
a_path_is_whole_or_none(void **state)
{
	static char	 front[SCEP_MDM_PATH];
	const char	*pairs[] = { "SCRIPT_NAME", front, "PATH_INFO",
			    "/challenge", "REQUEST_METHOD", "POST", NULL };
	char		 path[SCEP_MDM_PATH];

	(void)state;
	memset(front, 'x', sizeof(front) - sizeof("/challenge"));
	read_with("", pairs, path);
	assert_int_equal(strlen(r.path), SCEP_MDM_PATH - 1);
	r.auth = BEARER;
	call(200);
	/* One octet more, of which /challenge would be the front. */
	pairs[3] = "/challenges";
	read_with("", pairs, path);
	assert_string_equal(r.path, "");
	r.auth = BEARER;
	call(404);
}

static void
a_page_of_somebody_elses_sends_nothing(void **state)
{
	static const struct {
		const char	*site;
		int		 status;
	} sites[] = {
		{ "", 200 }, { "none", 200 }, { "same-origin", 200 },
		{ "cross-site", 403 }, { "same-site", 403 }, { "x", 403 },
	};
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(sites) / sizeof(sites[0]); i++) {
		r.site = sites[i].site;
		call(sites[i].status);
		assert_int_equal(owner.n, sites[i].status == 200);
	}
	/* Each door in its words. */
	assert_string_equal(got.type, "text/plain");
	assert_true(holds("sent by a page of another site"));
	r.path = "/mdm/api/v1/requests";
	call(403);
	assert_string_equal(got.type, "application/json");
	assert_true(holds("{\"error\":\"sent by a page of another site\"}"));
}

static void
nor_does_one_of_an_old_browser(void **state)
{
	static const struct {
		const char	*site, *origin, *host;
		int		 status;
	} origins[] = {
		{ "", "", "scep.example", 200 },
		{ "", "https://scep.example", "scep.example", 200 },
		{ "", "https://SCEP.example:8443", "scep.example:8443", 200 },
		{ "", "https://evil.example", "scep.example", 403 },
		{ "", "https://scep.example:1", "scep.example", 403 },
		{ "", "https://scep.example.evil", "scep.example", 403 },
		{ "", "null", "scep.example", 403 },
		{ "", "null", "null", 403 },
		{ "", "https://scep.example", "", 403 },
		{ "same-origin", "https://scep.example", "inside:80", 200 },
		{ "cross-site", "https://scep.example", "scep.example", 403 },
	};
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(origins) / sizeof(origins[0]); i++) {
		r.site = origins[i].site;
		r.origin = origins[i].origin;
		r.host = origins[i].host;
		call(origins[i].status);
		assert_int_equal(owner.n, origins[i].status == 200);
	}
}

static void
other_paths_are_none_of_ours(void **state)
{
	static const char	*const paths[] = { "", "/", "/mscep_admin/x",
				    "/mscep", "/challenges", "xchallenge",
				    "/challenge/", "/api/v1", "/api/v2/" };
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		r.path = paths[i];
		call(404);
		assert_int_equal(owner.n, 0);
	}
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup(f, begin)
	const struct CMUnitTest	 tests[] = {
		T(the_page_is_that_of_ndes),
		T(the_page_is_in_utf16_if_that_is_wanted),
		T(what_ails_us_is_for_the_log),
		T(each_no_has_its_answer),
		T(what_is_no_challenge_is_not_handed_out),
		T(a_key_comes_by_bearer_or_as_a_password),
		T(the_webhook_takes_what_it_does_not_know),
		T(the_api_has_these_paths),
		T(a_list_is_a_page_and_where_the_next_one_begins),
		T(a_query_is_what_the_owner_is_asked),
		T(a_query_that_is_bad_says_what_is_allowed),
		T(elsewhere_a_query_says_nothing),
		T(an_approval_that_is_not_the_last_is_accepted_only),
		T(a_body_is_one_json_object),
		T(a_body_that_is_broken_off_is_none),
		T(a_certificate_counts_when_it_was_verified),
		T(a_path_is_whole_or_none),
		T(a_page_of_somebody_elses_sends_nothing),
		T(nor_does_one_of_an_old_browser),
		T(other_paths_are_none_of_ours),
	};
	int			 failed;

	failed = cmocka_run_group_tests(tests, NULL, NULL);
	scep_mdm_clear(&got);
	json_decref(owner.asked);
	return failed;
}
