/*
 * hook.c - the host of hooks: hands a call to whoever can make it.
 */
#include <signal.h>
#include <string.h>

#include "base/error.h"
#include "cgi/child.h"
#include "cgi/hook_local.h"

static enum scep_err
make_call(struct scep_hooks *hooks, const struct scep_hook *hook,
    struct scep_span question, struct scep_buf *answer,
    struct scep_error *err)
{
	if (question.len > SCEP_HOOK_ASK_MAX)
		return scep_fail(err, SCEP_E_BUSY, "%.*s: a question of "
		    "%zu octets, at most %d are asked",
		    (int)strcspn(hook->target, "?#"), hook->target,
		    question.len, SCEP_HOOK_ASK_MAX);
	switch (hook->kind) {
	case SCEP_HOOK_EXEC:
		return scep_hook_exec(hook, question, answer, err);
	case SCEP_HOOK_HTTP:
		return scep_hook_http(&hooks->http, hook, question, answer,
		    err);
	default:
		return scep_fail(err, SCEP_E_BUSY, "nobody is there to be "
		    "asked");
	}
}

static int
count(struct scep_hooks *hooks, int more)
{
	int	 n;

	(void)pthread_mutex_lock(&hooks->mutex);
	n = hooks->n_calls += more;
	(void)pthread_mutex_unlock(&hooks->mutex);
	return n;
}

/* Half an answer is none. */
static enum scep_err
call(void *arg, const struct scep_hook *hook, struct scep_span question,
    struct scep_buf *answer, long *ms, struct scep_error *err)
{
	const int64_t	 began = scep_now_ms();
	enum scep_err	 rc;

	memset(answer, 0, sizeof(*answer));
	(void)count(arg, 1);
	rc = make_call(arg, hook, question, answer, err);
	(void)count(arg, -1);
	*ms = (long)(scep_now_ms() - began);
	if (rc == SCEP_OK)
		return SCEP_OK;
	scep_buf_clear(answer);
	return err->code = SCEP_E_BUSY;
}

void
scep_hooks_init(struct scep_hooks *hooks)
{
	memset(hooks, 0, sizeof(*hooks));
	(void)pthread_mutex_init(&hooks->mutex, NULL);
	(void)pthread_mutex_init(&hooks->http.mutex, NULL);
	hooks->host.arg = hooks;
	hooks->host.call = call;
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGCHLD, SIG_DFL);
}

void
scep_hooks_clear(struct scep_hooks *hooks)
{
	if (count(hooks, 0) > 0)
		return;
	scep_hook_http_clear(&hooks->http);
	(void)pthread_mutex_destroy(&hooks->http.mutex);
	(void)pthread_mutex_destroy(&hooks->mutex);
}
