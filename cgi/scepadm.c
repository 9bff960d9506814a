/*
 * scepadm.c - the operator's command: a table of nouns and verbs.
 */
#include <fcntl.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgi/child.h"
#include "cgi/log.h"
#include "cgi/scepadm.h"

#define IMPORT_USAGE							\
	"[--profile P] [--dry-run] [--skip]\n"				\
	"           [--ca-cert FILE] [--ca-key FILE] [--chain FILE]\n"	\
	"           [--pass-file FILE] [--certs DIR]\n"			\
	"           [--dir DIR] [--state DIR] [--url BASE] [--json] DIR"

/* Which of those that wait. */
#define REQUEST_USAGE							\
	"[--profile P] [--subject GLOB] [--san GLOB] [--peer ADDRESS]\n" \
	"           [--older 1d] [--newer 1d] [--limit N]"

static const struct {
	const char	*noun;
	const char	*verb;		/* NULL: the noun is the verb; or two
					   words */
	adm_fn		 fn;
	const char	*usage;
} verbs[] = {
	{ "init", NULL, adm_init,
	    "[--dir DIR] [--state DIR] [--cn NAME] [--key TYPE]\n"
	    "           [--url BASE]\n"
	    "           [--ca-cert FILE --ca-key FILE [--chain FILE] "
	    "[--pass-file FILE]] [--json]" },
	{ "check", NULL, adm_check, "[--store] [--profiles] [--json]" },
	{ "doctor", NULL, adm_doctor,
	    "[--url URL] [--profile P]\n"
	    "           [--challenge @FILE | --challenge-file FILE]\n"
	    "           [--subject DN] [--ca-file FILE] [--json]" },
	{ "challenge", "add", adm_challenge_add,
	    "[--profile P] [--subject DN | --cn CN] [--dns NAME]...\n"
	    "           [--set-subject] [--key SHA256 | --csr FILE]\n"
	    "           [--not-before TIME] [--ttl 24h | --not-after TIME] "
	    "[--uses 1]\n"
	    "           [--reuse-for 0s] [--max-wrong 5] [--note TEXT] "
	    "[--count N]\n"
	    "           [--csv FILE] [--json]" },
	{ "challenge", "list", adm_challenge_list,
	    "[--profile P] [--state STATE] [--limit N] [--csv | --json]" },
	{ "challenge", "show", adm_challenge_show, "[--json] ID" },
	{ "challenge", "revoke", adm_challenge_revoke, "[--json] ID" },
	{ "challenge", "thaw", adm_challenge_thaw, "[--json] ID" },
	{ "challenge", "purge", adm_challenge_purge,
	    "[--older 0s] [--json]" },
	{ "challenge", "hash", adm_challenge_hash,
	    "[--profile P] [--json] < FILE" },
	{ "client", NULL, adm_client,
	    "KIND [--cn CN | --subject DN] [--dns NAME]... [--profile P]\n"
	    "           [--bits N] [--url URL] [--ttl 24h] [--note TEXT]\n"
	    "           [--challenge-file FILE] [--ssid NAME] "
	    "[--radius NAME]\n"
	    "           [--sign FILE --sign-key FILE [--pass-file FILE]]\n"
	    "           [--qr] [--qr-png FILE] [--json]" },
	{ "apikey", "add", adm_apikey_add,
	    "--may RIGHT,... [--name NAME] [--user USER] [--profile P]...\n"
	    "           [--rate 10/s] [--max-uses 1] [--max-ttl 24h]\n"
	    "           [--live 1000 | --live any] [--expires TIME]\n"
	    "           [--note TEXT] [--json]" },
	{ "apikey", "list", adm_apikey_list, "[--json]" },
	{ "apikey", "show", adm_apikey_show, "[--json] ID" },
	{ "apikey", "revoke", adm_apikey_revoke, "[--json] ID" },
	{ "token", "key add", adm_token_key_add,
	    "--alg ALG [--out FILE | --public FILE] [--name NAME]\n"
	    "           [--profile P]... [--max-ttl 24h] [--note TEXT] "
	    "[--json]" },
	{ "token", "key list", adm_token_key_list, "[--json]" },
	{ "token", "key show", adm_token_key_show, "[--json] ID" },
	{ "token", "key revoke", adm_token_key_revoke, "[--json] ID" },
	{ "token", "mint", adm_token_mint,
	    "--key FILE --kid KID --profile P [--id ID]\n"
	    "           [--subject DN | --cn CN] [--dns NAME]... "
	    "[--set-subject]\n"
	    "           [--key-sha256 SHA256 | --csr FILE]\n"
	    "           [--not-before TIME] [--ttl 24h | --not-after TIME] "
	    "[--json]" },
	{ "notice", "list", adm_notice_list,
	    "[--profile P] [--event EVENT] [--limit N] [--csv | --json]" },
	{ "notice", "show", adm_notice_show, "[--json] ID" },
	{ "notice", "retry", adm_notice_retry,
	    "[--profile P] [--event EVENT] [--all] [--json] [ID]" },
	{ "notice", "drop", adm_notice_drop,
	    "[--profile P] [--event EVENT] [--all] [--json] [ID]" },
	{ "request", "list", adm_request_list,
	    REQUEST_USAGE "\n           [--state STATE] [--json]" },
	{ "request", "show", adm_request_show, "[--json] ID" },
	{ "request", "approve", adm_request_approve,
	    REQUEST_USAGE "\n           [--all] [--dry-run] [--json] "
	    "[ID ...]" },
	{ "request", "refuse", adm_request_refuse,
	    REQUEST_USAGE "\n           [--all] [--dry-run] [--reason TEXT] "
	    "[--json] [ID ...]" },
	{ "limits", "list", adm_limits_list, "[--all] [--json]" },
	{ "limits", "clear", adm_limits_clear,
	    "[--peer ADDRESS] [--profile P] [--json]" },
	{ "status", NULL, adm_status, "[--json]" },
	{ "reload", NULL, adm_reload, "[--json]" },
	{ "cert", "list", adm_cert_list,
	    "[--subject GLOB] [--profile P] [--ca NAME]\n"
	    "           [--state STATE] [--expires-in 30d] [--since TIME]\n"
	    "           [--sort FIELD] [--limit N] [--csv | --json]" },
	{ "cert", "show", adm_cert_show, "[--json] SERIAL" },
	{ "cert", "export", adm_cert_export,
	    "[--chain] [--der] [--json] SERIAL" },
	{ "cert", "revoke", adm_cert_revoke,
	    "[--reason REASON] [--ca NAME] [--subject GLOB]\n"
	    "           [--profile P] [--state STATE] [--expires-in 30d]\n"
	    "           [--since TIME] [--limit N] [--dry-run] [--json] "
	    "[SERIAL ...]" },
	{ "crl", "list", adm_crl_list, "[--json]" },
	{ "crl", "show", adm_crl_show, "[--json] CA" },
	{ "crl", "export", adm_crl_export, "[--der] [--json] CA" },
	{ "crl", "make", adm_crl_make, "[--json] CA" },
	{ "ca", "list", adm_ca_list, "[--json]" },
	{ "ca", "show", adm_ca_show, "[--json] [CA]" },
	{ "ca", "stage", adm_ca_stage,
	    "[--ca CA] [--cn NAME | --same-name] [--key TYPE] [--days N]\n"
	    "           [--csr FILE | --ca-cert FILE [--ca-key FILE] "
	    "[--chain FILE]\n"
	    "           [--pass-file FILE]] [--json]" },
	{ "ca", "unstage", adm_ca_unstage, "[--ca CA] [--force] [--json]" },
	{ "ca", "publish", adm_ca_publish, "[--ca CA] [--json]" },
	{ "ca", "switch", adm_ca_switch, "[--ca CA] [--force] [--json]" },
	{ "ca", "retire", adm_ca_retire,
	    "[--ca CA] [--generation N] [--ra N] [--force] [--json]" },
	{ "ca", "renew-ra", adm_ca_renew_ra, "[--ca CA] [--json]" },
	{ "explain", NULL, adm_explain,
	    "[--json] REQUEST-ID | TRANSACTION | SERIAL" },
	{ "backup", NULL, adm_backup, "[--json] DIR" },
	{ "restore", NULL, adm_restore,
	    "[--dir NEWDIR] [--issue-log FILE] [--json] DIR" },
	{ "import", "openssl-ca", adm_import, IMPORT_USAGE },
	{ "import", "micromdm-depot", adm_import, IMPORT_USAGE },
	{ "log", "verify", adm_log_verify,
	    "[--chain-only] [--json] [FILE]" },
};
#define VERBS	(sizeof(verbs) / sizeof(verbs[0]))

