/*
 * config_check.c - faults in a configuration that loads: dates, key usage,
 * chain, and what an operator should know.  Files are config_check_files.c's.
 *
 * Reports all that it finds, and what mends it; changes nothing.
 */
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/ca.h"
#include "ca/config_check.h"

#define DAY		86400L
#define SOON		(30 * DAY)
#define SHOWN_MAX	(1024 * 1024)
#define YEAR_2026	1767225600L	/* 2026-01-01: before this code */

static void
check_clock(struct scep_check *c)
{
	char	 text[SCEP_TIME_TEXT];

	scep_time_text(c->now, text);
	if (c->now < YEAR_2026)
		report(c, 1, "the clock says %s, which is in the past; set "
		    "it (timedatectl), or every certificate will be dated "
		    "wrongly", text);
}

static void
check_dates(struct scep_check *c, const char *what, const char *path,
    const struct scep_cert *cert, const char *mend)
{
	char	 text[SCEP_TIME_TEXT];

	if (cert->not_before > c->now) {
		scep_time_text(cert->not_before, text);
		report(c, 1, "%s: the %s certificate is not valid before "
		    "%s; is the clock right (date -u)", path, what, text);
	}
	scep_time_text(cert->not_after, text);
	if (cert->not_after < c->now)
		report(c, 1, "%s: the %s certificate expired on %s; %s",
		    path, what, text, mend);
	else if (cert->not_after - c->now < SOON)
		report(c, 0, "%s: the %s certificate expires on %s, in %ld "
		    "days; %s", path, what, text,
		    (long)(cert->not_after - c->now) / DAY, mend);
}

/* RFC 5280 sections 4.2.1.3 and 4.2.1.9; RFC 8894 section 2.1.2. */
static void
check_ca_usage(struct scep_check *c, const struct scep_ca_conf *ca, X509 *cert)
{
	uint32_t	 flags = X509_get_extension_flags(cert);
	uint32_t	 usage = X509_get_key_usage(cert);

	if ((flags & EXFLAG_INVALID) != 0)
		report(c, 1, "%s: extensions of the CA certificate do not "
		    "parse; see openssl x509 -in %s -noout -text",
		    ca->cert_path, ca->cert_path);
	if ((flags & EXFLAG_BCONS) == 0 || (flags & EXFLAG_CA) == 0)
		report(c, 1, "%s: no CA certificate: basicConstraints "
		    "CA:TRUE is missing, and no device would trust what it "
		    "issues; name a CA's with certificate = PATH",
		    ca->cert_path);
	if ((flags & EXFLAG_KUSAGE) == 0) {
		report(c, 0, "%s: the CA certificate has no keyUsage; macOS "
		    "and jscep look for digitalSignature there",
		    ca->cert_path);
		return;
	}
	if ((usage & KU_KEY_CERT_SIGN) == 0)
		report(c, 1, "%s: keyUsage of the CA certificate lacks "
		    "keyCertSign, so it may issue nothing; a new CA "
		    "certificate for the same key mends it", ca->cert_path);
	if (ca->crl && (usage & KU_CRL_SIGN) == 0)
		report(c, 0, "%s: keyUsage of the CA certificate lacks "
		    "cRLSign, so there is no CRL of this CA; a new CA "
		    "certificate for the same key mends it, or say crl = no "
		    "in [ca %s]", ca->cert_path, ca->name);
	if ((usage & KU_DIGITAL_SIGNATURE) == 0)
		report(c, 0, "%s: keyUsage of the CA certificate lacks "
		    "digitalSignature, which RFC 8894 section 2.1.2 wants; "
		    "macOS and jscep may refuse this CA.  It works with "
		    "other devices; a new CA certificate for the same key "
		    "mends it", ca->cert_path);
}

/* Devices choose by these bits: digitalSignature verifies what we answer,
 * keyEncipherment takes what they send (PROTOCOL C-064). */
static void
check_ra_usage(struct scep_check *c, const struct scep_ca_conf *ca, X509 *ra)
{
	uint32_t	 usage = X509_get_key_usage(ra);
	int		 has = (X509_get_extension_flags(ra) &
			    EXFLAG_KUSAGE) != 0;
	char		 mend[SCEP_MEND_TEXT];

	if (has && (usage & KU_DIGITAL_SIGNATURE) != 0 &&
	    (usage & KU_KEY_ENCIPHERMENT) != 0)
		return;
	/* A CA from elsewhere cannot be helped, and many devices look away. */
	if (ca->insecure_one_key) {
		report(c, 0, "%s: devices encrypt to the CA's key, and its "
		    "keyUsage lacks keyEncipherment or digitalSignature "
		    "(RFC 8894 section 2.1.2); some will refuse it",
		    ca->cert_path);
		return;
	}
	scep_config_mend_ra(ca, mend);
	report(c, 1, "%s: keyUsage of the RA certificate must have "
	    "digitalSignature and keyEncipherment, or devices do not know "
	    "it for what it is; %s", ca->ra_cert_path, mend);
}

