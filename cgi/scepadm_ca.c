/*
 * scepadm_ca.c - `scepadm ca`: the generations of a CA, listed, shown, and
 * taken from one state to the next.  Staged by scepadm_ca_stage.c.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cgi/scepadm_ca.h"

static const struct adm_column	columns[] = {
	{ "CA", "ca" },
	{ "GEN", "generation" },
	{ "STATE", "state" },
	{ "AFTER RELOAD", "after_reload" },
	{ "SINCE", "since" },
	{ "EXPIRES", "not_after" },
	{ "KEY", "key" },
	{ "SUBJECT", "subject" },
	{ NULL, NULL }
};

enum scep_err
adm_ca_list(struct adm *adm, int argc, char *argv[])
{
	return adm_show_all(adm, argc, argv, "ca.list", columns);
}

static void
print_ras(const json_t *gen)
{
	const json_t	*ras = json_object_get(gen, "ras");
	json_t		*ra;
	size_t		 i;

	if (json_array_size(ras) == 0)
		(void)printf("  RA           none: the CA's own key "
		    "(insecure_one_key)\n");
	json_array_foreach((json_t *)(uintptr_t)ras, i, ra)
		(void)printf("  RA %-9lld %s, until %s, %s%s%s\n",
		    (long long)json_integer_value(json_object_get(ra, "ra")),
		    adm_text(ra, "state"), adm_text(ra, "not_after"),
		    adm_text(ra, "certificate"), *adm_text(ra, "fault") !=
		    '\0' ? "\n               " : "", adm_text(ra, "fault"));
}

static void
print_generation(const json_t *gen)
{
	const json_t	*valid = json_object_get(gen, "valid");

	(void)printf("generation %lld: %s%s%s\n",
	    (long long)json_integer_value(json_object_get(gen,
	    "generation")), adm_text(gen, "state"), *adm_text(gen, "since") !=
	    '\0' ? " since " : "", adm_text(gen, "since"));
	if (*adm_text(gen, "fault") != '\0')
		(void)printf("  fault        %s\n", adm_text(gen, "fault"));
	(void)printf("  subject      %s\n  issuer       %s\n"
	    "  key          %s\n  SHA-256      %s\n"
	    "  valid        %s to %s\n  certificate  %s\n",
	    adm_text(gen, "subject"), adm_text(gen, "issuer"),
	    adm_text(gen, "key"), adm_text(gen, "sha256"),
	    adm_text(gen, "not_before"), adm_text(gen, "not_after"),
	    adm_text(gen, "certificate"));
	print_ras(gen);
	if (valid != NULL)
		(void)printf("  issued       %lld that are valid%s%s\n",
		    (long long)json_integer_value(valid),
		    *adm_text(gen, "until") != '\0' ? ", the last one until " :
		    "", adm_text(gen, "until"));
}

enum scep_err
adm_ca_show(struct adm *adm, int argc, char *argv[])
{
	char		**operand;
	json_t		*ask, *result, *gen;
	enum scep_err	 rc;
	size_t		 i;

	if ((rc = adm_options(adm, argc, argv, NULL, -1, &operand)) !=
	    SCEP_OK)
		return rc;
	ask = json_pack("{s:s}", "do", "ca.show");
	adm_set_text(ask, "ca", operand[0]);
	if ((rc = adm_ask(adm, ask, &result)) != SCEP_OK)
		return rc;
	if (adm->json)
		adm_print_json(result);
	else
		json_array_foreach(json_object_get(result, "generations"), i,
		    gen)
			print_generation(gen);
	json_decref(result);
	return SCEP_OK;
}

static void
print_keys(const json_t *act)
{
	json_t	*path;
	size_t	 i;

	json_array_foreach(json_object_get(act, "keys"), i, path)
		(void)printf("%s%s\n", i == 0 ? "its keys are left; destroy "
		    "them, or lock them away:\n  " : "  ",
		    json_string_value(path));
}

/* What became of one RA key, and what the operator does next. */
static void
print_ra(const json_t *act)
{
	const char	*state = adm_text(act, "ra_state");

	(void)printf("CA %s: RA %lld of generation %lld is %s\n",
	    adm_text(act, "ca"),
	    (long long)json_integer_value(json_object_get(act, "ra")),
	    (long long)json_integer_value(json_object_get(act,
	    "generation")), state);
	if (strcmp(state, "current") == 0)
		(void)printf("next: devices fetch it (GetCACert); the one "
		    "before goes on opening until\n"
		    "      scepadm ca retire --ca %s --ra N: at once, if it "
		    "is in other hands\n", adm_text(act, "ca"));
}

