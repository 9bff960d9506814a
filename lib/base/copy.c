/*
 * copy.c - a new file, written from front to back and hashed on the way.
 *
 * Knows nothing of what is in it.  What was written goes to the disk in
 * pieces, so that the last fsync does not take minutes.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/copy.h"
#include "base/error.h"

#define CHUNK		(256UL * 1024)
#define SYNC_EACH	(64UL << 20)	/* octets */

enum scep_err
scep_copy_open(struct scep_copy *copy, const EVP_MD *sha256,
    const char *path, unsigned int mode, struct scep_error *err)
{
	enum scep_err	 rc;

	memset(copy, 0, sizeof(*copy));
	copy->fd = -1;
	if (snprintf(copy->path, sizeof(copy->path), "%s", path) >=
	    (int)sizeof(copy->path))
		return scep_fail(err, SCEP_E_CONFIG,
		    "%.64s...: longer than %d octets", path, SCEP_COPY_PATH);
	if ((copy->md = EVP_MD_CTX_new()) == NULL ||
	    EVP_DigestInit_ex2(copy->md, sha256, NULL) != 1) {
		rc = scep_fail_ssl(err, SCEP_E_INTERNAL, "%s: hash", path);
		EVP_MD_CTX_free(copy->md);
		copy->md = NULL;
		return rc;
	}
	copy->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC |
	    O_NOFOLLOW, 0600);
	if (copy->fd != -1 && fchmod(copy->fd, (mode_t)mode) == 0)
		return SCEP_OK;
	rc = errno == EEXIST ? scep_fail(err, SCEP_E_EXISTS, "%s: there "
	    "already, and not overwritten", path) : scep_fail(err,
	    SCEP_E_STORE, "%s: cannot be made: %s", path, strerror(errno));
	scep_copy_drop(copy);
	EVP_MD_CTX_free(copy->md);
	copy->md = NULL;
	return rc;
}

static enum scep_err
fail_write(const struct scep_copy *copy, struct scep_error *err)
{
	return scep_fail(err, SCEP_E_STORE, "%s: cannot be written: %s",
	    copy->path, strerror(errno));
}

enum scep_err
scep_copy_add(struct scep_copy *copy, struct scep_span bytes,
    struct scep_error *err)
{
	ssize_t	 n;

	if (bytes.len > 0 &&
	    EVP_DigestUpdate(copy->md, bytes.data, bytes.len) != 1)
		return scep_fail_ssl(err, SCEP_E_INTERNAL, "%s: hash",
		    copy->path);
	while (bytes.len > 0) {
		n = write(copy->fd, bytes.data, bytes.len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return fail_write(copy, err);
		bytes.data += n;
		bytes.len -= (size_t)n;
		copy->size += (uint64_t)n;
	}
	if (copy->size - copy->synced < SYNC_EACH)
		return SCEP_OK;
	copy->synced = copy->size;
	return fdatasync(copy->fd) == 0 ? SCEP_OK : fail_write(copy, err);
}

enum scep_err
scep_copy_fd(struct scep_copy *copy, int fd, const char *from,
    scep_copy_fn go_on, void *arg, struct scep_error *err)
{
	uint8_t		*chunk;
	ssize_t		 n = 0;
	enum scep_err	 rc = SCEP_OK;

	if ((chunk = OPENSSL_malloc(CHUNK)) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "%s", from);
	while (rc == SCEP_OK && ((n = read(fd, chunk, CHUNK)) > 0 ||
	    (n == -1 && errno == EINTR))) {
		if (n == -1)
			continue;
		rc = scep_copy_add(copy, scep_span_make(chunk, (size_t)n),
		    err);
		if (rc == SCEP_OK && go_on != NULL &&
		    !go_on(arg, (uint64_t)n))
			rc = scep_fail(err, SCEP_E_BUSY, "called off");
	}
	if (rc == SCEP_OK && n == -1)
		rc = scep_fail(err, SCEP_E_STORE, "%s: cannot be read: %s",
		    from, strerror(errno));
	OPENSSL_clear_free(chunk, CHUNK);	/* keys go this way, too */
	return rc;
}

enum scep_err
scep_copy_close(struct scep_copy *copy, struct scep_error *err)
{
	uint8_t		 digest[EVP_MAX_MD_SIZE];
	int		 fd = copy->fd;

	if (EVP_DigestFinal_ex(copy->md, digest, NULL) != 1)
		return scep_fail_ssl(err, SCEP_E_INTERNAL, "%s: hash",
		    copy->path);
	if (fsync(fd) == -1)
		return fail_write(copy, err);
	copy->fd = -1;
	if (close(fd) == -1)
		return fail_write(copy, err);
	memcpy(copy->sha256, digest, sizeof(copy->sha256));
	EVP_MD_CTX_free(copy->md);
	copy->md = NULL;
	return SCEP_OK;
}

void
scep_copy_drop(struct scep_copy *copy)
{
	if (copy->fd != -1) {
		(void)unlink(copy->path);
		(void)close(copy->fd);
	}
	copy->fd = -1;
	EVP_MD_CTX_free(copy->md);
	copy->md = NULL;
}

static enum scep_err
digest_fd(int fd, EVP_MD_CTX *md, const char *path, uint64_t *size,
    uint8_t *digest, struct scep_error *err)
{
	uint8_t	*chunk = OPENSSL_malloc(CHUNK);
	ssize_t	 n = -1;
	int	 ok = chunk != NULL;

	while (ok && ((n = read(fd, chunk, CHUNK)) > 0 ||
	    (n == -1 && errno == EINTR)))
		if (n > 0) {
			*size += (uint64_t)n;
			ok = EVP_DigestUpdate(md, chunk, (size_t)n) == 1;
		}
	OPENSSL_clear_free(chunk, CHUNK);
	if (ok && n == -1)
		return scep_fail(err, SCEP_E_STORE, "%s: cannot be read: %s",
		    path, strerror(errno));
	if (!ok || EVP_DigestFinal_ex(md, digest, NULL) != 1)
		return scep_fail_ssl(err, SCEP_E_INTERNAL, "%s: hash", path);
	return SCEP_OK;
}

enum scep_err
scep_copy_digest(const char *path, const EVP_MD *sha256, uint64_t *size,
    uint8_t out[SCEP_SHA256_LEN], struct scep_error *err)
{
	uint8_t		 digest[EVP_MAX_MD_SIZE];
	EVP_MD_CTX	*md;
	enum scep_err	 rc;
	int		 fd;

	*size = 0;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd == -1)
		return scep_fail(err, errno == ENOENT || errno == ENOTDIR ?
		    SCEP_E_NOTFOUND : SCEP_E_STORE, "%s: %s", path,
		    strerror(errno));
	if ((md = EVP_MD_CTX_new()) == NULL ||
	    EVP_DigestInit_ex2(md, sha256, NULL) != 1)
		rc = scep_fail_ssl(err, SCEP_E_INTERNAL, "%s: hash", path);
	else
		rc = digest_fd(fd, md, path, size, digest, err);
	if (rc == SCEP_OK)
		memcpy(out, digest, SCEP_SHA256_LEN);
	EVP_MD_CTX_free(md);
	(void)close(fd);
	return rc;
}
