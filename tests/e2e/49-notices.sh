#!/bin/sh
# 49-notices - what happens is told to programs and servers: that fail at
# first, that hang, and while the server is killed, reloaded and restored.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/e2e/servers.sh"

port=$(free_port)
make_ca "$T/ca" "http://127.0.0.1:$port/scep"
mkdir "$T/bin"
chmod 755 "$T/bin"

# ---- who is told ----

# A program: what it is told goes into told, when it was called into calls.
# While the file is there: fail, it fails; hang, it hangs.  kill: it kills the
# process that runs it, once, when it has been told.
cat >"$T/bin/tell" <<TELL
#!/bin/sh
date +%s%N >>"$T/calls"
[ ! -e "$T/fail" ] || { echo "not today" >&2; exit 3; }
[ ! -e "$T/hang" ] || exec sleep 300
printf '%s\n' "\$(cat)" >>"$T/told"
[ ! -e "$T/kill" ] || { rm "$T/kill"; kill -KILL \$PPID; }
TELL
chmod 755 "$T/bin/tell"

# full: it fills the disk, and waits until that is known.
cat >>"$T/bin/tell" <<TELL
[ ! -e "$T/full" ] || {
	rm "$T/full"
	dd if=/dev/zero of="$T/small/ballast" bs=1M 2>/dev/null
	sleep 3
}
TELL

# … and a server.
(umask 077; openssl rand -hex 32 >"$T/ca/notify.key")
# At no time is there half a word.
mode() { echo "$1" >"$T/mode.new" && mv "$T/mode.new" "$T/mode"; }
mode 500
python3 -W ignore "$ROOT/tests/notice-server.py" "$T/mode" \
    "$T/ca/notify.key" >"$T/server.log" 2>&1 &
own $!
until_true 20 grep -q '^[0-9]*$' "$T/server.log" || {
	not_ok "notice-server.py starts"
	exit 1
}
HOOK=http://127.0.0.1:$(head -n 1 "$T/server.log")/notices

sed -i "s,^\[profile default\],&\nnotify = exec:$T/bin/tell\nnotify_timeout = 60s," \
    "$CONF"
sed -i "s,^\[profile manual\],&\nnotify = $HOOK\nnotify_key = $T/ca/notify.key\nnotify_on = issued queued refused expired revoked," \
    "$CONF"
start_nginx "$port"

# enrol NAME [OPTIONS]: granted at once, by a challenge.
enrol() {
	_name=$1
	shift
	challenge "$T/c" --cn "$_name"
	bot -C "$T/c" -s "/CN=$_name" "$@" "$URL" >"$T/$_name.out" 2>&1
	grep -q '^0 granted' "$T/$_name.out"
}
told() { jq -r "$1" "$T/told" 2>/dev/null; }	# JQ
n_told() { told .id | sort -u | grep -c .; }
is_told() { [ "$(n_told)" -eq "$1" ]; }
waiting() { adm notice list --json | jq "length"; }
n_waiting() { [ "$(waiting)" -eq "$1" ]; }
tries() { adm notice list --json | jq -r '[.[].tries] | add'; }
is_tried() { [ "$(tries)" -ge "$1" ]; }
: >"$T/told"

# ---- a program ----

verdict "a device enrols" enrol one -k "$T/one.key"
verdict "the program is told" until_true 20 is_told 1
same "of what" "$(told '"\(.version) \(.event) \(.profile) \(.subject)"')" \
    "1 issued default CN=one"
same "with the serial" "$(told .serial | tr a-f A-F)" \
    "$(serial_of "$T/one.out")"
told .certificate | base64 -d >"$T/one.der"
same "and the certificate" "$(openssl x509 -inform DER -in "$T/one.der" \
    -noout -serial)" "serial=$(serial_of "$T/one.out")"
unlike "nothing of the challenge" "$T/told" "$(cut -c12- "$T/c")"
verdict "nothing waits any more" until_true 20 n_waiting 0

: >"$T/fail"
: >"$T/calls"
# One has failed before the others come, or they are told at the same time.
enrol n2
until_true 20 is_tried 1
for n in 3 4; do enrol "n$n"; done
verdict "a receiver that fails is called again" until_true 30 is_tried 4
adm notice list >"$T/list"
like "the list says why" "$T/list" "failing .*not today"
id=$(adm notice list --json | jq -r '.[0].id')
adm notice show "$id" >"$T/show"
like "and each notice does" "$T/show" "^error .*not today"
adm notice show --json "$id" >"$T/show.json"
same "what is told is shown" "$(jq -r '.body.event' "$T/show.json")" issued
comes "the log says it, too" "$T/scep.log" \
    'notice .* of profile default is not delivered: .*not today'
