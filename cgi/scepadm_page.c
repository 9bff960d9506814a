/* scepadm_page.c - a request whose answer comes a page at a time. */
#include "base/error.h"
#include "cgi/scepadm.h"

enum scep_err
adm_each_page(struct adm *adm, const json_t *request, adm_page_fn fn,
    void *arg)
{
	json_t		*after = NULL, *one, *result;
	enum scep_err	 rc = SCEP_OK;
	int		 enough = 0;

	do {
		one = json_copy((json_t *)(uintptr_t)request);
		if (after != NULL)
			(void)json_object_set_new(one, "after", after);
		after = NULL;
		if ((rc = adm_ask(adm, one, &result)) != SCEP_OK)
			break;
		rc = fn(adm, arg, result, &enough);
		after = json_incref(json_object_get(result, "next"));
		json_decref(result);
	} while (rc == SCEP_OK && after != NULL && !enough);
	json_decref(after);
	return rc;
}
