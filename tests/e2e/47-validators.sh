#!/bin/sh
# 47-validators - profiles with a validator: a program and a server that are
# asked, that say no, nothing or nonsense, that hang and that are not there.
. "$(dirname "$0")/lib.sh"

PORT=$(free_port)
make_ca "$T/pki" "http://127.0.0.1:$PORT/scep"
sed -i "s/^\[server\]/&\nworkers = 4\nrequest_timeout = 110s/" "$CONF"

# The program does what $T/how says; $T/asked has each question on a line.
mkdir "$T/v"
ASK=$T/v/ask
cat >"$ASK" <<PROGRAM
#!/bin/sh
question=\$(cat)
printf '%s\n' "\$question" >>$T/asked
case \$(printf '%s' "\$question" | jq -r .event) in
validate) how=$T/how ;;
*) how=$T/how.issued ;;
esac
case \$(cat \$how) in
allow|refuse|queue) echo "{\"decision\":\"\$(cat \$how)\",\"reason\":\"told so\"}" ;;
nonsense) echo '{"decision":"allow"} or not' ;;
status) echo '{"decision":"allow"}'; echo 'no such device' >&2; exit 3 ;;
killed) echo '{"decision":"allow"}'; kill -KILL \$\$ ;;
big) echo '{"decision":"allow","x":"'; head -c 70000 /dev/zero | tr '\0' x; echo '"}' ;;
hang) while [ ! -e $T/go ]; do sleep 0.1; done ;;
named) echo '{"decision":"allow","subject":"CN=asset-7,O=Fleet","validity":"2d"}' ;;
esac
PROGRAM
chmod 755 "$ASK"
how() { printf %s "$1" >"$T/how.new" && mv "$T/how.new" "$T/how$2"; }
how allow
how allow .issued
: >"$T/asked"
asked() { wc -l <"$T/asked"; }

WEB=$(free_port)
head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$T/v/key"
chmod 600 "$T/v/key"

# profile NAME AUTHORISE [LINES]
profile() {
	printf '\n[profile %s]\nca = main\nauthorise = %s\nextensions = client\n' \
	    "$1" "$2" >>"$CONF"
	[ -z "$3" ] || printf '%s\n' "$3" >>"$CONF"
}
profile asked "exec:$ASK" "validator_timeout = 45s"
profile both "challenge exec:$ASK"
profile queue "manual exec:$ASK" "validator_trouble = queue
validator_timeout = 45s"
profile again "challenge exec:$ASK" "validator_trouble = retry
validator_timeout = 45s"
profile confirm "exec:$ASK" "validator_confirm = yes"
profile web "http://127.0.0.1:$WEB/ask" "validator_key = $T/v/key"
profile also "exec:$ASK" "validator_timeout = 45s"
# One that always allows, and at once.
QUICK=$T/v/quick
printf '#!/bin/sh\ncat >/dev/null\necho "{\\"decision\\":\\"allow\\"}"\n' >"$QUICK"
chmod 755 "$QUICK"
profile quick "exec:$QUICK"

# ---- scepadm check ----

status 0 "a profile with a validator alone is fine" adm check
mv "$ASK" "$ASK.away"
status 78 "a program that is not there is a fault" adm check
like "… told with what mends it" "$T/status.out" "install the program"
mv "$ASK.away" "$ASK"
chmod 777 "$ASK"
status 78 "a program that anybody can change is a fault" adm check
like "… told with what mends it" "$T/status.out" "chmod go-w $ASK"
chmod 755 "$ASK"

# patience TIME: so long those that say how long may take.  Little of it is for
# those alone that hang: a busy machine is no trouble of the others.
patience() {
	sed -i "s/^validator_timeout = .*/validator_timeout = $1/" "$CONF"
	reload
}

# ---- answers ----

start_lighttpd "$PORT"

# enrol STATUS TEXT NAME PROFILE [OPTIONS]
enrol() {
	_n=$1
	_what=$2
	_cn=$3
	_p=$4
	shift 4
	status "$_n" "$_what" bot -s "/CN=$_cn" "$@" "$URL/$_p"
}

