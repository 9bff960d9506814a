/*
 * operator.h - what scepadm would send to the CA of a world, and the answer
 * held against its contract.
 */
#ifndef TESTS_OPERATOR_H
#define TESTS_OPERATOR_H

#include <jansson.h>

#include "ca/admin.h"
#include "tests/unit/world.h"

#define OPERATOR_UID	1000UL

/* What the last request left for the log. */
extern char	operator_summary[512];

/* The request in JSON, and later than WORLD_NOW; the result is the caller's.
 * It must be carried out. */
json_t	*operator_ask(struct world *w, time_t later, const char *request);
/* It must be refused with this code and these words in its reason. */
void	 operator_refused(struct world *w, time_t later, const char *request,
	    enum scep_err code, const char *words);
/* The same with an id put in for the one %s of request. */
json_t	*operator_ask_id(struct world *w, time_t later, const char *request,
	    const char *id);
void	 operator_refused_id(struct world *w, time_t later,
	    const char *request, const char *id, enum scep_err code,
	    const char *words);

/* A member of an object, which must be a text; borrowed. */
const char	*operator_text(const json_t *object, const char *member);
/* It must be this text. */
void		 operator_is(const json_t *object, const char *member,
		    const char *want);

#endif /* TESTS_OPERATOR_H */
