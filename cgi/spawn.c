/*
 * spawn.c - makes the CA process and RA workers, and the sockets to them.
 *
 * Each child keeps what it needs and nothing else of ours.
 */
#include <sys/socket.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "cgi/ca_process.h"
#include "cgi/child.h"
#include "cgi/spawn.h"
#include "cgi/worker.h"

/* In a child: it could speak for the supervisor with any of these. */
static void
close_own(const struct scep_own *own)
{
	int	 i;

	(void)close(own->signal_fd);
	if (own->relay->in_fd != -1)
		(void)close(own->relay->in_fd);
	if (own->control_fd != -1)
		(void)close(own->control_fd);
	for (i = 0; i < own->crew->used; i++)
		if (own->crew->worker[i].fd != -1)
			(void)close(own->crew->worker[i].fd);
}

/* The network is none of the CA process's business. */
static void
be_ca(const struct scep_supervisor *sv, const struct scep_own *own,
    int control)
{
	const struct scep_ca_process	 args = {
		.conf_path = sv->conf_path,
		.control_fd = control,
		.drain_s = sv->conf.request_timeout_s,
		.lingers = sv->idle_s > 0,
	};

	(void)close(sv->listen_fd);
	if (own->relay->out_fd != -1)
		(void)close(own->relay->out_fd);
	exit(scep_ca_process_run(&args));
}

static void
be_worker(const struct scep_supervisor *sv, const struct scep_own *own,
    int work_fd)
{
	struct scep_worker	 args = {
		.work_fd = work_fd,
		.listen_fd = sv->listen_fd,
		.relay_fd = own->relay->out_fd,
		.conf = &sv->conf,
	};

	if (sv->is_watched) {
		(void)close(sv->listen_fd);
		args.listen_fd = -1;
	}
	exit(scep_worker_run(&args));
}

/* *fd is our end of a socket to a new child that is called name and does
 * what be() does. */
static enum scep_err
spawn(const struct scep_supervisor *sv, const struct scep_own *own,
    const char *name, void (*be)(const struct scep_supervisor *,
    const struct scep_own *, int), int *fd,
    pid_t *pid, struct scep_error *err)
{
	const pid_t	 parent = getpid();
	int		 pair[2];

	*fd = -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1)
		return scep_fail(err, SCEP_E_INTERNAL, "socketpair: %s",
		    strerror(errno));
	if ((*pid = fork()) == 0) {
		scep_child_begin(parent, name);
		close_own(own);
		(void)close(pair[0]);
		be(sv, own, pair[1]);
	}
	(void)close(pair[1]);
	if (*pid == -1) {
		(void)close(pair[0]);
		return scep_fail(err, SCEP_E_INTERNAL, "fork: %s",
		    strerror(errno));
	}
	*fd = pair[0];
	return SCEP_OK;
}

enum scep_err
scep_spawn_ca(const struct scep_supervisor *args,
    const struct scep_own *own, int *control, pid_t *pid,
    struct scep_error *err)
{
	return spawn(args, own, "scep-ca", be_ca, control, pid, err);
}

enum scep_err
scep_spawn_worker(const struct scep_supervisor *args,
    const struct scep_own *own, int *work, pid_t *pid, struct scep_error *err)
{
	return spawn(args, own, "scep-worker", be_worker, work, pid, err);
}
