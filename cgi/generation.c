/*
 * generation.c - the configuration in force, and those before it that RAs
 * still work with.
 *
 * A reload puts another generation in force; the one before lives until the
 * last RA that began with it has left.
 */
#include <sys/eventfd.h>

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "cgi/generation.h"
#include "cgi/log.h"
#include "cgi/page.h"
#include "cgi/state.h"

static void
log_fault(void *arg, int fatal, const char *text)
{
	(void)arg;
	if (fatal)
		scep_log_error("%s", text);
	else
		scep_log_warn("%s", text);
}

static void
log_profiles(const struct scep_config *cfg)
{
	size_t	 i;

	for (i = 0; i < cfg->n_profiles; i++)
		if (*cfg->profile[i].fault != '\0')
			scep_log_error("profile %s answers 503 till this is "
			    "mended: %s", cfg->profile[i].name,
			    cfg->profile[i].fault);
}

enum scep_err
scep_generation_read(const struct scep_crypto *crypto, const char *conf_path,
    struct scep_config **out, struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = scep_state_config(crypto, conf_path, 1, out, err)) !=
	    SCEP_OK)
		return rc;
	if ((rc = scep_config_check(crypto, *out, time(NULL), log_fault, NULL,
	    err)) == SCEP_OK) {
		log_profiles(*out);
		return SCEP_OK;
	}
	scep_config_free(*out);
	*out = NULL;
	return rc;
}

static void
generation_free(struct scep_generation *gen)
{
	scep_ca_close(gen->ca);
	scep_config_free(gen->cfg);
	if (gen->over_fd != -1)
		(void)close(gen->over_fd);
	OPENSSL_free(gen);
}

/* Held once, by being in force.  Takes cfg over if it succeeds. */
static enum scep_err
generation_new(struct scep_config *cfg, struct scep_generation **out,
    struct scep_error *err)
{
	struct scep_generation	*gen;

	*out = NULL;
	if ((gen = OPENSSL_zalloc(sizeof(*gen))) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "configuration");
	if ((gen->over_fd = eventfd(0, EFD_CLOEXEC)) == -1) {
		OPENSSL_free(gen);
		return scep_fail(err, SCEP_E_INTERNAL, "eventfd: %s",
		    strerror(errno));
	}
	gen->cfg = cfg;
	gen->users = 1;
	*out = gen;
	return SCEP_OK;
}

/* Who is blocked is refused in any case; what that costs is another matter. */
static enum scep_err
count_failures(struct scep_ca *ca, struct scep_error *err)
{
	if (scep_page_give_limits(ca, err) == SCEP_OK)
		return SCEP_OK;
	scep_log_warn("%s; workers are not told who is blocked, and open what "
	    "he sends before the CA refuses it", err->text);
	return scep_page_keep_limits(ca, err);
}

enum scep_err
scep_generations_open(struct scep_generations *g, struct scep_config *cfg,
    struct scep_store *store, struct scep_error *err)
{
	struct scep_generation	*gen;
	enum scep_err		 rc;

	if (pthread_mutex_init(&g->mutex, NULL) != 0 ||
	    pthread_mutex_init(&g->reloading, NULL) != 0)
		return scep_fail(err, SCEP_E_INTERNAL, "no mutex");
	if ((rc = generation_new(cfg, &gen, err)) != SCEP_OK)
		return rc;
	if ((rc = scep_ca_open(g->crypto, cfg, store, &gen->ca, err)) !=
	    SCEP_OK || (rc = count_failures(gen->ca, err)) != SCEP_OK) {
		gen->cfg = NULL;	/* still the caller's */
		generation_free(gen);
		return rc;
	}
	scep_hooks_init(&g->hooks);
	scep_ca_use_hooks(gen->ca, &g->hooks.host);
	g->now = gen;
	return SCEP_OK;
}

struct scep_generation *
scep_generation_hold(struct scep_generations *g)
{
	struct scep_generation	*gen;

	(void)pthread_mutex_lock(&g->mutex);
	gen = g->now;
	gen->users++;
	(void)pthread_mutex_unlock(&g->mutex);
	return gen;
}

void
scep_generation_drop(struct scep_generations *g, struct scep_generation *gen)
{
	unsigned int	 users;

	(void)pthread_mutex_lock(&g->mutex);
	users = --gen->users;
	(void)pthread_mutex_unlock(&g->mutex);
	if (users == 0)
		generation_free(gen);
}

/* Whoever watches sees it; what cannot be written is there already. */
static void
tell_it_is_over(const struct scep_generation *gen)
{
	const uint64_t	 one = 1;

	if (write(gen->over_fd, &one, sizeof(one)) == -1)
		scep_log_error("eventfd: %s", strerror(errno));
}

static struct scep_generation *
put_in_force(struct scep_generations *g, struct scep_generation *gen)
{
	struct scep_generation	*before;

	(void)pthread_mutex_lock(&g->mutex);
	before = g->now;
	g->now = gen;
	(void)pthread_mutex_unlock(&g->mutex);
	return before;
}

/* The store is open in one place, and stays there. */
static enum scep_err
check_place(const struct scep_config *is, const struct scep_config *was,
    struct scep_error *err)
{
	return strcmp(is->server.state, was->server.state) == 0 ? SCEP_OK :
	    scep_fail(err, SCEP_E_CONFIG, "state has changed from %s to %s: "
	    "that takes a restart", was->server.state, is->server.state);
}

static enum scep_err
reload(struct scep_generations *g, struct scep_generation **before,
    struct scep_error *err)
{
	struct scep_generation	*gen = NULL;
	struct scep_config	*cfg = NULL;
	enum scep_err		 rc;

	if ((rc = scep_generation_read(g->crypto, g->conf_path, &cfg, err)) !=
	    SCEP_OK)
		return rc;
	/* Only a reload changes g->now, and there is one at a time. */
	if ((rc = check_place(cfg, g->now->cfg, err)) != SCEP_OK ||
	    (rc = generation_new(cfg, &gen, err)) != SCEP_OK) {
		scep_config_free(cfg);
		return rc;
	}
	if ((rc = scep_ca_reopen(g->now->ca, cfg, &gen->ca, err)) != SCEP_OK)
		generation_free(gen);
	else
		*before = put_in_force(g, gen);
	return rc;
}

enum scep_err
scep_generations_reload(struct scep_generations *g,
    void (*fn)(void *arg, const struct scep_config *cfg), void *arg,
    uint32_t *number, struct scep_error *err)
{
	struct scep_generation	*before = NULL;
	enum scep_err		 rc;

	(void)pthread_mutex_lock(&g->reloading);
	if ((rc = reload(g, &before, err)) == SCEP_OK) {
		*number = g->now->ca->generation;
		fn(arg, g->now->cfg);
		tell_it_is_over(before);
		scep_generation_drop(g, before);
		scep_log_info("configuration %u is in force", *number);
	} else
		scep_log_error("the new configuration is refused, the old one "
		    "stays in force: %s", err->text);
	(void)pthread_mutex_unlock(&g->reloading);
	return rc;
}

void
scep_generations_close(struct scep_generations *g)
{
	if (g->now == NULL)
		return;
	scep_generation_drop(g, g->now);
	scep_hooks_clear(&g->hooks);
	g->now = NULL;
}