static void
usage(FILE *to, const char *noun)
{
	size_t	 i;

	for (i = 0; i < VERBS; i++)
		if (noun == NULL || strcmp(noun, verbs[i].noun) == 0)
			(void)fprintf(to, "%s scepadm [-c scep.conf] %s%s%s "
			    "%s\n", i == 0 || noun != NULL ? "usage:" :
			    "      ", verbs[i].noun,
			    verbs[i].verb != NULL ? " " : "",
			    verbs[i].verb != NULL ? verbs[i].verb : "",
			    verbs[i].usage);
}

/* How many words of argv a verb is; 0 if it is another. */
static int
match(int argc, char *argv[], const char *verb)
{
	size_t	 len;
	int	 n;

	for (n = 0; n < argc; verb += len + 1) {
		len = strcspn(verb, " ");
		if (strlen(argv[n]) != len || memcmp(argv[n], verb, len) != 0)
			return 0;
		n++;
		if (verb[len] == '\0')
			return n;
	}
	return 0;
}

/* The row for argv, and how many words it took; VERBS if there is none. */
static size_t
find(int argc, char *argv[], int *words)
{
	size_t	 i;

	for (i = 0; i < VERBS; i++) {
		if (strcmp(argv[0], verbs[i].noun) != 0)
			continue;
		*words = 1;
		if (verbs[i].verb == NULL)
			return i;
		*words += match(argc - 1, argv + 1, verbs[i].verb);
		if (*words > 1)
			return i;
	}
	return VERBS;
}

