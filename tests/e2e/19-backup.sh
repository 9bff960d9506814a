#!/bin/sh
# 19-backup - backups under load, and what stands up again from them.
. "$(dirname "$0")/lib.sh"

# While $T/slow is there, each fsync of scep.fcgi takes 0.6 s: those of a
# backup's files, not those of commits, which are fdatasyncs.  While
# $T/slow.hold is, those of a backup's databases take until it is gone.
cat >"$T/slow.c" <<'SLOW'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int
is_copied_db(int fd)
{
	char	 name[64], path[4096] = "";

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	return readlink(name, path, sizeof(path) - 1) > 0 &&
	    strstr(path, "/db/") != NULL && strstr(path, "/ca/state/") == NULL;
}

int
fsync(int fd)
{
	const struct timespec	 wait = { 0, 600000000L };
	const struct timespec	 step = { 0, 20000000L };
	const char		*file = getenv("SLOW_FSYNC");
	char			 hold[4096];
	int			 (*real)(int);

	if (file != NULL && access(file, F_OK) == 0)
		nanosleep(&wait, NULL);
	snprintf(hold, sizeof(hold), "%s.hold", file != NULL ? file : "");
	while (file != NULL && is_copied_db(fd) && access(hold, F_OK) == 0)
		nanosleep(&step, NULL);
	*(void **)&real = dlsym(RTLD_NEXT, "fsync");
	return real(fd);
}
SLOW
cc -shared -fPIC -o "$T/slow.so" "$T/slow.c" -ldl || exit 2

start_fcgi() {
	LD_PRELOAD=$T/slow.so SLOW_FSYNC=$T/slow \
	    "$FCGI" -c "$CONF" >>"$T/scep.log" 2>&1 &
	SUPERVISOR=$!
	own "$SUPERVISOR"
}

port=$(free_port)
make_ca "$T/ca" "http://127.0.0.1:$port/scep"
LIVE=$CONF
start_nginx "$port"

serials() {		# CONF
	"$ADM" -c "$1" cert list --json | jq -r '.[].serial | ascii_upcase' |
	    sort
}
# A line that is being written may end within the serial.
acked() { sed -n 's/^[0-9]* granted \([0-9A-F]*\) .*/\1/p' "$@" | sort; }

# ---- load ----

load() {		# NUMBER
	_round=0
	while [ -e "$T/load" ]; do
		_round=$((_round + 1))
		adm challenge add --count 30 --ttl 2h >"$T/load.$1" \
		    2>/dev/null || { sleep 0.1; continue; }
		bot -K -t random -C "$T/load.$1" -s "/CN=load-$1-$_round-%d" \
		    -n 30 -j 3 -w 60 "$URL" >>"$T/acks.$1" 2>>"$T/bot.err"
	done
}

: >"$T/load"
for n in 1 2; do
	: >"$T/acks.$n"
	load "$n" &
	eval "load_$n=\$!"
	own $!
done
going_on() { [ "$(cat "$T"/acks.* | grep -c granted)" -gt "$1" ]; }
until_true 60 going_on 0

# What was acknowledged while there was no manifest yet.
watch() {		# BACKUP
	while [ ! -e "$1/manifest.json" ]; do
		cat "$T"/acks.* >"$T/snap.new"
		[ -e "$1/manifest.json" ] || mv "$T/snap.new" "$T/snap"
	done
}

# Where enrolments would wait for its disk for more than 3 s, and so where this
# machine stands still for that long, a backup is given up; again, then.
backup() {		# DIR
	for _ in 1 2 3 4 5; do
		adm backup "$1" >"$T/backup.out" 2>&1 && return
		cat "$T/backup.out"
		grep -q 'its disk is too slow' "$T/backup.out" || break
	done
	return 1
}

