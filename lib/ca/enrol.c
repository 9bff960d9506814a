/*
 * enrol.c - one PKCSReq, from what came out of its envelope to the commit:
 * steps 6 to 11 of DESIGN 5.
 *
 * Refusals look alike from outside, garbage included: same code, same work.
 * The reason is for the log.
 */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/line.h"
#include "base/text.h"
#include "ca/authorise.h"
#include "ca/challenge.h"
#include "ca/dummy_csr.h"
#include "ca/issue.h"
#include "ca/keylock.h"
#include "ca/local.h"
#include "ca/rules.h"
#include "ca/seen.h"
#include "ca/transaction.h"

#define TRIES		5	/* when a rival was faster */

/* One request on its way to an answer. */
struct job {
	struct scep_local		*ca;
	time_t				 now;
	const struct scep_enrolment	*ask;
	struct scep_answer		*answer;
	const struct scep_profile	*profile;
	struct scep_csr			*csr;
	struct scep_txn_key		 key;
	char				 challenge_id[SCEP_REC_NAME];
	struct scep_facts		 facts;
	char				 detail[256];	/* why unreadable, … */

	/* Read anew at each try: */
	struct scep_txn			 txn;		/* this very one */
	struct scep_challenge		 record;
	int				 has_record;
	size_t				 use;		/* SPENT_BY_SAME */
};

static void
note(struct job *job, const char *text)
{
	if (job->detail[0] == '\0')
		(void)snprintf(job->detail, sizeof(job->detail), "%.255s",
		    text);
}

/* Step 6: what came out is a request, or the built-in one takes its place. */
static enum scep_err
read_csr(struct job *job, struct scep_error *err)
{
	static const struct scep_key_rules	 any_rsa = {
		.types = SCEP_BIT(SCEP_KEY_RSA),
		.min_rsa_bits = 2048,
		.max_rsa_bits = 2048,
	};
	enum scep_err	 rc;

	job->facts.reused_envelope = scep_seen_other(job->ca->seen,
	    job->ask->key_sha256, job->ask->content_sha256) != 0;
	rc = job->facts.reused_envelope ?
	    scep_fail(err, SCEP_E_REFUSED, "envelope") :
	    scep_csr_parse(job->ca->crypto, job->ask->plaintext,
	    &job->profile->keys, job->profile->csr_sha1, &job->csr, err);
	if (rc == SCEP_OK)
		return SCEP_OK;
	if (scep_err_fail_info(rc) == -1 && rc != SCEP_E_FORMAT)
		return rc;		/* ours: no memory, … */
	if (!job->facts.reused_envelope) {
		job->facts.unreadable = 1;
		note(job, err->text);
	}
	return scep_csr_parse(job->ca->crypto, scep_dummy_csr(), &any_rsa, 0,
	    &job->csr, err);
}

/* The signer's certificate is read here again: the worker's word makes no
 * certificate (DESIGN 3). */
static enum scep_err
read_signer(struct job *job, struct scep_error *err)
{
	struct scep_cert	 signer;
	enum scep_err		 rc;

	if ((rc = scep_cert_parse(job->ca->crypto, job->ask->signer, &signer,
	    err)) != SCEP_OK)
		return scep_fail_within(err, "signer of the worker's request");
	job->facts.self_signed = job->ask->self_signed &&
	    scep_cert_is_self_issued(&signer);
	job->facts.signer_has_csr_key = scep_span_equal(signer.spki,
	    job->csr->key.spki) != 0;
	rc = scep_transaction_key(job->ca, job->profile->name, &signer,
	    job->ask->txid, job->csr->info_sha256, &job->key, err);
	scep_cert_clear(&signer);
	return rc;
}

static int
is_taboo(const struct scep_config *cfg, struct scep_span spki)
{
	size_t	 i;

	for (i = 0; i < cfg->n_cas; i++)
		if (scep_span_equal(spki, cfg->ca[i].cert.spki) ||
		    scep_span_equal(spki, cfg->ca[i].ra_cert.spki))
			return 1;
	return 0;
}

