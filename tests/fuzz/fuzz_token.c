/*
 * fuzz_token.c - tokens as devices show them: what is read has one form, and is
 * what would be made of what it says.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "base/base64.h"
#include "ca/token.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct scep_crypto	*crypto;

/* Its parts, put together again. */
static void
check_form(const struct scep_token *t, struct scep_span in)
{
	char	 text[SCEP_TOKEN_MAX + 64] = SCEP_TOKEN_PREFIX;

	(void)strcat(text, t->kid);
	(void)strcat(text, ".");
	if (!scep_span_equal(t->body, scep_span_make(in.data, t->body.len)))
		abort();
	scep_base64_text(scep_span_text((const char *)t->payload), text);
	if (!scep_span_equal(t->body, scep_span_text(text)))
		abort();
	scep_token_close(text, scep_span_make(t->tag, t->tag_len));
	if (!scep_span_equal(in, scep_span_text(text)))
		abort();
}

/* Who wishes for what it says gets it. */
static void
check_wish(const struct scep_token *t)
{
	static char		 name[SCEP_TOKEN_NAMES][SCEP_TOKEN_MAX + 1];
	const char		*dns[SCEP_TOKEN_NAMES];
	char			 subject[SCEP_TOKEN_MAX + 1];
	char			 text[SCEP_TOKEN_MAX + 1];
	struct scep_token_wish	 wish = {
		.kid = t->kid, .id = t->id, .profile = t->profile,
		.begins = t->begins, .expires = t->expires, .sets = t->sets,
		.dns = dns, .n_dns = t->n_dns,
		.key_sha256 = t->has_key ? t->key_sha256 : NULL,
	};
	struct scep_error	 err;
	size_t			 i;

	for (i = 0; i < t->n_dns; i++) {
		memcpy(name[i], t->dns[i].data, t->dns[i].len);
		name[i][t->dns[i].len] = '\0';
		dns[i] = name[i];
	}
	if (t->subject.len > 0) {
		memcpy(subject, t->subject.data, t->subject.len);
		subject[t->subject.len] = '\0';
		wish.subject = subject;
	}
	if (scep_token_body(crypto, &wish, t->tag_len, text, &err) !=
	    SCEP_OK || !scep_span_equal(t->body, scep_span_text(text)))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct scep_span	 in = scep_span_make(data, len);
	struct scep_token	 t;
	struct scep_challenge	 rec;
	struct scep_error	 err;
	enum scep_err		 rc;

	if (crypto == NULL && scep_crypto_new(NULL, &crypto, &err) != SCEP_OK)
		abort();
	rc = scep_token_read(in, &t, &err);
	if (rc == SCEP_OK) {
		check_form(&t, in);
		rc = scep_token_record(&t, &rec, &err);
		if (rc == SCEP_OK && t.bound == SCEP_TOKEN_CLEAR)
			check_wish(&t);
		if (rc == SCEP_OK)
			scep_challenge_clear(&rec);
	}
	if ((rc != SCEP_OK && rc != SCEP_E_FORMAT) || ERR_peek_error() != 0)
		abort();
	return 0;
}
