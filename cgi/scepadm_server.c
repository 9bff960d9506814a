/*
 * scepadm_server.c - the running server: how it is, and its configuration
 * read again.
 */
#include <string.h>

#include "cgi/scepadm.h"

static const struct adm_column	reload_columns[] = {
	{ "configuration in force", "generation" }, { NULL, NULL }
};

enum scep_err
adm_reload(struct adm *adm, int argc, char *argv[])
{
	return adm_show_all(adm, argc, argv, "reload", reload_columns);
}

static const char *
text(const json_t *o, const char *key)
{
	const char	*s = json_string_value(json_object_get(o, key));

	return s != NULL ? s : "";
}

static long long
number(const json_t *o, const char *key)
{
	return (long long)json_integer_value(json_object_get(o, key));
}

static void
print_owner(const json_t *owner)
{
	if (json_is_null(owner)) {
		(void)printf("server     none runs (or plain CGI)\n");
		return;
	}
	(void)printf("server     scep.fcgi %s, process %lld, since %s\n"
	    "           configuration %lld, %lld workers, %lld replaced\n",
	    text(owner, "version"), number(owner, "pid"),
	    text(owner, "started"), number(owner, "generation"),
	    number(owner, "workers"), number(owner, "worker_restarts"));
}

static void
print_results(const char *title, const json_t *results)
{
	const char	*name;
	const json_t	*n;

	(void)printf("%-10s", title);
	json_object_foreach((json_t *)(uintptr_t)results, name, n)
		(void)printf(" %s %" JSON_INTEGER_FORMAT, name,
		    json_integer_value(n));
	(void)putchar('\n');
}

static void
print_profiles(const json_t *profiles)
{
	json_t	*p;
	size_t	 i;

	json_array_foreach((json_t *)(uintptr_t)profiles, i, p)
		(void)printf("%-10s %s: %s, %lld waiting%s%s\n",
		    i == 0 ? "profiles" : "", text(p, "profile"),
		    text(p, "state"), number(p, "pending"),
		    *text(p, "fault") != '\0' ? "\n             " : "",
		    text(p, "fault"));
}

static void
print_expiries(const json_t *expiries)
{
	json_t	*e;
	size_t	 i;

	json_array_foreach((json_t *)(uintptr_t)expiries, i, e)
		(void)printf("%-10s %s of CA %s: %s\n",
		    i == 0 ? "expires" : "", text(e, "certificate"),
		    text(e, "ca"), text(e, "not_after"));
}

static void
print_crls(const json_t *crls)
{
	json_t	*c;
	size_t	 i;

	json_array_foreach((json_t *)(uintptr_t)crls, i, c) {
		(void)printf("%-10s of CA %s: %s", i == 0 ? "CRL" : "",
		    text(c, "ca"), text(c, "state"));
		if (json_object_get(c, "number") != NULL)
			(void)printf(", number %lld, until %s, %lld entries",
			    number(c, "number"), text(c, "next_update"),
			    number(c, "entries"));
		if (*text(c, "reason") != '\0')
			(void)printf(" (%s)", text(c, "reason"));
		(void)putchar('\n');
	}
}

/* Only where there is something to see. */
static void
print_blocked(const json_t *blocked)
{
	if (number(blocked, "peers") + number(blocked, "profiles") > 0)
		(void)printf("blocked    %lld addresses, %lld profiles: "
		    "scepadm limits list\n", number(blocked, "peers"),
		    number(blocked, "profiles"));
}

static void
print_status(const json_t *status)
{
	const json_t	*store = json_object_get(status, "store");

	print_owner(json_object_get(status, "owner"));
	print_results("so far", json_object_get(status, "since_start"));
	print_results("last hour", json_object_get(status, "last_hour"));
	print_profiles(json_object_get(status, "profiles"));
	print_expiries(json_object_get(status, "expiries"));
	print_crls(json_object_get(status, "crls"));
	print_blocked(json_object_get(status, "blocked"));
	(void)printf("store      %s, %lld KiB; %lld MiB of disk are left, "
	    "%lld are kept\n", text(store, "state"),
	    number(store, "size") / 1024, number(store, "free") >> 20,
	    number(store, "reserve") >> 20);
}

enum scep_err
adm_status(struct adm *adm, int argc, char *argv[])
{
	json_t		*status;
	enum scep_err	 rc;

	if ((rc = adm_options(adm, argc, argv, NULL, 0, NULL)) != SCEP_OK ||
	    (rc = adm_ask(adm, json_pack("{s:s}", "do", "status"),
	    &status)) != SCEP_OK)
		return rc;
	if (adm->json)
		adm_print_json(status);
	else
		print_status(status);
	json_decref(status);
	return SCEP_OK;
}
