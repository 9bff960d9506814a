/*
 * lineage_text.c - the generations of a CA as a small file in the syntax of
 * scep.conf.
 *
 * It is written by programs and read by them; whatever else stands in it was
 * put there by somebody, and is refused.
 */
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/conf.h"
#include "base/error.h"
#include "base/text.h"
#include "ca/lineage.h"

#define NUMBER_MAX	1000000L
#define HEX_LEN		(2 * SCEP_SHA256_LEN + 1)

static enum scep_err
put(struct scep_buf *out, const char *key, const char *value,
    struct scep_error *err)
{
	char	 line[256];

	(void)snprintf(line, sizeof(line), "%s = %s\n", key, value);
	return scep_buf_add(out, scep_span_text(line), err);
}

static enum scep_err
put_hex(struct scep_buf *out, const char *key, const uint8_t *octets,
    struct scep_error *err)
{
	char	 hex[HEX_LEN];

	scep_hex_text(scep_span_make(octets, SCEP_SHA256_LEN), hex,
	    sizeof(hex));
	return put(out, key, hex, err);
}

static void
ra_text(const struct scep_gen *gen, char *out, size_t size)
{
	size_t	 i, len = 0;

	(void)snprintf(out, size, "none");
	for (i = 0; i < gen->n_ra && len < size; i++)
		len += (size_t)snprintf(out + len, size - len, "%s%u",
		    i > 0 ? " " : "", gen->ra[i]);
}

static enum scep_err
encode_gen(const struct scep_gen *gen, struct scep_buf *out,
    struct scep_error *err)
{
	char		 text[128];
	enum scep_err	 rc;

	(void)snprintf(text, sizeof(text), "\n[generation %u]\n",
	    gen->number);
	if ((rc = scep_buf_add(out, scep_span_text(text), err)) != SCEP_OK ||
	    (rc = put(out, "state", scep_gen_state_name(gen->state), err)) !=
	    SCEP_OK)
		return rc;
	scep_time_text(gen->since, text);
	if ((gen->since > 0 && (rc = put(out, "since", text, err)) !=
	    SCEP_OK) ||
	    (rc = put_hex(out, "key_sha256", gen->key_sha256, err)) !=
	    SCEP_OK ||
	    (gen->digest[0] != '\0' && (rc = put(out, "digest", gen->digest,
	    err)) != SCEP_OK) ||
	    (rc = put(out, "chain", gen->has_chain ? "yes" : "no", err)) !=
	    SCEP_OK)
		return rc;
	ra_text(gen, text, sizeof(text));
	if ((rc = put(out, "ra", text, err)) != SCEP_OK)
		return rc;
	(void)snprintf(text, sizeof(text), "%u", gen->last_ra);
	if ((rc = put(out, "last_ra", text, err)) == SCEP_OK &&
	    gen->has_replaced)
		rc = put_hex(out, "replaced", gen->replaced, err);
	return rc;
}

enum scep_err
scep_lineage_encode(const struct scep_lineage *l, struct scep_buf *out,
    struct scep_error *err)
{
	char		 text[256];
	enum scep_err	 rc;
	size_t		 i;

	scep_buf_clear(out);
	(void)snprintf(text, sizeof(text), "# Generations of [ca %s].  "
	    "scepadm ca and scep.fcgi write this file; do not edit it.\n"
	    "last = %u\n", l->ca, l->last);
	rc = scep_buf_add(out, scep_span_text(text), err);
	for (i = 0; rc == SCEP_OK && i < l->n; i++)
		rc = encode_gen(&l->gen[i], out, err);
	if (rc != SCEP_OK)
		scep_buf_clear(out);
	return rc;
}

/* One value being read; bad counts what is not as we write it. */
struct reading {
	const struct scep_conf_section	*section;
	int				 bad;
};

static const char *
get(struct reading *r, const char *key, int required)
{
	const struct scep_conf_entry	*e = scep_conf_get(r->section, key);

	if (e == NULL && required)
		r->bad++;
	return e != NULL ? e->value : NULL;
}

static unsigned int
to_number(struct reading *r, const char *text)
{
	struct scep_error	 ignored;
	long			 n = 0;

	if (text == NULL || scep_number_read(text, 1, NUMBER_MAX, &n,
	    &ignored) != SCEP_OK)
		r->bad++;
	return (unsigned int)n;
}