/* Of a verb of two words. */
static int
is_first(const char *noun, const char *word)
{
	const size_t	 len = strlen(word);
	size_t		 i;

	for (i = 0; i < VERBS; i++)
		if (strcmp(noun, verbs[i].noun) == 0 &&
		    verbs[i].verb != NULL && strncmp(verbs[i].verb, word,
		    len) == 0 && verbs[i].verb[len] == ' ')
			return 1;
	return 0;
}

static int
is_noun(const char *word)
{
	size_t	 i;

	for (i = 0; i < VERBS; i++)
		if (strcmp(word, verbs[i].noun) == 0)
			return 1;
	return 0;
}

static int
is_help(const char *word)
{
	return strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0;
}

/* No verb, or help: behind the noun, or behind the first of two words. */
static int
run_none(int argc, char *argv[])
{
	const int	 is_known = is_noun(argv[0]);
	const int	 help = is_known && argc > 1 &&
			    (is_help(argv[1]) || (argc > 2 &&
			    is_first(argv[0], argv[1]) && is_help(argv[2])));

	if (!is_known)
		(void)fprintf(stderr, "scepadm: there is no %s\n", argv[0]);
	else if (argc > 1 && !help && !is_first(argv[0], argv[1]))
		(void)fprintf(stderr, "scepadm: there is no %s %s\n", argv[0],
		    argv[1]);
	else if (argc > 2 && !help)
		(void)fprintf(stderr, "scepadm: there is no %s %s %s\n",
		    argv[0], argv[1], argv[2]);
	usage(help ? stdout : stderr, is_known ? argv[0] : NULL);
	return help ? 0 : scep_err_exit(SCEP_E_USAGE);
}

