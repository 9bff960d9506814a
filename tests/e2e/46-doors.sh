#!/bin/sh
# 46-doors - MDM systems at scep-admin.fcgi, behind nginx, lighttpd and Apache,
# with the files of examples/: as Fleet reads the page of NDES, as the webhook
# of Jamf and Smallstep is called, by JSON; and who may not.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/e2e/servers.sh"
. "$ROOT/tests/e2e/clients.sh"

DOORS=$BIN/scep-admin.fcgi
LOG=$T/admin.log

# key FILE OPTIONS…: an API key into a file, so that it is in no argv; and as
# curl reads it, by Bearer and by Basic.
key() {
	_file=$1
	shift
	adm apikey add "$@" >"$T/$_file" 2>"$T/key.err" ||
	    { cat "$T/key.err"; return 1; }
	printf 'header = "Authorization: Bearer %s"\n' "$(cat "$T/$_file")" \
	    >"$T/$_file.bearer"
	printf 'user = "mdm:%s"\n' "$(cat "$T/$_file")" >"$T/$_file.basic"
}

# ask PATH [CURL-OPTIONS]: body, head and status into files; the status.
ask() {
	_path=$1
	shift
	curl -s -m 20 -D "$T/head" -o "$T/body" -w '%{http_code}' "$@" \
	    "$BASE$_path"
}

# The password, as Fleet's regular expression finds it.
fleet() {
	perl -ne 'if (/(?i)The enrollment challenge password is: <B> (\S*)/) {
	    print $1; exit }' "$1"
}

# enrol CHALLENGE-FILE CN TEXT: a device enrols with what was given.
enrol() {
	verdict "$3" "$BOT" -C "$1" -s "/CN=$2" "$URL"
}

