/*
 * serving.h - an RA with the CA of a world behind it, asked over HTTP by the
 * devices of that world, whose judge is OpenSSL.  Include cmocka.h first.
 *
 * The world is the `w` of asking.h.
 */
#ifndef TESTS_SERVING_H
#define TESTS_SERVING_H

#include "ra/ra.h"
#include "tests/unit/asking.h"

#define SERVE_NONCE	"0123456789abcdef"

/* What came back; no CertRep: reply.status is -1. */
struct served {
	struct scep_http_response	 http;
	struct scep_line		 log;
	struct client_reply		 reply;
};
void	 served_clear(struct served *s);

/* w with these further sections (or NULL), and its RA. */
void	 serve_open(const char *more);
void	 serve_close(void);
/* cmocka's setup: nothing issued, nothing asked yet. */
int	 serve_empty(void **state);

/* A message by device k to the RA; what a test may vary before it is sent. */
struct client_message
	 serve_plain(int k, int type, struct bytes content);
void	 serve_get(const char *path, const char *query, struct served *s);
/* POST these octets; device k reads the answer. */
void	 serve_octets(const char *path, const struct bytes *der, int k,
	    struct served *s);
/* The same of a message; its signer reads the answer. */
void	 serve(const char *path, const struct client_message *m,
	    struct served *s);
/* Device k asks for subject with a challenge, or without: a PKCSReq. */
void	 serve_request(const char *path, int k, const char *subject,
	    const char *challenge, struct served *s);

#endif /* TESTS_SERVING_H */
