/*
 * find.c - GetCert and GetCRL (RFC 8894 sections 3.3.4, 4.5 and 4.6): which
 * certificate, or whose CRL, is meant, and may it be had.
 *
 * A message that asks comes from anybody who has a key; it is not decided by
 * what a transaction says, and leaves none (PROTOCOL C-211).  Refusals look
 * alike from outside, garbage included: badCertId, after the same work.
 * Nothing is given away that is not public: the worker's word for who signed
 * is enough.
 */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/config_kin.h"
#include "ca/crl.h"
#include "ca/kin.h"
#include "ca/seen.h"
#include "wire/issuer_serial.h"
#include "wire/name.h"

struct finding {
	struct scep_local		*ca;
	const struct scep_profile	*profile;
	const struct scep_ca_conf	*conf;
	const struct scep_lookup	*ask;
	struct scep_answer		*answer;
	struct scep_issuer_serial	 which;
	int				 unreadable, reused, ours;
	struct scep_cert_rec		 rec;
	int				 found, own;
};

static enum scep_err
refuse(struct finding *f, const char *why)
{
	f->answer->outcome = SCEP_REFUSED;
	f->answer->code = SCEP_E_CERTID;
	(void)snprintf(f->answer->reason, sizeof(f->answer->reason), "%s",
	    why);
	return SCEP_OK;
}

/* What is garbage is a certificate that nobody has. */
static void
read_which(struct finding *f)
{
	static const uint8_t		 nobody[] = { 0x30, 0x02, 0x31, 0x00 };
	static const uint8_t		 none[16] = { 0 };
	const struct scep_lookup	*ask = f->ask;
	struct scep_error		 why;

	f->reused = scep_seen_other(f->ca->memory->seen, ask->key_sha256,
	    ask->content_sha256);
	if (scep_issuer_serial_parse(ask->plaintext, &f->which, &why) ==
	    SCEP_OK)
		return;
	f->unreadable = 1;
	f->which.issuer = scep_span_make(nobody, sizeof(nobody));
	f->which.serial = scep_span_make(none, sizeof(none));
}

/* Clients take the RA's name for the CA's (PROTOCOL C-196). */
static int
is_ours(const struct scep_ca_conf *conf, struct scep_span issuer)
{
	const int	 ca = scep_name_match(issuer, conf->cert.subject);
	const int	 ra = scep_name_match(issuer, conf->ra_cert.subject);

	return ca || ra;
}

/* A certificate of a generation that is over is asked for, too. */
static const struct scep_ca_conf *
find_generation(const struct scep_ca_conf *ca, struct scep_span issuer)
{
	const struct scep_ca_conf	*kin;

	if (!is_ours(ca, issuer))
		for (kin = ca->kin; kin < ca->kin + ca->n_kin; kin++)
			if (*kin->fault == '\0' && kin->state !=
			    SCEP_GEN_STAGED && is_ours(kin, issuer))
				return kin;
	return ca;
}

/* Two generations may have one name (ca stage --same-name): then the
 * certificate tells whose CRL is meant. */
static const struct scep_ca_conf *
find_signer(const struct finding *f)
{
	const struct scep_crypto	*crypto = f->ca->crypto;
	const struct scep_ca_conf	*ca = &f->ca->cfg->ca[f->profile->ca];
	const struct scep_ca_conf	*kin;

	if (!f->found || scep_kin_issued(crypto, f->conf, &f->rec))
		return f->conf;
	for (kin = ca->kin; kin < ca->kin + ca->n_kin; kin++)
		if (*kin->fault == '\0' && kin->state != SCEP_GEN_STAGED &&
		    scep_kin_issued(crypto, kin, &f->rec))
			return kin;
	return f->conf;
}

/* Is the key that signed the message the certificate's?  Then whoever signed
 * it has it, under whatever certificate. */
static enum scep_err
look_at_signer(struct finding *f, struct scep_error *err)
{
	struct scep_cert	 signer;
	uint8_t			 key[SCEP_SHA256_LEN];
	enum scep_err		 rc;

	if (scep_cert_parse(f->ca->crypto, f->ask->signer, &signer, err) !=
	    SCEP_OK)
		return SCEP_OK;
	if ((rc = scep_crypto_sha256(f->ca->crypto, signer.spki, key,
	    err)) == SCEP_OK)
		f->own = memcmp(key, f->rec.key_sha256, sizeof(key)) == 0;
	scep_cert_clear(&signer);
	return rc;
}

/* Looked for whatever is thought of the request by now. */
static enum scep_err
look(struct finding *f, struct scep_error *err)
{
	struct scep_buf	 key = { NULL, 0 };
	enum scep_err	 rc;

	f->conf = find_generation(f->conf, f->which.issuer);
	f->ours = is_ours(f->conf, f->which.issuer);
	if ((rc = scep_cert_key(f->which.serial, f->conf->issuer.id, &key,
	    err)) == SCEP_OK)
		rc = scep_cert_rec_get(f->ca->store, scep_buf_span(&key),
		    &f->rec, err);
	scep_buf_clear(&key);
	f->found = rc == SCEP_OK;
	f->conf = find_signer(f);
	return rc == SCEP_OK || rc == SCEP_E_NOTFOUND ?
	    look_at_signer(f, err) : rc;
}