# figure NAME LABELS [PROFILE]: of a scrape.
scrape() {
	curl -s -m 30 --unix-socket "$T/pki/state/metrics.sock" \
	    http://localhost/metrics >"$T/metrics"
}
figure() {
	sed -n "s/^scep_validator_$1{profile=\"${3:-asked}\"$2} //p" \
	    "$T/metrics"
}
answers() {
	scrape
	echo "$(figure answers_total ',answer="allow"')" \
	    "$(figure answers_total ',answer="refuse"')" \
	    "$(figure answers_total ',answer="queue"')" \
	    "$(figure answers_total ',answer="trouble"')" \
	    "$(figure seconds_count)"
}

same "a scrape knows of each answer before there is any" "$(answers)" \
    "0 0 0 0 0"
enrol 0 "it allows, and there is a certificate" a-1 asked
same "a scrape tells of the permission" "$(answers)" "1 0 0 0 1"
like "it was asked about the device" "$T/asked" '"subject":"CN=a-1"'
like "… with the profile and the peer" "$T/asked" \
    '"profile":"asked".*"peer":"127.0.0.1"'
before=$(n_certs)
for answer in refuse nonsense status killed big queue; do
	how $answer
	enrol 1 "$answer: refused" "a-2" asked
done
same "a scrape tells of a refusal, of trouble and of who queues" \
    "$(answers)" "1 1 1 4 7"
verdict "a short time to think" patience 8s
how hang
before_s=$(figure seconds_sum)
fast=$(figure seconds_bucket ',le="2.000"')
enrol 1 "hang: refused, in time" "a-2" asked
id_of() { jq -r "select(.subject == \"$1\").id" "$T/asked" | tail -n 1; }
id=$(id_of CN=a-2)
logged_ms() {		# ID: of the request's line
	sed -n "s/.* id=$1 .* validator_ms=\([0-9]*\) .*/\1/p" "$T/scep.log"
}
is_logged_ms() { _ms=$(logged_ms "$1"); [ "${_ms:-0}" -ge "$2" ]; }
verdict "the log tells that it took all of its time" \
    until_true 20 is_logged_ms "$id" 8000
same "a scrape tells of the hang as trouble" "$(answers)" "1 1 1 5 8"
verdict "… that took until the deadline" awk \
    "BEGIN { exit !($(figure seconds_sum) - $before_s >= 8) }"
same "… which is not among the fast ones" \
    "$(figure seconds_bucket ',le="2.000"')" "$fast"
verdict "a longer time to think" patience 45s
mv "$ASK" "$ASK.away"
enrol 1 "no program: refused" "a-2" asked
mv "$ASK.away" "$ASK"
chmod 777 "$ASK"
enrol 1 "a program that anybody can change: refused" "a-2" asked
chmod 755 "$ASK"
same "nothing was issued by any of them" "$(n_certs)" "$before"
how allow
enrol 0 "the control: the same device, and it allows" a-2 asked -k "$T/a.key"

how named
enrol 0 "it may give another name, and a shorter life" a-3 asked \
    -o "$T/named.pem"
same "… which are the certificate's" "$(openssl x509 -in "$T/named.pem" \
    -noout -subject -nameopt RFC2253)" "subject=O=Fleet,CN=asset-7"
status 0 "… of two days" openssl x509 -in "$T/named.pem" -checkend 172000
status 1 "… and no more" openssl x509 -in "$T/named.pem" -checkend 173000

# ---- what is told ----

how refuse
enrol 1 "refused, to be explained" a-4 asked
id=$(id_of CN=a-4)
adm explain "$id" >"$T/explain"
like "scepadm explain says what it said" "$T/explain" \
    "validator reason +told so"
like "… and how long that took" "$T/explain" "validator ms +[0-9]+$"
like "… and which rule decided" "$T/explain" "validator +FAIL"
comes "the log has it in the request's line" "$T/scep.log" \
    "id=$id .*refused by the validator \(told so\)"
