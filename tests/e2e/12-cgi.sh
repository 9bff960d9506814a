#!/bin/sh
# 12-cgi - plain CGI on shared hosting: Apache with .htaccess, and lighttpd,
# each with its file in examples/, everything below one directory of a user
# who is not root.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/e2e/clients.sh"
. "$ROOT/tests/e2e/strongswan.sh"
. "$ROOT/tests/e2e/servers.sh"

code() { curl -s -o "$T/body" -D "$T/head" -w '%{http_code}' -m 30 "$@"; }

# Everything of the user's: program, configuration, state, web pages.
HOME_DIR=$T/home
mkdir -p "$HOME_DIR/scep/empty" "$HOME_DIR/www/scep"
port=$(free_port)
make_ca "$HOME_DIR/scep" "http://127.0.0.1:$port/scep"
cp "$FCGI" "$HOME_DIR/scep/scep.fcgi"
cp "$FCGI" "$HOME_DIR/www/scep/scep.fcgi"
theirs() { ! www || chown -R www-data:www-data "$HOME_DIR"; }

home_of() { sed -e "s,/home/USER,$HOME_DIR,g" "$ROOT/examples/$1"; }

# The provider's Apache.
start_apache_cgi() {	# PORT
	home_of apache-cgi.htaccess >"$HOME_DIR/www/scep/.htaccess"
	echo secret >"$HOME_DIR/www/scep/notes"
	mkdir -p "$HOME_DIR/www/scep/sub"
	echo secret >"$HOME_DIR/www/scep/sub/scep.fcgi.txt"
	theirs
	: >"$T/error.log"
	{
		for _module in mpm_event authz_core alias dir env rewrite \
		    cgid; do
			echo "LoadModule ${_module}_module" \
			    "/usr/lib/apache2/modules/mod_$_module.so"
		done
		! www || printf 'User www-data\nGroup www-data\n'
		cat <<CONFIG
Listen 127.0.0.1:$1
ServerName localhost
DocumentRoot $HOME_DIR/www
PidFile $T/apache-cgi.pid
DefaultRuntimeDir $T/run
ScriptSock $T/run/cgid
ErrorLog $T/error.log
LimitRequestLine 32768
<Directory />
	Require all denied
	AllowOverride None
</Directory>
<Directory $HOME_DIR/www>
	Require all granted
	AllowOverride All
	Options FollowSymLinks
</Directory>
CONFIG
	} >"$T/apache-cgi.conf"
	apache2 -D FOREGROUND -f "$T/apache-cgi.conf" >>"$T/apache.log" 2>&1 &
	SERVER=$!
	own "$SERVER"
	URL=http://127.0.0.1:$1/scep
	LOG=$T/error.log
	answers "Apache with CGI"
}

# lighttpd of the user's own: it is not root either.
start_lighttpd_cgi() {	# PORT
	home_of lighttpd-cgi.conf | sed "s,^server.port .*,server.port = $1\nserver.bind = \"127.0.0.1\"," >"$HOME_DIR/scep/lighttpd-cgi.conf"
	theirs
	if www; then
		set -- setpriv --reuid www-data --regid www-data --clear-groups
	else
		set --
	fi
	"$@" lighttpd -D -f "$HOME_DIR/scep/lighttpd-cgi.conf" \
	    >>"$T/lighttpd.log" 2>&1 &
	SERVER=$!
	own "$SERVER"
	LOG=$HOME_DIR/scep/scep.log
	answers "lighttpd with CGI"
}

urls() {		# SERVER
	s=$1
	same "$s: GetCACaps, no redirection" \
	    "$(code "$URL?operation=GetCACaps")" 200
	same "$s: GetCACert" "$(code "$URL?operation=GetCACert")" 200
	_were=$(log_lines 'op=GetCACaps profile=default')
	same "$s: pkiclient.exe" \
	    "$(code "$URL/pkiclient.exe?operation=GetCACaps")" 200
	logs_more "$s: is the default profile" "$_were" \
	    'op=GetCACaps profile=default'
	_were=$(log_lines 'op=GetCACaps profile=manual')
	same "$s: another profile" \
	    "$(code "$URL/manual/pkiclient.exe?operation=GetCACaps")" 200
	logs_more "$s: the log says so" "$_were" 'op=GetCACaps profile=manual'
	same "$s: an unknown profile is 404" \
	    "$(code "$URL/nobody?operation=GetCACaps")" 404
	same "$s: %0A in a query [T-60]" \
	    "$(code "$URL?operation=GetCACert&message=x%0ay")" 200
	# More than is read: the answer arrives all the same.
	head -c 300000 /dev/zero >"$T/big"
	same "$s: 300 kB is 413, ten times" "$(for _i in 1 2 3 4 5 6 7 8 9 10
	do
		code --data-binary "@$T/big" "$URL?operation=PKIOperation"
	done)" 413413413413413413413413413413
	head -c 600000 /dev/zero >"$T/big"
	same "$s: 600 kB is 413" "$(code --data-binary "@$T/big" \
	    "$URL?operation=PKIOperation")" 413
	same "$s: an empty POST is 400" "$(code -X POST -d '' \
	    "$URL?operation=PKIOperation")" 400
}

# lighttpd sends SIGTERM as soon as it has the answer.
lines() {		# SERVER
	for _i in 1 2 3 4 5 6 7 8 9 10; do
		curl -s -o /dev/null "$URL/manual?operation=GetCACaps&n=$_i"
	done
	verdict "$1: each of ten requests has its line" until_true 20 sh -c \
	    "[ \$(grep -c 'op=GetCACaps profile=manual' '$LOG') -eq 10 ]"
}

