/*
 * turn.h - a CA for one request: the owner of the state if there is one, or
 * else ourselves, when it is our turn.
 */
#ifndef SCEP_CGI_TURN_H
#define SCEP_CGI_TURN_H

#include "ca/ca.h"
#include "ca/config.h"

/*
 * Nothing is opened and no lock is taken before the CA is asked something
 * that needs it, so a request that never gets so far costs the others
 * nothing.  SCEP_E_BUSY if it was not our turn for wait_ms, or if the owner is
 * silent for as long.  crypto and cfg
 * (loaded) are borrowed and outlive it.
 */
enum scep_err	 scep_turn_open(const struct scep_crypto *crypto,
		    const struct scep_config *cfg, int wait_ms,
		    struct scep_ca **out, struct scep_error *err);
/* When the answer is out: what an owner does every few seconds, if we are it.
 * Then scep_ca_close(). */
void		 scep_turn_tend(struct scep_ca *ca, time_t now);

/* Then, if nobody else will: hand over a few notices that are due, in a process
 * of its own.  During a call the state is another's who needs it. */
void		 scep_turn_deliver(struct scep_ca *ca);

/* If we are the owner of the state, its lock once more: who has it keeps the
 * state behind scep_ca_close().  Else -1. */
int		 scep_turn_keep(const struct scep_ca *ca);

#endif /* SCEP_CGI_TURN_H */