state_of() {		# CONF
	_state=$(sed -n 's/^state *= *//p' "$1")
	case $_state in
	/*)	echo "$_state" ;;
	*)	echo "${1%/*}/${_state:-.}" ;;
	esac
}

start_doors() {		# [CONF]
	"$DOORS" -c "${1:-$CONF}" >>"$LOG" 2>&1 &
	ADMIN=$!
	own "$ADMIN"
	until_true 10 test -S "$T/admin.sock"
}

# The admin example, with our places in it.
admin_example() {	# FILE
	sed -e "s,/run/scep/admin\.sock,$T/admin.sock,g" \
	    -e "s,/etc/scep/doors\.htpasswd,$T/htpasswd,g" \
	    -e "s,/etc/scep/scep\.conf,$CONF,g" \
	    -e "s,/usr/local/lib/cgi-bin,$T/cgi,g" \
	    -e "s,/run/lighttpd,$T/run,g" "$ROOT/examples/$1" >"$T/$1"
}

prepare() {		# PORT
	make_ca "$T/ca.$1" "http://127.0.0.1:$1/scep"
	sed -i "s,^\[server\],&\ndoor_listen = unix:$T/admin.sock\ndoor_user = REMOTE_USER," \
	    "$CONF"
	for _user in fleet jamf nobody-here; do
		printf '%s:%s\n' "$_user" "$(openssl passwd -6 secret)"
	done >"$T/htpasswd"
	BASE=http://127.0.0.1:$1
	mkdir -p "$T/cgi" "$T/run"
	cp "$DOORS" "$T/cgi/"
}

# What is the same behind every web server.
play() {		# SERVER
	NDES=/certsrv/mscep_admin/
	verdict "$1: a record for a user of the web server" \
	    adm apikey add --user fleet --name fleet-$1 --may challenge:add \
	    --max-ttl 60m --rate 1000/s

	# Fleet and its kind.
	same "$1: without a password 401" "$(ask $NDES)" 401
	like "$1: which asks for one by Basic" "$T/head" \
	    '^[Ww][Ww][Ww]-[Aa]uthenticate: Basic realm='
	same "$1: with one the page of NDES" \
	    "$(ask $NDES -u fleet:secret)" 200
	like "$1: in UTF-8" "$T/head" '^Content-Type: text/html; charset=utf-8'
	like "$1: and no cache keeps it" "$T/head" '^Cache-Control: no-store'
	fleet "$T/body" >"$T/fleet.ch"
	same "$1: Fleet finds 37 characters" "$(wc -c <"$T/fleet.ch")" 37
	md5=$(openssl x509 -in "${CONF%/*}/ca.pem" -outform DER |
	    openssl md5 -r | cut -c1-32 | tr a-f A-F |
	    sed 's/\(........\)\(........\)\(........\)/\1 \2 \3 /')
	{
		printf '\357\273\277<HTML><HEAD><TITLE>Network Device '
		printf 'Enrollment Service</TITLE></HEAD>\r\n<BODY>\r\n<P> '
		printf 'Network Device Enrollment Service </P>\r\n'
		printf '<P> The thumbprint (hash value) for the CA '
		printf 'certificate is: <B> %s </B>\r\n' "$md5"
		printf '<P> The enrollment challenge password is: <B> %s ' \
		    "$(cat "$T/fleet.ch")"
		printf '</B>\r\n<P> This password can be used only once and '
		printf 'will expire within 60 minutes.\r\n</BODY></HTML>\r\n'
	} >"$T/page"
	verdict "$1: the page to the octet" cmp "$T/page" "$T/body"
	enrol "$T/fleet.ch" "fleet-$1" "$1: a device enrols with it"
	same "$1: POST gives another one" \
	    "$(ask $NDES -u fleet:secret -d x=y)" 200
	same "$1: and not the same" "$(fleet "$T/body" |
	    cmp -s - "$T/fleet.ch" && echo same)" ""
	same "$1: a wrong password gives 401" \
	    "$(ask $NDES -u fleet:wrong)" 401
	same "$1: a user without a record gets a page" \
	    "$(ask $NDES -u nobody-here:secret)" 200
	like "$1: that says no" "$T/body" \
	    'You do not have sufficient permission to enroll with SCEP\.'
	unlike "$1: and no challenge" "$T/body" 'password is'

	# With a key of ours, by Basic and by Bearer.
	verdict "$1: an API key" key k --name k-$1 --may challenge:add \
	    --rate 1000/s
	same "$1: the page by a key, as a password" \
	    "$(ask /mdm/mscep_admin/ -K "$T/k.basic")" 200
	fleet "$T/body" >"$T/k.ch"
	same "$1: with a challenge in it" "$(wc -c <"$T/k.ch")" 37
	same "$1: no key, no page" "$(ask /mdm/mscep_admin/)" 401
	like "$1: it asks for a key by Basic" "$T/head" \
	    '^[Ww][Ww][Ww]-[Aa]uthenticate: Basic realm='
	same "$1: the web server's password is no key" \
	    "$(ask /mdm/mscep_admin/ -u fleet:secret)" 401
	same "$1: nor is what is nearly one" "$(ask \
	    /mdm/mscep_admin/ -H "Authorization: Bearer $(sed \
	    's/a$/b/; t; s/.$/a/' "$T/k")")" 401

	# The webhook.
	cat >"$T/event" <<'JSON'
{"webhook":{"id":1,"webhookEvent":"SCEPChallenge","eventTimestamp":1764284400,
"name":"SCEPChallenge"},"event":{"scepServerUrl":"https://scep.example/scep",
"payloadIdentifier":"B0A4","payloadTypes":["com.apple.security.scep"],
"more":{"of":["it"]}}}
JSON
	same "$1: the webhook answers" "$(ask /mdm/challenge \
	    -K "$T/k.basic" -H 'Content-Type: application/json' \
	    --data-binary "@$T/event")" 200
	cp "$T/body" "$T/jamf.ch"
	like "$1: in plain text" "$T/head" '^Content-Type: text/plain'
	same "$1: the challenge and nothing else" "$(grep -c -x -E \
	    '[2-9a-z]{10}-[2-9a-z]{26}' "$T/jamf.ch"; wc -c <"$T/jamf.ch")" \
	    "1
37"
	enrol "$T/jamf.ch" "jamf-$1" "$1: a device enrols with it"
	same "$1: members that are missing are not missed" \
	    "$(ask /mdm/challenge -K "$T/k.basic" -d '{}')" 200
	same "$1: nor is a body" "$(ask /mdm/challenge \
	    -K "$T/k.bearer" -d '')" 200
	same "$1: another event is none of ours" "$(ask \
	    /mdm/challenge -K "$T/k.basic" \
	    -d '{"webhook":{"webhookEvent":"ComputerAdded"}}')" 400

	# JSON.
	same "$1: a challenge by JSON" "$(ask /mdm/api/v1/challenges \
	    -K "$T/k.bearer" -H 'Content-Type: application/json' \
	    -d '{"subject":"CN=json-'"$1"'","ttl":600,"note":"x"}')" 201
	jq -r .challenge "$T/body" >"$T/json.ch"
	same "$1: it says what it binds" "$(jq -r '.binds, .ttl' "$T/body")" \
	    "subject and SAN
600"
	enrol "$T/json.ch" "json-$1" "$1: a device enrols with it"
	challenge "$T/other.ch" --cn other
	same "$1: the operator sees who made it" "$(adm challenge show \
	    --json "$(cut -c1-10 "$T/json.ch")" | jq -r .issuer)" "key k-$1"
	like "$1: and so does the log" "$T/scep.log" \
	    "by=.*key k-$1.* do=challenge.add .*result=done"

	# Mistakes.
	same "$1: a member that there is not" "$(ask /mdm/api/v1/challenges \
	    -K "$T/k.bearer" -H 'Content-Type: application/json' \
	    -d '{"subjekt":"CN=x"}')" 400
	like "$1: is named, with those there are" "$T/body" \
	    '"there is no member ..subjekt..; there are profile, subject, '
	head -c 50000 /dev/zero | tr '\0' ' ' >"$T/long"
	same "$1: a body that is too long" "$(ask /mdm/api/v1/challenges \
	    -K "$T/k.bearer" -H 'Content-Type: application/json' \
	    --data-binary "@$T/long")" 413
	like "$1: is told so in JSON" "$T/body" \
	    '^\{"error":"the body is too long"\}$'
	for _method in HEAD PUT OPTIONS DELETE; do
		_code=$(ask /mdm/challenge -K "$T/k.bearer" -X $_method -I)
		same "$1: $_method is none of the webhook's" "$_code" 405
		like "$1: as it says" "$T/head" '^Allow: POST'
	done
	same "$1: a slash behind it is another path" "$(ask /mdm/challenge/ \
	    -K "$T/k.bearer" -d '{}')" 404
	same "$1: an escaped letter is the letter" "$(ask /mdm/ch%61llenge \
	    -K "$T/k.bearer" -d '{}')" 200
	same "$1: what no key can be is one that is unknown" "$(ask \
	    /mdm/challenge -d '{}' -H "Authorization: Basic $(printf \
	    'mdm:%s\n' "$(cat "$T/k")" | base64 -w 0)")" 401
	comes "$1: and is in the log with its address" "$T/scep.log" \
	    'knock="door=webhook peer=127.* reason="what is shown is no API'
	case $(ask /mdm/challenge -d '{}' -H "Authorization: Bearer x" \
	    -K "$T/k.bearer") in
	400 | 401) ok "$1: of two keys neither counts" ;;
	*) not_ok "$1: of two keys neither counts: $(cat "$T/body")" ;;
	esac
	for _log in "$T"/*.log; do
		unlike "$1: ${_log##*/} has no challenge and no key" "$_log" \
		    "$(cut -c12- "$T/json.ch")|$(cut -c20- "$T/k")"
	done
}

