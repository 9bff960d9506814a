/*
 * admin_ca_show.c - the generations of the CAs as the operator sees them: as
 * they are in force, and with what depends on each.
 */
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/admin_ca.h"
#include "ca/kin.h"

enum scep_err
scep_admin_ca_find(struct scep_admin_call *call,
    const struct scep_ca_conf **out, struct scep_error *err)
{
	const struct scep_config	*cfg = call->ca->cfg;
	const char			*name = scep_admin_text(call, "ca",
					    NULL);
	char				 list[256] = "";
	size_t				 i, len = 0;

	*out = name != NULL ? scep_config_ca(cfg, name) :
	    cfg->n_cas == 1 ? &cfg->ca[0] : NULL;
	if (*out != NULL)
		return SCEP_OK;
	for (i = 0; i < cfg->n_cas && len < sizeof(list); i++)
		len += (size_t)snprintf(list + len, sizeof(list) - len,
		    "%s%s", i > 0 ? ", " : "", cfg->ca[i].name);
	return name != NULL ? scep_fail(err, SCEP_E_NOTFOUND, "there is no CA "
	    "%s; there is %s", name, list) : scep_fail(err, SCEP_E_USAGE,
	    "there are %zu CAs; name one with --ca: %s", cfg->n_cas, list);
}

/* Counting. */
struct count {
	const struct scep_crypto	*crypto;
	const struct scep_ca_conf	*gen;
	long				 n;
	time_t				 until;
};

static enum scep_err
count_row(void *arg, const struct scep_row *row, struct scep_error *err)
{
	struct count		*c = arg;
	struct scep_cert_rec	 rec;
	enum scep_err		 rc;

	if ((rc = scep_cert_rec_decode(scep_buf_span(&row->value), &rec,
	    err)) != SCEP_OK)
		return rc;
	if (rec.state != SCEP_CERT_REVOKED &&
	    scep_kin_issued(c->crypto, c->gen, &rec)) {
		c->n++;
		if (rec.not_after > c->until)
			c->until = rec.not_after;
	}
	scep_cert_rec_clear(&rec);
	return SCEP_OK;
}

enum scep_err
scep_admin_ca_count(struct scep_admin_call *call,
    const struct scep_ca_conf *gen, long *valid, time_t *until,
    struct scep_error *err)
{
	struct count			 c = { call->ca->crypto, gen, 0, 0 };
	const struct scep_span		 end = { NULL, 0 };
	uint8_t				 from[SCEP_INDEX_TIME];
	enum scep_err			 rc;

	scep_index_time(call->now, from);
	rc = scep_store_scan_index(call->ca->store,
	    SCEP_IX_CERTIFICATE_EXPIRES, scep_span_make(from, sizeof(from)),
	    end, count_row, &c, err);
	*valid = c.n;
	*until = c.until;
	return rc;
}

/* Showing. */

static void
hex_sha256(const struct scep_cert *cert, char out[2 * SCEP_SHA256_LEN + 1])
{
	out[0] = '\0';
	if (cert->der.len > 0)
		scep_hex_text(scep_span_make(cert->sha256, SCEP_SHA256_LEN),
		    out, 2 * SCEP_SHA256_LEN + 1);
}

static void
time_or_none(time_t t, char out[SCEP_TIME_TEXT])
{
	out[0] = '\0';
	if (t > 0)
		scep_time_text(t, out);
}

static json_t *
ra_json(unsigned int number, const char *state, const char *path,
    const struct scep_cert *cert, const char *fault)
{
	char	 sha256[2 * SCEP_SHA256_LEN + 1], until[SCEP_TIME_TEXT];
	char	 clean[SCEP_FAULT_LEN];

	hex_sha256(cert, sha256);
	time_or_none(cert->not_after, until);
	OPENSSL_strlcpy(clean, fault, sizeof(clean));
	scep_admin_printable(clean);
	return json_pack("{s:I,s:s,s:s,s:s,s:s,s:s}", "ra",
	    (json_int_t)number, "state", state, "certificate", path, "sha256",
	    sha256, "not_after", until, "fault", clean);
}

