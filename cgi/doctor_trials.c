/*
 * doctor_trials.c - each capability tried for real: what is announced must
 * work, and what works should be announced.
 *
 * A client that has its certificate sends its request again, which gives the
 * same certificate, in the cipher and digest on trial.  Without one it is a
 * CertPoll for nothing, whose algorithms are checked all the same.
 */
#include <string.h>

#include "cgi/doctor.h"

typedef const EVP_CIPHER	*(*cipher_fn)(void);
typedef const EVP_MD		*(*digest_fn)(void);

static const struct {
	const char	*word;		/* of RFC 8894 section 3.5.2 */
	const char	*text;
	cipher_fn	 cipher;
	digest_fn	 digest;
	int		 needed;	/* section 2.9: by SCEPStandard */
	int		 goes_with;	/* no word of its own: only to know */
} trials[] = {
	{ "AES", "AES", EVP_aes_128_cbc, NULL, 1, 0 },
	{ "AES", "AES-256 (certmonger)", EVP_aes_256_cbc, NULL, 0, 1 },
	{ "DES3", "DES3", EVP_des_ede3_cbc, NULL, 0, 0 },
	{ "SHA-1", "SHA-1", NULL, EVP_sha1, 0, 0 },
	{ "SHA-256", "SHA-256", NULL, EVP_sha256, 1, 0 },
	{ "SHA-384", "SHA-384", NULL, EVP_sha384, 0, 0 },
	{ "SHA-512", "SHA-512", NULL, EVP_sha512, 0, 0 },
};
#define TRIALS	(sizeof(trials) / sizeof(trials[0]))

static const char *const	 known[] = {	/* the rest of them */
	"POSTPKIOperation", "SCEPStandard", "Renewal", "GetNextCACert"
};

/* What was found out about a word. */
struct finding {
	const char	*word, *text;
	int		 works, needed;
	const char	*seen;
	enum doctor_fix	 fix;
};

/* Does scep.conf say that this word is not to be announced? */
static int
is_hidden(const struct doctor *d, const char *word)
{
	return d->profile != NULL && d->ours &&
	    scep_config_hides(d->profile, word);
}

/* Announced or not, working or not. */
static void
verdict(struct doctor *d, const struct finding *f)
{
	const int	 announced = doctor_announced(d, f->word);

	if (announced && f->works)
		doctor_ok(d, f->word, "%s: announced, works: %s", f->text,
		    f->seen);
	else if (announced)
		doctor_fail(d, f->word, f->fix, "%s: announced, does not "
		    "work: %s: devices that believe it fail", f->text,
		    f->seen);
	else if (f->works && is_hidden(d, f->word))
		doctor_info(d, f->word, "%s: works, and is not announced, as "
		    "`caps_hide` in scep.conf says", f->text);
	else if (f->works && f->needed && !doctor_announced(d,
	    "SCEPStandard"))
		doctor_fail(d, f->word, DOCTOR_FIX_CAPS, "%s: works, but is "
		    "not announced, nor is SCEPStandard: devices do what they "
		    "did before there was such a list (MD5, single DES, GET)",
		    f->text);
	else if (f->works)
		doctor_info(d, f->word, "%s: works, but is not announced: "
		    "devices do not use it", f->text);
	else if (f->needed)
		doctor_fail(d, f->word, f->fix, "%s: does not work: %s: RFC "
		    "8894 requires it", f->text, f->seen);
	else
		doctor_ok(d, f->word, "%s: not announced, and refused",
		    f->text);
}

/* The same certificate again, or a poll that was read. */
static int
answer_fits(const struct doctor_answer *answer, X509 *cert)
{
	if (cert == NULL)
		return doctor_was_read(answer);
	return answer->is_certrep && answer->reply.status == 0 &&
	    answer->reply.cert != NULL &&
	    X509_cmp(answer->reply.cert, cert) == 0;
}

static int
try(struct doctor *d, const struct doctor_id *id, X509 *cert, size_t i)
{
	const struct doctor_trial	 trial = {
		.type = cert != NULL ? 19 : 20,
		.cipher = trials[i].cipher != NULL ? trials[i].cipher() :
		    NULL,
		.digest = trials[i].digest != NULL ? trials[i].digest() :
		    NULL,
		.get = !d->post_works,
		.ask = { .type = "application/x-pki-message" },
	};
	struct finding			 f = { trials[i].word, trials[i].text,
					    0, trials[i].needed,
					    "the same certificate again",
					    DOCTOR_FIX_CAPS };
	struct doctor_answer		 answer;

	doctor_exchange(d, id, &trial, &answer);
	f.works = answer_fits(&answer, cert);
	if (cert == NULL || !f.works)
		f.seen = answer.text;
	if (trials[i].goes_with && !f.works)
		doctor_info(d, f.word, "%s: %s", f.text, f.seen);
	else
		verdict(d, &f);
	doctor_answer_clear(&answer);
	return f.works;
}

/* Does scep.conf say that this profile takes it? */
static int
is_wanted(const struct doctor *d, enum scep_legacy_word word)
{
	return d->profile != NULL && d->ours &&
	    (d->profile->legacy & SCEP_BIT(word)) != 0;
}

/* RFC 8894 section 2.9: MD5 and single DES must not be, unless somebody wants
 * them to be. */
static int
refuses(struct doctor *d, const struct doctor_id *id, const char *name,
    enum scep_legacy_word word)
{
	const struct doctor_trial	 trial = {
		.type = 20,
		.digest = word == SCEP_LEGACY_MD5 ? EVP_md5() : NULL,
		.cipher = word == SCEP_LEGACY_DES ? EVP_des_cbc() : NULL,
		.get = !d->post_works,
		.ask = { .type = "application/x-pki-message" },
	};
	struct doctor_answer		 answer;
	int				 accepted;

