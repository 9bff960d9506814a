"""judge - is this CertRep what RFC 8894 and this request call for?

Stricter than a client need be: what our answers promise (DER, the oldest
versions, each attribute once, the request's own algorithms) is demanded, and
whatever is not demanded is refused.  Refuses to know what makes a good
certificate: that is judge_cert.
"""
from asn1crypto import algos, cms, core

import ask as a
import der
import keys


class Wrong(Exception):
    """The answer is not what it must be; the text says in what."""


def need(condition, text, *values):
    if not condition:
        raise Wrong(text % values)


def parse(kind, data, what):
    """Strict DER, and nothing that a second encoding would change."""
    try:
        der.check(data)
        value = kind.load(data, strict=True)
        again = value.copy().dump(force=True)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError,
            OverflowError) as problem:
        raise Wrong("%s: %s" % (what, " ".join(str(problem).split())))
    need(again == data, "%s: encoded anew it is something else", what)
    return value


# ---- SignedData ----

def content_of(info, kind, what):
    need(info["content_type"].native == kind, "%s is %s, not %s", what,
         info["content_type"].native, kind)
    return info["content"]


class Signed:
    """A SignedData by one of the signers; what it says is in its fields.

    content: octets, or None if there are none; md; signer: the certificate;
    certs: all of the bag; attributes: OID to the DER of the one value.
    """

    def __init__(self, data, signers, what, message=True):
        """message: a pkiMessage has signed attributes, and its signer's
        certificate; for others CMS leaves the choice."""
        signed = content_of(parse(cms.ContentInfo, data, what),
                            "signed_data", what)
        need(signed["version"].native == "v1", "%s: version %s", what,
             signed["version"].native)
        need(isinstance(signed["crls"], core.Void), "%s: it has CRLs", what)
        need(len(signed["signer_infos"]) == 1, "%s: %d SignerInfos", what,
             len(signed["signer_infos"]))
        info = signed["signer_infos"][0]
        self.md = self._digest(signed, info, what)
        self.content = self._content(signed["encap_content_info"], what)
        self.certs = bag(signed, what)
        self.signer = self._signer(info, signers, what)
        need(not message or self.signer.dump() in self.certs,
             "%s: the signer's certificate is not in it", what)
        need(isinstance(info["unsigned_attrs"], core.Void),
             "%s: it has unsigned attributes", what)
        if not message and isinstance(info["signed_attrs"], core.Void):
            self.attributes, covered = {}, self.content or b""
        else:
            self.attributes = self._attributes(info, what)
            self._cms_attributes(what)
            covered = b"\x31" + info["signed_attrs"].dump()[1:]
        self._verify(info, covered, what)

    @staticmethod
    def _digest(signed, info, what):
        need(len(signed["digest_algorithms"]) == 1, "%s: %d digests", what,
             len(signed["digest_algorithms"]))
        alg = info["digest_algorithm"]
        need(signed["digest_algorithms"][0].dump() == alg.dump(),
             "%s: digestAlgorithms and digestAlgorithm differ", what)
        need(alg["algorithm"].native in keys.HASHES, "%s: digest %s", what,
             alg["algorithm"].native)
        need(alg["parameters"].dump() in (b"", b"\x05\x00"),
             "%s: the digest has parameters", what)
        return alg["algorithm"].native

    @staticmethod
    def _content(encap, what):
        content = content_of(encap, "data", what + "'s content")
        if isinstance(content, core.Void):
            return None
        need(isinstance(content, core.OctetString),
             "%s: its content is no OCTET STRING", what)
        return content.native

    @staticmethod
    def _signer(info, signers, what):
        need(info["version"].native == "v1", "%s: SignerInfo version %s",
             what, info["version"].native)
        need(info["sid"].name == "issuer_and_serial_number",
             "%s: its signer is named by %s", what, info["sid"].name)
        for cert in signers:
            if a.sid(cert).dump() == info["sid"].chosen.dump():
                return cert
        raise Wrong("%s: its signer is not of GetCACert" % what)

    @staticmethod
    def _attributes(info, what):
        need(not isinstance(info["signed_attrs"], core.Void),
             "%s: it has no signed attributes", what)
        found = {}
        coded = [attr.dump() for attr in info["signed_attrs"]]
        need(coded == sorted(coded), "%s: its attributes are not sorted",
             what)
        for attr in info["signed_attrs"]:
            oid = attr["type"].dotted
            need(oid not in found, "%s: attribute %s is there twice", what,
                 oid)
            need(len(attr["values"]) == 1, "%s: %d values of %s", what,
                 len(attr["values"]), oid)
            found[oid] = attr["values"][0].dump()
        return found

    def _cms_attributes(self, what):
        """What CMS itself wants: taken out, and nothing but SCEP's left."""
        wanted = core.ObjectIdentifier("1.2.840.113549.1.7.1").dump()
        need(self.attributes.pop("1.2.840.113549.1.9.3", None) == wanted,
             "%s: its contentType is not id-data", what)
        wanted = core.OctetString(
            keys.digest(self.md, self.content or b"")).dump()
        need(self.attributes.pop("1.2.840.113549.1.9.4", None) == wanted,
             "%s: its messageDigest is not that of the content", what)

    def _verify(self, info, covered, what):
        alg = info["signature_algorithm"]
        need(alg["algorithm"].native == "rsassa_pkcs1v15" or
             self.signer.public_key.algorithm != "rsa",
             "%s: an RSA signature says %s", what, alg["algorithm"].native)
        try:
            keys.verify(self.signer.public_key, alg, self.md,
                        info["signature"].native, covered)
        except keys.Bad as problem:
            raise Wrong("%s: %s" % (what, problem)) from None


