"""stage - a CA that answers as it is told, rightly or wrongly.

The server of the self-test, which exists nowhere else.  Refuses to know which
faults there are.
"""
import datetime
import os

from asn1crypto import algos, cms, core, crl, x509

import ask as a
import certs
import judge_cert
import keys

# ---- a CA ----

def extensions(key, issuer, usage, ca=False, aki=None):
    found = [
        {"extn_id": "key_usage", "critical": True, "extn_value": usage},
        {"extn_id": "key_identifier", "critical": False,
         "extn_value": keys.spki(key).sha1},
        {"extn_id": "authority_key_identifier", "critical": False,
         "extn_value": {"key_identifier": aki or keys.spki(issuer).sha1}}]
    if ca:
        found.append({"extn_id": "basic_constraints", "critical": True,
                      "extn_value": {"ca": True}})
    return found


class Party:
    """A key and a certificate by the issuer, or by itself."""

    def __init__(self, name, usage, issuer=None, kind="rsa:2048", **more):
        self.key = more.pop("key", None) or keys.generate(kind)
        by = issuer or self
        fields = {
            "serial": more.pop("serial", int.from_bytes(os.urandom(8), "big")
                               | 1 << 62),
            "issuer": certs.name(name) if issuer is None else
            issuer.cert.subject,
            "subject": certs.name(name), "spki": keys.spki(self.key),
            "extensions": extensions(self.key, by.key, usage, issuer is None
                                     or more.pop("ca", False),
                                     more.pop("aki", None))}
        if "dns" in more:
            fields["extensions"].append({
                "extn_id": "subject_alt_name", "critical": False,
                "extn_value": certs.alt_names(more.pop("dns"))})
        fields.update(more)
        self.cert = certs.certificate(fields, by.key)


CA_USAGE = {"key_cert_sign", "crl_sign", "digital_signature"}
USAGE = {"digital_signature", "key_encipherment"}
SUBJECT, DNS = "/C=CH/O=Faults/CN=device", ["a.example", "b.example"]


class Stage:
    """Everybody who plays: made once, since keys take time."""

    def __init__(self):
        day = datetime.timedelta(days=1)
        now = datetime.datetime.now(datetime.timezone.utc).replace(
            microsecond=0)
        self.times = {"not_before": now - 2 * day, "not_after": now + 90 * day}
        self.ca = Party("/CN=CA", CA_USAGE, **self.times)
        self.ra = Party("/CN=RA", USAGE, self.ca)
        self.rival = Party("/CN=CA", CA_USAGE, **self.times)
        self.rival_ra = Party("/CN=RA", USAGE, self.rival)
        self.next = Party("/CN=next", CA_USAGE, **self.times)
        self.next_ra = Party("/CN=next RA", USAGE, self.next)
        self.device, self.ec = (Party(SUBJECT, USAGE, kind=kind)
                                for kind in ("rsa:2048", "p256"))
        self.leaf = self.issue()
        self.world = judge_cert.World(
            degenerate([self.ra.cert, self.ca.cert]),
            "application/x-x509-ca-ra-cert", self.ca.cert)

    def issue(self, issuer=None, subject=SUBJECT, **more):
        return Party(subject, more.pop("usage", USAGE), issuer or self.ca,
                     key=more.pop("key", self.device.key), **{
                         "dns": DNS, **more}).cert


# ---- an answer, as good or bad as its plan ----

def degenerate(some, crls=(), content=None, digests=(), signers=()):
    """RFC 8894 section 3.4; the order of the certificates stays."""
    encap = {"content_type": "data"}
    if content is not None:
        encap["content"] = core.OctetString(content)
    fields = {"version": "v1", "digest_algorithms": list(digests),
              "encap_content_info": encap, "signer_infos": list(signers)}
    if some:
        data = b"".join(c.dump() for c in some)
        fields["certificates"] = cms.CertificateSet.load(
            core.SetOf(contents=data).dump())
    if crls:
        fields["crls"] = [cms.RevocationInfoChoice(name="crl", value=c)
                          for c in crls]
    return a.content_info("signed_data", cms.SignedData(fields)).dump()


