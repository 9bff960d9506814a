/*
 * scepadm_add.h - making many challenges, as the files of `challenge add`
 * share it.
 */
#ifndef SCEP_CGI_SCEPADM_ADD_H
#define SCEP_CGI_SCEPADM_ADD_H

#include "cgi/scepadm.h"

#define ADM_ADD_MAX	100000	/* challenges in one command */

/* "CN=" in front, and what would end the value, or be a template, escaped. */
json_t		*adm_subject_of_cn(const char *cn);

/* What may be said of a challenge, by an option and by a column. */
enum adm_item {
	ADM_ITEM_SUBJECT,
	ADM_ITEM_CN,
	ADM_ITEM_NOTE,
	ADM_ITEM_TTL,
	ADM_ITEM_USES,
	ADM_ITEM_PROFILE,
	ADM_ITEM_KEY,
	ADM_ITEM_CSR,		/* a file */
	ADM_ITEM_NOT_BEFORE,
	ADM_ITEM_NOT_AFTER,
	ADM_ITEM_MAX_WRONG,
	ADM_ITEM_REUSE_FOR,
	ADM_ITEM_SET_SUBJECT,	/* yes or no */
	ADM_ITEM__MAX
};
/* "not_before": the column's; an option's has hyphens. */
const char	*adm_item_name(enum adm_item kind);
/* Into the item; the reason does not name it. */
enum scep_err	 adm_item_put(json_t *item, enum adm_item kind,
		    const char *text, struct scep_error *err);
/* Do they go together?  NULL and "" say nothing. */
enum scep_err	 adm_item_check(const char *const text[ADM_ITEM__MAX],
		    struct scep_error *err);

/* What to make: each of items, or one thing count times. */
struct adm_adding {
	const json_t	*items;		/* as challenge.addlist has them */
	const json_t	*one;		/* as challenge.add has it */
	size_t		 count;		/* of either */
};

/*
 * Make them all, in order, in slices of what one request may hold; progress
 * goes to a terminal.  What fails (or is interrupted) half-way is revoked
 * again, and the reason says so.
 */
enum scep_err	 adm_add_all(struct adm *adm, const struct adm_adding *what,
		    json_t **added);
/* The reason of a failure that came after they were made: revoke them. */
enum scep_err	 adm_add_undo(struct adm *adm, const json_t *added,
		    size_t count);
/* Each fault in items: fn is called with its index.  Nothing is stored. */
enum scep_err	 adm_add_check(struct adm *adm, const json_t *items,
		    void (*fn)(void *arg, size_t item, const char *text),
		    void *arg);

/* Devices of a file. */
struct adm_devices {
	json_t	*items;		/* as challenge.addlist has them */
	json_t	*rows;		/* what the file says: line, subject or cn,
				   dns; one for each item */
	int	 has_cn;	/* a column cn and none called subject */
};

/*
 * Read them from path, "-" for standard input.  deflt is an item with what
 * lines that do not say otherwise are to have.  count is how many there must
 * be, 0 for any number.  Each bad line is named on stderr, also those that
 * the owner would refuse.
 */
enum scep_err	 adm_devices_read(struct adm *adm, const char *path,
		    const json_t *deflt, size_t count,
		    struct adm_devices *out);
void		 adm_devices_clear(struct adm_devices *devices);

#endif /* SCEP_CGI_SCEPADM_ADD_H */
