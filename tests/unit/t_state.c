/* t_state.c - the state directory: one owner, and the way to reach it. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <sys/stat.h>
#include <sys/wait.h>

#include <poll.h>
#include <pthread.h>
#include <signal.h>

/* Programs' sources are in no library; here they are a part of the test. */
#include "cgi/admin_socket.c"
#include "cgi/log.c"
#include "cgi/state.c"
#include "cgi/state_socket.c"

static char	 dir[64], long_dir[200];

static int
set_up(void **state)
{
	char	 sub[101];

	(void)state;
	(void)strcpy(dir, "/tmp/t_state.XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	memset(sub, 'd', sizeof(sub) - 1);
	sub[sizeof(sub) - 1] = '\0';
	(void)snprintf(long_dir, sizeof(long_dir), "%s/%s", dir, sub);
	return mkdir(long_dir, 0700);
}

static int
tear_down(void **state)
{
	static const char	*files[] = { "lock", "admin.sock" };
	char			 path[300];
	size_t			 i;

	(void)state;
	for (i = 0; i < 2; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", long_dir,
		    files[i]);
		(void)unlink(path);
		(void)snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
		(void)unlink(path);
	}
	(void)rmdir(long_dir);
	return rmdir(dir);
}

static mode_t
mode_of(const char *name)
{
	char		 path[300];
	struct stat	 st;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

static void
a_state_has_one_owner_whose_pid_is_named(void **state)
{
	struct scep_error	 err;
	char			 pid[32];
	int			 first, second;

	(void)state;
	assert_int_equal(scep_state_lock(dir, 0, &first, &err), SCEP_OK);
	assert_int_equal(mode_of("lock"), 0600);
	assert_int_equal(scep_state_lock(dir, 50, &second, &err),
	    SCEP_E_BUSY);
	assert_int_equal(second, -1);
	(void)snprintf(pid, sizeof(pid), "process %ld", (long)getpid());
	assert_non_null(strstr(err.text, pid));
	(void)close(first);
	assert_int_equal(scep_state_lock(dir, 0, &second, &err), SCEP_OK);
	(void)close(second);
}

/* kill -9 leaves nothing behind that has to be cleared away. */
static void
a_dead_owner_is_no_owner(void **state)
{
	struct scep_error	 err;
	int			 fd, told[2];
	char			 octet;
	pid_t			 pid;

	(void)state;
	assert_int_equal(pipe(told), 0);
	if ((pid = fork()) == 0) {
		if (scep_state_lock(dir, 0, &fd, &err) == SCEP_OK)
			(void)!write(told[1], "x", 1);
		for (;;)
			(void)pause();
	}
	assert_int_equal(read(told[0], &octet, 1), 1);
	assert_int_equal(scep_state_lock(dir, 0, &fd, &err), SCEP_E_BUSY);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(scep_state_lock(dir, 60000, &fd, &err), SCEP_OK);
	(void)close(fd);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	(void)close(told[0]);
	(void)close(told[1]);
}

static void
a_state_that_is_not_there_is_named_with_what_makes_it(void **state)
{
	struct scep_error	 err;
	int			 fd;

	(void)state;
	assert_int_equal(scep_state_lock("/nonexistent/state", 0, &fd, &err),
	    SCEP_E_CONFIG);
	assert_non_null(strstr(err.text, "/nonexistent/state"));
	assert_non_null(strstr(err.text, "scepadm init"));
}

static void
the_configuration_is_the_one_named_first(void **state)
{
	(void)state;
	(void)unsetenv("SCEP_CONF");
	assert_string_equal(scep_state_config_path("a"), "a");
	assert_string_equal(scep_state_config_path(NULL), SCEP_CONF_PATH);
	(void)setenv("SCEP_CONF", "b", 1);
	assert_string_equal(scep_state_config_path(NULL), "b");
	assert_string_equal(scep_state_config_path("a"), "a");
	(void)unsetenv("SCEP_CONF");
}

/* scep_admin() needs no CA to say that it was not asked anything it knows. */
struct owner {
	int		 listen_fd;
	int		 times;
	pthread_t	 thread;
};

static void *
serve(void *arg)
{
	struct owner	*o = arg;
	struct scep_ca	 none = { .ops = NULL };
	struct pollfd	 p = { .fd = o->listen_fd, .events = POLLIN };

	while (o->times-- > 0) {
		(void)poll(&p, 1, 60000);
		scep_admin_serve(&none, accept(o->listen_fd, NULL, NULL), -1);
	}
	return NULL;
}

static void
ask_owner(const char *where)
{
	struct owner		 o = { .times = 1 };
	struct scep_buf		 reply = { NULL, 0 };
	struct scep_error	 err;

	assert_int_equal(scep_state_listen(where, SCEP_ADMIN_SOCK, &o.listen_fd, &err),
	    SCEP_OK);
	assert_int_equal(pthread_create(&o.thread, NULL, serve, &o), 0);
	assert_int_equal(scep_admin_ask(where,
	    scep_span_text("{\"do\":\"nonsense\"}"), &reply, &err), SCEP_OK);
	assert_non_null(strstr((const char *)reply.data, "\"ok\":false"));
	assert_int_equal(pthread_join(o.thread, NULL), 0);
	scep_buf_clear(&reply);
	(void)close(o.listen_fd);
}

static void
the_owner_answers_and_only_its_user_may_ask(void **state)
{
	(void)state;
	ask_owner(dir);
	assert_int_equal(mode_of("admin.sock"), 0600);
	ask_owner(dir);		/* over the socket that was left behind */
}

static void
a_long_path_is_no_obstacle(void **state)
{
	(void)state;
	assert_true(strlen(long_dir) > sizeof(((struct sockaddr_un *)
	    NULL)->sun_path));
	ask_owner(long_dir);
}

static void
without_an_owner_nobody_answers(void **state)
{
	struct scep_buf		 reply = { NULL, 0 };
	struct scep_error	 err;
	int			 fd;

	(void)state;
	assert_int_equal(scep_admin_ask(dir, scep_span_text("{}"), &reply,
	    &err), SCEP_E_NOTFOUND);
	assert_int_equal(scep_state_listen(dir, SCEP_ADMIN_SOCK, &fd, &err), SCEP_OK);
	(void)close(fd);	/* the socket stays */
	assert_int_equal(scep_admin_ask(dir, scep_span_text("{}"), &reply,
	    &err), SCEP_E_NOTFOUND);
}

/* Each is cut off, and the next is served. */
static void
garbage_is_not_answered(void **state)
{
	static const struct {
		uint8_t	 octets[6];
		size_t	 len;
	} rows[] = {
		{ { 0 }, 0 },
		{ { 0, 0 }, 2 },
		{ { 0, 0, 0, 0 }, 4 },
		{ { 0, 1, 0, 1, '{', '}' }, 6 },	/* 65537 */
		{ { 0, 0, 0, 9, '{', '}' }, 6 },
	};
	const int		 n = (int)(sizeof(rows) / sizeof(rows[0]));
	struct owner		 o = { .times = n + 1 };
	struct scep_buf		 reply = { NULL, 0 };
	struct scep_error	 err;
	uint8_t			 octet;
	int			 fd, i;

	(void)state;
	assert_int_equal(scep_state_listen(dir, SCEP_ADMIN_SOCK, &o.listen_fd,
	    &err), SCEP_OK);
	assert_int_equal(pthread_create(&o.thread, NULL, serve, &o), 0);
	for (i = 0; i < n; i++) {
		assert_int_equal(scep_state_dial(dir, SCEP_ADMIN_SOCK, &fd,
		    &err), SCEP_OK);
		assert_int_equal(write(fd, rows[i].octets, rows[i].len),
		    rows[i].len);
		assert_int_equal(shutdown(fd, SHUT_WR), 0);
		assert_true(recv(fd, &octet, 1, 0) <= 0);
		(void)close(fd);
	}
	assert_int_equal(scep_admin_ask(dir, scep_span_text("{}"), &reply,
	    &err), SCEP_OK);				/* control */
	scep_buf_clear(&reply);
	assert_int_equal(pthread_join(o.thread, NULL), 0);
	(void)close(o.listen_fd);
}

/* It may have been carried out: scepadm asks again only for BUSY. */
static void
an_answer_that_does_not_come_is_not_asked_for_again(void **state)
{
	struct scep_buf		 reply = { NULL, 0 };
	struct scep_error	 err;
	int			 fd, peer;
	pid_t			 pid;

	(void)state;
	assert_int_equal(scep_state_listen(dir, SCEP_ADMIN_SOCK, &fd, &err), SCEP_OK);
	if ((pid = fork()) == 0) {
		struct scep_buf	 request = { NULL, 0 };
		struct pollfd	 p = { .fd = fd, .events = POLLIN };

		(void)poll(&p, 1, 60000);
		peer = accept(fd, NULL, NULL);
		(void)scep_frame_receive(peer, 100, 60000, 60000, &request,
		    &err);
		_exit(0);
	}
	assert_int_equal(scep_admin_ask(dir, scep_span_text("{}"), &reply,
	    &err), SCEP_E_STORE);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	(void)close(fd);
}

/* An owner that leaves when a request has come: n octets are read of it; -1:
 * its connection is not taken. */
static void
leave(int fd, int n)
{
	struct pollfd	 p = { .fd = fd, .events = POLLIN };
	char		 octets[5];

	(void)poll(&p, 1, 60000);
	if (n < 0) {
		(void)usleep(50000);
		_exit(0);
	}
	p.fd = accept(fd, NULL, NULL);
	(void)poll(&p, 1, 60000);
	if (n > 0)
		(void)recv(p.fd, octets, (size_t)n, MSG_WAITALL);
	_exit(0);
}

/* An owner that stops closes what waits in its backlog, and what it has taken
 * but not read all of. */
static void
a_request_that_nobody_read_is_one_to_ask_again(void **state)
{
	/* how many octets are read of the connection; -1: not taken */
	static const int	 rows[] = { -1, 0, 4, 5 };
	struct scep_buf		 reply = { NULL, 0 };
	struct scep_error	 err;
	enum scep_err		 rc;
	size_t			 i;
	int			 fd, tries;
	pid_t			 pid;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		tries = 20;
		do {
			assert_int_equal(scep_state_listen(dir,
			    SCEP_ADMIN_SOCK, &fd, &err), SCEP_OK);
			if ((pid = fork()) == 0)
				leave(fd, rows[i]);
			(void)close(fd);
			rc = scep_admin_ask(dir, scep_span_text("{}"), &reply,
			    &err);
			assert_int_equal(waitpid(pid, NULL, 0), pid);
			/* Of a backlog nobody sees whether it was sent. */
		} while (rc == SCEP_E_BUSY && rows[i] < 0 && --tries > 0);
		assert_int_equal(rc, SCEP_E_NOTFOUND);
		assert_non_null(strstr(err.text, "before it read"));
	}
}