static int
signed_by(X509 *cert, X509 *issuer)
{
	int	 ok = X509_check_issued(issuer, cert) == X509_V_OK &&
		    X509_verify(cert, X509_get0_pubkey(issuer)) == 1;

	ERR_clear_error();
	return ok;
}

/* From the CA to the root, link by link. */
static void
check_chain(struct scep_check *c, const struct scep_ca_conf *ca)
{
	struct scep_error	 err;
	X509			*below, *above;
	size_t			 i;

	if (ca->n_chain == 0 && scep_config_is_issued(c->crypto, &ca->cert,
	    &ca->cert))
		return;
	if ((below = scep_config_x509(c->crypto, &ca->cert, ca->cert_path,
	    &err)) == NULL) {
		report(c, 1, "%s", err.text);
		return;
	}
	for (i = 0; i < ca->n_chain; i++) {
		if ((above = scep_config_x509(c->crypto, &ca->chain[i],
		    ca->chain_path, &err)) == NULL) {
			report(c, 1, "%s", err.text);
			break;
		}
		check_dates(c, "chain's", ca->chain_path, &ca->chain[i],
		    "ask its owner for a new one");
		if (!signed_by(below, above))
			report(c, 1, "%s: certificate %zu did not issue the "
			    "one before it (the first one: %s); the order is "
			    "from the CA's issuer to the root",
			    ca->chain_path, i + 1, ca->cert_path);
		X509_free(below);
		below = above;
	}
	if (i == ca->n_chain && !signed_by(below, below))
		report(c, 0, "%s: no root: the last certificate is not "
		    "self-signed, and a device that has not got the root "
		    "cannot check the chain; put it at the end of chain",
		    ca->n_chain > 0 ? ca->chain_path : ca->cert_path);
	X509_free(below);
}

static void
check_usage(struct scep_check *c, const struct scep_ca_conf *ca)
{
	const unsigned int	 both = KU_DIGITAL_SIGNATURE |
				    KU_KEY_ENCIPHERMENT;
	struct scep_error	 err;
	X509			*cert = NULL, *ra = NULL;

	if (scep_config_is_plain_ca(&ca->cert) &&
	    scep_config_is_plain(&ca->ra_cert) &&
	    (scep_config_key_usage(&ca->ra_cert) & both) == both)
		return;
	if ((cert = scep_config_x509(c->crypto, &ca->cert, ca->cert_path,
	    &err)) == NULL || (ra = scep_config_x509(c->crypto, &ca->ra_cert,
	    ca->ra_cert_path, &err)) == NULL)
		report(c, 1, "%s", err.text);
	else {
		check_ca_usage(c, ca, cert);
		check_ra_usage(c, ca, ra);
	}
	X509_free(cert);
	X509_free(ra);
}

static void
check_ca_certs(struct scep_check *c, const struct scep_ca_conf *ca)
{
	char	 mend[SCEP_MEND_TEXT];

	scep_config_mend_ca(ca, mend);
	check_dates(c, "CA", ca->cert_path, &ca->cert, mend);
	check_usage(c, ca);
	if (ca->insecure_one_key)
		report(c, 0, "%s:%d: [ca %s]: insecure_one_key: who breaks "
		    "into a worker holds the CA's key; make a key for the "
		    "RA", ca->file, ca->line, ca->name);
	else {
		scep_config_mend_ra(ca, mend);
		check_dates(c, "RA", ca->ra_cert_path, &ca->ra_cert, mend);
	}
	check_chain(c, ca);
}

static void
check_profile(struct scep_check *c, struct scep_profile *p)
{
	const struct scep_ca_conf	*ca = &c->cfg->ca[p->ca];
	char				 text[SCEP_TIME_TEXT];

	c->fault = p->fault;
	if (*p->fault != '\0') {
		report(c, 1, "%s", p->fault);
		return;
	}
	if (ca->cert.not_after >= c->now &&
	    c->now + p->validity_s > ca->cert.not_after) {
		scep_time_text(ca->cert.not_after, text);
		report(c, 0, "%s:%d: [profile %s]: validity of %ld days "
		    "goes beyond the CA's; certificates will end on %s",
		    p->file, p->line, p->name, p->validity_s / DAY, text);
	}
	scep_check_notify(c, p);
	/* RFC 8894 section 7.5: whoever sits between strips GetCACaps. */
	if (scep_config_is_broken(&p->message))
		report(c, 0, "%s:%d: [profile %s]: it takes%s%s, forbidden as "
		    "broken: who listens can read a challenge and make up an "
		    "answer, also of devices that could do better; keep it "
		    "to those that cannot, in a network of their own",
		    p->file, p->line, p->name,
		    (p->legacy & SCEP_BIT(SCEP_LEGACY_DES)) != 0 ? " DES" :
		    "", (p->legacy & SCEP_BIT(SCEP_LEGACY_MD5)) != 0 ?
		    " MD5" : "");
	if (scep_config_cannot_wait(p) &&
	    (p->authorise & SCEP_BIT(SCEP_BY_MANUAL)) != 0)
		report(c, 0, "%s:%d: [profile %s]: authorise has manual, and "
		    "a device of %s gives up where it is told to wait",
		    p->file, p->line, p->name, p->client);
	scep_check_hook(c, p->file, p->line, p->name, &p->validator.hook);
	if (p->has_static)
		report(c, 0, "%s:%d: [profile %s]: challenge_hash is one "
		    "secret shared by all devices: who has it enrols under "
		    "any name the profile allows; scepadm challenge add "
		    "makes one for each", p->file, p->line, p->name);
}

