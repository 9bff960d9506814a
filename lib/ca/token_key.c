/*
 * token_key.c - what tokens are verified with; see token_key.h.
 */
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/bound.h"
#include "ca/token_key.h"
#include "wire/key.h"

#define LABEL_ROW	"scep.fcgi token key 2"
#define LABEL_SECRET	"scep.fcgi token secret 1"

/* What stands in front of the 32 octets of an Ed25519 key: RFC 8410 section 4.
 */
static const uint8_t	spki_head[] = {
	0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00
};
#define SPKI_LEN	(sizeof(spki_head) + SCEP_ED25519_LEN)

static const struct scep_key_rules	ed25519_rules = {
	SCEP_BIT(SCEP_KEY_ED25519), 0, 0
};

static const struct {
	const char		*word;
	enum scep_token_alg	 alg;
} algs[] = {
	{ "hmac", SCEP_TOKEN_HMAC },
	{ "ed25519", SCEP_TOKEN_ED25519 },
};
#define ALGS	(sizeof(algs) / sizeof(algs[0]))

const char *
scep_token_alg_word(enum scep_token_alg alg)
{
	size_t	 i;

	for (i = 0; i < ALGS; i++)
		if (algs[i].alg == alg)
			return algs[i].word;
	return "unknown";
}

int
scep_token_alg_read(const char *word, enum scep_token_alg *out)
{
	size_t	 i;

	for (i = 0; i < ALGS; i++)
		if (strcmp(algs[i].word, word) == 0) {
			*out = algs[i].alg;
			return 1;
		}
	return 0;
}

static enum scep_err
mac_row(const struct scep_crypto *crypto, const struct scep_config *cfg,
    const struct scep_token_key *rec, uint8_t out[SCEP_SHA256_LEN],
    struct scep_error *err)
{
	struct scep_buf	 body = { NULL, 0 };
	enum scep_err	 rc;

	if ((rc = scep_token_key_body(rec, &body, err)) == SCEP_OK)
		rc = scep_bound_row_mac(crypto, cfg, LABEL_ROW, &body, out,
		    err);
	scep_buf_clear(&body);
	return rc;
}

enum scep_err
scep_token_key_seal(const struct scep_crypto *crypto,
    const struct scep_config *cfg, struct scep_token_key *rec,
    struct scep_error *err)
{
	enum scep_err	 rc;

	rc = mac_row(crypto, cfg, rec, rec->mac, err);
	rec->is_ours = rc == SCEP_OK;
	return rc;
}

/* Is it ours?  It was found under this key. */
static enum scep_err
check_row(const struct scep_crypto *crypto,
    const struct scep_config *cfg, struct scep_span key,
    struct scep_token_key *rec, struct scep_error *err)
{
	uint8_t		 want[SCEP_SHA256_LEN];
	enum scep_err	 rc;

	rc = mac_row(crypto, cfg, rec, want, err);
	rec->is_ours = rc == SCEP_OK && scep_bound_is_row(key, rec->id,
	    want, rec->mac);
	return rc;
}

/* One that is there and cannot be read is not ours either.  It is told of by
 * its id, and can be revoked. */
static void
make_blank(struct scep_span key, uint64_t rev, struct scep_token_key *rec)
{
	memset(rec, 0, sizeof(*rec));
	rec->rev = rev;
	(void)snprintf(rec->id, sizeof(rec->id), "%.*s", (int)key.len,
	    (const char *)key.data);
	OPENSSL_strlcpy(rec->name, rec->id, sizeof(rec->name));
	rec->state = SCEP_TOKEN_KEY_LIVE;
	rec->alg = SCEP_TOKEN_HMAC;
}

enum scep_err
scep_token_key_row(const struct scep_crypto *crypto,
    const struct scep_config *cfg, const struct scep_row *row,
    struct scep_token_key *rec, struct scep_error *err)
{
	const struct scep_span	 key = scep_buf_span(&row->key);

