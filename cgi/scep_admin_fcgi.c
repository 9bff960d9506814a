/*
 * scep_admin_fcgi.c - scep-admin.fcgi: the doors that MDM systems knock at.
 *
 * Options, configuration, the socket, and a few workers that are started
 * again when they end.  It has no key and no database: all is asked of the
 * owner of the state.
 */
#include <sys/wait.h>

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "cgi/child.h"
#include "cgi/crew.h"
#include "cgi/listen.h"
#include "cgi/log.h"
#include "cgi/scep_admin.h"
#include "cgi/state.h"

#define WORKERS		2	/* each waits for the owner's disk */
#define STOP_MS		10000	/* for a request in hand, when we stop */

struct crew {
	struct scep_life		 life[WORKERS];
	int				 listen_fd, signal_fd;
	const struct scep_server_conf	*conf;
	int				 status;	/* of one that cannot
							   start */
};

static int
usage(FILE *to, int status)
{
	(void)fprintf(to, "usage: scep-admin.fcgi [-hV] [-c scep.conf] "
	    "[--log=text|json]\n");
	return status;
}

/* -1: go on. */
static int
options(int argc, char *argv[], const char **conf)
{
	static const struct option	 longs[] = {
		{ "log", required_argument, NULL, 'l' },
		{ NULL, 0, NULL, 0 },
	};
	int				 c;

	while ((c = getopt_long(argc, argv, "c:hV", longs, NULL)) != -1) {
		switch (c) {
		case 'l':
			if (!scep_log_force(optarg))
				return usage(stderr,
				    scep_err_exit(SCEP_E_USAGE));
			break;
		case 'c':
			*conf = optarg;
			break;
		case 'h':
			return usage(stdout, 0);
		case 'V':
			(void)printf("scep-admin.fcgi %s\n", SCEP_VERSION);
			return 0;
		default:
			return usage(stderr, scep_err_exit(SCEP_E_USAGE));
		}
	}
	return optind == argc ? -1 :
	    usage(stderr, scep_err_exit(SCEP_E_USAGE));
}

static void
start(struct crew *c, struct scep_life *life)
{
	const pid_t	 parent = getpid();
	pid_t		 pid;

	if ((pid = fork()) == 0) {
		scep_child_begin(parent, "scep-admin");
		(void)close(c->signal_fd);
		_exit(scep_admin_worker(c->listen_fd, c->conf));
	}
	if (pid == -1) {
		scep_log_error("no process for a worker: %s",
		    strerror(errno));
		scep_life_ended(life);
		return;
	}
	scep_life_began(life, pid);
}

/* One that could not start for a reason that stays would not the next time
 * either. */
static void
bury(struct crew *c)
{
	int	 i, how;
	pid_t	 pid;

	while ((pid = waitpid(-1, &how, WNOHANG)) > 0)
		for (i = 0; i < WORKERS; i++) {
			if (c->life[i].pid != pid)
				continue;
			scep_life_ended(&c->life[i]);
			if (WIFEXITED(how) && WEXITSTATUS(how) ==
			    scep_err_exit(SCEP_E_CONFIG))
				c->status = WEXITSTATUS(how);
			if (WIFSIGNALED(how))
				scep_log_warn("a worker was ended by signal "
				    "%d", WTERMSIG(how));
		}
}

/* Those that are due; milliseconds until the next one is, or -1. */
static int
start_due(struct crew *c)
{
	const int64_t	 now = scep_now_ms();
	int		 i, wait_ms = -1;

	for (i = 0; i < WORKERS; i++) {
		if (c->life[i].pid != 0)
			continue;
		if (c->life[i].due <= now)
			start(c, &c->life[i]);
		else if (wait_ms == -1 || c->life[i].due - now < wait_ms)
			wait_ms = (int)(c->life[i].due - now);
	}
	return wait_ms;
}

