/*
 * notify.c - datagrams to the service manager, in sd_notify(3)'s protocol.
 *
 * Keeps no socket, only its address: what is not open cannot be inherited.
 */
#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/ready.h"
#include "cgi/log.h"
#include "cgi/notify.h"

#define TEXT_MAX	256
#define SEND_MS		1000	/* the supervisor has more to do than wait */

static struct sockaddr_un	 manager;
static socklen_t		 manager_len;	/* 0: there is none */

/* A path, or "@name" in the abstract namespace, where the octet 0 stands for
 * the "@" and the length is part of the name. */
void
scep_notify_open(void)
{
	const char	*name = getenv("NOTIFY_SOCKET");
	size_t		 len;

	manager_len = 0;
	if (name == NULL || name[0] == '\0')
		return;
	len = strlen(name);
	if ((name[0] != '/' && name[0] != '@') || len < 2 ||
	    len >= sizeof(manager.sun_path))
		scep_log_warn("NOTIFY_SOCKET=%s: neither a path nor @NAME of "
		    "at most %zu octets; the service manager will not be "
		    "told that we are ready", name,
		    sizeof(manager.sun_path) - 1);
	else {
		memset(&manager, 0, sizeof(manager));
		manager.sun_family = AF_UNIX;
		memcpy(manager.sun_path, name, len);
		if (name[0] == '@')
			manager.sun_path[0] = '\0';
		manager_len = (socklen_t)(offsetof(struct sockaddr_un,
		    sun_path) + len);
	}
	(void)unsetenv("NOTIFY_SOCKET");
}

static int
send_text(const char *text, size_t len)
{
	int	 fd, why;

	if ((fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) == -1)
		return 0;
	/* Of a socket that is connected poll(2) knows whether there is room. */
	if (connect(fd, (const struct sockaddr *)&manager, manager_len) ==
	    -1 || !scep_ready_send(fd, scep_span_make(text, len), SEND_MS)) {
		why = errno;
		(void)close(fd);
		errno = why;
		return 0;
	}
	(void)close(fd);
	return 1;
}

/* systemd tells a reload from an older one by the clock. */
static int
head(enum scep_notice notice, char *out, size_t size)
{
	static const char *const words[] = {
		[SCEP_NOTICE_STATUS] = "",
		[SCEP_NOTICE_READY] = "READY=1\n",
		[SCEP_NOTICE_RELOADING] = "RELOADING=1\n",
		[SCEP_NOTICE_STOPPING] = "STOPPING=1\n",
	};
	struct timespec	 now = { 0, 0 };

	if (notice != SCEP_NOTICE_RELOADING)
		return snprintf(out, size, "%sSTATUS=", words[notice]);
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return snprintf(out, size, "%sMONOTONIC_USEC=%lld\nSTATUS=",
	    words[notice], (long long)now.tv_sec * 1000000 +
	    now.tv_nsec / 1000);
}

void
scep_notify(enum scep_notice notice, const char *fmt, ...)
{
	char	 text[TEXT_MAX + 64];
	char	*p;
	va_list	 ap;
	int	 n;

	if (manager_len == 0 || (n = head(notice, text, 64)) < 0)
		return;
	p = text + n;
	va_start(ap, fmt);
	if (vsnprintf(p, TEXT_MAX, fmt, ap) < 0)
		*p = '\0';
	va_end(ap);
	/* A line break would begin another assignment. */
	for (; *p != '\0'; p++)
		if (*p == '\n')
			*p = ' ';
	if (!send_text(text, (size_t)(p - text)))
		scep_log_warn("tell the service manager: %s",
		    strerror(errno));
}
