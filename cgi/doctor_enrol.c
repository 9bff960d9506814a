/*
 * doctor_enrol.c - enrolment and poll, by POST and by GET, with keys of both
 * kinds.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "cgi/doctor.h"

#define TYPE_PKI	"application/x-pki-message"

static const char *
method(int get)
{
	return get ? "GET" : "POST";
}

/* NULL, or what is wrong with the certificate. */
static const char *
cert_fault(const struct doctor *d, const struct doctor_id *id, X509 *cert)
{
	const char	*fault = NULL;

	if (EVP_PKEY_eq(X509_get0_pubkey(cert), id->key) != 1)
		fault = "is for another key";
	else if (X509_check_ca(d->ca) != 0 && X509_verify(cert,
	    X509_get0_pubkey(d->ca)) != 1)
		fault = "is not signed by the CA of GetCACert";
	else if (X509_cmp_current_time(X509_get0_notBefore(cert)) > 0 ||
	    X509_cmp_current_time(X509_get0_notAfter(cert)) < 0)
		fault = "is not valid now";
	ERR_clear_error();
	return fault;
}

/* A poll must say what the enrolment said. */
static void
poll(struct doctor *d, const struct doctor_id *id, int status, X509 *cert,
    int get)
{
	const struct doctor_trial	 trial = { .type = 20, .get = get,
					    .ask = { .type = TYPE_PKI } };
	struct doctor_answer		 answer;
	char				 check[32], what[64];

	(void)snprintf(check, sizeof(check), "poll-%s", method(get));
	(void)snprintf(what, sizeof(what), "poll by %s%s", method(get),
	    status == 2 ? " after we refused it again" : "");
	doctor_exchange(d, id, &trial, &answer);
	if (answer.is_certrep && answer.reply.status == status &&
	    (cert == NULL || (answer.reply.cert != NULL &&
	    X509_cmp(answer.reply.cert, cert) == 0)))
		doctor_ok(d, check, "%s: %s", what, answer.text);
	else
		doctor_fail(d, check, doctor_answer_fix(&answer,
		    DOCTOR_FIX_LOG), "%s: %s, but the request itself was %s",
		    what, answer.text, status == 3 ? "PENDING" :
		    status == 2 ? "refused" : "granted");
	doctor_answer_clear(&answer);
}

/* SUCCESS: *cert is the caller's. */
static int
enrol_judge(struct doctor *d, const struct doctor_id *id, const char *check,
    const char *what, const struct doctor_answer *answer, X509 **cert)
{
	const char	*fault;

	if (!answer->is_certrep || answer->reply.status == 2) {
		doctor_fail(d, check, answer->is_certrep ? DOCTOR_FIX_REFUSED :
		    doctor_answer_fix(answer, DOCTOR_FIX_LOG),
		    "%s as %s: %s", what, id->subject, answer->text);
		return 2;
	}
	if (answer->reply.status == 3) {
		doctor_ok(d, check, "%s as %s: PENDING, it waits for an "
		    "operator", what, id->subject);
		return 3;
	}
	d->n_issued++;
	doctor_challenge_used(d);
	fault = cert_fault(d, id, answer->reply.cert);
	if (fault != NULL)
		doctor_fail(d, check, DOCTOR_FIX_CHAIN, "%s as %s: %s, but "
		    "the certificate %s", what, id->subject, answer->text,
		    fault);
	else
		doctor_ok(d, check, "%s as %s: %s", what, id->subject,
		    answer->text);
	*cert = X509_dup(answer->reply.cert);
	return 0;
}

/* pkiStatus; -1: it could not be tried, and the report says why. */
static int
enrol(struct doctor *d, struct doctor_id *id, int get, const char *check,
    const char *what, X509 **cert)
{
	const struct doctor_trial	 trial = { .type = 19, .get = get,
					    .ask = { .type = TYPE_PKI } };
	struct doctor_answer		 answer;
	char				*challenge;
	int				 status;

	*cert = NULL;
	if ((challenge = doctor_challenge(d, id)) == NULL) {
		doctor_info(d, check, "%s: not tried: %s", what, d->why_not);
		return -1;
	}
	if (doctor_id_request(d, id, challenge) != SCEP_OK) {
		doctor_info(d, check, "%s: not tried: %s", what,
		    d->adm->err.text);
		status = -1;
	} else {
		doctor_exchange(d, id, &trial, &answer);
		status = enrol_judge(d, id, check, what, &answer, cert);
		doctor_answer_clear(&answer);
	}
	OPENSSL_cleanse(challenge, strlen(challenge));
	free(challenge);
	return status;
}