for n in 1 2 3; do
	sleep 0.5
	[ "$n" -lt 3 ] || until_true 60 going_on 40
	bk=$T/bk.$n
	: >"$T/snap"
	watch "$bk" &
	watcher=$!
	own "$watcher"
	until_true 60 test -s "$T/snap"
	verdict "backup $n is made while devices enrol" backup "$bk"
	until_true 30 gone_or_zombie "$watcher"
	acked "$T/snap" >"$T/acked.$n"
	verdict "backup $n restores" "$ADM" restore --dir "$T/new.$n" "$bk"
	serials "$T/new.$n/scep.conf" >"$T/restored.$n"
	same "what was acknowledged before backup $n ended is in it" \
	    "$(comm -23 "$T/acked.$n" "$T/restored.$n" | wc -l)" 0
	# No more and no less than the log had when it ended.
	last=$(jq .log_seq "$bk/manifest.json")
	awk -v last="$last" '$1 <= last' "$T/ca/state/issue.log" |
	    sed -n 's/.* event=issued .* serial=\([0-9a-f]*\) .*/\1/p' |
	    tr a-f A-F | sort >"$T/logged.$n"
	verdict "and it is just what its last log entry says" \
	    cmp "$T/logged.$n" "$T/restored.$n"
	verdict "log verify agrees with it" "$ADM" -c \
	    "$T/new.$n/scep.conf" log verify
	bad=0
	for f in "$T/new.$n"/state/db/*.db; do
		db5.3_verify -q "$f" || bad=$((bad + 1))
	done
	same "db5.3_verify finds nothing" "$bad" 0
	verdict "check finds nothing" "$ADM" -c "$T/new.$n/scep.conf" check
	note "backup $n: $(wc -l <"$T/acked.$n") acknowledged," \
	    "$(wc -l <"$T/restored.$n") in it"
done
same "enough was going on" "$([ "$(wc -l <"$T/acked.3")" -gt 20 ] &&
    echo yes)" yes
verdict "log verify while the server appends" adm log verify
rm "$T/load"
until_true 120 gone_or_zombie "$load_1"
until_true 120 gone_or_zombie "$load_2"
same "no device was refused meanwhile" \
    "$(cat "$T"/acks.* | grep -c -v granted)" 0

same "a backup is for its owner alone" \
    "$(find "$T/bk.1" -type d ! -perm 700 -o -type f ! -perm 600 | wc -l)" 0
same "so is a restored state" "$(find "$T/new.1/state" \
    -type d ! -perm 700 -o -type f ! -perm 600 | wc -l)" 0
verdict "every file is what the manifest says" sh -c "cd '$T/bk.1' &&
    jq -r '.files[] | .sha256 + \"  \" + .place' manifest.json |
    sha256sum -c --quiet"
like "the issue log tells of the backup" "$T/ca/state/issue.log" \
    "event=backup .*dir=$T/bk.1"

# ---- where no backup goes ----

status 1 "not into a directory that holds one" adm backup "$T/bk.1"
like "which is said" "$T/status.out" 'not empty'
status 1 "not into the state directory" adm backup "$T/ca/state/bk"
ln -s "$T/ca/state" "$T/link"
status 1 "not through a link either" adm backup "$T/link/bk"
status 78 "not below a directory that is not there" adm backup "$T/no/bk"
mkdir "$T/empty"
chmod 755 "$T/empty"
status 0 "into an empty directory" adm backup "$T/empty"
same "which is closed to others" "$(stat -c %a "$T/empty")" 700
if [ "$(id -u)" -eq 0 ] && mkdir "$T/small" &&
    mount -t tmpfs -o size=2m small "$T/small" 2>/dev/null; then
	status 75 "not onto a disk without room" adm backup "$T/small/bk"
	like "which is said" "$T/status.out" 'no space'
	same "nothing is left of it" "$(ls "$T/small")" ""
	umount "$T/small"
else
	skip "a disk without room" "no tmpfs can be mounted"
fi

# ---- while one is being made ----

# slow_backup DIR: in the background, and some of it is there; it does not end
# before go_on.
slow_backup() {
	: >"$T/slow"
	: >"$T/slow.hold"
	"$ADM" -c "$CONF" backup "$1" >"$T/slow.out" 2>&1 &
	ASKER=$!
	own "$ASKER"
	until_true 20 test -e "$1/ca.pem" ||
	    not_ok "a slow backup begins: ${1##*/}"
}
go_on() { rm -f "$T/slow.hold"; }
slow_ends() {		# STATUS TEXT
	wait "$ASKER"
	same "$2" $? "$1"
	rm -f "$T/slow"
}

bot -k "$T/wait.key" -s "/CN=waits" "$URL/manual" >"$T/wait.out" 2>&1
id=$(adm request list --json | jq -r '.[0].id')
slow_backup "$T/bk.4"
until_true 60 sh -c "ls '$T/bk.4/state/db/'*.db"
status 75 "no second one is made meanwhile" adm backup "$T/bk.5"
like "which is said" "$T/status.out" 'another backup'
verdict "a request is approved meanwhile" adm request approve "$id"
challenge "$T/mean.ch" --cn meanwhile
verdict "a device enrols meanwhile" bot -C "$T/mean.ch" -s /CN=meanwhile \
    "$URL"
