/*
 * fuzz_admin.c - the operator's requests, and those of scep-admin.fcgi:
 * whatever comes in, JSON comes out, it says the same as the result, and what
 * is logged is one clean line.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <openssl/err.h>

#include "base/text.h"
#include "ca/admin.h"
#include "ca/knock.h"
#include "tests/unit/world.h"

#define ROWS	256		/* then a fresh world */

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct world	*w;

/* One request waits, 0000000000000001, and user u may all. */
static void
fill(void)
{
	static const char	 record[] = "{\"do\":\"apikey.add\",\"user\":"
				    "\"u\",\"rate_n\":1000000,\"profiles\":"
				    "[\"main\",\"manual\"],\"may\":["
				    "\"challenge:add\",\"request:list\","
				    "\"request:approve\",\"request:refuse\"]}";
	struct scep_buf		 reply = { NULL, 0 };
	char			 summary[512];
	struct scep_answer	 answer;
	struct scep_error	 err;
	struct world_request	 r = { .profile = "manual", .txid = "t" };

	world_empty(w);
	world_reseed(w, 1);
	w->requests = 0;
	memset(&answer, 0, sizeof(answer));
	r.csr = client_csr(w->key[0], "/CN=x", NULL, NULL);
	world_must(world_enrol(w, &r, &answer, &err) == SCEP_OK &&
	    answer.outcome == SCEP_PENDING);
	scep_answer_clear(&answer);
	bytes_free(&r.csr);
	world_must(scep_admin(w->ca, WORLD_NOW, 0, scep_span_text(record),
	    &reply, summary, sizeof(summary), &err) == SCEP_OK);
	scep_buf_clear(&reply);
}

static void
check(enum scep_err rc, const struct scep_buf *reply, const char *summary)
{
	json_t	*root = json_loadb((const char *)reply->data, reply->len,
		    JSON_REJECT_DUPLICATES, NULL);

	if (root == NULL || json_is_true(json_object_get(root, "ok")) !=
	    (rc == SCEP_OK) ||
	    (json_object_get(root, "result") != NULL) != (rc == SCEP_OK))
		abort();
	if (!scep_is_clean_utf8(scep_span_text(summary)) ||
	    ERR_peek_error() != 0)
		abort();
	json_decref(root);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct scep_buf		 reply = { NULL, 0 };
	struct scep_error	 err;
	char			 summary[512];
	enum scep_err		 rc;

	if (w == NULL) {
		w = world_new(NULL);
		memcpy(w->cfg->server.door_user, "REMOTE_USER", 12);
	}
	if (world_count(w, SCEP_T_PENDING) == 0 ||
	    world_count(w, SCEP_T_LOG) > ROWS)
		fill();
	rc = scep_admin(w->ca, WORLD_NOW, 0, scep_span_make(data, len),
	    &reply, summary, sizeof(summary), &err);
	check(rc, &reply, summary);
	rc = scep_knock(w->ca, WORLD_NOW, 0, scep_span_make(data, len),
	    &reply, summary, sizeof(summary), &err);
	check(rc, &reply, summary);
	scep_buf_clear(&reply);
	return 0;
}
