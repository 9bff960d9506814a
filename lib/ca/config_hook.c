/*
 * config_hook.c - the key by which who is asked or told knows us: validator_key
 * and notify_key of a profile.
 */
#include "base/error.h"
#include "base/file.h"
#include "ca/config_local.h"

#define KEY_MIN	16		/* octets */
#define KEY_MAX	1024
#define END_MAX	2		/* … of the end of a line */

/* What an editor leaves behind the line is no part of it. */
static void
cut_end(struct scep_buf *key)
{
	if (key->len > 0 && key->data[key->len - 1] == '\n')
		key->len--;
	if (key->len > 0 && key->data[key->len - 1] == '\r')
		key->len--;
}

static enum scep_err
read_key(const char *path, struct scep_buf *key, struct scep_error *err)
{
	enum scep_err	 rc;

	rc = scep_file_read_secret(path, KEY_MAX + END_MAX, key, err);
	if (rc == SCEP_E_NOTFOUND)
		return scep_fail(err, SCEP_E_CONFIG, "%s is not there; "
		    "restore it, or make one, (umask 077; openssl rand -hex "
		    "32 >%s), and give it to the other side", path, path);
	if (rc != SCEP_OK)
		return rc;
	cut_end(key);
	if (key->len >= KEY_MIN && key->len <= KEY_MAX)
		return SCEP_OK;
	return scep_fail(err, SCEP_E_CONFIG, "%s has %zu octets, and needs %d "
	    "to %d; make one, (umask 077; openssl rand -hex 32 >%s), and give "
	    "it to the other side", path, key->len, KEY_MIN, KEY_MAX, path);
}

enum scep_err
scep_config_load_hook_key(const struct scep_profile *p, const char *word,
    const char *path, struct scep_buf *key, struct scep_error *err)
{
	enum scep_err	 rc;

	if (*path == '\0')
		return SCEP_OK;
	if ((rc = read_key(path, key, err)) == SCEP_OK || rc == SCEP_E_NOMEM)
		return rc;
	scep_buf_clear(key);
	err->code = SCEP_E_CONFIG;
	return scep_fail_within(err, "%s:%d: [profile %s]: %s", p->file,
	    p->line, p->name, word);
}
