/*
 * scepadm_challenge.c - one-time challenges: add, list, show, revoke, hash.
 */
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/text.h"
#include "cgi/scepadm.h"

#define COUNT_MAX	10000
#define SECRET_MAX	256

static const struct adm_column	list_columns[] = {
	{ "ID", "id" }, { "PROFILE", "profile" }, { "STATE", "state" },
	{ "USED", "used" }, { "OF", "uses" }, { "EXPIRES", "expires" },
	{ "SUBJECT", "subject" }, { "SAN", "san" }, { "NOTE", "note" },
	{ NULL, NULL }
};

static const struct adm_column	show_columns[] = {
	{ "id", "id" }, { "profile", "profile" }, { "state", "state" },
	{ "subject", "subject" }, { "SAN", "san" }, { "used", "used" },
	{ "uses", "uses" }, { "created", "created" },
	{ "expires", "expires" }, { "issuer", "issuer" }, { "note", "note" },
	{ NULL, NULL }
};

/* What add was told, as text. */
struct add {
	const char	*profile, *subject, *cn, *ttl, *uses, *count, *note;
	json_t		*dns;
};

static enum scep_err
add_numbers(struct adm *adm, const struct add *add, json_t *request)
{
	long		 ttl, uses, count;
	enum scep_err	 rc;

	if ((rc = scep_duration_read(add->ttl, &ttl, &adm->err)) != SCEP_OK)
		return scep_fail_within(&adm->err, "--ttl");
	if ((rc = scep_number_read(add->uses, 1, 1000000, &uses, &adm->err)) !=
	    SCEP_OK)
		return scep_fail_within(&adm->err, "--uses");
	if ((rc = scep_number_read(add->count, 1, COUNT_MAX, &count,
	    &adm->err)) != SCEP_OK)
		return scep_fail_within(&adm->err, "--count");
	(void)json_object_set_new(request, "ttl", json_integer(ttl));
	(void)json_object_set_new(request, "uses", json_integer(uses));
	(void)json_object_set_new(request, "count", json_integer(count));
	return SCEP_OK;
}

/* "CN=" in front, and what would end the value escaped. */
static json_t *
subject_of_cn(const char *cn)
{
	char	 text[512] = "CN=";
	size_t	 n = 3;

	for (; *cn != '\0' && n + 3 < sizeof(text); cn++) {
		if (strchr(",+=\\\"/", *cn) != NULL)
			text[n++] = '\\';
		text[n++] = *cn;
	}
	text[n] = '\0';
	return json_string(text);
}

static enum scep_err
add_request(struct adm *adm, const struct add *add, json_t *request)
{
	if (add->cn != NULL && add->subject != NULL)
		return scep_fail(&adm->err, SCEP_E_USAGE,
		    "--cn is short for --subject CN=…: give one of them");
	if (add->profile != NULL)
		(void)json_object_set_new(request, "profile",
		    json_string(add->profile));
	if (add->subject != NULL)
		(void)json_object_set_new(request, "subject",
		    json_string(add->subject));
	if (add->cn != NULL)
		(void)json_object_set_new(request, "subject",
		    subject_of_cn(add->cn));
	if (json_array_size(add->dns) > 0)
		(void)json_object_set(request, "dns", add->dns);
	if (add->note != NULL)
		(void)json_object_set_new(request, "note",
		    json_string(add->note));
	return add_numbers(adm, add, request);
}

/* The challenges alone on stdout, so that a script may take them. */
static void
print_added(const json_t *added)
{
	const json_t	*first = json_array_get(added, 0);
	const char	*binds;
	json_t		*one;
	size_t		 i;

	json_array_foreach((json_t *)(uintptr_t)added, i, one)
		(void)printf("%s\n",
		    json_string_value(json_object_get(one, "challenge")));
	(void)fflush(stdout);
	binds = json_string_value(json_object_get(first, "binds"));
	(void)fprintf(stderr, "scepadm: for profile %s until %s; shown once, "
	    "never again\n",
	    json_string_value(json_object_get(first, "profile")),
	    json_string_value(json_object_get(first, "expires")));
	if (binds != NULL && strcmp(binds, "nothing") == 0)
		(void)fprintf(stderr, "scepadm: WARNING: it binds no name: "
		    "whoever has it may ask for ANY name the profile allows "
		    "(--cn, --subject and --dns bind one)\n");
}