/* Step 7: names and key against the profile. */
static void
check_names(struct job *job)
{
	struct scep_error	 why;

	job->facts.key_is_taboo = is_taboo(job->ca->cfg, job->csr->key.spki)
	    != 0;
	job->facts.subject_allowed = scep_rules_subject(job->profile,
	    &job->csr->name, &why) == SCEP_OK;
	if (!job->facts.subject_allowed)
		note(job, why.text);
	job->facts.san_allowed = scep_rules_san(job->profile, &job->csr->san,
	    &why) == SCEP_OK;
	if (!job->facts.san_allowed)
		note(job, why.text);
	if (!job->facts.unreadable && !job->facts.reused_envelope)
		scep_name_text(job->csr->subject, job->answer->subject,
		    sizeof(job->answer->subject));
}

/* Step 8, reads only. */
static enum scep_err
gather_challenge(struct job *job, struct scep_error *err)
{
	enum scep_err	 rc = SCEP_E_NOTFOUND;

	if (job->challenge_id[0] != '\0')
		rc = scep_challenge_get(job->ca->store, job->challenge_id,
		    &job->record, err);
	if (rc != SCEP_OK && rc != SCEP_E_NOTFOUND)
		return rc;
	job->has_record = rc == SCEP_OK;
	return scep_challenge_judge(job->ca->crypto, job->ca->cfg,
	    job->profile, job->csr, job->has_record ? &job->record : NULL,
	    job->now, &job->facts.challenge, &job->use, err);
}

struct count {
	long	 n, max;
};

static enum scep_err
count_row(void *arg, const struct scep_row *row, struct scep_error *err)
{
	struct count	*c = arg;

	(void)row;
	(void)err;
	return ++c->n >= c->max ? SCEP_E_EXISTS : SCEP_OK;
}

/* Are max rows or more under this index key? */
static enum scep_err
is_full(struct scep_store *store, enum scep_index index,
    const struct scep_buf *key, long max, int *full, struct scep_error *err)
{
	struct scep_buf	 to = { NULL, 0 };
	struct count	 c = { 0, max };
	enum scep_err	 rc;

	/* The next key that can be: nothing sorts between it and this one. */
	if ((rc = scep_buf_set(&to, scep_buf_span(key), err)) == SCEP_OK &&
	    (rc = scep_buf_add(&to, scep_span_make("", 1), err)) == SCEP_OK)
		rc = scep_store_scan_index(store, index, scep_buf_span(key),
		    scep_buf_span(&to), count_row, &c, err);
	scep_buf_clear(&to);
	*full = c.n >= max;
	return rc;
}

static enum scep_err
gather_queue(struct job *job, struct scep_error *err)
{
	struct scep_buf	 key = { NULL, 0 };
	int		 full = 0, peer_full = 0;
	enum scep_err	 rc;

	if (job->facts.challenge != SCEP_CH_ABSENT ||
	    (job->profile->authorise & SCEP_BIT(SCEP_BY_MANUAL)) == 0)
		return SCEP_OK;
	if ((rc = scep_buf_set(&key, scep_span_text(job->profile->name),
	    err)) == SCEP_OK &&
	    (rc = is_full(job->ca->store, SCEP_IX_PENDING_PROFILE, &key,
	    job->profile->max_pending, &full, err)) == SCEP_OK &&
	    (rc = scep_buf_add(&key, scep_span_make("", 1), err)) ==
	    SCEP_OK &&
	    (rc = scep_buf_add(&key, scep_span_text(job->ask->peer), err)) ==
	    SCEP_OK)
		rc = is_full(job->ca->store, SCEP_IX_PENDING_PEER, &key,
		    job->profile->max_pending_per_peer, &peer_full, err);
	scep_buf_clear(&key);
	job->facts.queue_full = full != 0;
	job->facts.peer_queue_full = peer_full != 0;
	return rc;
}

static void
answer_is(struct job *job, enum scep_outcome outcome, const char *reason)
{
	job->answer->outcome = outcome;
	job->answer->code = outcome == SCEP_REFUSED ? SCEP_E_REFUSED : SCEP_OK;
	(void)snprintf(job->answer->reason, sizeof(job->answer->reason),
	    "%.255s", reason);
}

static enum scep_err
refuse(struct job *job, const char *why)
{
	answer_is(job, SCEP_REFUSED, job->detail[0] != '\0' ? job->detail :
	    why);
	if (job->has_record)
		(void)snprintf(job->answer->authority,
		    sizeof(job->answer->authority), "challenge %s",
		    job->record.id);
	return SCEP_OK;
}