static json_t *
ras_json(const struct scep_ca_conf *gen)
{
	json_t	*list = json_array();
	size_t	 i;

	if (gen->ra_number == 0)
		return list;		/* the CA's own key serves */
	(void)json_array_append_new(list, ra_json(gen->ra_number, "current",
	    gen->ra_cert_path, &gen->ra_cert, ""));
	for (i = 0; i < gen->n_old_ra; i++)
		(void)json_array_append_new(list, ra_json(
		    gen->old_ra[i].number, "old", gen->old_ra[i].cert_path,
		    &gen->old_ra[i].cert, gen->old_ra[i].fault));
	return list;
}

static json_t *
generation_json(const struct scep_ca_conf *gen)
{
	struct scep_admin_name	 subject = { "" }, issuer = { "" };
	char			 sha256[2 * SCEP_SHA256_LEN + 1];
	char			 since[SCEP_TIME_TEXT], from[SCEP_TIME_TEXT];
	char			 until[SCEP_TIME_TEXT], key[64] = "";
	char			 fault[SCEP_FAULT_LEN];

	if (gen->cert.der.len > 0) {
		scep_admin_subject(gen->cert.subject, &subject);
		scep_admin_subject(gen->cert.issuer, &issuer);
	}
	if (gen->key != NULL)
		(void)snprintf(key, sizeof(key), "%s %d",
		    EVP_PKEY_get0_type_name(gen->key),
		    EVP_PKEY_get_bits(gen->key));
	hex_sha256(&gen->cert, sha256);
	time_or_none(gen->since, since);
	time_or_none(gen->cert.not_before, from);
	time_or_none(gen->cert.not_after, until);
	OPENSSL_strlcpy(fault, gen->fault, sizeof(fault));
	scep_admin_printable(fault);
	return json_pack("{s:s,s:I,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,"
	    "s:o}", "ca", gen->name, "generation",
	    (json_int_t)gen->generation, "state",
	    scep_gen_state_name(gen->state), "since", since, "subject",
	    subject.text, "issuer", issuer.text, "key", key, "sha256", sha256,
	    "not_before", from, "not_after", until, "certificate",
	    gen->cert_path, "fault", fault, "ras", ras_json(gen));
}

/* The next one first, then the current one, then those that are over. */
static const struct scep_ca_conf *
nth(const struct scep_ca_conf *ca, size_t i)
{
	const struct scep_ca_conf	*next = scep_ca_conf_next(ca);
	size_t				 k;

	if (next != NULL && i-- == 0)
		return next;
	if (i-- == 0)
		return ca;
	for (k = 0; k < ca->n_kin; k++)
		if (&ca->kin[k] != next && i-- == 0)
			return &ca->kin[k];
	return NULL;
}

/* A step was taken, and the configuration could not be read again: then the
 * disk says what a reload will make of it. */
static enum scep_err
read_disk(struct scep_admin_call *call, const struct scep_ca_conf *ca,
    struct scep_lineage *l, struct scep_error *err)
{
	enum scep_err	 rc;

	rc = scep_lineage_read(call->ca->cfg->server.state, ca->name, l, err);
	if (rc == SCEP_OK)
		return SCEP_OK;
	memset(l, 0, sizeof(*l));
	return rc == SCEP_E_NOTFOUND || rc == SCEP_E_CONFIG ? SCEP_OK : rc;
}

static void
add_disk(json_t *one, const struct scep_ca_conf *gen,
    const struct scep_lineage *l)
{
	const struct scep_gen	*is = scep_lineage_find(l, gen->generation);

	if (l->n > 0 && (is == NULL || is->state != gen->state))
		(void)json_object_set_new(one, "after_reload", json_string(
		    is != NULL ? scep_gen_state_name(is->state) : "gone"));
}

