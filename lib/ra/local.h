/*
 * local.h - the RA, as its parts see it.  Private to ra/.
 */
#ifndef SCEP_RA_LOCAL_H
#define SCEP_RA_LOCAL_H

#include "ca/report.h"
#include "ra/ra.h"
#include "wire/envelope.h"

struct scep_counts;
struct scep_kept;

/* One RA identity: opens envelopes, signs answers. */
struct scep_ra_key {
	uint32_t		 ca_generation;	/* it is the RA of */
	struct scep_cert	 cert;
	EVP_PKEY		*key;
	EVP_PKEY_CTX		*signing;	/* with it */
	struct scep_opener	 opener;
};

struct scep_ra {
	const struct scep_crypto	*crypto;
	struct scep_ca			*ca;
	struct scep_published		 published;
	struct scep_ra_key		*keys;	/* one for each published.ra */
	struct scep_counts		*counts;	/* count.c */
	struct scep_kept		*kept;		/* kept.c */
	time_t				 limit_told;	/* the CA, of one who
							   is blocked */
};

/* What the CA is to keep of a request, for people. */
struct scep_ra_asked {
	struct scep_line	 line;
	int			 is_operation;	/* else nothing is kept */
	int			 is_told;	/* the CA has it */
};

/* One request on its way through the RA; everything borrowed. */
struct scep_work {
	struct scep_ra				*ra;
	time_t					 now;
	const struct scep_http_request		*http;
	const struct scep_published_profile	*profile;
	const struct scep_ra_key		*key;	/* that was addressed, or
							   the profile's own */
	char					 id[SCEP_REQUEST_ID_LEN];
	struct scep_line			*log;
	struct scep_ra_asked			*asked;
	struct scep_random			*random;
	long					 retry_s;	/* with
							   SCEP_E_LIMIT */
};

/*
 * What is counted of the request in hand: count.c.  The operation is refined
 * when more is known.
 */
enum scep_err	 scep_counts_new(struct scep_counts **out,
		    struct scep_error *err);
void		 scep_counts_begin(const struct scep_work *work);
void		 scep_counts_profile(const struct scep_work *work);
void		 scep_counts_operation(const struct scep_work *work,
		    const char *name);
void		 scep_counts_result(const struct scep_work *work,
		    const char *result);
/* … and why; a reason that is not one of few gives way to its code. */
void		 scep_counts_reason(const struct scep_work *work,
		    const char *result, enum scep_err code,
		    const char *reason);

/*
 * PKIOperation: one pkiMessage in, one CertRep out (operation.c).  SCEP_OK
 * when out is to be sent, a FAILURE too; anything else is an HTTP status.
 * What happened is in the log line.  Sets work->key.
 */
enum scep_err	 scep_ra_operation(struct scep_work *work,
		    struct scep_span der, struct scep_buf *out,
		    struct scep_error *err);

/* Which recipient of an envelope is to be opened, by work->key, which it
 * sets; from->wrap is then as it is there.  SCEP_E_REFUSED: none is ours. */
enum scep_err	 scep_ra_recipient(struct scep_work *work,
		    struct scep_address *from,
		    const struct scep_envelope *env, size_t *which,
		    struct scep_error *err);

/*
 * GetCert and GetCRL (fetch.c): as a PKCSReq is brought before the CA; inner
 * gets the degenerate SignedData when it is granted.
 */
enum scep_err	 scep_ra_fetch(struct scep_work *work,
		    struct scep_address *from, const struct scep_message *msg,
		    struct scep_answer *answer, struct scep_buf *inner,
		    struct scep_error *err);

/* Files by a plain GET (plain.c): is it one's path? */
int		 scep_ra_is_plain(const struct scep_work *work);
enum scep_err	 scep_ra_serve_plain(const struct scep_work *work,
		    struct scep_http_response *response,
		    struct scep_error *err);

/* The newest CRL of a CA or of a generation of it (kept.c), a second old at
 * most.  Release with scep_buf_clear(&out->der). */
enum scep_err	 scep_kept_new(struct scep_kept **out,
		    struct scep_error *err);
void		 scep_kept_free(struct scep_kept *all);
enum scep_err	 scep_kept_get(const struct scep_work *work,
		    const char *name, struct scep_crl *out,
		    struct scep_error *err);

/* asked.c: what is seen of a message, which was read (msg)
 * or not (NULL); and which recipient is opened, -1 if none.  The whole of it
 * goes with a question to the CA, or … */
void		 scep_asked_describe(const struct scep_work *work,
		    size_t octets, const struct scep_address *from,
		    size_t trailing, const struct scep_message *msg);
void		 scep_asked_recipient(const struct scep_work *work,
		    const struct scep_envelope *env, int i);
struct scep_span scep_asked_tell(const struct scep_work *work);
/* … as a note that this one is refused. */
enum scep_asked_by {
	SCEP_ASKED_HTTP,	/* by HTTP */
	SCEP_ASKED_SIGNED,	/* by a FAILURE, and the CA was not asked */
	SCEP_ASKED_OF_CA	/* by a FAILURE that the CA wants */
};
void		 scep_asked_refused(const struct scep_work *work,
		    struct scep_span txid, enum scep_asked_by by,
		    enum scep_err code, const char *reason);

#endif /* SCEP_RA_LOCAL_H */
