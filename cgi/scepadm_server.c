/* scepadm_server.c - the running server: its configuration read again. */
#include "cgi/scepadm.h"

static const struct adm_column	reload_columns[] = {
	{ "configuration in force", "generation" }, { NULL, NULL }
};

enum scep_err
adm_reload(struct adm *adm, int argc, char *argv[])
{
	enum scep_err	 rc;

	if ((rc = adm_options(adm, argc, argv, NULL, 0, NULL)) != SCEP_OK)
		return rc;
	return adm_show(adm, json_pack("{s:s}", "do", "reload"),
	    reload_columns);
}
