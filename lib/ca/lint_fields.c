/*
 * lint_fields.c - rules about the fields of a TBSCertificate that are no
 * extensions: version, serial, algorithm, names, validity, key.
 */
#include <string.h>

#include "ca/lint.h"
#include "wire/name.h"

#define SERIAL_MAX	20	/* octets, RFC 5280 section 4.1.2.2 */
#define SERIAL_MIN_BITS	64
#define YEAR_2050	2524608000	/* RFC 5280 section 4.1.2.5 */

enum { UTC_TIME = 0x17, GENERALIZED_TIME = 0x18 };

static int
version_v3(const struct scep_lint *l)
{
	return l->tbs.version == 3;
}

static int
serial_positive(const struct scep_lint *l)
{
	struct scep_span	 s = l->tbs.serial;

	return s.data[0] < 0x80 && (s.len > 1 || s.data[0] != 0);
}

static int
serial_short(const struct scep_lint *l)
{
	return l->tbs.serial.len <= SERIAL_MAX;
}

static int
serial_long(const struct scep_lint *l)
{
	struct scep_span	 s = l->tbs.serial;
	size_t			 bits = s.len * 8;
	uint8_t			 top = s.data[0];

	if (top == 0)		/* a sign, and then a bit that is set */
		return bits - 8 >= SERIAL_MIN_BITS;
	for (; top < 0x80; top = (uint8_t)(top << 1))
		bits--;
	return bits >= SERIAL_MIN_BITS;
}

/* What the CA's key would be asked to sign with; __MAX if it cannot. */
static enum scep_digest
digest(const struct scep_lint *l)
{
	const struct scep_key	 key = {
		.type = l->of->granted->ca->issuer.key_type
	};
	struct scep_error	 why;
	enum scep_digest	 md;

	return scep_key_signature_digest(&key, l->tbs.sig_alg, &md, &why) ==
	    SCEP_OK ? md : SCEP_DIGEST__MAX;
}

static int
algorithm_of_ca_key(const struct scep_lint *l)
{
	return digest(l) == l->of->granted->ca->digest;
}

static int
algorithm_not_sha1(const struct scep_lint *l)
{
	const enum scep_digest	 md = digest(l);

	return md != SCEP_SHA1 && md != SCEP_MD5 && md != SCEP_DIGEST__MAX;
}

/* NULL for RSA, absent for ECDSA. */
static int
algorithm_parameters(const struct scep_lint *l)
{
	struct scep_span	 rest = l->tbs.sig_alg;
	struct scep_tlv		 alg, tlv;

	if (!scep_der_next(&rest, &alg) ||
	    !scep_der_next(&alg.content, &tlv))
		return 0;
	if (l->of->granted->ca->issuer.key_type != SCEP_KEY_RSA)
		return alg.content.len == 0;
	return scep_span_equal(alg.content, scep_span_make("\x05\x00", 2));
}

static int
issuer_is_ca(const struct scep_lint *l)
{
	return scep_span_equal(l->tbs.issuer, l->of->granted->ca->cert.subject);
}

static int
issuer_not_empty(const struct scep_lint *l)
{
	return l->tbs.issuer.len > 2;	/* 30 00 */
}

static int
number(const uint8_t *p, int digits)
{
	int	 n = 0;

	for (; digits > 0; digits--)
		n = n * 10 + *p++ - '0';
	return n;
}

/* YYMMDDhhmmssZ or YYYYMMDDhhmmssZ, a day that exists; 0 if not. */
static int
time_read(const struct scep_tlv *tlv, time_t *out)
{
	const uint8_t	*p = tlv->content.data;
	size_t		 i, len = tlv->content.len;
	struct tm	 tm = { .tm_sec = 0 }, was;
	int		 year;

	if (len != (tlv->tag == UTC_TIME ? 13U : 15U) || p[len - 1] != 'Z')
		return 0;
	for (i = 0; i < len - 1; i++)
		if (p[i] < '0' || p[i] > '9')
			return 0;
	/* RFC 5280 section 4.1.2.5.1: two digits from 50 on are 19xx. */
	year = number(p, tlv->tag == UTC_TIME ? 2 : 4);
	p += tlv->tag == UTC_TIME ? 2 : 4;
	if (tlv->tag == UTC_TIME)
		year += year >= 50 ? 1900 : 2000;
	tm.tm_year = year - 1900;
	tm.tm_mon = number(p, 2) - 1;
	tm.tm_mday = number(p + 2, 2);
	tm.tm_hour = number(p + 4, 2);
	tm.tm_min = number(p + 6, 2);
	tm.tm_sec = number(p + 8, 2);
	was = tm;
	*out = timegm(&tm);
	return was.tm_mon == tm.tm_mon && was.tm_mday == tm.tm_mday &&
	    was.tm_hour == tm.tm_hour && was.tm_min == tm.tm_min &&
	    was.tm_sec == tm.tm_sec;
}

