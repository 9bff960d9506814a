/*
 * knocking.h - what scep-admin.fcgi would ask the CA of asking.h's world.
 * Include cmocka.h first.
 */
#ifndef TESTS_KNOCKING_H
#define TESTS_KNOCKING_H

#include <jansson.h>

#include "ca/apikey.h"

extern char	knock_key[SCEP_APIKEY_TEXT];	/* of the last record made */
extern char	knock_summary[512], knock_reason[1024];	/* for the log */

/* A record with these members; its id is the caller's. */
char		*knock_record(const char *members);
/* With the key of the last record, as "who" below. */
const char	*knock_by(void);
/* Its last letter is another one. */
void		 knock_spoil(void);

/* Knock so, later than WORLD_NOW; the whole reply is the caller's. */
json_t		*knock_ask(time_t later, const char *who, const char *what,
		    const char *ask, enum scep_err *rc);
/* It must be carried out; the result is the caller's. */
json_t		*knock_opened(time_t later, const char *who,
		    const char *what, const char *ask);
void		 knock_open(time_t later, const char *who, const char *what,
		    const char *ask);
/* It must not.  deny NULL: it is refused for what is asked, whoever does. */
void		 knock_closed(time_t later, const char *who,
		    const char *what, const char *ask, const char *deny);

#endif /* TESTS_KNOCKING_H */