# ---- nginx, and all that does not depend on the web server ----

port=$(free_port)
prepare "$port"
sed -i 's/^authorise = manual$/&\nmax_pending_per_peer = 1000/' "$CONF"
URL=$BASE/scep
start_nginx "$port"
admin_example nginx-admin.conf
sed -i "s,^[[:space:]]*server {,&\ninclude $T/nginx-admin.conf;," \
    "$T/nginx.conf"
start_doors
stop "$SERVER"
nginx -p "$T/nginx" -c "$T/nginx.conf" >>"$T/nginx.log" 2>&1 &
SERVER=$!
own "$SERVER"
until_true 10 caps_ok "$URL"
play nginx

# What a record says, and no more; each with a control.
API=/mdm/api/v1
J='Content-Type: application/json'
add() { ask $API/challenges -K "$T/$1.bearer" -H "$J" -d "$2"; }
key few --name few --may challenge:add --max-uses 2 --max-ttl 1h --rate 1000/s
same "two uses" "$(add few '{"uses":2}')" 201
same "but not three" "$(add few '{"uses":3}')" 403
same "an hour" "$(add few '{"ttl":3600}')" 201
same "and not a second more" "$(add few '{"ttl":3601}')" 403
same "for its profile" "$(add few '{"profile":"default"}')" 201
same "and for no other" "$(add few '{"profile":"manual"}')" 403
same "nor by the query of the page" "$(ask \
    '/mdm/mscep_admin/?profile=manual' -K "$T/few.basic")" 200
like "which says so" "$T/body" 'sufficient permission'
same "a query that is no name" "$(ask \
    '/mdm/challenge?profile=%2e%2e' -X POST -K "$T/few.basic")" 400
same "it may not see requests" "$(ask $API/requests -K "$T/few.bearer")" 403

# Requests that wait.
key boss --name boss --profile manual --rate 1000/s \
    --may request:list,request:approve,request:refuse
for _cn in one two; do
	"$BOT" -s "/CN=$_cn" "$URL/manual" >"$T/$_cn.out" 2>&1
	until_true 20 waiting "$_cn" || not_ok "a request of $_cn waits"
done
same "a list of those that wait" "$(ask $API/requests -K "$T/boss.bearer")" \
    200
same "has both" "$(jq -r '.requests[].subject' "$T/body" | sort)" "CN=one
CN=two"
one=$(request_of one)
two=$(request_of two)
same "one of them" "$(ask "$API/requests/$one" -K "$T/boss.bearer")" 200
same "another key may not approve it" "$(ask "$API/requests/$one/approve" \
    -X POST -H "$J" -K "$T/few.bearer")" 403
same "nor a page of somebody else's" "$(ask "$API/requests/$one/approve" \
    -X POST -H "$J" -H 'Sec-Fetch-Site: cross-site' -K "$T/boss.bearer")" 403
same "nor a form" "$(ask "$API/requests/$one/approve" -d x=y \
    -K "$T/boss.bearer")" 415
same "and by GET nothing is approved" "$(ask \
    "$API/requests/$one/approve" -K "$T/boss.bearer")" 405
same "it is approved" "$(ask "$API/requests/$one/approve" -X POST -H "$J" \
    -K "$T/boss.bearer")" 200
serial=$(jq -r .serial "$T/body")
same "by whom is in the certificate's record" \
    "$(adm cert show --json "$serial" | jq -r .authority)" \
    "approved by key boss"
