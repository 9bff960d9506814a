/*
 * story.c - events of requests, put into words.
 */
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/story.h"
#include "ca/traces.h"

static void
begin(struct scep_local *ca, time_t now, enum scep_trace_kind kind,
    const char *id, const char *profile, struct scep_trace *t)
{
	memset(t, 0, sizeof(*t));
	OPENSSL_strlcpy(t->id, id, sizeof(t->id));
	OPENSSL_strlcpy(t->request_id, id, sizeof(t->request_id));
	OPENSSL_strlcpy(t->last_id, id, sizeof(t->last_id));
	OPENSSL_strlcpy(t->profile, profile, sizeof(t->profile));
	t->kind = kind;
	t->nr = scep_traces_number(ca->memory->traces);
	t->when = t->last = now;
	t->count = 1;
	t->expires = now + ca->cfg->server.explain_keep_s;
}

/* What strangers can cause. */
static void
make_passing(struct scep_trace *t)
{
	t->passing = 1;
	if (t->expires > t->when + SCEP_PASSING_KEPT_S)
		t->expires = t->when + SCEP_PASSING_KEPT_S;
}

/* Of an event in memory: without memory there is none. */
static void
add_or_drop(struct scep_local *ca, struct scep_trace *t, enum scep_err rc)
{
	if (rc == SCEP_OK)
		scep_traces_add(ca->memory->traces, t);
	else
		scep_trace_clear(t);
}

static enum scep_err
set_line(struct scep_buf *out, const struct scep_line *line,
    struct scep_error *err)
{
	return scep_buf_set(out, scep_span_make(line->text, line->len), err);
}

/* During a rollover, two may be at work. */
void
scep_story_issuer(struct scep_line *line, const struct scep_ca_conf *issuer)
{
	scep_line_fmt(line, "issued_by", "generation %u of CA %s",
	    issuer->generation, issuer->name);
}

/* What the client is told. */
static void
say_answer(const struct scep_answer *answer, enum scep_err rc,
    const struct scep_error *why, struct scep_line *line)
{
	if (rc != SCEP_OK) {
		scep_line_fmt(line, "answer", "HTTP %d", scep_err_http(rc));
		scep_line_text(line, "reason", why->text);
		return;
	}
	if (answer->outcome == SCEP_REFUSED)
		scep_line_fmt(line, "answer", "FAILURE %s",
		    scep_err_name(answer->code));
	else
		scep_line_text(line, "answer", answer->outcome ==
		    SCEP_GRANTED ? "SUCCESS" : "PENDING");
	scep_line_text(line, "reason", answer->reason);
	if (answer->authority[0] != '\0')
		scep_line_text(line, "authority", answer->authority);
}

static void
say_consulted(const struct scep_consulted *c, struct scep_line *line)
{
	if (c->n > 0)
		scep_line_number(line, "validator_ms", c->ms);
}

/* Its words, whatever was done with them. */
static void
say_validator(const struct scep_job *job, struct scep_line *line)
{
	const struct scep_validator_answer	*said = &job->said;

	if (job->facts.validator == SCEP_VA_NOT_ASKED)
		return;
	scep_line_text(line, "validator",
	    scep_validator_word(job->facts.validator));
	if (said->reason[0] != '\0')
		scep_line_text(line, "validator_reason", said->reason);
	if (said->subject.len > 0 || said->has_san || said->validity_s > 0)
		scep_line_fmt(line, "validator_sets", "%s%s%s",
		    said->subject.len > 0 ? "subject " : "",
		    said->has_san ? "san " : "",
		    said->validity_s > 0 ? "validity" : "");
}

/* A challenge that is none of ours may be somebody's password: nothing of it
 * is told. */
static const char *
challenge_text(const struct scep_job *job)
{
	if (job->facts.challenge == SCEP_CH_ABSENT)
		return "none";
	if (job->record_id[0] != '\0')
		return job->record_id;
	return job->facts.challenge == SCEP_CH_STATIC ? "static" : "unknown";
}

/* What it asked for, whatever it was given. */
static void
say_names(const struct scep_csr *csr, struct scep_line *line)
{
	const struct scep_san	*san;
	char			 text[SCEP_NAME_TEXT];
	size_t			 i;

	if (csr->names.code != SCEP_OK) {
		scep_line_text(line, "unreadable_names", csr->names.text);
		return;
	}
	scep_name_write(&csr->name, text, sizeof(text));
	scep_line_text(line, "subject", text);
	for (i = 0; i < csr->san.n; i++) {
		san = &csr->san.san[i];
		scep_line_fmt(line, "san", "%s:%.*s",
		    scep_san_type_name(san->type), (int)san->value.len,
		    san->value.len > 0 ? (const char *)san->value.data : "");
	}
}

