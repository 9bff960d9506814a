/*
 * admin_explain.c - what became of a request: found by its id, by the serial
 * of its certificate, or by its transactionID.
 *
 * A transactionID is the client's choice: several requests may have one.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/admin_story.h"
#include "ca/damage.h"
#include "ca/traces.h"

#define WHAT_MAX	1024
#define SERIAL_MAX	40	/* octets */
#define FOUND_MAX	10000	/* requests of one transactionID */
#define SHOWN_MAX	20	/* … of which so many are told, newest first */

/* A request that fits what was asked for. */
struct found {
	char	 id[SCEP_REQUEST_ID];
	time_t	 when;
};

struct search {
	struct scep_admin_call	*call;
	char			 id[SCEP_REQUEST_ID];	/* or "" */
	struct scep_span	 text;			/* as it was typed */
	struct scep_span	 octets;		/* … as hex, or empty */
	struct scep_buf		 serial;		/* prefix of keys */
	struct scep_story_left	 left;
	struct scep_txn		 txn;
	struct scep_cert_rec	 cert;
	struct found		*found;
	size_t			 n;
};

static enum scep_err
add(struct search *s, const char *id, time_t when)
{
	/* A certificate that was imported had no request. */
	if (strlen(id) != SCEP_REQUEST_ID - 1)
		return SCEP_OK;
	if (s->n == FOUND_MAX)
		return SCEP_E_EXISTS;
	memcpy(s->found[s->n].id, id, SCEP_REQUEST_ID);
	s->found[s->n++].when = when;
	return SCEP_OK;
}

static int
is_txid(const struct search *s, const struct scep_buf *txid)
{
	const struct scep_span	 t = scep_buf_span(txid);

	return t.len > 0 && (scep_span_equal(t, s->text) ||
	    scep_span_equal(t, s->octets));
}

/* Events. */

static enum scep_err
add_row(void *arg, const struct scep_row *row, struct scep_error *err)
{
	struct search		*s = arg;
	struct scep_trace	 t;
	enum scep_err		 rc;

	if (scep_damage_is(s->call->ca, SCEP_T_TRACE, row))
		return SCEP_OK;
	if ((rc = scep_trace_decode(scep_buf_span(&row->value), &t, err)) !=
	    SCEP_OK)
		return rc;
	rc = add(s, t.request_id, t.when);
	scep_trace_clear(&t);
	return rc;
}

static enum scep_err
add_row_of_id(void *arg, const struct scep_row *row, struct scep_error *err)
{
	const struct search	*s = arg;
	const size_t		 len = sizeof(s->id) - 1;

	if (row->key.len < len || memcmp(row->key.data, s->id, len) != 0)
		return SCEP_E_EXISTS;
	return add_row(arg, row, err);
}

static enum scep_err
add_event(void *arg, const struct scep_trace *t, struct scep_error *err)
{
	struct search	*s = arg;

	(void)err;
	if (!is_txid(s, &t->txid) && strcmp(t->id, s->id) != 0 &&
	    strcmp(t->last_id, s->id) != 0)
		return SCEP_OK;
	(void)add(s, t->request_id, t->when);
	return SCEP_OK;
}

static enum scep_err
find_transaction(struct search *s, struct scep_span txid,
    struct scep_error *err)
{
	struct scep_buf	 to = { NULL, 0 };
	enum scep_err	 rc;

	if (txid.len == 0)
		return SCEP_OK;
	/* No other key sorts before it with a NUL behind. */
	if ((rc = scep_buf_set(&to, txid, err)) == SCEP_OK &&
	    (rc = scep_buf_add(&to, scep_span_make("", 1), err)) == SCEP_OK)
		rc = scep_store_scan_index(s->call->ca->store,
		    SCEP_IX_TRACE_TRANSACTION, txid, scep_buf_span(&to),
		    add_row, s, err);
	scep_buf_clear(&to);
	return rc;
}

