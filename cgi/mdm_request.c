/*
 * mdm_request.c - a request to scep-admin.fcgi, of the variables that a web
 * server sets; and whom it says that it is from.
 *
 * Knows whose word a variable is, and nothing of what is asked for.
 */
#include <stdio.h>
#include <string.h>

#include "cgi/mdm_request.h"

#define CERTIFICATE	"SSL_CLIENT_"	/* in the name of what one says */
#define VERIFY		"SSL_CLIENT_VERIFY"
#define FAILED		"FAILED"	/* and why: there is one */

struct source {
	scep_mdm_variable	 variable;
	void			*arg;
};

static const char *
get(const struct source *from, const char *name)
{
	const char	*value = from->variable(from->arg, name);

	return value != NULL ? value : "";
}

/*
 * nginx and Apache tell what stands in a client's certificate whether or not
 * they could verify that (optional_no_ca); lighttpd then says that it could
 * not, and nothing more.  One that was not verified says what its holder likes.
 */
static void
read_user(const struct source *from, const char *name,
    struct scep_mdm_request *out)
{
	const char	*verdict = get(from, VERIFY);

	out->user = name[0] != '\0' ? get(from, name) : "";
	out->nobody = "neither an API key nor a user";
	if (strstr(name, CERTIFICATE) == NULL || (out->user[0] == '\0' &&
	    strncmp(verdict, FAILED, sizeof(FAILED) - 1) != 0) ||
	    strcmp(verdict, "SUCCESS") == 0)
		return;
	out->user = "";
	out->nobody = "the web server does not say that it has verified the "
	    "client's certificate; it is to pass on " VERIFY ", which is to "
	    "be SUCCESS";
}

void
scep_mdm_read(const struct scep_server_conf *conf, scep_mdm_variable variable,
    void *arg, char path[SCEP_MDM_PATH], struct scep_mdm_request *out)
{
	const struct source	 from = { variable, arg };

	memset(out, 0, sizeof(*out));
	/* Not the front of one: that would be another one. */
	if (snprintf(path, SCEP_MDM_PATH, "%s%s", get(&from, "SCRIPT_NAME"),
	    get(&from, "PATH_INFO")) >= SCEP_MDM_PATH)
		path[0] = '\0';
	out->method = get(&from, "REQUEST_METHOD");
	out->path = path;
	out->query = get(&from, "QUERY_STRING");
	out->type = get(&from, "CONTENT_TYPE");
	out->length = get(&from, "CONTENT_LENGTH");
	out->auth = get(&from, "HTTP_AUTHORIZATION");
	out->site = get(&from, "HTTP_SEC_FETCH_SITE");
	out->origin = get(&from, "HTTP_ORIGIN");
	out->host = get(&from, "HTTP_HOST");
	out->peer = "";
	read_user(&from, conf->door_user, out);
}
