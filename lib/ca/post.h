/*
 * post.h - notices on their way to whoever is to be told: one is chosen,
 * handed over by the host (hook.h), and then forgotten or put off.
 *
 * A notice is handed over at least once, and under one id.  While a call
 * lasts nothing of the store, and nothing of a configuration, is held.
 */
#ifndef SCEP_CA_POST_H
#define SCEP_CA_POST_H

#include "ca/ca.h"
#include "ca/hook.h"
#include "store/record_notice.h"

#define SCEP_POST_MAX	8		/* calls at a time, in all … */
#define SCEP_POST_EACH	4		/* … and of one profile; 1 while its
					   receiver fails */

/* One notice on its way.  Release with scep_parcel_clear(). */
struct scep_parcel {
	char				 id[SCEP_NOTICE_ID];
	char				 profile[SCEP_REC_NAME];
	const struct scep_hook_host	*host;
	struct scep_hook		 hook;		/* a copy */
	struct scep_buf			 question;
	char				 lacks[SCEP_ERROR_MAX];
						/* why its certificate is not
						   in it, at the first try; or
						   empty */
	/* From scep_post_done(): */
	long				 failures;	/* of this receiver, in
							   a row; after a
							   success: before */
	long				 again_s;	/* till the next try */
};

/* Of id, profile and lacks, for the log. */
#define SCEP_PARCEL_LACKS	"notice %s of profile %s is told without its " \
	"certificate, which cannot be read: %s; scepadm restore brings a " \
	"store back from a backup"

/*
 * The next one whose time has come: SCEP_E_NOTFOUND if there is none, or if
 * as many are on their way as may be.  No profile's receiver keeps another's
 * waiting.  Then scep_parcel_send(), and scep_post_done() in any case.
 */
enum scep_err	 scep_post_take(struct scep_ca *ca, time_t now,
		    struct scep_parcel *out, struct scep_error *err);
/* Put it off until the call is over: for a process that gives the state away
 * meanwhile. */
enum scep_err	 scep_post_claim(struct scep_ca *ca, time_t now,
		    const struct scep_parcel *parcel,
		    struct scep_error *err);
/* Takes as long as notify_timeout; touches neither CA nor store. */
enum scep_err	 scep_parcel_send(const struct scep_parcel *parcel,
		    struct scep_error *err);
/*
 * trouble NULL: it was handed over, and is forgotten; else it is tried again
 * later.  If that cannot be written the parcel is still on its way: try again,
 * or it will be handed over once more.  ca may be another generation's.
 */
enum scep_err	 scep_post_done(struct scep_ca *ca, time_t now,
		    struct scep_parcel *parcel,
		    const struct scep_error *trouble, struct scep_error *err);
/* It was not handed over, and another may take it. */
void		 scep_post_return(struct scep_ca *ca,
		    const struct scep_parcel *parcel);
void		 scep_parcel_clear(struct scep_parcel *parcel);

/* Call wake(arg) when there may be one; from any thread, and it must not
 * wait.  wake NULL: no longer.  For ca and what is made from it. */
void		 scep_post_attach(struct scep_ca *ca,
		    void (*wake)(void *arg), void *arg);

#endif /* SCEP_CA_POST_H */
