# helpers.sh - what the cases break things with.  They run in the copy.

# edit SED: scep.conf.
edit() { sed -i -e "$1" scep.conf; }

# below REGEX LINE: a new line behind the first one that matches.
below() {
	_n=$(grep -n -m 1 -e "$1" scep.conf | cut -d: -f1)
	printf '%s\n' "$2" >.new
	sed -i -e "${_n}r .new" scep.conf
	rm .new
}

# other FILE OFFSET: another octet than the one that is there.
other() {
	case $(od -An -c -j "$2" -N 1 "$1") in
	*X*) printf Y ;;
	*) printf X ;;
	esac | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

# new_key FILE [BITS]
new_key() {
	rm -f "$1"
	(umask 077; openssl genpkey -algorithm RSA \
	    -pkeyopt "rsa_keygen_bits:${2:-2048}" -out "$1" 2>/dev/null)
}

# new_ca FILE KEY DAYS EXTENSION...: self-signed.
new_ca() {
	_file=$1 _key=$2 _days=$3
	shift 3
	printf '%s\n' "$@" >.ext
	openssl req -new -key "$_key" -subj "/CN=Test CA" -out .csr
	openssl x509 -req -in .csr -signkey "$_key" -days "$_days" \
	    -extfile .ext -out "$_file" 2>/dev/null
	rm .ext .csr
}

# new_ra FILE KEY CA-CERT CA-KEY EXTENSION...
new_ra() {
	_file=$1 _key=$2 _ca=$3 _ca_key=$4
	shift 4
	printf '%s\n' "$@" >.ext
	openssl req -new -key "$_key" -subj "/CN=Test RA" -out .csr
	openssl x509 -req -in .csr -CA "$_ca" -CAkey "$_ca_key" -days "${DAYS:-90}" \
	    -set_serial 7 -extfile .ext -out "$_file" 2>/dev/null
	rm .ext .csr
}

CA_BASIC=basicConstraints=critical,CA:TRUE
CA_USAGE=keyUsage=critical,digitalSignature,keyCertSign,cRLSign
RA_USAGE=keyUsage=critical,digitalSignature,keyEncipherment
