/*
 * fetch.c - GetCert and GetCRL (RFC 8894 sections 3.3.4, 4.5 and 4.6): the
 * envelope opened, the CA asked, what it names wrapped up.
 *
 * What is not offered, and a CRL that is not there, is refused before
 * anything is decrypted; from then on there is one refusal (DESIGN 7.4).
 */
#include <string.h>

#include "base/error.h"
#include "ra/local.h"

/* GetCRL: what devices can be expected to take in one message.  There are
 * others for whom the plain GET is. */
#define CRL_IN_MESSAGE	(1024u * 1024)

/* What the CA decides by. */
static enum scep_err
open_lookup(struct scep_work *work, struct scep_address *from,
    const struct scep_envelope *env, struct scep_buf *plain,
    struct scep_lookup *ask, struct scep_error *err)
{
	const struct scep_crypto	*crypto = work->ra->crypto;
	enum scep_err			 rc;
	size_t				 i;

	if ((rc = scep_ra_recipient(work, from, env, &i, err)) != SCEP_OK ||
	    (rc = scep_envelope_open(crypto, &work->key->opener, env, i,
	    plain, err)) != SCEP_OK ||
	    (rc = scep_envelope_digests(crypto, env, i, ask->key_sha256,
	    ask->content_sha256, err)) != SCEP_OK)
		return rc;
	ask->plaintext = scep_plaintext(plain);
	return rc;
}

static enum scep_err
look_up(struct scep_work *work, struct scep_address *from,
    const struct scep_message *msg, struct scep_answer *answer,
    struct scep_error *err)
{
	struct scep_lookup	 ask = {
		.profile = work->profile->name,
		.request_id = work->id,
		.peer = work->http->peer,
		.type = (int)msg->type,
		.signer = scep_buf_span(&from->signer.der),
	};
	struct scep_buf		 plain = { NULL, 0 };
	enum scep_err		 rc;

	if ((rc = open_lookup(work, from, &msg->envelope, &plain, &ask,
	    err)) == SCEP_OK)
		rc = scep_ca_find_cert(work->ra->ca, work->now, &ask, answer,
		    err);
	scep_buf_clear(&plain);
	/* The CA keeps nothing of it; what is refused is noted. */
	if (rc == SCEP_OK && answer->outcome == SCEP_REFUSED)
		scep_asked_refused(work, scep_span_make(from->txid,
		    from->txid_len), SCEP_ASKED_OF_CA, answer->code,
		    answer->reason);
	return rc;
}

/* PROTOCOL C-193: what is not available is a badRequest; our own trouble is
 * not. */
static enum scep_err
take_crl(const struct scep_work *work, const char *ca, struct scep_crl *crl,
    struct scep_error *err)
{
	enum scep_err	 rc;

	rc = scep_ca_crl(work->ra->ca, work->now, ca, CRL_IN_MESSAGE, crl,
	    err);
	if (rc == SCEP_E_TOOBIG)
		(void)scep_fail_mend(err, "devices can get it at "
		    "crl/%s.crl below the URL, without a message", ca);
	if (rc != SCEP_E_TOOBIG && rc != SCEP_E_NOTFOUND)
		return rc;
	err->code = SCEP_E_REFUSED;
	return SCEP_E_REFUSED;
}

/* It may be about a certificate of another generation of the CA: then that
 * one's CRL is wanted. */
static enum scep_err
take_other(const struct scep_work *work, const struct scep_answer *answer,
    struct scep_crl *crl, struct scep_error *err)
{
	const struct scep_published	*all = &work->ra->published;
	const char			*name = work->profile->ca;
	size_t				 i;

	for (i = 0; i < all->n_cas; i++)
		if (scep_span_equal(scep_buf_span(&all->ca[i].cert),
		    scep_buf_span(&answer->cert))) {
			name = all->ca[i].name;
			break;
		}
	if (strcmp(name, work->profile->ca) == 0)
		return SCEP_OK;
	scep_buf_clear(&crl->der);
	if (take_crl(work, name, crl, err) == SCEP_OK)
		return SCEP_OK;
	return err->code = err->code == SCEP_E_REFUSED ? SCEP_E_CERTID :
	    err->code;
}

static enum scep_err
get_crl(struct scep_work *work, struct scep_address *from,
    const struct scep_message *msg, struct scep_answer *answer,
    struct scep_buf *inner, struct scep_error *err)
{
	struct scep_crl	 crl;
	enum scep_err	 rc;

	if ((rc = take_crl(work, work->profile->ca, &crl, err)) != SCEP_OK)
		return rc;
	if ((rc = look_up(work, from, msg, answer, err)) == SCEP_OK &&
	    answer->outcome == SCEP_GRANTED)
		rc = take_other(work, answer, &crl, err);
	if (rc == SCEP_OK && answer->outcome == SCEP_GRANTED) {
		scep_line_number(work->log, "crl", crl.number);
		rc = scep_crl_only(scep_buf_span(&crl.der), inner, err);
	}
	scep_buf_clear(&crl.der);
	return rc;
}

enum scep_err
scep_ra_fetch(struct scep_work *work, struct scep_address *from,
    const struct scep_message *msg, struct scep_answer *answer,
    struct scep_buf *inner, struct scep_error *err)
{
	const int		 crl = msg->type == SCEP_MSG_GETCRL;
	struct scep_span	 leaf;
	enum scep_err		 rc;

	if (crl ? !work->profile->getcrl : !work->profile->getcert)
		return scep_fail(err, SCEP_E_REFUSED, "%s is not offered",
		    scep_msg_type_name((int)msg->type));
	if (crl)
		return get_crl(work, from, msg, answer, inner, err);
	if ((rc = look_up(work, from, msg, answer, err)) != SCEP_OK ||
	    answer->outcome != SCEP_GRANTED)
		return rc;
	leaf = scep_buf_span(&answer->cert);
	return scep_certs_only(&leaf, 1, inner, err);
}