/* The answer that was given before; nothing is written. */
static enum scep_err
repeat(struct job *job, const char *why, struct scep_error *err)
{
	const struct scep_buf	*cert_key = &job->txn.cert_key;
	enum scep_err		 rc;

	job->answer->repeated = 1;
	if (job->facts.txn == SCEP_TX_SAME_PENDING) {
		answer_is(job, SCEP_PENDING, why);
		return SCEP_OK;
	}
	if (job->facts.txn == SCEP_TX_SAME_REFUSED)
		return refuse(job, why);
	if (job->facts.txn != SCEP_TX_SAME_GRANTED)
		cert_key = &job->record.use[job->use].cert_key;
	rc = scep_transaction_cert(job->ca, scep_buf_span(cert_key), job->now,
	    job->answer, err);
	if (rc == SCEP_E_CERTID)
		return refuse(job, err->text);
	answer_is(job, SCEP_GRANTED, why);
	return rc;
}

static void
log_start(const struct job *job, const char *event, struct scep_line *line)
{
	char	 when[SCEP_TIME_TEXT];

	scep_time_text(job->now, when);
	scep_line_text(line, "time", when);
	scep_line_text(line, "event", event);
	scep_line_text(line, "id", job->ask->request_id);
	scep_line_text(line, "profile", job->profile->name);
	scep_line_text(line, "subject", job->answer->subject);
	scep_line_text(line, "peer", job->ask->peer);
	scep_line_add(line, "txid", job->ask->txid);
}

/* Step 10 and 11 for a request that waits: no challenge is in what is kept. */
static enum scep_err
fill_pending(const struct job *job, struct scep_pending *p,
    struct scep_error *err)
{
	enum scep_err	 rc;

	memset(p, 0, sizeof(*p));
	p->txn = job->key;
	(void)snprintf(p->request_id, sizeof(p->request_id), "%s",
	    job->ask->request_id);
	(void)snprintf(p->profile, sizeof(p->profile), "%s",
	    job->profile->name);
	(void)snprintf(p->peer, sizeof(p->peer), "%s", job->ask->peer);
	memcpy(p->key_sha256, job->csr->key.sha256, sizeof(p->key_sha256));
	p->created = job->now;
	p->expires = job->now + job->profile->pending_ttl_s;
	if ((rc = scep_buf_set(&p->txid, job->ask->txid, err)) != SCEP_OK ||
	    (rc = scep_buf_set(&p->subject, job->csr->subject, err)) !=
	    SCEP_OK ||
	    (rc = scep_buf_set(&p->spki, job->csr->key.spki, err)) !=
	    SCEP_OK ||
	    (job->csr->san.n > 0 && (rc = scep_san_encode(&job->csr->san,
	    &p->san, err)) != SCEP_OK) ||
	    (rc = scep_crypto_sha256(job->ca->crypto, job->ask->signer,
	    p->signer_sha256, err)) != SCEP_OK)
		return rc;
	return scep_pending_mac(job->ca->crypto, job->ca->cfg, p, p->mac, err);
}

static enum scep_err
fill_txn(const struct job *job, enum scep_txn_state state, time_t expires,
    struct scep_txn *txn, struct scep_error *err)
{
	memset(txn, 0, sizeof(*txn));
	txn->key = job->key;
	txn->rev = job->txn.rev;
	txn->state = state;
	txn->created = job->now;
	txn->decided = state == SCEP_TXN_GRANTED ? job->now : 0;
	txn->expires = expires;
	txn->cipher = job->ask->cipher;
	(void)snprintf(txn->request_id, sizeof(txn->request_id), "%s",
	    job->ask->request_id);
	(void)snprintf(txn->profile, sizeof(txn->profile), "%s",
	    job->profile->name);
	return scep_buf_set(&txn->txid, job->ask->txid, err);
}

