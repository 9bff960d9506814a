"""judge_cert - are these certificates, CRLs and capabilities good ones?

What RFC 8894 and RFC 5280 ask of them, seen by the client that asked for
them.  Refuses to know the messages they came in.
"""
import datetime

from asn1crypto import cms, core, crl as acrl, x509

import judge
import keys
from judge import Wrong, need, parse


# ---- GetCACaps ----

KNOWN = {"AES", "DES3", "GetNextCACert", "POSTPKIOperation", "Renewal",
         "SHA-1", "SHA-256", "SHA-384", "SHA-512", "SCEPStandard"}


def capabilities(body):
    need(0 < len(body) < 1024, "%d octets of capabilities", len(body))
    need(body.endswith(b"\n"), "the last line is not ended")
    lines = body.decode("ascii").replace("\r\n", "\n")[:-1].split("\n")
    for line in lines:
        need(line in KNOWN, "capability '%s'", line)
    need(len(set(lines)) == len(lines), "a capability is there twice")
    if "SCEPStandard" in lines:
        for line in ("AES", "POSTPKIOperation", "SHA-256"):
            need(line in lines, "SCEPStandard without %s", line)
    return lines


# ---- certificates ----

def signed_by(cert, issuer, what):
    """By this CA, by name, key identifier and key."""
    need(cert.issuer.dump() == issuer.subject.dump(),
         "%s: its issuer is not the subject of the CA", what)
    alg = cert["signature_algorithm"]
    need(alg.dump() == cert["tbs_certificate"]["signature"].dump(),
         "%s: two signature algorithms", what)
    need(alg.hash_algo in ("sha256", "sha384", "sha512"), "%s: signed with "
         "%s", what, alg["algorithm"].native)
    try:
        keys.verify(issuer.public_key, alg, alg.hash_algo,
                    cert["signature_value"].native,
                    cert["tbs_certificate"].dump())
    except keys.Bad as problem:
        raise Wrong("%s: %s" % (what, problem)) from None


def sound(data, what):
    """What RFC 5280 asks of any certificate."""
    cert = parse(x509.Certificate, data, what)
    tbs = cert["tbs_certificate"]
    need(tbs["version"].native == "v3", "%s: version %s", what,
         tbs["version"].native)
    serial = tbs["serial_number"]
    need(serial.native > 0 and len(serial.contents) <= 20,
         "%s: serial %x", what, serial.native)
    oids = [e["extn_id"].dotted for e in tbs["extensions"]]
    need(len(set(oids)) == len(oids), "%s: an extension twice", what)
    need(cert.key_identifier_value is not None, "%s: no subjectKeyIdentifier",
         what)
    need(cert.key_usage_value is not None, "%s: no keyUsage", what)
    times = tbs["validity"]
    need(times["not_before"].native < times["not_after"].native,
         "%s: it ends before it begins", what)
    return cert


def is_ca(cert):
    value = cert.basic_constraints_value
    return value is not None and value["ca"].native


def key_id_matches(cert, issuer):
    value = cert.authority_key_identifier_value
    return value is not None and value["key_identifier"].native == \
        issuer.key_identifier_value.native


# ---- GetCACert ----

class World:
    """Who may sign answers, who is encrypted to, who issues."""

    def __init__(self, body, content_type, anchor=None):
        """anchor: the CA certificate that the client knows, or None."""
        if content_type == "application/x-x509-ca-cert":
            certs = [body]
        elif content_type == "application/x-x509-ca-ra-cert":
            certs, crls = judge.degenerate(body, "GetCACert")
            need(not crls, "GetCACert: it has CRLs")
            need(len(certs) > 1, "GetCACert: a bundle of one certificate")
        else:
            raise Wrong("GetCACert: Content-Type '%s'" % content_type)
        if anchor is not None:
            need(anchor.dump() in certs, "GetCACert: not the CA we know")
        self._assign([sound(c, "GetCACert") for c in certs])

    @classmethod
    def of(cls, certs):
        """Of certificates that have been looked at already."""
        world = cls.__new__(cls)
        world._assign(certs)
        return world

    def _assign(self, certs):
        self.certs = certs
        cas = [c for c in certs if is_ca(c)]
        ras = [c for c in certs if not is_ca(c)]
        need(cas, "GetCACert: no CA")
        self.ca = self._issuer(ras[0], cas) if ras else cas[0]
        for ra in ras:
            signed_by(ra, self.ca, "the RA")
        for usage in ("digital_signature", "key_encipherment"):
            need(self._may(usage, ras or [self.ca]),
                 "GetCACert: nobody has the usage %s", usage)
        self.signers = self._may("digital_signature", ras or [self.ca])
        self.recipient = self._may("key_encipherment", ras or [self.ca])[0]

    @staticmethod
    def _issuer(cert, cas):
        for ca in cas:
            if ca.subject.dump() == cert.issuer.dump() and \
                    key_id_matches(cert, ca):
                return ca
        raise Wrong("GetCACert: the CA of the RA is not there")

    @staticmethod
    def _may(usage, certs):
        return [c for c in certs if usage in c.key_usage_value.native]


