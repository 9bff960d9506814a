#!/bin/sh
# 04-certificates - what we issue and answer, judged by openssl and GnuTLS.
. "$(dirname "$0")/lib.sh"

judge() {		# CA-DIRECTORY CERTIFICATE WHAT
	verdict "$3: openssl verify -x509_strict [C-067]" \
	    openssl verify -x509_strict \
	    -purpose sslclient -CAfile "$1/ca.pem" "$2"
	if command -v certtool >/dev/null; then
		verdict "$3: certtool --verify" certtool --verify \
		    --load-ca-certificate "$1/ca.pem" --infile "$2"
	else
		skip "$3: certtool --verify" "certtool is not installed"
	fi
	openssl x509 -in "$2" -noout -text >"$T/text.out" 2>&1
	like "$3: version 3" "$T/text.out" 'Version: 3 \(0x2\)'
	like "$3: not a CA" "$T/text.out" 'CA:FALSE'
	unlike "$3: no CA rights" "$T/text.out" 'CA:TRUE|Certificate Sign'
	like "$3: key usage" "$T/text.out" 'Digital Signature'
	like "$3: clientAuth" "$T/text.out" 'TLS Web Client Authentication'
	unlike "$3: and no other purpose" "$T/text.out" \
	    'TLS Web Server|Code Signing|Any Extended'
	like "$3: subject key identifier" "$T/text.out" \
	    'Subject Key Identifier'
	like "$3: authority key identifier" "$T/text.out" \
	    'Authority Key Identifier'
	_serial=$(openssl x509 -in "$2" -noout -serial | cut -d= -f2)
	same "$3: a serial of 16 octets" "${#_serial}" 32
	same "$3: positive" "$(echo "$_serial" | grep -c '^[0-7]')" 1
	verdict "$3: does not outlive its CA" test \
	    "$(date +%s -d "$(openssl x509 -in "$2" -noout -enddate |
	    cut -d= -f2)")" -le \
	    "$(date +%s -d "$(openssl x509 -in "$1/ca.pem" -noout -enddate |
	    cut -d= -f2)")"
}

one() {			# KEY TYPE OF THE CA
	_port=$(free_port)
	make_ca "$T/$1" "http://127.0.0.1:$_port/scep" --key "$1"
	start_lighttpd "$_port"
	challenge "$T/c" --subject "C=CH, O=Test, CN=device" \
	    --dns a.example --dns b.example
	verdict "$1: enrol [T-79]" bot -C "$T/c" -s /C=CH/O=Test/CN=device \
	    -d a.example -d b.example -o "$T/$1.pem" -S "$T/$1.rep" "$URL"
	judge "$T/$1" "$T/$1.pem" "$1"
	openssl x509 -in "$T/$1.pem" -noout -ext subjectAltName >"$T/san.out"
	like "$1: both names" "$T/san.out" 'DNS:a\.example, DNS:b\.example'
	same "$1: the subject as asked for [C-168]" \
	    "$(openssl x509 -in "$T/$1.pem" -noout -subject -nameopt RFC2253)" \
	    "subject=CN=device,O=Test,C=CH"
	verdict "$1: openssl cms -verify takes our CertRep" openssl cms \
	    -verify -inform DER -in "$T/$1.rep" -CAfile "$T/$1/ca.pem" \
	    -certfile "$T/$1/ra.pem" -purpose any -binary -out "$T/$1.env"
	verdict "$1: an EnvelopedData is inside" sh -c \
	    "openssl asn1parse -inform DER -in '$T/$1.env' |
	    grep -q pkcs7-envelopedData"
	_serial=$(openssl x509 -in "$T/$1.pem" -noout -serial | cut -d= -f2)
	adm cert export "$_serial" >"$T/export.pem" 2>/dev/null
	same "$1: cert export gives the same" \
	    "$(openssl x509 -in "$T/export.pem" -noout -fingerprint 2>&1)" \
	    "$(openssl x509 -in "$T/$1.pem" -noout -fingerprint)"
	adm cert export "$_serial" --chain >"$T/chain.pem" 2>/dev/null
	same "$1: cert export --chain adds the CA" \
	    "$(grep -c BEGIN "$T/chain.pem")" 2
	adm cert export "$_serial" --der >"$T/export.der" 2>/dev/null
	verdict "$1: cert export --der" openssl x509 -inform DER \
	    -in "$T/export.der" -noout
	stop "$SERVER"
}

for key in rsa:2048 rsa:3072 ec:p256 ec:p384; do
	one "$key"
done

# The client's own algorithms come back.
port=$(free_port)
make_ca "$T/ca" "http://127.0.0.1:$port/scep"
start_lighttpd "$port"
for pair in aes-128-cbc/sha256 aes-192-cbc/sha384 aes-256-cbc/sha512; do
	challenge "$T/c"
	bot -E "${pair%/*}" -D "${pair#*/}" -C "$T/c" \
	    -s "/CN=${pair%/*}" "$URL" >"$T/bot.out" 2>&1
	like "answered in $pair [C-175 I-020 I-021]" "$T/bot.out" \
	    "granted [0-9A-F]+ $(echo "${pair%/*}" | tr a-z A-Z) $(echo \
	    "${pair#*/}" | tr a-z A-Z)"
done
for pair in des-ede3-cbc/sha256 aes-128-cbc/sha1; do
	challenge "$T/c"
	status 1 "$pair is refused where no profile says so" bot \
	    -E "${pair%/*}" -D "${pair#*/}" -C "$T/c" "$URL"
	like "with badAlg: $pair [C-221]" "$T/status.out" '^0 refused 0'
	verdict "and the challenge was not used: $pair" bot -C "$T/c" "$URL"
done
challenge "$T/c"
status 1 "a key of 1024 bits is refused [C-221 T-96]" \
    bot -b 1024 -C "$T/c" "$URL"
verdict "the next one of 4096 is not" bot -b 4096 -C "$T/c" "$URL"
for type in 17 21 99; do
	challenge "$T/c"
	status 1 "messageType $type gets a signed refusal [C-011 C-109]" \
	    bot -T "$type" \
	    -C "$T/c" "$URL"
done
finish
