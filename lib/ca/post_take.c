/*
 * post_take.c - which notice is the next on its way, and what is handed over.
 *
 * Of those that are due, the profiles take turns, and of one profile what
 * strangers can cause comes last.
 */
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/error.h"
#include "ca/damage.h"
#include "ca/notices.h"

/* Whose are on their way; the caller holds mutex. */

static int
is_away(const struct scep_notices *n, const char *id)
{
	size_t	 i;

	for (i = 0; i < SCEP_POST_MAX; i++)
		if (strcmp(n->away[i], id) == 0)
			return 1;
	return 0;
}

static char *
free_place(struct scep_notices *n)
{
	size_t	 i;

	for (i = 0; i < SCEP_POST_MAX; i++)
		if (n->away[i][0] == '\0')
			return n->away[i];
	return NULL;
}

struct choice {
	struct scep_local	*ca;
	time_t			 recovered;	/* of its lane, looking at
						   what is not due */
	struct scep_notice	*found;
	int			 has;
};

static enum scep_err
see_row(void *arg, const struct scep_row *row, struct scep_error *err)
{
	struct choice		*c = arg;
	struct scep_notices	*n = c->ca->memory->notices;
	enum scep_err		 rc;
	int			 is_ours;

	/* All that comes behind it need not wait. */
	if ((rc = scep_notice_whole(row, c->found, err)) == SCEP_E_STORE) {
		scep_damage_note(c->ca, SCEP_T_NOTICE,
		    scep_buf_span(&row->key), err);
		return SCEP_OK;
	}
	if (rc != SCEP_OK)
		return rc;
	(void)pthread_mutex_lock(&n->mutex);
	is_ours = !is_away(n, c->found->id) &&
	    (c->recovered == 0 || c->found->last < c->recovered);
	(void)pthread_mutex_unlock(&n->mutex);
	if (is_ours) {
		c->has = 1;
		return SCEP_E_EXISTS;
	}
	scep_notice_clear(c->found);
	return SCEP_OK;
}

/* Index key: profile, NUL, minor, time. */
#define DUE_KEY	(SCEP_NAME_LEN + 1 + SCEP_INDEX_TIME)

static size_t
due_key(const char *profile, int minor, time_t t, uint8_t out[DUE_KEY])
{
	const size_t	 len = strlen(profile) + 1;

	memcpy(out, profile, len);
	out[len] = (uint8_t)minor;
	scep_index_time(t, out + len + 1);
	return len + 1 + SCEP_INDEX_TIME;
}

static enum scep_err
look(struct choice *c, const char *profile, time_t from, time_t to,
    struct scep_error *err)
{
	uint8_t		 first[DUE_KEY], last[DUE_KEY];
	size_t		 n, m;
	enum scep_err	 rc = SCEP_OK;
	int		 minor;

	for (minor = 0; rc == SCEP_OK && !c->has && minor <= 1; minor++) {
		n = due_key(profile, minor, from, first);
		m = due_key(profile, minor, to, last);
		rc = scep_store_scan_index(c->ca->store, SCEP_IX_NOTICE_DUE,
		    scep_span_make(first, n), scep_span_make(last, m),
		    see_row, c, err);
	}
	return rc;
}

/* What has failed may fare better now: all of it is tried again. */
static void
begin_anew(struct scep_local *ca, struct scep_lane *lane, time_t now)
{
	lane->generation = ca->ca.generation;
	lane->again = 0;
	if (!ca->crypto->is_brief)	/* that one begins with each request */
		lane->recovered = now + 1;
}

/* May its receiver be called?  A start or a reload is a reason to try at once,
 * and so is a clock that was put back. */
static int
is_open(struct scep_local *ca, const char *profile, time_t now,
    time_t *recovered)
{
	struct scep_notices	*n = ca->memory->notices;
	struct scep_lane	*lane;
	int			 open;

	(void)pthread_mutex_lock(&n->mutex);
	lane = scep_notices_lane(n, profile);
	if (lane->generation < ca->ca.generation ||
	    lane->again > now + SCEP_LANE_WAIT)
		begin_anew(ca, lane, now);
	*recovered = lane->recovered;
	open = now >= lane->again &&
	    lane->away < (lane->failures > 0 ? 1 : SCEP_POST_EACH);
	(void)pthread_mutex_unlock(&n->mutex);
	return open;
}

