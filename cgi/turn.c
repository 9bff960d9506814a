/*
 * turn.c - a CA for one request: the owner of the state if there is one, or
 * else ourselves, when it is our turn.
 *
 * Many CGI runs at once queue for the lock of the state.  A FastCGI instance
 * that owns it is asked over its socket, as its own workers do.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "ca/door.h"
#include "ca/post.h"
#include "cgi/cgi_pipe.h"
#include "cgi/child.h"
#include "cgi/hook.h"
#include "cgi/log.h"
#include "cgi/state.h"
#include "cgi/state_socket.h"
#include "cgi/turn.h"

#define STEP_MS		10
#define REPORT_MS	100	/* the web server waits for our end */
#define NOTICES		4	/* that one run hands over */
#define DELIVER_S	300	/* for all of them */

struct turn {
	struct scep_ca			 ca;	/* first: ops */
	const struct scep_crypto	*crypto;
	const struct scep_config	*cfg;
	int				 wait_ms;
	struct scep_ca			*remote;	/* the owner … */
	struct scep_owner		 owner;		/* … or we are it */
	struct scep_hooks		 hooks;		/* if we are */
};

/* SCEP_E_BUSY: somebody owns the state, and does not answer yet. */
static enum scep_err
try(struct turn *t, struct scep_error *err)
{
	enum scep_err	 rc;
	int		 fd;

	rc = scep_state_dial(t->cfg->server.state, SCEP_RA_SOCK, &fd, err);
	if (rc == SCEP_OK)
		return scep_ca_connect(fd, t->wait_ms, &t->remote, err);
	if (rc != SCEP_E_NOTFOUND)
		return rc;
	if ((rc = scep_owner_open(t->crypto, t->cfg, 0, 1, &t->owner, err)) ==
	    SCEP_OK)
		scep_ca_use_hooks(t->owner.ca, &t->hooks.host);
	return rc;
}

/* The CA to ask. */
static enum scep_err
begin(struct turn *t, struct scep_ca **ca, struct scep_error *err)
{
	const struct timespec	 step = { 0, STEP_MS * 1000000L };
	const int64_t		 until = scep_now_ms() + t->wait_ms;
	enum scep_err		 rc = SCEP_OK;

	if (t->remote == NULL && t->owner.ca == NULL)
		while ((rc = try(t, err)) == SCEP_E_BUSY &&
		    scep_now_ms() < until)
			(void)nanosleep(&step, NULL);
	*ca = t->remote != NULL ? t->remote : t->owner.ca;
	return rc;
}

static enum scep_err
turn_enrol(struct scep_ca *ca, time_t now, const struct scep_enrolment *ask,
    struct scep_answer *answer, struct scep_error *err)
{
	struct scep_ca	*real;
	enum scep_err	 rc;

	memset(answer, 0, sizeof(*answer));
	if ((rc = begin((struct turn *)ca, &real, err)) != SCEP_OK)
		return rc;
	return scep_ca_enrol(real, now, ask, answer, err);
}

static enum scep_err
turn_poll(struct scep_ca *ca, time_t now, const struct scep_poll *ask,
    struct scep_answer *answer, struct scep_error *err)
{
	struct scep_ca	*real;
	enum scep_err	 rc;

	memset(answer, 0, sizeof(*answer));
	if ((rc = begin((struct turn *)ca, &real, err)) != SCEP_OK)
		return rc;
	return scep_ca_poll(real, now, ask, answer, err);
}

static enum scep_err
turn_find_cert(struct scep_ca *ca, time_t now, const struct scep_lookup *ask,
    struct scep_answer *answer, struct scep_error *err)
{
	struct scep_ca	*real;
	enum scep_err	 rc;

	memset(answer, 0, sizeof(*answer));
	if ((rc = begin((struct turn *)ca, &real, err)) != SCEP_OK)
		return rc;
	return scep_ca_find_cert(real, now, ask, answer, err);
}

static enum scep_err
turn_crl(struct scep_ca *ca, time_t now, const struct scep_crl_ask *ask,
    struct scep_crl_piece *piece, struct scep_error *err)
{
	struct scep_ca	*real;
	enum scep_err	 rc;

