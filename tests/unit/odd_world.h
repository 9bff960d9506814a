/*
 * odd_world.h - odd messages meet an RA with its CA in this process, and what
 * must come of them.  Include cmocka.h first.
 */
#ifndef TESTS_ODD_WORLD_H
#define TESTS_ODD_WORLD_H

#include "ra/ra.h"
#include "tests/unit/odd.h"
#include "tests/unit/world.h"

/* A challenge of several KiB, as an MDM system gives out. */
#define ODD_LONG	6000

struct odd_world {
	struct world	*w;
	struct scep_ra	*ra;
	struct odd_desk	 desk;
	const char	*path;		/* "/static" */
	time_t		 later;		/* than WORLD_NOW, s */
	char		 cn[32];	/* each request another one */
	char		 long_challenge[ODD_LONG + 1];	/* of "/long" */
	unsigned int	 n;
};

/*
 * Profiles besides those of world.h, each with a challenge for all: "long",
 * whose is long_challenge; "cisco", whose names may be Cisco's (WORLD_STATIC).
 */
struct odd_world *odd_world_open(void);
void		 odd_world_close(struct odd_world *ow);
/* A good message under a new name; forgets all spans of those before. */
void		 odd_world_plain(struct odd_world *ow, struct odd *o);

/* What came back. */
struct odd_got {
	struct scep_http_response	 http;
	struct scep_line		 log;
	struct client_reply		 reply;
};
void		 odd_world_post(struct odd_world *ow, const struct odd *o,
		    struct odd_got *got);
void		 odd_got_clear(struct odd_got *got);

enum { ODD_CMS, ODD_NO_CMS, ODD_CMS_UNASKED };
/*
 * It is granted: a certificate with the name and the key of the request,
 * transactionID and nonce as sent, digest and cipher mirrored, the
 * RecipientInfo with the issuer and serial of the signer's certificate octet
 * for octet.  cms says whether OpenSSL verifies and decrypts the request too.
 */
void		 odd_world_granted(struct odd_world *ow, const struct odd *o,
		    int cms, const char *what);
/*
 * It is refused: by HTTP 400 (fail_info -1) or a FAILURE with this failInfo,
 * for a reason that holds why, which is the log's alone; and no row of the
 * store is another.
 */
void		 odd_world_refused(struct odd_world *ow, const struct odd *o,
		    int fail_info, const char *why, const char *what);

/* What the tests of one program share. */
extern struct odd_world	*odd_ow;

/* A test for one row of a table: "what: label [numbers]"; *state is row. */
struct CMUnitTest
		 odd_test(CMUnitTestFunction f, const void *row,
		    const char *what, const char *label, const char *numbers);
/* Run both lists, in a world. */
int		 odd_tests_run(const char *name, const struct CMUnitTest *a,
		    size_t n_a, const struct CMUnitTest *b, size_t n_b);

/* A fault, and what comes of it: odd_world_refused(), and then the same
 * message without it is granted. */
struct odd_fault {
	const char	*name, *numbers;
	void		(*set)(struct odd *o, int arg);
	int		 arg, fail_info;
	const char	*why;
};
int		 odd_faults_run(const char *name,
		    const struct odd_fault *faults, size_t n,
		    const struct CMUnitTest *more, size_t n_more);

#endif /* TESTS_ODD_WORLD_H */