same "once" "$(ask "$API/requests/$one/approve" -X POST -H "$J" \
    -K "$T/boss.bearer")" 404
same "the other one is refused" "$(ask "$API/requests/$two/refuse" -H "$J" \
    -d '{"reason":"unknown device"}' -K "$T/boss.bearer")" 200
same "then none waits" "$(ask $API/requests -K "$T/boss.bearer"; \
    jq '.requests | length' "$T/body")" 2000
key blind --name blind --may request:list --rate 1000/s
"$BOT" -s /CN=three "$URL/manual" >"$T/three.out" 2>&1
until_true 20 waiting three
same "who is for another profile sees none" "$(ask $API/requests \
    -K "$T/blind.bearer"; jq '.requests | length' "$T/body")" 2000
same "(there is one)" "$(ask $API/requests -K "$T/boss.bearer"; \
    jq '.requests | length' "$T/body")" 2001

# More than a page holds: walked while some are decided and others come.
# list WHO QUERY: as curl encodes it; the status.
list() { _who=$1; shift; ask $API/requests -G -K "$T/$_who.bearer" "$@"; }
ids() { jq -r '.requests[].id' "$T/body"; }
"$BOT" -K -t random -n 250 -j 4 -s /CN=list-%d "$URL/manual" \
    >"$T/list.out" 2>&1
adm request list --subject 'CN=list-*' --json | jq -r '.[].id' >"$T/begin"
same "250 wait" "$(wc -l <"$T/begin")" 250
same "the first page" "$(list boss -d limit=100 --data-urlencode \
    'subject=cn=LIST-*')" 200
ids >"$T/page.1"
after=$(jq -r .next "$T/body")
same "has 100" "$(wc -l <"$T/page.1")" 100
same "and is what scepadm shows first" "$(cat "$T/page.1")" \
    "$(head -n 100 "$T/begin")"
same "nobody else gets on by where it ends" "$(list blind \
    -d "after=$after"; jq -c . "$T/body")" '200{"requests":[]}'
sed -n '1p; 50p; 100p' "$T/page.1" >"$T/shown"
sed -n '101p; 150p; 200p' "$T/begin" >"$T/gone"
for _id in $(cat "$T/shown" "$T/gone"); do
	ask "$API/requests/$_id/approve" -X POST -H "$J" -K "$T/boss.bearer"
done >"$T/approved"
same "six are approved, of the page and behind it" "$(cat "$T/approved")" \
    200200200200200200
"$BOT" -K -t random -n 5 -s /CN=list-new-%d "$URL/manual" \
    >"$T/list.out" 2>&1
cp "$T/page.1" "$T/walked"
pages=1
while [ -n "$after" ] && [ "$pages" -lt 9 ]; do
	list boss -d limit=100 --data-urlencode 'subject=cn=LIST-*' \
	    -d "after=$after" >"$T/status"
	ids >>"$T/walked"
	after=$(jq -r '.next // empty' "$T/body")
	pages=$((pages + 1))
done
same "three pages in all" "$pages" 3
same "nothing is shown twice" "$(sort "$T/walked" | uniq -d)" ""
sort "$T/begin" "$T/gone" | uniq -u >"$T/stayed"
same "nothing that stays is missed" "$(sort "$T/walked" |
    comm -13 - "$T/stayed")" ""
same "(those are 247)" "$(wc -l <"$T/stayed")" 247
same "what is gone is not shown" "$(sort "$T/gone" >"$T/gone.s"
    sort "$T/walked" | comm -12 - "$T/gone.s")" ""
same "without a limit 100" "$(list boss -d state=pending; ids | wc -l)" 200100
same "as many as are allowed" "$(list boss -d limit=1000; ids | wc -l)" \
    200250
same "and no more" "$(list boss -d limit=1001)" 400
like "which says how many are" "$T/body" \
    '^\{"error":"limit: 1001 is not between 1 and 1000"\}$'
same "a word that is none" "$(list boss -d colour=red)" 400
like "is named, with those there are" "$T/body" \
    'no ..colour..; there are limit, after, .* older and newer'
same "a place that is none of ours" "$(list boss -d after=1:2)" 400
like "is named" "$T/body" '^\{"error":"after is not what '
same "by name, and when it came" "$(list boss -d newer=1h \
    --data-urlencode 'subject=CN=list-new-*'; ids | wc -l)" 2005
same "none came so long ago" "$(list boss -d older=1h; ids | wc -l)" 2000
same "another path takes no query" "$(ask "$API/requests/$(tail -n 1 \
    "$T/stayed")?limit=1" -K "$T/boss.bearer")" 400
same "(and is there without one)" "$(ask "$API/requests/$(tail -n 1 \
    "$T/stayed")" -K "$T/boss.bearer")" 200

# Too fast.
key slow --name slow --may challenge:add --rate 3/1h
for n in 1 2 3; do
	same "call $n of three an hour" "$(add slow '{}')" 201
