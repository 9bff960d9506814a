/*
 * local.h - the CA in this process, as its parts see it.  Private to ca/.
 */
#ifndef SCEP_CA_LOCAL_H
#define SCEP_CA_LOCAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "ca/admin.h"
#include "ca/config.h"
#include "ca/knocks.h"
#include "store/record.h"
#include "wire/csr.h"

struct scep_seen;		/* seen.h: encryptedKey → content */
struct scep_stats;
struct scep_keylock;		/* keylock.h: transactions and challenges */
struct scep_crls;		/* crl.h: the newest */
struct scep_wrong;		/* wrong.h: names, against challenges */
struct scep_waiting;		/* waiting.h: for validators */
struct scep_rates;		/* rate.h: calls of API keys */
struct scep_limits;		/* limits.h: who asks too much */
struct scep_notices;		/* notices.h: what is to be told */
struct scep_damage;		/* damage.h: rows that cannot be read */
struct scep_traces;		/* traces.h: what became of requests */

/* What all generations of a configuration share. */
struct scep_memory {
	atomic_uint		 users;
	struct scep_seen	*seen;
	struct scep_keylock	*lock;
	struct scep_wrong	*wrong;
	struct scep_waiting	*waiting;
	struct scep_rates	*rates;
	struct scep_knocks	 knocks;
	struct scep_stats	*stats;		/* stats.h */
	struct scep_limits	*limits;	/* or NULL: none are counted */
	int			 blocks_fd;	/* of their memory */
	struct scep_traces	*traces;
	struct scep_notices	*notices;
	struct scep_damage	*damage;
	struct scep_crls	*crls;
	const struct scep_hook_host	*hooks;	/* hook.h, or NULL */
	pthread_mutex_t		 rolling;	/* over the generations of CAs
						   and their files */
	struct scep_csr		*dummy[SCEP_KEY_OTHER + 1];
					/* dummy_csr.h, read, and never written
					   to from then on; of a brief one, what
					   gather.c needs */
};

struct scep_local {
	struct scep_ca			 ca;	/* first: ops */
	const struct scep_crypto	*crypto;
	const struct scep_config	*cfg;
	struct scep_store		*store;
	struct scep_memory		*memory;
	const struct scep_admin_host	*host;	/* admin.h, or NULL */
};

/* What a CA process publishes to its RA workers: published.c. */
enum scep_err	 scep_local_published(struct scep_ca *ca,
		    struct scep_published *out, struct scep_error *err);
/* … and which certificates: published_certs.c. */
enum scep_err	 scep_publish_certs(const struct scep_ca_conf *ca,
		    const struct scep_profile *profile,
		    struct scep_published_profile *out,
		    struct scep_error *err);
/* Health, metrics and what RAs report: inspect.c. */
enum scep_err	 scep_local_report(struct scep_ca *ca, time_t now,
		    const struct scep_report *report, struct scep_error *err);
enum scep_err	 scep_local_inspect(struct scep_ca *ca, time_t now,
		    enum scep_inspect what, struct scep_buf *out,
		    struct scep_error *err);
/* The steps 6 to 11 of DESIGN 5: enrol.c; polls: poll.c. */
enum scep_err	 scep_local_enrol(struct scep_ca *ca, time_t now,
		    const struct scep_enrolment *request,
		    struct scep_answer *answer, struct scep_error *err);
enum scep_err	 scep_local_poll(struct scep_ca *ca, time_t now,
		    const struct scep_poll *request,
		    struct scep_answer *answer, struct scep_error *err);
/* All of them, and notes, but for whoever is blocked: limited.c. */
enum scep_err	 scep_limited_enrol(struct scep_ca *ca, time_t now,
		    const struct scep_enrolment *request,
		    struct scep_answer *answer, struct scep_error *err);
enum scep_err	 scep_limited_poll(struct scep_ca *ca, time_t now,
		    const struct scep_poll *request,
		    struct scep_answer *answer, struct scep_error *err);
enum scep_err	 scep_limited_find_cert(struct scep_ca *ca, time_t now,
		    const struct scep_lookup *request,
		    struct scep_answer *answer, struct scep_error *err);
void		 scep_limited_note(struct scep_ca *ca, time_t now,
		    const struct scep_note *note);
/* GetCert and GetCRL: find.c. */
enum scep_err	 scep_local_find_cert(struct scep_ca *ca, time_t now,
		    const struct scep_lookup *request,
		    struct scep_answer *answer, struct scep_error *err);
enum scep_err	 scep_local_crl(struct scep_ca *ca, time_t now,
		    const struct scep_crl_ask *request,
		    struct scep_crl_piece *piece, struct scep_error *err);

#endif /* SCEP_CA_LOCAL_H */
