/*
 * world.h - a small world for tests: a CA in this process with its RA, a
 * store in memory, a clock that stands still, and dice that can be set.
 *
 * All functions abort() with file and line when something cannot be set up:
 * a test without its world must not pass.
 */
#ifndef TESTS_WORLD_H
#define TESTS_WORLD_H

#include <openssl/provider.h>

#include "ca/challenge.h"
#include "ca/local.h"
#include "tests/unit/client.h"

#define WORLD_NOW	((time_t)1795521600)	/* 2026-11-24T12:00:00Z */
#define WORLD_KEYS	4			/* of devices */
#define WORLD_PEMS	(2 + WORLD_KEYS)	/* CA, RA, devices */
#define WORLD_STATIC	"open sesame"		/* of the profile "static" */

extern const char *const	world_pem[WORLD_PEMS];

#define world_must(ok)	world_must_(!!(ok), #ok, __FILE__, __LINE__)
void	 world_must_(int ok, const char *what, const char *file, int line);

struct world {
	OSSL_LIB_CTX		*ctx;
	OSSL_PROVIDER		*deflt, *dice;
	struct scep_crypto	*crypto;
	struct scep_config	*cfg;
	struct scep_store	*store;
	struct scep_ca		*ca;
	X509			*ca_cert, *ra_cert;
	EVP_PKEY		*ca_key, *ra_key;
	EVP_PKEY		*key[WORLD_KEYS];	/* of the default context,
							   as are these: */
	X509			*self[WORLD_KEYS];	/* self-signed */
	char			 dir[64];
	unsigned int		 requests;
};

/*
 * The profiles of world_new(): "main" (by challenge), "manual", "both",
 * "static" (a challenge for all), each allowing CN (required), O, OU, C and
 * serialNumber, DNS names, RSA keys from 2048 to 4096 bits; "tight" (CN like
 * "dev-*", DNS like "*.example") by challenge or by hand, at most 2 requests
 * waiting, 1 for each peer.  more: text of further sections, or NULL.
 */
struct world	*world_new(const char *more);
void		 world_free(struct world *w);
/* What `scepadm challenge hash` would print, for a profile of more. */
void		 world_static_hash(const char *profile, const char *challenge,
		    char out[2 * SCEP_SHA256_LEN + 1]);
/* From here on, the random numbers that follow from seed. */
void		 world_reseed(struct world *w, uint64_t seed);
/* An empty store, and a CA that has seen nothing. */
void		 world_empty(struct world *w);
/* Use another store (the world's own is closed at the end, this one is not);
 * the CA has seen nothing. */
void		 world_use(struct world *w, struct scep_store *store);

/* What a challenge record is made from. */
struct world_challenge {
	const char		*profile;	/* NULL: "main" */
	const char		*subject;	/* as "CN=x", or NULL: any */
	const char *const	*dns;		/* NULL-terminated, or NULL */
	int			 binds_san;	/* dns is all there may be */
	long			 ttl;		/* 0: a day */
	long			 uses;		/* 0: one */
	enum scep_challenge_subject subject_is;	/* ANY: EXACT, if there is
						   one */
	const uint8_t		*key;		/* SHA-256 of the SPKI, or
						   NULL */
	long			 not_before;	/* behind WORLD_NOW, s */
	long			 reuse_s, max_wrong;
};
/* Mint it, commit it. */
void		 world_challenge(struct world *w,
		    const struct world_challenge *spec,
		    char text[SCEP_CHALLENGE_TEXT]);

/* A device that is none of the world's own: its key, and a self-signed
 * certificate for it. */
struct world_device {
	EVP_PKEY	*key;
	X509		*self;
};

/* What the RA would hand to the CA. */
struct world_request {
	const char	*profile;	/* NULL: "main" */
	const char	*txid;
	const char	*peer;		/* NULL: "192.0.2.1" */
	int		 signer;	/* index of self[] */
	X509		*signer_cert;	/* or this one, not self-signed */
	const struct world_device *device;	/* or this one */
	int		 type;		/* 0: PKCSReq */
	time_t		 later;		/* than WORLD_NOW, s */
	const uint8_t	*envelope;	/* key_sha256; NULL: as the content */
	struct bytes	 csr;		/* what came out of the envelope */
};
enum scep_err	 world_enrol(struct world *w, const struct world_request *r,
		    struct scep_answer *answer, struct scep_error *err);
/* A CertPoll by self[signer], signed and enveloped. */
enum scep_err	 world_poll(struct world *w, const struct world_request *r,
		    struct scep_answer *answer, struct scep_error *err);

/* Rows in a table. */
size_t		 world_count(struct world *w, enum scep_table table);
/* Does any row of any table hold these octets? */
int		 world_holds(struct world *w, const char *text);

/* The dice: world_rand.c. */
OSSL_PROVIDER	*world_rand_load(OSSL_LIB_CTX *ctx);
void		 world_rand_seed(OSSL_PROVIDER *dice, uint64_t seed);

#endif /* TESTS_WORLD_H */
