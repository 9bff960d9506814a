/*
 * config_legacy.c - what is out of date or broken and a profile takes all the
 * same, and the capabilities that it keeps to itself.
 *
 * One word, one place: digests and ciphers are for what is sound.
 */
#include <string.h>

#include "base/error.h"
#include "ca/config_local.h"
#include "wire/legacy.h"

const struct scep_word	scep_legacy_words[] = {
	{ "none", 0, NULL },
	{ "sha1", SCEP_BIT(SCEP_LEGACY_SHA1), NULL },
	{ "3des", SCEP_BIT(SCEP_LEGACY_3DES), NULL },
	{ "des", SCEP_BIT(SCEP_LEGACY_DES), NULL },
	{ "md5", SCEP_BIT(SCEP_LEGACY_MD5), NULL },
	{ NULL, 0, NULL }
};

/* RFC 8894 section 3.5.2. */
const struct scep_word	scep_cap_words[] = {
	{ "none", 0, NULL },
	{ "AES", SCEP_BIT(SCEP_CAP_AES), NULL },
	{ "DES3", SCEP_BIT(SCEP_CAP_DES3), NULL },
	{ "GetNextCACert", SCEP_BIT(SCEP_CAP_GETNEXTCACERT), NULL },
	{ "POSTPKIOperation", SCEP_BIT(SCEP_CAP_POST), NULL },
	{ "Renewal", SCEP_BIT(SCEP_CAP_RENEWAL), NULL },
	{ "SHA-1", SCEP_BIT(SCEP_CAP_SHA1), NULL },
	{ "SHA-256", SCEP_BIT(SCEP_CAP_SHA256), NULL },
	{ "SHA-384", SCEP_BIT(SCEP_CAP_SHA384), NULL },
	{ "SHA-512", SCEP_BIT(SCEP_CAP_SHA512), NULL },
	{ "SCEPStandard", SCEP_BIT(SCEP_CAP_STANDARD), NULL },
	{ NULL, 0, NULL }
};

/* What a word adds to what messages may be made of. */
static const struct {
	enum scep_legacy_word	 word;
	unsigned int		 digests, ciphers;
} adds[] = {
	{ SCEP_LEGACY_SHA1, SCEP_BIT(SCEP_SHA1), 0 },
	{ SCEP_LEGACY_3DES, 0, SCEP_BIT(SCEP_3DES) },
	{ SCEP_LEGACY_DES, 0, SCEP_BIT(SCEP_DES) },
	{ SCEP_LEGACY_MD5, SCEP_BIT(SCEP_MD5), 0 },
};

void
scep_config_legacy(struct scep_profile *p)
{
	size_t	 i;

	for (i = 0; i < sizeof(adds) / sizeof(adds[0]); i++) {
		if ((p->legacy & SCEP_BIT(adds[i].word)) == 0)
			continue;
		p->message.digests |= adds[i].digests;
		p->message.ciphers |= adds[i].ciphers;
		p->csr_weak |= adds[i].digests;
	}
}

int
scep_config_is_broken(const struct scep_msg_rules *rules)
{
	return scep_legacy_has(rules->digests, rules->ciphers);
}

int
scep_config_hides(const struct scep_profile *p, const char *line)
{
	const struct scep_word	*w;
	const size_t		 len = strcspn(line, "\n");

	for (w = scep_cap_words; w->word != NULL; w++)
		if (strlen(w->word) == len && memcmp(w->word, line, len) == 0)
			return (p->caps_hidden & w->value) != 0;
	return 0;
}

enum scep_err
scep_config_load_legacy(const struct scep_crypto *crypto,
    const struct scep_profile *p, struct scep_error *err)
{
	if (!scep_config_is_broken(&p->message) ||
	    scep_legacy_load(crypto, err) == SCEP_OK)
		return SCEP_OK;
	return scep_fail_within(err, "%s:%d: [profile %s]", p->file, p->line,
	    p->name);
}
