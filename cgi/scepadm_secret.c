/*
 * scepadm_secret.c - a secret that somebody types, or that stands in a file.
 *
 * Never from the command line, where other users could read it.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/file.h"
#include "cgi/scepadm.h"

#define FILE_MAX	4096	/* of a file that holds one */

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

enum scep_err
adm_secret_file(struct adm *adm, const char *path, const char *what,
    char **out)
{
	struct scep_buf	 text = { NULL, 0 };
	char		 buf[FILE_MAX];
	size_t		 n = 0;
	ssize_t		 r;
	enum scep_err	 rc;

	if (strcmp(path, "-") == 0) {
		/* Not stdio: its buffer would keep the secret. */
		while (n < sizeof(buf) && (r = read(STDIN_FILENO, buf + n,
		    sizeof(buf) - n)) > 0)
			n += (size_t)r;
		rc = scep_buf_set(&text, scep_span_make(buf, n), &adm->err);
		OPENSSL_cleanse(buf, sizeof(buf));
	} else
		rc = scep_file_read(path, FILE_MAX, &text, &adm->err);
	if (rc == SCEP_OK && text.len > 0)
		*out = strndup((const char *)text.data,
		    strcspn((const char *)text.data, "\r\n"));
	scep_buf_clear(&text);
	if (rc == SCEP_OK && (*out == NULL || **out == '\0'))
		rc = scep_fail(&adm->err, SCEP_E_USAGE, "%s holds no %s in "
		    "its first line", strcmp(path, "-") == 0 ?
		    "standard input" : path, what);
	return rc;
}