	if (scep_token_key_decode(scep_buf_span(&row->value), rec, err) !=
	    SCEP_OK)
		make_blank(key, row->rev, rec);
	rec->rev = row->rev;
	return check_row(crypto, cfg, key, rec, err);
}

/* An error with the rev of a row is one of the row. */
static enum scep_err
get(struct scep_store *store, const char *id, struct scep_token_key *rec,
    struct scep_error *err)
{
	enum scep_err	 rc;

	rc = scep_token_key_get(store, id, rec, err);
	if (rc != SCEP_E_STORE || rec->rev == 0)
		return rc;
	make_blank(scep_span_text(id), rec->rev, rec);
	return SCEP_OK;
}

enum scep_err
scep_token_key_load(const struct scep_crypto *crypto,
    const struct scep_config *cfg, struct scep_store *store, const char *id,
    struct scep_token_key *rec, struct scep_error *err)
{
	enum scep_err	 found, rc;

	found = get(store, id, rec, err);
	if (found != SCEP_OK && found != SCEP_E_NOTFOUND)
		return found;
	rc = check_row(crypto, cfg, scep_span_text(
	    found == SCEP_OK ? id : ""), rec, err);
	return rc != SCEP_OK ? rc : found;
}

const char *
scep_token_key_state(const struct scep_token_key *rec)
{
	if (!rec->is_ours)
		return "changed";
	return rec->state == SCEP_TOKEN_KEY_LIVE ? "live" : "revoked";
}

/* Of all that is immutable: whatever becomes of the row, it stays. */
enum scep_err
scep_token_key_secret(const struct scep_crypto *crypto,
    const struct scep_config *cfg, const struct scep_token_key *rec,
    uint8_t out[SCEP_TOKEN_SECRET], struct scep_error *err)
{
	const struct scep_bound	 bound = {
		.span = {
			scep_span_text(LABEL_SECRET), scep_span_text(rec->id),
			scep_span_text(rec->name),
			scep_span_text(rec->profiles),
			scep_span_make(rec->public_key,
			    sizeof(rec->public_key)),
		},
		.n_spans = 5,
		.number = { (long)rec->alg, rec->max_ttl_s, rec->created },
		.n_numbers = 3,
	};

	return scep_bound_mac(crypto, cfg, &bound, out, err);
}

enum scep_err
scep_token_key_make(const struct scep_crypto *crypto,
    struct scep_token_key *rec, struct scep_error *err)
{
	enum scep_err	 rc;

	rc = scep_challenge_draw(crypto, rec->id, SCEP_TOKEN_KID, err);
	if (rc == SCEP_OK && rec->name[0] == '\0')
		OPENSSL_strlcpy(rec->name, rec->id, sizeof(rec->name));
	return rc;
}

/*
 * Points of order 8 or less, whatever their sign, and two spellings of them: by
 * such a key a signature of anybody would verify.
 */
static int
is_weak(const uint8_t key[SCEP_ED25519_LEN])
{
	static const char *const	 weak[] = {
		"0000000000000000000000000000000000000000000000000000000000"
		    "000000",
		"0100000000000000000000000000000000000000000000000000000000"
		    "000000",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d"
		    "53fc05",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792"
		    "ac037a",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
		    "ffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
		    "ffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
		    "ffff7f",
	};
	uint8_t				 y[SCEP_ED25519_LEN];
	char				 hex[2 * SCEP_ED25519_LEN + 1];
	size_t				 i;

	memcpy(y, key, sizeof(y));
	y[sizeof(y) - 1] &= 0x7f;
	scep_hex_text(scep_span_make(y, sizeof(y)), hex, sizeof(hex));
	for (i = 0; i < sizeof(weak) / sizeof(weak[0]); i++)
		if (strcmp(hex, weak[i]) == 0)
			return 1;
	return 0;
}

