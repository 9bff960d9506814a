"""faults - can the judge say no?

Good answers of every kind, which must be taken, and the same ones with one
fault each, which must not.
"""
import datetime
import subprocess

from asn1crypto import algos, cms, core

import ask as a
import certs
import judge
import judge_cert
import keys
from stage import (DNS, SUBJECT, Plan, Stage, a_crl, a_next, degenerate,
                   sha1_leaf)


# ---- how to be wrong ----

def value(oid, new):
    return lambda plan: plan.values.__setitem__(oid, new)


def field(name, new):
    return lambda plan: setattr(plan, name, new(plan) if callable(new) and
                                name != "tamper" else new)


def part(where, name, new):
    return lambda plan: getattr(plan, where).__setitem__(
        name, new(plan) if callable(new) else new)


def inner(make):
    return lambda plan: setattr(plan, "inner", make(plan.stage))


def twice(oid):
    return lambda plan: plan.more.append(a.attribute(oid, plan.values[oid]))


def two_values(oid, other):
    def fault(plan):
        plan.more.append(cms.CMSAttribute({
            "type": oid, "values": [plan.values[oid], other]}))
        plan.values[oid] = None
    return fault


def indefinite(data):
    """The outermost SEQUENCE without a length: BER, not DER."""
    return b"\x30\x80" + data[4:] + b"\x00\x00"


def another_type(data):
    """The first id-data is the eContentType."""
    return data.replace(cms.ContentType("data").dump(),
                        cms.ContentType("encrypted_data").dump(), 1)


def version_3(data):
    """The first INTEGER 1 is the version."""
    return data.replace(b"\x02\x01\x01", b"\x02\x01\x03", 1)


def long_length(data):
    return b"\x30\x83\x00" + data[2:]


def unsorted(data):
    """Two certificates of the same bytes would not tell: exchange the first
    two attributes, which have the same length (nonces)."""
    one, two = (core.ObjectIdentifier(oid).dump() for oid in
                (a.SENDER_NONCE, a.RECIPIENT_NONCE))
    return data.replace(one, b"?" * 12).replace(two, one).replace(
        b"?" * 12, two)


# ---- faults ----

ANY = {                                 # whatever the status
    "transactionID of another": value(a.TRANSACTION_ID,
                                      core.PrintableString("other")),
    "transactionID as UTF8String": lambda plan: plan.values.__setitem__(
        a.TRANSACTION_ID, core.UTF8String(plan.ask.txid)),
    "no transactionID": value(a.TRANSACTION_ID, None),
    "transactionID twice": twice(a.TRANSACTION_ID),
    "pkiStatus twice": twice(a.PKI_STATUS),
    "recipientNonce of another": value(a.RECIPIENT_NONCE,
                                       core.OctetString(b"x" * 16)),
    "no recipientNonce": value(a.RECIPIENT_NONCE, None),
    "no senderNonce": value(a.SENDER_NONCE, None),
    "senderNonce of 8 octets": value(a.SENDER_NONCE,
                                     core.OctetString(b"x" * 8)),
    "senderNonce copied": lambda plan: plan.values.__setitem__(
        a.SENDER_NONCE, core.OctetString(plan.ask.nonce)),
    "two senderNonces": two_values(a.SENDER_NONCE,
                                   core.OctetString(b"y" * 16)),
    "messageType 19": value(a.MESSAGE_TYPE, core.PrintableString("19")),
    "messageType INTEGER": value(a.MESSAGE_TYPE, core.Integer(3)),
    "no messageType": value(a.MESSAGE_TYPE, None),
    "pkiStatus 1": value(a.PKI_STATUS, core.PrintableString("1")),
    "pkiStatus 00": value(a.PKI_STATUS, core.PrintableString("00")),
    "no pkiStatus": value(a.PKI_STATUS, None),
    "an attribute besides": lambda plan: plan.more.append(
        a.attribute("1.2.3.4", core.Integer(1))),
    "signed by a stranger": lambda plan: (
        setattr(plan, "signer", plan.stage.rival_ra),
        setattr(plan, "bag", [plan.stage.rival_ra.cert])),
    "signed by the CA": lambda plan: (
        setattr(plan, "signer", plan.stage.ca),
        setattr(plan, "bag", [plan.stage.ca.cert])),
    "the signer's certificate missing": field("bag", []),
    "a certificate besides": field(
        "bag", lambda plan: [plan.stage.ra.cert, plan.stage.leaf]),
    "SignedData version 3": field("tamper", version_3),
    "no digestAlgorithms": part("signed", "digest_algorithms", []),
    "another digestAlgorithms": part("signed", "digest_algorithms",
                                     [{"algorithm": "sha512"}]),
    "no SignerInfo": part("signed", "signer_infos", []),
    "two SignerInfos": lambda plan: plan.signed.__setitem__(
        "signer_infos", lambda fields: fields["signer_infos"] * 2),
    "SignerInfo version 3": part("info", "version", "v3"),
    "a signature by another": part("info", "signature", b"\x01" * 256),
    "no signed attributes": part("info", "signed_attrs", None),
    "sha256WithRSAEncryption": part("info", "signature_algorithm",
                                    {"algorithm": "sha256_rsa"}),
    "an unsigned attribute": part("info", "unsigned_attrs", [
        a.attribute("1.2.3.4", core.Integer(1))]),
    "another digest than asked in": field("md", "sha512"),
    "octets at the end": field("tamper", lambda data: data + b"\x00"),
    "indefinite length": field("tamper", indefinite),
    "a long form of length": field("tamper", long_length),
    "attributes out of order": field("tamper", unsorted),
    "cut short": field("tamper", lambda data: data[:-1]),
    "content that was not signed": part("signed", "encap_content_info", {
        "content_type": "data", "content": core.OctetString(b"junk")}),
    "content that is absent": part("signed", "encap_content_info",
                                   {"content_type": "data"}),
    "content of another type": field("tamper", another_type),
}

