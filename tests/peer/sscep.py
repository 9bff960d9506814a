"""sscep - what sscep 0.10 does with the options that `scepadm client sscep`
prints, for tests where it is not installed.

usage: sscep getca -F sha256 -c FILE -u URL
       sscep enroll -c FILE -k KEY -r CSR -l CERTIFICATE -u URL

getca writes FILE if one certificate came, else FILE-0, FILE-1 … in their
order.  enroll encrypts to the certificate in FILE, and takes no answer that is
signed by another.  Options other than these are refused.
"""
import argparse
import sys

sys.dont_write_bytecode = True

from asn1crypto import csr, pem  # noqa: E402

import ask as a                 # noqa: E402
import certs                    # noqa: E402
import judge                    # noqa: E402
import judge_cert               # noqa: E402
import keys                     # noqa: E402
import web                      # noqa: E402


def write(path, data):
    with open(path, "wb") as out:
        out.write(certs.armour(data))


def getca(opts):
    found = judge_cert.World(*web.fetch(opts.u, "GetCACert")).certs
    for n, cert in enumerate(found):
        write(opts.c if len(found) == 1 else "%s-%d" % (opts.c, n),
              cert.dump())
    return 0


def enroll(opts):
    signer = certs.load(opts.c)
    key = keys.load(opts.k)
    with open(opts.r, "rb") as text:
        request = pem.unarmor(text.read())[2]
    subject = csr.CertificationRequest.load(request)[
        "certification_request_info"]["subject"]
    message = a.Ask(a.PKCS_REQ, request, "S" * 32,
                    certs.self_signed(key, "sha256", subject), key, signer)
    reply, _ = web.fetch(opts.u, "PKIOperation", message.encode(), post=True)
    answer = judge.Answer(reply, message, [signer])
    if answer.status != 0:
        print("pkistatus: %d" % answer.status)
        return 1
    write(opts.l, answer.certs[0])
    return 0


def main():
    parser = argparse.ArgumentParser(prog="sscep", allow_abbrev=False)
    commands = parser.add_subparsers(required=True)
    for run, letters in ((getca, "cu"), (enroll, "ckrlu")):
        command = commands.add_parser(run.__name__)
        command.set_defaults(run=run)
        for letter in letters:
            command.add_argument("-" + letter, required=True)
        if run is getca:
            command.add_argument("-F", choices=["md5", "sha1", "sha256"])
    opts = parser.parse_args()
    return opts.run(opts)


if __name__ == "__main__":
    sys.exit(main())
