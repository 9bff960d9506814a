# values.sh - a value of scep.conf that is out of its range, or of no kind.

# value TEXT KEY VALUE PATTERN: below [server], or in the first section that
# has the key.
value() {
	broken -l - "$1" 78 "scep\\.conf:LINE: $2: $4" <<.
if grep -q '^$2 = ' scep.conf
then edit '0,/^$2 = .*/s~~$2 = $3~'
else below '^\\[${5:-server}' '$2 = $3'
fi
.
}

value 'a number out of range' backlog 0 '.*between 1 and 65535'
value 'a number that is none' workers many '.*512'
value 'a negative number' workers -1 '.*512'
value 'a size with a wrong unit' max_request 256q '.*256k.*256q'
value 'a size that is too small' cache 10 '.*8m.*10'
value 'a duration of nothing' request_timeout 0s '.*0s'
value 'a duration with a wrong unit' validity '1 month' '.*1 month'
value 'a validity of a hundred years' validity 100y '.*100y'
value 'an unknown word' sandbox loose '.*strict, best-effort'
value 'an unknown way to authorise' authorise everybody \
    '.*challenge, manual'
value 'a mode that executes' socket_mode 0777 '.*0660.*0777'
value 'a mode that is no number' socket_mode rw-rw---- '.*0660'
value 'an address without a port' listen 127.0.0.1 '.*127\.0\.0\.1:9000'
value 'a name instead of an address' listen localhost:9000 \
    '.*numeric address.*localhost'
value 'a port that is none' listen 127.0.0.1:99999 '.*99999'
value 'a socket without a path' listen unix: '.*path'
value 'a path that is too long for a socket' listen \
    "unix:/$(head -c 120 /dev/zero | tr '\0' x)" '.*107'
value 'a URL with a slash at the end' url http://x/scep/ '.*slash.*x/scep/'
value 'a URL of another kind' url ftp://x/scep '.*http.*ftp'
value 'small RSA keys' rsa_bits 1024-2048 '.*2048-4096.*1024'
value 'one number for a range' rsa_bits 2048 '.*2048-4096'
value 'a key on an old curve' key_types p224 '.*rsa, p256' 'profile default'
value 'a broken digest' digests md5 '.*legacy = md5' 'profile default'
value 'a broken cipher' ciphers des '.*legacy = des' 'profile default'
value 'an old digest in its old place' digests 'sha1 sha256' \
    '.*legacy = sha1' 'profile default'
value 'an unknown word for old things' legacy rc4 \
    '.*rc4.*none, sha1, 3des, des, md5' 'profile default'
value 'a capability that is none' caps_hide sha-1 '.*sha-1.*none, AES' \
    'profile default'
value 'certificates to show that are no choice' getcacert root \
    '.*root.*leaf, chain, chain\+root' 'profile default'
value 'certificates to send that are no choice' certrep all \
    '.*all.*leaf, ca, chain' 'profile default'
value 'SHA-1 for certificates' digest sha1 '.*SHA-1' 'ca main'
value 'an attribute type that is none' subject_allow 'CN FOO' '.*FOO.*CN'
value 'a type that is required and not allowed' subject_require 'CN L' \
    '.*L .*subject_allow'
value 'an unknown type of alternative name' san_allow 'DNS RID' \
    '.*RID.*DNS, email'
value 'UPNs without a pattern' san_allow UPN '.*san_pattern\.UPN'
value 'a pattern for a type that is not allowed' san_pattern.email \
    '*@example.org' '.*san_allow' 'profile default'
value 'a pattern for an attribute that is not allowed' subject_pattern.L \
    Bern '.*subject_allow' 'profile default'
broken 'wildcards without DNS' 78 \
    'scep\.conf:[0-9]+: san_wildcard: .*san_allow = DNS' <<'.'
edit '0,/^san_allow = DNS/s//san_allow = email/'
below '^san_allow' 'san_wildcard = yes'
.
value 'a challenge hash that is none' challenge_hash secret \
    '.*scepadm challenge hash' 'profile default'
value 'a renewal window longer than the validity' renew_from 366d \
    '.*validity' 'profile default'
value 'a part of a life that is more than all of it' renew_from 3/2 \
    '.*1/2 or 2/3' 'profile default'
value 'renewals perhaps' renew maybe '.*yes, no' 'profile default'
value 'an unknown key to renew to' renew_key old '.*any, new, same' \
    'profile default'
value 'unknown names to renew to' renew_names new '.*same, any' \
    'profile default'
value 'a grace of a minute' renew_grace 1m '.*1h to 1y' 'profile default'
value 'renewals from a profile that is none' renew_from_profiles gone \
    '.*no \[profile gone\]' 'profile default'
value 'certificates for nobody in particular' getcert all '.*own, any, no' \
    'profile default'
value 'CRLs perhaps' getcrl maybe '.*yes, no' 'profile default'
value 'a CRL perhaps' crl perhaps '.*yes, no' 'ca main'
value 'a CRL for some seconds' crl_validity 59s '.*1m to' 'ca main'
value 'a CRL that is late from its beginning' crl_overlap 8d \
    '.*less than crl_validity, which is 7d' 'ca main'
value 'a client that nobody knows' client android \
    '.*apple, windows.*micromdm' 'profile default'
value 'a client that is nearly known' client cisco_ios \
    '.*did you mean cisco-ios' 'profile default'
value 'a name that is none' default_profile 'a b' '.*name.*a b'

# Extensions.
value 'an unknown extension' 1.2.3 frob '.*DER: or ASN1:' 'extensions client'
value 'an extension by a name that is none' frob critical,x \
    '.*OID' 'extensions client'
value 'CA:TRUE' basicConstraints critical,CA:TRUE '.*CA' 'extensions client'
value 'an unknown word in keyUsage' keyUsage 'critical, digitalSig' \
    '.*digitalSig' 
value 'keyCertSign' keyUsage 'critical, keyCertSign' '.*keyCertSign'
value 'keyUsage that is not critical' keyUsage digitalSignature \
    '.*keyUsage = critical'
value 'an unknown purpose' extendedKeyUsage clientOath '.*clientOath'
value 'any purpose' extendedKeyUsage anyExtendedKeyUsage '.*purpose'
value 'an extension that the server makes' subjectAltName DNS:x \
    '.*server' 'extensions client'
value 'a section named with @' crlDistributionPoints @crl '.*@' \
    'extensions client'
value 'a word that is nearly %GENERATION%' crlDistributionPoints \
    'URI:http://x/main.%GENERATON%.crl' '.*write that, in capitals' \
    'extensions client'
value 'DER that is none' 1.2.3.4 DER:3003 '.*DER' 'extensions client'
