/*
 * dir.h - directories: made, looked into, made durable, removed.
 */
#ifndef SCEP_BASE_DIR_H
#define SCEP_BASE_DIR_H

#include "scep.h"

/* Make it; one that is there is fine. */
enum scep_err	 scep_dir_make(const char *path, unsigned int mode,
		    struct scep_error *err);
/* Make what is missing above path, from behind the first `from` octets of it
 * on. */
enum scep_err	 scep_dir_make_above(const char *path, size_t from,
		    unsigned int mode, struct scep_error *err);
/* SCEP_E_EXISTS if something is in it, SCEP_E_NOTFOUND if it is not there. */
enum scep_err	 scep_dir_empty(const char *path, struct scep_error *err);
/* SCEP_E_REFUSED if path, which need not be there, is outer or lies in it:
 * through whatever links. */
enum scep_err	 scep_dir_outside(const char *path, const char *outer,
		    struct scep_error *err);
/* Make the names in it durable. */
enum scep_err	 scep_dir_sync(const char *path, struct scep_error *err);
/* Remove what is in it, and, if self is set, it too; as far as it goes. */
void		 scep_dir_remove(const char *path, int self);

#endif /* SCEP_BASE_DIR_H */