REFUSED = {
    "no failInfo": value(a.FAIL_INFO, None),
    "failInfo 5": value(a.FAIL_INFO, core.PrintableString("5")),
    "failInfoText as PrintableString": value(
        a.FAIL_INFO_TEXT, core.PrintableString("no")),
    "a FAILURE with an envelope": field("content", None),
}

PENDING = {
    "a PENDING with failInfo": value(a.FAIL_INFO, core.PrintableString("2")),
    "a PENDING with an envelope": field("content", None),
}

ISSUED = {
    "a SUCCESS with failInfo": value(a.FAIL_INFO, core.PrintableString("2")),
    "a SUCCESS without an envelope": field("content", b""),
    "another cipher than asked in": field("cipher", "aes256"),
    "EnvelopedData version 2": part("env", "version", "v2"),
    "two recipients": field("copies", 2),
    "an unprotected attribute": part("env", "unprotected_attrs", [
        a.attribute("1.2.3.4", core.Integer(1))]),
    "content that is no SignedData": field("inner", b"\x30\x00"),
    "garbage in the envelope": field("inner", b"garbage"),
    "inner version 3": inner(lambda s: version_3(degenerate([s.leaf]))),
    "inner content": inner(lambda s: degenerate([s.leaf], content=b"")),
    "inner digests": inner(lambda s: degenerate(
        [s.leaf], digests=[{"algorithm": "sha256"}])),
    "inner SignerInfo": inner(lambda s: degenerate(
        [s.leaf], signers=[a.signer_info(b"", [], "sha256", s.ra.cert,
                                         s.ra.key)])),
    "no certificate": inner(lambda s: degenerate([])),
    "a CRL besides": inner(lambda s: degenerate([s.leaf], [a_crl(s)])),
    "CA first": inner(lambda s: degenerate([s.ca.cert, s.leaf])),
    "a stranger's certificate after it": inner(lambda s: degenerate(
        [s.leaf, s.rival.cert])),
    "octets after the inner one": inner(
        lambda s: degenerate([s.leaf]) + b"\x00"),
    "another key": inner(lambda s: degenerate([s.issue(key=s.ec.key)])),
    "another subject": inner(lambda s: degenerate(
        [s.issue(subject="/CN=other")])),
    "another DNS name": inner(lambda s: degenerate([s.issue(dns=["c."])])),
    "another CA of that name": inner(lambda s: degenerate(
        [s.issue(s.rival)])),
    "another authorityKeyIdentifier": inner(lambda s: degenerate(
        [s.issue(aki=b"x" * 20)])),
    "CA:TRUE": inner(lambda s: degenerate([s.issue(ca=True)])),
    "keyCertSign": inner(lambda s: degenerate(
        [s.issue(usage={"key_cert_sign"})])),
    "a negative serial": inner(lambda s: degenerate([s.issue(serial=-5)])),
    "serial 0": inner(lambda s: degenerate([s.issue(serial=0)])),
    "a serial of 21 octets": inner(lambda s: degenerate(
        [s.issue(serial=1 << 161)])),
    "expired": inner(lambda s: degenerate([s.issue(
        not_before=s.times["not_before"],
        not_after=s.times["not_before"] + datetime.timedelta(hours=1))])),
    "ended before it begins": inner(lambda s: degenerate([s.issue(
        not_after=s.times["not_before"] + datetime.timedelta(hours=1))])),
    "longer than its CA": inner(lambda s: degenerate([s.issue(
        not_after=s.times["not_after"] + datetime.timedelta(hours=1))])),
    "signed with SHA-1": inner(lambda s: degenerate([sha1_leaf(s)])),
}