figure() {		# NAME{LABELS}
	curl -s -m 30 --unix-socket "$T/ca/state/metrics.sock" \
	    http://localhost/metrics | sed -n "s/^$1 //p"
}
WAITING='scep_notices_waiting{kind="other"}'
OLDEST='scep_notices_oldest_seconds{kind="other"}'
IN_VAIN='scep_notice_deliveries_total{profile="default",result="failed"}'
age=$(($(date +%s) - $(date -d "$(adm notice list --json |
    jq -r 'map(.created) | min')" +%s)))
same "a scrape tells how many wait" "$(figure "$WAITING")" 3
verdict "… for how long" [ "$(figure "$OLDEST")" -ge "$age" ]
failed_4() { [ "$(figure "$IN_VAIN")" -ge 4 ]; }
verdict "… and how many tries have failed" until_true 20 failed_4
# The pauses are 1 s, 2 s, and 4 s or by chance 3 s, in whole seconds: a busy
# machine makes them longer, and nothing makes them shorter.
same "it is called less and less" "$(awk '{ t[NR] = $1 }
    END { if (NR >= 4 && t[3] - t[2] > 1e9 && t[4] - t[3] > 2e9)
	print "yes" }' "$T/calls")" yes
adm notice list --json | jq -r '.[].id' | sort >"$T/ids"
rm "$T/fail"
status 0 "the operator has it tried at once" adm notice retry --all
verdict "then all is told" until_true 60 is_told 4
verdict "and nothing waits" until_true 20 n_waiting 0
same "nor is anything old" "$(figure "$WAITING") $(figure "$OLDEST")" "0 0"
same "under the ids that it had" "$(told .id | sort -u | comm -12 - "$T/ids" |
    grep -c .)" 3
same "and once" "$(told .id | sort | uniq -d)" ""
comes "the log says that, too" "$T/scep.log" \
    'notices of profile default are delivered again'

# ---- a server ----

bot -s /CN=queued -k "$T/queued.key" "$URL/manual" >"$T/queued.out" 2>&1
called_twice() {
	[ "$(grep -c '^500 .* queued signed' "$T/server.log")" -ge 2 ]
}
verdict "a server that answers 500 is called again" until_true 30 \
    called_twice
verdict "and what it was told waits" until_true 20 n_waiting 1
comes "it says that a notice failed" "$T/scep.log" \
    'profile manual is not delivered: .*HTTP 500'
mode ok
adm notice retry --profile manual >/dev/null
verdict "when it answers 200 it is told" until_true 20 \
    grep -q '^200 .* queued signed' "$T/server.log"
same "under the same id" \
    "$(grep queued "$T/server.log" | cut -d' ' -f2 | sort -u | grep -c .)" 1
request=$(adm request list --json | jq -r '.[0].id')
adm request approve "$request" >/dev/null
verdict "an approval is told as a certificate" until_true 20 \
    grep -q '^200 .* issued signed' "$T/server.log"
until_true 20 n_waiting 0
mode 204
bot -s /CN=refused -k "$T/r.key" "$URL/manual" >/dev/null 2>&1
adm request refuse --reason no \
    "$(adm request list --json | jq -r '.[0].id')" >/dev/null
verdict "and so is an operator's refusal" until_true 20 \
    grep -q '^204 .* refused signed' "$T/server.log"
verdict "204 is as good as 200" until_true 20 n_waiting 0
mode ok
echo wrong >"$T/wrong"
before=$(grep -c '^200 .* refused' "$T/server.log")
bot -C "$T/wrong" -s /CN=x -n 3 "$URL/manual" >/dev/null 2>&1
told_of_refusals() {
	[ "$(grep -c '^200 .* refused' "$T/server.log")" -gt "$before" ]
}
verdict "refusals of requests are told where that is wanted" \
    until_true 20 told_of_refusals
serial=$(adm cert list --json --profile manual | jq -r '.[0].serial')
adm cert revoke --reason superseded "$serial" >/dev/null
verdict "a revocation is told" until_true 20 \
    grep -q '^200 .* revoked signed' "$T/server.log"
unlike "and every request is signed" "$T/server.log" unsigned

# ---- one that hangs ----

: >"$T/hang"
for n in 5 6 7 8 9 10; do enrol "n$n"; done
issued=$(grep -c '^200 .* issued' "$T/server.log")
bot -s /CN=other -k "$T/other.key" "$URL/manual" >/dev/null 2>&1
adm request approve "$(adm request list --json | jq -r '.[0].id')" >/dev/null
other_is_told() {
	[ "$(grep -c '^200 .* issued' "$T/server.log")" -gt "$issued" ]
}
verdict "a receiver that hangs keeps no other waiting" until_true 20 \
    other_is_told
verdict "a reload does not wait for it" timeout 50 "$ADM" -c "$CONF" reload
ca=$(ca_of "$SUPERVISOR")
kill "$SUPERVISOR"
verdict "neither does the end" until_true 20 gone_or_zombie "$SUPERVISOR"
wait "$SUPERVISOR"
same "which is one in order" $? 0
rm "$T/hang"
start_fcgi
verdict "what it had is told at the next start" until_true 60 is_told 10
verdict "and nothing waits behind it" until_true 20 n_waiting 0

# ---- kill -9 ----

kill_all() {
	_all="$SUPERVISOR $(descendants "$SUPERVISOR")"
	kill -KILL $_all 2>/dev/null
	wait "$SUPERVISOR" 2>/dev/null
	for _one in $_all; do until_true 20 gone_or_zombie "$_one"; done
}
: >"$T/fail"
enrol n11
verdict "a notice waits" until_true 20 n_waiting 1
id=$(adm notice list --json | jq -r '.[0].id')
kill_all
rm "$T/fail"
start_fcgi
verdict "killed before the delivery: told at the next start" \
    until_true 60 is_told 11
same "under its id" "$(told .id | grep -c "$id")" 1
until_true 20 n_waiting 0

: >"$T/kill"
ca=$(ca_of "$SUPERVISOR")
enrol n12 -w 60
verdict "killed when it was told, and before it was forgotten" \
    until_true 20 gone_or_zombie "$ca"
twice() { [ "$(told .id | sort | uniq -d | grep -c .)" -eq "$1" ]; }
verdict "told again by the next process, under the same id" \
    until_true 60 twice 1
until_true 20 n_waiting 0
same "which is the only one" "$(n_told)" 12

# ---- the operator drops ----

: >"$T/fail"
enrol n13 -w 60
until_true 20 n_waiting 1
status 2 "nothing is dropped by a slip" adm notice drop
status 2 "… nor all, for one that is not UTF-8" \
    adm notice drop "$(printf 'x\377')"
status 2 "… nor all, for such a profile" \
    adm notice drop --profile "$(printf 'x\377')"
adm notice drop --all >"$T/drop"
like "what the operator drops" "$T/drop" '^1 notices are dropped$'
same "is gone" "$(waiting)" 0
like "and in the issue log" "$T/ca/state/issue.log" \
    'event=notices-dropped .*by="uid '
status 3 "and is not found any more" adm notice show "$id"

# ---- too many ----

sed -i "s/^\[server\]/&\nmax_notices = 100/" "$CONF"
reload >/dev/null
adm challenge add --count 110 >"$T/many" 2>/dev/null
bot -K -t random -C "$T/many" -s /CN=many-%d -n 110 -j 4 "$URL" \
    >"$T/many.out" 2>&1
same "more than may wait are issued all the same" \
    "$(grep -c granted "$T/many.out")" 110
# Whoever counts them sees none of those that are being written: of four at
# once there may be as many more.
many=$(waiting)
verdict "100 of them will be told of" [ "$many" -ge 100 ]
verdict "… and no more than were being written when they were counted" \
    [ "$many" -le 104 ]
verdict "the log says how many will not" until_true 20 \
    grep -q 'notices are dropped, the first one of profile default' \
    "$T/scep.log"

# ---- backup ----

status 0 "a backup" adm backup "$T/backup"
adm notice list --json | jq -r '.[].id' | sort >"$T/ids"
kill "$SUPERVISOR"
wait "$SUPERVISOR"
mv "$T/ca" "$T/was"
status 0 "is restored" "$ADM" restore --dir "$T/ca" "$T/backup"
sed -i "s,^listen = .*,listen = unix:$T/scep.sock," "$CONF"
same "with what waited" "$(adm notice list --json | jq -r '.[].id' | sort |
    cmp - "$T/ids" && echo same)" same