done
same "the fourth is one too many" "$(add slow '{}')" 429
like "and is told when to come again" "$T/head" '^Retry-After: 1[0-9]{3}'
same "the page says it in its own words" "$(ask \
    /mdm/mscep_admin/ -K "$T/slow.basic")" 200
like "which Fleet tries again for" "$T/body" 'The password cache is full\.'
same "nobody else waits for that" "$(add few '{}')" 201

# Too many at once.
key cap --name cap --may challenge:add --rate 1000/s --live 3
same "a challenge of three that may be good" "$(add cap '{}')" 201
jq -r .challenge "$T/body" >"$T/cap.ch"
same "and two more" "$(add cap '{}')$(add cap '{"ttl":3600}')" 201201
same "but not a fourth" "$(add cap '{}')" 429
like "which says why" "$T/body" \
    '^\{"error":"3 challenges of API key .* \(cap\) are still good'
like "and is told when to come again" "$T/head" '^Retry-After: 60'
same "the page has its words for that, too" "$(ask \
    /mdm/mscep_admin/ -K "$T/cap.basic")" 200
like "which Fleet tries again for" "$T/body" 'The password cache is full\.'
same "the webhook says so" "$(ask /mdm/challenge -K "$T/cap.basic" -d '{}')" \
    429
same "nobody else is held up by it" "$(add few '{}')" 201
same "the operator sees how many there are" "$(adm apikey show --json cap |
    jq -c '[.live, .max_live]')" '[3,3]'
enrol "$T/cap.ch" cap "a device uses one"
same "which makes room" "$(add cap '{}')" 201
id=$(jq -r .id "$T/body")
same "for one" "$(add cap '{}')" 429
adm challenge revoke "$id" >"$T/revoked" 2>&1
same "and so does one that is revoked" "$(add cap '{}')$(add cap '{}')" 201429
key crowd --name crowd --may challenge:add --rate 1000/s --live 5
for n in $(seq 30); do
	add_alone() {
		curl -s -m 20 -o /dev/null -w '%{http_code}\n' \
		    -K "$T/crowd.bearer" -H "$J" -d '{}' "$BASE$API/challenges"
	}
	add_alone >"$T/crowd.$n" &
	own $!
	crowd="$crowd $!"
done
for _pid in $crowd; do
	wait "$_pid"
done
same "of thirty at once five get one" "$(cat "$T"/crowd.[0-9]* | sort |
    uniq -c | tr -s ' ')" " 5 201
 25 429"
same "and five are there" "$(adm challenge list --json | jq '[.[] |
    select(.issuer == "key crowd" and .state == "live")] | length')" 5
key free --name free --may challenge:add --rate 1000/s --live any
same "a key without a limit has none" "$(adm apikey show --json free |
    jq -c '[.live, .max_live]')$(add free '{}')" '[null,0]201'
key usual --name usual --may challenge:add
same "which one has of which nothing is said" "$(adm apikey show --json \
    usual | jq -c '[.live, .max_live]')" '[0,1000]'
status 2 "no challenge at all is no limit" adm apikey add --may \
    challenge:add --live 0
status 2 "nor are more than a record counts" adm apikey add --may \
    challenge:add --live 1001

# Its end.
verdict "a key is revoked" adm apikey revoke slow
same "and opens nothing" "$(add slow '{}')" 401
same "others still do" "$(add few '{}')" 201
verdict "a user is revoked" adm apikey revoke fleet-nginx
same "and has no permission any more" "$(ask $NDES -u fleet:secret)" 200
like "as the page says" "$T/body" 'sufficient permission'
# Where the machine is so busy that it is over before it is used, another one.
for life in 8 60; do
	key short --name "short-$life" --may challenge:add --expires "${life}s"
	code=$(add short '{}')
	[ "$code" != 201 ] || break
done
same "one that expires works" "$code" 201
opens_nothing() { [ "$(add short '{}')" = 401 ]; }
verdict "and then does not" until_true $((life + 4)) opens_nothing

# Hostile bodies: an answer each, none of them 5xx, and it goes on.
python3 - "$T/hostile" <<'PY'
import os, random, sys
random.seed(1)
os.mkdir(sys.argv[1])
seeds = [b'{"subject":"CN=x","ttl":60,"dns":["a.example"]}',
         b'[' * 4000, b'{"a":' * 3000, b'{"a":1,"a":2}', b'"x"', b'null',
         b'\xff\xfe{\0}\0', b'{"note":"\\u0000"}', b'{"note":"\x80"}',
         b'{"ttl":1e400}', b'{"ttl":9223372036854775808}', b'{"uses":-1}',
         b'{"note":"' + b'a' * 40000 + b'"}', b'{"count":250}',
         b'{"expires":9223372036854775807}', b'{"not_before":1e18}',
         b'{"do":"apikey.add","key":"x","user":"root"}',
         b'{"webhook":[],"event":"x"}', b'{"webhook":{"webhookEvent":7}}']
for i in range(120):
    body = bytearray(seeds[i % len(seeds)])
    if i >= len(seeds):
        for _ in range(random.randint(1, 8)):
            body[random.randrange(len(body))] = random.randrange(256)
    open('%s/%03d' % (sys.argv[1], i), 'wb').write(body)
