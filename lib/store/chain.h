/*
 * chain.h - a line of issue.log: its form, and the hash that ties it to the
 * one before.
 *
 * A line is `SEQ HASH TEXT`; HASH is the SHA-256, in hex, of the previous
 * line's HASH (64 zeroes before the first), a blank, SEQ, a blank and TEXT:
 * printf '%s %s %s' "$previous" "$seq" "$text" | sha256sum
 */
#ifndef SCEP_STORE_CHAIN_H
#define SCEP_STORE_CHAIN_H

#include <openssl/evp.h>

#include "base/buf.h"

#define SCEP_CHAIN_TEXT	(2 * SCEP_SHA256_LEN)

/* Begin with {0}. */
struct scep_chain {
	OSSL_LIB_CTX	*ctx;		/* its own, or NULL */
	EVP_MD		*md;
	char		 hash[SCEP_CHAIN_TEXT + 1];	/* of the last line */
};

/* Before the first line.  sha256 NULL: of a library context of its own, which
 * costs as much as opening a few tables of the database. */
enum scep_err	 scep_chain_open(struct scep_chain *chain,
		    const EVP_MD *sha256, struct scep_error *err);
void		 scep_chain_close(struct scep_chain *chain);

/* The hash that a line after this chain has. */
enum scep_err	 scep_chain_next(const struct scep_chain *chain, uint64_t seq,
		    struct scep_span text, char hash[SCEP_CHAIN_TEXT + 1],
		    struct scep_error *err);
/* Append the line to out, and move the chain on. */
enum scep_err	 scep_chain_line(struct scep_chain *chain, uint64_t seq,
		    struct scep_span text, struct scep_buf *out,
		    struct scep_error *err);

/* Where seq, hash and text of a line are (without its newline); 0 if it is no
 * line of ours. */
int		 scep_chain_split(struct scep_span line, uint64_t *seq,
		    const char **hash, struct scep_span *text);

#endif /* SCEP_STORE_CHAIN_H */
