/*
 * sandbox.c - what a worker may still do once it has started.
 *
 * Three layers: no new privileges, no file by Landlock (where the kernel has
 * it), and a list of the system calls a worker needs.
 */
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <linux/landlock.h>
#include <seccomp.h>

#include "base/error.h"
#include "cgi/log.h"
#include "cgi/sandbox.h"

/* What a request needs: its connection, the CA's, the log, memory, time. */
static const int	allowed[] = {
	SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(write), SCMP_SYS(writev),
	SCMP_SYS(close), SCMP_SYS(shutdown), SCMP_SYS(poll), SCMP_SYS(ppoll),
	SCMP_SYS(select), SCMP_SYS(pselect6), SCMP_SYS(_newselect),
	SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_pwait2),
	SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(recv),
	SCMP_SYS(recvfrom), SCMP_SYS(recvmsg), SCMP_SYS(send),
	SCMP_SYS(sendto), SCMP_SYS(sendmsg), SCMP_SYS(getsockopt),
	SCMP_SYS(setsockopt), SCMP_SYS(getsockname), SCMP_SYS(getpeername),
	SCMP_SYS(fcntl), SCMP_SYS(fcntl64), SCMP_SYS(fstat),
	SCMP_SYS(lseek), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(brk),
	SCMP_SYS(madvise), SCMP_SYS(futex), SCMP_SYS(futex_time64),
	SCMP_SYS(sched_yield), SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_gettime64), SCMP_SYS(clock_nanosleep),
	SCMP_SYS(clock_nanosleep_time64), SCMP_SYS(nanosleep),
	SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(getrandom),
	SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getuid),
	SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid),
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn), SCMP_SYS(sigreturn), SCMP_SYS(sigaltstack),
	SCMP_SYS(alarm), SCMP_SYS(setitimer), SCMP_SYS(restart_syscall),
	SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(rseq),
	SCMP_SYS(set_robust_list), SCMP_SYS(uname),
};

/* Nothing of ours tries these: it is not ours any more that runs. */
static const int	fatal[] = {
	SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(ptrace),
	SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev),
};

/* On memory that is not executable; signals (of abort(3)) to ourselves. */
static int
add_conditional(scmp_filter_ctx ctx)
{
	const struct scmp_arg_cmp	 no_exec = SCMP_A2(SCMP_CMP_MASKED_EQ,
					    PROT_EXEC, 0);
	const struct scmp_arg_cmp	 self = SCMP_A0(SCMP_CMP_EQ,
					    (scmp_datum_t)getpid(), 0);
	static const int		 maps[] = { SCMP_SYS(mmap),
					    SCMP_SYS(mmap2),
					    SCMP_SYS(mprotect) };
	size_t				 i;
	int				 rc = 0;

	for (i = 0; rc == 0 && i < sizeof(maps) / sizeof(maps[0]); i++)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, maps[i], 1,
		    no_exec);
	return rc != 0 ? rc : seccomp_rule_add(ctx, SCMP_ACT_ALLOW,
	    SCMP_SYS(tgkill), 1, self);
}

static int
add_rules(scmp_filter_ctx ctx)
{
	size_t	 i;
	int	 rc;

	if ((rc = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1)) != 0)
		return rc;
	for (i = 0; rc == 0 && i < sizeof(allowed) / sizeof(allowed[0]); i++)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, allowed[i], 0);
	for (i = 0; rc == 0 && i < sizeof(fatal) / sizeof(fatal[0]); i++)
		rc = seccomp_rule_add(ctx, SCMP_ACT_KILL_PROCESS, fatal[i],
		    0);
	return rc != 0 ? rc : add_conditional(ctx);
}

static enum scep_err
filter_calls(struct scep_error *err)
{
	scmp_filter_ctx	 ctx;
	int		 rc;

	if ((ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM))) == NULL)
		return scep_fail(err, SCEP_E_CONFIG, "seccomp: no filter");
	if ((rc = add_rules(ctx)) == 0)
		rc = seccomp_load(ctx);
	seccomp_release(ctx);
	return rc == 0 ? SCEP_OK : scep_fail(err, SCEP_E_CONFIG,
	    "seccomp: %s", strerror(-rc));
}

/*
 * Every right the kernel's version knows is handled, and none is granted.
 * Version 1 knows 13 rights, 2 adds refer, 3 truncate, 5 ioctl on devices.
 */
static enum scep_err
close_files(struct scep_error *err)
{
	static const uint64_t	 rights[] = { 0, 0x1fff, 0x3fff, 0x7fff,
				    0x7fff, 0xffff };
	const long		 known = sizeof(rights) / sizeof(rights[0]);
	struct landlock_ruleset_attr	 attr;
	long			 abi;
	int			 fd, rc;

	abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	if (abi < 1)
		return scep_fail(err, SCEP_E_CONFIG, "Landlock: %s",
		    strerror(errno));
	memset(&attr, 0, sizeof(attr));
	attr.handled_access_fs = rights[abi < known ? abi : known - 1];
	fd = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr),
	    0);
	if (fd == -1)
		return scep_fail(err, SCEP_E_CONFIG, "Landlock: %s",
		    strerror(errno));
	rc = (int)syscall(SYS_landlock_restrict_self, fd, 0);
	(void)scep_fail(err, SCEP_E_CONFIG, "Landlock: %s", strerror(errno));
	(void)close(fd);
	return rc == 0 ? SCEP_OK : SCEP_E_CONFIG;
}

/* A sandbox that was not tried out is a hope. */
static enum scep_err
try_it(struct scep_error *err)
{
	int	 fd;

	if ((fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC)) != -1) {
		(void)close(fd);
		return scep_fail(err, SCEP_E_CONFIG,
		    "a file can still be opened");
	}
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) != -1) {
		(void)close(fd);
		return scep_fail(err, SCEP_E_CONFIG,
		    "a socket can still be made");
	}
	return SCEP_OK;
}

/* Landlock is the second lock on a door that seccomp has closed: a kernel
 * without it will do. */
static enum scep_err
enter(struct scep_error *err)
{
	enum scep_err	 rc;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return scep_fail(err, SCEP_E_CONFIG, "no_new_privs: %s",
		    strerror(errno));
	(void)close_files(err);
	if ((rc = filter_calls(err)) != SCEP_OK)
		return rc;
	return try_it(err);
}

enum scep_err
scep_sandbox_enter(enum scep_sandbox how, struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = enter(err)) == SCEP_OK)
		return SCEP_OK;
	if (how == SCEP_SANDBOX_STRICT) {
		(void)scep_fail_within(err, "the sandbox cannot be had (say "
		    "`sandbox = best-effort` in [server] to go without)");
		return rc;
	}
	scep_log_warn("sandbox: %s; going on without", err->text);
	return SCEP_OK;
}
