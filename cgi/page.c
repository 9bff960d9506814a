/*
 * page.c - memory that one process writes and others read: who is blocked.
 *
 * It has no name, and seals: nobody can make it smaller under a reader, nor map
 * it for writing behind the one who made it.
 */
#include <sys/mman.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "ca/door.h"
#include "cgi/page.h"

#ifndef F_SEAL_FUTURE_WRITE		/* Linux 5.1 */
#define F_SEAL_FUTURE_WRITE	0x0010
#endif

#define SEALS	(F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE)

enum scep_err
scep_page_new(size_t size, void **memory, int *fd, struct scep_error *err)
{
	*fd = memfd_create("scep-blocks", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	*memory = MAP_FAILED;
	if (*fd != -1 && ftruncate(*fd, (off_t)size) == 0)
		*memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
		    *fd, 0);
	if (*memory != MAP_FAILED &&
	    fcntl(*fd, F_ADD_SEALS, SEALS | F_SEAL_SEAL) == 0)
		return SCEP_OK;
	(void)scep_fail(err, SCEP_E_INTERNAL, "shared memory of %zu octets, "
	    "with seals (memfd_create, Linux 5.1): %s", size,
	    strerror(errno));
	if (*memory != MAP_FAILED)
		(void)munmap(*memory, size);
	if (*fd != -1)
		(void)close(*fd);
	*memory = NULL;
	*fd = -1;
	return SCEP_E_INTERNAL;
}

enum scep_err
scep_page_map(int fd, size_t size, const void **memory,
    struct scep_error *err)
{
	struct stat	 st;
	void		*map;
	int		 seals;

	*memory = NULL;
	seals = fcntl(fd, F_GET_SEALS);
	if (seals == -1 || (seals & SEALS) != SEALS || fstat(fd, &st) == -1 ||
	    st.st_size != (off_t)size) {
		(void)close(fd);
		return scep_fail(err, SCEP_E_FORMAT, "shared memory is not "
		    "sealed, or not of %zu octets", size);
	}
	map = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	(void)close(fd);
	if (map == MAP_FAILED)
		return scep_fail(err, SCEP_E_INTERNAL, "shared memory of %zu "
		    "octets: %s", size, strerror(errno));
	*memory = map;
	return SCEP_OK;
}

enum scep_err
scep_page_give_limits(struct scep_ca *ca, struct scep_error *err)
{
	void		*memory;
	enum scep_err	 rc;
	int		 fd;

	if ((rc = scep_page_new(SCEP_BLOCKS_SIZE, &memory, &fd, err)) !=
	    SCEP_OK)
		return rc;
	return scep_ca_use_limits(ca, memory, fd, err);
}

enum scep_err
scep_page_keep_limits(struct scep_ca *ca, struct scep_error *err)
{
	void	*memory;

	memory = mmap(NULL, SCEP_BLOCKS_SIZE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return scep_fail(err, SCEP_E_NOMEM, "memory of blocks: %s",
		    strerror(errno));
	return scep_ca_use_limits(ca, memory, -1, err);
}

enum scep_err
scep_page_take_blocks(struct scep_ca *ca, struct scep_error *err)
{
	const void	*memory;
	enum scep_err	 rc;
	int		 fd;

	if ((rc = scep_ca_ask_blocks(ca, &fd, err)) == SCEP_E_NOTFOUND)
		return SCEP_OK;
	if (rc != SCEP_OK || (rc = scep_page_map(fd, SCEP_BLOCKS_SIZE,
	    &memory, err)) != SCEP_OK)
		return rc;
	return scep_ca_use_blocks(ca, memory, err);
}