class Plan:
    """What an answer is made of; a fault changes one thing."""

    def __init__(self, stage, ask, status="0"):
        self.stage, self.ask = stage, ask
        self.md, self.cipher, self.wrap = ask.md, ask.cipher, ask.wrap
        self.signer, self.bag = stage.ra, [stage.ra.cert]
        self.recipient, self.password = ask.cert, ask.password
        self.inner = degenerate([stage.leaf])
        self.values = {
            a.MESSAGE_TYPE: core.PrintableString("3"),
            a.PKI_STATUS: core.PrintableString(status),
            a.TRANSACTION_ID: core.PrintableString(ask.txid),
            a.RECIPIENT_NONCE: core.OctetString(ask.nonce),
            a.SENDER_NONCE: core.OctetString(os.urandom(16))}
        if status == "2":
            self.values[a.FAIL_INFO] = core.PrintableString("2")
            self.values[a.FAIL_INFO_TEXT] = core.UTF8String("no")
        self.content = None if status == "0" else b""
        self.more = []                  # attributes besides
        self.env, self.signed, self.info = {}, {}, {}
        self.count, self.prf, self.copies = 2048, "sha256", 1
        self.tamper = None              # after signing: bytes to bytes

    def recipient_info(self, key):
        if self.password is None:
            return a.key_trans(self.recipient, self.wrap, key)
        salt, iv = os.urandom(16), os.urandom(16)
        kek = keys.kek_of(self.password, salt, self.count, 16, self.prf)
        return cms.RecipientInfo(name="pwri", value=cms.PasswordRecipientInfo({
            "version": "v0",
            "key_derivation_algorithm": {
                "algorithm": "pbkdf2", "parameters": {
                    "salt": algos.Pbkdf2Salt(name="specified", value=salt),
                    "iteration_count": self.count, "key_length": 16,
                    "prf": {"algorithm": self.prf,
                            "parameters": core.Null()}}},
            "key_encryption_algorithm": keys.pwri_alg("aes128", iv),
            "encrypted_key": keys.pwri_wrap("aes128", kek, iv, key)}))

    def envelope(self):
        key = os.urandom(keys.CIPHERS[self.cipher][1])
        fields = {
            "version": "v0" if self.password is None else "v3",
            "recipient_infos": [self.recipient_info(key)] * self.copies,
            "encrypted_content_info": a.encrypted(self.cipher, key,
                                                  self.inner)}
        fields.update(self.env)
        return a.content_info("enveloped_data",
                              cms.EnvelopedData(fields)).dump()

    def build(self):
        content = self.envelope() if self.content is None else self.content
        attrs = [a.attribute(oid, value) for oid, value in
                 self.values.items() if value is not None] + self.more
        info = a.signer_info(content, attrs, self.md, self.signer.cert,
                             self.signer.key)
        for field, value in self.info.items():
            if value is None:
                del info[field]
            else:
                info[field] = value
        fields = {
            "version": "v1", "digest_algorithms": [{"algorithm": self.md}],
            "encap_content_info": {"content_type": "data",
                                   "content": core.OctetString(content)},
            "certificates": [cms.CertificateChoices(
                name="certificate", value=c) for c in self.bag],
            "signer_infos": [info]}
        for field, value in self.signed.items():
            fields[field] = value(fields) if callable(value) else value
        data = a.content_info("signed_data", cms.SignedData(fields)).dump()
        return self.tamper(data) if self.tamper else data


def sha1_leaf(stage):
    return certs.certificate({
        "serial": 5, "issuer": stage.ca.cert.subject,
        "subject": certs.name(SUBJECT),
        "spki": keys.spki(stage.device.key),
        "extensions": extensions(stage.device.key, stage.ca.key, USAGE) + [{
            "extn_id": "subject_alt_name", "critical": False,
            "extn_value": certs.alt_names(DNS)}]}, stage.ca.key, "sha1")


# ---- CRLs, and the next CA ----

def a_crl(stage, **faults):
    signer = faults.get("signer", stage.ca)
    now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    tbs = crl.TbsCertList({
        "version": faults.get("version", "v2"),
        "signature": certs.signature_alg(signer.key, "sha256"),
        "issuer": faults.get("issuer", stage.ca.cert.subject),
        "this_update": x509.Time(name="utc_time", value=now),
        "next_update": x509.Time(
            name="utc_time", value=now + datetime.timedelta(
                days=faults.get("days", 1))),
        "crl_extensions": [
            {"extn_id": "crl_number", "critical": False, "extn_value": 7},
            {"extn_id": "authority_key_identifier", "critical": False,
             "extn_value": {"key_identifier": faults.get(
                 "aki", keys.spki(stage.ca.key).sha1)}},
        ][faults.get("skip", 0):faults.get("keep", 2)]})
    alg, signature = keys.sign(signer.key, "sha256", tbs.dump())
    return crl.CertificateList({
        "tbs_cert_list": tbs, "signature_algorithm": alg,
        "signature": signature})


def a_next(stage, signer=None, bag=None, attrs=(), some=None, bare=None):
    """bare: the signature is over these octets, and there are no attributes;
    True: the content."""
    signer = signer or stage.ca
    some = some or [stage.next_ra.cert, stage.next.cert]
    content = degenerate(some)
    data = a.signed(content, list(attrs), "sha256", signer.cert, signer.key)
    data["content"]["certificates"] = [cms.CertificateChoices(
        name="certificate", value=c) for c in
        (some + [signer.cert] if bag is None else bag)]
    if bare is not None:
        info = data["content"]["signer_infos"][0]
        del info["signed_attrs"]
        info["signature"] = keys.sign(
            signer.key, "sha256", content if bare is True else bare)[1]
    return data.dump(force=True)