_Static_assert(SCEP_LANE_WAIT >= SCEP_NOTIFY_S_MAX, "a call is seen");

/*
 * Who serves one request knows of no failure but what is in the store: what is
 * put off for the next minute has failed, or is being handed over by another
 * such process, and that till a little later.
 */
static enum scep_err
is_calm(struct choice *c, const char *profile, time_t now, int *calm,
    struct scep_error *err)
{
	enum scep_err	 rc = SCEP_OK;

	*calm = 1;
	if (!c->ca->crypto->is_brief)
		return SCEP_OK;
	if ((rc = look(c, profile, now + 1, now + 1 + SCEP_LANE_WAIT +
	    SCEP_CALL_MARGIN, err)) == SCEP_OK && c->has) {
		*calm = c->has = 0;
		scep_notice_clear(c->found);
	}
	return rc;
}

/* What is due; and what nobody would put off for so long, so that a clock was
 * put back since. */
static enum scep_err
look_due(struct choice *c, const char *profile, time_t now,
    struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = look(c, profile, 0, now + 1, err)) != SCEP_OK || c->has)
		return rc;
	return look(c, profile, now + SCEP_NOTICE_WAIT + 1, INT64_MAX, err);
}

static enum scep_err
choose(struct scep_local *ca, const struct scep_profile *p, time_t now,
    struct choice *c, struct scep_error *err)
{
	struct scep_notices	*n = ca->memory->notices;
	time_t			 recovered;
	enum scep_err		 rc;
	int			 calm;

	if (p->notify.hook.kind == SCEP_HOOK_NONE ||
	    !is_open(ca, p->name, now, &recovered))
		return SCEP_OK;
	if ((rc = is_calm(c, p->name, now, &calm, err)) != SCEP_OK || !calm)
		return rc;
	if ((rc = look_due(c, p->name, now, err)) != SCEP_OK || c->has ||
	    recovered == 0)
		return rc;
	/* Nothing is due; but what an outage put off may come. */
	c->recovered = recovered;
	rc = look(c, p->name, now + 1, INT64_MAX, err);
	c->recovered = 0;
	if (rc != SCEP_OK || c->has)
		return rc;
	(void)pthread_mutex_lock(&n->mutex);
	scep_notices_lane(n, p->name)->recovered = 0;
	(void)pthread_mutex_unlock(&n->mutex);
	return SCEP_OK;
}

/* Packing. */

/* The certificate goes in as the last member. */
static enum scep_err
add_der(struct scep_span der, struct scep_buf *question,
    struct scep_error *err)
{
	static const char	 front[] = ",\"certificate\":\"";
	static const char	 back[] = "\"}";
	const size_t		 len = 4 * ((der.len + 2) / 3);
	enum scep_err		 rc;
	uint8_t			*at;

	if (der.len == 0 || question->len == 0)
		return SCEP_OK;
	question->len--;
	if ((rc = scep_buf_add(question, scep_span_text(front), err)) !=
	    SCEP_OK)
		return rc;
	/* It writes a NUL, for which there is room. */
	if ((at = scep_buf_extend(question, len)) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "notice");
	(void)EVP_EncodeBlock(at, der.data, (int)der.len);
	return scep_buf_add(question, scep_span_text(back), err);
}

/* Without it, if there is none, or none that can be read: no later try would
 * fare better, and all that comes behind it would wait. */
static enum scep_err
add_cert(struct scep_store *store, const struct scep_notice *n,
    struct scep_parcel *out, struct scep_error *err)
{
	struct scep_cert_rec	 rec;
	struct scep_row		 row;
	enum scep_err		 rc;

	if ((rc = scep_store_get(store, SCEP_T_CERTIFICATE,
	    scep_buf_span(&n->cert_key), &row, err)) != SCEP_OK)
		return rc == SCEP_E_NOTFOUND ? SCEP_OK : rc;
	if ((rc = scep_cert_rec_decode(scep_buf_span(&row.value), &rec,
	    err)) == SCEP_OK) {
		rc = add_der(scep_buf_span(&rec.der), &out->question, err);
		scep_cert_rec_clear(&rec);
	} else if (rc != SCEP_E_NOMEM) {
		rc = SCEP_OK;
		if (n->tries == 0)
			OPENSSL_strlcpy(out->lacks, err->text,
			    sizeof(out->lacks));
	}
	scep_row_clear(&row);
	return rc;
}

