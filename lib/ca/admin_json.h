/*
 * admin_json.h - one request of the operator in hand, and JSON: strict in,
 * plain out.  Private to ca/.
 */
#ifndef SCEP_CA_ADMIN_JSON_H
#define SCEP_CA_ADMIN_JSON_H

#include <jansson.h>

#include "base/line.h"
#include "ca/local.h"
#include "wire/name.h"

/* An array for the reply, as text: row after row, never all of it as JSON
 * values in memory. */
struct scep_admin_rows {
	char	*text;
	size_t	 len, size;
	int	 open;		/* the result is an array */
};

/* A request being carried out. */
struct scep_admin_call {
	struct scep_local	*ca;
	time_t			 now;
	unsigned long		 uid;
	char			 by[SCEP_REC_NAME];	/* "uid 0", "key fleet":
						   for logs and records */
	const struct scep_apikey	*caller;	/* who knocked, and what
						   he may; NULL: the
						   operator, who may all */
	int			 is_full;	/* … has as many challenges as
						   he may: live.h */
	const struct scep_admin_watch	*watch;
	const json_t		*ask;		/* its members are checked */
	json_t			*result;	/* an object, or … */
	struct scep_admin_rows	 rows;		/* … an array */
	struct scep_line	 summary;	/* for the log */
};

/* What a request may hold besides "do". */
enum scep_admin_kind {
	SCEP_ADMIN_TEXT,	/* min to max octets, clean UTF-8 */
	SCEP_ADMIN_NUMBER,	/* min to max */
	SCEP_ADMIN_SECONDS,	/* likewise */
	SCEP_ADMIN_TEXTS,	/* at most 64 texts of min to max octets */
	SCEP_ADMIN_ITEMS	/* a list of min to max objects, each to be
				   checked by whoever acts */
};
struct scep_admin_member {
	const char		*name;
	enum scep_admin_kind	 kind;
	int			 required;
	long			 min, max;
};
typedef enum scep_err	(*scep_admin_fn)(struct scep_admin_call *call,
			    struct scep_error *err);
struct scep_admin_verb {
	const char			*name;		/* NULL ends a table */
	const struct scep_admin_member	*members;	/* NULL name ends it */
	scep_admin_fn			act;
};

/* admin_challenge.c, admin_request.c, admin_cert.c, … */
extern const struct scep_admin_verb	scep_admin_challenge[];
extern const struct scep_admin_verb	scep_admin_request[];
extern const struct scep_admin_verb	scep_admin_cert[];
extern const struct scep_admin_verb	scep_admin_crl[];
extern const struct scep_admin_verb	scep_admin_server[];
extern const struct scep_admin_verb	scep_admin_explain[];
extern const struct scep_admin_verb	scep_admin_backup[];
extern const struct scep_admin_verb	scep_admin_log[];
extern const struct scep_admin_verb	scep_admin_ca[];
extern const struct scep_admin_verb	scep_admin_ca_show[];
extern const struct scep_admin_verb	scep_admin_import[];
extern const struct scep_admin_verb	scep_admin_apikey[];
extern const struct scep_admin_verb	scep_admin_limits[];
extern const struct scep_admin_verb	scep_admin_token[];
extern const struct scep_admin_verb	scep_admin_notice[];

/* Of a verb that wants none. */
extern const struct scep_admin_member	scep_admin_no_members[];

#define SCEP_ADMIN_TRIES	5	/* when a rival was faster */
/* Until it is not SCEP_E_CHANGED, but no oftener. */
enum scep_err	 scep_admin_retry(struct scep_admin_call *call,
		    scep_admin_fn fn, struct scep_error *err);

/* Nothing but these members, of these kinds, and what is required:
 * SCEP_E_USAGE otherwise.  No value is in the message. */
enum scep_err	 scep_admin_check(const struct scep_admin_member *members,
		    const json_t *ask, struct scep_error *err);
/* The same for an item of a list: there is no "do" in it. */
enum scep_err	 scep_admin_check_item(const struct scep_admin_member *members,
		    const json_t *item, struct scep_error *err);
/* Of the checked request; fallback if it is not there. */
const char	*scep_admin_text(const struct scep_admin_call *call,
		    const char *name, const char *fallback);
long		 scep_admin_number(const struct scep_admin_call *call,
		    const char *name, long fallback);

/* The result, or one row of it; row is stolen, its texts are cleansed, and
 * NULL is out of memory.  SCEP_E_TOOBIG beyond SCEP_ADMIN_MAX. */
enum scep_err	 scep_admin_object(struct scep_admin_call *call,
		    json_t *result, struct scep_error *err);
void		 scep_admin_open_rows(struct scep_admin_call *call);
enum scep_err	 scep_admin_row(struct scep_admin_call *call, json_t *row,
		    struct scep_error *err);
/* What a call came to, as a reply; what was refused. */
enum scep_err	 scep_admin_reply(struct scep_admin_call *call,
		    struct scep_buf *reply, struct scep_error *err);
/* more: further members, which are stolen; or NULL. */
void		 scep_admin_reply_refusal(enum scep_err rc,
		    struct scep_error *err, json_t *more,
		    struct scep_buf *reply);
/* A verb of any table, or NULL. */
const struct scep_admin_verb
		*scep_admin_find(const char *name);
/* A request as JSON.  SCEP_E_USAGE. */
enum scep_err	 scep_admin_parse(struct scep_span request, json_t **out,
		    struct scep_error *err);
/* Release what a call holds. */
void		 scep_admin_call_clear(struct scep_admin_call *call);
/* A JSON text into a buf; json is stolen. */
enum scep_err	 scep_admin_dump(json_t *json, struct scep_buf *out,
		    struct scep_error *err);

/* DER as a text in hex; NULL: no memory. */
json_t		*scep_admin_hex_json(const struct scep_buf *der);

/* Texts for JSON: valid UTF-8, cut between characters. */
struct scep_admin_name {
	char	 text[SCEP_NAME_TEXT];
};
void		 scep_admin_subject(struct scep_span der,
		    struct scep_admin_name *out);
void		 scep_admin_san(struct scep_span der,	/* may be empty */
		    struct scep_admin_name *out);
/* An error may quote what a client sent: printable, whatever it was. */
void		 scep_admin_printable(char *text);

/* May the caller know of what is of this profile? */
int		 scep_admin_may_see(const struct scep_admin_call *call,
		    const char *profile);

/* time=, event= and id= (if it is not NULL) of a log entry, and at its end
 * by="uid N" or whoever it is. */
void		 scep_admin_log_start(const struct scep_admin_call *call,
		    const char *event, const char *id,
		    struct scep_line *line);
enum scep_err	 scep_admin_log_end(const struct scep_admin_call *call,
		    struct scep_line *line, struct scep_change *change,
		    struct scep_error *err);

#endif /* SCEP_CA_ADMIN_JSON_H */