/* Revoked or expired: it is the one that was issued, and a CRL tells. */
static enum scep_err
answer_cert(struct finding *f, struct scep_error *err)
{
	struct scep_answer	*answer = f->answer;

	if (!f->found)
		return refuse(f, "no such certificate");
	if (!f->own && f->profile->getcert != SCEP_GETCERT_ANY)
		return refuse(f, "the signer's key is not that of the "
		    "certificate");
	if (f->rec.der.len == 0)
		return refuse(f, "the certificate is known from the issue "
		    "log alone");
	if (f->rec.state == SCEP_CERT_UNCONFIRMED)
		return refuse(f, "the certificate waits for its confirmation "
		    "by a validator");
	scep_hex_text(scep_buf_span(&f->rec.serial), answer->serial,
	    sizeof(answer->serial));
	(void)snprintf(answer->subject, sizeof(answer->subject), "%s",
	    f->rec.subject);
	return scep_buf_set(&answer->cert, scep_buf_span(&f->rec.der), err);
}

static enum scep_err
answer(struct finding *f, struct scep_error *err)
{
	f->answer->outcome = SCEP_GRANTED;
	(void)snprintf(f->answer->reason, sizeof(f->answer->reason), "found");
	if (f->reused)
		return refuse(f, "an encrypted key seen before, with other "
		    "content");
	if (f->unreadable)
		return refuse(f, "no IssuerAndSerialNumber came out of the "
		    "envelope");
	if (!f->ours)
		return refuse(f, "the issuer is not our CA");
	if (f->ask->type == SCEP_MSG_GETCRL)
		return scep_buf_set(&f->answer->cert,
		    scep_buf_span(&f->conf->cert.der), err);
	return answer_cert(f, err);
}

/* Switched off: the RA knows that, and does not ask. */
static int
is_offered(const struct finding *f)
{
	if (f->ask->type == SCEP_MSG_GETCRL)
		return f->profile->getcrl;
	return f->ask->type == SCEP_MSG_GETCERT &&
	    f->profile->getcert != SCEP_GETCERT_NO;
}

enum scep_err
scep_local_find_cert(struct scep_ca *ca, time_t now,
    const struct scep_lookup *ask, struct scep_answer *given,
    struct scep_error *err)
{
	struct finding	 f = {
		.ca = (struct scep_local *)ca,
		.ask = ask,
		.answer = given,
	};
	enum scep_err	 rc;

	(void)now;
	memset(given, 0, sizeof(*given));
	given->cipher = -1;
	f.profile = scep_config_profile(f.ca->cfg, ask->profile);
	if (f.profile == NULL)
		return scep_fail(err, SCEP_E_INTERNAL,
		    "the worker asks for profile \"%s\"", ask->profile);
	if (*f.profile->fault != '\0')
		return scep_fail(err, SCEP_E_CONFIG, "%s", f.profile->fault);
	if (!is_offered(&f))
		return scep_fail(err, SCEP_E_REFUSED, "%s is not offered",
		    scep_msg_type_name(ask->type));
	f.conf = &f.ca->cfg->ca[f.profile->ca];
	read_which(&f);
	if ((rc = look(&f, err)) == SCEP_OK)
		rc = answer(&f, err);
	scep_cert_rec_clear(&f.rec);
	if (rc != SCEP_OK)
		scep_answer_clear(given);
	return rc;
}

/* The piece that is asked for; 0 if there is none. */
static int
cut(const struct scep_crl_rec *rec, const struct scep_crl_ask *ask,
    struct scep_span *out)
{
	*out = scep_span_make(NULL, 0);
	if (ask->have == rec->number)
		return 1;
	if (ask->offset >= rec->der.len)
		return 0;
	out->data = rec->der.data + ask->offset;
	out->len = rec->der.len - ask->offset;
	if (out->len > SCEP_CRL_PIECE)
		out->len = SCEP_CRL_PIECE;
	return 1;
}

enum scep_err
scep_local_crl(struct scep_ca *ca, time_t now,
    const struct scep_crl_ask *ask, struct scep_crl_piece *piece,
    struct scep_error *err)
{
	struct scep_local		*l = (struct scep_local *)ca;
	const struct scep_ca_conf	*conf;
	struct scep_crl_held		*held;
	struct scep_span		 rest;
	enum scep_err			 rc;

	memset(piece, 0, sizeof(*piece));
	if ((conf = scep_config_generation_named(l->cfg, ask->ca)) == NULL)
		return scep_fail(err, SCEP_E_NOTFOUND, "no CA \"%.64s\"",
		    ask->ca);
	if ((rc = scep_crl_current(l, conf, now, &held, err)) != SCEP_OK)
		return rc;
	if (!cut(&held->rec, ask, &rest)) {
		scep_crl_drop(held);
		return scep_fail(err, SCEP_E_CHANGED,
		    "the CRL of CA %s ends before octet %zu", conf->name,
		    ask->offset);
	}
	piece->number = held->rec.number;
	piece->this_update = held->rec.this_update;
	piece->next_update = held->rec.next_update;
	piece->total = held->rec.der.len;
	rc = scep_buf_set(&piece->bytes, rest, err);
	scep_crl_drop(held);
	return rc;
}