rm "$T/fail"
: >"$T/told"
start_fcgi
verdict "which is told there" until_true 120 is_told "$many"
same "under the ids that it had" \
    "$(told .id | sort -u | cmp - "$T/ids" && echo same)" same

# ---- plain CGI ----

kill "$SUPERVISOR"
wait "$SUPERVISOR"
start_lighttpd_cgi "$(free_port)"
verdict "CGI answers" until_true 20 caps_ok "$URL"
: >"$T/told"
verdict "a device enrols by CGI" enrol cgi
verdict "the run tells of it when the answer is out" until_true 20 is_told 1
verdict "and it is forgotten" until_true 20 n_waiting 0
: >"$T/fail"
enrol cgi2
is_kept() { [ "$(tries)" = 1 ]; }
verdict "what fails waits" until_true 20 is_kept
rm "$T/fail"
sleep 2
enrol cgi3
verdict "for a run after that" until_true 20 is_told 3
verdict "nothing is left" until_true 20 n_waiting 0
stop "$SERVER"
URL=http://127.0.0.1:$port/scep

# ---- a row that is damaged ----

# damage FILE ID: a notice, at the first octet of what it says.
damage() {
	db5.3_dump "$1" >"$T/dump" 2>/dev/null
	awk -v "key=$(printf %s "$2" | od -An -tx1 | tr -d ' \n')" '
	    hit { $0 = substr($0, 1, 19) "cf" substr($0, 22); n++ }
	    { hit = /^ / && length($0) == length(key) + 3 &&
		substr($0, 4) == key; print }
	    END { exit n != 1 }' "$T/dump" >"$T/damaged" || return 1
	rm "$1" && db5.3_load -f "$T/damaged" "$1" && chmod 600 "$1"
}
make_ca "$T/odd" "http://127.0.0.1:$port/scep"
sed -i "s,^\[profile default\],&\nnotify = exec:$T/bin/tell," "$CONF"
sed -i "s,^\[server\],&\nlisten = unix:$T/scep.sock," "$CONF"
: >"$T/told"
: >"$T/fail"
start_fcgi
for n in 1 2 3; do enrol "odd$n" -w 60; done
id=$(adm notice list --json | jq -r '.[] | select(.subject == "CN=odd2").id')
stop "$SUPERVISOR"
rm "$T/fail"
verdict "one of three is damaged" damage "$T/odd/state/db/meta.db" "$id"
: >"$T/scep.log"
start_fcgi
verdict "the others are told" until_true 60 is_told 2
same "each once" "$(told .subject | sort | tr '\n' ' ')" "CN=odd1 CN=odd3 "
verdict "the log says which one is not, and what to do" until_true 20 \
    grep -q "level=error .*notice $id cannot be read.*notice drop" \
    "$T/scep.log"