unlike "the client is not told" "$T/status.out" "told so"

# ---- with a challenge ----

how allow
n=$(asked)
enrol 1 "no challenge: refused" b-1 both
printf 'no-such-challenge\n' >"$T/c"
enrol 1 "a wrong challenge: refused" b-1 both -C "$T/c"
same "… and it was not asked" "$(asked)" "$n"
challenge "$T/c" --profile both
how refuse
enrol 1 "a right one, and it refuses" b-1 both -C "$T/c"
how allow
enrol 0 "a right one, and it allows" b-1 both -C "$T/c"
enrol 1 "… once" b-2 both -C "$T/c"

# The same secret four times at once.
challenge "$T/c" --profile both
for i in 1 2 3 4; do cat "$T/c"; done >"$T/c4"
before=$(n_certs)
bot -C "$T/c4" -s "/CN=b-3-%d" -n 4 -j 4 "$URL/both" >"$T/b3"
same "one secret four times at once: one certificate" \
    "$(grep -c granted "$T/b3") $(($(n_certs) - before))" "1 1"

# ---- operators ----

how queue
enrol 3 "it leaves one to the operator" q-1 queue -k "$T/q1.key"
adm request list --json >"$T/list"
id=$(jq -r '.[0].id' "$T/list")
same "… who is told why" "$(jq -r '.[0].why' "$T/list")" \
    "validator: queue, told so"
verdict "… and approves it" adm request approve "$id"
enrol 0 "… and a poll fetches it" q-1 queue -k "$T/q1.key" -P
verdict "a short time to think" patience 8s
how hang
enrol 3 "trouble is the operator's, where the profile says so" q-2 queue

# ---- to come again ----

adm challenge add --cn r-1 --profile again >"$T/r1.challenge"
before=$(n_certs)
enrol 4 "trouble: the device is to come again, where the profile says so" \
    r-1 again -k "$T/r1.key" -t r-1 -C "$T/r1.challenge"
like "… by HTTP 503" "$T/status.out" "503"
same "… and nothing is issued" "$(n_certs)" "$before"
verdict "… the log says how long it was waited for" until_true 20 \
    is_logged_ms "$(id_of CN=r-1)" 8000
like "… and what came of it" "$T/scep.log" \
    "profile=again .*no answer of the validator"
verdict "a longer time to think" patience 45s
how refuse
enrol 1 "… a refusal is a refusal" r-1 again -k "$T/r1.key" -t r-2 \
    -C "$T/r1.challenge"
how allow
enrol 0 "… it comes again, and its challenge was not used up" r-1 again \
    -k "$T/r1.key" -t r-1 -C "$T/r1.challenge"

# ---- before it leaves ----

how allow
how refuse .issued
before=$(n_certs)
enrol 4 "issued, and not confirmed: nothing leaves" f-1 confirm \
    -k "$T/f1.key" -t f1
like "… it is HTTP 503" "$T/status.out" "503"
same "… but it is stored" "$(n_certs)" $((before + 1))
adm cert list --subject 'CN=f-1' --json >"$T/list"
same "… as what it is" "$(jq -r '.[0].state' "$T/list")" unconfirmed
status 0 "it is among those that are revoked" adm cert revoke --dry-run \
    --subject 'CN=f-1'
like "… although it is not valid yet" "$T/status.out" 'would be revoked'
enrol 4 "asked again, the answer is the same" f-1 confirm -k "$T/f1.key" -t f1
how allow .issued
n=$(asked)
enrol 0 "… until it is confirmed" f-1 confirm -k "$T/f1.key" -t f1
same "… for which it was asked once" "$(($(asked) - n))" 1
same "there is one certificate" "$(n_certs)" $((before + 1))
adm cert list --subject 'CN=f-1' --json >"$T/list"
same "… and it is valid" "$(jq -r '.[0].state' "$T/list")" valid

# ---- HTTP ----

cat >"$T/web.py" <<'PYTHON'
import hashlib, hmac, http.server, json, sys, time
key = open(sys.argv[2], "rb").read()

