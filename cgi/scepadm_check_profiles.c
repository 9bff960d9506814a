/*
 * scepadm_check_profiles.c - what each profile comes to, after presets and
 * defaults: which messages it takes, what it announces and shows.
 */
#include <string.h>

#include "ca/ca.h"
#include "ca/config.h"
#include "cgi/scepadm.h"

static void
put(json_t *o, const char *key, const char *value)
{
	(void)json_object_set_new(o, key, json_string(value));
}

static void
add_word(char *out, size_t size, const char *word)
{
	const size_t	 len = strlen(out);

	(void)snprintf(out + len, size - len, "%s%s", len == 0 ? "" : " ",
	    word);
}

static void
put_digests(json_t *o, unsigned int bits)
{
	char	 words[128] = "";
	int	 i;

	for (i = 0; i < SCEP_DIGEST__MAX; i++)
		if ((bits & SCEP_BIT(i)) != 0)
			add_word(words, sizeof(words),
			    scep_digest_word((enum scep_digest)i));
	put(o, "digests", words);
}

static void
put_ciphers(json_t *o, unsigned int bits)
{
	char	 words[128] = "";
	int	 i;

	for (i = 0; i < SCEP_CIPHER__MAX; i++)
		if ((bits & SCEP_BIT(i)) != 0)
			add_word(words, sizeof(words),
			    scep_cipher_word((enum scep_cipher)i));
	put(o, "ciphers", words);
}

/* GetCACaps, in one line. */
static void
put_caps(json_t *o, const struct scep_buf *caps)
{
	char	 words[512];
	size_t	 i, len = caps->len < sizeof(words) ? caps->len :
		    sizeof(words) - 1;

	for (i = 0; i < len; i++)
		words[i] = caps->data[i] == '\n' ? ' ' : (char)caps->data[i];
	while (len > 0 && words[len - 1] == ' ')
		len--;
	words[len] = '\0';
	put(o, "GetCACaps", words);
}

static json_t *
profile(const struct scep_config *cfg, const struct scep_profile *p,
    const struct scep_published_profile *published)
{
	json_t	*o = json_object();

	put(o, "level", "profile");
	put(o, "profile", p->name);
	put(o, "ca", cfg->ca[p->ca].name);
	put(o, "client", p->client != NULL ? p->client : "none");
	put_digests(o, p->message.digests);
	put_ciphers(o, p->message.ciphers);
	put(o, "getcacert", scep_config_getcacert_word(p));
	put(o, "certrep", scep_config_certrep_word(p));
	put(o, "empty_content", p->omit_content ? "no" : "yes");
	put(o, "fail_text", p->fail_text ? "yes" : "no");
	if (published->caps.len > 0)
		put_caps(o, &published->caps);
	return o;
}

static void
print(json_t *o)
{
	const char	*key;
	json_t		*value;

	(void)printf("profile %s\n", json_string_value(json_object_get(o,
	    "profile")));
	json_object_foreach(o, key, value)
		if (strcmp(key, "level") != 0 && strcmp(key, "profile") != 0)
			(void)printf("    %-13s %s\n", key,
			    json_string_value(value));
}

enum scep_err
adm_check_profiles(struct adm *adm, const struct scep_config *cfg,
    json_t *list)
{
	struct scep_published	 published;
	enum scep_err		 rc;
	json_t			*o;
	size_t			 i;

	if ((rc = scep_publish(cfg, 0, &published, &adm->err)) != SCEP_OK)
		return rc;
	for (i = 0; i < cfg->n_profiles; i++) {
		o = profile(cfg, &cfg->profile[i], &published.profile[i]);
		if (!adm->json)
			print(o);
		(void)json_array_append_new(list, o);
	}
	scep_published_clear(&published);
	return SCEP_OK;
}