adm notice list >"$T/list"
like "it is listed as what it is" "$T/list" "^$id .* damaged "
status 1 "it is not tried again" adm notice retry "$id"
sleep 6				# tending
same "it stays" "$(waiting)" 1
same "the log says it once" "$(grep -c "notice $id .*is set aside" \
    "$T/scep.log")" 1
stop "$SUPERVISOR"
status 0 "the server could start" adm check --store
adm check --store >"$T/check"
like "check names it, too" "$T/check" "^warning: store: .*$id.*notice drop"
start_fcgi
status 0 "an operator drops it" adm notice drop "$id"
same "and it is gone" "$(waiting)" 0
enrol odd4 -w 60
verdict "what comes is told" until_true 20 is_told 3
stop "$SUPERVISOR"
adm check --store >"$T/check"
unlike "check finds nothing" "$T/check" "cannot be read"

# ---- a full disk ----

mkdir "$T/small"
if [ "$(id -u)" -eq 0 ] &&
    mount -t tmpfs -o size=100m small "$T/small" 2>/dev/null; then
	make_ca "$T/small/ca" "http://127.0.0.1:$port/scep"
	sed -i "s,^\[profile default\],&\nnotify = exec:$T/bin/tell," "$CONF"
	sed -i "s,^\[server\],&\nlisten = unix:$T/scep.sock\nreserve = 32m," \
	    "$CONF"
	: >"$T/told"
	: >"$T/full"
	start_fcgi
	verdict "a device enrols, and the disk is full then" enrol small -w 60
	verdict "what is told cannot be forgotten" until_true 30 \
	    grep -q 'is delivered, and cannot be forgotten' "$T/scep.log"
	sleep 3
	same "it is not told again and again" "$(told .id | grep -c .)" 1
	rm "$T/small/ballast"
	verdict "and forgotten when there is room" until_true 20 n_waiting 0
	same "told once" "$(told .id | grep -c .)" 1
	stop "$SUPERVISOR"
	umount -l "$T/small"
else
	skip "a disk without room" "no tmpfs can be mounted"
fi

finish
