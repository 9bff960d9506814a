#!/bin/sh
# 08-quickstart - examples/quickstart as somebody new would run it, in a copy.
. "$(dirname "$0")/lib.sh"

mkdir "$T/copy"
(cd "$ROOT" && tar cf - --exclude=./.git --exclude='./tests/tmp' \
    --exclude=./demo --exclude='./build-*' .) | tar xf - -C "$T/copy"
cd "$T/copy" || exit 1
chmod 755 "$T/copy"

# At once: quickstart has waited for it.
there() {		# PORT
	[ "$(curl -s -o /dev/null -w '%{http_code}' -m 60 \
	    "http://127.0.0.1:$1/scep?operation=GetCACaps")" = 200 ]
}

# Nobody listens there: curl's 7.
refuses() {		# PORT
	curl -s -o /dev/null -m 60 "http://127.0.0.1:$1/scep"
	[ $? -eq 7 ]
}

try() {			# TEXT [OPTIONS]
	text=$1
	shift
	begin=$(date +%s)
	port=$(free_port)
	if PORT=$port timeout 240 sh examples/quickstart "$@" \
	    >"$T/quick.log" 2>&1 </dev/null; then
		ok "$text ($(($(date +%s) - begin)) s)"
	else
		not_ok "$text: exit $?"
		tail -n 30 "$T/quick.log" | sed 's/^/# /'
		return 1
	fi
	like "$text: the subject" "$T/quick.log" 'CN ?= ?'
	like "$text: the serial" "$T/quick.log" 'serial'
	like "$text: the fingerprint" "$T/quick.log" \
	    '([0-9A-F]{2}:){31}[0-9A-F]{2}'
	like "$text: the chain check" "$T/quick.log" ': OK'
	verdict "$text: the server is there" there "$port"
	verdict "$text: scepadm reaches it" ./scepadm -c demo/scep.conf \
	    cert list
}

# What it prints to try next must work.
next_commands() {
	sed -n 's/^    \(.*scepadm.*\)$/\1/p' "$T/quick.log" |
	    grep -v -E '[A-Z]{2,}|request (show|approve)' >"$T/next"
	while read -r line; do
		verdict "it works: $line" sh -c "$line"
	done <"$T/next"
}

by_hand() {
	verdict "demo/enrol enrols another" sh demo/enrol printer-7
	sed -n "/^    pki --scep/,/&\$/p" "$T/quick.log" >"$T/ask"
	sh -c ". '$T/ask'; wait" >"$T/ask.log" 2>&1 &
	asking=$!
	own "$asking"
	until_true 30 sh -c "[ \$(./scepadm -c demo/scep.conf request list \
	    --json | jq length) -eq 1 ]"
	id=$(./scepadm -c demo/scep.conf request list --json |
	    jq -r ".[0].id")
	verdict "a request is approved by hand" ./scepadm \
	    -c demo/scep.conf request approve "$id"
	until_true 60 gone_or_zombie "$asking"
	verdict "and its certificate arrives" openssl verify \
	    -CAfile demo/ca.pem demo/by-hand.pem
}

try "quickstart with lighttpd"
next_commands
by_hand
first=$port
try "a second run"
same "the first server is gone" \
    "$(refuses "$first" && echo gone)" gone
try "quickstart --nginx" --nginx
last=$port
verdict "quickstart stop" sh examples/quickstart stop
same "nothing answers any more" \
    "$(refuses "$last" && echo gone)" gone
# scep.fcgi ends after the web server that has started it.
none_left() { [ "$(ps -eo args= | grep -c "[/]copy/.*demo")" -eq 0 ]; }
verdict "no process is left" until_true 30 none_left
verdict "stopping twice is no mistake" sh examples/quickstart stop
cd "$T" || exit 1
finish
