/*
 * scepadm.h - what the nouns of scepadm share.
 */
#ifndef SCEP_CGI_SCEPADM_H
#define SCEP_CGI_SCEPADM_H

#include <stdio.h>

#include <jansson.h>

#include "base/error.h"
#include "wire/crypto.h"

struct adm_held;		/* the state, while it is ours */

/* One run of the command. */
struct adm {
	const struct scep_crypto	*crypto;
	const char			*conf;	/* of -c, or NULL */
	int				 json;	/* --json */
	int				 was_root;	/* started by root */
	const char			*noun, *verb;	/* verb: or NULL */
	const char			*usage;	/* what goes behind them */
	int				 hold;	/* adm_hold() */
	struct adm_held			*held;	/* or NULL */
	void				(*progress)(uint64_t done,
					    uint64_t total);	/* or NULL */
	struct scep_error		 err;
};

/* Where rc is of a file that could not be made: by whom, if root does not know
 * that he is somebody else by then. */
enum scep_err	 adm_not_made(struct adm *adm, const char *path,
		    enum scep_err rc);

#define ADM_UNWRITTEN	"standard output cannot be written; is there room on " \
			"its disk, is somebody reading"

/* A verb: argv[0] is the verb.  What it returns says the exit status; the
 * reason, if there is one to print, is in adm->err. */
typedef enum scep_err	(*adm_fn)(struct adm *adm, int argc, char *argv[]);

enum scep_err	 adm_init(struct adm *, int, char *[]);
enum scep_err	 adm_check(struct adm *, int, char *[]);
enum scep_err	 adm_doctor(struct adm *, int, char *[]);
enum scep_err	 adm_challenge_add(struct adm *, int, char *[]);
enum scep_err	 adm_challenge_list(struct adm *, int, char *[]);
enum scep_err	 adm_challenge_show(struct adm *, int, char *[]);
enum scep_err	 adm_challenge_revoke(struct adm *, int, char *[]);
enum scep_err	 adm_challenge_thaw(struct adm *, int, char *[]);
enum scep_err	 adm_challenge_purge(struct adm *, int, char *[]);
enum scep_err	 adm_challenge_hash(struct adm *, int, char *[]);
enum scep_err	 adm_client(struct adm *, int, char *[]);
enum scep_err	 adm_apikey_add(struct adm *, int, char *[]);
enum scep_err	 adm_apikey_list(struct adm *, int, char *[]);
enum scep_err	 adm_apikey_show(struct adm *, int, char *[]);
enum scep_err	 adm_apikey_revoke(struct adm *, int, char *[]);
enum scep_err	 adm_limits_list(struct adm *, int, char *[]);
enum scep_err	 adm_limits_clear(struct adm *, int, char *[]);
enum scep_err	 adm_token_key_add(struct adm *, int, char *[]);
enum scep_err	 adm_token_key_list(struct adm *, int, char *[]);
enum scep_err	 adm_token_key_show(struct adm *, int, char *[]);
enum scep_err	 adm_token_key_revoke(struct adm *, int, char *[]);
enum scep_err	 adm_token_mint(struct adm *, int, char *[]);
enum scep_err	 adm_notice_list(struct adm *, int, char *[]);
enum scep_err	 adm_notice_show(struct adm *, int, char *[]);
enum scep_err	 adm_notice_retry(struct adm *, int, char *[]);
enum scep_err	 adm_notice_drop(struct adm *, int, char *[]);
enum scep_err	 adm_request_list(struct adm *, int, char *[]);
enum scep_err	 adm_request_show(struct adm *, int, char *[]);
enum scep_err	 adm_request_approve(struct adm *, int, char *[]);
enum scep_err	 adm_request_refuse(struct adm *, int, char *[]);
enum scep_err	 adm_cert_list(struct adm *, int, char *[]);
enum scep_err	 adm_cert_show(struct adm *, int, char *[]);
enum scep_err	 adm_cert_export(struct adm *, int, char *[]);
enum scep_err	 adm_cert_revoke(struct adm *, int, char *[]);
enum scep_err	 adm_crl_list(struct adm *, int, char *[]);
enum scep_err	 adm_crl_show(struct adm *, int, char *[]);
enum scep_err	 adm_crl_export(struct adm *, int, char *[]);
enum scep_err	 adm_crl_make(struct adm *, int, char *[]);
enum scep_err	 adm_ca_list(struct adm *, int, char *[]);
enum scep_err	 adm_ca_show(struct adm *, int, char *[]);
enum scep_err	 adm_ca_stage(struct adm *, int, char *[]);
enum scep_err	 adm_ca_unstage(struct adm *, int, char *[]);
enum scep_err	 adm_ca_publish(struct adm *, int, char *[]);
enum scep_err	 adm_ca_switch(struct adm *, int, char *[]);
enum scep_err	 adm_ca_retire(struct adm *, int, char *[]);
enum scep_err	 adm_ca_renew_ra(struct adm *, int, char *[]);
enum scep_err	 adm_explain(struct adm *, int, char *[]);
enum scep_err	 adm_backup(struct adm *, int, char *[]);
enum scep_err	 adm_restore(struct adm *, int, char *[]);
enum scep_err	 adm_import(struct adm *, int, char *[]);
enum scep_err	 adm_log_verify(struct adm *, int, char *[]);
enum scep_err	 adm_reload(struct adm *, int, char *[]);
enum scep_err	 adm_status(struct adm *, int, char *[]);