same "it has not ended yet" "$([ -e "$T/bk.4/manifest.json" ] || echo no)" no
rm "$T/slow"
go_on
slow_ends 0 "it ends well"
verdict "it restores" "$ADM" restore --dir "$T/new.4" "$T/bk.4"
serials "$T/new.4/scep.conf" >"$T/restored.4"
same "with the device in it" "$(grep -c "$("$ADM" -c "$T/new.4/scep.conf" \
    cert list --json | jq -r '.[] | select(.subject == "CN=meanwhile") |
    .serial | ascii_upcase')" "$T/restored.4")" 1

slow_backup "$T/off"
kill -TERM "$ASKER"
until_true 20 gone_or_zombie "$ASKER"
go_on
verdict "one that nobody waits for any more is called off" \
    until_true 10 test ! -e "$T/off"
slow_ends 143 "and so is its scepadm"
status 0 "and the next one is made" adm backup "$T/off"

has_ca() { [ -n "$(ca_of "$SUPERVISOR")" ]; }
slow_backup "$T/killed"
kill -KILL "$(ca_of "$SUPERVISOR")"
slow_ends 75 "one whose maker is killed fails"
go_on
same "it is there in part" "$([ -e "$T/killed/ca.pem" ] && echo yes)" yes
same "and has no manifest" "$([ -e "$T/killed/manifest.json" ] ||
    echo none)" none
status 1 "it is not restored" "$ADM" restore --dir "$T/r" "$T/killed"
like "and it is said why" "$T/status.out" 'no manifest'
same "nothing was made of it" "$([ -e "$T/r" ] || echo none)" none
until_true 30 has_ca
until_true 30 adm cert list
until_true 30 caps_ok "$URL"
status 1 "nor is it written to once more" adm backup "$T/killed"
verdict "the next owner is well" adm check
status 0 "and makes backups" adm backup "$T/bk.5"

slow_backup "$T/ended"
kill -TERM "$SUPERVISOR"
until_true 20 grep -q 'msg=stopping' "$T/scep.log"
go_on
stop "$SUPERVISOR"
verdict "a server that ends calls it off" \
    until_true 10 test ! -e "$T/ended"
slow_ends 75 "which is said"
like "plainly" "$T/slow.out" 'called off'
unlike "and it ends cleanly" "$T/scep.log" 'operators did not finish'
start_fcgi
until_true 30 caps_ok "$URL"

# ---- after the backup ----

# These are used after it; a restored store has them unused.
challenge "$T/late.ch" --cn late
challenge "$T/unused.ch" --cn unused
bot -k "$T/wait2.key" -s "/CN=waits-2" "$URL/manual" >"$T/wait2.out" 2>&1
id=$(adm request list --json | jq -r '.[0].id')
for each in kept gone; do
	verdict "an API key" adm apikey add --name $each --may challenge:add
	verdict "a token key" adm token key add --name $each --alg hmac \
	    --out "$T/$each.token"
