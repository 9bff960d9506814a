/*
 * file.h - whole files: read with care, written beside and renamed.
 */
#ifndef SCEP_BASE_FILE_H
#define SCEP_BASE_FILE_H

#include "base/buf.h"

/* Read a regular file of at most max octets. SCEP_E_NOTFOUND if there is
 * none, SCEP_E_CONFIG (path, why, the command that mends it) otherwise. */
enum scep_err	 scep_file_read(const char *path, size_t max,
		    struct scep_buf *out, struct scep_error *err);
/* The same for a secret: no symbolic link, owned by our effective uid (or
 * root), no permission for group or others. */
enum scep_err	 scep_file_read_secret(const char *path, size_t max,
		    struct scep_buf *out, struct scep_error *err);
/* Create path with mode: temporary file, fsync, link (never overwrites:
 * SCEP_E_EXISTS), fsync of the directory. */
enum scep_err	 scep_file_create(const char *path, struct scep_span bytes,
		    unsigned int mode, struct scep_error *err);
/* The same over what is there: temporary file, fsync, rename, fsync of the
 * directory.  Whoever looks, after a crash too, sees the old one or the
 * new. */
enum scep_err	 scep_file_replace(const char *path, struct scep_span bytes,
		    unsigned int mode, struct scep_error *err);
/* Why the system refused path (no is its errno), and what mends it:
 * SCEP_E_STORE where that is room, a limit or the disk, else SCEP_E_CONFIG. */
enum scep_err	 scep_file_fail(const char *path, int no,
		    struct scep_error *err);

#endif /* SCEP_BASE_FILE_H */
