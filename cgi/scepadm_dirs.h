/*
 * scepadm_dirs.h - where `scepadm init` puts a CA: a directory for what
 * people read and edit, and one for what must stay secret.
 *
 * Knows directories and their owners, not what is in the files.
 */
#ifndef SCEP_CGI_SCEPADM_DIRS_H
#define SCEP_CGI_SCEPADM_DIRS_H

#include <sys/types.h>

#include "ca/config.h"
#include "cgi/scepadm.h"

struct adm_dirs {
	const char	*dir;		/* scep.conf and certificates */
	char		 state[SCEP_PATH_LEN];	/* keys and database */
	const char	*word;		/* what scep.conf calls the state */
	int		 lend;		/* root, for a state of … */
	uid_t		 uid;		/* … this user */
	gid_t		 gid;
};

/*
 * dir and state are of --dir and --state, NULL if not given; they must
 * outlive the result.  Without --state it is DIR/state, without both the
 * system's directories.  SCEP_E_EXISTS if anything of ours is there: nothing is
 * overwritten.
 */
enum scep_err	 adm_dirs_find(struct adm *adm, const char *dir,
		    const char *state, struct adm_dirs *out);
/*
 * Make both directories.  Root becomes their owner, for good; if only the
 * state is somebody else's, what is written there is written as that user.
 */
enum scep_err	 adm_dirs_make(struct adm *adm, struct adm_dirs *dirs);
/* A new file in one of them. */
enum scep_err	 adm_dirs_write(struct adm *adm,
		    const struct adm_dirs *dirs, const char *name,
		    struct scep_span bytes);
enum scep_err	 adm_dirs_write_secret(struct adm *adm,
		    const struct adm_dirs *dirs, const char *name,
		    struct scep_span bytes);

#endif /* SCEP_CGI_SCEPADM_DIRS_H */
