"""certs - names, PKCS #10 requests and certificates as a client makes them.

Refuses to know messages; what is right in somebody else's certificate is the
business of judge_cert.
"""
import datetime
import os

from asn1crypto import core, csr, pem, x509

import keys

TYPES = {"CN": "common_name", "O": "organization_name",
         "OU": "organizational_unit_name", "C": "country_name",
         "L": "locality_name", "ST": "state_or_province_name",
         "serialNumber": "serial_number"}


def name(text):
    """/C=CH/O=Example/CN=device, each an RDN of its own."""
    rdns = []
    for part in text.strip("/").split("/"):
        kind, _, value = part.partition("=")
        if kind not in TYPES:
            raise ValueError("%s: not one of %s" % (kind, " ".join(TYPES)))
        string = core.PrintableString if kind in ("C", "serialNumber") else \
            core.UTF8String
        rdns.append(x509.RelativeDistinguishedName([x509.NameTypeAndValue({
            "type": TYPES[kind],
            "value": string(value) if kind in ("C", "serialNumber") else
            x509.DirectoryString(name="utf8_string", value=string(value)),
        })]))
    return x509.Name(name="", value=x509.RDNSequence(rdns))


def alt_names(dns):
    return x509.GeneralNames([x509.GeneralName(
        name="dns_name", value=x509.DNSName(d)) for d in dns])


def load(path):
    with open(path, "rb") as data:
        der = data.read()
    if pem.detect(der):
        der = pem.unarmor(der)[2]
    return x509.Certificate.load(der, strict=True)


def armour(der, kind="CERTIFICATE"):
    return pem.armor(kind, der)


def request(key, md, subject, dns=(), challenge=None):
    """A PKCS #10, signed; challenge: octets, or None."""
    attributes = []
    if challenge is not None:
        attributes.append(csr.CRIAttribute({
            "type": "challenge_password", "values": [x509.DirectoryString(
                name="utf8_string",
                value=core.UTF8String(challenge.decode()))]}))
    if dns:
        attributes.append(csr.CRIAttribute({
            "type": "extension_request", "values": [[x509.Extension({
                "extn_id": "subject_alt_name", "critical": False,
                "extn_value": alt_names(dns)})]]}))
    info = csr.CertificationRequestInfo({
        "version": "v1", "subject": subject,
        "subject_pk_info": keys.spki(key), "attributes": attributes})
    alg, signature = keys.sign(key, md, info.dump())
    return csr.CertificationRequest({
        "certification_request_info": info,
        "signature_algorithm": alg, "signature": signature})


def signature_alg(key, md):
    """What sign() will say, which a certificate repeats inside."""
    return keys.sign(key, md, b"")[0]


def certificate(fields, key, md="sha256"):
    """Sign a certificate of these fields with this key.

    fields: serial, issuer, subject, spki, extensions, and where wanted
    not_before and not_after.
    """
    now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    day = datetime.timedelta(days=1)
    tbs = x509.TbsCertificate({
        "version": "v3", "serial_number": fields["serial"],
        "signature": signature_alg(key, md), "issuer": fields["issuer"],
        "validity": {
            "not_before": x509.Time(name="utc_time", value=fields.get(
                "not_before", now - day)),
            "not_after": x509.Time(name="utc_time", value=fields.get(
                "not_after", now + 7 * day))},
        "subject": fields["subject"],
        "subject_public_key_info": fields["spki"],
        "extensions": fields["extensions"]})
    alg, signature = keys.sign(key, md, tbs.dump())
    return x509.Certificate({
        "tbs_certificate": tbs, "signature_algorithm": alg,
        "signature_value": signature})


def self_signed(key, md, subject):
    """What a new device signs its first request with (RFC 8894 2.3)."""
    usage = {"digital_signature"}
    if keys.encrypts(key):
        usage.add("key_encipherment")
    return certificate({
        "serial": int.from_bytes(os.urandom(8), "big") >> 1 | 1,
        "issuer": subject, "subject": subject, "spki": keys.spki(key),
        "extensions": [{"extn_id": "key_usage", "critical": True,
                        "extn_value": usage}]}, key, md)
