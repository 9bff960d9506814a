/*
 * door.h - the RA's door to the CA: struct scep_ca over a socket.
 *
 * Over a SOCK_STREAM socket, a message is four octets of length (big-endian,
 * at most SCEP_DOOR_MAX) and that many octets of versioned DER, with the
 * generation it is for.  A peer that sends anything else is cut off.
 */
#ifndef SCEP_CA_DOOR_H
#define SCEP_CA_DOOR_H

#include "ca/report.h"

#define SCEP_DOOR_MAX		(2 * 1024 * 1024)
#define SCEP_DOOR_VERSION	9

/* Bytes ⇄ structs; also what the fuzzer drives.  A decoded request's spans
 * and strings borrow from the door, which is released with
 * scep_door_clear(). */
enum scep_door_kind {
	SCEP_DOOR_ENROL = 1,
	SCEP_DOOR_POLL = 2,
	SCEP_DOOR_PUBLISHED = 3,
	SCEP_DOOR_NOTE = 4,		/* has no answer */
	SCEP_DOOR_REPORT = 5,
	SCEP_DOOR_INSPECT = 6,
	SCEP_DOOR_FIND_CERT = 7,
	SCEP_DOOR_CRL = 8,
	SCEP_DOOR_BLOCKS = 9		/* who is blocked */
};
struct scep_door_request {
	enum scep_door_kind	 kind;
	uint32_t		 generation;
	struct scep_enrolment	 enrol;
	struct scep_poll	 poll;
	struct scep_span	 report;	/* of scep_report_encode() */
	enum scep_inspect	 inspect;
	struct scep_note	 note;
	struct scep_lookup	 lookup;
	struct scep_crl_ask	 crl;
	void			*text;		/* private: the strings */
};
enum scep_err	 scep_door_encode_request(const struct scep_door_request *,
		    struct scep_buf *, struct scep_error *);
enum scep_err	 scep_door_decode_request(struct scep_span,
		    struct scep_door_request *, struct scep_error *);
void		 scep_door_clear(struct scep_door_request *);
/* rc and why travel when rc is not SCEP_OK. */
enum scep_err	 scep_door_encode_answer(const struct scep_answer *,
		    enum scep_err rc, const struct scep_error *why,
		    struct scep_buf *, struct scep_error *);
/* Gives back rc and why as they were; SCEP_E_BUSY if it does not decode. */
enum scep_err	 scep_door_decode_answer(struct scep_span,
		    struct scep_answer *, struct scep_error *why);
enum scep_err	 scep_door_encode_published(const struct scep_published *,
		    struct scep_buf *, struct scep_error *);
enum scep_err	 scep_door_decode_published(struct scep_span,
		    struct scep_published *, struct scep_error *);
/* door_inspect.c; a text is what a report and an inspection are answered
 * with. */
enum scep_err	 scep_door_encode_inspect(enum scep_inspect what,
		    struct scep_buf *, struct scep_error *);
enum scep_err	 scep_door_decode_inspect(struct scep_span,
		    enum scep_inspect *, struct scep_error *);
enum scep_err	 scep_door_encode_text(struct scep_span text,
		    enum scep_err rc, const struct scep_error *why,
		    struct scep_buf *, struct scep_error *);
enum scep_err	 scep_door_decode_text(struct scep_span, struct scep_buf *,
		    struct scep_error *why);

/* door_fetch.c */
enum scep_err	 scep_door_encode_crl(const struct scep_crl_piece *,
		    enum scep_err rc, const struct scep_error *why,
		    struct scep_buf *, struct scep_error *);
enum scep_err	 scep_door_decode_crl(struct scep_span,
		    struct scep_crl_piece *, struct scep_error *why);

/*
 * The RA's end.  fd becomes the CA's, and is closed with it.  Any call fails
 * with SCEP_E_BUSY when the other end is gone or silent for timeout_ms; from
 * then on every call does.
 */
enum scep_err	 scep_ca_connect(int fd, int timeout_ms, struct scep_ca **out,
		    struct scep_error *err);
/* 0 from the first such failure on; ca is from scep_ca_connect(). */
int		 scep_ca_is_connected(const struct scep_ca *ca);
/* fd can be read though nothing was asked: it is the other end's notice to
 * leave, or its end.  The two others tell which. */
void		 scep_ca_hear(struct scep_ca *ca);
/* 1 once the CA wants its RA to finish what it has in hand and go: there is
 * another configuration, or the CA stops.  Until then it answers. */
int		 scep_ca_is_leaving(const struct scep_ca *ca);

/*
 * A descriptor of the memory that says who is blocked (blocks.h), to be mapped
 * for reading alone and given to scep_ca_use_blocks(); the caller closes it.
 * SCEP_E_NOTFOUND: the CA has none to be shared, or counts nothing.
 */
enum scep_err	 scep_ca_ask_blocks(struct scep_ca *ca, int *fd,
		    struct scep_error *err);
/* Over the socket: door_blocks.c. */
enum scep_err	 scep_door_pass_fd(int fd, int passed, struct scep_error *err);
enum scep_err	 scep_door_take_fd(int fd, int timeout_ms, int *taken,
		    struct scep_error *err);

/*
 * The CA's end: read one request from fd, carry it out, answer it.
 * SCEP_E_NOTFOUND at the end of file; anything else but SCEP_OK, SCEP_E_FORMAT
 * above all, for a peer to be cut off.  Its silence between requests may last,
 * not within one.
 */
enum scep_err	 scep_door_serve(struct scep_ca *ca, int fd,
		    time_t (*clock)(void), struct scep_error *err);
/* Between two requests: ask the RA to leave. */
enum scep_err	 scep_door_dismiss(int fd, struct scep_error *err);

#endif /* SCEP_CA_DOOR_H */