	doctor_exchange(d, id, &trial, &answer);
	accepted = doctor_was_read(&answer);
	if (accepted && is_wanted(d, word))
		doctor_info(d, name, "%s: accepted, as `legacy` in scep.conf "
		    "says; it is broken, and devices that know better can be "
		    "made to fall back to it", name);
	else if (accepted)
		doctor_fail(d, name, DOCTOR_FIX_CAPS, "%s: a message with it "
		    "is accepted: %s", name, answer.text);
	doctor_answer_clear(&answer);
	return !accepted;
}

/* Does scep.conf say that this profile takes anything old? */
static int
is_old(const struct doctor *d)
{
	return d->profile != NULL && d->ours && d->profile->legacy != 0;
}

/* All of section 2.9, no less.  A machine without DES cannot ask for it. */
static void
check_standard(struct doctor *d, const struct doctor_id *id, int aes,
    int sha256)
{
	const int	 md5 = refuses(d, id, "MD5", SCEP_LEGACY_MD5);
	const int	 des = !scep_client_legacy() ||
			    refuses(d, id, "DES", SCEP_LEGACY_DES);
	char		 seen[120];
	struct finding	 f = { "SCEPStandard", "SCEPStandard", aes && sha256 &&
			    d->post_works && md5 && des, 0, seen,
			    d->post_works ? DOCTOR_FIX_CAPS :
			    DOCTOR_FIX_METHOD };

	(void)snprintf(seen, sizeof(seen), "AES %s, SHA-256 %s, POST %s, "
	    "MD5 %s, DES %s", aes ? "works" : "fails", sha256 ? "works" :
	    "fails", d->post_works ? "works" : "fails", md5 ? "refused" :
	    "accepted", des ? "refused" : "accepted");
	if (is_old(d) && !doctor_announced(d, f.word))
		doctor_ok(d, f.word, "%s: not announced, as `legacy` in "
		    "scep.conf says", f.text);
	else
		verdict(d, &f);
}

static void
check_next_ca(struct doctor *d)
{
	const struct doctor_ask	 ask = { .query = "operation=GetNextCACert" };
	struct doctor_http	 http;
	char			 text[500];
	struct finding		 f = { "GetNextCACert", "GetNextCACert", 0, 0,
				    text, DOCTOR_FIX_CAPS };

	(void)doctor_http(d, &ask, &http);
	doctor_http_text(d, &http, text, sizeof(text));
	f.works = http.status == 200 &&
	    strcmp(http.type, "application/x-x509-next-ca-cert") == 0;
	verdict(d, &f);
	doctor_http_clear(&http);
}

/* A certificate of a minute ago may be too young to be renewed. */
static void
renewal_verdict(struct doctor *d, const struct doctor_answer *answer)
{
	const struct finding	 f = { "Renewal", "Renewal",
				    answer->is_certrep &&
				    answer->reply.status == 0, 0,
				    answer->text, DOCTOR_FIX_CAPS };

	if (f.works)
		d->n_issued++;
	if (!f.works && answer->is_certrep && doctor_announced(d, "Renewal"))
		doctor_info(d, "Renewal", "Renewal: announced; %s for a "
		    "certificate of just now, which may be too young",
		    answer->text);
	else
		verdict(d, &f);
}

static void
check_renewal(struct doctor *d, const struct doctor_id *old, X509 *cert)
{
	const struct doctor_trial	 trial = {
		.type = 17,
		.get = !d->post_works,
		.ask = { .type = "application/x-pki-message" },
	};
	struct doctor_answer		 answer;
	struct doctor_id		 id;

	if (cert == NULL) {
		if (doctor_announced(d, "Renewal"))
			doctor_info(d, "Renewal", "Renewal: announced, not "
			    "tried: there is no certificate to renew");
		return;
	}
	if (doctor_id_name(d, &id, 0) == SCEP_OK) {
		X509_NAME_free(id.name);
		id.name = X509_NAME_dup(old->name);
		id.old_key = old->key;
		id.old_cert = cert;
		if (id.name != NULL && doctor_id_request(d, &id, NULL) ==
		    SCEP_OK) {
			doctor_exchange(d, &id, &trial, &answer);
			renewal_verdict(d, &answer);
			doctor_answer_clear(&answer);
		}
	}
	doctor_id_clear(&id);
}

/* RFC 8894 section 3.5.2: more words are fine, and nothing we can try. */
static void
check_unknown(struct doctor *d)
{
	char	 word[80];
	size_t	 i, len;
	char	*p = d->caps[0] != '\0' ? d->caps + 1 : d->caps;

	for (; *p != '\0'; p += len + 1) {
		len = strcspn(p, "\n");
		(void)snprintf(word, sizeof(word), "%.*s", (int)len, p);
		for (i = 0; i < TRIALS; i++)
			if (strcmp(trials[i].word, word) == 0)
				word[0] = '\0';
		for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			if (strcmp(known[i], word) == 0)
				word[0] = '\0';
		if (word[0] != '\0')
			doctor_info(d, "capability", "%s: announced; unknown "
			    "to us, not tried", word);
	}
}

void
doctor_check_trials(struct doctor *d, const struct doctor_id *id, X509 *cert)
{
	const struct finding	 post = { "POSTPKIOperation",
				    "POSTPKIOperation", d->post_works, 1,
				    d->post_works ? "see POST" :
				    "POST fails, see there",
				    DOCTOR_FIX_METHOD };
	int			 works[TRIALS];
	size_t			 i;

	verdict(d, &post);
	for (i = 0; i < TRIALS; i++)
		works[i] = try(d, id, cert, i);
	check_standard(d, id, works[0], works[4]);
	check_renewal(d, id, cert);
	check_next_ca(d);
	check_unknown(d);
}
