/*
 * admin_key.c - what adding API keys and token keys share.
 */
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "ca/admin_key.h"

/* Is it among these, with commas between them? */
static int
has(const char *list, const char *name)
{
	size_t	 n;

	for (; *list != '\0'; list += n + (list[n] == ',')) {
		n = strcspn(list, ",");
		if (strlen(name) == n && memcmp(list, name, n) == 0)
			return 1;
	}
	return 0;
}

enum scep_err
scep_admin_profiles(const struct scep_admin_call *call, char *out,
    size_t size, struct scep_error *err)
{
	const json_t			*list = json_object_get(call->ask,
					    "profiles");
	const struct scep_profile	*profile;
	const char			*name;
	size_t				 i = 0;

	do {
		name = json_string_value(json_array_get(list, i));
		if (name == NULL)
			name = "";		/* the default one */
		if ((profile = scep_config_profile(call->ca->cfg, name)) ==
		    NULL)
			return scep_fail(err, SCEP_E_NOTFOUND, "there is no "
			    "[profile %s] in %s", name,
			    scep_conf_file(call->ca->cfg->conf));
		if (has(out, profile->name))	/* told twice */
			continue;
		if (out[0] != '\0')
			OPENSSL_strlcat(out, ",", size);
		if (OPENSSL_strlcat(out, profile->name, size) >= size)
			return scep_fail(err, SCEP_E_USAGE, "profiles: their "
			    "names are longer than %zu octets together; make "
			    "several keys", size - 1);
	} while (++i < json_array_size(list));
	return SCEP_OK;
}

enum scep_err
scep_admin_plain_name(const struct scep_admin_call *call, char *out,
    size_t size, struct scep_error *err)
{
	const char	*name = scep_admin_text(call, "name", "");

	if (name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")] != '\0')
		return scep_fail(err, SCEP_E_USAGE, "name: of letters, "
		    "digits, -, _ and . alone");
	OPENSSL_strlcpy(out, name, size);
	return SCEP_OK;
}

enum scep_err
scep_admin_key_room(size_t n, const char *what, struct scep_error *err)
{
	return n < SCEP_KEYS_MAX ? SCEP_OK : scep_fail(err, SCEP_E_REFUSED,
	    "there are %d %s, and no more can be; those that were revoked go "
	    "after 90 days", SCEP_KEYS_MAX, what);
}

void
scep_admin_key_time(time_t t, char out[SCEP_TIME_TEXT])
{
	out[0] = '\0';
	if (t != 0)
		scep_time_text(t, out);
}