static enum scep_err
queue(struct job *job, const char *why, struct scep_error *err)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_line	 line = { .len = 0 };
	struct scep_pending	 p;
	struct scep_txn		 txn;
	enum scep_err		 rc;

	answer_is(job, SCEP_PENDING, why);
	log_start(job, "queued", &line);
	if ((rc = fill_pending(job, &p, err)) == SCEP_OK &&
	    (rc = fill_txn(job, SCEP_TXN_PENDING, p.expires +
	    SCEP_TXN_KEPT_S, &txn, err)) == SCEP_OK) {
		if ((rc = scep_pending_write(&change, &p, err)) == SCEP_OK &&
		    (rc = scep_txn_write(&change, &txn, err)) == SCEP_OK &&
		    (rc = scep_buf_set(&change.log, scep_span_text(line.text),
		    err)) == SCEP_OK)
			rc = scep_store_commit(job->ca->store, &change, err);
		scep_txn_clear(&txn);
	}
	scep_pending_clear(&p);
	scep_change_clear(&change);
	return rc;
}

/* The challenge is used up in the transaction that issues, or not at all. */
static enum scep_err
spend(struct job *job, struct scep_span cert_key, struct scep_change *change,
    struct scep_error *err)
{
	uint8_t		 request[SCEP_SHA256_LEN];
	enum scep_err	 rc;

	if (job->facts.challenge != SCEP_CH_RECORD)
		return SCEP_OK;
	if ((rc = scep_challenge_request(job->ca->crypto, job->csr, request,
	    err)) != SCEP_OK ||
	    (rc = scep_challenge_spend(&job->record, job->now, request,
	    cert_key, err)) != SCEP_OK)
		return rc;
	return scep_challenge_write(change, &job->record, err);
}

static enum scep_err
commit_grant(struct job *job, const struct scep_cert_rec *cert,
    const struct scep_line *line, struct scep_error *err)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_txn		 txn;
	enum scep_err		 rc;

	if ((rc = fill_txn(job, SCEP_TXN_GRANTED, cert->not_after +
	    SCEP_TXN_KEPT_S, &txn, err)) != SCEP_OK)
		return rc;
	if ((rc = scep_cert_key(scep_buf_span(&cert->serial), cert->issuer,
	    &txn.cert_key, err)) == SCEP_OK &&
	    (rc = scep_cert_rec_write(&change, cert, err)) == SCEP_OK &&
	    (rc = scep_txn_write(&change, &txn, err)) == SCEP_OK &&
	    (rc = spend(job, scep_buf_span(&txn.cert_key), &change, err)) ==
	    SCEP_OK &&
	    (rc = scep_buf_set(&change.log, scep_span_text(line->text),
	    err)) == SCEP_OK)
		rc = scep_store_commit(job->ca->store, &change, err);
	scep_change_clear(&change);
	scep_txn_clear(&txn);
	return rc;
}

/* Steps 10 and 11: sign, remember, and only then answer. */
static enum scep_err
issue(struct job *job, const struct scep_grant *grant, const char *why,
    struct scep_error *err)
{
	struct scep_line	 line = { .len = 0 };
	struct scep_cert_rec	 cert;
	enum scep_err		 rc;

	if ((rc = scep_issue(job->ca->crypto, grant, job->now, &cert, err)) !=
	    SCEP_OK)
		return rc;
	answer_is(job, SCEP_GRANTED, why);
	scep_hex_text(scep_buf_span(&cert.serial), job->answer->serial,
	    sizeof(job->answer->serial));
	log_start(job, "issued", &line);
	scep_line_text(&line, "serial", job->answer->serial);
	scep_line_text(&line, "authority", cert.authority);
	(void)snprintf(job->answer->authority, sizeof(job->answer->authority),
	    "%.95s", cert.authority);
	if ((rc = commit_grant(job, &cert, &line, err)) == SCEP_OK)
		rc = scep_buf_set(&job->answer->cert,
		    scep_buf_span(&cert.der), err);
	scep_cert_rec_clear(&cert);
	return rc;
}

