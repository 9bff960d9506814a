/*
 * state.h - the state directory: who owns it, and what the owner opens.
 *
 * DIR/lock is held (flock) by the one process that has the database open.
 */
#ifndef SCEP_CGI_STATE_H
#define SCEP_CGI_STATE_H

#include "ca/ca.h"
#include "ca/config.h"

/*
 * Configuration read, checked in itself, and loaded (keys and all).
 * path NULL: the process environment's SCEP_CONF, else /etc/scep/scep.conf.
 */
enum scep_err	 scep_state_config(const struct scep_crypto *crypto,
		    const char *path, int with_keys, struct scep_config **out,
		    struct scep_error *err);
const char	*scep_state_config_path(const char *path);
/* The same file, only read. */
enum scep_err	 scep_state_conf(const char *path, struct scep_conf **out,
		    struct scep_error *err);
/* [server] alone, without any key: all that a supervisor has to know. */
enum scep_err	 scep_state_server(const char *path,
		    struct scep_server_conf *out, struct scep_error *err);

/* Started by root: become the owner of the state directory for good, group
 * included, and set umask 077.  Otherwise only the umask. */
enum scep_err	 scep_state_become_owner(const char *dir,
		    struct scep_error *err);

/* Take DIR/lock, trying for wait_ms (-1: for ever).  SCEP_E_BUSY names the
 * owner's pid.  *fd is to be kept open for as long as the state is owned. */
enum scep_err	 scep_state_lock(const char *dir, int wait_ms, int *fd,
		    struct scep_error *err);
/* Open the store; we hold the lock.  brief: for one request; small_logs:
 * whoever opens it next may do so for one. */
enum scep_err	 scep_state_store(const struct scep_crypto *crypto,
		    const struct scep_config *cfg, int brief, int small_logs,
		    struct scep_store **out, struct scep_error *err);

/* The owner in this process: store opened (recovered), CA opened. */
struct scep_owner {
	int			 lock;
	struct scep_store	*store;
	struct scep_ca		*ca;
};
enum scep_err	 scep_owner_open(const struct scep_crypto *crypto,
		    const struct scep_config *cfg, int wait_ms, int brief,
		    struct scep_owner *out, struct scep_error *err);
void		 scep_owner_close(struct scep_owner *owner);

#endif /* SCEP_CGI_STATE_H */