done
verdict "the last backup" adm backup "$T/last"
verdict "an API key is revoked after it" adm apikey revoke gone
verdict "a token key is, too" adm token key revoke gone
bot -C "$T/late.ch" -s /CN=late "$URL" >"$T/late.out"
late=$(serial_of "$T/late.out")
verdict "another is approved after it" adm request approve "$id"
second=$(adm cert list --json | jq -r '.[] |
    select(.subject == "CN=waits-2") | .serial')
serials "$CONF" >"$T/all"
cp "$T/ca/state/issue.log" "$T/survived.chain"

stop "$SERVER"
stop "$SUPERVISOR"

# ---- refused, and nothing is made ----

status 1 "a state that is there is not restored over" \
    "$ADM" -c "$LIVE" restore "$T/last"
like "and it is said" "$T/status.out" 'empty state'
verdict "it is as it was" "$ADM" -c "$LIVE" log verify
mkdir "$T/full"
: >"$T/full/x"
status 1 "nor a directory with something in it" \
    "$ADM" restore --dir "$T/full" "$T/last"
status 3 "a backup that is not there" "$ADM" restore --dir "$T/r" "$T/nil"

# refused TEXT PATTERN COMMAND: of a copy that something was done to.
refused() {
	cp -a "$T/last" "$T/hurt"
	(cd "$T/hurt" && sh -c "$3")
	status 1 "$1" "$ADM" restore --dir "$T/r" "$T/hurt" &&
	    like "  and it is said" "$T/status.out" "$2"
	[ ! -e "$T/r" ] || not_ok "$1: something was made"
	rm -rf "$T/hurt" "$T/r"
}
flip() {		# FILE OFFSET: a command; X is no change where one is
	echo "[ \"\$(dd if=$1 bs=1 skip=$2 count=1 2>/dev/null)\" = X ] &&
	    c=Y || c=X
	    printf \$c | dd of=$1 bs=1 seek=$2 conv=notrunc 2>/dev/null"
}
refused "a byte of a database" 'certs.db is not what' \
    "$(flip state/db/certs.db 9000)"
refused "a byte of a key" 'ca.key is not what' "$(flip state/ca.key 100)"
refused "a byte of the issue log" 'issue.log is not what' \
    "$(flip state/issue.log 200)"
refused "a byte of the configuration" 'scep.conf is not what' \
    "$(flip scep.conf 10)"
refused "a file that is missing" 'challenge.key is missing' \
    'rm state/challenge.key'
refused "a file that is longer" 'ra.pem is not what' 'echo >>ra.pem'
refused "a manifest that is missing" 'no manifest' 'rm manifest.json'
refused "a manifest that was cut off" 'no JSON' \
    'head -c 500 manifest.json >m && mv m manifest.json'
refused "a place outside of the backup" 'place' \
    'sed -i "s,\"place\": \"ca.pem\",\"place\": \"../ca.pem\"," manifest.json'
refused "a newer form" 'newer' \
    'sed -i "s/\"format\": 1/\"format\": 2/" manifest.json'
verdict "the control: nothing done to it" \
    "$ADM" restore --dir "$T/control" "$T/last"

# ---- the machine is lost, and only issue.log survived ----

sed "5s/subject=/subjecT=/" "$T/survived.chain" >"$T/changed.chain"
cmp -s "$T/survived.chain" "$T/changed.chain" &&
    sed "5s/event=/evenT=/" "$T/survived.chain" >"$T/changed.chain"
status 1 "a log that was changed is not believed" "$ADM" restore \
    --dir "$T/r" --issue-log "$T/changed.chain" "$T/last"
like "and the line is named" "$T/status.out" 'line 5'
head -n 3 "$T/survived.chain" >"$T/short.chain"
status 1 "nor one that is older than the backup" "$ADM" restore \
    --dir "$T/r" --issue-log "$T/short.chain" "$T/last"

# All but the key of the macs, which need not be made again.
mv "$T/ca" "$T/lost"
mkdir -p -m 700 "$T/ca/state"
chown --reference="$T/lost/state" "$T/ca/state"
mv "$T/lost/state/challenge.key" "$T/ca/state"
printf '12345 cut off' >>"$T/survived.chain"
verdict "all of it is restored to where it was" \
    "$ADM" restore --issue-log "$T/survived.chain" "$T/last"
CONF=$LIVE
sed -i '$d' "$T/survived.chain"
serials "$CONF" >"$T/again"
verdict "every certificate is known" cmp "$T/all" "$T/again"
adm cert show --json "$late" >"$T/show.json"
same "a later one with its subject" "$(jq -r .subject "$T/show.json")" CN=late
same "and its state" "$(jq -r .state "$T/show.json")" valid
same "but not the certificate itself" "$(jq -r .kept "$T/show.json")" false
status 3 "which is said when it is wanted" adm cert export "$late"
like "plainly" "$T/status.out" 'known from the issue log'
adm cert show --json "$second" >"$T/show.json"
same "the one that was approved later, too" \
    "$(jq -r .kept "$T/show.json")" false
same "whose request no longer waits" "$(adm request list --json |
    jq "[.[] | select(.id == \"$id\")] | length")" 0
for verb in apikey "token key"; do
	adm $verb list --json >"$T/keys.json"
	same "$verb: one of before is in force, one that was revoked is not" \
	    "$(jq -r '.[] | .name + " " + .state' "$T/keys.json" | sort |
	    tr '\n' ,)" "gone revoked,kept live,"
done
same "tokens of before are not taken" "$(jq -r '.[] |
    select(.name == "kept" and .since != "") | .state' "$T/keys.json")" live
verdict "log verify" adm log verify
verdict "check reads every row" adm check --store
verdict "the log goes on from the one that survived" sh -c \
    "head -c $(wc -c <"$T/survived.chain") '$T/ca/state/issue.log' |
    cmp - '$T/survived.chain'"
like "and tells of the restore" "$T/ca/state/issue.log" 'event=restored'
status 1 "it is not restored twice" "$ADM" restore "$T/last"

start_nginx "$port"
status 1 "a challenge that was used after the backup is void" \
    bot -t other -C "$T/late.ch" -s /CN=late "$URL"
status 1 "one that was not, too" bot -C "$T/unused.ch" -s /CN=unused "$URL"
challenge "$T/new.ch" --cn new
status 0 "the control: a new one is good" bot -C "$T/new.ch" -s /CN=new "$URL"
stop "$SERVER"
stop "$SUPERVISOR"