/* Step 9, and what follows from it. */
static enum scep_err
decide_and_act(struct job *job, struct scep_error *err)
{
	const struct scep_rules	 rules = {
		.by_challenge = (job->profile->authorise &
		    SCEP_BIT(SCEP_BY_CHALLENGE)) != 0,
		.by_manual = (job->profile->authorise &
		    SCEP_BIT(SCEP_BY_MANUAL)) != 0,
	};
	struct scep_buf		 san = { NULL, 0 };
	char			 authority[SCEP_REC_TEXT] = "static challenge";
	struct scep_asked	 asked = {
		.profile = job->profile,
		.ca = &job->ca->cfg->ca[job->profile->ca],
		.subject = job->csr->subject,
		.spki = job->csr->key.spki,
		.request_id = job->ask->request_id,
		.authority = authority,
	};
	struct scep_grant	*grant = NULL;
	enum scep_decision	 decision = SCEP_REFUSE;
	const char		*why = "";
	enum scep_err		 rc = SCEP_OK;

	if (job->facts.challenge == SCEP_CH_RECORD)
		(void)snprintf(authority, sizeof(authority), "challenge %s",
		    job->record.id);
	/* What may not be issued does not encode, and is refused anyway. */
	if (job->csr->san.n > 0 && job->facts.san_allowed)
		rc = scep_san_encode(&job->csr->san, &san, err);
	asked.san = scep_buf_span(&san);
	if (rc == SCEP_OK)
		rc = scep_authorise(&rules, &job->facts, &asked, &decision,
		    &why, &grant, err);
	if (rc == SCEP_OK && decision == SCEP_GRANT)
		rc = issue(job, grant, why, err);
	else if (rc == SCEP_OK && decision == SCEP_PEND)
		rc = queue(job, why, err);
	else if (rc == SCEP_OK && decision == SCEP_REPEAT)
		rc = repeat(job, why, err);
	else if (rc == SCEP_OK && decision == SCEP_DEFER)
		rc = scep_fail(err, SCEP_E_BUSY, "%s", why);
	else if (rc == SCEP_OK)
		rc = refuse(job, why);
	scep_grant_free(grant);
	scep_buf_clear(&san);
	return rc;
}

/* Transaction and challenge are locked against a rival. */
static enum scep_err
attempt(struct job *job, struct scep_error *err)
{
	enum scep_err	 rc;

	scep_answer_clear(job->answer);
	check_names(job);
	if ((rc = scep_transaction_fact(job->ca, job->profile, &job->key,
	    job->now, &job->txn, &job->facts.txn, err)) == SCEP_OK &&
	    (rc = gather_challenge(job, err)) == SCEP_OK &&
	    (rc = gather_queue(job, err)) == SCEP_OK)
		rc = decide_and_act(job, err);
	scep_txn_clear(&job->txn);
	if (job->has_record)
		scep_challenge_clear(&job->record);
	job->has_record = 0;
	return rc;
}

static enum scep_err
run(struct job *job, struct scep_error *err)
{
	struct scep_span	 keys[2];
	enum scep_err		 rc;
	int			 i;

	if ((rc = read_csr(job, err)) != SCEP_OK ||
	    (rc = read_signer(job, err)) != SCEP_OK)
		return rc;
	if (!scep_challenge_id(job->csr->challenge, job->challenge_id))
		job->challenge_id[0] = '\0';
	keys[0] = scep_span_make(job->key.prefix, sizeof(job->key.prefix));
	keys[1] = scep_span_text(job->challenge_id);
	scep_keylock_take(job->ca->lock, keys, 2);
	for (i = 0; i < TRIES; i++)
		if ((rc = attempt(job, err)) != SCEP_E_CHANGED)
			break;
	scep_keylock_give(job->ca->lock, keys, 2);
	if (rc == SCEP_E_CHANGED)
		rc = scep_fail(err, SCEP_E_BUSY, "overtaken %d times", TRIES);
	return rc;
}

enum scep_err
scep_local_enrol(struct scep_ca *ca, time_t now,
    const struct scep_enrolment *ask, struct scep_answer *answer,
    struct scep_error *err)
{
	struct job	 job = {
		.ca = (struct scep_local *)ca,
		.now = now,
		.ask = ask,
		.answer = answer,
	};
	enum scep_err	 rc;

	memset(answer, 0, sizeof(*answer));
	answer->cipher = -1;
	job.profile = scep_config_profile(job.ca->cfg, ask->profile);
	if (job.profile == NULL)
		return scep_fail(err, SCEP_E_INTERNAL,
		    "the worker asks for profile \"%s\"", ask->profile);
	job.facts.is_renewal = ask->type == SCEP_MSG_RENEWALREQ;
	rc = run(&job, err);
	scep_csr_free(job.csr);
	if (rc != SCEP_OK)
		scep_answer_clear(answer);
	return rc;
}