RSA = {
    "for another certificate": field("recipient",
                                     lambda plan: plan.stage.leaf),
    "wrapped in another way": field("wrap", "oaep-sha256"),
    "under a password": field("password", b"0123456789abcdef"),
}

PASSWORD = {
    "under another password": field("password", b"fedcba9876543210"),
    "one iteration": field("count", 1),
    "derived by HMAC-SHA-1": field("prf", "sha1"),
    "EnvelopedData version 0": part("env", "version", "v0"),
    "for a key that is not asked for": lambda plan: (
        setattr(plan, "password", None),
        setattr(plan, "recipient", plan.stage.device.cert)),
}

CRLS = {
    "CRL by another key": lambda s: a_crl(s, signer=s.rival),
    "CRL of another name": lambda s: a_crl(s, issuer=certs.name("/CN=x")),
    "CRL without number": lambda s: a_crl(s, skip=1),
    "CRL without authorityKeyIdentifier": lambda s: a_crl(s, keep=1),
    "CRL with another authorityKeyIdentifier": lambda s: a_crl(
        s, aki=b"x" * 20),
    "CRL out of date": lambda s: a_crl(s, days=-1),
    "CRL of version 1": lambda s: a_crl(s, version="v1"),
}

NEXT = {
    "next CA signed by itself": lambda s: a_next(s, signer=s.next),
    "next CA signed by a rival": lambda s: a_next(s, signer=s.rival),
    "next CA signed by the RA": lambda s: a_next(s, signer=s.ra),
    "next CA with a transactionID": lambda s: a_next(s, attrs=[
        a.attribute(a.TRANSACTION_ID, core.PrintableString("1"))]),
    "next CA is the old one": lambda s: a_next(s, some=[s.ca.cert]),
    "next CA is no CA": lambda s: a_next(s, some=[s.leaf]),
    "next CA not in the outer bag": lambda s: a_next(s, bag=[s.ca.cert]),
    "next CA with a stranger in the outer bag": lambda s: a_next(
        s, bag=[s.next_ra.cert, s.next.cert, s.rival.cert]),
    "next CA with another CA's RA": lambda s: a_next(
        s, some=[s.ra.cert, s.next.cert]),
    "next CA, a bare signature by a rival": lambda s: a_next(
        s, signer=s.rival, bare=True),
    "next CA, a bare signature of something else": lambda s: a_next(
        s, bare=b"something else"),
    "next CA unsigned": lambda s: degenerate([s.next.cert]),
}


# ---- the run ----

class Tally:
    """Counts, and tells what was judged wrongly; or all of it."""

    def __init__(self, verbose):
        self.good = self.bad = 0
        self.verbose = verbose

    def expect(self, taken, text, judged):
        try:
            judged()
            said = None
        except judge.Wrong as problem:
            said = str(problem)
        if (said is None) == taken:
            self.good += 1
        else:
            self.bad += 1
        if self.verbose or (said is None) != taken:
            print("%s: %s" % (text, said or "taken"))


