/*
 * chain.c - a line of issue.log: its form, and the hash that ties it to the
 * one before.  Knows no file.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "store/chain.h"

#define SEQ_DIGITS	19	/* below 2^63 */

enum scep_err
scep_chain_open(struct scep_chain *chain, const EVP_MD *sha256,
    struct scep_error *err)
{
	EVP_MD	*md = (EVP_MD *)(uintptr_t)sha256;

	memset(chain->hash, '0', SCEP_CHAIN_TEXT);
	chain->hash[SCEP_CHAIN_TEXT] = '\0';
	if (md != NULL && EVP_MD_up_ref(md) == 1)
		chain->md = md;
	else if ((chain->ctx = OSSL_LIB_CTX_new()) != NULL)
		chain->md = EVP_MD_fetch(chain->ctx, "SHA256", NULL);
	return chain->md != NULL ? SCEP_OK :
	    scep_fail_ssl(err, SCEP_E_INTERNAL, "SHA-256");
}

void
scep_chain_close(struct scep_chain *chain)
{
	EVP_MD_free(chain->md);
	OSSL_LIB_CTX_free(chain->ctx);
	memset(chain, 0, sizeof(*chain));
}

enum scep_err
scep_chain_next(const struct scep_chain *chain, uint64_t seq,
    struct scep_span text, char hash[SCEP_CHAIN_TEXT + 1],
    struct scep_error *err)
{
	char		 head[SCEP_CHAIN_TEXT + 32];
	uint8_t		 digest[EVP_MAX_MD_SIZE];
	EVP_MD_CTX	*md;
	int		 len, ok;

	len = snprintf(head, sizeof(head), "%s %" PRIu64 " ", chain->hash,
	    seq);
	ok = (md = EVP_MD_CTX_new()) != NULL &&
	    EVP_DigestInit_ex2(md, chain->md, NULL) == 1 &&
	    EVP_DigestUpdate(md, head, (size_t)len) == 1 &&
	    EVP_DigestUpdate(md, text.data, text.len) == 1 &&
	    EVP_DigestFinal_ex(md, digest, NULL) == 1;
	EVP_MD_CTX_free(md);
	if (!ok)
		return scep_fail_ssl(err, SCEP_E_INTERNAL, "issue.log: hash");
	scep_hex_text(scep_span_make(digest, SCEP_SHA256_LEN), hash,
	    SCEP_CHAIN_TEXT + 1);
	return SCEP_OK;
}

enum scep_err
scep_chain_line(struct scep_chain *chain, uint64_t seq, struct scep_span text,
    struct scep_buf *out, struct scep_error *err)
{
	char		 head[SCEP_CHAIN_TEXT + 32];
	char		 hash[SCEP_CHAIN_TEXT + 1];
	enum scep_err	 rc;

	if ((rc = scep_chain_next(chain, seq, text, hash, err)) != SCEP_OK)
		return rc;
	memcpy(chain->hash, hash, sizeof(hash));
	(void)snprintf(head, sizeof(head), "%" PRIu64 " %s ", seq, hash);
	if ((rc = scep_buf_add(out, scep_span_text(head), err)) != SCEP_OK ||
	    (rc = scep_buf_add(out, text, err)) != SCEP_OK)
		return rc;
	return scep_buf_add(out, scep_span_text("\n"), err);
}

int
scep_chain_split(struct scep_span line, uint64_t *seq, const char **hash,
    struct scep_span *text)
{
	size_t	 i;

	*seq = 0;
	if (line.len == 0 || line.data[0] == '0')
		return 0;
	for (i = 0; i < line.len && i <= SEQ_DIGITS && line.data[i] >= '0' &&
	    line.data[i] <= '9'; i++)
		*seq = *seq * 10 + (uint64_t)(line.data[i] - '0');
	if (i == 0 || i > SEQ_DIGITS ||
	    line.len - i < SCEP_CHAIN_TEXT + 2 || line.data[i] != ' ' ||
	    line.data[i + SCEP_CHAIN_TEXT + 1] != ' ')
		return 0;
	*hash = (const char *)line.data + i + 1;
	i += SCEP_CHAIN_TEXT + 2;
	*text = scep_span_make(line.data + i, line.len - i);
	return 1;
}
