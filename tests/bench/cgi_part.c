/*
 * cgi_part.c - a process that does one part of what a CGI run does.
 *
 * usage: bench-cgi part idle | crypto | config | lock | store
 *
 *	idle	nothing: what any process costs
 *	crypto	fetches libcrypto's algorithms
 *	config	… reads the configuration ($SCEP_CONF), loads and checks it
 *	lock	… only reads it, and takes the lock of the state
 *	store	… and opens the store for one request, and closes it
 */
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "cgi/state.h"
#include "tests/bench/cgi.h"

static void
need(enum scep_err rc, const struct scep_error *err)
{
	if (rc != SCEP_OK)
		bench_die("%s", err->text);
}

static void
do_config(const struct scep_crypto *crypto)
{
	struct scep_config	*cfg;
	struct scep_error	 err;

	need(scep_state_config(crypto, NULL, 1, &cfg, &err), &err);
	need(scep_config_check(crypto, cfg, time(NULL), NULL, NULL, &err),
	    &err);
	scep_config_free(cfg);
}

static void
do_store(const struct scep_crypto *crypto, int open_it)
{
	struct scep_config	*cfg;
	struct scep_store	*store = NULL;
	struct scep_error	 err;
	int			 lock;

	need(scep_state_config(crypto, NULL, 0, &cfg, &err), &err);
	need(scep_state_become_owner(cfg->server.state, &err), &err);
	need(scep_state_lock(cfg->server.state, 0, &lock, &err), &err);
	if (open_it)
		need(scep_state_store(crypto, cfg, 1, 0, &store, &err), &err);
	scep_store_close(store);
	(void)close(lock);
	scep_config_free(cfg);
}

int
bench_part(int argc, char *argv[])
{
	const char		*what = argc == 2 ? argv[1] : "";
	struct scep_crypto	*crypto;
	struct scep_error	 err;

	if (strcmp(what, "idle") == 0)
		return 0;
	(void)OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG |
	    OPENSSL_INIT_NO_ATEXIT | OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS, NULL);
	need(scep_crypto_new_brief(&crypto, &err), &err);
	if (strcmp(what, "config") == 0)
		do_config(crypto);
	else if (strcmp(what, "lock") == 0 || strcmp(what, "store") == 0)
		do_store(crypto, strcmp(what, "store") == 0);
	else if (strcmp(what, "crypto") != 0)
		bench_die("part: see tests/bench/cgi_part.c");
	return 0;			/* as a CGI run ends */
}