enum scep_err
scep_token_key_public(const struct scep_crypto *crypto, struct scep_span spki,
    uint8_t out[SCEP_ED25519_LEN], struct scep_error *err)
{
	struct scep_key		 key = { .evp = NULL };
	struct scep_error	 ignored;
	enum scep_err		 rc;

	if (spki.len == SPKI_LEN)
		memcpy(out, spki.data + sizeof(spki_head), SCEP_ED25519_LEN);
	rc = spki.len == SPKI_LEN ? scep_key_load(crypto, spki,
	    &ed25519_rules, &key, &ignored) : SCEP_E_ALG;
	scep_key_clear(&key);
	if (rc == SCEP_OK && is_weak(out))
		return scep_fail(err, SCEP_E_USAGE, "public: by this key "
		    "anybody's signature would verify; nobody makes such a "
		    "one by chance");
	return rc == SCEP_OK || rc == SCEP_E_NOMEM ? rc : scep_fail(err,
	    SCEP_E_USAGE, "public: no public key for Ed25519; make one with "
	    "`openssl genpkey -algorithm ed25519 -out KEY` and `openssl pkey "
	    "-in KEY -pubout -out FILE`");
}

/* Of a row that is not there: an HMAC as of any other. */
static enum scep_err
verify_hmac(const struct scep_crypto *crypto, const struct scep_config *cfg,
    const struct scep_token_key *rec, const struct scep_token *t, int *right,
    struct scep_error *err)
{
	uint8_t			 secret[SCEP_TOKEN_SECRET];
	uint8_t			 tag[SCEP_TOKEN_HMAC_LEN];
	enum scep_err		 rc;

	if ((rc = scep_token_key_secret(crypto, cfg, rec, secret, err)) ==
	    SCEP_OK)
		rc = scep_crypto_hmac(crypto, scep_span_make(secret,
		    sizeof(secret)), &t->body, 1, tag, err);
	OPENSSL_cleanse(secret, sizeof(secret));
	*right = rc == SCEP_OK &&
	    CRYPTO_memcmp(tag, t->tag, sizeof(tag)) == 0 &&
	    t->tag_len == SCEP_TOKEN_HMAC_LEN;
	OPENSSL_cleanse(tag, sizeof(tag));
	return rc;
}

static enum scep_err
verify_ed25519(const struct scep_crypto *crypto,
    const struct scep_token_key *rec, const struct scep_token *t, int *right,
    struct scep_error *err)
{
	uint8_t		 spki[SPKI_LEN];
	struct scep_key	 key;
	enum scep_err	 rc;

	*right = 0;
	if (t->tag_len != SCEP_TOKEN_ED25519_LEN)
		return SCEP_OK;
	memcpy(spki, spki_head, sizeof(spki_head));
	memcpy(spki + sizeof(spki_head), rec->public_key, SCEP_ED25519_LEN);
	if ((rc = scep_key_load(crypto, scep_span_make(spki, sizeof(spki)),
	    &ed25519_rules, &key, err)) != SCEP_OK)
		return rc == SCEP_E_NOMEM ? rc : SCEP_OK;
	rc = scep_key_verify(crypto, &key, SCEP_SHA512, t->body,
	    scep_span_make(t->tag, t->tag_len), err);
	scep_key_clear(&key);
	*right = rc == SCEP_OK;
	return rc == SCEP_E_SIG ? SCEP_OK : rc;
}

enum scep_err
scep_token_key_verify(const struct scep_crypto *crypto,
    const struct scep_config *cfg, const struct scep_token_key *rec,
    const struct scep_token *t, const char **why, struct scep_error *err)
{
	enum scep_err	 rc;
	int		 right = 0;

	*why = NULL;
	rc = rec->alg == SCEP_TOKEN_ED25519 ?
	    verify_ed25519(crypto, rec, t, &right, err) :
	    verify_hmac(crypto, cfg, rec, t, &right, err);
	if (rc != SCEP_OK)
		return rc;
	if (rec->id[0] == '\0')
		*why = "no such key";
	else if (!rec->is_ours)
		*why = "its row was changed in the database; revoke it "
		    "(scepadm token key revoke), and add another one";
	else if (!right)
		*why = "its tag does not verify";
	return SCEP_OK;
}
