/* knock_ask.c - a request of scep-admin.fcgi, asked of the owner. */
#include "base/error.h"
#include "ca/frame.h"
#include "cgi/knock_socket.h"

#define ASK_MS		20000	/* silence of the owner */
#define REPLY_MAX	(64 * 1024 * 1024)

enum scep_err
scep_knock_ask(int fd, struct scep_span request, struct scep_buf *reply,
    struct scep_error *err)
{
	enum scep_err	 rc;

	if (request.len > SCEP_KNOCK_ASK_MAX)
		return scep_fail(err, SCEP_E_TOOBIG,
		    "a question of %zu octets, at most %d", request.len,
		    SCEP_KNOCK_ASK_MAX);
	if ((rc = scep_frame_send(fd, request, ASK_MS, err)) == SCEP_OK)
		rc = scep_frame_receive(fd, REPLY_MAX, ASK_MS, ASK_MS, reply,
		    err);
	if (rc == SCEP_OK)
		return rc;
	err->code = SCEP_E_BUSY;
	(void)scep_fail_within(err, "the owner of the state");
	return SCEP_E_BUSY;
}
