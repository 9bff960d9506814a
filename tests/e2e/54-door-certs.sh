#!/bin/sh
# 54-door-certs - scep-admin.fcgi by TLS: the client's certificate says who it
# is, behind nginx and lighttpd as examples/ have it, and behind Apache; and one
# that the web server could not verify says nothing.  Then plain CGI, for what a
# web server may leave out.
. "$(dirname "$0")/lib.sh"

DOORS=$BIN/scep-admin.fcgi
LOG=$T/admin.log
NDES=/certsrv/mscep_admin/
DN="CN=mdm,O=Example"
MODULES=/usr/lib/apache2/modules

# authority NAME: a CA that is none of SCEP's.
authority() {
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$1" \
	    -keyout "$T/$1.key" -out "$T/$1.pem" 2>/dev/null
}

# client NAME SUBJECT CA [DAYS]: a certificate for who knocks.
client() {
	openssl req -newkey rsa:2048 -nodes -subj "$2" -keyout "$T/$1.key" \
	    -out "$T/$1.csr" 2>/dev/null
	openssl x509 -req -in "$T/$1.csr" -CA "$T/$3.pem" -CAkey "$T/$3.key" \
	    -days "${4:-2}" -out "$T/$1.pem" 2>/dev/null
}

# ask PATH [CURL-OPTIONS]: body into a file; the status.
ask() {
	_path=$1
	shift
	curl -s -m 60 --cacert "$T/web.pem" -o "$T/body" -w '%{http_code}' \
	    "$@" "https://localhost:$PORT$_path"
}
as() { ask $NDES --cert "$T/$1.pem" --key "$T/$1.key"; }

# What is the same behind each web server, but for what it says itself to a
# certificate that has expired: a status, 000 to break the connection off.
play() {		# SERVER EXPIRED
	same "$1: the page, for a certificate that was verified" \
	    "$(as mdm)" 200
	like "$1: has a challenge" "$T/body" 'password is: <B> [2-9a-z-]{37} '
	same "$1: for one of another name" "$(as other)" 200
	like "$1: it says no" "$T/body" 'sufficient permission'
	same "$1: one of that name from elsewhere is nobody's" \
	    "$(as false)" 401
	same "$1: nor is one that nobody has signed" "$(as own)" 401
	unlike "$1: they get no challenge" "$T/body" 'password is'
	rm -f "$T/body"
	same "$1: nor is one that has expired" "$(as old)" "$2"
	verdict "$1: it gets none either" eval \
	    '! grep -q "password is" "$T/body" 2>/dev/null'
	same "$1: no certificate" "$(ask $NDES)" 401
	same "$1: what a client says in headers is no certificate" \
	    "$(ask $NDES -H "SSL-Client-S-DN: $DN" \
	    -H 'SSL-Client-Verify: SUCCESS' -H "Remote-User: $DN")" 401
}

start_doors() {
	"$DOORS" -c "$CONF" >>"$LOG" 2>&1 &
	ADMIN=$!
	own "$ADMIN"
	until_true 30 test -S "$T/admin.sock"
	chmod 666 "$T/admin.sock"
}

web_answers() { [ "$(ask /nothing)" = 404 ]; }

make_ca "$T/ca" http://127.0.0.1/scep
sed -i "s,^\[server\],&\nlisten = unix:$T/scep.sock\ndoor_listen = unix:$T/admin.sock\ndoor_user = SSL_CLIENT_S_DN," \
    "$CONF"
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost -keyout "$T/web.key" \
    -out "$T/web.pem" 2>/dev/null
authority people
authority elsewhere
client mdm /O=Example/CN=mdm people
client other /O=Example/CN=other people
client false /O=Example/CN=mdm elsewhere
client old /O=Example/CN=mdm people -1
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /O=Example/CN=mdm \
    -keyout "$T/own.key" -out "$T/own.pem" 2>/dev/null
