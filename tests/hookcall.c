/*
 * hookcall.c - makes one call of a hook, as a server makes it.
 *
 * usage: hookcall [-t MS] [-k KEYFILE] [-C CA.pem] [-n CALLS] TARGET <QUESTION
 *
 * TARGET as in scep.conf.  Prints the answer, or on standard error what was
 * wrong, and exits 75; 78: nothing could be called so.  With -n the same call
 * is made so often, one after the other, and the last answer counts.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "cgi/hook.h"

#define CHUNK	65536

static int
usage(void)
{
	(void)fprintf(stderr, "usage: hookcall [-t MS] [-k KEYFILE] "
	    "[-C CA.pem] [-n CALLS] TARGET <QUESTION\n");
	return 2;
}

static int
fail(const struct scep_error *err, int status)
{
	(void)fprintf(stderr, "%s\n", err->text);
	return status;
}

static enum scep_err
read_question(struct scep_buf *out, struct scep_error *err)
{
	static uint8_t	 chunk[CHUNK];
	enum scep_err	 rc = SCEP_OK;
	size_t		 n;

	while (rc == SCEP_OK && (n = fread(chunk, 1, sizeof(chunk), stdin)) >
	    0)
		rc = scep_buf_add(out, scep_span_make(chunk, n), err);
	return rc;
}

static int
options(int argc, char **argv, struct scep_hook *hook, long *calls)
{
	struct scep_error	 err;
	int			 c;

	while ((c = getopt(argc, argv, "t:k:C:n:")) != -1)
		switch (c) {
		case 't':
			hook->timeout_ms = strtol(optarg, NULL, 10);
			break;
		case 'k':
			if (scep_file_read(optarg, CHUNK, &hook->key, &err) !=
			    SCEP_OK)
				return fail(&err, 78);
			break;
		case 'C':
			(void)snprintf(hook->ca_path, sizeof(hook->ca_path),
			    "%s", optarg);
			break;
		case 'n':
			*calls = strtol(optarg, NULL, 10);
			break;
		default:
			return usage();
		}
	return optind == argc - 1 ? 0 : usage();
}

static int
make_calls(struct scep_hook *hook, long calls)
{
	struct scep_hooks	 hooks;
	struct scep_buf		 question = { NULL, 0 }, answer = { NULL, 0 };
	struct scep_error	 err;
	enum scep_err		 rc;
	long			 ms;

	scep_hooks_init(&hooks);
	rc = read_question(&question, &err);
	for (; rc == SCEP_OK && calls > 0; calls--) {
		scep_buf_clear(&answer);
		rc = hooks.host.call(hooks.host.arg, hook,
		    scep_buf_span(&question), &answer, &ms, &err);
	}
	if (rc == SCEP_OK)
		(void)fwrite(answer.data, 1, answer.len, stdout);
	scep_buf_clear(&answer);
	scep_buf_clear(&question);
	scep_hooks_clear(&hooks);
	return rc == SCEP_OK ? 0 : fail(&err, scep_err_exit(rc));
}

int
main(int argc, char **argv)
{
	struct scep_hook	 hook = { .timeout_ms = 10000 };
	const char		*why = NULL;
	long			 calls = 1;
	int			 status;

	if ((status = options(argc, argv, &hook, &calls)) != 0)
		return status;
	if (!scep_hook_parse(argv[optind], &hook, &why)) {
		(void)fprintf(stderr, "%s: %s\n", argv[optind],
		    why != NULL ? why : "neither exec:/path nor a URL");
		return 78;
	}
	status = make_calls(&hook, calls);
	scep_hook_clear(&hook);
	return status;
}
