/*
 * door_blocks.c - a descriptor over the RA's door: of the memory that says who
 * is blocked.
 *
 * One octet with the descriptor behind the answer that announces it.
 */
#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/ready.h"
#include "ca/door.h"

union control {
	struct cmsghdr	 align;
	char		 room[CMSG_SPACE(sizeof(int))];
};

enum scep_err
scep_door_pass_fd(int fd, int passed, struct scep_error *err)
{
	char		 octet = 'd';
	struct iovec	 part = { &octet, 1 };
	union control	 control = { .room = { 0 } };
	struct msghdr	 msg = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof(control.room),
	};
	struct cmsghdr	*c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &passed, sizeof(int));
	return sendmsg(fd, &msg, MSG_NOSIGNAL) == 1 ? SCEP_OK :
	    scep_fail(err, SCEP_E_BUSY, "cannot pass a descriptor: %s",
	    strerror(errno));
}

enum scep_err
scep_door_take_fd(int fd, int timeout_ms, int *taken, struct scep_error *err)
{
	char		 octet;
	struct iovec	 part = { &octet, 1 };
	union control	 control = { .room = { 0 } };
	struct msghdr	 msg = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof(control.room),
	};
	struct cmsghdr	*c;

	*taken = -1;
	if (scep_ready(fd, POLLIN, timeout_ms) &&
	    recvmsg(fd, &msg, MSG_CMSG_CLOEXEC | MSG_DONTWAIT) == 1 &&
	    (c = CMSG_FIRSTHDR(&msg)) != NULL &&
	    c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
	    c->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(taken, CMSG_DATA(c), sizeof(int));
	return *taken != -1 ? SCEP_OK : scep_fail(err, SCEP_E_BUSY,
	    "no descriptor came");
}