/* 0: we are to stop. */
static int
hear(struct crew *c, int wait_ms)
{
	struct pollfd			 p = { .fd = c->signal_fd,
					    .events = POLLIN };
	struct signalfd_siginfo		 what;

	if (poll(&p, 1, wait_ms) != 1 ||
	    read(c->signal_fd, &what, sizeof(what)) != sizeof(what))
		return 1;
	return what.ssi_signo == SIGCHLD;
}

static int
is_anybody_left(const struct crew *c)
{
	int	 i;

	for (i = 0; i < WORKERS; i++)
		if (c->life[i].pid != 0)
			return 1;
	return 0;
}

static void
end_all(struct crew *c)
{
	const int64_t	 until = scep_now_ms() + STOP_MS;
	int64_t		 left;
	int		 i;

	for (i = 0; i < WORKERS; i++)
		if (c->life[i].pid != 0)
			(void)kill(c->life[i].pid, SIGTERM);
	while (is_anybody_left(c) && (left = until - scep_now_ms()) > 0) {
		(void)hear(c, (int)left);
		bury(c);
	}
}

static int
supervise(struct crew *c)
{
	sigset_t	 set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGCHLD);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL) == -1 ||
	    (c->signal_fd = signalfd(-1, &set, SFD_CLOEXEC)) == -1) {
		scep_log_error("signals: %s", strerror(errno));
		return scep_err_exit(SCEP_E_INTERNAL);
	}
	while (c->status == 0 && hear(c, start_due(c)))
		bury(c);
	end_all(c);
	return c->status;
}

/* What is said of listen is meant for door_listen, which is in its place. */
static void
tell(const struct scep_error *err)
{
	scep_log_error("%s%s", strncmp(err->text, "listen", 6) == 0 &&
	    strchr(" :", err->text[6]) != NULL ? "door_" : "", err->text);
}

static int
serve(const struct scep_server_conf *conf)
{
	struct scep_server_conf	 ours = *conf;
	struct crew		 crew = { .conf = &ours };
	struct scep_listener	 listener;
	struct scep_error	 err;
	enum scep_err		 rc;
	int			 status;

	memcpy(ours.listen, ours.door_listen, sizeof(ours.listen));
	if (!scep_listen_given() && ours.listen[0] == '\0') {
		scep_log_error("nothing to listen on: start it by lighttpd "
		    "(bin-path), systemd or spawn-fcgi, or say `door_listen = "
		    "unix:PATH` in [server]");
		return scep_err_exit(SCEP_E_CONFIG);
	}
	if ((rc = scep_listen_open(&ours, &listener, &err)) != SCEP_OK ||
	    (rc = scep_state_become_owner(ours.state, &err)) != SCEP_OK) {
		tell(&err);
		scep_listen_close(&listener);
		return scep_err_exit(rc);
	}
	crew.listen_fd = listener.fd;
	scep_log_info("scep-admin.fcgi %s has begun", SCEP_VERSION);
	status = supervise(&crew);
	scep_listen_close(&listener);
	return status;
}

int
main(int argc, char *argv[])
{
	struct scep_server_conf	 conf;
	struct scep_error	 err;
	const char		*path = NULL;
	const int		 is_cgi = !scep_listen_given() &&
				    getenv("GATEWAY_INTERFACE") != NULL;
	enum scep_err		 rc;
	int			 status;

	if (!scep_listen_settle())
		return scep_err_exit(SCEP_E_INTERNAL);
	scep_process_harden();
	(void)OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	scep_log_open("scep-admin.fcgi", SCEP_LOG_STDERR);
	/* A client's query may be in argv (RFC 3875 section 4.4). */
	if (!is_cgi && (status = options(argc, argv, &path)) != -1)
		return status;
	if ((rc = scep_state_server(path, &conf, &err)) != SCEP_OK) {
		scep_log_error("%s", err.text);
		if (is_cgi)
			scep_admin_cgi_busy();
		return scep_err_exit(rc);
	}
	scep_log_configure(&conf);
	return is_cgi ? scep_admin_cgi(&conf) : serve(&conf);
}