/* What waits for an operator does not stay behind, where we may say so. */
static void
withdraw(struct doctor *d, const struct doctor_id *id)
{
	if (!doctor_refuse(d, id)) {
		doctor_info(d, "withdraw", "the request of %s stays queued "
		    "until it expires (scepadm request refuse)", id->subject);
		return;
	}
	poll(d, id, 2, NULL, !d->post_works);
}

static void
check_get(struct doctor *d)
{
	struct doctor_id	 id;
	X509			*cert = NULL;

	if (doctor_id_name(d, &id, 0) == SCEP_OK && enrol(d, &id, 1,
	    "enrol-GET", "enrolment by GET", &cert) == 3)
		withdraw(d, &id);
	X509_free(cert);
	doctor_id_clear(&id);
}

/* A poll shows whether such a key is accepted at all. */
static int
ec_is_read(struct doctor *d, const struct doctor_id *id)
{
	const struct doctor_trial	 trial = { .type = 20,
					    .get = !d->post_works,
					    .ask = { .type = TYPE_PKI } };
	struct doctor_answer		 answer;
	int				 good;

	doctor_exchange(d, id, &trial, &answer);
	good = doctor_was_read(&answer);
	if (!good && answer.is_certrep && answer.reply.fail_info == 0)
		doctor_info(d, "EC", "EC keys of devices: %s: the profile "
		    "takes none, devices need RSA keys; key_types changes "
		    "that", answer.text);
	else if (!good)
		doctor_fail(d, "EC", doctor_answer_fix(&answer,
		    DOCTOR_FIX_LOG), "EC keys of devices: %s, where badAlg "
		    "would tell the device", answer.text);
	doctor_answer_clear(&answer);
	return good;
}

static void
check_ec(struct doctor *d)
{
	struct doctor_id	 id;
	X509			*cert = NULL;

	if (doctor_id_name(d, &id, 1) == SCEP_OK && ec_is_read(d, &id) &&
	    enrol(d, &id, !d->post_works, "EC", "enrolment with an EC key",
	    &cert) == 3)
		withdraw(d, &id);
	X509_free(cert);
	doctor_id_clear(&id);
}

static void
check_first(struct doctor *d, struct doctor_id *id, X509 **cert)
{
	int	 status;

	status = enrol(d, id, !d->post_works, d->post_works ? "enrol-POST" :
	    "enrol-GET", d->post_works ? "enrolment by POST" :
	    "enrolment by GET", cert);
	if (status == 0 || status == 3) {
		if (d->post_works)
			poll(d, id, status, *cert, 0);
		if (d->get_works)
			poll(d, id, status, *cert, 1);
	}
	doctor_check_crl(d, *cert);
	/* Its request again, in each cipher and digest, needs it granted. */
	doctor_check_trials(d, id, *cert);
	if (status == 3)
		withdraw(d, id);
	/* What was not granted would hardly be by another way. */
	if (d->post_works && d->get_works && (status == 0 || status == 3))
		check_get(d);
}

void
doctor_check_enrol(struct doctor *d)
{
	struct doctor_id	 id;
	X509			*cert = NULL;

	doctor_authority_choose(d);
	if (!d->post_works && !d->get_works) {
		doctor_info(d, "enrol", "enrolment and capabilities: not "
		    "tried, since no message gets through");
		return;
	}
	if (doctor_id_name(d, &id, 0) == SCEP_OK) {
		check_first(d, &id, &cert);
		check_ec(d);
	} else
		doctor_fail(d, "enrol", DOCTOR_FIX_LOG, "enrolment: %s",
		    d->adm->err.text);
	X509_free(cert);
	doctor_id_clear(&id);
	doctor_challenges_revoke(d);
}
