"""ask - a pkiMessage as a client makes it (RFC 8894 sections 3.1 to 3.3).

An Ask is also what its answer is judged against.  Refuses to know how it is
sent, and what an answer must look like.
"""
import os

from asn1crypto import algos, cms, core

import keys

SCEP = "2.16.840.1.113733.1.9."
MESSAGE_TYPE, PKI_STATUS, FAIL_INFO, SENDER_NONCE, RECIPIENT_NONCE, \
    TRANSACTION_ID = (SCEP + str(n) for n in range(2, 8))
FAIL_INFO_TEXT = "1.3.6.1.5.5.7.24.1"

CERT_REP, RENEWAL_REQ, PKCS_REQ, CERT_POLL, GET_CERT, GET_CRL = \
    3, 17, 19, 20, 21, 22


class Ask:
    """One request, and what is needed to understand its answer.

    message_type, content: the bare messageData, txid: text.
    cert, key: the signer's.  password: what opens an answer to a key that
    cannot encrypt, or None.  signing_time: a datetime, or None; spoilt: the
    signature is a wrong one.
    """

    def __init__(self, message_type, content, txid, cert, key, recipient,
                 md="sha256", cipher="aes128", wrap="v15", password=None):
        self.message_type = message_type
        self.content = content
        self.txid = txid
        self.cert = cert
        self.key = key
        self.recipient = recipient
        # RFC 8419 section 3.1: SHA-512 and nothing else.
        self.md = "sha512" if "ed25519" in str(type(key)).lower() else md
        self.cipher = cipher
        self.wrap = wrap
        self.password = password
        self.signing_time = None
        self.spoilt = False
        self.nonce = os.urandom(16)

    def encode(self):
        """The DER of the pkiMessage."""
        data = signed(envelope(self).dump(), attributes(self), self.md,
                      self.cert, self.key).dump()
        if self.spoilt:                 # a signature is what ends it
            data = data[:-1] + bytes([data[-1] ^ 1])
        return data


def sid(cert):
    """Issuer and serial as they stand in the certificate."""
    return cms.IssuerAndSerialNumber({
        "issuer": cert["tbs_certificate"]["issuer"],
        "serial_number": cert["tbs_certificate"]["serial_number"]})


def content_info(kind, content):
    return cms.ContentInfo({"content_type": kind, "content": content})


def encrypted(cipher, key, data):
    name, _, size = keys.CIPHERS[cipher]
    iv = os.urandom(size)
    return cms.EncryptedContentInfo({
        "content_type": "data",
        "content_encryption_algorithm": algos.EncryptionAlgorithm(
            {"algorithm": name, "parameters": core.OctetString(iv)}),
        "encrypted_content": keys.encrypt(cipher, key, iv, data)})


def key_trans(cert, wrap, key):
    return cms.RecipientInfo(name="ktri", value=cms.KeyTransRecipientInfo({
        "version": "v0",
        "rid": cms.RecipientIdentifier(
            name="issuer_and_serial_number", value=sid(cert)),
        "key_encryption_algorithm": keys.wrap_alg(wrap),
        "encrypted_key": keys.wrap_key(cert.public_key, wrap, key)}))


def envelope(ask):
    key = os.urandom(keys.CIPHERS[ask.cipher][1])
    return content_info("enveloped_data", cms.EnvelopedData({
        "version": "v0",
        "recipient_infos": [key_trans(ask.recipient, ask.wrap, key)],
        "encrypted_content_info": encrypted(ask.cipher, key, ask.content)}))


def attribute(oid, value):
    return cms.CMSAttribute({"type": oid, "values": [value]})


def attributes(ask):
    more = []
    if ask.signing_time is not None:
        more.append(attribute("signing_time", cms.Time(
            name="utc_time", value=ask.signing_time)))
    return more + [
        attribute(TRANSACTION_ID, core.PrintableString(ask.txid)),
        attribute(MESSAGE_TYPE, core.PrintableString(str(ask.message_type))),
        attribute(SENDER_NONCE, core.OctetString(ask.nonce))]


def signer_info(content, attrs, md, cert, key):
    attrs = cms.CMSAttributes([
        attribute("content_type", "data"),
        attribute("message_digest", keys.digest(md, content))] + attrs)
    alg, signature = keys.sign(key, md, attrs.dump(), cms_style=True)
    return cms.SignerInfo({
        "version": "v1",
        "sid": cms.SignerIdentifier(
            name="issuer_and_serial_number", value=sid(cert)),
        "digest_algorithm": {"algorithm": md},
        "signed_attrs": attrs, "signature_algorithm": alg,
        "signature": signature})


def signed(content, attrs, md, cert, key):
    """SignedData of version 1 over data, with the signer's certificate."""
    return content_info("signed_data", cms.SignedData({
        "version": "v1", "digest_algorithms": [{"algorithm": md}],
        "encap_content_info": {"content_type": "data",
                               "content": core.OctetString(content)},
        "certificates": [cms.CertificateChoices(
            name="certificate", value=cert)],
        "signer_infos": [signer_info(content, attrs, md, cert, key)]}))


# ---- what is asked ----

class IssuerAndSubject(core.Sequence):
    """RFC 8894 section 3.3.3."""
    _fields = [("issuer", cms.Name), ("subject", cms.Name)]


def poll_content(ca, subject):
    return IssuerAndSubject({"issuer": ca.subject, "subject": subject}).dump()


def cert_content(issuer, serial):
    return cms.IssuerAndSerialNumber(
        {"issuer": issuer, "serial_number": serial}).dump()