start_fcgi
until_true 30 test -S "$T/scep.sock"
verdict "a record for the name in a certificate" adm apikey add --user "$DN" \
    --name mdm --may challenge:add --rate 1000/s
# That needs no owner of the state, and who knocks before there is one gets 503.
verdict "the state has an owner" until_true 30 adm limits list
start_doors

# ---- nginx: the location of the example, changed as its comment says ----

PORT=$(free_port)
sed -e "s,/run/scep/admin\.sock,$T/admin.sock," \
    -e '/^[[:space:]]*auth_basic/d; /REMOTE_USER/d' \
    -e '/^[^#]*location ~/,/^}/s,client_max_body_size.*,&\nFROM_COMMENT,' \
    "$ROOT/examples/nginx-admin.conf" >"$T/doors.conf"
sed -n 's/^#\(.*fastcgi_param SSL_CLIENT_.*\)/\1/p' "$T/doors.conf" \
    >"$T/comment"
sed -i -e "/^FROM_COMMENT/{r $T/comment
d}" "$T/doors.conf"
same "the example says how" "$(wc -l <"$T/comment")" 2
mkdir -p "$T/nginx"
{
	[ "$(id -u)" -eq 0 ] && echo "user root;"
	cat <<CONFIG
daemon off; worker_processes 1; pid $T/nginx/pid; error_log $T/nginx.log;
events { worker_connections 64; }
http {
	access_log off;
	client_body_temp_path $T/nginx/body;
	fastcgi_temp_path $T/nginx/fastcgi;
	proxy_temp_path $T/nginx/proxy;
	scgi_temp_path $T/nginx/scgi;
	uwsgi_temp_path $T/nginx/uwsgi;
	server {
		listen 127.0.0.1:$PORT ssl;
		ssl_certificate $T/web.pem;
		ssl_certificate_key $T/web.key;
		ssl_client_certificate $T/people.pem;
		ssl_verify_client optional_no_ca;
		include $T/doors.conf;
	}
}
CONFIG
} >"$T/nginx.conf"
nginx -p "$T/nginx" -c "$T/nginx.conf" >>"$T/nginx.log" 2>&1 &
SERVER=$!
own "$SERVER"
until_true 30 web_answers || not_ok "nginx answers"
play nginx 400
comes "the log says why" "$LOG" 'SSL_CLIENT_VERIFY'
adm apikey add --name key --may challenge:add 2>/dev/null |
    sed 's/.*/header = "Authorization: Bearer &"/' >"$T/key"
same "a key needs no certificate" "$(ask /mdm/mscep_admin/ -K "$T/key")" 200
same "and a certificate is none where keys are asked for" \
    "$(ask /mdm/mscep_admin/ --cert "$T/mdm.pem" --key "$T/mdm.key")" 401

# Without the web server's word for it no certificate counts.
sed -i '/SSL_CLIENT_VERIFY/d' "$T/doors.conf"
kill -HUP "$SERVER"
not_known() { [ "$(as mdm)" = 401 ]; }
verdict "without SSL_CLIENT_VERIFY no certificate counts" \
    until_true 30 not_known
stop "$SERVER"

# ---- Apache ----

if [ -f "$MODULES/mod_ssl.so" ]; then
	PORT=$(free_port)
	{
		for _module in mpm_event authz_core env alias ssl proxy \
		    proxy_fcgi; do
			echo "LoadModule ${_module}_module $MODULES/mod_$_module.so"
		done
		[ "$(id -u)" -eq 0 ] && printf 'User www-data\nGroup www-data\n'
		cat <<CONFIG
Listen 127.0.0.1:$PORT
ServerName localhost
PidFile $T/apache.pid
DefaultRuntimeDir $T
ErrorLog $T/apache.log
SSLSessionCache none
<VirtualHost 127.0.0.1:$PORT>
	SSLEngine on
	SSLCertificateFile $T/web.pem
	SSLCertificateKeyFile $T/web.key
	SSLCACertificateFile $T/people.pem
	SSLVerifyClient optional_no_ca
	<LocationMatch "^/certsrv/mscep_admin/?$">
		SSLOptions +StdEnvVars
		SetHandler "proxy:unix:$T/admin.sock|fcgi://scep-admin/"
	</LocationMatch>
</VirtualHost>
CONFIG
	} >"$T/apache.conf"
	chmod 755 "$T"
	apache2 -D FOREGROUND -f "$T/apache.conf" >>"$T/apache.log" 2>&1 &
	SERVER=$!
	own "$SERVER"
	until_true 30 web_answers || not_ok "Apache answers"
	play Apache 000
	stop "$SERVER"
