/*
 * validator_call.c - a validator is asked, by whoever makes calls for us
 * (hook.h); and how many may wait for it.
 */
#include <limits.h>
#include <string.h>

#include "base/error.h"
#include "ca/keylock.h"
#include "ca/local.h"
#include "ca/validator.h"
#include "ca/waiting.h"

_Static_assert(SCEP_SHA256_LEN <= SCEP_REC_NAME, "room for a prefix");

void
scep_validator_call(struct scep_local *ca, const struct scep_profile *profile,
    const struct scep_buf *question, struct scep_consulted *consulted,
    struct scep_validator_answer *out)
{
	const struct scep_hook_host	*hooks = ca->memory->hooks;
	struct scep_buf			 text = { NULL, 0 };
	struct scep_error		 err;
	long				 ms = 0;

	memset(out, 0, sizeof(*out));
	if (hooks == NULL)
		scep_validator_trouble(out, "this process calls nobody");
	else if (hooks->call(hooks->arg, &profile->validator.hook,
	    scep_buf_span(question), &text, &ms, &err) != SCEP_OK)
		scep_validator_trouble(out, err.text);
	else
		scep_validator_read(scep_buf_span(&text), profile, out);
	scep_buf_clear(&text);
	consulted->n++;
	consulted->ms += ms;
	scep_waiting_count(ca->memory->waiting, profile->name, out->fact,
	    ms);
}

/*
 * Half of the workers, so that other profiles have the other half; and none
 * is the last one to wait for a validator that is slow, so that several of
 * them leave somebody to the other profiles.  Of two workers there is none to
 * spare: a validator that was slow once could not show that it is not, while
 * another's hangs.
 */
static void
find_room(const struct scep_local *ca, const struct scep_profile *profile,
    struct scep_waiting_room *out)
{
	struct scep_host_facts	 facts = { .workers = 0 };

	if (ca->host != NULL)
		ca->host->look(ca->host->arg, &facts);
	out->all = facts.workers > 2 ? facts.workers - 1 : LONG_MAX;
	out->profile = profile->validator.max_waiting;
	if (out->profile == 0)
		out->profile = facts.workers / 2 > 0 ? facts.workers / 2 : 1;
}

long
scep_validator_max_waiting(const struct scep_local *ca,
    const struct scep_profile *profile)
{
	struct scep_waiting_room	 room;

	find_room(ca, profile, &room);
	return room.profile;
}

enum scep_err
scep_validator_enter(struct scep_local *ca, const struct scep_profile *profile,
    struct scep_waiting_place *place, struct scep_error *err)
{
	struct scep_waiting_room	 room;

	if (profile->validator.hook.kind == SCEP_HOOK_NONE)
		return SCEP_OK;
	find_room(ca, profile, &room);
	return scep_waiting_enter(ca->memory->waiting, profile->name, &room,
	    place, err);
}

void
scep_validator_leave(struct scep_local *ca, const struct scep_profile *profile,
    struct scep_waiting_place *place)
{
	if (profile->validator.hook.kind != SCEP_HOOK_NONE)
		scep_waiting_leave(ca->memory->waiting, profile->name, place);
}

void
scep_validator_lock(struct scep_local *ca, struct scep_span prefix,
    struct scep_span challenge, struct scep_validator_lock *lock)
{
	const struct scep_span	 of[2] = { prefix, challenge };
	size_t			 i;

	for (i = 0; i < 2; i++) {
		lock->octets[i][0] = 'v';
		if (of[i].len > 0)
			memcpy(lock->octets[i] + 1, of[i].data, of[i].len);
		lock->keys[i] = scep_span_make(lock->octets[i],
		    of[i].len > 0 ? of[i].len + 1 : 0);
	}
	scep_keylock_take(ca->memory->lock, lock->keys, 2);
}

void
scep_validator_unlock(struct scep_local *ca,
    const struct scep_validator_lock *lock)
{
	scep_keylock_give(ca->memory->lock, lock->keys, 2);
}