def bag(signed, what):
    """The certificates of a SignedData, as their bytes."""
    if isinstance(signed["certificates"], core.Void):
        return []
    need(all(choice.name == "certificate" for choice in
             signed["certificates"]), "%s: no X.509 certificate", what)
    return [choice.chosen.dump() for choice in signed["certificates"]]


# ---- degenerate SignedData (RFC 8894 section 3.4) ----

def degenerate(data, what):
    """Certificates and CRLs, as their bytes, in their order."""
    try:
        der.check(data)
        signed = content_of(cms.ContentInfo.load(data, strict=True),
                            "signed_data", what)
        need(signed["version"].native == "v1", "%s: version %s", what,
             signed["version"].native)
        need(len(signed["digest_algorithms"]) == 0, "%s: it has digests",
             what)
        need(len(signed["signer_infos"]) == 0, "%s: it has SignerInfos",
             what)
        content = content_of(signed["encap_content_info"], "data",
                             what + "'s content")
        need(isinstance(content, core.Void), "%s: it has content", what)
        certs, crls = bag(signed, what), []
        if not isinstance(signed["crls"], core.Void):
            need(all(choice.name == "crl" for choice in signed["crls"]),
                 "%s: no X.509 CRL", what)
            crls = [choice.chosen.dump() for choice in signed["crls"]]
    except (ValueError, TypeError, KeyError, IndexError,
            AttributeError) as problem:
        raise Wrong("%s: %s" % (what, " ".join(str(problem).split())))
    return certs, crls


# ---- EnvelopedData ----

def opened(data, ask):
    """What is in the envelope for the signer of the request."""
    what = "the envelope"
    env = content_of(parse(cms.ContentInfo, data, what), "enveloped_data",
                     what)
    need(isinstance(env["originator_info"], core.Void) and
         isinstance(env["unprotected_attrs"], core.Void),
         "%s: it has optional parts", what)
    need(len(env["recipient_infos"]) == 1, "%s: %d recipients", what,
         len(env["recipient_infos"]))
    info = env["recipient_infos"][0]
    inner = env["encrypted_content_info"]
    need(inner["content_type"].native == "data", "%s: it holds %s", what,
         inner["content_type"].native)
    name, size, block = keys.CIPHERS[ask.cipher]
    alg = inner["content_encryption_algorithm"]
    need(alg["algorithm"].native == name, "%s: cipher %s, asked in %s", what,
         alg["algorithm"].native, name)
    iv = alg["parameters"].native
    need(isinstance(iv, bytes) and len(iv) == block, "%s: a bad IV", what)
    need(not isinstance(inner["encrypted_content"], core.Void) and
         inner["encrypted_content"].method == 0, "%s: no content", what)
    try:
        if keys.encrypts(ask.key):
            key = by_key(env, info, ask)
        else:
            key = by_password(env, info, ask)
        need(len(key) == size, "%s: a content key of %d octets", what,
             len(key))
        return keys.decrypt(ask.cipher, key, iv,
                            inner["encrypted_content"].native)
    except keys.Bad as problem:
        raise Wrong("%s: %s" % (what, problem)) from None


def by_key(env, info, ask):
    what = "the envelope"
    need(env["version"].native == "v0", "%s: version %s", what,
         env["version"].native)
    need(info.name == "ktri", "%s: its recipient is %s", what, info.name)
    info = info.chosen
    need(info["version"].native == "v0", "%s: RecipientInfo version %s", what,
         info["version"].native)
    need(info["rid"].name == "issuer_and_serial_number" and
         info["rid"].chosen.dump() == a.sid(ask.cert).dump(),
         "%s: it is not for the certificate that signed the request", what)
    need(info["key_encryption_algorithm"].dump() ==
         keys.wrap_alg(ask.wrap).dump(), "%s: its key is not wrapped by %s",
         what, ask.wrap)
    return keys.unwrap_key(ask.key, ask.wrap, info["encrypted_key"].native)


