/*
 * scepadm_restore.h - a restore, as its parts see it.
 */
#ifndef SCEP_CGI_SCEPADM_RESTORE_H
#define SCEP_CGI_SCEPADM_RESTORE_H

#include <sys/types.h>

#include "ca/manifest.h"
#include "ca/restore.h"
#include "cgi/scepadm.h"

#define RESTORE_PATH	(2 * SCEP_MANIFEST_PATH)

/* What becomes of a file of the backup. */
enum restore_fate {
	RESTORE_MAKE,
	RESTORE_STAGE,		/* with the state, at the end */
	RESTORE_KEEP		/* one is there, and stays */
};

struct restore {
	struct adm		*adm;
	const char		*dir;		/* the backup */
	const char		*log_path;	/* of --issue-log, or NULL */
	struct scep_log_file	*log;		/* open, whoever we become */
	char			 root[SCEP_MANIFEST_PATH];	/* of --dir,
						   absolute; "": in place */
	int			 made_root;
	struct scep_manifest	 m;
	char			(*to)[RESTORE_PATH];	/* of each file */
	enum restore_fate	*fate;
	char			 conf[RESTORE_PATH];	/* scep.conf there */
	char			 state[RESTORE_PATH];	/* the directory */
	char			 stage[RESTORE_PATH];	/* in it, until all is
						   well */
	uid_t			 uid;		/* who is to own the state */
	gid_t			 gid;
	int			 lock;
	size_t			 n_made;	/* files written so far */
	unsigned long		 by;		/* uid of the operator */
	struct scep_restored	 count;
};

/* scepadm_restore_plan.c: read and verify the backup; say where everything
 * goes; find what is in the way.  Writes nothing. */
enum scep_err	 restore_plan(struct restore *r);
void		 restore_clear(struct restore *r);
/* Does --issue-log go on from the backup's issue.log?  All of its chain is
 * read; log is open then. */
enum scep_err	 restore_check_log(struct restore *r);

/* scepadm_restore_files.c: everything to its place, the state's to the stage;
 * then from the stage to its place; or all away again. */
enum scep_err	 restore_files(struct restore *r);
enum scep_err	 restore_finish(struct restore *r);
void		 restore_undo(struct restore *r);

/* scepadm_restore_conf.c: a file of the configuration, with the paths in it
 * that --dir moves; and whether that was all of them. */
enum scep_err	 restore_conf_text(const struct restore *r,
		    struct scep_span text, struct scep_buf *out,
		    struct scep_error *err);
enum scep_err	 restore_conf_check(struct restore *r);

#endif /* SCEP_CGI_SCEPADM_RESTORE_H */