# one NAME BOT-OPTIONS…
one() {
	challenge "$T/c" --cn "$1"
	_cn=$1
	shift
	bot -C "$T/c" -s "/CN=$_cn" "$@" "$URL"
}

at_once() {		# SERVER
	challenge "$T/many" --count 20
	bot -n 20 -j 20 -t random -C "$T/many" -s "/CN=$1-%d" "$URL" \
	    >"$T/many.out" 2>&1
	same "$1: 20 at once are granted" \
	    "$(grep -c ' granted ' "$T/many.out")" 20
	same "$1: with 20 serials" "$(sed -n 's/.* granted \([0-9A-F]*\) .*/\1/p' \
	    "$T/many.out" | sort -u | wc -l)" 20
	same "$1: that the CA knows" "$(adm cert list --json |
	    jq -r '.[].serial | ascii_upcase' | sort >"$T/known"
	    sed -n 's/.* granted \([0-9A-F]*\) .*/\1/p' "$T/many.out" | sort |
	    comm -23 - "$T/known" | wc -l)" 0
}

waits() {		# SERVER
	status 3 "$1: a manual profile makes it wait" bot -s "/CN=wait-$1" \
	    -k "$T/$1.key" "$URL/manual"
	status 3 "$1: a poll finds it waiting" bot -s "/CN=wait-$1" -P \
	    -k "$T/$1.key" "$URL/manual"
	approve "wait-$1"
	verdict "$1: a poll finds the certificate" bot -s "/CN=wait-$1" -P \
	    -k "$T/$1.key" "$URL/manual"
}

# A FastCGI instance begins while CGI serves, and owns the state; it ends, and
# CGI goes on.
with_owner() {		# SERVER
	bot -n 30 -j 2 -K -t random -C "$T/more" -w 60 -s "/CN=own-$1-%d" \
	    "$URL" >"$T/more.out" 2>&1 &
	load=$!
	own "$load"
	sed "s,^\[server\],&\nlisten = unix:$T/run/own.sock," "$CONF" \
	    >"$HOME_DIR/scep/own.conf"
	theirs
	"$FCGI" -c "$HOME_DIR/scep/own.conf" >>"$T/scep.log" 2>&1 &
	SUPERVISOR=$!
	own "$SUPERVISOR"
	verdict "$1: a FastCGI instance starts meanwhile" until_true 30 \
	    grep -q 'level=info msg="*ready' "$T/scep.log"
	wait "$load"
	same "$1: each of 30 devices is granted" \
	    "$(grep -c ' granted ' "$T/more.out")" 30
	verdict "$1: CGI asks the owner" one "owned-$1"
	verdict "$1: several at once too" bot -n 8 -j 8 -K -t random \
	    -C "$T/more2" -s "/CN=owned-$1-%d" "$URL"
	stop "$SUPERVISOR"
	: >"$T/scep.log"
	verdict "$1: and is the owner again when that has ended" one "alone-$1"
}

broken() {		# SERVER
	mv "$HOME_DIR/scep/state/ca.key" "$HOME_DIR/scep/state/ca.key.away"
	challenge_url=$URL?operation=GetCACaps
	same "$1: without a key it is 503" "$(code "$challenge_url")" 503
	like "$1: with Retry-After" "$T/head" '^Retry-After: [0-9]'
	unlike "$1: the device is not told why" "$T/body" '/|key|state|conf'
	logged "$1: the log is" 'ca\.key'
	mv "$HOME_DIR/scep/state/ca.key.away" "$HOME_DIR/scep/state/ca.key"
	cp -p "$CONF" "$T/good.conf"
	echo 'frobnicate = yes' >>"$CONF"
	same "$1: a broken configuration is 503" "$(code "$challenge_url")" 503
	unlike "$1: the device is not told why" "$T/body" '/|frob|conf'
	head -c 200000 /dev/zero >"$T/big"
	same "$1: for a POST, whose body is not read, too" "$(code \
	    --data-binary "@$T/big" "$URL?operation=PKIOperation")" 503
	logged "$1: the log is" 'frobnicate'
	cp -p "$T/good.conf" "$CONF"
	same "$1: mended, it is 200" "$(code "$challenge_url")" 200
}

everything() {		# SERVER
	lines "$1"
	urls "$1"
	verdict "$1: enrols by POST" one "post-$1"
	verdict "$1: by GET" one "get-$1" -g
	verdict "$1: by GET with a long key" one "long-$1" -g -b 4096
	verdict "$1: by POST in chunks [I-004 T-64]" one "chunks-$1" -c
	at_once "$1"
	waits "$1"
	challenge "$T/more" --count 30
	challenge "$T/more2" --count 8
	with_owner "$1"
	broken "$1"
	same "$1: nothing is root's" "$(! www || find "$HOME_DIR/scep/state" \
	    ! -user www-data | wc -l)" "$(! www || echo 0)"
}

mkdir -p "$T/run"
! www || chown www-data "$T/run"
start_apache_cgi "$port"
everything Apache
for page in notes .htaccess sub/scep.fcgi.txt sub/; do
	code "$URL/$page" >/dev/null
	unlike "Apache: $page is not for the public" "$T/body" 'secret|SCEP_CONF'
done
stop "$SERVER"

start_lighttpd_cgi "$port"
everything lighttpd
same "lighttpd: /scepx is not ours" \
    "$(code "${URL}x?operation=GetCACaps")" 404
swan_enrols
swan_waits
finish
