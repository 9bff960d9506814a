/*
 * importing.h - the list of another server, as cert.import takes it.  Include
 * cmocka.h first.
 */
#ifndef TESTS_IMPORTING_H
#define TESTS_IMPORTING_H

#include "tests/unit/operator.h"
#include "tests/unit/renewing.h"

#define IMPORTING_YEAR	(365 * RENEWING_DAY)
#define IMPORTING_END	(IMPORTING_YEAR - RENEWING_OPEN)

/* What the list says of a certificate. */
struct importing_line {
	const char	*serial;
	X509		*cert;		/* or NULL */
	long		 end;		/* s from WORLD_NOW; 0: as cert is */
	int		 two_digits;
	long		 revoked;	/* s from WORLD_NOW; 0: it is not */
	int		 reason;
};

/* cmocka's setup: an empty store, and CRLs. */
int		 importing_setup(void **state);
/* A certificate of the old server's: it ends at IMPORTING_END. */
X509		*importing_make(const char *cn, long serial);
/* The key that a request is said to be of, as it has it. */
void		 importing_key(char out[2 * SCEP_SHA256_LEN + 1]);
/* The request, with one number more, or NULL; free() it. */
char		*importing_request(const struct importing_line *lines,
		    size_t n, const char *more, long value);
/* Its result. */
json_t		*importing(const struct importing_line *lines, size_t n,
		    const char *more, long value);
long		 importing_number(const json_t *result, const char *member);
/* One line, which must have this fate; and of which these words are told. */
void		 importing_one(const struct importing_line *l,
		    const char *fate);
void		 importing_told(const struct importing_line *l,
		    const char *fate, const char *kind, const char *words);

#endif /* TESTS_IMPORTING_H */
