/*
 * frame.h - messages over a stream socket: four octets of length, big-endian,
 * and that many octets.
 */
#ifndef SCEP_CA_FRAME_H
#define SCEP_CA_FRAME_H

#include "base/buf.h"

/*
 * Send one.  SCEP_E_BUSY if the peer is gone or takes nothing for
 * timeout_ms.
 */
enum scep_err	 scep_frame_send(int fd, struct scep_span bytes,
		    int timeout_ms, struct scep_error *err);
/*
 * Send one if there is room for it now: SCEP_E_BUSY, and nothing was sent, if
 * there is not; SCEP_E_FORMAT if only a part went, or the peer is gone, and
 * nothing can follow.
 */
enum scep_err	 scep_frame_offer(int fd, struct scep_span bytes,
		    struct scep_error *err);
/*
 * Receive one of 1 to max octets into *out, which is empty.  SCEP_E_NOTFOUND
 * at the end of the file; SCEP_E_BUSY if nothing comes for first_ms (-1: for
 * ever); SCEP_E_FORMAT for another length, or if it stops in the middle for
 * rest_ms.
 */
enum scep_err	 scep_frame_receive(int fd, size_t max, int first_ms,
		    int rest_ms, struct scep_buf *out,
		    struct scep_error *err);

#endif /* SCEP_CA_FRAME_H */
