/*
 * page.h - memory that one process writes and others read: who is blocked.
 */
#ifndef SCEP_CGI_PAGE_H
#define SCEP_CGI_PAGE_H

#include "ca/ca.h"

/* Ours to write: all zero.  *fd can be mapped for reading alone, by whoever
 * gets it, and its size stays. */
enum scep_err	 scep_page_new(size_t size, void **memory, int *fd,
		    struct scep_error *err);
/* Another process's, to read; fd is closed.  SCEP_E_FORMAT: it may change
 * its size, or is too small, or can be written to. */
enum scep_err	 scep_page_map(int fd, size_t size, const void **memory,
		    struct scep_error *err);

/* Such memory for what a CA counts; it is given back with the process. */
enum scep_err	 scep_page_give_limits(struct scep_ca *ca,
		    struct scep_error *err);
/* … that is nobody else's, where the kernel has none to be shared. */
enum scep_err	 scep_page_keep_limits(struct scep_ca *ca,
		    struct scep_error *err);
/* … and for who asks it, over a socket.  Where there is none, the CA looks for
 * itself, after the RA has opened the envelope. */
enum scep_err	 scep_page_take_blocks(struct scep_ca *ca,
		    struct scep_error *err);

#endif /* SCEP_CGI_PAGE_H */
