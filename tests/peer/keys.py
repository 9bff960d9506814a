"""keys - what the client needs of cryptography, by the names SCEP uses.

Keys, signatures, content ciphers, and the two ways in which a content key is
wrapped: for an RSA key, or under a password (RFC 3211, written out here).
Refuses to know messages.
"""
import hashlib
import os

from asn1crypto import algos, cms, core, keys
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import (
    ec, ed25519, padding, rsa)
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

HASHES = {"sha1": hashes.SHA1, "sha256": hashes.SHA256,
          "sha384": hashes.SHA384, "sha512": hashes.SHA512}
CURVES = {"p256": ec.SECP256R1, "p384": ec.SECP384R1, "p521": ec.SECP521R1}

# Name: what asn1crypto calls it, length of the key, length of a block.
CIPHERS = {"aes128": ("aes128_cbc", 16, 16),
           "aes192": ("aes192_cbc", 24, 16),
           "aes256": ("aes256_cbc", 32, 16),
           "3des": ("tripledes_3key", 24, 8)}

# Hash and mask of OAEP are the same one; None is RSA v1.5.
WRAPS = {"v15": None, "oaep-sha1": "sha1", "oaep-sha256": "sha256",
         "oaep-sha384": "sha384", "oaep-sha512": "sha512"}

PWRI_KEK = "1.2.840.113549.1.9.16.3.9"


class Bad(ValueError):
    """Something cryptographic does not come out."""


# ---- keys ----

def generate(kind):
    """kind: rsa:BITS, p256, p384, p521 or ed25519."""
    if kind.startswith("rsa:"):
        return rsa.generate_private_key(65537, int(kind[4:]))
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    return ec.generate_private_key(CURVES[kind]())


def save(key, path):
    pem = key.private_bytes(serialization.Encoding.PEM,
                            serialization.PrivateFormat.PKCS8,
                            serialization.NoEncryption())
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC,
                           0o600), "wb") as out:
        out.write(pem)


def load(path):
    with open(path, "rb") as pem:
        return serialization.load_pem_private_key(pem.read(), None)


def spki(key):
    """The public half as it stands in certificates."""
    return keys.PublicKeyInfo.load(key.public_key().public_bytes(
        serialization.Encoding.DER,
        serialization.PublicFormat.SubjectPublicKeyInfo))


def encrypts(key):
    return isinstance(key, rsa.RSAPrivateKey)


def digest(name, data):
    return hashlib.new(name, data).digest()


# ---- signatures ----

def sign(key, md, data, cms_style=False):
    """The AlgorithmIdentifier and the signature.

    In a SignerInfo an RSA signature is said to be rsaEncryption, for the
    digest has a field of its own there.
    """
    if isinstance(key, rsa.RSAPrivateKey):
        name = "rsassa_pkcs1v15" if cms_style else md + "_rsa"
        value = key.sign(data, padding.PKCS1v15(), HASHES[md]())
    elif isinstance(key, ed25519.Ed25519PrivateKey):
        name, value = "ed25519", key.sign(data)
    else:
        name = md + "_ecdsa"
        value = key.sign(data, ec.ECDSA(HASHES[md]()))
    return algos.SignedDigestAlgorithm({"algorithm": name}), value


def verify(public, alg, md, signature, data):
    """Raise Bad unless the signature is that of the SubjectPublicKeyInfo.

    md: the digest's name, which the algorithm must agree with.
    """
    name = alg["algorithm"].native
    key = serialization.load_der_public_key(public.dump())
    try:
        if isinstance(key, rsa.RSAPublicKey):
            if name not in ("rsassa_pkcs1v15", md + "_rsa"):
                raise Bad("a signature by an RSA key says %s" % name)
            if alg["parameters"].dump() != b"\x05\x00":
                raise Bad("the parameters of %s are not NULL" % name)
            key.verify(signature, data, padding.PKCS1v15(), HASHES[md]())
            return
        if alg["parameters"].dump() != b"":
            raise Bad("%s has parameters" % name)
        if isinstance(key, ed25519.Ed25519PublicKey):
            if name != "ed25519":
                raise Bad("a signature by an Ed25519 key says %s" % name)
            key.verify(signature, data)
            return
        if name != md + "_ecdsa":
            raise Bad("a signature by an EC key says %s" % name)
        key.verify(signature, data, ec.ECDSA(HASHES[md]()))
    except InvalidSignature:
        raise Bad("the signature does not verify") from None