static enum scep_err
pack(struct scep_local *ca, const struct scep_profile *p,
    const struct scep_notice *n, struct scep_parcel *out,
    struct scep_error *err)
{
	const struct scep_buf	 none = { NULL, 0 };
	enum scep_err		 rc;

	OPENSSL_strlcpy(out->id, n->id, sizeof(out->id));
	OPENSSL_strlcpy(out->profile, n->profile, sizeof(out->profile));
	out->host = ca->memory->hooks;
	out->hook = p->notify.hook;
	out->hook.key = none;
	if ((rc = scep_buf_set(&out->hook.key,
	    scep_buf_span(&p->notify.hook.key), err)) != SCEP_OK ||
	    (rc = scep_buf_set(&out->question, scep_buf_span(&n->body),
	    err)) != SCEP_OK || n->cert_key.len == 0)
		return rc;
	return add_cert(ca->store, n, out, err);
}

/* It is away, if there is a place for it. */
static enum scep_err
send_off(struct scep_local *ca, const struct scep_parcel *parcel,
    struct scep_error *err)
{
	struct scep_notices	*n = ca->memory->notices;
	enum scep_err		 rc = SCEP_OK;
	char			*place;

	(void)pthread_mutex_lock(&n->mutex);
	if ((place = free_place(n)) != NULL) {
		OPENSSL_strlcpy(place, parcel->id, SCEP_NOTICE_ID);
		scep_notices_lane(n, parcel->profile)->away++;
	} else
		rc = scep_fail(err, SCEP_E_NOTFOUND, "%d notices are on "
		    "their way", SCEP_POST_MAX);
	(void)pthread_mutex_unlock(&n->mutex);
	return rc;
}

/* The profiles take turns. */
static enum scep_err
take(struct scep_local *ca, time_t now, struct scep_parcel *out,
    struct scep_error *err)
{
	struct scep_notices		*notices = ca->memory->notices;
	const struct scep_config	*cfg = ca->cfg;
	const struct scep_profile	*p = NULL;
	struct scep_notice		 n;
	struct choice			 c = { .ca = ca, .found = &n };
	enum scep_err			 rc = SCEP_OK;
	size_t				 i;

	for (i = 0; rc == SCEP_OK && !c.has && i < cfg->n_profiles; i++) {
		p = &cfg->profile[(notices->next + i) % cfg->n_profiles];
		rc = choose(ca, p, now, &c, err);
	}
	notices->next += i;
	if (rc != SCEP_OK)
		return rc;
	if (!c.has)
		return scep_fail(err, SCEP_E_NOTFOUND, "no notice is due");
	if ((rc = pack(ca, p, &n, out, err)) == SCEP_OK)
		rc = send_off(ca, out, err);
	scep_notice_clear(&n);
	return rc;
}

/* Without rows the store is left alone. */
static int
may_have(struct scep_local *ca)
{
	struct scep_notices	*n = ca->memory->notices;
	int			 yes;

	(void)pthread_mutex_lock(&n->mutex);
	yes = scep_notices_known(ca, 0) != 0 || scep_notices_known(ca, 1) != 0;
	(void)pthread_mutex_unlock(&n->mutex);
	return yes;
}

enum scep_err
scep_post_take(struct scep_ca *self, time_t now, struct scep_parcel *out,
    struct scep_error *err)
{
	struct scep_local	*ca = (struct scep_local *)self;
	struct scep_notices	*n = ca->memory->notices;
	enum scep_err		 rc;

	memset(out, 0, sizeof(*out));
	if (!may_have(ca))
		return scep_fail(err, SCEP_E_NOTFOUND, "there is no notice");
	(void)pthread_mutex_lock(&n->choosing);
	rc = take(ca, now, out, err);
	(void)pthread_mutex_unlock(&n->choosing);
	if (rc != SCEP_OK)
		scep_parcel_clear(out);
	return rc;
}