static void
get_hex(struct reading *r, const char *text, uint8_t out[SCEP_SHA256_LEN])
{
	struct scep_error	 ignored;
	size_t			 len = 0;

	if (text == NULL || scep_hex_read(text, out, SCEP_SHA256_LEN, &len,
	    &ignored) != SCEP_OK || len != SCEP_SHA256_LEN)
		r->bad++;
}

static void
get_state(struct reading *r, struct scep_gen *gen)
{
	const char	*text = get(r, "state", 1);
	int		 i;

	for (i = 0; text != NULL && i < SCEP_GEN__MAX; i++)
		if (strcmp(text, scep_gen_state_name(
		    (enum scep_gen_state)i)) == 0) {
			gen->state = (enum scep_gen_state)i;
			return;
		}
	r->bad++;
}

static void
get_ra(struct reading *r, struct scep_gen *gen)
{
	const char	*p = get(r, "ra", 1);
	char		 word[16];
	size_t		 len;

	gen->last_ra = to_number(r, get(r, "last_ra", 1));
	if (p == NULL || strcmp(p, "none") == 0)
		return;
	for (; *p != '\0'; p += len, p += strspn(p, " ")) {
		len = strcspn(p, " ");
		if (gen->n_ra == SCEP_GEN_RAS_MAX || len >= sizeof(word)) {
			r->bad++;
			return;
		}
		memcpy(word, p, len);
		word[len] = '\0';
		gen->ra[gen->n_ra] = to_number(r, word);
		if (gen->ra[gen->n_ra++] > gen->last_ra)
			r->bad++;
	}
}

static void
decode_gen(struct reading *r, struct scep_gen *gen)
{
	struct scep_error	 ignored;
	const char		*text;

	gen->number = to_number(r, r->section->name);
	get_state(r, gen);
	if ((text = get(r, "since", 0)) != NULL &&
	    scep_time_read(text, &gen->since, &ignored) != SCEP_OK)
		r->bad++;
	get_hex(r, get(r, "key_sha256", 1), gen->key_sha256);
	if ((text = get(r, "digest", 0)) != NULL)
		OPENSSL_strlcpy(gen->digest, text, sizeof(gen->digest));
	text = get(r, "chain", 1);
	gen->has_chain = text != NULL && strcmp(text, "yes") == 0;
	get_ra(r, gen);
	if ((text = get(r, "replaced", 0)) != NULL) {
		gen->has_replaced = 1;
		get_hex(r, text, gen->replaced);
	}
}

/* One current generation, at most one next, each number once. */
static int
is_sound(const struct scep_lineage *l)
{
	size_t	 i, j, current = 0, after = 0;

	for (i = 0; i < l->n; i++) {
		current += l->gen[i].state == SCEP_GEN_CURRENT;
		after += l->gen[i].state == SCEP_GEN_STAGED ||
		    l->gen[i].state == SCEP_GEN_PUBLISHED;
		if (l->gen[i].number > l->last)
			return 0;
		for (j = 0; j < i; j++)
			if (l->gen[j].number == l->gen[i].number)
				return 0;
	}
	return current == 1 && after <= 1;
}

static int
decode(const struct scep_conf *conf, struct scep_lineage *out)
{
	struct reading	 r = { NULL, 0 };
	size_t		 i;

	for (i = 0; i < scep_conf_count(conf); i++) {
		r.section = scep_conf_section(conf, i);
		if (strcmp(r.section->kind, "") == 0)
			out->last = to_number(&r, get(&r, "last", 1));
		else if (strcmp(r.section->kind, "generation") == 0 &&
		    out->n < SCEP_GENS_MAX)
			decode_gen(&r, &out->gen[out->n++]);
		else
			r.bad++;
	}
	return r.bad == 0 && is_sound(out);
}

enum scep_err
scep_lineage_decode(struct scep_span text, const char *path, const char *ca,
    struct scep_lineage *out, struct scep_error *err)
{
	struct scep_conf	*conf = NULL;
	enum scep_err		 rc;
	int			 ok;

	memset(out, 0, sizeof(*out));
	OPENSSL_strlcpy(out->ca, ca, sizeof(out->ca));
	if ((rc = scep_conf_parse(text, path, &conf, err)) != SCEP_OK)
		return scep_fail_mend(err, "restore %s from a backup", path);
	ok = decode(conf, out);
	scep_conf_free(conf);
	return ok ? SCEP_OK : scep_fail(err, SCEP_E_CONFIG, "%s: not as "
	    "scepadm writes it; restore it from a backup", path);
}
