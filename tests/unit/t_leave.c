/*
 * t_leave.c - an RA that is asked to leave: answered until it has, and cut off
 * if it stays; also by an owner that was halted meanwhile.
 */
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* Programs' sources are in no library; here they are a part of the test. */
#include "cgi/ca_doors.c"
#include "cgi/log.c"
#include "cgi/thread.c"

#define LONG_MS	60000		/* never waited for */
#define TRIES	20		/* where we were held up for STOP_MS */

/* What the other sockets' threads call; there are none. */

void
scep_admin_serve(struct scep_ca *ca, int fd, int stop_fd)
{
	(void)ca;
	(void)fd;
	(void)stop_fd;
}

void
scep_knock_serve(struct scep_generations *generations, int fd, int stop_fd,
    int has_group)
{
	(void)generations;
	(void)fd;
	(void)stop_fd;
	(void)has_group;
}

void
scep_metrics_serve(struct scep_ca *ca, int fd)
{
	(void)ca;
	(void)fd;
}

struct scep_generation *
scep_generation_hold(struct scep_generations *g)
{
	return g->now;
}

void
scep_generation_drop(struct scep_generations *g, struct scep_generation *gen)
{
	(void)g;
	(void)gen;
}

enum scep_err
scep_state_listen(const char *dir, const char *name, int *fd,
    struct scep_error *err)
{
	(void)dir;
	*fd = -1;
	return scep_fail(err, SCEP_E_INTERNAL, "%s", name);
}

enum scep_err
scep_state_listen_door(const struct scep_server_conf *conf, int *fd,
    struct scep_error *err)
{
	(void)conf;
	*fd = -1;
	return scep_fail(err, SCEP_E_INTERNAL, "no door");
}

int
scep_state_peer(int fd, uid_t *uid)
{
	(void)fd;
	*uid = geteuid();
	return 1;
}

/* The owner. */

static enum scep_err
fake_inspect(struct scep_ca *ca, time_t now, enum scep_inspect what,
    struct scep_buf *out, struct scep_error *err)
{
	(void)ca;
	(void)now;
	(void)what;
	return scep_buf_set(out, scep_span_text("fine"), err);
}

/* A process that serves an RA, and the RA. */
struct pair {
	pid_t			 owner;
	int			 fd[2];		/* the RA's, the owner's */
	int			 over_fd, stop_fd;
	struct scep_ca		*far;
	pthread_t		 thread;
	enum scep_err		 rc;
};

/* Its exit status says how it ended. */
static void
run_owner(const struct pair *p)
{
	static const struct scep_ca_ops	 ops = { .inspect = fake_inspect };
	static struct scep_config	 cfg;
	struct scep_ca			 fake = { .ops = &ops };
	struct scep_generation		 gen = { .cfg = &cfg, .ca = &fake,
					    .over_fd = p->over_fd };
	const struct scep_doors		 doors = { .stop_fd = p->stop_fd };
	struct scep_error		 err;

	cfg.server.request_timeout_s = LONG_MS / 1000;
	(void)close(p->fd[0]);
	_exit((int)serve(&doors, &gen, p->fd[1], &err));
}

/* The RA has a question. */
static enum scep_err
ask(struct pair *p)
{
	struct scep_buf		 out = { NULL, 0 };
	struct scep_error	 err;
	enum scep_err		 rc;

	rc = scep_ca_inspect(p->far, 1, SCEP_INSPECT_HEALTH, &out, &err);
	scep_buf_clear(&out);
	return rc;
}

static void
start(struct pair *p)
{
	struct scep_error	 err;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, p->fd), 0);
	assert_int_not_equal(p->over_fd = eventfd(0, EFD_CLOEXEC), -1);
	assert_int_not_equal(p->stop_fd = eventfd(0, EFD_CLOEXEC), -1);
	if ((p->owner = fork()) == 0)
		run_owner(p);
	assert_int_equal(scep_ca_connect(p->fd[0], LONG_MS, &p->far, &err),
	    SCEP_OK);
	assert_int_equal(ask(p), SCEP_OK);		/* control */
	assert_false(scep_ca_is_leaving(p->far));
}

static int
end(struct pair *p)
{
	int	 status;

	assert_int_equal(waitpid(p->owner, &status, 0), p->owner);
	(void)close(p->fd[1]);
	(void)close(p->over_fd);
	(void)close(p->stop_fd);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* Until it has been asked to leave. */
static void
dismissed(struct pair *p, int by_fd)
{
	const uint64_t	 one = 1;
	struct pollfd	 is = { .fd = p->fd[0], .events = POLLIN };

	assert_int_equal(write(by_fd, &one, sizeof(one)), sizeof(one));
	assert_int_equal(poll(&is, 1, LONG_MS), 1);
	scep_ca_hear(p->far);
	assert_true(scep_ca_is_leaving(p->far));
	assert_true(scep_ca_is_connected(p->far));
}

static void
one_that_leaves_is_answered_until_then(void **state)
{
	struct pair	 p;

	(void)state;
	start(&p);
	dismissed(&p, p.over_fd);
	assert_int_equal(ask(&p), SCEP_OK);
	scep_ca_close(p.far);
	assert_int_equal(end(&p), SCEP_E_NOTFOUND);
}

static void
one_that_stays_is_cut_off(void **state)
{
	struct pair	 p;
	int64_t		 began;

	(void)state;
	start(&p);
	began = scep_now_ms();
	dismissed(&p, p.stop_fd);
	assert_int_equal(end(&p), SCEP_E_BUSY);
	assert_true(scep_now_ms() - began >= STOP_MS);
	scep_ca_close(p.far);
}

static void *
ask_meanwhile(void *arg)
{
	struct pair	*p = arg;

	p->rc = ask(p);
	return NULL;
}

/* Its time is over when the owner goes on, and its question is there.  0: we
 * came too late to halt it. */
static int
halt_with_a_question(struct pair *p)
{
	const int64_t	 began = scep_now_ms();
	struct pollfd	 question = { .fd = p->fd[1], .events = POLLIN };
	siginfo_t	 info;
	int		 in_time;

	dismissed(p, p->stop_fd);
	assert_int_equal(kill(p->owner, SIGSTOP), 0);
	assert_int_equal(waitid(P_PID, (id_t)p->owner, &info, WSTOPPED |
	    WEXITED | WNOWAIT), 0);
	assert_int_equal(pthread_create(&p->thread, NULL, ask_meanwhile, p),
	    0);
	assert_int_equal(poll(&question, 1, LONG_MS), 1);
	in_time = scep_now_ms() - began < STOP_MS;
	(void)poll(NULL, 0, STOP_MS + 100);
	(void)kill(p->owner, SIGCONT);
	assert_int_equal(end(p), SCEP_E_BUSY);
	assert_int_equal(pthread_join(p->thread, NULL), 0);
	return in_time;
}

static void
an_owner_that_was_halted_answers_first(void **state)
{
	struct pair	 p = { .rc = SCEP_E_BUSY };
	int		 i = 0, in_time;

	(void)state;
	do {
		start(&p);
		in_time = halt_with_a_question(&p);
		scep_ca_close(p.far);
	} while (!in_time && ++i < TRIES);
	assert_true(in_time);
	assert_int_equal(p.rc, SCEP_OK);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(one_that_leaves_is_answered_until_then),
		cmocka_unit_test(one_that_stays_is_cut_off),
		cmocka_unit_test(an_owner_that_was_halted_answers_first),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