else
	skip "Apache" "mod_ssl is not installed"
fi
stop "$ADMIN"

# ---- lighttpd, which starts scep-admin.fcgi: the example, changed likewise ----

PORT=$(free_port)
SPACED="O = Example, CN = mdm"	# as it writes that
sed -i '/^door_listen/d' "$CONF"
mkdir -p "$T/run" "$T/www"
sed -e '/^auth\./,/^) )$/d' -e "s,/run/lighttpd,$T/run,g" \
    -e "s,/usr/local/lib/cgi-bin/scep-admin\.fcgi,$DOORS,g" \
    -e "s,/etc/scep/scep\.conf,$CONF,g" \
    "$ROOT/examples/lighttpd-admin.conf" >"$T/doors.conf"
sed -n "s,/etc/scep/mdm-ca\.pem,$T/people.pem,
s/^#\(.*ssl\.verifyclient\.\)/\1/p" "$T/doors.conf" >"$T/comment"
same "lighttpd: the example says how" "$(wc -l <"$T/comment")" 3
like "and how it writes a name" "$T/doors.conf" "--user \"$SPACED\""
cat >"$T/lighttpd.conf" <<CONFIG
server.modules = ( "mod_openssl", "mod_fastcgi" )
server.document-root = "$T/www"
server.bind = "127.0.0.1"
server.port = $PORT
server.errorlog = "$T/lighttpd.log"
server.breakagelog = "$LOG"
ssl.engine = "enable"
ssl.pemfile = "$T/web.pem"
ssl.privkey = "$T/web.key"
CONFIG
cat "$T/comment" "$T/doors.conf" >>"$T/lighttpd.conf"
: >"$LOG"
lighttpd -D -f "$T/lighttpd.conf" >>"$T/lighttpd.log" 2>&1 &
SERVER=$!
own "$SERVER"
until_true 30 web_answers || not_ok "lighttpd answers"
as mdm >/dev/null
like "lighttpd: a name as the others write it is not this one" "$T/body" \
    'sufficient permission'
comes "the log shows how it is" "$LOG" "$SPACED"
verdict "a record for that" adm apikey add --user "$SPACED" --name mdm-2 \
    --may challenge:add --rate 1000/s
play lighttpd 401
comes "the log says why" "$LOG" 'SSL_CLIENT_VERIFY'
same "lighttpd: a key needs no certificate" \
    "$(ask /mdm/mscep_admin/ -K "$T/key")" 200
# A connection that is taken up again has the verdict of its first one.
again() {		# NAME: the statuses of both
	for _session in -sess_out -sess_in; do
		printf 'GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n' $NDES |
		    timeout 60 openssl s_client -connect "127.0.0.1:$PORT" \
		    -ign_eof -cert "$T/$1.pem" -key "$T/$1.key" \
		    $_session "$T/$1.session" >"$T/again" 2>/dev/null
		grep -a -o 'HTTP/1\.[01] [0-9]*' "$T/again" | cut -d' ' -f2
	done
	grep -a -c '^Reused' "$T/again"
}
same "lighttpd: taken up again" "$(again mdm)" "200
200
1"
same "lighttpd: so is one that could not be verified" "$(again false)" "401
401
1"
sed -i 's/^\(.*verifyclient.activate.*\)"enable"/\1"disable"/' \
    "$T/lighttpd.conf"
