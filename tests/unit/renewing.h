/*
 * renewing.h - a device renews, and is told: as its RA would put it before
 * the CA.  Include cmocka.h first.
 */
#ifndef TESTS_RENEWING_H
#define TESTS_RENEWING_H

#include "tests/unit/asking.h"

#define RENEWING_DAY	86400L
#define RENEWING_OPEN	(200 * RENEWING_DAY)	/* of a year, in its window */

struct renewal {
	const char		*profile;	/* NULL: "static" */
	const char		*txid;		/* NULL: "r1" */
	int			 type;		/* 0: 17 */
	X509			*old;		/* signs, with the key of */
	EVP_PKEY		*old_key;	/* … or NULL: key 0 */
	EVP_PKEY		*key;		/* NULL: key 1, a new one */
	const char		*subject;	/* NULL: "/CN=dev-0" */
	const char		*challenge;
	const char *const	*dns;		/* NULL-terminated, or NULL */
	long			 later;		/* 0: RENEWING_OPEN */
	X509			*recipient;	/* with recipient_key; or
						   NULL: the world's RA */
	EVP_PKEY		*recipient_key;
	int			 unproven;	/* the request's own signature
						   does not verify */
	/* A worker that lies: its own word for what the message says … */
	const struct scep_enrolment	*lie;
	/* … or another message, or none. */
	const struct bytes	*message;
	int			 no_message;
};

/* Enrol device 0 under a profile with WORLD_STATIC, or a challenge that is
 * minted: its first certificate. */
X509		*renewing_first(const char *profile,
		    const char *const *dns);
/* The request and its message, as they go over the wire. */
struct bytes	 renewing_message(const struct renewal *r);
/* Carry it out, from any thread. */
struct outcome	 renewing_try(const struct renewal *r);
/* Carry it out; fail the test unless it ends like this and the reason holds
 * why; the caller clears the answer. */
struct outcome	 renewing_keep(const struct renewal *r, const char *end,
		    const char *why);
void		 renewing(const struct renewal *r, const char *end,
		    const char *why);
/* The certificate of an answer, which is cleared. */
X509		*renewing_cert(struct outcome *o);

/* What a certificate is made of for a test; by the world's CA. */
struct renewing_plan {
	const char	*subject;
	long		 serial;
	long		 from, to;	/* s from WORLD_NOW */
	EVP_PKEY	*key;		/* NULL: key 0 */
	X509		*issuer;	/* NULL: the world's CA */
	EVP_PKEY	*by;		/* NULL: its key */
	int		 ext;		/* NID, or 0 */
	const char	*value;
};
X509		*renewing_make(const struct renewing_plan *plan);
/* Put it into the records, as issued under profile. */
void		 renewing_record(X509 *cert, const char *profile);
/* Change the record of a certificate. */
void		 renewing_revoke(const X509 *cert);

#endif /* TESTS_RENEWING_H */
