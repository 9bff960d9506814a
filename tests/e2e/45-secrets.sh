#!/bin/sh
# 45-secrets - SECURITY T3: the secret of a challenge is nowhere but with whoever
# has to show it: not in the state, in no log, in no process, in no backup.
# And nothing starts that would let everybody enrol.
. "$(dirname "$0")/lib.sh"

python() { /usr/bin/python3 -B - "$@"; }

port=$(free_port)
make_ca "$T/ca" "http://127.0.0.1:$port/scep"
sed -i '/^\[profile default\]/a retry_window = 1h' "$CONF"
start_nginx "$port"

# ---- challenges of each fate, each on its way through all processes ----

challenge good --cn good --uses 2 --reuse-for 1h
challenge wrong --cn wrong
challenge frozen --cn frozen --max-wrong 1
challenge revoked --cn revoked
challenge unused --cn unused
adm client apple --cn apple >"$T/apple" 2>/dev/null
sed -n '/<key>Challenge</{n;s/.*<string>\(.*\)<.*/\1/p;}' "$T/apple" >"$T/apple.ch"
adm client text --cn text --json --qr-png "$T/qr.png" 2>/dev/null |
    jq -r .challenge >"$T/text.ch"
printf 'all-devices-%s\n' "$(openssl rand -hex 16)" >"$T/static"
line=$(adm challenge hash --profile default <"$T/static")
sed -i "/^\[profile default\]/a $line" "$CONF"
verdict "one for all devices" adm reload

verdict "one is used" bot -C good -s /CN=good -t once "$URL"
verdict "and repeated" bot -C good -s /CN=good -t once "$URL"
status 1 "one is shown with another name" bot -C wrong -s /CN=another "$URL"
status 1 "one is frozen" bot -C frozen -s /CN=another "$URL"
status 1 "really" bot -C frozen -s /CN=frozen "$URL"
adm challenge revoke "$(cut -c1-10 "$T/revoked")" >/dev/null
status 1 "one is revoked" bot -C revoked -s /CN=revoked "$URL"
verdict "one is from a recipe" bot -C apple.ch -s /CN=apple "$URL"
verdict "that for all is used" bot -C static -s /CN=anybody "$URL"
# A wrong secret may be the right one, mistyped.
sed -e '/2$/{s/2$/3/;b' -e '}' -e 's/.$/2/' "$T/good" >"$T/typo"
status 1 "one is mistyped" bot -C "$T/typo" -s /CN=good "$URL"
status 3 "and one is pasted where an id is wanted" adm challenge show \
    "$(sed 's/$/x/' "$T/unused")"

# ---- where they are looked for ----

# FILE: the secret behind the id, as a pattern for grep -F.
secret_of() { sed 's/^[^-]*-//' "$1"; }
secrets=$T/secrets
for each in good wrong frozen revoked unused apple.ch text.ch typo; do
	secret_of "$T/$each"
done >"$secrets"
cat "$T/static" >>"$secrets"
same "there are nine" "$(sort -u "$secrets" | grep -c '^.\{26,\}$')" 9
ids=$T/ids
for each in good wrong frozen revoked unused; do
	cut -c1-10 "$T/$each"
done >"$ids"

held() { grep -r -a -l -F -f "$1" "$2" 2>/dev/null; }
adm explain >"$T/said" 2>&1
for each in list 'show '"$(cut -c1-10 "$T/good")"; do
	# shellcheck disable=SC2086
	adm challenge $each --json
done >>"$T/said" 2>&1
adm request list --json >>"$T/said" 2>&1
adm log verify >>"$T/said" 2>&1
adm backup "$T/backup" >/dev/null 2>&1
mkdir -p "$T/logs"
cp "$T/scep.log" "$T/nginx.log" "$T/said" "$T/logs"
for each in ca/state logs backup; do
	same "no secret is in $each" "$(held "$secrets" "$T/$each")" ""
	status 0 "the control: ids are in $each" test -n \
	    "$(held "$ids" "$T/$each")"
done

# What a core dump would hold.
memory() {		# PID…
	python "$secrets" "$ids" "$@" <<'PYTHON'
import sys

def lines(path):
    with open(path, "rb") as f:
        return [line.strip() for line in f if line.strip()]

secrets, ids = lines(sys.argv[1]), lines(sys.argv[2])
known = 0
for pid in sys.argv[3:]:
    with open("/proc/%s/maps" % pid) as f:
        maps = [line.split() for line in f]
    with open("/proc/%s/mem" % pid, "rb", 0) as mem:
        for m in maps:
            if "r" not in m[1] or m[-1] in ("[vvar]", "[vsyscall]"):
                continue
            start, end = (int(x, 16) for x in m[0].split("-"))
            if end - start > 1 << 30:	# a sanitizer's shadow
                continue
            try:
                mem.seek(start)
                data = mem.read(end - start)
            except (OSError, ValueError):
                continue
            known += sum(i in data for i in ids)
            for n, secret in enumerate(secrets):
                at = data.find(secret)
                if at >= 0:
                    print("secret %d in process %s, %s, near %r" % (n + 1,
                        pid, m[-1], data[max(0, at - 48):at]))
print("ids: %s" % ("found" if known else "none"))
PYTHON
}
if [ "$(id -u)" -eq 0 ]; then
	# shellcheck disable=SC2046
	memory "$SUPERVISOR" $(descendants "$SUPERVISOR") >"$T/memory" 2>&1
	same "no secret is in a process" "$(grep '^secret' "$T/memory")" ""
	like "the control: ids are" "$T/memory" '^ids: found'
	env SHOWN="$(cat "$T/unused")" sleep 60 &
	own $!
	until_true 5 grep -q '^sleep' "/proc/$!/cmdline"
	memory $! >"$T/memory" 2>&1
	like "nor would one be overlooked" "$T/memory" '^secret 5 in process'
else
	skip "no secret is in a process" "not root"
fi

# ---- nothing is open by default ----

stop "$SUPERVISOR"
cp "$CONF" "$T/scep.conf.was"
sed -i '/^\[profile default\]/,/^\[/{/^authorise/d;/^challenge_hash/d;}' "$CONF"
status 78 "a profile that authorises nobody: nothing starts" \
    timeout 10 "$FCGI" -c "$CONF"
like "and it says why" "$T/status.out" 'authorise is missing'
status 78 "nor does check take it" adm check
cp "$T/scep.conf.was" "$CONF"
start_fcgi
verdict "the control" until_true 10 caps_ok "$URL"
finish
