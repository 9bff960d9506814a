/*
 * scepadm_secret.c - a secret that somebody types, or that stands in a file.
 *
 * Never from the command line, where other users could read it.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cgi/scepadm.h"

static volatile sig_atomic_t	caught;

static void
on_signal(int signo)
{
	caught = signo;
}

/* The terminal must have its echo again before a signal ends us. */
static const int	signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
#define SIGNALS	(sizeof(signals) / sizeof(signals[0]))

static void
catch(struct sigaction was[SIGNALS])
{
	struct sigaction	 sa;
	size_t			 i;

	memset(&sa, 0, sizeof(sa));	/* no SA_RESTART: read(2) ends */
	sa.sa_handler = on_signal;
	(void)sigemptyset(&sa.sa_mask);
	caught = 0;
	for (i = 0; i < SIGNALS; i++)
		(void)sigaction(signals[i], &sa, &was[i]);
}

static void
let_go(const struct sigaction was[SIGNALS])
{
	size_t	 i;

	for (i = 0; i < SIGNALS; i++)
		(void)sigaction(signals[i], &was[i], NULL);
	if (caught != 0)
		(void)raise(caught);
}

/* Not stdio: its buffer would keep the secret. */
static size_t
read_line(int fd, char *text, size_t size)
{
	size_t	 n = 0;
	ssize_t	 r;

	while (n < size - 1 && caught == 0) {
		r = read(fd, text + n, 1);
		if (r == -1 && errno == EINTR)
			continue;
		if (r != 1 || text[n] == '\n')
			break;
		n++;
	}
	if (n > 0 && text[n - 1] == '\r')
		n--;
	text[n] = '\0';
	return n;
}

size_t
adm_secret_line(int fd, const char *prompt, char *text, size_t size)
{
	struct sigaction	 was[SIGNALS];
	struct termios		 loud, quiet;
	size_t			 n;

	if (!isatty(fd) || tcgetattr(fd, &loud) == -1)
		return read_line(fd, text, size);
	catch(was);
	quiet = loud;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	(void)tcsetattr(fd, TCSAFLUSH, &quiet);
	(void)fprintf(stderr, "%s", prompt);
	n = read_line(fd, text, size);
	(void)tcsetattr(fd, TCSAFLUSH, &loud);
	(void)fprintf(stderr, "\n");
	let_go(was);
	return n;
}
