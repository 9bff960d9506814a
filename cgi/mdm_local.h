/*
 * mdm_local.h - what the doors of scep-admin.fcgi share.  Private to mdm*.c.
 */
#ifndef SCEP_CGI_MDM_LOCAL_H
#define SCEP_CGI_MDM_LOCAL_H

#include <jansson.h>

#include "cgi/mdm.h"

/* One request in hand. */
struct mdm {
	const struct scep_mdm_host	*host;
	const struct scep_mdm_request	*request;
	struct scep_mdm_response	*response;
	struct scep_line		*line;
	const char			*door;	/* "ndes", "webhook", "api" */
};

/* Why the owner did not do it; and what that is in HTTP. */
enum mdm_no {
	MDM_DONE,
	MDM_WHO,		/* shows nothing, or nothing that is known */
	MDM_STRANGER,		/* the web server knows him, we do not */
	MDM_MAY,		/* his record does not say so */
	MDM_RATE,		/* too often, or too many at once */
	MDM_BAD,		/* the request, whoever makes it */
	MDM_ABSENT,
	MDM_REFUSED,
	MDM_BIG,
	MDM_TROUBLE		/* ours */
};
#define MDM_WHY	512

/* What came of a question. */
struct mdm_answer {
	enum mdm_no	 no;
	long		 wait_s;
	char		 why[MDM_WHY];
	json_t		*result;	/* of MDM_DONE */
};
/* Ask the owner for whoever makes the request; ask is stolen, NULL is bad.
 * The answer is to be cleared. */
void		 mdm_ask(struct mdm *m, const char *verb, json_t *ask,
		    struct mdm_answer *answer);
void		 mdm_answer_clear(struct mdm_answer *answer);
int		 mdm_status(enum mdm_no no);

/* The response. */
void		 mdm_body(struct mdm *m, int status, const char *type,
		    struct scep_span body);
/* Status, WWW-Authenticate and Retry-After of what was not done. */
void		 mdm_not_done(struct mdm *m, const struct mdm_answer *answer);

/* Nothing but white space? */
int		 mdm_body_is_empty(const struct scep_mdm_request *request);
/* The profile that the query names, "" if none; 0: that cannot be one. */
int		 mdm_query_profile(const char *query, char out[64]);
/* "profile" and "note" of a challenge to be made; NULL: the query is bad. */
json_t		*mdm_challenge(struct mdm *m, const char *note);

/* What a query may say. */
struct mdm_param {
	const char	*name;		/* NULL ends a table */
	enum {
		MDM_TEXT,
		MDM_NUMBER,	/* from 1 to max */
		MDM_DURATION
	}		 kind;
	long		 max;
};
/* As members of a question, none of them twice; NULL: err says which one is
 * bad, and what may stand there. */
json_t		*mdm_query(const struct mdm_param *params, const char *query,
		    struct scep_error *err);

/* The doors. */
void		 mdm_ndes(struct mdm *m);
void		 mdm_webhook(struct mdm *m);
void		 mdm_api(struct mdm *m, const char *rest);
/* An error as the API has it. */
void		 mdm_api_error(struct mdm *m, int status, const char *why);

#endif /* SCEP_CGI_MDM_LOCAL_H */