static enum scep_err
find_events(struct search *s, struct scep_error *err)
{
	struct scep_local	*ca = s->call->ca;
	enum scep_err		 rc = SCEP_OK;

	if (s->id[0] != '\0')
		rc = scep_store_scan(ca->store, SCEP_T_TRACE,
		    scep_span_text(s->id), add_row_of_id, s, err);
	if (rc != SCEP_OK ||
	    (rc = find_transaction(s, s->text, err)) != SCEP_OK ||
	    (!scep_span_equal(s->octets, s->text) &&
	    (rc = find_transaction(s, s->octets, err)) != SCEP_OK))
		return rc;
	return scep_traces_each(ca->memory->traces, add_event, s, err);
}

/* Certificates. */

static enum scep_err
add_cert(void *arg, const struct scep_row *row, struct scep_error *err)
{
	struct search		*s = arg;
	struct scep_cert_rec	 rec;
	enum scep_err		 rc;

	if (row->key.len < s->serial.len || memcmp(row->key.data,
	    s->serial.data, s->serial.len) != 0)
		return SCEP_E_EXISTS;
	if ((rc = scep_cert_rec_decode(scep_buf_span(&row->value), &rec,
	    err)) != SCEP_OK)
		return rc;
	rc = add(s, rec.request_id, rec.issued);
	if (s->left.cert == NULL) {
		s->cert = rec;		/* transferred */
		s->left.cert = &s->cert;
	} else
		scep_cert_rec_clear(&rec);
	return rc;
}

/* The octets as an INTEGER has them: leading zeros count only where the next
 * bit is set. */
static enum scep_err
find_serial(struct search *s, struct scep_error *err)
{
	struct scep_span	 n = s->octets;
	struct scep_buf		 serial = { NULL, 0 };
	enum scep_err		 rc;

	for (; n.len > 0 && *n.data == 0; n.data++)
		n.len--;
	if (n.len == 0 || n.len >= SERIAL_MAX)
		return SCEP_OK;
	if ((rc = scep_buf_set(&serial, scep_span_make("", *n.data >= 0x80 ?
	    1 : 0), err)) == SCEP_OK &&
	    (rc = scep_buf_add(&serial, n, err)) == SCEP_OK &&
	    (rc = scep_cert_key(scep_buf_span(&serial), NULL, &s->serial,
	    err)) == SCEP_OK)
		rc = scep_store_scan(s->call->ca->store, SCEP_T_CERTIFICATE,
		    scep_buf_span(&s->serial), add_cert, s, err);
	scep_buf_clear(&serial);
	return rc;
}

/* When there are no events any more: every transaction is looked at. */

static enum scep_err
add_txn(void *arg, const struct scep_row *row, struct scep_error *err)
{
	struct search	*s = arg;
	struct scep_txn	 txn;
	enum scep_err	 rc;

	if (scep_damage_is(s->call->ca, SCEP_T_TRANSACTION, row))
		return SCEP_OK;
	if ((rc = scep_txn_decode(scep_buf_span(&row->value), &txn, err)) !=
	    SCEP_OK)
		return rc;
	if (!is_txid(s, &txn.txid) && strcmp(txn.request_id, s->id) != 0) {
		scep_txn_clear(&txn);
		return SCEP_OK;
	}
	rc = add(s, txn.request_id, txn.created);
	scep_txn_clear(&s->txn);
	s->txn = txn;			/* transferred */
	s->left.txn = &s->txn;
	return rc;
}

static enum scep_err
find_left(struct search *s, struct scep_error *err)
{
	struct scep_store	*store = s->call->ca->store;
	enum scep_err		 rc;

	if ((rc = scep_store_scan(store, SCEP_T_TRANSACTION,
	    scep_span_make(NULL, 0), add_txn, s, err)) != SCEP_OK ||
	    s->left.txn == NULL || s->txn.cert_key.len == 0)
		return rc;
	rc = scep_cert_rec_get(store, scep_buf_span(&s->txn.cert_key),
	    &s->cert, err);
	if (rc == SCEP_OK)
		s->left.cert = &s->cert;
	return rc == SCEP_E_NOTFOUND ? SCEP_OK : rc;
}

static enum scep_err
find(struct search *s, struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = find_events(s, err)) != SCEP_OK ||
	    (rc = find_serial(s, err)) != SCEP_OK || s->n > 0)
		return rc;
	return find_left(s, err);
}

/* Newest first, each once. */