class Ask(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        said = dict(p.split("=", 1) for p in
                    self.headers["Scep-Signature"].split(","))
        want = hmac.new(key, said["t"].encode() + b"." + body,
                        hashlib.sha256).hexdigest()
        good = hmac.compare_digest(want, said["v1"]) and \
            abs(time.time() - int(said["t"])) < 300
        name = json.loads(body).get("subject")
        answer = json.dumps({"decision":
            "allow" if good and name != "CN=w-no" else "refuse"}).encode()
        self.send_response(201 if name == "CN=w-201" else 200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
    def log_message(self, *_):
        pass

http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])),
                                Ask).serve_forever()
PYTHON
before=$(n_certs)
enrol 1 "a server that is not there: refused" w-1 web
same "… and nothing is issued" "$(n_certs)" "$before"
python3 "$T/web.py" "$WEB" "$T/v/key" >"$T/web.log" 2>&1 &
WEBPID=$!
own $WEBPID
until_true 30 sh -c "curl -s -m 2 -d {} -H 'Scep-Signature: t=1,v1=x' \
    http://127.0.0.1:$WEB/ask -o /dev/null"
enrol 0 "a server that knows us by our key allows" w-1 web
enrol 1 "… and refuses" w-no web
enrol 1 "another status than 200 is no permission" w-201 web
stop $WEBPID
enrol 1 "it ends: refused" w-2 web

# ---- one that hangs ----

# Four workers: two may wait.  Six ask at once, and others meanwhile.  How many
# may is by the workers that the owner of the state knows by then.
has_workers() {
	scrape
	grep -q "^scep_workers $1\$" "$T/metrics"
}
is_asked() { [ "$(($(asked) - n))" -eq "$1" ]; }
verdict "there are four workers" until_true 20 has_workers 4
challenge "$T/c20" --count 20
how hang
n=$(asked)
bot -s "/CN=h-%d" -n 6 -j 6 "$URL/asked" >"$T/h6" &
hanging=$!
own $hanging
too_many() { [ "$(grep -c 'error.*503' "$T/h6")" -ge 4 ]; }
until_true 40 too_many
same "beyond half of the workers it is HTTP 503" \
    "$(grep -c 'error.*503' "$T/h6")" 4
bot -C "$T/c20" -s "/CN=other-%d" -n 20 -j 2 -k "$T/a.key" "$URL" >"$T/o20"
verdict "two of it wait still" kill -0 $hanging
scrape
same "a scrape tells who waits, how many may, and who was too many" \
    "$(figure waiting) $(figure max_waiting) $(figure turned_away_total \
    ',limit="max_waiting"')" "2 2 4"
if command -v promtool >/dev/null; then
	same "promtool has no remark on it" \
	    "$(promtool check metrics <"$T/metrics" 2>&1)" ""
else
	not_ok "promtool is installed"
fi
same "meanwhile another profile's twenty are all served" \
    "$(grep -c granted "$T/o20")" 20
until_true 20 is_asked 2
same "… and only two were asked about" "$(($(asked) - n))" 2
# That one is refused in time is shown above.
: >"$T/go"
wait $hanging
rm "$T/go"
same "those that waited are refused in the end" \
    "$(grep -c refused "$T/h6")" 2
scrape
same "… and a scrape tells that nobody waits" "$(figure waiting)" 0
# The four with one secret may have been too many, too.
n_too_many() {
	grep 'profile=asked .*error.*max_waiting' "$T/scep.log" >"$T/too_many"
	[ "$(wc -l <"$T/too_many")" -ge 4 ]
}
until_true 20 n_too_many
same "the log has no such time for those that were too many" \
    "$(wc -l <"$T/too_many") $(grep -c validator_ms "$T/too_many")" "4 0"
how allow
enrol 0 "and then it serves again" h-9 asked

# ---- several that hang ----