def judged(data, ask, world, stage):
    """All that the client does with an answer to an enrolment."""
    answer = judge.Answer(data, ask, world.signers)
    if answer.status == 0:
        judge_cert.issued(
            judge_cert.leaf_first(answer, world), world.ca,
            certs.name(SUBJECT), keys.spki(stage.device.key), DNS)


def try_plan(tally, taken, text, plan):
    data = plan.build()
    tally.expect(taken, text, lambda: judged(data, plan.ask,
                                             plan.stage.world, plan.stage))


def sweep(tally, make, what, *tables):
    try_plan(tally, True, what, make())
    for table in tables:
        for text, fault in table.items():
            plan = make()
            fault(plan)
            try_plan(tally, False, "%s, %s" % (what, text), plan)


def crls(tally, stage):
    def judged_crl(data):
        return lambda: judge_cert.the_crl(data, stage.ca.cert)

    tally.expect(True, "CRL", judged_crl(a_crl(stage).dump()))
    for text, fault in CRLS.items():
        tally.expect(False, text, judged_crl(fault(stage).dump()))


def next_cas(tally, stage):
    def judged_next(data):
        return lambda: judge_cert.next_ca(data, stage.world)

    tally.expect(True, "next CA", judged_next(a_next(stage)))
    tally.expect(True, "next CA, alone in the outer bag", judged_next(
        a_next(stage, bag=[stage.next_ra.cert, stage.next.cert])))
    tally.expect(True, "next CA, without attributes", judged_next(
        a_next(stage, bare=True)))
    for text, fault in NEXT.items():
        tally.expect(False, text, judged_next(fault(stage)))


def foreign():
    """What openssl wraps under a password comes out here, and so the code
    for it is not only right by its own lights."""
    secret = b"content"
    data = subprocess.run(
        ["openssl", "cms", "-encrypt", "-binary", "-outform", "DER",
         "-aes-192-cbc", "-pwri_password", "a password"],
        input=secret, stdout=subprocess.PIPE, check=True).stdout
    env = cms.ContentInfo.load(data)["content"]
    info, inner = (env["recipient_infos"][0].chosen,
                   env["encrypted_content_info"])
    params = info["key_derivation_algorithm"]["parameters"]
    kek = keys.kek_of(b"a password", params["salt"].native,
                      params["iteration_count"].native, 24,
                      params["prf"]["algorithm"].native)
    alg = algos.EncryptionAlgorithm.load(
        info["key_encryption_algorithm"]["parameters"].dump())
    key = keys.pwri_unwrap("aes192", kek, alg["parameters"].native,
                           info["encrypted_key"].native)
    judge.need(keys.decrypt(
        "aes192", key,
        inner["content_encryption_algorithm"]["parameters"].native,
        inner["encrypted_content"].native) == secret, "it is another content")


def run(verbose=False):
    """The number of answers that were judged wrongly."""
    stage, tally = Stage(), Tally(verbose)
    by_rsa = a.Ask(a.PKCS_REQ, b"\x30\x00", "a 1", stage.device.cert,
                   stage.device.key, stage.ra.cert)
    by_ec = a.Ask(a.PKCS_REQ, b"\x30\x00", "a 2", stage.ec.cert,
                  stage.ec.key, stage.ra.cert, password=b"0123456789abcdef")
    sweep(tally, lambda: Plan(stage, by_rsa), "granted", ANY, ISSUED, RSA)
    sweep(tally, lambda: Plan(stage, by_ec), "granted to EC", PASSWORD)
    sweep(tally, lambda: Plan(stage, by_rsa, "2"), "refused", ANY, REFUSED)
    sweep(tally, lambda: Plan(stage, by_rsa, "3"), "pending", ANY, PENDING)
    chain = Plan(stage, by_rsa)
    chain.inner = degenerate([stage.leaf, stage.ca.cert])
    try_plan(tally, True, "granted, with its CA", chain)
    crls(tally, stage)
    next_cas(tally, stage)
    tally.expect(True, "a key wrapped by openssl", foreign)
    print("%d answers judged rightly, %d not" % (tally.good, tally.bad))
    return tally.bad
