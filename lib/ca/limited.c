/*
 * limited.c - what an RA asks, but for whoever is blocked; and what it came
 * to, counted.
 *
 * Nothing is decided here about a request, and nothing is looked at but its
 * outcome: each refusal counts as one, whatever its reason (DESIGN 7.4).
 * A worker that was taken over can have others blocked, or nobody.
 */
#include <string.h>

#include "base/error.h"
#include "base/inet.h"
#include "base/line.h"
#include "base/text.h"
#include "ca/limits.h"
#include "ca/local.h"
#include "ca/story.h"

_Static_assert(sizeof(struct scep_blocks) <= SCEP_BLOCKS_SIZE,
    "there is room for the page");

enum scep_err
scep_ca_use_blocks(struct scep_ca *ca, const void *memory,
    struct scep_error *err)
{
	if (!scep_blocks_is_sound(memory))
		return scep_fail(err, SCEP_E_FORMAT, "the memory that says "
		    "who is blocked is of another version");
	ca->blocks = memory;
	return SCEP_OK;
}

enum scep_err
scep_ca_use_limits(struct scep_ca *ca, void *memory, int fd,
    struct scep_error *err)
{
	struct scep_local	*l = (struct scep_local *)ca;
	enum scep_err		 rc;

	if ((rc = scep_limits_new(l->crypto, memory, &l->memory->limits,
	    err)) != SCEP_OK)
		return rc;
	l->memory->blocks_fd = fd;
	return scep_ca_use_blocks(ca, memory, err);
}

int
scep_ca_blocks_fd(const struct scep_ca *ca)
{
	return ca->blocks == NULL ? -1 :
	    ((const struct scep_local *)ca)->memory->blocks_fd;
}

void
scep_ca_tend_limits(struct scep_ca *ca, time_t now)
{
	struct scep_local	*l = (struct scep_local *)ca;

	if (l->memory->limits != NULL)
		scep_limits_tend(l->memory->limits, l->cfg, now);
}

static enum scep_err
refuse(const struct scep_block *block, const char *option, const char *who,
    struct scep_error *err)
{
	char	 until[SCEP_TIME_TEXT];

	scep_time_text(block->until, until);
	return scep_fail(err, SCEP_E_LIMIT, "%s is blocked until %s: too many "
	    "%s; scepadm limits clear --%s %s ends that", who, until,
	    scep_limit_kind_name(block->why), option, who);
}

enum scep_err
scep_ca_check_limits(const struct scep_ca *ca, time_t now,
    const char *profile, const char *peer, long *retry_s,
    struct scep_error *err)
{
	struct scep_inet	 addr;
	struct scep_block	 block;
	enum scep_err		 rc = SCEP_OK;

	*retry_s = 0;
	if (ca->blocks == NULL)
		return SCEP_OK;
	if (scep_blocks_profile(ca->blocks, profile, now, &block))
		rc = refuse(&block, "profile", profile, err);
	else if (scep_blocks_is_any_site(ca->blocks) &&
	    scep_inet_read(peer, &addr) && scep_blocks_site(ca->blocks,
	    scep_inet_site(&addr), now, &block)) {
		rc = refuse(&block, "peer", peer, err);
		if (scep_inet_is_private(&addr))
			(void)scep_fail_mend(err, "a proxy can say whom it "
			    "asks for: client_address in scep.conf");
	}
	if (rc != SCEP_OK)
		*retry_s = (long)(block.until - now);
	return rc;
}

/* One that cost a private operation somewhere. */
static void
count(struct scep_ca *ca, time_t now, const char *name, const char *peer,
    int failed)
{
	const struct scep_local		*l = (const struct scep_local *)ca;
	const struct scep_profile	*profile;
	struct scep_limit_rules		 rules = {
		.peer = l->cfg->server.limit,
	};

	if (l->memory->limits == NULL ||
	    (profile = scep_config_profile(l->cfg, name)) == NULL)
		return;
	rules.profile = profile->limit;
	scep_limits_count(l->memory->limits, &rules, profile->name, peer, now,
	    failed);
}

/* The CA does not carry it out; who asks what became of it is told. */
static void
note_refusal(struct scep_ca *ca, time_t now, struct scep_note *note,
    const struct scep_error *why)
{
	struct scep_line	 result = { .len = 0 };

	scep_line_fmt(&result, "answer", "HTTP %d",
	    scep_err_http(SCEP_E_LIMIT));
	scep_line_text(&result, "reason", why->text);
	note->result = scep_span_make(result.text, result.len);
	scep_local_note(ca, now, note);
}

static int
is_failure(enum scep_err rc, const struct scep_answer *answer)
{
	return rc == SCEP_OK && answer->outcome == SCEP_REFUSED;
}

enum scep_err
scep_limited_enrol(struct scep_ca *ca, time_t now,
    const struct scep_enrolment *ask, struct scep_answer *answer,
    struct scep_error *err)
{
	struct scep_note	 note = {
		.profile = ask->profile,
		.request_id = ask->request_id,
		.peer = "",
		.txid = ask->txid,
		.asked = ask->asked,
	};
	enum scep_err		 rc;

	memset(answer, 0, sizeof(*answer));
	if ((rc = scep_ca_check_limits(ca, now, ask->profile, ask->peer,
	    &answer->retry_s, err)) != SCEP_OK) {
		note_refusal(ca, now, &note, err);
		return rc;
	}
	rc = scep_local_enrol(ca, now, ask, answer, err);
	count(ca, now, ask->profile, ask->peer, is_failure(rc, answer));
	return rc;
}

enum scep_err
scep_limited_poll(struct scep_ca *ca, time_t now, const struct scep_poll *ask,
    struct scep_answer *answer, struct scep_error *err)
{
	struct scep_note	 note = {
		.profile = ask->profile,
		.request_id = ask->request_id,
		.peer = "",
		.asked = ask->asked,
	};
	enum scep_err		 rc;

	memset(answer, 0, sizeof(*answer));
	if ((rc = scep_ca_check_limits(ca, now, ask->profile, ask->peer,
	    &answer->retry_s, err)) != SCEP_OK) {
		note_refusal(ca, now, &note, err);
		return rc;
	}
	rc = scep_local_poll(ca, now, ask, answer, err);
	count(ca, now, ask->profile, ask->peer, is_failure(rc, answer));
	return rc;
}

/* Of these the RA tells by itself what is refused. */
enum scep_err
scep_limited_find_cert(struct scep_ca *ca, time_t now,
    const struct scep_lookup *ask, struct scep_answer *answer,
    struct scep_error *err)
{
	enum scep_err	 rc;

	memset(answer, 0, sizeof(*answer));
	if ((rc = scep_ca_check_limits(ca, now, ask->profile, ask->peer,
	    &answer->retry_s, err)) != SCEP_OK)
		return rc;
	rc = scep_local_find_cert(ca, now, ask, answer, err);
	count(ca, now, ask->profile, ask->peer, is_failure(rc, answer));
	return rc;
}

/* A FAILURE that the RA signed without asking. */
void
scep_limited_note(struct scep_ca *ca, time_t now, const struct scep_note *note)
{
	if (note->peer != NULL && note->peer[0] != '\0')
		count(ca, now, note->profile, note->peer, 1);
	scep_local_note(ca, now, note);
}
