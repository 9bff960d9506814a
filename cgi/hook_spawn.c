/*
 * hook_spawn.c - a program with three pipes, and nothing else of ours.
 *
 * vfork(2): the memory of a process with threads and the CA's key is not
 * copied, not even for a moment, and a large one costs no more than a small.
 */
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "cgi/hook_local.h"

#define PATH		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:" \
			"/usr/bin:/sbin:/bin"
#define CANNOT_EXEC	127	/* as a shell says it */

/* Without close_range(2) there is O_CLOEXEC: whatever we open has it. */
static void
close_ours(void)
{
	const int	 size = getdtablesize();
	int		 fd;

	if (syscall(SYS_close_range, 3U, ~0U, 0U) == 0)
		return;
	for (fd = 3; fd < size; fd++)
		(void)close(fd);
}

/* What is ignored stays so in an execve(2), and so does the mask. */
static void
reset_signals(void)
{
	struct sigaction	 plain;
	sigset_t		 none;
	int			 sig;

	memset(&plain, 0, sizeof(plain));
	plain.sa_handler = SIG_DFL;
	for (sig = 1; sig < NSIG; sig++)
		(void)sigaction(sig, &plain, NULL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* The program was there when it was looked at: hook_check.c. */
static const char *
why_not(int no)
{
	if (no == ENOENT)
		return "its interpreter (#! in its first line) is not there; "
		    "a line that ends with CR LF names another file";
	if (no == ENOEXEC)
		return "it is no program of this machine, nor has it #! and "
		    "an interpreter in its first line";
	return strerrordesc_np(no);	/* no lock, no locale */
}

/*
 * The child, in our memory: system calls alone, and nothing is written to but
 * this frame.  A session of its own is a process group of its own, without a
 * terminal; and it shall not live longer than who asked.
 */
static void __attribute__((noreturn, noinline))
become(const char *path, const int fd[3], pid_t parent)
{
	char		 name[SCEP_HOOK_TARGET], env_path[] = PATH;
	char		 lang[] = "LANG=C.UTF-8", mark[] = "SCEP_HOOK=1";
	char		*const argv[] = { name, NULL };
	char		*const envp[] = { env_path, lang, mark, NULL };
	const char	*why;

	(void)stpncpy(name, path, sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	if (dup2(fd[2], STDERR_FILENO) == -1)
		_exit(CANNOT_EXEC);
	if (dup2(fd[0], STDIN_FILENO) != -1 &&
	    dup2(fd[1], STDOUT_FILENO) != -1 && setsid() != -1 &&
	    chdir("/") != -1 &&
	    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != -1 &&
	    getppid() == parent) {
		close_ours();
		reset_signals();
		(void)execve(path, argv, envp);
	}
	why = why_not(errno);
	(void)!write(STDERR_FILENO, why, strlen(why));
	_exit(CANNOT_EXEC);
}

/* No handler of ours may run in the child. */
static pid_t
spawn(const char *path, const int fd[3])
{
	const pid_t	 parent = getpid();
	sigset_t	 all, before;
	pid_t		 pid;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	if ((pid = vfork()) == 0)
		become(path, fd, parent);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return pid;
}

/* Not at the descriptors where the child's are put.  -1: there is none. */
static void
make_pipe(int end[2])
{
	int	 i, low;

	end[0] = end[1] = -1;
	if (pipe2(end, O_CLOEXEC) == -1)
		return;
	for (i = 0; i < 2; i++)
		if ((low = end[i]) <= STDERR_FILENO) {
			end[i] = fcntl(low, F_DUPFD_CLOEXEC,
			    STDERR_FILENO + 1);
			(void)close(low);
		}
}

static void
close_one(int *fd)
{
	if (*fd != -1)
		(void)close(*fd);
	*fd = -1;
}

/* It reads from the first, and writes to the others. */
static int
make_pipes(int ours[3], int its[3])
{
	int	 i, end[2];

	for (i = 0; i < 3; i++) {
		make_pipe(end);
		ours[i] = end[i == 0];
		its[i] = end[i != 0];
		if (ours[i] == -1 || its[i] == -1 ||
		    fcntl(ours[i], F_SETFL, O_NONBLOCK) == -1)
			return 0;
	}
	return 1;
}

enum scep_err
scep_program_start(const char *path, struct scep_program *out,
    struct scep_error *err)
{
	int	 its[3] = { -1, -1, -1 };
	int	 i, why = 0;

	out->pid = -1;
	out->pid_fd = out->fd[0] = out->fd[1] = out->fd[2] = -1;
	if (!make_pipes(out->fd, its) || (out->pid = spawn(path, its)) == -1)
		why = errno;
	else
		/* Opened with O_CLOEXEC. */
		out->pid_fd = (int)syscall(SYS_pidfd_open, out->pid, 0U);
	for (i = 0; i < 3; i++)
		close_one(&its[i]);
	if (why == 0)
		return SCEP_OK;
	for (i = 0; i < 3; i++)
		close_one(&out->fd[i]);
	return scep_fail(err, SCEP_E_BUSY, "exec:%s: it cannot be started: "
	    "%s", path, strerror(why));
}

/* Not reaped, so that its number stays that of its group. */
int
scep_program_ended(const struct scep_program *p, int *status)
{
	siginfo_t	 info;

	memset(&info, 0, sizeof(info));
	if (waitid(P_PID, (id_t)p->pid, &info, WEXITED | WNOHANG | WNOWAIT) ==
	    -1 || info.si_pid == 0)
		return 0;
	*status = info.si_code == CLD_EXITED ? W_EXITCODE(info.si_status, 0) :
	    W_EXITCODE(0, info.si_status);
	return 1;
}

void
scep_program_end(struct scep_program *p)
{
	int	 i;

	/* Where vfork(2) is a fork(2) (sanitizers) it may have no group yet. */
	if (kill(-p->pid, SIGKILL) == -1)
		(void)kill(p->pid, SIGKILL);
	while (waitpid(p->pid, NULL, 0) == -1 && errno == EINTR)
		continue;
	for (i = 0; i < 3; i++)
		close_one(&p->fd[i]);
	close_one(&p->pid_fd);
}

void
scep_program_close(struct scep_program *p, int which)
{
	close_one(&p->fd[which]);
}
