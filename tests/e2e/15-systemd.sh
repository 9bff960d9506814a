#!/bin/sh
# 15-systemd - the units, what the service manager is told, a socket from it,
# and whether the service is allowed all that it does.
#
# Without systemd as process 1; 16-package boots a system with the units.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/e2e/tls.sh"

for program in systemd-analyze systemd-socket-activate strace; do
	command -v $program >/dev/null || {
		skip "systemd" "$program is not installed"
		finish
	}
done

# ---- the units ----

mkdir "$T/units"
cp "$ROOT"/examples/systemd/scep*.s* "$T/units"
UNIT=$T/units/scep.service
sed -i -e "s,/usr/local/lib/cgi-bin/scep.fcgi,$FCGI," \
    -e "s,/usr/local/lib/cgi-bin/scep-admin.fcgi,$BIN/scep-admin.fcgi," \
    -e "s,/usr/local/sbin/scepadm,$ADM," "$T"/units/*.service
verdict "systemd-analyze verify" systemd-analyze verify --man=no \
    "$T/units/scep.socket" "$UNIT" "$T/units/scep-admin.socket" \
    "$T/units/scep-admin.service"
same "without a word" "$(cat "$T/verdict.out")" ""
mkdir "$T/units/scep.service.d"
cp "$ROOT/examples/systemd/network.conf" "$T/units/scep.service.d"
verdict "… and with network.conf" systemd-analyze verify --man=no "$UNIT"
same "… without a word, too" "$(cat "$T/verdict.out")" ""
rm -r "$T/units/scep.service.d"
sed 's/^Type=.*/&\nTypo=yes/' "$UNIT" >"$T/units/typo.service"
systemd-analyze verify --man=no "$T/units/typo.service" \
    >"$T/typo.out" 2>&1
like "which it has for a typing error" "$T/typo.out" 'Typo'

# exposure UNIT: in tenths.
exposure() {
	systemd-analyze security --offline=true --no-pager "$1" |
	    sed -n 's/.*exposure level for .*: \([0-9]*\)\.\([0-9]\).*/\1\2/p'
}
tenths=$(exposure "$UNIT")
if [ "${tenths:-999}" -lt 15 ]; then
	ok "systemd-analyze security is below 1.5 ($tenths tenths)"
else
	not_ok "systemd-analyze security is $tenths tenths, wanted below 15"
fi
tenths=$(exposure "$T/units/scep-admin.service")
if [ "${tenths:-999}" -lt 15 ]; then
	ok "and scep-admin.service too ($tenths tenths)"
else
	not_ok "scep-admin.service is $tenths tenths, wanted below 15"
fi
sed '/^SystemCallFilter/d; /^Private/d; /^Protect/d' "$UNIT" \
    >"$T/units/loose.service"
tenths=$(exposure "$T/units/loose.service")
if [ "${tenths:-0}" -ge 15 ]; then
	ok "and is not for a loose one ($tenths tenths)"
else
	not_ok "a loose unit has $tenths tenths"
fi

# ---- what the service manager is told ----

# manager ADDRESS: write each datagram, on one line, to $T/told.
manager() {
	: >"$T/told"
	perl -MSocket -e '
		my ($name, $out) = @ARGV;
		$name =~ s/^@/\0/;
		socket(my $s, AF_UNIX, SOCK_DGRAM, 0) or die "socket: $!";
		bind($s, pack_sockaddr_un($name)) or die "bind: $!";
		open(my $o, ">>", $out) or die "$out: $!";
		$o->autoflush(1);
		while (defined recv($s, my $text, 4096, 0)) {
			$text =~ s/\n/ /g;
			print $o "$text\n";
		}' -MIO::Handle "$1" "$T/told" 2>>"$T/manager.log" &
	MANAGER=$!
	own "$MANAGER"
	until_true 20 listens_dgram "$1"
}
listens_dgram() { ss -Hxl | grep -q -F "$1"; }
told() { grep -q -E -e "$1" "$T/told"; }
# tells TEXT PATTERN: before long.
tells() {
	until_true 30 told "$2"
	like "$1" "$T/told" "$2"
}