PY
codes=
for _file in "$T"/hostile/*; do
	for _path in $API/challenges /mdm/challenge; do
		codes="$codes $(ask $_path -K "$T/few.bearer" -H "$J" \
		    --data-binary "@$_file")"
	done
done
same "hostile bodies: each has an answer, and none is trouble" \
    "$(echo "$codes" | tr ' ' '\n' | grep -v -x -E '(20[01]|4[0-9][0-9])?')" ""
same "(some are good)" "$(echo "$codes" | grep -c -E '20[01]')" 1
same "(and some are not)" "$(echo "$codes" | grep -c 400)" 1
head -c 50000 /dev/zero | tr '\0' ' ' >"$T/long"
same "a body that is too long" "$(ask $API/challenges -K "$T/few.bearer" \
    -H "$J" --data-binary "@$T/long")" 413
same "no such door" "$(ask /mdm/ -K "$T/few.bearer")" 404
same "no such path" "$(ask $API/secrets -K "$T/few.bearer")" 404
same "no such method" "$(ask /mdm/challenge -K "$T/few.bearer")" 405
same "after all that it works" "$(add few '{}')" 201

# The owner goes and comes again.
stop "$SUPERVISOR"
same "without an owner 503" "$(add few '{}')" 503
same "and 404 where there is no door, by any worker" "$(for _n in 1 2 3 4; do
	ask /mdm/
done)" 404404404404
# Who is woken up by a request that another one takes looks for an owner again:
# he would have none for the next request.
workers() { ps -o pid= --ppid "$ADMIN" | tr -d ' '; }
both() { [ "$(workers | wc -l)" -eq 2 ]; }
until_true 10 both
if [ "$(id -u)" -eq 0 ]; then
	late=$(workers | sed -n 1p)
	first=$(workers | sed -n 2p)
	halt "$first"
	strace -q -o "$T/late" -e trace=connect,poll \
	    -e inject=connect:delay_exit=2000000 -p "$late" 2>>"$T/strace.log" &
	slow=$!
	own "$slow"
	until_true 20 grep -q '^TracerPid:.*[1-9]' "/proc/$late/status"
	add few '{}' >"$T/first" &
	asking=$!
	verdict "both workers are woken up" until_true 20 \
	    grep -q 'poll(.*, 0) *= 1' "$T/late"
	kill -CONT "$first"
	wait "$asking"
	same "one has the request" "$(cat "$T/first")" 503
	verdict "the other one does not wait for the next" \
	    until_true 20 gone "$late"
	stop "$slow"
else
	skip "who is too late looks for an owner" "not root"
fi
start_fcgi
until_true 10 caps_ok "$URL"
same "whoever knocks then is let in, by any worker" "$(for _n in 1 2 3 4 5 6
do
	add few '{}'
done)" 201201201201201201
# Workers that were held up meanwhile find that he went and a request at once.
until_true 10 both
held_up=$(workers)
# shellcheck disable=SC2086
halt $held_up
stop "$SUPERVISOR"
start_fcgi
until_true 10 caps_ok "$URL"
add few '{}' >"$T/first" &
asking=$!
waits() { ss -xlH | grep -F "$T/admin.sock" | grep -q ' LISTEN *1 '; }
verdict "a request waits for whom nobody told of another owner" \
    until_true 20 waits
# shellcheck disable=SC2086
kill -CONT $held_up
wait "$asking"
same "he is found for it" "$(cat "$T/first")" 201
works_again() { [ "$(add few '{}')" = 201 ]; }
verdict "and with one again all is well" until_true 15 works_again
same "who had as many as he may has them still" "$(add cap '{}')" 429
# Till its end it may take a connection, and that ends with it.
worker=$(ps -o pid= --ppid "$ADMIN" | head -n 1 | tr -d ' ')
kill -KILL "$worker"
until_true 10 gone "$worker"
verdict "a worker that dies is replaced" works_again

# A process that has nothing to open, and no key: all of them, when they have
# begun.
locked_in() {
	for _worker in $(ps -o pid= --ppid "$ADMIN"); do
		[ "$(sed -n 's/^Seccomp:[[:space:]]*//p
		    s/^NoNewPrivs:[[:space:]]*//p' "/proc/$_worker/status" |
		    tr -d '\n')" = 12 ] || return 1
	done
	[ -n "$_worker" ]
}
verdict "workers are locked in" until_true 10 locked_in

# UTF-16LE, as Windows sends it.
stop "$ADMIN"
sed 's/^door_user.*/&\ndoor_charset = utf-16le/' "$CONF" >"$CONF.16"
start_doors "$CONF.16"
same "the page in UTF-16LE" "$(ask /mdm/mscep_admin/ \
    -K "$T/few.basic")" 200
same "has its mark in front" "$(head -c 2 "$T/body" | od -An -tx1)" " ff fe"
iconv -f UTF-16 -t UTF-8 "$T/body" >"$T/body.8"
fleet "$T/body.8" >"$T/utf16.ch"
enrol "$T/utf16.ch" utf16 "a device enrols with what is in it"
stop "$ADMIN"