stop "$SERVER"
lighttpd -D -f "$T/lighttpd.conf" >>"$T/lighttpd.log" 2>&1 &
SERVER=$!
own "$SERVER"
until_true 30 web_answers || not_ok "lighttpd answers again"
same "lighttpd: where it asks for no certificate none counts" "$(as mdm)" 401
stop "$SERVER"

# ---- plain CGI: a body whose length nobody says, and one that got lost ----

sed -i 's/^door_user.*/door_user = REMOTE_USER/' "$CONF"
verdict "a record for a user" adm apikey add --user ann --may challenge:add
cgi() {			# METHOD PATH BODY [VARIABLE=VALUE…]
	_method=$1 _path=$2 _body=$3
	shift 3
	printf %s "$_body" | env -i GATEWAY_INTERFACE=CGI/1.1 \
	    SCEP_CONF="$CONF" REMOTE_USER=ann REQUEST_METHOD="$_method" \
	    SCRIPT_NAME=/cgi-bin/scep-admin.fcgi PATH_INFO="$_path" \
	    CONTENT_TYPE=application/json REMOTE_ADDR=127.0.0.1 "$@" \
	    "$DOORS" >"$T/cgi.out" 2>>"$LOG"
	sed -n 's/^Status: \(...\).*/\1/p' "$T/cgi.out"
}
binds() { sed '1,/^.$/d' "$T/cgi.out" | jq -r .binds; }
BODY='{"subject":"CN=x"}'
same "CGI: a challenge for a name" "$(cgi POST /api/v1/challenges "$BODY" \
    CONTENT_LENGTH=${#BODY}; binds)" "201
subject and SAN"
same "CGI: as well where no length is said" \
    "$(cgi POST /api/v1/challenges "$BODY"; binds)" "201
subject and SAN"
same "CGI: and none for whoever it may be where the body got lost" \
    "$(cgi POST /api/v1/challenges '' CONTENT_LENGTH=0)" 400
same "CGI: nor where it was broken off" \
    "$(cgi POST /api/v1/challenges '{"subject"' CONTENT_LENGTH=${#BODY})" 400
same "CGI: {} binds nothing" "$(cgi POST /api/v1/challenges '{}' \
    CONTENT_LENGTH=2; binds)" "201
nothing"
head -c 300000 /dev/zero | tr '\0' ' ' >"$T/long"
same "CGI: a body that is too long is read to its end" "$(
	{ cat "$T/long" && echo all >"$T/read"; } | env -i \
	    GATEWAY_INTERFACE=CGI/1.1 SCEP_CONF="$CONF" REMOTE_USER=ann \
	    REQUEST_METHOD=POST PATH_INFO=/challenge CONTENT_LENGTH=300000 \
	    "$DOORS" 2>>"$LOG" | sed -n 's/^Status: \(...\).*/\1/p'
	cat "$T/read")" "413
all"
sed 's/^\[server\]/&\nrequest_timeout = 4s/' "$CONF" >"${CONF%/*}/soon.conf"
same "CGI: a body that does not come is answered in time" "$(
	sleep 12 | env -i GATEWAY_INTERFACE=CGI/1.1 \
	    SCEP_CONF="${CONF%/*}/soon.conf" REMOTE_USER=ann \
	    REQUEST_METHOD=POST PATH_INFO=/challenge CONTENT_LENGTH=2 \
	    "$DOORS" 2>>"$LOG" | sed -n 's/^Status: \(...\).*/\1/p')" 503
same "CGI: a browser that says where it was sent from" \
    "$(cgi GET /mscep_admin/ '' HTTP_ORIGIN=https://scep.example \
    HTTP_HOST=scep.example)" 200
same "CGI: and was sent from elsewhere" \
    "$(cgi GET /mscep_admin/ '' HTTP_ORIGIN=https://evil.example \
    HTTP_HOST=scep.example)" 403
finish