make_ca "$T/ca" http://127.0.0.1:1/scep
sed -i "s,^\[server\],&\nlisten = unix:$T/scep.sock\nworkers = 2," "$CONF"
for address in "$T/notify" "@scep-e2e-$$"; do
	manager "$address"
	NOTIFY_SOCKET=$address
	export NOTIFY_SOCKET
	start_fcgi
	unset NOTIFY_SOCKET
	tells "$address: ready" \
	    "^READY=1 STATUS=ready: 2 workers, state $T/ca/state\$"
	same "once" "$(grep -c READY= "$T/told")" 1
	kill -KILL "$(ca_of "$SUPERVISOR")"
	tells "that the CA process died" '^STATUS=.*CA process'
	until_true 30 sh -c "[ \$(grep -c READY= '$T/told') -eq 2 ]"
	same "ready again" "$(grep -c READY= "$T/told")" 2
	kill -HUP "$SUPERVISOR"
	tells "that it reloads" \
	    '^RELOADING=1 MONOTONIC_USEC=[0-9]+ STATUS=reloading'
	tells "and has" '^READY=1 STATUS=ready: .*configuration reloaded'
	cp -p "$CONF" "$T/good.conf"
	echo "frob = 1" >>"$CONF"
	kill -HUP "$SUPERVISOR"
	tells "that a configuration is refused, and it goes on" \
	    '^READY=1 STATUS=ready, but .*refused'
	cp -p "$T/good.conf" "$CONF"
	unlike "nothing of stopping" "$T/told" STOPPING
	stop "$SUPERVISOR"
	tells "and that it stops" '^STOPPING=1 STATUS=stopping'
	stop "$MANAGER"
done

: >"$T/scep.log"
start_fcgi
comes "without a manager it starts" "$T/scep.log" 'msg="ready'
stop "$SUPERVISOR"
unlike "without a manager nothing is said" "$T/scep.log" \
    'service manager|NOTIFY_SOCKET'
for address in "$T/nobody" relative "@$(printf '%0200d' 0)"; do
	: >"$T/scep.log"
	NOTIFY_SOCKET=$address
	export NOTIFY_SOCKET
	start_fcgi
	unset NOTIFY_SOCKET
	until_true 30 grep -q 'msg="ready' "$T/scep.log"
	comes "NOTIFY_SOCKET=$(echo "$address" | cut -c1-40): it says so" \
	    "$T/scep.log" 'service manager'
	verdict "and goes on" adm challenge list
	stop "$SUPERVISOR"
done

# ---- a socket from systemd ----

sed -i '/^listen/d' "$CONF"
systemd-socket-activate -l "$T/active.sock" "$FCGI" -c "$CONF" \
    >>"$T/scep.log" 2>&1 &
ACTIVE=$!
own "$ACTIVE"
# It is there before anybody listens.
listens_stream() { ss -Hx state listening | grep -q -F "$1"; }
until_true 20 listens_stream "$T/active.sock"
same "nothing runs before somebody asks" "$(ps -o comm= -p "$ACTIVE")" \
    systemd-socket-
REQUEST_METHOD=GET QUERY_STRING=operation=GetCACaps \
    timeout 60 cgi-fcgi -bind -connect "$T/active.sock" >"$T/caps" 2>&1
like "the first request starts it, and is answered" "$T/caps" \
    'POSTPKIOperation'
same "in the process that systemd knows" "$(ps -o comm= -p "$ACTIVE")" \
    scep.fcgi
stop "$ACTIVE"

# ---- is it allowed what it does? ----

# allowed UNIT: the system calls of its SystemCallFilter.
allowed() {
	systemd-analyze syscall-filter 2>/dev/null >"$T/sets"
	awk '
	function set(word, value,	i, n, part) {
		if (word !~ /^@/) {
			if (value) ok[word] = 1; else delete ok[word]
			return
		}
		n = split(members[word], part, " ")
		for (i = 1; i <= n; i++) set(part[i], value)
	}
	FNR == NR && /^@/ { name = $1; next }
	FNR == NR && NF > 0 && $1 !~ /^#/ {
		members[name] = members[name] " " $1; next
	}
	FNR == NR { next }
	sub(/^SystemCallFilter=/, "") {
		value = !sub(/^~/, "")
		if (value) set("@default", 1)
		n = split($0, word, " ")
		for (i = 1; i <= n; i++) set(word[i], value)
	}
	END { for (call in ok) print call }' "$T/sets" "$1" | sort
}

