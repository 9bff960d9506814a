/*
 * lineage.h - the generations of a CA, and what each of them is at present.
 *
 *	staged → published → current → previous → (retired: gone)
 *
 * Knows the order of these states, and the small file in which they are kept
 * (STATE/ca/NAME/generations); touches neither the keys and certificates nor
 * the file itself.  There is one current generation, and at most one that
 * comes next.  Generation 1 is the one whose files scep.conf names; the files
 * of the others have names of their own (lineage_file.h).  Numbers are never
 * used again.
 */
#ifndef SCEP_CA_LINEAGE_H
#define SCEP_CA_LINEAGE_H

#include <time.h>

#include "base/buf.h"

#define SCEP_GENS_MAX		8	/* of a CA that live at once */
#define SCEP_GEN_RAS_MAX	8	/* RA keys of one of them */

enum scep_gen_state {
	SCEP_GEN_CURRENT,	/* issues, and is shown by GetCACert */
	SCEP_GEN_STAGED,	/* next; nobody is shown it */
	SCEP_GEN_PUBLISHED,	/* next; GetNextCACert shows it */
	SCEP_GEN_PREVIOUS,	/* opens, and what it issued may renew */
	SCEP_GEN__MAX
};

struct scep_gen {
	unsigned int		 number;
	enum scep_gen_state	 state;
	time_t			 since;		/* in this state; 0: unknown */
	uint8_t			 key_sha256[SCEP_SHA256_LEN];
					/* of its CA's SubjectPublicKeyInfo:
					   another one is another CA */
	char			 digest[8];	/* "sha256": it signs with;
						   "": scep.conf says so */
	int			 has_chain;
	/* Its RA keys, newest first; none: the CA's own key serves. */
	unsigned int		 ra[SCEP_GEN_RAS_MAX];
	size_t			 n_ra;
	unsigned int		 last_ra;
	/* The certificate of ra 1 when a newer one took its place: another
	 * one is the operator's choice, and counts (generation 1). */
	int			 has_replaced;
	uint8_t			 replaced[SCEP_SHA256_LEN];
};

struct scep_lineage {
	char			 ca[64];	/* of [ca NAME], for messages */
	unsigned int		 last;		/* number given out */
	struct scep_gen		 gen[SCEP_GENS_MAX];
	size_t			 n;
};

/* "current", "staged", … */
const char	*scep_gen_state_name(enum scep_gen_state state);

/* That of a CA that never had another generation. */
void		 scep_lineage_begin(struct scep_lineage *l, const char *ca,
		    const uint8_t key_sha256[SCEP_SHA256_LEN], int one_key);

/* NULL if there is none. */
const struct scep_gen
		*scep_lineage_find(const struct scep_lineage *l,
		    unsigned int number);
/* The one that is staged or published. */
const struct scep_gen
		*scep_lineage_next(const struct scep_lineage *l);
const struct scep_gen
		*scep_lineage_current(const struct scep_lineage *l);

/*
 * The verbs.  SCEP_E_REFUSED where the order does not allow one: the message
 * names the verb that fits.  *l is changed only if it does.
 */
enum scep_err	 scep_lineage_may_stage(const struct scep_lineage *l,
		    struct scep_error *err);
enum scep_err	 scep_lineage_stage(struct scep_lineage *l,
		    const uint8_t key_sha256[SCEP_SHA256_LEN],
		    const char *digest, int has_chain, int one_key, time_t now,
		    unsigned int *number, struct scep_error *err);
/* force: also if it has been published. */
enum scep_err	 scep_lineage_unstage(struct scep_lineage *l, int force,
		    unsigned int *number, struct scep_error *err);
enum scep_err	 scep_lineage_publish(struct scep_lineage *l, time_t now,
		    unsigned int *number, struct scep_error *err);
/* force: also if it was never published. */
enum scep_err	 scep_lineage_switch(struct scep_lineage *l, int force,
		    time_t now, unsigned int *number, struct scep_error *err);
/* *number 0: the only previous one. */
enum scep_err	 scep_lineage_retire(struct scep_lineage *l,
		    unsigned int *number, struct scep_error *err);

/* A new RA key of this generation, in front of the others; the oldest goes
 * where there are too many.  replaced: the certificate of ra 1, or NULL. */
enum scep_err	 scep_lineage_add_ra(struct scep_lineage *l,
		    unsigned int number, const uint8_t *replaced,
		    unsigned int *ra, struct scep_error *err);

/* Forget one that is not the only one. */
enum scep_err	 scep_lineage_drop_ra(struct scep_lineage *l,
		    unsigned int number, unsigned int ra,
		    struct scep_error *err);

/* The file: lineage_text.c.  path is for messages. */
enum scep_err	 scep_lineage_encode(const struct scep_lineage *l,
		    struct scep_buf *out, struct scep_error *err);
enum scep_err	 scep_lineage_decode(struct scep_span text, const char *path,
		    const char *ca, struct scep_lineage *out,
		    struct scep_error *err);

#endif /* SCEP_CA_LINEAGE_H */
