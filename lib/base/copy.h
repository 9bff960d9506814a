/*
 * copy.h - a new file, written from front to back: at its end it is durable,
 * and its size and SHA-256 are known.
 */
#ifndef SCEP_BASE_COPY_H
#define SCEP_BASE_COPY_H

#include <openssl/evp.h>

#include "base/buf.h"

#define SCEP_COPY_PATH	2048

/* Begin with { .fd = -1 }. */
struct scep_copy {
	int		 fd;
	char		 path[SCEP_COPY_PATH];
	EVP_MD_CTX	*md;
	uint64_t	 size;
	uint64_t	 synced;	/* octets that are on the disk */
	uint8_t		 sha256[SCEP_SHA256_LEN];	/* from _close */
};

/* Told of octets as they are written; 0 ends the copying with SCEP_E_BUSY. */
typedef int	(*scep_copy_fn)(void *arg, uint64_t octets);

/* Never over anything: SCEP_E_EXISTS. */
enum scep_err	 scep_copy_open(struct scep_copy *copy, const EVP_MD *sha256,
		    const char *path, unsigned int mode,
		    struct scep_error *err);
enum scep_err	 scep_copy_add(struct scep_copy *copy, struct scep_span bytes,
		    struct scep_error *err);
/* From where fd stands to its end; from is its name, go_on may be NULL. */
enum scep_err	 scep_copy_fd(struct scep_copy *copy, int fd,
		    const char *from, scep_copy_fn go_on, void *arg,
		    struct scep_error *err);
/* The name of the file is as durable as its directory: scep_dir_sync(). */
enum scep_err	 scep_copy_close(struct scep_copy *copy,
		    struct scep_error *err);
/* Close and remove a file that is still open; else nothing. */
void		 scep_copy_drop(struct scep_copy *copy);

/* Size and SHA-256 of a file that is there; no symbolic link. */
enum scep_err	 scep_copy_digest(const char *path, const EVP_MD *sha256,
		    uint64_t *size, uint8_t out[SCEP_SHA256_LEN],
		    struct scep_error *err);

#endif /* SCEP_BASE_COPY_H */