/* The same work for the CA's own request, of which nothing is told. */
static void
say_request(const struct scep_job *job, struct scep_line *line)
{
	const struct scep_csr	*csr = job->csr;
	char			 text[SCEP_NAME_TEXT];

	scep_line_text(line, "signer", job->facts.self_signed ?
	    "self-signed" : job->signer_is_ours ? "certificate of ours" :
	    "another certificate");
	if (job->facts.is_renewal) {
		scep_hex_text(job->signer.serial, text, sizeof(text));
		scep_line_text(line, "signer_serial", text);
	}
	scep_line_fmt(line, "key", "%s %d", scep_key_type_name(csr->key.type),
	    csr->key.bits);
	scep_hex_text(scep_span_make(csr->key.sha256, SCEP_SHA256_LEN), text,
	    sizeof(text));
	scep_line_text(line, "key_sha256", text);
	scep_line_text(line, "challenge", challenge_text(job));
	if (job->sets_names)
		scep_line_text(line, "names", "given by the challenge");
	if (csr->other_exts > 0)
		scep_line_fmt(line, "ignored_extensions", "%d",
		    csr->other_exts);
	say_names(csr, line);
	if (job->facts.unreadable || job->facts.reused_envelope) {
		memset(line, 0, sizeof(*line));
		scep_line_text(line, "unreadable", "yes");
	}
}

/* A grant leaves this in the store, so it is short: the rule that decided, and
 * a letter for each of the table, by enum scep_rule_outcome. */
#define TABLE	"table"
#define LETTERS	"-psd"

/* None if trouble came before the rules. */
static void
say_rules(const struct scep_verdict *v, struct scep_line *line)
{
	char		 letters[SCEP_RULES];
	unsigned int	 i, decided = SCEP_RULES;

	for (i = 0; i < SCEP_RULES; i++) {
		letters[i] = LETTERS[v->rule[i]];
		if (v->rule[i] == SCEP_RULE_DECIDED)
			decided = i;
	}
	if (decided == SCEP_RULES)
		return;
	scep_line_text(line, scep_rule_name(decided),
	    scep_decision_name(v->decision));
	scep_line_add(line, TABLE, scep_span_make(letters, SCEP_RULES));
}

/* Where the rule that decided has another place by now, nothing is known of
 * the others.  Stories of before have all of them by their names. */
void
scep_story_rules(struct scep_span stored, struct scep_line *out)
{
	struct scep_span	 rest = stored, by, outcome;
	char			 letters[64], name[64];
	unsigned int		 i, decided;

	out->len = 0;
	if (!scep_line_get(stored, TABLE, letters, sizeof(letters)) ||
	    !scep_line_next(&rest, &by, &outcome)) {
		out->len = stored.len < sizeof(out->text) ? stored.len : 0;
		if (out->len > 0)
			memcpy(out->text, stored.data, out->len);
		out->text[out->len] = '\0';
		return;
	}
	decided = (unsigned int)strcspn(letters, "d");
	if (scep_span_equal(by, scep_span_text(scep_rule_name(decided))))
		for (i = 0; i < decided; i++)
			scep_line_text(out, scep_rule_name(i),
			    letters[i] == 'p' ? "pass" : "skip");
	if (by.len >= sizeof(name))
		return;
	memcpy(name, by.data, by.len);
	name[by.len] = '\0';
	scep_line_add(out, name, outcome);
}

static enum scep_err
fill(const struct scep_job *job, enum scep_err rc,
    const struct scep_error *why, struct scep_trace *t,
    struct scep_error *err)
{
	struct scep_line	 request = { .len = 0 }, rules = { .len = 0 };
	struct scep_line	 result = { .len = 0 };
	enum scep_err		 done;

	OPENSSL_strlcpy(t->serial, job->answer->serial, sizeof(t->serial));
	if (job->csr != NULL)		/* else trouble came before it */
		say_request(job, &request);
	say_rules(&job->verdict, &rules);
	say_answer(job->answer, rc, why, &result);
	say_validator(job, &result);
	say_consulted(&job->consulted, &result);
	if (t->kind == SCEP_TRACE_GRANTED)
		scep_story_issuer(&result, job->issuer);
	if ((done = scep_buf_set(&t->txid, job->ask->txid, err)) != SCEP_OK ||
	    (done = scep_buf_set(&t->message, job->ask->asked, err)) !=
	    SCEP_OK ||
	    (done = set_line(&t->request, &request, err)) != SCEP_OK ||
	    (done = set_line(&t->rules, &rules, err)) != SCEP_OK)
		return done;
	return set_line(&t->result, &result, err);
}

enum scep_err
scep_story_kept(const struct scep_job *job, enum scep_trace_kind kind,
    struct scep_change *change, struct scep_error *err)
{
	struct scep_trace	 t;
	enum scep_err		 rc;

	begin(job->ca, job->now, kind, job->ask->request_id,
	    job->profile->name, &t);
	if (kind == SCEP_TRACE_QUEUED)
		t.expires += job->profile->pending_ttl_s;
	if ((rc = fill(job, SCEP_OK, NULL, &t, err)) == SCEP_OK)
		rc = scep_trace_write(change, &t, err);
	scep_trace_clear(&t);
	return rc;
}