# ---- log verify ----

log=$T/ca/state/issue.log
cp "$log" "$T/good.chain"
lines=$(wc -l <"$log")
status 0 "log verify of a copy" adm log verify "$T/good.chain"
status 0 "and of its chain alone, without a configuration" \
    "$ADM" -c "$T/nil.conf" log verify --chain-only "$T/good.chain"

# found TEXT LINE SED-SCRIPT: what was changed is found, and where.
found() {
	sed "$3" "$T/good.chain" >"$T/bad.chain"
	cmp -s "$T/good.chain" "$T/bad.chain" && not_ok "$1: nothing was changed"
	status 1 "$1" adm log verify "$T/bad.chain" &&
	    like "  in its line" "$T/status.out" "line $2( |\$)"
	cp "$T/bad.chain" "$log"
	status 1 "  in its place" adm log verify &&
	    like "  in its line" "$T/status.out" "line $2( |\$)"
	cp "$T/good.chain" "$log"
}
found "a number" 7 '7s/^./9/'
found "a hash" 7 '7s/ \([0-9a-f]*\)[0-9a-f] / \1x /'
for field in time event id profile; do
	found "a byte of $field" 4 "4s/ $field=\"*./&~/"
done
n=$(grep -n 'event=issued' "$log" | sed -n '3s/:.*//p')
for field in subject serial ca issuer not_before not_after key sha256 \
    authority peer txid; do
	found "a byte of $field" "$n" "${n}s/ $field=\"*./&~/"
done
found "a line that was taken out" 6 6d
found "two that were swapped" 6 '6{h;d};7{G}'
found "the first one taken out" 1 1d

head -c -20 "$T/good.chain" >"$T/bad.chain"
status 1 "a last line that was cut off" adm log verify "$T/bad.chain"
like "  is named" "$T/status.out" "line $lines is cut off"
sed '$d' "$T/good.chain" >"$T/bad.chain"
status 0 "a copy may be older than the database" adm log verify "$T/bad.chain"
like "  which is said" "$T/status.out" '1 later entries'
cp "$T/bad.chain" "$log"
status 1 "the file itself may not" adm log verify
like "  and it is completed" "$T/status.out" 'last 1 lines were missing'
status 0 "  as the next look shows" adm log verify
cmp -s "$T/good.chain" "$log" || not_ok "it is as it was"
status 2 "two files" adm log verify a b
status 3 "a file that is not there" adm log verify "$T/nil.log"

# ---- by another user, and from absolute paths ----

if [ "$(id -u)" -eq 0 ]; then
	mkdir "$T/theirs" "$T/etc"
	chown nobody:nogroup "$T/theirs"
	"$ADM" init --dir "$T/theirs" --cn Theirs >/dev/null
	mv "$T/theirs/scep.conf" "$T/theirs/ca.pem" "$T/etc"
	sed "s,= ca.pem,= $T/etc/ca.pem,;s,= ra.pem,= $T/theirs/ra.pem,
	    s,= state$,= $T/theirs/state,;s,= state/,= $T/theirs/state/," \
	    "$T/etc/scep.conf" >"$T/etc/all.conf"
	sed '/^\[profile/,$d' "$T/etc/all.conf" >"$T/etc/scep.conf"
	sed -n '/^\[profile/,$p' "$T/etc/all.conf" >"$T/etc/profiles.conf"
	rm "$T/etc/all.conf"
	echo ".include $T/etc/profiles.conf" >>"$T/etc/scep.conf"
	CONF=$T/etc/scep.conf
	verdict "an installation in pieces" adm check
	verdict "root has its owner make a backup" adm backup "$T/their.bk"
	same "all of it is the owner's" \
	    "$(find "$T/their.bk" ! -user nobody | wc -l)" 0
	verdict "it is restored to one directory" \
	    "$ADM" restore --dir "$T/one" "$T/their.bk"
	verdict "from which everything can start" "$ADM" -c \
	    "$T/one/scep.conf" check
	unlike "and which names no other" "$T/one/scep.conf" \
	    "$T/(etc|theirs)"
	rm -rf "$T/etc" "$T/theirs"
	verdict "and to where it was" "$ADM" restore "$T/their.bk"
	verdict "from which everything can start, too" adm check
	same "the state is its owner's" \
	    "$(find "$T/theirs/state" ! -user nobody | wc -l)" 0
	same "what was root's is root's again" \
	    "$(stat -c %U "$T/etc/profiles.conf")" root
else
	skip "another owner" "only root can have one"
fi
finish