# A whole life: start, requests, an enrolment, deaths, scepadm, a reload,
# the tending of the store, the end.  Not as root, as the unit has it.
as=
[ "$(id -u)" -eq 0 ] && {
	chown -R nobody: "$T/ca"
	as="setpriv --reuid nobody --regid nogroup --clear-groups"
}
sed -i "s,^\[server\],&\nlisten = unix:$T/ca/scep.sock," "$CONF"
TRACE=$T/ca/trace
# The tree may lie where nobody else gets, in /root say.
mkdir "$T/bin"
cp "$FCGI" "$T/bin"
$as strace -f -qq -o "$TRACE" "$T/bin/scep.fcgi" -c "$CONF" >>"$T/scep.log" 2>&1 &
STRACE=$!
own "$STRACE"
until_true 20 test -S "$T/ca/scep.sock"
SUPERVISOR=$(ps -o pid= --ppid "$STRACE" | tr -d ' ')
own "$SUPERVISOR"
port=$(free_port)
mkdir -p "$T/www"
cat >"$T/to.conf" <<CONFIG
server.modules = ( "mod_fastcgi" )
server.document-root = "$T/www"
server.bind = "127.0.0.1"
server.port = $port
server.errorlog = "$T/to.log"
server.http-parseopts = ( "url-ctrls-reject" => "disable" )
fastcgi.server = ( "/scep" => (( "socket" => "$T/ca/scep.sock",
    "check-local" => "disable" )) )
CONFIG
lighttpd -D -f "$T/to.conf" >>"$T/to.log" 2>&1 &
own $!
URL=http://127.0.0.1:$port/scep
until_true 20 caps_ok "$URL"
challenge "$T/ch" --cn traced
verdict "a device enrols under strace" bot -C "$T/ch" -s /CN=traced "$URL"
kill -KILL "$(workers_of "$SUPERVISOR" | head -n 1)"
kill -KILL "$(ca_of "$SUPERVISOR")"
until_true 20 adm cert list
kill -HUP "$SUPERVISOR"
until_true 20 caps_ok "$URL"
sleep 6			# the store is tended every five seconds
verdict "and scepadm is answered" adm cert list
stop "$SUPERVISOR"
until_true 10 gone_or_zombie "$STRACE"

# Who is asked by hooks.
authority ca
certificate web ca DNS:localhost
/usr/bin/python3 -W ignore "$ROOT/tests/hook-server.py" "$T/web.pem" \
    "$T/web.key" >"$T/web.log" 2>&1 &
own $!
until_true 20 grep -q '^[0-9]' "$T/web.log"
mkdir "$T/hook"
ASKED=$T/ca/asked
printf '#!/bin/sh\nexec cat\n' >"$T/hook/ask"
chmod 755 "$T/hook/ask"
cp "$BIN/hookcall" "$T/bin"
for target in "exec:$T/hook/ask" \
    "https://localhost:$(grep -m 1 '^[0-9]' "$T/web.log")/"; do
	echo '{}' | $as strace -f -qq -A -o "$ASKED" "$T/bin/hookcall" -t 60000 \
	    -C "$T/ca.pem" "$target" >"$T/asked.out" 2>&1
	same "${target%%:*}: is asked under strace" "$(cat "$T/asked.out")" "{}"
done

sed -n -E 's/^[0-9]+ +(<\.\.\. )?([a-z0-9_]+)(\(| resumed).*/\2/p' \
    "$TRACE" "$ASKED" | sort -u >"$T/used"
allowed "$UNIT" >"$T/allowed"
note "$(wc -l <"$T/used") system calls used, $(wc -l <"$T/allowed") allowed"
like "the trace has the workers' sandbox" "$T/used" '^seccomp$'
same "each system call used is one that scep.service allows" \
    "$(comm -23 "$T/used" "$T/allowed" | tr '\n' ' ')" ""
sed '/landlock/d' "$UNIT" >"$T/units/less.service"
allowed "$T/units/less.service" >"$T/allowed"
same "and one that is missing is seen" \
    "$(comm -23 "$T/used" "$T/allowed" | tr '\n' ' ')" \
    "landlock_create_ruleset landlock_restrict_self seccomp "
unlike "no memory is writable and executable" "$TRACE" \
    'm(map|protect)\(.*PROT_WRITE\|PROT_EXEC'
like "(memory that is executable is seen)" "$TRACE" \
    'm(map|protect)\(.*PROT_EXEC'
grep -E '^[0-9]+ +socket(pair)?\(' "$TRACE" |
    sed 's/.*(\(AF_[A-Z0-9]*\).*/\1/' | sort -u >"$T/families"
same "it makes no socket but AF_UNIX" "$(cat "$T/families")" AF_UNIX
finish