static enum scep_trace_kind
kind_of(const struct scep_answer *answer, enum scep_err rc)
{
	if (rc != SCEP_OK)
		return SCEP_TRACE_TROUBLE;
	return answer->outcome == SCEP_GRANTED ? SCEP_TRACE_DELIVERED :
	    answer->outcome == SCEP_PENDING ? SCEP_TRACE_WAITING :
	    SCEP_TRACE_REFUSED;
}

void
scep_story_passed(const struct scep_job *job, enum scep_err rc,
    const struct scep_error *why)
{
	struct scep_trace	 t;
	struct scep_error	 ignored;

	if (rc == SCEP_OK && job->answer->outcome != SCEP_REFUSED &&
	    !job->answer->repeated)
		return;			/* kept */
	begin(job->ca, job->now, kind_of(job->answer, rc),
	    job->ask->request_id, job->profile->name, &t);
	if (t.kind != SCEP_TRACE_DELIVERED)
		make_passing(&t);
	if (job->story[0] != '\0')
		OPENSSL_strlcpy(t.request_id, job->story,
		    sizeof(t.request_id));
	add_or_drop(job->ca, &t, fill(job, rc, why, &t, &ignored));
}

void
scep_story_poll(struct scep_local *ca, time_t now,
    const struct scep_poll *ask, struct scep_span txid,
    const struct scep_txn *txn, const struct scep_answer *answer,
    enum scep_err rc, const struct scep_error *why)
{
	struct scep_line	 result = { .len = 0 };
	struct scep_trace	 t;
	struct scep_error	 ignored;
	enum scep_err		 done;

	begin(ca, now, kind_of(answer, rc), ask->request_id, ask->profile,
	    &t);
	if (t.kind != SCEP_TRACE_DELIVERED)
		make_passing(&t);
	if (txn != NULL)
		OPENSSL_strlcpy(t.request_id, txn->request_id,
		    sizeof(t.request_id));
	OPENSSL_strlcpy(t.serial, answer->serial, sizeof(t.serial));
	say_answer(answer, rc, why, &result);
	say_consulted(&answer->consulted, &result);
	if ((done = scep_buf_set(&t.txid, txid, &ignored)) == SCEP_OK &&
	    (done = scep_buf_set(&t.message, ask->asked, &ignored)) ==
	    SCEP_OK)
		done = set_line(&t.result, &result, &ignored);
	add_or_drop(ca, &t, done);
}

enum scep_err
scep_story_pending(struct scep_local *ca, time_t now,
    const struct scep_pending *p, enum scep_trace_kind kind,
    const struct scep_line *result, const char *serial,
    struct scep_change *change, struct scep_error *err)
{
	struct scep_trace	 t;
	enum scep_err		 rc;

	begin(ca, now, kind, p->request_id, p->profile, &t);
	OPENSSL_strlcpy(t.serial, serial, sizeof(t.serial));
	if ((rc = scep_buf_set(&t.txid, scep_buf_span(&p->txid), err)) ==
	    SCEP_OK &&
	    (rc = set_line(&t.result, result, err)) == SCEP_OK)
		rc = scep_trace_write(change, &t, err);
	scep_trace_clear(&t);
	return rc;
}

enum scep_err
scep_story_revoked(struct scep_local *ca, time_t now,
    const struct scep_cert_rec *rec, const char *reason, const char *by,
    struct scep_change *change, struct scep_error *err)
{
	struct scep_line	 result = { .len = 0 };
	struct scep_trace	 t;
	enum scep_err		 rc;

	begin(ca, now, SCEP_TRACE_REVOKED, rec->request_id, rec->profile,
	    &t);
	scep_hex_text(scep_buf_span(&rec->serial), t.serial,
	    sizeof(t.serial));
	scep_line_text(&result, "by", by);
	scep_line_text(&result, "reason", reason);
	if ((rc = set_line(&t.result, &result, err)) == SCEP_OK)
		rc = scep_trace_write(change, &t, err);
	scep_trace_clear(&t);
	return rc;
}

void
scep_local_note(struct scep_ca *self, time_t now, const struct scep_note *note)
{
	struct scep_local		*ca = (struct scep_local *)self;
	const struct scep_profile	*profile;
	struct scep_trace		 t;
	struct scep_error		 ignored;
	enum scep_err			 rc;

	/* Not every worker's word is a name. */
	profile = *note->profile == '\0' ? NULL :
	    scep_config_profile(ca->cfg, note->profile);
	begin(ca, now, SCEP_TRACE_REJECTED, note->request_id,
	    profile != NULL ? profile->name : "", &t);
	make_passing(&t);
	if ((rc = scep_buf_set(&t.txid, note->txid, &ignored)) == SCEP_OK &&
	    (rc = scep_buf_set(&t.message, note->asked, &ignored)) ==
	    SCEP_OK)
		rc = scep_buf_set(&t.result, note->result, &ignored);
	add_or_drop(ca, &t, rc);
}
