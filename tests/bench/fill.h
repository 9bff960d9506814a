/*
 * fill.h - what bench-fill writes: the rows that issuing a certificate leaves.
 */
#ifndef SCEP_BENCH_FILL_H
#define SCEP_BENCH_FILL_H

#include <openssl/x509.h>

#include "ca/config.h"
#include "store/record.h"

struct filler {
	const char		*conf;
	const char		*odd;		/* profile, or NULL */
	const char		*revoke;	/* -r, or NULL */
	long			 age_days, valid_days, first, revoke_nth, n;
	long			 cache_mb;
	int			 grown, with_traces;
	time_t			 now;
	struct scep_crypto	*crypto;
	struct scep_config	*cfg;
	const struct scep_ca_conf	*ca;
	const char		*profile;
	uint8_t			 issuer[SCEP_SHA256_LEN];
	struct scep_store	*store;
	X509			*cert;		/* the template */
	EVP_PKEY		*key;
};

/* Ends the program. */
void	 fill_die(const char *what, const struct scep_error *err);
void	 fill_must(int ok, const char *what);

/* fill_cert.c: the certificate that all are made from; number i of them. */
void	 fill_template(struct filler *f);
void	 fill_cert(const struct filler *f, long i, struct scep_cert_rec *rec);

/* fill_rows.c: all that belongs to number i of them. */
void	 fill_rows(const struct filler *f, long i,
	    struct scep_change *change);

#endif /* SCEP_BENCH_FILL_H */