static int
compare(const void *a, const void *b)
{
	const struct found	*x = a, *y = b;
	const int		 c = strcmp(x->id, y->id);

	return c != 0 ? c : (x->when < y->when) - (x->when > y->when);
}

static int
newer(const void *a, const void *b)
{
	const struct found	*x = a, *y = b;

	return x->when != y->when ? (x->when < y->when ? 1 : -1) :
	    strcmp(x->id, y->id);
}

static void
sort(struct search *s)
{
	size_t	 i, n = 0;

	qsort(s->found, s->n, sizeof(*s->found), compare);
	for (i = 0; i < s->n; i++)
		if (n == 0 || strcmp(s->found[i].id, s->found[n - 1].id) != 0)
			s->found[n++] = s->found[i];
	s->n = n;
	qsort(s->found, s->n, sizeof(*s->found), newer);
}

static enum scep_err
tell(struct search *s, struct scep_error *err)
{
	const struct scep_story_left	 none = { .txn = NULL };
	json_t				*stories = json_array(), *story;
	enum scep_err			 rc = SCEP_OK;
	size_t				 i;

	for (i = 0; rc == SCEP_OK && i < s->n && i < SHOWN_MAX; i++)
		if ((rc = scep_admin_story(s->call, s->found[i].id, s->n == 1 ?
		    &s->left : &none, &story, err)) == SCEP_OK)
			(void)json_array_append_new(stories, story);
	if (rc != SCEP_OK) {
		json_decref(stories);
		return rc;
	}
	return scep_admin_object(s->call, json_pack("{s:I,s:o}", "requests",
	    (json_int_t)s->n, "stories", stories), err);
}

static enum scep_err
nothing(const struct search *s, struct scep_error *err)
{
	if (s->left.cert != NULL)
		return scep_fail(err, SCEP_E_NOTFOUND, "no request led to "
		    "this certificate: %.200s; scepadm cert show tells what "
		    "is known of it", s->left.cert->authority);
	return scep_fail(err, SCEP_E_NOTFOUND, "no request has this id, "
	    "transactionID or serial; what was refused is kept for "
	    "%ld days at most, and %ld of them (explain_keep, "
	    "explain_refused in scep.conf); the log and issue.log may "
	    "still have it", SCEP_PASSING_KEPT_S / 86400,
	    s->call->ca->cfg->server.explain_refused);
}

/* What was typed, in each way in which it may be meant. */
static void
read_what(struct search *s, const char *what, uint8_t octets[WHAT_MAX])
{
	struct scep_error	 ignored;
	size_t			 i, len = 0;

	s->text = scep_span_text(what);
	if (scep_hex_read(what, octets, WHAT_MAX, &len, &ignored) == SCEP_OK)
		s->octets = scep_span_make(octets, len);
	if (s->text.len != sizeof(s->id) - 1 || s->octets.len != 8)
		return;
	for (i = 0; i < sizeof(s->id); i++)
		s->id[i] = (char)tolower((unsigned char)what[i]);
}

static enum scep_err
explain(struct scep_admin_call *call, struct scep_error *err)
{
	const char	*what = scep_admin_text(call, "what", "");
	uint8_t		 octets[WHAT_MAX];
	struct search	 s = { .call = call };
	enum scep_err	 rc;

	if ((s.found = calloc(FOUND_MAX, sizeof(*s.found))) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "explain");
	scep_line_text(&call->summary, "what", what);
	read_what(&s, what, octets);
	rc = find(&s, err);
	sort(&s);
	if (rc == SCEP_OK && s.n == 0)
		rc = nothing(&s, err);
	if (rc == SCEP_OK)
		rc = tell(&s, err);
	scep_txn_clear(&s.txn);
	scep_cert_rec_clear(&s.cert);
	scep_buf_clear(&s.serial);
	free(s.found);
	return rc;
}

static const struct scep_admin_member	what_members[] = {
	{ "what", SCEP_ADMIN_TEXT, 1, 1, WHAT_MAX },
	{ NULL, SCEP_ADMIN_TEXT, 0, 0, 0 }
};

const struct scep_admin_verb	scep_admin_explain[] = {
	{ "explain", what_members, explain },
	{ NULL, NULL, NULL }
};