/* Somebody else's process is not served; root's (or ours) was, above. */
static void
another_user_is_not_served(void **state)
{
	struct owner		 o = { .times = 1 };
	struct scep_buf		 reply = { NULL, 0 };
	struct scep_error	 err;
	enum scep_err		 rc;
	char			 path[100];
	int			 status;
	pid_t			 pid;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(scep_state_listen(dir, SCEP_ADMIN_SOCK, &o.listen_fd,
	    &err), SCEP_OK);
	/* Even where the modes are wrong. */
	(void)snprintf(path, sizeof(path), "%s/admin.sock", dir);
	assert_int_equal(chmod(path, 0777) | chmod(dir, 0755), 0);
	if ((pid = fork()) == 0) {
		if (setuid(65534) == -1)
			_exit(99);
		rc = scep_admin_ask(dir, scep_span_text("{}"), &reply, &err);
		_exit((int)rc);
	}
	assert_int_equal(pthread_create(&o.thread, NULL, serve, &o), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_in_range(WEXITSTATUS(status), SCEP_OK + 1, SCEP_E__MAX);
	assert_int_equal(pthread_join(o.thread, NULL), 0);
	(void)close(o.listen_fd);
}

/* In a child, since there is no way back. */
static void
root_becomes_the_owner_for_good(void **state)
{
	struct scep_error	 err;
	int			 status;
	pid_t			 pid;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(chown(dir, 65534, 65534), 0);
	if ((pid = fork()) == 0)
		_exit(scep_state_become_owner(dir, &err) == SCEP_OK &&
		    getuid() == 65534 && geteuid() == 65534 &&
		    getgid() == 65534 && getegid() == 65534 &&
		    getgroups(0, NULL) == 1 && setuid(0) == -1 &&
		    umask(0) == 077 ? 0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(chown(dir, 0, 0), 0);
	/* Root's own state stays root's. */
	if ((pid = fork()) == 0)
		_exit(scep_state_become_owner(dir, &err) == SCEP_OK &&
		    geteuid() == 0 ? 0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(scep_state_become_owner("/nonexistent", &err),
	    SCEP_E_CONFIG);
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest	 tests[] = {
		T(a_state_has_one_owner_whose_pid_is_named),
		T(a_dead_owner_is_no_owner),
		T(a_state_that_is_not_there_is_named_with_what_makes_it),
		T(the_configuration_is_the_one_named_first),
		T(the_owner_answers_and_only_its_user_may_ask),
		T(a_long_path_is_no_obstacle),
		T(without_an_owner_nobody_answers),
		T(garbage_is_not_answered),
		T(an_answer_that_does_not_come_is_not_asked_for_again),
		T(a_request_that_nobody_read_is_one_to_ask_again),
		T(another_user_is_not_served),
		T(root_becomes_the_owner_for_good),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
