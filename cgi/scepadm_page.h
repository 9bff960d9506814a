/*
 * scepadm_page.h - requests whose answers come a page at a time.
 *
 * Who wants one owner for all pages calls adm_hold() around them.
 */
#ifndef SCEP_CGI_SCEPADM_PAGE_H
#define SCEP_CGI_SCEPADM_PAGE_H

#include "cgi/scepadm.h"

/* The same request until a reply has no next, or fn, which takes each reply,
 * has enough.  request stays the caller's, and fn may change it for the pages
 * to come. */
typedef enum scep_err	(*adm_page_fn)(struct adm *adm, void *arg,
			    json_t *result, int *enough);
enum scep_err	 adm_each_page(struct adm *adm, const json_t *request,
		    adm_page_fn fn, void *arg);
/* The rows of a reply, which keeps them. */
enum scep_err	 adm_page_rows(struct adm *adm, const json_t *result,
		    json_t **rows);

/* Rows printed page by page, so many in all. */
#define ADM_LIST_MAX	1000000000L
struct adm_list {
	struct adm_rows	 rows;
	size_t		 left;		/* rows to be printed */
};
/* What --csv (not 0) and --limit (or NULL) say of it. */
enum scep_err	 adm_list_start(struct adm *adm, struct adm_list *list,
		    int csv, const char *limit);
enum scep_err	 adm_list_put(struct adm *adm, struct adm_list *list,
		    json_t *rows);
/* The whole of it, whose start is made: held, and its end printed. */
enum scep_err	 adm_list_print(struct adm *adm, struct adm_list *list,
		    const json_t *request);

/* What replies say, in a member of this name, that they did: *n in all.  With
 * --json it is printed. */
enum scep_err	 adm_count_pages(struct adm *adm, const json_t *request,
		    const char *what, long long *n);

#endif /* SCEP_CGI_SCEPADM_PAGE_H */
