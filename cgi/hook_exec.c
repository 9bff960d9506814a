/*
 * hook_exec.c - asks a program: the question on its standard input, the
 * answer on its standard output, and not longer than it may take.
 */
#include <sys/wait.h>

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "cgi/child.h"
#include "cgi/hook_local.h"

#define CHUNK		4096
#define ROUND		64	/* chunks before the clock is looked at */
#define COMPLAINT	160	/* octets of what it says on descriptor 2 */
#define TICK_MS		20	/* where the kernel has no pidfd */

struct talk {
	struct scep_program	 program;
	struct scep_span	 left;		/* of the question */
	struct scep_buf		*answer;
	char			 complaint[COMPLAINT + 1];
	size_t			 complaint_len;
	int			 is_flood;
	int			 is_late;
	int			 status;	/* if neither */
};

/* A program need not read it all. */
static void
tell(struct talk *t)
{
	ssize_t	 n = 0;

	if (t->program.fd[0] == -1)
		return;
	if (t->left.len > 0 && (n = write(t->program.fd[0], t->left.data,
	    t->left.len)) == -1) {
		if (errno == EAGAIN || errno == EINTR)
			return;
		t->left.len = 0;
		n = 0;
	}
	t->left.data += n;
	t->left.len -= (size_t)n;
	if (t->left.len == 0)
		scep_program_close(&t->program, 0);
}

static void
take_answer(struct talk *t, const uint8_t *data, size_t len)
{
	struct scep_error	 no_memory;

	if (len > SCEP_HOOK_ANSWER_MAX - t->answer->len ||
	    scep_buf_add(t->answer, (struct scep_span){ data, len },
	    &no_memory) != SCEP_OK)
		t->is_flood = 1;
}

/* The rest is read as well: nobody shall wait for a full pipe. */
static void
take_complaint(struct talk *t, const uint8_t *data, size_t len)
{
	const size_t	 room = COMPLAINT - t->complaint_len;

	if (len > room)
		len = room;
	memcpy(t->complaint + t->complaint_len, data, len);
	t->complaint_len += len;
}

/* What is there now. */
static void
hear(struct talk *t, int which,
    void (*take)(struct talk *, const uint8_t *, size_t))
{
	uint8_t	 chunk[CHUNK];
	ssize_t	 n;
	int	 i;

	for (i = 0; i < ROUND && t->program.fd[which] != -1 && !t->is_flood;
	    i++) {
		n = read(t->program.fd[which], chunk, sizeof(chunk));
		if (n == -1 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0)
			scep_program_close(&t->program, which);
		else
			take(t, chunk, (size_t)n);
	}
}

static void
wait_for_it(const struct talk *t, int64_t left)
{
	const struct scep_program	*p = &t->program;
	struct pollfd			 fds[4] = {
		{ .fd = p->fd[0], .events = POLLOUT },
		{ .fd = p->fd[1], .events = POLLIN },
		{ .fd = p->fd[2], .events = POLLIN },
		{ .fd = p->pid_fd, .events = POLLIN },
	};

	if (p->pid_fd == -1 && left > TICK_MS)
		left = TICK_MS;
	(void)poll(fds, 4, (int)left);
}

/*
 * Till it has ended: whoever else holds the pipes is not waited for.  What it
 * wrote is in them by then.  When its time is up we look once more: what it
 * did while we were halted counts.
 */
static void
converse(struct talk *t, long timeout_ms)
{
	const int64_t	 until = scep_now_ms() + timeout_ms;
	int64_t		 left;
	int		 ended;

	do {
		left = until - scep_now_ms();
		wait_for_it(t, left > 0 ? left : 0);
		tell(t);
		ended = scep_program_ended(&t->program, &t->status);
		hear(t, 1, take_answer);
		hear(t, 2, take_complaint);
	} while (!ended && !t->is_flood && left > 0);
	t->is_late = !ended;
}

/* The first line of its complaint, behind ": ". */
static const char *
because(struct talk *t)
{
	t->complaint[strcspn(t->complaint, "\r\n")] = '\0';
	return t->complaint[0] != '\0' ? t->complaint : "it says no more";
}

static enum scep_err
judge(struct talk *t, const struct scep_hook *hook, struct scep_error *err)
{
	const char	*name;

	if (t->is_flood)
		return scep_fail(err, SCEP_E_BUSY, "exec:%s: its answer has "
		    "more than %d octets; it was killed", hook->target,
		    SCEP_HOOK_ANSWER_MAX);
	if (t->is_late)
		return scep_fail(err, SCEP_E_BUSY, "exec:%s: no end within "
		    "%ld ms, it was killed: %s", hook->target,
		    hook->timeout_ms, because(t));
	if (WIFSIGNALED(t->status)) {
		name = sigabbrev_np(WTERMSIG(t->status));
		return scep_fail(err, SCEP_E_BUSY, "exec:%s: ended by signal "
		    "%d (SIG%s): %s", hook->target, WTERMSIG(t->status),
		    name != NULL ? name : "?", because(t));
	}
	if (WEXITSTATUS(t->status) != 0)
		return scep_fail(err, SCEP_E_BUSY, "exec:%s: exit status %d: "
		    "%s", hook->target, WEXITSTATUS(t->status), because(t));
	return SCEP_OK;
}

enum scep_err
scep_hook_exec(const struct scep_hook *hook, struct scep_span question,
    struct scep_buf *answer, struct scep_error *err)
{
	struct talk	 t = { .left = question, .answer = answer };
	enum scep_err	 rc;

	if ((rc = scep_hook_check(hook, geteuid(), err)) != SCEP_OK ||
	    (rc = scep_program_start(hook->target, &t.program, err)) !=
	    SCEP_OK)
		return rc;
	converse(&t, hook->timeout_ms);
	scep_program_end(&t.program);
	return judge(&t, hook, err);
}
