/*
 * generations.h - for tests: a CA on the disk with what comes after it.
 *
 * All functions abort() when something cannot be set up.
 */
#ifndef TESTS_GENERATIONS_H
#define TESTS_GENERATIONS_H

#include "ca/ca_make.h"
#include "ca/config_kin.h"
#include "ca/lineage_file.h"

#define GENERATIONS_NOW		((time_t)1795521600)	/* 2026-11-24 */
#define GENERATIONS_DAY		86400L

struct generations {
	struct scep_crypto	*crypto;
	char			 dir[64];	/* scep.conf, and the state */
	const char		*key;		/* kind of the CAs' keys */
	const char		*more;		/* lines of [ca main] */
	const char		*tail;		/* of [profile default], and
						   what follows */
};

/* A CA of 20 years whose RA has 10: `scep.conf`, keys, certificates. */
void	 generations_open(struct generations *g, const char *key);
void	 generations_close(struct generations *g);
/* What is there, as a server would load it; NULL: err says why not. */
struct scep_config
	*generations_load(struct generations *g, struct scep_error *err);
/* Make the files of generation n, a CA called cn, and stage it. */
void	 generations_stage(struct generations *g, const char *cn);
/* Replace the file by one to which fn was applied. */
void	 generations_edit(struct generations *g,
	    void (*fn)(struct scep_lineage *l));
/* The same for a file of the directory; with a certificate's name in it. */
X509	*generations_cert(struct generations *g, const char *name);

#endif /* TESTS_GENERATIONS_H */
