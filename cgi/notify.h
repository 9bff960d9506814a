/*
 * notify.h - what the service manager is told: ready, reloading, stopping.
 *
 * sd_notify(3)'s protocol, without its library.  Without a service manager
 * nothing is said, and nothing is missed.
 */
#ifndef SCEP_CGI_NOTIFY_H
#define SCEP_CGI_NOTIFY_H

enum scep_notice {
	SCEP_NOTICE_STATUS,	/* nothing but the text */
	SCEP_NOTICE_READY,	/* at the start, and when a reload has ended */
	SCEP_NOTICE_RELOADING,
	SCEP_NOTICE_STOPPING,
};

/* Takes NOTIFY_SOCKET out of the environment: children do not speak for us. */
void	 scep_notify_open(void);
/* The text is what `systemctl status` shows. */
void	 scep_notify(enum scep_notice notice, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

#endif /* SCEP_CGI_NOTIFY_H */
