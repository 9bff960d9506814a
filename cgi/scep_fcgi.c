/*
 * scep_fcgi.c - the program: options, configuration, the socket, the
 * supervisor.
 */
#include <sys/prctl.h>

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "base/text.h"
#include "cgi/cgi.h"
#include "cgi/child.h"
#include "cgi/listen.h"
#include "cgi/log.h"
#include "cgi/notify.h"
#include "cgi/state.h"
#include "cgi/supervisor.h"

static int
usage(FILE *to, int status)
{
	(void)fprintf(to, "usage: scep.fcgi [-hV] [-c scep.conf] "
	    "[--idle=SECONDS] [--log=text|json]\n");
	return status;
}

/* -1: go on. */
static int
options(int argc, char *argv[], const char **conf, long *idle_s)
{
	static const struct option	 longs[] = {
		{ "idle", required_argument, NULL, 'i' },
		{ "log", required_argument, NULL, 'l' },
		{ NULL, 0, NULL, 0 },
	};
	struct scep_error		 err;
	int				 c;

	*conf = NULL;
	*idle_s = 0;
	while ((c = getopt_long(argc, argv, "c:hV", longs, NULL)) != -1) {
		switch (c) {
		case 'l':
			if (!scep_log_force(optarg))
				return usage(stderr,
				    scep_err_exit(SCEP_E_USAGE));
			break;
		case 'i':
			if (scep_number_read(optarg, 1, 3600, idle_s, &err) !=
			    SCEP_OK)
				return usage(stderr,
				    scep_err_exit(SCEP_E_USAGE));
			break;
		case 'c':
			*conf = optarg;
			break;
		case 'h':
			return usage(stdout, 0);
		case 'V':
			(void)printf("scep.fcgi %s, %s\n", SCEP_VERSION,
			    OpenSSL_version(OPENSSL_VERSION));
			return 0;
		default:
			return usage(stderr, scep_err_exit(SCEP_E_USAGE));
		}
	}
	return optind == argc ? -1 :
	    usage(stderr, scep_err_exit(SCEP_E_USAGE));
}

static int
serve(const char *path, const struct scep_server_conf *conf, long idle_s)
{
	struct scep_supervisor	 args = {
		.conf_path = path,
		.conf = *conf,
		.idle_s = idle_s,
	};
	struct scep_listener	 listener;
	struct scep_error	 err;
	enum scep_err		 rc;
	int			 status;

	if ((rc = scep_listen_open(conf, &listener, &err)) != SCEP_OK ||
	    (rc = scep_state_become_owner(conf->state, &err)) != SCEP_OK) {
		scep_log_error("%s", err.text);
		scep_listen_close(&listener);
		return scep_err_exit(rc);
	}
	if (idle_s > 0 && !listener.is_watched) {
		scep_log_error("--idle is for a socket at descriptor 0: of any "
		    "other one nobody knows who asked");
		scep_listen_close(&listener);
		return scep_err_exit(SCEP_E_USAGE);
	}
	if (idle_s > 0)		/* a link to us was started: linger.c */
		(void)prctl(PR_SET_NAME, "scep.fcgi");
	args.listen_fd = listener.fd;
	args.is_watched = listener.is_watched;
	status = scep_supervisor_run(&args);
	scep_listen_close(&listener);
	return status;
}

/* openssl.cnf would be read for a library context that we do not use.  What is
 * secret is cleansed by who holds it, and the rest dies with the process.  One
 * request is not worth all texts of errors. */
static void
settle_libcrypto(int is_brief)
{
	(void)OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG |
	    OPENSSL_INIT_NO_ATEXIT | (is_brief ?
	    OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS : 0), NULL);
}

int
main(int argc, char *argv[])
{
	struct scep_server_conf	 conf;
	struct scep_error	 err;
	const char		*path;
	enum scep_err		 rc;
	long			 idle_s;
	int			 is_cgi, status;

	if (!scep_listen_settle())
		return scep_err_exit(SCEP_E_INTERNAL);
	scep_process_harden();
	is_cgi = !scep_listen_given() && getenv("GATEWAY_INTERFACE") != NULL;
	settle_libcrypto(is_cgi);
	scep_log_open("scep.fcgi", SCEP_LOG_STDERR);
	/* Before any option: a client's query may be in argv (RFC 3875
	 * section 4.4). */
	if (is_cgi)
		return scep_cgi_run();
	if ((status = options(argc, argv, &path, &idle_s)) != -1)
		return status;
	if ((rc = scep_state_server(path, &conf, &err)) != SCEP_OK) {
		scep_log_error("%s", err.text);
		return scep_err_exit(rc);
	}
	scep_log_configure(&conf);
	scep_notify_open();
	return serve(path, &conf, idle_s);
}