	memset(piece, 0, sizeof(*piece));
	if ((rc = begin((struct turn *)ca, &real, err)) != SCEP_OK)
		return rc;
	return scep_ca_crl_piece(real, now, ask, piece, err);
}

static enum scep_err
turn_published(struct scep_ca *ca, struct scep_published *out,
    struct scep_error *err)
{
	return scep_publish(((const struct turn *)ca)->cfg, 0, out, err);
}

/* A CA for a moment: the owner, if there is one.  It is not waited for. */
static enum scep_err
connect_owner(const struct turn *t, int timeout_ms, struct scep_ca **out,
    struct scep_error *err)
{
	enum scep_err	 rc;
	int		 fd;

	if ((rc = scep_state_dial(t->cfg->server.state, SCEP_RA_SOCK, &fd,
	    err)) != SCEP_OK)
		return rc;
	return scep_ca_connect(fd, timeout_ms, out, err);
}

/* To an owner that is another process; figures of a run are nobody's. */
static enum scep_err
turn_report(struct scep_ca *ca, time_t now, const struct scep_report *report,
    struct scep_error *err)
{
	const struct turn	*t = (const struct turn *)ca;
	struct scep_ca		*owner;
	enum scep_err		 rc;

	if (t->owner.ca != NULL ||
	    connect_owner(t, REPORT_MS, &owner, err) != SCEP_OK)
		return SCEP_OK;
	rc = scep_ca_report(owner, now, report, err);
	scep_ca_close(owner);
	return rc;
}

/* A request that never got to the CA takes no lock for being noted: without a
 * server only the log has it. */
static void
turn_note(struct scep_ca *ca, time_t now, const struct scep_note *note)
{
	const struct turn	*t = (const struct turn *)ca;
	struct scep_ca		*owner = t->remote != NULL ? t->remote :
				    t->owner.ca;
	struct scep_error	 ignored;

	if (owner != NULL) {
		scep_ca_note(owner, now, note);
		return;
	}
	if (connect_owner(t, REPORT_MS, &owner, &ignored) != SCEP_OK)
		return;
	scep_ca_note(owner, now, note);
	scep_ca_close(owner);
}

/* Without an owner: could a run begin?  That takes neither the lock nor the
 * store, for anybody may ask. */
static enum scep_err
inspect_alone(const struct turn *t, enum scep_inspect what,
    struct scep_buf *out, struct scep_error *err)
{
	const char	*dir = t->cfg->server.state;

	if (what != SCEP_INSPECT_HEALTH)
		return scep_fail(err, SCEP_E_BUSY, "no server runs: plain CGI "
		    "keeps no figures");
	if (access(dir, R_OK | W_OK | X_OK) == -1)
		return scep_fail(err, SCEP_E_STORE, "%s: %s", dir,
		    strerror(errno));
	return scep_buf_set(out, scep_span_text("ok\n"), err);
}

static enum scep_err
turn_inspect(struct scep_ca *ca, time_t now, enum scep_inspect what,
    struct scep_buf *out, struct scep_error *err)
{
	const struct turn	*t = (const struct turn *)ca;
	struct scep_ca		*owner;
	enum scep_err		 rc;

	if ((rc = connect_owner(t, t->wait_ms, &owner, err)) ==
	    SCEP_E_NOTFOUND)
		return inspect_alone(t, what, out, err);
	if (rc != SCEP_OK)
		return rc;
	rc = scep_ca_inspect(owner, now, what, out, err);
	scep_ca_close(owner);
	return rc;
}

static void
turn_close(struct scep_ca *ca)
{
	struct turn	*t = (struct turn *)ca;

	scep_ca_close(t->remote);
	scep_owner_close(&t->owner);
	scep_hooks_clear(&t->hooks);
	OPENSSL_free(t);
}

static const struct scep_ca_ops	turn_ops = {
	.enrol = turn_enrol,
	.poll = turn_poll,
	.find_cert = turn_find_cert,
	.crl = turn_crl,
	.published = turn_published,
	.report = turn_report,
	.inspect = turn_inspect,
	.note = turn_note,
	.close = turn_close,
};