/* Each worker gets all of it in one message, at its start. */
static void
check_shown(struct scep_check *c)
{
	struct scep_published	 published;
	struct scep_error	 err;
	size_t			 i, octets = 0;

	if (scep_publish(c->cfg, 0, &published, &err) != SCEP_OK) {
		report(c, 1, "%s", err.text);
		return;
	}
	for (i = 0; i < published.n_profiles; i++)
		octets += published.profile[i].cacert.len +
		    published.profile[i].chain.len +
		    published.profile[i].nextcacert.len;
	scep_published_clear(&published);
	if (octets > SHOWN_MAX)
		report(c, 1, "all profiles together show %zu octets of "
		    "certificates, at most %d; say getcacert = leaf and "
		    "certrep = leaf where devices have the chain already",
		    octets, SHOWN_MAX);
}

/* The other generations and RA keys: no fault of theirs stops anybody. */
static void
check_kin(struct scep_check *c, const struct scep_ca_conf *ca)
{
	const struct scep_ca_conf	*kin;
	char				 text[SCEP_TIME_TEXT];
	size_t				 i;

	for (i = 0; i < ca->n_old_ra; i++)
		if (*ca->old_ra[i].fault != '\0')
			report(c, 0, "%s", ca->old_ra[i].fault);
	for (kin = ca->kin; kin < ca->kin + ca->n_kin; kin++) {
		scep_time_text(kin->cert.not_after, text);
		if (*kin->fault != '\0')
			report(c, 0, "%s", kin->fault);
		else if (kin->cert.not_after >= c->now)
			continue;
		else if (kin->state == SCEP_GEN_PREVIOUS)
			report(c, 0, "%s:%d: [ca %s]: generation %u expired "
			    "on %s; scepadm ca retire --ca %s --generation "
			    "%u", ca->file, ca->line, ca->name,
			    kin->generation, text, ca->name,
			    kin->generation);
		else
			report(c, 0, "%s:%d: [ca %s]: generation %u, which "
			    "is to come, expired on %s; scepadm ca unstage "
			    "--ca %s --force", ca->file, ca->line, ca->name,
			    kin->generation, text, ca->name);
	}
}

/* What did not load has its fault, and there is no more to look at. */
static void
check_ca(struct scep_check *c, struct scep_ca_conf *ca)
{
	c->fault = ca->fault;
	if (*ca->fault != '\0') {
		report(c, 1, "%s", ca->fault);
		return;
	}
	scep_check_ca_files(c, ca);
	check_ca_certs(c, ca);
	check_kin(c, ca);
	if (c->fn != NULL)
		scep_config_check_points(c->cfg, ca, ca->n_kin > 0, c->fn,
		    c->arg);
}

enum scep_err
scep_config_check_generation(const struct scep_crypto *crypto,
    struct scep_ca_conf *gen, time_t now, scep_fault_fn fn, void *arg,
    struct scep_error *err)
{
	struct scep_check	 c = { crypto, NULL, now, fn, arg, err, 0,
			    gen->fault };

	err->text[0] = '\0';
	if (now < gen->cert.not_before)
		c.now = gen->cert.not_before;
	scep_check_ca_files(&c, gen);
	check_ca_certs(&c, gen);
	return *gen->fault == '\0' ? SCEP_OK : SCEP_E_CONFIG;
}

enum scep_err
scep_config_check(const struct scep_crypto *crypto,
    struct scep_config *cfg, time_t now, scep_fault_fn fn, void *arg,
    struct scep_error *err)
{
	struct scep_check	 c = { crypto, cfg, now, fn, arg, err, 0,
				    NULL };
	size_t		 i;

	err->text[0] = '\0';
	check_clock(&c);
	scep_check_listen(&c);
	scep_check_state(&c);
	check_shown(&c);
	scep_check_public(&c, scep_conf_file(cfg->conf));
	scep_check_secret(&c, cfg->challenge_key_path);
	for (i = 0; i < cfg->n_profiles; i++)
		if (*cfg->ca[cfg->profile[i].ca].fault == '\0')
			check_profile(&c, &cfg->profile[i]);
	for (i = 0; i < cfg->n_cas; i++)
		check_ca(&c, &cfg->ca[i]);
	return c.fatal > 0 || !scep_config_is_usable(cfg) ? SCEP_E_CONFIG :
	    SCEP_OK;
}