# ---- content ----

def _cbc(cipher, key, iv):
    block = (algorithms.TripleDES if cipher == "3des" else algorithms.AES)
    return Cipher(block(key), modes.CBC(iv))


def encrypt(cipher, key, iv, data):
    size = CIPHERS[cipher][2]
    pad = size - len(data) % size
    enc = _cbc(cipher, key, iv).encryptor()
    return enc.update(data + bytes([pad]) * pad) + enc.finalize()


def decrypt(cipher, key, iv, data):
    size = CIPHERS[cipher][2]
    if len(data) == 0 or len(data) % size != 0:
        raise Bad("the content is no whole number of blocks")
    dec = _cbc(cipher, key, iv).decryptor()
    plain = dec.update(data) + dec.finalize()
    pad = plain[-1]
    if not 1 <= pad <= size or plain[-pad:] != bytes([pad]) * pad:
        raise Bad("the padding of the content is wrong")
    return plain[:-pad]


# ---- content keys for an RSA key ----

def _padding(wrap):
    md = WRAPS[wrap]
    if md is None:
        return padding.PKCS1v15()
    return padding.OAEP(padding.MGF1(HASHES[md]()), HASHES[md](), None)


def wrap_alg(wrap):
    """The AlgorithmIdentifier of a KeyTransRecipientInfo."""
    md = WRAPS[wrap]
    if md is None:
        return cms.KeyEncryptionAlgorithm({"algorithm": "rsaes_pkcs1v15"})
    params = algos.RSAESOAEPParams.load(b"\x30\x00")
    if md != "sha1":                # DER leaves the default out
        params["hash_algorithm"] = {"algorithm": md}
        params["mask_gen_algorithm"] = {
            "algorithm": "mgf1", "parameters": {"algorithm": md}}
    return cms.KeyEncryptionAlgorithm(
        {"algorithm": "rsaes_oaep", "parameters": params})


def wrap_key(public, wrap, key):
    return serialization.load_der_public_key(public.dump()).encrypt(
        key, _padding(wrap))


def unwrap_key(key, wrap, wrapped):
    try:
        return key.decrypt(wrapped, _padding(wrap))
    except ValueError:
        raise Bad("the content key does not decrypt") from None


# ---- content keys under a password ----

def kek_of(password, salt, count, length, md):
    return PBKDF2HMAC(HASHES[md](), length, salt, count).derive(password)


def pwri_wrap(cipher, kek, iv, key):
    """RFC 3211 section 2.3.1: encrypted twice, the second time from the
    last block of the first."""
    size = CIPHERS[cipher][2]
    block = bytes([len(key)]) + bytes(0xff ^ b for b in key[:3]) + key
    total = max(2, -(-len(block) // size)) * size
    block += os.urandom(total - len(block))
    for start in (iv, None):
        enc = _cbc(cipher, kek, start or block[-size:]).encryptor()
        block = enc.update(block) + enc.finalize()
    return block


def pwri_unwrap(cipher, kek, iv, wrapped):
    """RFC 3211 section 2.3.2, backwards."""
    size = CIPHERS[cipher][2]
    if len(wrapped) < 2 * size or len(wrapped) % size != 0:
        raise Bad("the wrapped key is no two blocks")
    # The last block of the first pass was the IV of the second.
    dec = _cbc(cipher, kek, wrapped[-2 * size:-size]).decryptor()
    last = dec.update(wrapped[-size:]) + dec.finalize()
    dec = _cbc(cipher, kek, last).decryptor()
    first = dec.update(wrapped[:-size]) + dec.finalize() + last
    dec = _cbc(cipher, kek, iv).decryptor()
    block = dec.update(first) + dec.finalize()
    length, check, key = block[0], block[1:4], block[4:]
    if length < 3 or length > len(key):
        raise Bad("the password does not open the content key")
    if any(c ^ k != 0xff for c, k in zip(check, key[:3])):
        raise Bad("the password does not open the content key")
    return key[:length]


def pwri_alg(cipher, iv):
    """id-alg-PWRI-KEK with the cipher it uses."""
    inner = algos.EncryptionAlgorithm(
        {"algorithm": CIPHERS[cipher][0], "parameters": core.OctetString(iv)})
    return cms.KeyEncryptionAlgorithm(
        {"algorithm": PWRI_KEK, "parameters": core.Any(inner)})