static int
run(struct adm *adm, int argc, char *argv[])
{
	enum scep_err	 rc;
	size_t		 i;
	int		 words = 0;

	if ((i = find(argc, argv, &words)) == VERBS)
		return run_none(argc, argv);
	adm->noun = verbs[i].noun;
	adm->verb = verbs[i].verb;
	adm->usage = verbs[i].usage;
	adm->err.text[0] = '\0';
	rc = verbs[i].fn(adm, argc - words + 1, argv + words - 1);
	if (rc == SCEP_E_USAGE && adm->err.text[0] == '\0') {
		usage(stdout, verbs[i].noun);	/* -h */
		return 0;
	}
	if (rc != SCEP_OK)
		(void)fprintf(stderr, "scepadm: %s\n", adm->err.text);
	return scep_err_exit(rc);
}

/* What scep.conf means depends on no openssl.cnf, here as in scep.fcgi; but how
 * doctor speaks HTTPS does. */
static void
settle_libcrypto(const char *noun)
{
	if (strcmp(noun, "doctor") != 0)
		(void)OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
}

/* Where one of the three is closed, no file of the state may come to be what we
 * print to: its place is taken by one with which that fails as before. */
static int
settle_streams(void)
{
	static const int	 flags[] = { O_WRONLY, O_RDONLY, O_RDONLY };
	int			 fd;

	for (fd = 0; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) == -1 &&
		    open("/dev/null", flags[fd]) != fd)
			return 0;
	return 1;
}

/* What nobody can read was not done, as far as he knows. */
static int
finish(int status)
{
	if (fflush(stdout) != EOF && !ferror(stdout))
		return status;
	if (status != 0)		/* that was told */
		return status;
	(void)fprintf(stderr, "scepadm: " ADM_UNWRITTEN "\n");
	return scep_err_exit(SCEP_E_STORE);
}

int
main(int argc, char *argv[])
{
	struct scep_crypto	*crypto = NULL;
	struct adm		 adm = { .was_root = geteuid() == 0 };
	int			 c, status;

	if (!settle_streams())
		return scep_err_exit(SCEP_E_INTERNAL);
	scep_process_harden();	/* keys and fresh challenges pass through */
	(void)setlocale(LC_CTYPE, "");
	/* Leave what stands behind the noun to the noun. */
	while ((c = getopt(argc, argv, "+c:h")) != -1) {
		switch (c) {
		case 'c':
			adm.conf = optarg;
			break;
		case 'h':
			usage(stdout, NULL);
			return finish(0);
		default:
			usage(stderr, NULL);
			return scep_err_exit(SCEP_E_USAGE);
		}
	}
	if (adm.conf != NULL && *adm.conf == '\0') {
		(void)fprintf(stderr, "scepadm: -c: its value is empty; name "
		    "a configuration, or leave it out\n");
		return scep_err_exit(SCEP_E_USAGE);
	}
	if (optind == argc) {
		usage(stderr, NULL);
		return scep_err_exit(SCEP_E_USAGE);
	}
	settle_libcrypto(argv[optind]);
	scep_log_open("scepadm", SCEP_LOG_SYSLOG);
	if (scep_crypto_new(NULL, &crypto, &adm.err) != SCEP_OK) {
		(void)fprintf(stderr, "scepadm: %s\n", adm.err.text);
		return scep_err_exit(adm.err.code);
	}
	adm.crypto = crypto;
	status = run(&adm, argc - optind, argv + optind);
	scep_crypto_free(crypto);
	return finish(status);
}
