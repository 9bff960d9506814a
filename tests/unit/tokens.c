/* tokens.c - token keys in a world, and what somebody mints with them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/text.h"
#include "tests/unit/operator.h"
#include "tests/unit/tokens.h"

static json_t *
add_key(struct minter *m, const char *members, const char *more)
{
	char	 ask[1024];
	json_t	*made;

	(void)snprintf(ask, sizeof(ask), "{\"do\":\"tokenkey.add\",%s%s%s}",
	    members, more != NULL ? "," : "", more != NULL ? more : "");
	made = operator_ask(w, 0, ask);
	(void)snprintf(m->kid, sizeof(m->kid), "%s", operator_text(made,
	    "id"));
	return made;
}

void
tokens_hmac(struct minter *m, const char *more)
{
	struct scep_error	 err;
	json_t			*made;
	size_t			 len;

	memset(m, 0, sizeof(*m));
	made = add_key(m, "\"alg\":\"hmac\"", more);
	world_must(scep_hex_read(operator_text(made, "secret"), m->secret,
	    sizeof(m->secret), &len, &err) == SCEP_OK && len == 32);
	json_decref(made);
}

void
tokens_ed25519(struct minter *m, const char *more)
{
	char		 members[256], hex[128];
	unsigned char	*der = NULL;
	json_t		*made;
	int		 len;

	memset(m, 0, sizeof(*m));
	m->ed25519 = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	world_must(m->ed25519 != NULL);
	len = i2d_PUBKEY(m->ed25519, &der);
	world_must(len > 0);
	scep_hex_text(scep_span_make(der, (size_t)len), hex, sizeof(hex));
	OPENSSL_free(der);
	(void)snprintf(members, sizeof(members), "\"alg\":\"ed25519\","
	    "\"public\":\"%s\"", hex);
	made = add_key(m, members, more);
	operator_is(made, "secret", "");
	json_decref(made);
}

void
tokens_clear(struct minter *m)
{
	EVP_PKEY_free(m->ed25519);
	memset(m, 0, sizeof(*m));
}

size_t
tokens_tag(const struct minter *m, struct scep_span body,
    uint8_t tag[SCEP_TOKEN_ED25519_LEN])
{
	EVP_MD_CTX		*ctx;
	struct scep_error	 err;
	size_t			 len = SCEP_TOKEN_ED25519_LEN;

	if (m->ed25519 == NULL) {
		world_must(scep_crypto_hmac(w->crypto, scep_span_make(
		    m->secret, sizeof(m->secret)), &body, 1, tag, &err) ==
		    SCEP_OK);
		return SCEP_TOKEN_HMAC_LEN;
	}
	ctx = EVP_MD_CTX_new();
	world_must(ctx != NULL && EVP_DigestSignInit(ctx, NULL, NULL, NULL,
	    m->ed25519) == 1 && EVP_DigestSign(ctx, tag, &len, body.data,
	    body.len) == 1);
	EVP_MD_CTX_free(ctx);
	return len;
}

void
tokens_mint(const struct minter *m, const struct scep_token_wish *wish,
    char out[SCEP_TOKEN_MAX + 1])
{
	static int		 made;
	struct scep_token_wish	 all = wish != NULL ? *wish :
				    (struct scep_token_wish){ .kid = NULL };
	struct scep_error	 err;
	uint8_t			 tag[SCEP_TOKEN_ED25519_LEN];
	char			 id[16];
	size_t			 len = m->ed25519 != NULL ?
				    SCEP_TOKEN_ED25519_LEN :
				    SCEP_TOKEN_HMAC_LEN;

	(void)snprintf(id, sizeof(id), "id-%d", ++made);
	all.kid = all.kid != NULL ? all.kid : m->kid;
	all.id = all.id != NULL ? all.id : id;
	all.profile = all.profile != NULL ? all.profile : "main";
	all.begins = all.begins != 0 ? all.begins : WORLD_NOW;
	all.expires = all.expires != 0 ? all.expires : all.begins +
	    TOKENS_DAY;
	err.text[0] = '\0';
	if (scep_token_body(w->crypto, &all, len, out, &err) != SCEP_OK)
		fail_msg("%s", err.text);
	(void)tokens_tag(m, scep_span_text(out), tag);
	scep_token_close(out, scep_span_make(tag, len));
}

int
tokens_row(const char *token, struct scep_challenge *rec)
{
	struct scep_token	 t;
	struct scep_error	 err;
	char			 id[SCEP_REC_NAME];
	enum scep_err		 rc;

	assert_int_equal(scep_token_read(scep_span_text(token), &t, &err),
	    SCEP_OK);
	scep_token_row(&t, id);
	rc = scep_challenge_get(w->store, id, rec, &err);
	assert_true(rc == SCEP_OK || rc == SCEP_E_NOTFOUND);
	return rc == SCEP_OK;
}