# Two of the four wait for one, a retry behind the first; one for another: the
# last one does not.
verdict "there are four workers still" until_true 20 has_workers 4
challenge "$T/c5" --count 5
how hang
n=$(asked)
for i in 1 2; do
	bot -s "/CN=l-1" -k "$T/a.key" -t l-1 "$URL/asked" >"$T/l$i" &
	own $!
	eval "first$i=\$!"
done
waits() {		# PROFILE N
	scrape
	[ "$(figure waiting "" "$1")" = "$2" ]
}
verdict "one waits, and its retry behind it" until_true 20 waits asked 2
bot -s "/CN=l-2" "$URL/also" >"$T/l3" &
third=$!
own $third
verdict "another profile's does, too" until_true 20 waits also 1
sleep 3
enrol 4 "the last worker does not wait for a validator that hangs" l-3 also
like "… it is HTTP 503" "$T/status.out" "503"
comes "… the log says what is wrong, and what mends it" "$T/scep.log" \
    "profile=also .*validator of profile also is slow, and 3 .*raise workers"
bot -C "$T/c5" -s "/CN=l-o-%d" -n 5 -j 2 -k "$T/a.key" "$URL" >"$T/o5"
same "meanwhile a profile without a validator serves" \
    "$(grep -c granted "$T/o5")" 5
enrol 0 "… one whose validator is quick does" l-4 quick
same "… and who asks for GetCACaps has them" "$(curl -s -m 30 -o "$T/caps" \
    -w '%{http_code}' "$URL/also?operation=GetCACaps")" 200
scrape
same "a scrape tells who waits, and who did not get the last worker" \
    "$(figure waiting) $(figure waiting "" also) $(figure turned_away_total \
    ',limit="workers"' also) $(figure turned_away_total \
    ',limit="max_waiting"' also)" "2 1 1 0"
verdict "the three wait still" kill -0 "$first1" "$first2" $third
until_true 20 is_asked 2
same "… and two were asked about" "$(($(asked) - n))" 2
: >"$T/go"
wait "$first1" "$first2" $third
rm "$T/go"
how allow
enrol 0 "and then it serves again" l-3 also

sed -i 's/^\[server\]/&\nlog_format = json/' "$CONF"
verdict "the log as JSON" reload
enrol 0 "a request, for its line" h-10 asked
id=$(id_of CN=h-10)
until_true 20 grep -q "\"id\":\"$id\"" "$T/scep.log"
same "… in which the time is a number" "$(grep "\"id\":\"$id\"" \
    "$T/scep.log" | jq -r '.validator_ms | type')" number
sed -i '/^log_format/d' "$CONF"

# ---- plain CGI: a run that owns the state asks, too ----

stop "$SERVER"
mkdir "$T/cgi"
cp "$FCGI" "$T/cgi/scep.fcgi"
port=$(free_port)
cat >"$T/cgi.conf" <<CONFIG
server.modules = ( "mod_cgi", "mod_setenv" )
server.document-root = "$T/cgi"
server.bind = "127.0.0.1"
server.port = $port
server.errorlog = "$T/cgi.log"
server.breakagelog = "$T/scep.log"
cgi.assign = ( ".fcgi" => "" )
setenv.set-environment = ( "SCEP_CONF" => "$CONF" )
CONFIG
lighttpd -D -f "$T/cgi.conf" >>"$T/cgi.log" 2>&1 &
SERVER=$!
own $SERVER
URL=http://127.0.0.1:$port/scep.fcgi
until_true 30 caps_ok "$URL"
how allow
enrol 0 "plain CGI: it allows" c-1 asked
how refuse
enrol 1 "plain CGI: it refuses" c-2 asked
how allow
how nonsense .issued
enrol 4 "plain CGI: issued, and not confirmed" c-3 confirm -k "$T/f1.key" -t c3
how allow .issued
enrol 0 "plain CGI: and then it is" c-3 confirm -k "$T/f1.key" -t c3

# ---- it cannot start ----

stop "$SERVER"
profile nobody "" ""
sed -i 's/^authorise = $/validity = 1d/' "$CONF"
status 78 "a profile with no way in at all: nothing starts" "$FCGI" -c "$CONF"
finish