# As a user of its own, whom a group lets in.
if [ "$(id -u)" -eq 0 ]; then
	mkdir "$T/own"
	sed "s,^door_listen.*,door_listen = unix:$T/own/admin.sock," "$CONF" |
	    sed "/^state/d; s,^\[server\],&\nstate = $(state_of "$CONF")," \
	    >"$T/own/scep.conf"
	chown -R www-data "$T/own"
	status 78 "another user is not let in" timeout 20 setpriv \
	    --reuid www-data --regid www-data --clear-groups "$DOORS" \
	    -c "$T/own/scep.conf"
	for _conf in "$CONF" "$T/own/scep.conf"; do
		sed -i "s,^\[server\],&\ndoor_socket = $T/door.sock\ndoor_group = www-data," \
		    "$_conf"
	done
	stop "$SUPERVISOR"
	start_fcgi
	until_true 10 test -S "$T/door.sock"
	same "its group's alone" "$(stat -c '%a %U %G' "$T/door.sock")" \
	    "660 root www-data"
	setpriv --reuid www-data --regid www-data --clear-groups "$DOORS" \
	    -c "$T/own/scep.conf" >>"$LOG" 2>&1 &
	ADMIN=$!
	own "$ADMIN"
	until_true 10 test -S "$T/own/admin.sock"
	sed "s,$T/admin.sock,$T/own/admin.sock," "$T/nginx-admin.conf" \
	    >"$T/nginx-own.conf"
	mv "$T/nginx-own.conf" "$T/nginx-admin.conf"
	kill -HUP "$SERVER"
	verdict "with door_socket and door_group it is" until_true 10 \
	    works_again
	like "as the log of the owner says" "$T/scep.log" \
	    "knock=.*key few.* uid=$(id -u www-data) result=done"
	stop "$ADMIN"
	sed -i "s,$T/own/admin.sock,$T/admin.sock," "$T/nginx-admin.conf"
	kill -HUP "$SERVER"
	sed -i '/^door_socket/d; /^door_group/d' "$CONF"
	adm reload >"$T/reload.out" 2>&1
	comes "a reload leaves both as they are, and says so" "$T/scep.log" \
	    "door_socket or door_group has changed: that takes a restart"
	stop "$SUPERVISOR"
	start_fcgi
	until_true 10 caps_ok "$URL"
else
	skip "a user of its own" "not root"
fi

# A socket of systemd's.
if command -v systemd-socket-activate >/dev/null; then
	rm -f "$T/admin.sock"
	systemd-socket-activate -l "$T/admin.sock" "$DOORS" -c "$CONF" \
	    >>"$LOG" 2>&1 &
	ADMIN=$!
	own "$ADMIN"
	until_true 10 test -S "$T/admin.sock"
	verdict "it takes the socket that LISTEN_FDS announces" \
	    until_true 10 works_again
	stop "$ADMIN"
	rm -f "$T/admin.sock"
else
	skip "a socket of systemd's" "systemd-socket-activate is not installed"
fi

# Without door_user nobody is believed to be anybody: nginx would say whatever
# the client says.
status 2 "a profile that is not UTF-8 is not the default one" \
    adm apikey add --name odd --may challenge:add --profile "$(printf 'x\377')"
verdict "a record for jamf" adm apikey add --user jamf --may challenge:add
start_doors
same "the web server's word counts" "$(ask $NDES -u jamf:secret)" 200
like "where scep.conf says so" "$T/body" 'password is: <B> '
stop "$ADMIN"
sed '/^door_user/d' "$CONF" >"$CONF.none"
start_doors "$CONF.none"
same "and does not where it does not" "$(ask $NDES -u jamf:secret)" 401
stop "$ADMIN"
sed 's/^door_user.*/door_user = HTTP_X_USER/' "$CONF" >"$CONF.http"
status 78 "what a client can say is no user" "$DOORS" -c "$CONF.http"
sed "s,^door_listen.*,door_listen = unix:$T/nowhere/admin.sock," "$CONF" \
    >"$CONF.nowhere"
status 78 "a place that is not there" "$DOORS" -c "$CONF.nowhere"
like "… is door_listen's" "$T/status.out" \
    "door_listen: $T/nowhere/admin\.sock: No such file"
sed "s,^door_listen.*,door_listen = unix:$CONF," "$CONF" >"$CONF.nowhere"
status 78 "a file in the place of the socket" "$DOORS" -c "$CONF.nowhere"
like "… as well" "$T/status.out" "door_listen = unix:$CONF: exists and is no"
sed 's/^door_user.*/&\ndoor_group = nogroup/' "$CONF" >"$CONF.group"
status 78 "a group that cannot get there is an error" "$DOORS" \
    -c "$CONF.group"
sed "s,^door_user.*,&\ndoor_socket = $T/d.sock\ndoor_group = no-such-group," \
    "$CONF" >"$CONF.group"