enum scep_err
scep_turn_open(const struct scep_crypto *crypto,
    const struct scep_config *cfg, int wait_ms, struct scep_ca **out,
    struct scep_error *err)
{
	struct turn	*t;

	*out = NULL;
	if ((t = OPENSSL_zalloc(sizeof(*t))) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "CA");
	t->ca.ops = &turn_ops;
	t->crypto = crypto;
	t->cfg = cfg;
	t->wait_ms = wait_ms;
	t->owner.lock = -1;
	scep_hooks_init(&t->hooks);
	*out = &t->ca;
	return SCEP_OK;
}

void
scep_turn_tend(struct scep_ca *ca, time_t now)
{
	struct turn		*t = (struct turn *)ca;
	struct scep_error	 err;
	int			 rolled;

	if (t->owner.ca == NULL)
		return;
	/* What one has to tell stops none of the others. */
	if (scep_ca_tend(t->owner.ca, now, &err) != SCEP_OK)
		scep_log_warn("tending: %s", err.text);
	if (scep_store_tend(t->owner.store, &err) != SCEP_OK)
		scep_log_warn("tending: %s", err.text);
	if (scep_ca_roll_ras(t->owner.ca, now, &rolled, &err) != SCEP_OK)
		scep_log_warn("tending: %s", err.text);
}

/* The next notice, and the state given back; 0 if there is none. */
static int
take_notice(struct turn *t, struct scep_parcel *parcel)
{
	const time_t		 now = time(NULL);
	struct scep_error	 err;
	enum scep_err		 rc;

	if (t->owner.ca == NULL ||
	    (rc = scep_post_take(t->owner.ca, now, parcel, &err)) ==
	    SCEP_E_NOTFOUND)
		return 0;
	if (rc == SCEP_OK && (rc = scep_post_claim(t->owner.ca, now, parcel,
	    &err)) != SCEP_OK)
		scep_parcel_clear(parcel);
	if (rc != SCEP_OK) {
		scep_log_warn("notices: %s", err.text);
		return 0;
	}
	if (parcel->lacks[0] != '\0')
		scep_log_warn(SCEP_PARCEL_LACKS, parcel->id, parcel->profile,
		    parcel->lacks);
	scep_owner_close(&t->owner);
	return 1;
}

static void
end_notice(struct turn *t, struct scep_parcel *parcel,
    const struct scep_error *trouble)
{
	struct scep_error	 err;
	enum scep_err		 rc;

	if (trouble != NULL)
		scep_log_warn("notice %s of profile %s is not delivered: %s",
		    parcel->id, parcel->profile, trouble->text);
	if ((rc = scep_owner_open(t->crypto, t->cfg, t->wait_ms, 1, &t->owner,
	    &err)) == SCEP_OK) {
		scep_ca_use_hooks(t->owner.ca, &t->hooks.host);
		rc = scep_post_done(t->owner.ca, time(NULL), parcel, trouble,
		    &err);
	}
	if (rc != SCEP_OK && trouble == NULL)
		scep_log_warn("notice %s is delivered, and will be once more: "
		    "%s", parcel->id, err.text);
}

/* The first failure is the last try: the next run comes soon enough. */
void
scep_turn_deliver(struct scep_ca *ca)
{
	struct turn		*t = (struct turn *)ca;
	struct scep_parcel	 parcel;
	struct scep_error	 trouble;
	enum scep_err		 rc = SCEP_OK;
	int			 i, ours = 1;

	for (i = 0; i < NOTICES && ours && rc == SCEP_OK &&
	    take_notice(t, &parcel); i++) {
		if ((ours = i > 0 || scep_cgi_leave(DELIVER_S)) != 0) {
			rc = scep_parcel_send(&parcel, &trouble);
			end_notice(t, &parcel, rc == SCEP_OK ? NULL :
			    &trouble);
		}
		scep_parcel_clear(&parcel);
	}
}

int
scep_turn_keep(const struct scep_ca *ca)
{
	const struct turn	*t = (const struct turn *)ca;

	return t->owner.lock == -1 ? -1 :
	    fcntl(t->owner.lock, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
}