static int
is_time_well_formed(const struct scep_tlv *tlv)
{
	time_t	 t;

	return (tlv->tag == UTC_TIME || tlv->tag == GENERALIZED_TIME) &&
	    time_read(tlv, &t) &&
	    tlv->tag == (t < YEAR_2050 ? UTC_TIME : GENERALIZED_TIME);
}

/* The rules behind this one read the times without asking. */
static int
validity_form(const struct scep_lint *l)
{
	return is_time_well_formed(&l->tbs.not_before) &&
	    is_time_well_formed(&l->tbs.not_after);
}

static int
validity_order(const struct scep_lint *l)
{
	time_t	 from = 0, to = 0;

	return time_read(&l->tbs.not_before, &from) &&
	    time_read(&l->tbs.not_after, &to) && from <= to;
}

static int
validity_within_ca(const struct scep_lint *l)
{
	const struct scep_cert	*ca = &l->of->granted->ca->cert;
	time_t			 from = 0, to = 0;

	return time_read(&l->tbs.not_before, &from) &&
	    time_read(&l->tbs.not_after, &to) &&
	    from >= ca->not_before && to <= ca->not_after;
}

static int
validity_within_profile(const struct scep_lint *l)
{
	const struct scep_grant_view	*granted = l->of->granted;
	const long			 most = granted->validity_s > 0 ?
					    granted->validity_s :
					    granted->profile->validity_s;
	time_t				 from = 0, to = 0;

	return most <= granted->profile->validity_s &&
	    time_read(&l->tbs.not_before, &from) &&
	    time_read(&l->tbs.not_after, &to) &&
	    to - from <= most + granted->profile->backdate_s;
}

static int
subject_bounds(const struct scep_lint *l)
{
	struct scep_name	 name;
	struct scep_error	 why;

	if (scep_name_parse(l->tbs.subject, &name, &why) != SCEP_OK)
		return 0;
	scep_name_clear(&name);
	return 1;
}

static int
subject_as_granted(const struct scep_lint *l)
{
	return scep_span_equal(l->tbs.subject, l->of->granted->subject);
}

static int
subject_not_ca(const struct scep_lint *l)
{
	return !scep_name_match(l->tbs.subject,
	    l->of->granted->ca->cert.subject);
}

static int
key_readable(const struct scep_lint *l)
{
	return scep_tbs_key_bits(l->tbs.spki).len > 0;
}

static int
key_as_granted(const struct scep_lint *l)
{
	return scep_span_equal(l->tbs.spki, l->of->granted->spki);
}

static int
key_not_ca(const struct scep_lint *l)
{
	const struct scep_ca_conf	*ca = l->of->granted->ca;

	return !scep_span_equal(l->tbs.spki, ca->cert.spki) &&
	    !scep_span_equal(l->tbs.spki, ca->ra_cert.spki);
}

static int
no_unique_ids(const struct scep_lint *l)
{
	return !l->tbs.has_unique_id;
}

const struct scep_lint_rule	scep_lint_fields[] = {
	{ "version_v3", "RFC 5280 section 4.1.2.1", version_v3 },
	{ "serial_positive", "RFC 5280 section 4.1.2.2", serial_positive },
	{ "serial_short", "RFC 5280 section 4.1.2.2", serial_short },
	{ "serial_long", "64 bits at least", serial_long },
	{ "algorithm_of_ca_key", "RFC 5280 section 4.1.2.3",
	    algorithm_of_ca_key },
	{ "algorithm_not_sha1", "RFC 9155", algorithm_not_sha1 },
	{ "algorithm_parameters", "RFC 4055 section 5, RFC 5758 section 3.2",
	    algorithm_parameters },
	{ "issuer_not_empty", "RFC 5280 section 4.1.2.4", issuer_not_empty },
	{ "issuer_is_ca", "RFC 5280 section 6.1.3", issuer_is_ca },
	{ "validity_form", "RFC 5280 section 4.1.2.5", validity_form },
	{ "validity_order", "RFC 5280 section 4.1.2.5", validity_order },
	{ "validity_within_ca", "RFC 5280 section 6.1.3",
	    validity_within_ca },
	{ "validity_within_profile", "the profile's validity",
	    validity_within_profile },
	{ "subject_bounds", "RFC 5280 appendix A.1", subject_bounds },
	{ "subject_not_ca", "RFC 5280 section 4.1.2.6", subject_not_ca },
	{ "subject_as_granted", "the grant", subject_as_granted },
	{ "key_readable", "RFC 5280 section 4.1.2.7", key_readable },
	{ "key_not_ca", "RFC 8894 section 2.3", key_not_ca },
	{ "key_as_granted", "the grant", key_as_granted },
	{ "no_unique_ids", "RFC 5280 section 4.1.2.8", no_unique_ids },
	{ NULL, NULL, NULL }
};