def by_password(env, info, ask):
    what = "the envelope"
    need(env["version"].native == "v3", "%s: version %s", what,
         env["version"].native)
    need(info.name == "pwri", "%s: its recipient is %s", what, info.name)
    info = info.chosen
    need(info["version"].native == "v0", "%s: RecipientInfo version %s", what,
         info["version"].native)
    kdf = info["key_derivation_algorithm"]
    need(not isinstance(kdf, core.Void), "%s: no key derivation", what)
    need(kdf["algorithm"].native == "pbkdf2", "%s: key derivation %s", what,
         kdf["algorithm"].native)
    params = kdf["parameters"]
    need(params["prf"].dump() == algos.HmacAlgorithm({
        "algorithm": "sha256", "parameters": core.Null()}).dump(),
        "%s: it is not derived by HMAC-SHA-256", what)
    need(params["salt"].name == "specified" and
         len(params["salt"].native) >= 8, "%s: a bad salt", what)
    count = params["iteration_count"].native
    need(1000 <= count <= 10000000, "%s: %d iterations", what, count)
    alg = info["key_encryption_algorithm"]
    need(alg["algorithm"].dotted == keys.PWRI_KEK, "%s: its key is wrapped "
         "by %s", what, alg["algorithm"].dotted)
    alg = parse(algos.EncryptionAlgorithm, alg["parameters"].dump(),
                "the cipher of the password")
    cipher = {"aes128_cbc": "aes128", "aes192_cbc": "aes192",
              "aes256_cbc": "aes256"}.get(alg["algorithm"].native)
    need(cipher is not None, "%s: wrapped in %s", what,
         alg["algorithm"].native)
    size = keys.CIPHERS[cipher][1]
    need(params["key_length"].native in (None, size),
         "%s: a derived key of %s octets", what, params["key_length"].native)
    need(ask.password is not None, "%s: there is no password to open it",
         what)
    kek = keys.kek_of(ask.password, params["salt"].native, count, size,
                      "sha256")
    return keys.pwri_unwrap(cipher, kek, alg["parameters"].native,
                            info["encrypted_key"].native)


# ---- CertRep ----

class Answer:
    """status 0, 2 or 3; fail_info, text; certs, crls of a SUCCESS."""

    def __init__(self, data, ask, signers):
        signed = Signed(data, signers, "the CertRep")
        need(signed.certs == [signed.signer.dump()],
             "the CertRep: %d certificates besides the signer's",
             len(signed.certs) - 1)
        left = dict(signed.attributes)
        self._addressed(left, ask)
        self.status = int(self._digits(left, a.PKI_STATUS, "pkiStatus"))
        need(self.status in (0, 2, 3), "pkiStatus %d", self.status)
        self.fail_info, self.text = None, ""
        if self.status == 2:
            self.fail_info = int(self._digits(left, a.FAIL_INFO, "failInfo"))
            need(self.fail_info <= 4, "failInfo %d", self.fail_info)
            self._fail_text(left)
        need(not left, "attributes that do not belong: %s",
             " ".join(sorted(left)))
        # A digest that is not taken cannot be the answer's.
        need(signed.md == ask.md or
             (self.fail_info == 0 and signed.md == "sha256"),
             "the CertRep: digest %s, asked in %s", signed.md, ask.md)
        self.certs, self.crls = [], []
        if self.status == 0:
            need(signed.content, "a SUCCESS without an envelope")
            self.certs, self.crls = degenerate(
                opened(signed.content, ask), "the content")
        else:
            need(signed.content == b"", "pkiStatus %d with content, or "
                 "without an empty one", self.status)

    @staticmethod
    def _addressed(left, ask):
        need(left.pop(a.TRANSACTION_ID, None) ==
             core.PrintableString(ask.txid).dump(),
             "transactionID is not the request's")
        need(left.pop(a.RECIPIENT_NONCE, None) ==
             core.OctetString(ask.nonce).dump(),
             "recipientNonce is not the request's senderNonce")
        need(left.pop(a.MESSAGE_TYPE, None) ==
             core.PrintableString(str(a.CERT_REP)).dump(),
             "messageType is not CertRep")
        nonce = left.pop(a.SENDER_NONCE, b"")
        need(len(nonce) == 18 and nonce[:2] == b"\x04\x10",
             "senderNonce is not 16 octets")
        need(nonce[2:] != ask.nonce, "senderNonce is the request's")

    @staticmethod
    def _digits(left, oid, what):
        """One digit, as a PrintableString."""
        value = left.pop(oid, None)
        need(value is not None, "%s is missing", what)
        need(len(value) == 3 and value[:2] == b"\x13\x01" and
             value[2:].isdigit(), "%s is not a digit in a PrintableString",
             what)
        return value[2:]

    def _fail_text(self, left):
        value = left.pop(a.FAIL_INFO_TEXT, None)
        if value is not None:
            need(value[0] == 0x0c, "failInfoText is no UTF8String")
            self.text = core.UTF8String.load(value, strict=True).native