enum scep_err
adm_challenge_add(struct adm *adm, int argc, char *argv[])
{
	struct add		 add = { .ttl = "24h", .uses = "1",
				    .count = NULL };
	json_t			*dns = json_array(), *request, *result;
	const struct adm_option	 options[] = {
		{ "profile", &add.profile, NULL, NULL },
		{ "subject", &add.subject, NULL, NULL },
		{ "cn", &add.cn, NULL, NULL },
		{ "dns", NULL, NULL, dns },
		{ "ttl", &add.ttl, NULL, NULL },
		{ "uses", &add.uses, NULL, NULL },
		{ "count", &add.count, NULL, NULL },
		{ "note", &add.note, NULL, NULL },
		{ NULL, NULL, NULL, NULL }
	};
	int			 many;
	enum scep_err		 rc;

	add.dns = dns;
	request = json_pack("{s:s}", "do", "challenge.add");
	rc = adm_options(adm, argc, argv, options, 0, NULL);
	many = add.count != NULL;
	if (!many)
		add.count = "1";
	if (rc == SCEP_OK)
		rc = add_request(adm, &add, request);
	json_decref(dns);
	if (rc != SCEP_OK) {
		json_decref(request);
		return rc;
	}
	if ((rc = adm_ask(adm, request, &result)) != SCEP_OK)
		return rc;
	if (!adm->json)
		print_added(result);
	else
		adm_print_json(many ? result : json_array_get(result, 0));
	json_decref(result);
	return SCEP_OK;
}

enum scep_err
adm_challenge_list(struct adm *adm, int argc, char *argv[])
{
	enum scep_err	 rc;

	if ((rc = adm_options(adm, argc, argv, NULL, 0, NULL)) != SCEP_OK)
		return rc;
	return adm_show(adm, json_pack("{s:s}", "do", "challenge.list"),
	    list_columns);
}

static enum scep_err
one(struct adm *adm, int argc, char *argv[], const char *what)
{
	char		**id;
	enum scep_err	  rc;

	if ((rc = adm_options(adm, argc, argv, NULL, 1, &id)) != SCEP_OK)
		return rc;
	return adm_show(adm, json_pack("{s:s,s:s}", "do", what, "id", id[0]),
	    show_columns);
}

enum scep_err
adm_challenge_show(struct adm *adm, int argc, char *argv[])
{
	return one(adm, argc, argv, "challenge.show");
}

enum scep_err
adm_challenge_revoke(struct adm *adm, int argc, char *argv[])
{
	return one(adm, argc, argv, "challenge.revoke");
}

/* One line from stdin; without echo if that is a terminal. */
static enum scep_err
secret_read(struct adm *adm, char *secret, size_t size)
{
	struct termios	 was, quiet;
	int		 tty = isatty(STDIN_FILENO) &&
			    tcgetattr(STDIN_FILENO, &was) == 0;
	size_t		 n = 0;
	ssize_t		 r;

	if (tty) {
		quiet = was;
		quiet.c_lflag &= ~(tcflag_t)ECHO;
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
		(void)fprintf(stderr, "challenge to hash: ");
	}
	/* Not stdio: its buffer would keep the secret. */
	while (n < size - 1 && (r = read(STDIN_FILENO, secret + n, 1)) == 1 &&
	    secret[n] != '\n')
		n++;
	secret[n] = '\0';
	if (tty) {
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &was);
		(void)fprintf(stderr, "\n");
	}
	if (n > 0 && secret[n - 1] == '\r')
		secret[--n] = '\0';
	if (n == 0 || n == size - 1)
		return scep_fail(&adm->err, SCEP_E_USAGE, "standard input "
		    "holds %s; give the challenge there: scepadm challenge "
		    "hash < FILE", n == 0 ? "nothing" : "more than one line");
	return SCEP_OK;
}

enum scep_err
adm_challenge_hash(struct adm *adm, int argc, char *argv[])
{
	char			 secret[SECRET_MAX + 1];
	const char		*profile = NULL;
	const struct adm_option	 options[] = {
		{ "profile", &profile, NULL, NULL },
		{ NULL, NULL, NULL, NULL }
	};
	json_t			*request, *result;
	enum scep_err		 rc;

	if ((rc = adm_options(adm, argc, argv, options, 0, NULL)) != SCEP_OK ||
	    (rc = secret_read(adm, secret, sizeof(secret))) != SCEP_OK)
		return rc;
	request = json_pack("{s:s,s:s}", "do", "challenge.hash", "secret",
	    secret);
	OPENSSL_cleanse(secret, sizeof(secret));
	if (request == NULL)
		return scep_fail(&adm->err, SCEP_E_USAGE,
		    "the challenge is not UTF-8");
	if (profile != NULL)
		(void)json_object_set_new(request, "profile",
		    json_string(profile));
	if ((rc = adm_ask(adm, request, &result)) != SCEP_OK)
		return rc;
	if (adm->json)
		adm_print_json(result);
	else
		(void)printf("challenge_hash = %s\n",
		    json_string_value(json_object_get(result, "hash")));
	json_decref(result);
	return SCEP_OK;
}
