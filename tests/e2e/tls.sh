# tls.sh - authorities and certificates of servers, for scripts that ask by
# HTTPS.  Source it after lib.sh.

# authority NAME: into $T/NAME.pem and NAME.key.
authority() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -keyout "$T/$1.key" -out "$T/$1.pem" -subj "/CN=Authority $1" \
	    -days 2 -addext basicConstraints=critical,CA:TRUE \
	    -addext keyUsage=critical,keyCertSign 2>/dev/null
}

# certificate NAME AUTHORITY SAN [X509-OPTIONS]: likewise.
certificate() {
	_name=$1
	_by=$2
	_san=$3
	shift 3
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -keyout "$T/$_name.key" -out "$T/$_name.csr" \
	    -subj "/CN=localhost" 2>/dev/null
	printf 'subjectAltName=%s\n' "$_san" >"$T/$_name.ext"
	openssl x509 -req -in "$T/$_name.csr" -CA "$T/$_by.pem" \
	    -CAkey "$T/$_by.key" -CAcreateserial -extfile "$T/$_name.ext" \
	    -days 2 -out "$T/$_name.pem" "$@" 2>/dev/null
}
