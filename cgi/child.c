/* child.c - what every process of ours does first. */
#include <sys/prctl.h>
#include <sys/resource.h>

#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>
#include <openssl/crypto.h>

#include "cgi/child.h"

void
scep_wipe_free(void *p)
{
	if (p != NULL)
		OPENSSL_cleanse(p, malloc_usable_size(p));
	free(p);
}

/* JSON holds challenges and keys, and copies of them, at any depth. */
void
scep_process_harden(void)
{
	const struct rlimit	 none = { 0, 0 };

	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	json_set_alloc_funcs(malloc, scep_wipe_free);
}

void
scep_child_begin(pid_t parent, const char *name)
{
	static const int	 ignored[] = { SIGINT, SIGHUP, SIGUSR1,
				    SIGUSR2, SIGPIPE };
	sigset_t		 none;
	size_t			 i;

	/* The parent may have died before the kernel knew of our wish. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == -1 ||
	    getppid() != parent)
		_exit(EXIT_FAILURE);
	(void)prctl(PR_SET_NAME, name, 0, 0, 0);
	scep_process_harden();
	for (i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		(void)signal(ignored[i], SIG_IGN);
	(void)signal(SIGTERM, SIG_DFL);
	(void)signal(SIGALRM, SIG_DFL);
	(void)signal(SIGCHLD, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

int64_t
scep_now_ms(void)
{
	struct timespec	 t = { 0, 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int
scep_left_ms(int64_t then)
{
	int64_t	 left;

	if (then == INT64_MAX)
		return -1;
	left = then - scep_now_ms();
	return left > 0 ? (int)left : 0;
}