/* What the operator does next. */
static void
print_next(const json_t *act)
{
	const char	*state = adm_text(act, "state");
	const char	*ca = adm_text(act, "ca");

	if (strcmp(state, "staged") == 0)
		(void)printf("next: scepadm ca publish --ca %s\n", ca);
	else if (strcmp(state, "published") == 0)
		(void)printf("next: give the devices time to fetch it, then "
		    "scepadm ca switch --ca %s\n", ca);
	else if (strcmp(state, "current") == 0)
		(void)printf("next: devices renew under it; when nothing "
		    "of the previous one is valid any more\n"
		    "      (scepadm ca show %s), scepadm ca retire --ca "
		    "%s\n", ca, ca);
	else
		print_keys(act);
}

static void
print_act(const json_t *act)
{
	if (json_object_get(act, "ra") != NULL) {
		print_ra(act);
		return;
	}
	(void)printf("CA %s: generation %lld is %s\n", adm_text(act, "ca"),
	    (long long)json_integer_value(json_object_get(act,
	    "generation")), adm_text(act, "state"));
	print_next(act);
}

enum scep_err
adm_ca_act(struct adm *adm, json_t *ask)
{
	json_t		*act, *one;
	const char	*reload;
	enum scep_err	 rc;
	size_t		 i;

	if ((rc = adm_ask(adm, ask, &act)) != SCEP_OK)
		return rc;
	reload = adm_text(act, "reload");
	if (adm->json)
		adm_print_json(act);
	else {
		json_array_foreach(json_object_get(act, "warnings"), i, one)
			(void)printf("warning: %s\n", json_string_value(one));
		print_act(act);
	}
	/* The step is taken, and the server does not know it yet. */
	if (strcmp(reload, "done") != 0 &&
	    strcmp(reload, "no server runs") != 0)
		rc = scep_fail(&adm->err, SCEP_E_CONFIG, "the step is taken, "
		    "but the server goes on as before: %s; mend that, then "
		    "scepadm reload", reload);
	json_decref(act);
	return rc;
}

static enum scep_err
set_number(struct adm *adm, json_t *ask, const char *key, const char *value)
{
	long	 n;

	if (value == NULL)
		return SCEP_OK;
	if (scep_number_read(value, 1, 1000000, &n, &adm->err) != SCEP_OK)
		return scep_fail(&adm->err, SCEP_E_USAGE, "--%s %.32s: no "
		    "number; scepadm ca list and show have them", key, value);
	(void)json_object_set_new(ask, key, json_integer((json_int_t)n));
	return SCEP_OK;
}

/* The verbs that bring nothing along. */
static enum scep_err
act(struct adm *adm, const char *name, int argc, char *argv[])
{
	const char		*ca = NULL, *gen = NULL, *ra = NULL;
	int			 force = 0;
	const struct adm_option	 all[] = {
		{ "ca", &ca, NULL, NULL },
		{ "force", NULL, &force, NULL },
		{ "generation", &gen, NULL, NULL },
		{ "ra", &ra, NULL, NULL },
		{ NULL, NULL, NULL, NULL }
	};
	struct adm_option	 options[sizeof(all) / sizeof(all[0])];
	const size_t		 n = strcmp(name, "ca.publish") == 0 ||
				    strcmp(name, "ca.renew-ra") == 0 ? 1 :
				    strcmp(name, "ca.retire") == 0 ? 4 : 2;
	json_t			*ask;
	enum scep_err		 rc;

	memcpy(options, all, n * sizeof(all[0]));
	options[n] = all[4];
	if ((rc = adm_options(adm, argc, argv, options, 0, NULL)) != SCEP_OK)
		return rc;
	ask = json_pack("{s:s}", "do", name);
	adm_set_text(ask, "ca", ca);
	if (force)
		(void)json_object_set_new(ask, "force", json_integer(1));
	if ((rc = set_number(adm, ask, "generation", gen)) != SCEP_OK ||
	    (rc = set_number(adm, ask, "ra", ra)) != SCEP_OK) {
		json_decref(ask);
		return rc;
	}
	return adm_ca_act(adm, ask);
}

enum scep_err
adm_ca_unstage(struct adm *adm, int argc, char *argv[])
{
	return act(adm, "ca.unstage", argc, argv);
}

enum scep_err
adm_ca_publish(struct adm *adm, int argc, char *argv[])
{
	return act(adm, "ca.publish", argc, argv);
}

enum scep_err
adm_ca_switch(struct adm *adm, int argc, char *argv[])
{
	return act(adm, "ca.switch", argc, argv);
}

enum scep_err
adm_ca_retire(struct adm *adm, int argc, char *argv[])
{
	return act(adm, "ca.retire", argc, argv);
}

enum scep_err
adm_ca_renew_ra(struct adm *adm, int argc, char *argv[])
{
	return act(adm, "ca.renew-ra", argc, argv);
}
