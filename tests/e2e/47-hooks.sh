#!/bin/sh
# 47-hooks - who is asked by HTTPS: certificates that are right and wrong, and
# TLS that is too old.  What programs and plain servers do is in unit/t_hook_*.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/e2e/tls.sh"
CALL=$BIN/hookcall
[ -x "$CALL" ] || { not_ok "$CALL is not built (make programs)"; exit 1; }

# ---- authorities and certificates ----

authority good
authority other
certificate right good DNS:localhost,IP:127.0.0.1
certificate name good DNS:mdm.example
certificate foreign other DNS:localhost,IP:127.0.0.1
# It ended yesterday.
openssl x509 -req -in "$T/right.csr" -CA "$T/good.pem" -CAkey "$T/good.key" \
    -CAcreateserial -extfile "$T/right.ext" -days -1 -out "$T/over.pem" \
    2>/dev/null
cp "$T/right.key" "$T/over.key"

# serve NAME [HOW]: PORT is where.
serve() {
	_log=$T/serve-$1$2.log
	/usr/bin/python3 -W ignore "$ROOT/tests/hook-server.py" \
	    "$T/$1.pem" "$T/$1.key" $2 >"$_log" 2>&1 &
	own $!
	until_true 20 grep -q '^[0-9]' "$_log" || {
		not_ok "hook-server.py $1 $2 starts"
		exit 1
	}
	PORT=$(grep -m 1 "^[0-9]" "$_log")
}

# call [OPTIONS] TARGET: the answer and the reason into files.
call() {
	printf '{"q":1}' | "$CALL" -t 60000 "$@" >"$T/answer" 2>"$T/why"
}

# answers TEXT [OPTIONS] TARGET
answers() {
	_what=$1
	shift
	if call "$@" && [ "$(cat "$T/answer")" = '{"q":1}' ]; then
		ok "$_what"
	else
		not_ok "$_what: $(cat "$T/why")"
	fi
}

# refused TEXT PATTERN [OPTIONS] TARGET: it must be trouble, and be told.
refused() {
	_what=$1
	_pattern=$2
	shift 2
	call "$@"
	_status=$?
	if [ "$_status" -eq 75 ] && [ ! -s "$T/answer" ] &&
	    grep -q -E -e "$_pattern" "$T/why"; then
		ok "$_what"
	else
		not_ok "$_what: exit $_status, $(cat "$T/why")"
	fi
}

# ---- who is believed ----

serve right
RIGHT=$PORT
answers "a server with the right certificate is asked" -C "$T/good.pem" \
    "https://localhost:$RIGHT/ask"
answers "… by its address, which is in the certificate too" \
    -C "$T/good.pem" "https://127.0.0.1:$RIGHT/ask"
refused "the system's authorities do not know it" "certificate" \
    "https://localhost:$RIGHT/ask"
refused "another authority than its own does not do" "certificate" \
    -C "$T/other.pem" "https://localhost:$RIGHT/ask"
refused "without the file of authorities nobody is asked" \
    "nowhere.pem" -C "$T/nowhere.pem" "https://localhost:$RIGHT/ask"
refused "a redirect is not followed" "redirect" -C "$T/good.pem" \
    "https://localhost:$RIGHT/away"
unlike "… and not even tried" "$T/serve-right.log" "request /here"
before=$(grep -c '^connection' "$T/serve-right.log")
answers "nine questions, one after the other" -C "$T/good.pem" -n 9 \
    "https://localhost:$RIGHT/ask"
same "… go over one connection" \
    "$(($(grep -c '^connection' "$T/serve-right.log") - before))" 1

serve name
refused "a certificate for another name does not do" \
    "(name|subject).*(match|localhost)" -C "$T/good.pem" \
    "https://localhost:$PORT/ask"
serve foreign
refused "a certificate from another authority does not do" "certificate" \
    -C "$T/good.pem" "https://localhost:$PORT/ask"
answers "… the control: where that is the authority, it does" \
    -C "$T/other.pem" "https://localhost:$PORT/ask"
serve over
refused "a certificate that has expired does not do" "expired" \
    -C "$T/good.pem" "https://localhost:$PORT/ask"

# ---- what is spoken ----

serve right tls1.2
answers "TLS 1.2 will do" -C "$T/good.pem" "https://localhost:$PORT/ask"
serve right tls1.1
refused "TLS 1.1 does not" "SSL|TLS|protocol" -C "$T/good.pem" \
    "https://localhost:$PORT/ask"
# The server is one that could: who takes TLS 1.1 gets an answer.
verdict "… the control: it speaks that" curl -s -m 60 --tls-max 1.1 \
    --ciphers 'ALL:@SECLEVEL=0' --cacert "$T/good.pem" -d '{}' \
    "https://localhost:$PORT/ask"
serve right silent
refused "a handshake that never ends ends in time" "time" -t 400 \
    -C "$T/good.pem" "https://localhost:$PORT/ask"

# ---- kernels that are older ----

printf '#!/bin/sh\ncat\nsleep 0.1\n' >"$T/ask"
printf '#!/bin/sh\ncat\nexit 3\n' >"$T/no"
chmod 755 "$T/ask" "$T/no"
answers "a program is asked" "exec:$T/ask"
if [ -z "${BIN##*asan*}" ] || [ -z "${BIN##*tsan*}" ]; then
	skip "… without pidfd_open and close_range" "a sanitizer's build"
elif ! command -v strace >/dev/null; then
	skip "… without pidfd_open and close_range" "strace is not installed"
else
	printf '{"q":1}' | strace -f -qq -o "$T/strace.out" \
	    -e trace=pidfd_open,close_range \
	    -e inject=pidfd_open,close_range:error=ENOSYS \
	    "$CALL" "exec:$T/ask" >"$T/answer" 2>"$T/why"
	same "… without pidfd_open and close_range too" \
	    "$(cat "$T/answer" "$T/why")" '{"q":1}'
	same "… which were not there" \
	    "$(grep -c 'ENOSYS.*INJECTED' "$T/strace.out")" 2
fi
refused "one that fails is no answer" "exit status 3" "exec:$T/no"

# ---- libcurl ----

if [ -z "${BIN##*asan*}" ] || [ -z "${BIN##*tsan*}" ]; then
	skip "no library is loaded before it is needed" "a sanitizer's build"
else
	ldd "$FCGI" >"$T/ldd.out" 2>&1
	unlike "a server starts without libcurl" "$T/ldd.out" "curl"
	mkdir "$T/lib"
	echo "no library" >"$T/lib/libcurl.so.4"
	printf '{"q":1}' | LD_LIBRARY_PATH=$T/lib "$CALL" -C "$T/good.pem" \
	    "https://localhost:$RIGHT/ask" >"$T/answer" 2>"$T/why"
	same "without libcurl nobody is asked by HTTP" "$?" 75
	like "… and it is said what to install" "$T/why" "install libcurl4"
	answers "… the control: with it" -C "$T/good.pem" \
	    "https://localhost:$RIGHT/ask"
fi

finish