status 78 "a group that is not there is found by check" "$ADM" \
    -c "$CONF.group" check
sed -i 's/no-such-group/nogroup/' "$CONF.group"
verdict "(one that is there is good)" "$ADM" -c "$CONF.group" check
touch "$T/d.sock"
status 78 "and so is a file in the place of door_socket" "$ADM" \
    -c "$CONF.group" check
stop "$SERVER"
stop "$SUPERVISOR"

# ---- Apache ----

port=$(free_port)
prepare "$port"
for_www
sed -i "s,^listen = .*,listen = unix:$T/scep.sock," "$CONF"
start_fcgi
until_true 10 test -S "$T/scep.sock"
admin_example apache-admin.conf
example apache-proxy.conf "$port" >/dev/null
{
	for _module in authn_core authn_file auth_basic authz_user; do
		echo "LoadModule ${_module}_module /usr/lib/apache2/modules/mod_$_module.so"
	done
	cat "$T/apache-admin.conf"
} >>"$T/apache-proxy.conf"
start_doors
chmod 666 "$T/admin.sock"
apache2 -D ALONE -D FOREGROUND -f "$T/apache-proxy.conf" \
    >>"$T/apache.log" 2>&1 &
SERVER=$!
own "$SERVER"
URL=$BASE/scep
answers "Apache"
play apache
stop "$SERVER"
stop "$ADMIN"
stop "$SUPERVISOR"

# ---- lighttpd, which starts both ----

port=$(free_port)
prepare "$port"
sed -i '/^listen/d; /^door_listen/d' "$CONF"
! www || chown -R www-data:www-data "${CONF%/*}"
example lighttpd.conf "$port" >/dev/null
cp "$DOORS" "$T/cgi/"
admin_example lighttpd-admin.conf
sed -i 's/"mod_fastcgi"/"mod_auth", "mod_authn_file", &/' "$T/lighttpd.conf"
cat "$T/lighttpd-admin.conf" >>"$T/lighttpd.conf"
lighttpd -D -f "$T/lighttpd.conf" >>"$T/lighttpd.log" 2>&1 &
SERVER=$!
own "$SERVER"
URL=$BASE/scep
answers lighttpd
play lighttpd
stop "$SERVER"

# ---- plain CGI ----

port=$(free_port)
make_ca "$T/ca.cgi" "http://127.0.0.1:$port/scep"
sed -i "s,^\[server\],&\nlisten = unix:$T/alone.sock\ndoor_user = REMOTE_USER," \
    "$CONF"
cgi() {			# USER
	env -i GATEWAY_INTERFACE=CGI/1.1 SCEP_CONF="$CONF" REMOTE_USER="$1" \
	    REQUEST_METHOD=GET SCRIPT_NAME=/cgi-bin/scep-admin.fcgi \
	    PATH_INFO=/mscep_admin/ REMOTE_ADDR=127.0.0.1 "$DOORS" \
	    >"$T/cgi.out" 2>>"$LOG" </dev/null
	sed -n 's/^Status: \(...\).*/\1/p' "$T/cgi.out"
}
same "CGI: without an owner 503" "$(cgi ann)" 503
start_fcgi
# It is there before it is listened at.
listens_at() { [ -n "$(ss -xlH src "$1")" ]; }
until_true 10 listens_at "${CONF%/*}/state/door.sock"
adm apikey add --user ann --may challenge:add >"$T/ann.out" 2>&1
same "CGI: the page" "$(cgi ann)" 200
like "CGI: with a challenge" "$T/cgi.out" 'password is: <B> '
same "CGI: not for somebody else" "$(cgi bob)" 200
like "CGI: who has no permission" "$T/cgi.out" 'sufficient permission'
same "CGI: nobody" "$(cgi "")" 401
key cgi.key --name cgi --may challenge:add --rate 1000/s
post() {		# LENGTH BODY [CONF]
	printf %s "$2" | env -i GATEWAY_INTERFACE=CGI/1.1 \
	    SCEP_CONF="${3:-$CONF}" REQUEST_METHOD=POST PATH_INFO=/challenge \
	    CONTENT_LENGTH="$1" HTTP_AUTHORIZATION="Bearer $(cat "$T/cgi.key")" \
	    "$DOORS" >"$T/cgi.out" 2>>"$LOG"
	sed -n 's/^Status: \(...\).*/\1/p' "$T/cgi.out"
}
same "CGI: a body of the length that is said" "$(post 2 '{}')" 200
same "CGI: one that is broken off is no shorter one" "$(post 9 '{}')" 400
same "CGI: nor is one of which nothing came" "$(post 9 '')" 400
like "CGI: as the log says" "$LOG" 'reason="the body is broken off"'
same "CGI: one that is too long" "$(post 50000 \
    "$(head -c 50000 /dev/zero | tr '\0' ' ')")" 413
echo "no = key" >"$T/bad.conf"
same "CGI: a configuration that cannot be used is 503" \
    "$(post 2 '{}' "$T/bad.conf")" 503
like "CGI: to come again" "$T/cgi.out" '^Retry-After: 5'
finish