# ---- what was issued ----

def issued(data, ca, subject, public, dns):
    """A certificate by this CA for this name, key and DNS names."""
    what = "the certificate"
    cert = sound(data, what)
    signed_by(cert, ca, what)
    need(cert.subject.dump() == subject.dump(), "%s: its subject is '%s'",
         what, cert.subject.human_friendly)
    need(cert.public_key.dump() == public.dump(), "%s: another key", what)
    san = cert.subject_alt_name_value
    need((san.native if san is not None else []) == list(dns),
         "%s: its alternative names are %s", what,
         san.native if san is not None else "none")
    need(not is_ca(cert), "%s: it is a CA's", what)
    need(not cert.key_usage_value.native & {"key_cert_sign", "crl_sign"},
         "%s: it may sign certificates", what)
    need(key_id_matches(cert, ca), "%s: its authorityKeyIdentifier", what)
    ours, theirs = (c["tbs_certificate"]["validity"] for c in (cert, ca))
    need(ours["not_after"].native <= theirs["not_after"].native and
         ours["not_before"].native >= theirs["not_before"].native,
         "%s: it is not within the life of its CA", what)
    now = datetime.datetime.now(datetime.timezone.utc)
    need(ours["not_before"].native <= now <= ours["not_after"].native,
         "%s: it is not valid now", what)
    return cert


def leaf_first(answer, world):
    """The first one; what follows it is the CA's chain."""
    need(not answer.crls, "the content: CRLs besides certificates")
    need(answer.certs, "the content: no certificate")
    known = {c.dump() for c in world.certs if is_ca(c)}
    for data in answer.certs[1:]:
        need(data in known, "the content: a certificate after the first one "
             "that is no CA of ours")
    return answer.certs[0]


# ---- GetCRL ----

def revocations(answer, ca):
    need(not answer.certs, "the content: certificates besides the CRL")
    need(len(answer.crls) == 1, "the content: %d CRLs", len(answer.crls))
    return the_crl(answer.crls[0], ca)


def the_crl(data, ca):
    what = "the CRL"
    crl = parse(acrl.CertificateList, data, what)
    tbs = crl["tbs_cert_list"]
    need(tbs["version"].native == "v2", "%s: version %s", what,
         tbs["version"].native)
    need(tbs["issuer"].dump() == ca.subject.dump(), "%s: another issuer",
         what)
    alg = crl["signature_algorithm"]
    need(alg.dump() == tbs["signature"].dump(), "%s: two signature "
         "algorithms", what)
    try:
        keys.verify(ca.public_key, alg, alg.hash_algo,
                    crl["signature"].native, tbs.dump())
    except keys.Bad as problem:
        raise Wrong("%s: %s" % (what, problem)) from None
    need(crl.crl_number_value is not None and
         crl.crl_number_value.native >= 0, "%s: no number", what)
    aki = crl.authority_key_identifier_value
    need(aki is not None and aki["key_identifier"].native ==
         ca.key_identifier_value.native, "%s: its authorityKeyIdentifier",
         what)
    now = datetime.datetime.now(datetime.timezone.utc)
    need(not isinstance(tbs["next_update"], core.Void) and
         tbs["this_update"].native <= now <= tbs["next_update"].native,
         "%s: it is not valid now", what)
    return crl


# ---- GetNextCACert ----

def next_ca(body, world):
    """The new CA's world, with the signature of the old one.

    The outer bag holds them too, for clients that look there; they take all
    that is in it for new, so that the old CA's own need not be there.
    """
    what = "GetNextCACert"
    signed = judge.Signed(body, [world.ca], what, message=False)
    allowed = {cms.CMSAttributeType("signing_time").dotted}
    need(set(signed.attributes) <= allowed, "%s: attributes %s", what,
         " ".join(sorted(signed.attributes)))
    need(signed.content, "%s: no content", what)
    certs, crls = judge.degenerate(signed.content, what)
    need(certs and not crls, "%s: no certificates, or CRLs", what)
    need(set(certs) <= set(signed.certs), "%s: the new certificates are not "
         "in the outer bag", what)
    need(set(signed.certs) <= set(certs) | {world.ca.dump()},
         "%s: the outer bag has others", what)
    need(world.ca.dump() not in certs, "%s: the old CA among them", what)
    return World.of([sound(c, what) for c in certs])
