/*
 * issuing.h - a CA and a profile in memory, and grants of theirs: what the
 * tests of issue.c and lint.c start from.
 */
#ifndef TESTS_ISSUING_H
#define TESTS_ISSUING_H

#include "ca/authorise.h"

#define ISSUING_NOW	1764000000	/* 2025-11-24, within the CA's dates */
#define ISSUING_FROM	(ISSUING_NOW - 86400)
#define ISSUING_TO	(ISSUING_NOW + 3650L * 86400)

struct issuing {
	struct scep_crypto	*crypto;
	struct scep_ca_conf	 ca;
	struct scep_profile	 profile;
	EVP_PKEY		*client;
	struct scep_buf		 spki, subject, san;	/* of the grant */
};

/* kind "RSA" or "EC": the CA's key.  The client's is RSA.  abort()s when it
 * cannot be set up. */
void	 issuing_open(struct issuing *is, const char *kind);
void	 issuing_close(struct issuing *is);
/* A certificate for the CA's key, self-signed; with a key identifier that is
 * no hash (RFC 5280 section 4.2.1.2 allows any), or without one. */
void	 issuing_ca_cert(struct issuing *is, int with_ski);
/* Append an extension in x509v3_config(5) syntax to fixed_exts. */
void	 issuing_ext(struct issuing *is, const char *name,
	    const char *value);
/* The grant that a good challenge gives; scep_grant_free(). */
struct scep_grant
	*issuing_grant(const struct issuing *is);

#endif /* TESTS_ISSUING_H */