static int
is_loaded(const struct scep_ca_conf *ca, unsigned int number)
{
	const struct scep_ca_conf	*gen;
	size_t				 k;

	for (k = 0; (gen = nth(ca, k)) != NULL; k++)
		if (gen->generation == number)
			return 1;
	return 0;
}

/* One that only the disk knows. */
static json_t *
unloaded_json(const struct scep_ca_conf *ca, const struct scep_gen *gen)
{
	return json_pack("{s:s,s:I,s:s,s:s}", "ca", ca->name, "generation",
	    (json_int_t)gen->number, "state", "not loaded", "after_reload",
	    scep_gen_state_name(gen->state));
}

static enum scep_err
list_ca(struct scep_admin_call *call, const struct scep_ca_conf *ca,
    struct scep_error *err)
{
	const struct scep_ca_conf	*gen;
	struct scep_lineage		 l;
	json_t				*one;
	enum scep_err			 rc;
	size_t				 k;

	rc = read_disk(call, ca, &l, err);
	for (k = 0; rc == SCEP_OK && k < l.n; k++)
		if (!is_loaded(ca, l.gen[k].number))
			rc = scep_admin_row(call, unloaded_json(ca,
			    &l.gen[k]), err);
	for (k = 0; rc == SCEP_OK && (gen = nth(ca, k)) != NULL; k++) {
		one = generation_json(gen);
		add_disk(one, gen, &l);
		rc = scep_admin_row(call, one, err);
	}
	return rc;
}

static enum scep_err
list(struct scep_admin_call *call, struct scep_error *err)
{
	const struct scep_config	*cfg = call->ca->cfg;
	enum scep_err			 rc = SCEP_OK;
	size_t				 i;

	scep_admin_open_rows(call);
	for (i = 0; rc == SCEP_OK && i < cfg->n_cas; i++)
		rc = list_ca(call, &cfg->ca[i], err);
	return rc;
}

static enum scep_err
show_one(struct scep_admin_call *call, const struct scep_ca_conf *gen,
    json_t *all, struct scep_error *err)
{
	char		 text[SCEP_TIME_TEXT];
	json_t		*one = generation_json(gen);
	enum scep_err	 rc = SCEP_OK;
	time_t		 until;
	long		 n;

	if (gen->cert.der.len > 0 && (rc = scep_admin_ca_count(call, gen, &n,
	    &until, err)) == SCEP_OK) {
		time_or_none(until, text);
		(void)json_object_set_new(one, "valid",
		    json_integer((json_int_t)n));
		(void)json_object_set_new(one, "until", json_string(text));
	}
	(void)json_array_append_new(all, one);
	return rc;
}

static enum scep_err
show(struct scep_admin_call *call, struct scep_error *err)
{
	const struct scep_ca_conf	*ca, *gen;
	json_t				*all;
	enum scep_err			 rc;
	size_t				 k;

	if ((rc = scep_admin_ca_find(call, &ca, err)) != SCEP_OK)
		return rc;
	scep_line_text(&call->summary, "ca", ca->name);
	if ((all = json_array()) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "generations");
	for (k = 0; rc == SCEP_OK && (gen = nth(ca, k)) != NULL; k++)
		rc = show_one(call, gen, all, err);
	if (rc != SCEP_OK) {
		json_decref(all);
		return rc;
	}
	return scep_admin_object(call, json_pack("{s:s,s:o}", "ca", ca->name,
	    "generations", all), err);
}

static const struct scep_admin_member	ca_members[] = {
	{ "ca", SCEP_ADMIN_TEXT, 0, 1, SCEP_NAME_LEN - 1 },
	{ NULL, SCEP_ADMIN_TEXT, 0, 0, 0 }
};

const struct scep_admin_verb	scep_admin_ca_show[] = {
	{ "ca.list", scep_admin_no_members, list },
	{ "ca.show", ca_members, show },
	{ NULL, NULL, NULL }
};
