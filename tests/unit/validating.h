/*
 * validating.h - a validator for tests: it says what it is told to, and
 * remembers what it was asked.
 */
#ifndef TESTS_VALIDATING_H
#define TESTS_VALIDATING_H

#include <jansson.h>

#include "ca/hook.h"
#include "tests/unit/asking.h"

#define VALIDATING_REFUSE	"{\"decision\":\"refuse\"," \
				"\"reason\":\"stolen\"}"
#define VALIDATING_QUEUE	"{\"decision\":\"queue\"," \
				"\"reason\":\"new here\"}"

#define VALIDATING_MAX	16	/* questions that are remembered */

extern struct validating {
	/* What it says to "validate", and to "issued"; NULL: nothing, and the
	 * call fails. */
	const char	*answer, *confirm;
	void		(*meanwhile)(void);	/* while it is asked, */
	void		(*confirming)(void);	/* … to let one go */
	long		 ms;		/* that it takes each time, it says */
	int		 n;		/* times that it was asked */
	json_t		*asked[VALIDATING_MAX];
	enum scep_hook_kind kind;	/* of the last */
} validating;

/* Profiles: va (it alone), vc (and a challenge), vm (and an operator, also
 * where it gives no answer), vq (all three), vf (it alone, and it confirms),
 * vcf (a challenge, and it confirms), vmf (an operator, and it confirms); of
 * all, 8 may wait.  And one, of which 1 may, and some, which does not say. */
extern const char	validating_conf[];

/* cmocka's setup: an empty store, a validator that allows. */
int			 validating_empty(void **state);
/* A CA that is new has to be told of it. */
void			 validating_hook(void);
/* Give back what it was asked. */
void			 validating_forget(void);
/* How often it was asked; then that is forgotten. */
int			 validating_times(void);
/* The certificate of an answer, which is cleared. */
X509			*validating_cert(struct outcome *o);
/* A member of the last question, as text; fails the test if there is none. */
const char		*validating_said(const char *member);
/* What Prometheus is told; lines are given with their line feed. */
int			 validating_page_has(const char *line);
/* A request by device k for CN=dev-<k> under this profile. */
struct world_request	 validating_new(const char *profile, int k,
			    const char *txid, const char *challenge);

#endif /* TESTS_VALIDATING_H */