/*
 * Options of a verb.  A text option gets its value, a flag (has_arg 0) sets
 * *flag; --json and -h are understood everywhere.  SCEP_E_USAGE with the
 * reason; *operand is the first of n_operands that must be left; -1: one
 * or none, and then it is NULL; ADM_ANY: however many, and a NULL.
 */
#define ADM_ANY	(-2)
struct adm_option {
	const char	*name;		/* "cn" of --cn; NULL ends the list */
	const char	**text;		/* the last one given, or … */
	int		*flag;		/* … set to 1, or … */
	json_t		*list;		/* … each value appended */
};
enum scep_err	 adm_options(struct adm *adm, int argc, char *argv[],
		    const struct adm_option *options, int n_operands,
		    char ***operand);

/* Carry out one request of ca/admin.h: by the owner if there is one, else by
 * ourselves.  request is stolen.  *result is the caller's. */
enum scep_err	 adm_ask(struct adm *adm, json_t *request, json_t **result);
/* For many requests in a row: where nobody owns the state, it is opened with
 * the first of them and closed by adm_release(). */
void		 adm_hold(struct adm *adm);
void		 adm_release(struct adm *adm);

/*
 * One line from fd into text, without its end; without echo, and behind the
 * prompt, if it is a terminal.  Its length: 0 for none, size - 1 if it may be
 * longer.
 */
size_t		 adm_secret_line(int fd, const char *prompt, char *text,
		    size_t size);
/* The first line of a file, or of standard input ("-"), to be cleansed and
 * freed; what it is to be, for messages. */
enum scep_err	 adm_secret_file(struct adm *adm, const char *path,
		    const char *what, char **out);

/* Columns of a table, members of a record; the list ends with NULL. */
struct adm_column {
	const char	*title;
	const char	*key;
};
/* Ask, and print the result: as JSON (--json), an array as a table, an object
 * as a record.  Control characters do not reach the terminal. */
enum scep_err	 adm_show(struct adm *adm, json_t *request,
		    const struct adm_column *columns);
/* A verb that is no more than that: without options; or with one operand, in
 * this member. */
enum scep_err	 adm_show_all(struct adm *adm, int argc, char *argv[],
		    const char *what, const struct adm_column *columns);
enum scep_err	 adm_show_one(struct adm *adm, int argc, char *argv[],
		    const char *what, const char *member,
		    const struct adm_column *columns);
/* Unless it is NULL.  One that is not UTF-8 is there, too, so that adm_ask()
 * refuses it: a request without it may mean more. */
void		 adm_set_text(json_t *request, const char *member,
		    const char *text);
/* "" if there is none. */
const char	*adm_text(const json_t *reply, const char *member);
/*
 * Rows that arrive a page at a time, printed as they come: a table, whose
 * columns are as wide as the widest cell so far; lines of CSV (RFC 4180), the
 * keys in front; or one array as JSON.
 */
enum adm_form { ADM_TABLE, ADM_CSV, ADM_JSON };
#define ADM_COLUMNS_MAX	20
struct adm_rows {
	enum adm_form			 form;
	const struct adm_column		*columns;	/* not of JSON */
	size_t				 widths[ADM_COLUMNS_MAX];
	size_t				 n;		/* printed */
};
/* Set form and columns, the rest to 0.  SCEP_E_STORE if it cannot be
 * written. */
enum scep_err	 adm_rows_put(struct adm *adm, struct adm_rows *rows,
		    const json_t *page);
enum scep_err	 adm_rows_end(struct adm *adm, struct adm_rows *rows);
/* An object as a record; what is "" or not there is left out. */
void		 adm_print_record(const json_t *record,
		    const struct adm_column *columns);
/* The result as JSON (--json). */
void		 adm_print_json(const json_t *result);
/* The owner's hex as DER; or as PEM, if its name is given.  what it is, for
 * messages. */
enum scep_err	 adm_print_der(struct adm *adm, const json_t *hex,
		    const char *what, const char *pem);

/* What each profile comes to: printed, and put into list. */
struct scep_config;
enum scep_err	 adm_check_profiles(struct adm *adm,
		    const struct scep_config *cfg, json_t *list);
/* Where fewer can approve than a profile demands, note is called. */
enum scep_err	 adm_check_approvals(struct adm *adm,
		    const struct scep_config *cfg,
		    void (*note)(void *arg, int fatal, const char *text),
		    void *arg);

#endif /* SCEP_CGI_SCEPADM_H */
