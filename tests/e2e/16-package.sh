#!/bin/sh
# 16-package - the Debian package: built, looked at by lintian, installed in a
# clean root, upgraded, removed; and its units in a system that is booted.
. "$(dirname "$0")/lib.sh"

R=$T/root			# the clean root
VERSION=$(sed -n '1s/.*(\(.*\)).*/\1/p' "$ROOT/debian/changelog")
NEXT=$VERSION+1

[ "$(id -u)" -eq 0 ] || { skip "package" "not root"; finish; }
for program in debootstrap dpkg-buildpackage dh lintian unshare; do
	command -v $program >/dev/null || {
		skip "package" "$program is not installed"
		finish
	}
done

# ---- versions ----

same "debian/changelog has the version of the Makefile" "$VERSION" \
    "$(sed -n 's/^VERSION[[:blank:]]*= *//p' "$ROOT/Makefile")"
same "and of scep.h" "$VERSION" \
    "$(sed -n 's/^#define SCEP_VERSION[[:blank:]]*"\(.*\)"/\1/p' \
    "$ROOT/lib/scep.h")"

# ---- a clean root, in the background: it waits for the network ----

codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
# What this machine's apt has of this release: URI and suite, a line each.
apt-get indextargets --format '$(REPO_URI) $(RELEASE)' \
    'Created-By: Packages' 2>/dev/null | sort -u |
    grep -E " $codename(-updates|-security)?\$" >"$T/sources"
mirror=$(sed -n "s/ $codename\$//p" "$T/sources" | head -n 1)
proxy=$(apt-config dump | sed -n 's/^Acquire::http::Proxy "\(.*\)";/\1/p')
[ -z "$proxy" ] || export http_proxy="$proxy"
include=
case $mirror in https:*) include=--include=ca-certificates ;; esac
# Its mounts are its own, and end with it.
nice unshare -m --propagation private debootstrap --variant=minbase $include \
    "$codename" "$R" "$mirror" >"$T/debootstrap.out" 2>&1 &
DEBOOTSTRAP=$!
own "$DEBOOTSTRAP"

# ---- build, from a copy ----

mkdir "$T/src"
(cd "$ROOT" && tar cf - --exclude=./.git --exclude='./tests/tmp' \
    --exclude=./demo --exclude=./build --exclude='./build-*' \
    --exclude=./scep.fcgi --exclude=./scep-admin.fcgi \
    --exclude=./scepadm --exclude=./scepbot .) |
    tar xf - -C "$T/src"
build() {		# [OPTIONS]
	(cd "$T/src" && DEB_BUILD_PROFILES=nocheck \
	    DEB_BUILD_OPTIONS="nocheck noautodbgsym parallel=$(nproc)" \
	    nice dpkg-buildpackage -us -uc -b "$@")
}
verdict "dpkg-buildpackage" build || exit 1
arch=$(dpkg --print-architecture)
DEB=scep-fcgi_${VERSION}_$arch.deb
lintian --allow-root --fail-on error --show-overrides \
    "$T/scep-fcgi_${VERSION}_$arch.changes" >"$T/lintian" 2>&1
same "lintian has no error" "$?" 0
same "and no warning that is not overridden" \
    "$(grep '^[EW]:' "$T/lintian" | head -n 5)" ""
like "(it did look: what is overridden is said)" "$T/lintian" '^O: scep-fcgi'
sed -i "1s/(.*)/($NEXT)/" "$T/src/debian/changelog"
verdict "the next version builds" build -nc || exit 1
NEXT_DEB=scep-fcgi_${NEXT}_$arch.deb

# ---- the clean root ----

wait "$DEBOOTSTRAP" || {
	skip "the package in a clean root" \
	    "debootstrap: $(tail -n 1 "$T/debootstrap.out")"
	finish
}
awk '{ print "deb", $1, $2, "main" }' "$T/sources" >"$R/etc/apt/sources.list"
apt-config dump | grep '^Acquire::' | grep -v 'Acquire::Languages' \
    >"$R/etc/apt/apt.conf.d/90host"
echo 'Acquire::Retries "5";' >>"$R/etc/apt/apt.conf.d/90host"
cp "$T/$DEB" "$T/$NEXT_DEB" "$R/root"

# inside COMMAND…: in the root, with nothing of ours in the environment.
inside() {
	env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
	    DEBIAN_FRONTEND=noninteractive $ENTER "$@"
}
ENTER="chroot $R"
get() { inside apt-get -y -q --no-install-recommends "$@"; }

verdict "apt-get update in a clean root" get update || exit 1
verdict "the package installs there" get install "/root/$DEB" || exit 1
cp "$T/verdict.out" "$T/install.out"
same "a user and a group of its own" \
    "$(inside id -nG scep; inside getent passwd scep | cut -d: -f6,7)" \
    "scep
/var/lib/scep:/usr/sbin/nologin"
same "the configuration is root's, the state the user's" \
    "$(inside stat -c '%n %U %a' /etc/scep /var/lib/scep)" \
    "/etc/scep root 755
/var/lib/scep scep 700"
missing=
for file in /usr/lib/cgi-bin/scep.fcgi /usr/sbin/scepadm \
    /usr/lib/cgi-bin/scep-admin.fcgi \
    /usr/share/man/man8/scep-admin.fcgi.8.gz \
    /lib/systemd/system/scep-admin.service \
    /lib/systemd/system/scep-admin.socket \
    /usr/share/man/man8/scepadm.8.gz /usr/share/man/man8/scep.fcgi.8.gz \
    /usr/share/man/man5/scep.conf.5.gz /lib/systemd/system/scep.service \
    /lib/systemd/system/scep.socket /usr/lib/tmpfiles.d/scep.conf \
    /usr/share/bash-completion/completions/scepadm \
    /usr/share/doc/scep-fcgi/README.Debian \
    /usr/share/doc/scep-fcgi/copyright \
    /usr/share/doc/scep-fcgi/examples/nginx.conf; do
	[ -s "$R$file" ] || missing="$missing $file"
done
same "everything is in its place" "$missing" ""
same "the unit starts what is there" "$(sed -n \
    's/^ExecStart=\([^ ]*\).*/\1/p' "$R/lib/systemd/system/scep.service")" \
    /usr/lib/cgi-bin/scep.fcgi
same "no example and no unit speaks of /usr/local" "$(grep -r -l /usr/local \
    "$R/usr/share/doc/scep-fcgi/examples" "$R"/lib/systemd/system/scep.*)" ""
# Processes of that root.
lives() { ls -l /proc/[0-9]*/root 2>/dev/null | grep -c -e "-> $R\$"; }
same "nothing was started" "$(lives)" 0
same "and nothing is enabled" "$(find "$R/etc/systemd" -name 'scep*')" ""

# ---- a CA, and a certificate ----

verdict "scepadm init as root" inside scepadm init --cn "Packaged CA" \
    --url http://127.0.0.1:1/scep
same "the keys are the user's" "$(inside sh -c \
    'stat -c "%n %U %a" /var/lib/scep/*.key')" \
    "/var/lib/scep/ca.key scep 600
/var/lib/scep/challenge.key scep 600
/var/lib/scep/ra.key scep 600"
same "the rest is root's" "$(inside sh -c \
    'stat -c "%n %U %a" /etc/scep/*')" "/etc/scep/ca.pem root 644
/etc/scep/ra.pem root 644
/etc/scep/scep.conf root 644"
verdict "scepadm check" inside scepadm check

# web SOCKET: a web server of this machine before it.
web() {
	port=$(free_port)
	mkdir -p "$T/www"
	cat >"$T/web.conf" <<CONFIG
server.modules = ( "mod_fastcgi" )
server.document-root = "$T/www"
server.bind = "127.0.0.1"
server.port = $port
server.errorlog = "$T/web.log"
fastcgi.server = ( "/scep" => (( "socket" => "$1",
    "check-local" => "disable" )) )
CONFIG
	lighttpd -D -f "$T/web.conf" >>"$T/web.log" 2>&1 &
	WEB=$!
	own "$WEB"
	URL=http://127.0.0.1:$port/scep
}
# enrols TEXT NAME
enrols() {
	inside scepadm challenge add --cn "$2" >"$T/ch" 2>"$T/ch.log"
	verdict "$1" bot -C "$T/ch" -s "/CN=$2" "$URL"
}
certs() { inside scepadm cert list --json | jq length; }
state() {
	(cd "$R" && sha256sum etc/scep/* var/lib/scep/*.key)
}

install -d -o "$(inside id -u scep)" "$R/run/scep"
sed 's,^\[server\],&\nlisten = unix:/run/scep/scep.sock,
    s,^log = .*,log = stderr,' "$R/etc/scep/scep.conf" \
    >"$R/etc/scep/alone.conf"
# Not by inside(): a function's pid would be that of a shell.
env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot "$R" setpriv --reuid scep \
    --regid scep --init-groups /usr/lib/cgi-bin/scep.fcgi \
    -c /etc/scep/alone.conf >"$T/scep.log" 2>&1 &
SUPERVISOR=$!
own "$SUPERVISOR"
until_true 30 test -S "$R/run/scep/scep.sock"
web "$R/run/scep/scep.sock"
until_true 30 caps_ok "$URL"
enrols "scep.fcgi runs as its user, and a device enrols" first
stop "$WEB"
stop "$SUPERVISOR"
same "nothing of it is left" "$(lives)" 0
rm "$R/etc/scep/alone.conf"
same "it is known" "$(certs)" 1

# ---- upgrade, removal, purge ----

before=$(state)
verdict "an upgrade" get install "/root/$NEXT_DEB"
same "is one" "$(inside dpkg-query -W -f '${Version}' scep-fcgi)" "$NEXT"
same "keeps keys and configuration" "$(state)" "$before"
same "keeps what was issued" "$(certs)" 1
verdict "a removal" get remove scep-fcgi
same "keeps keys and configuration too" "$(state)" "$before"
same "and leaves no program" "$(ls "$R/usr/sbin/scepadm" \
    "$R/usr/lib/cgi-bin/scep.fcgi" 2>/dev/null)" ""
verdict "installed again" get install "/root/$DEB"
same "it has its CA" "$(certs)" 1
verdict "a purge" get purge scep-fcgi
like "says what stays" "$T/verdict.out" \
    'still in /etc/scep /var/lib/scep; .*rm -r'
same "and keeps the CA" "$(state)" "$before"
rm -r "$R/etc/scep" "$R/var/lib/scep"
verdict "installed without a CA" get install "/root/$DEB"
verdict "and purged" get purge scep-fcgi
same "nothing stays then" \
    "$(ls -d "$R/etc/scep" "$R/var/lib/scep" 2>/dev/null)" ""

# ---- with systemd as process 1 ----

command -v systemd-nspawn >/dev/null || {
	skip "the units in a system" "systemd-nspawn is not installed"
	finish
}
verdict "systemd in the root" get install systemd systemd-sysv || exit 1
mkdir -p "$T/run"
systemd-nspawn --quiet --register=no --keep-unit --private-network \
    --directory="$R" --bind="$T/run:/run/scep" --boot >"$T/nspawn.out" 2>&1 </dev/null &
NSPAWN=$!
own "$NSPAWN"
booted() {
	LEADER=$(ps -o pid= --ppid "$NSPAWN" | head -n 1 | tr -d ' ')
	[ -n "$LEADER" ] || return 1
	ENTER="nsenter -a -r -w -t $LEADER"
	inside systemctl is-system-running | grep -q -E 'running|degraded'
}
until_true 120 booted || {
	skip "the units in a system" \
	    "systemd-nspawn: $(tail -n 1 "$T/nspawn.out" | tr -d '\r')"
	finish
}
sc() { inside systemctl "$@"; }
is() { sc show -p "$1" --value scep."${2:-service}"; }
is_now() { [ "$(is "$1")" = "$2" ]; }

verdict "installed in a running system" get install "/root/$DEB"
same "nothing is started" "$(is ActiveState) $(is ActiveState socket)" \
    "inactive inactive"
same "nothing is enabled" \
    "$(is UnitFileState) $(is UnitFileState socket)" "disabled disabled"
inside scepadm init --cn "Booted CA" --url http://127.0.0.1:1/scep \
    >"$T/init.out" 2>&1
verdict "the socket is enabled and started" sc enable --now scep.socket
same "it is the web server's" \
    "$(inside stat -c '%U %G %a' /run/scep/scep.sock)" "scep www-data 660"
same "the service waits for a request" "$(is ActiveState)" inactive
web "$T/run/scep.sock"
until_true 30 caps_ok "$URL"
until_true 30 is_now ActiveState active
same "the first request starts it" "$(is ActiveState)" active
enrols "a device enrols from the hardened service" booted
same "systemd is told that it is ready" \
    "$(is StatusText | sed 's/[0-9]* workers/N workers/')" \
    "ready: N workers, state /var/lib/scep"
pid=$(is MainPID)
same "it runs as its user, without privileges" "$(inside sh -c \
    "sed -n 's/^\(Uid\|CapEff\|CapBnd\|NoNewPrivs\|Seccomp\):\t*\([^\t]*\).*/\2/p' \
    /proc/$pid/status" | tr '\n' ' ')" \
    "$(inside id -u scep) 0000000000000000 0000000000000000 1 2 "
inside journalctl -q -u scep.service -p warning >"$T/journal.log" 2>&1
same "and misses nothing" "$(cat "$T/journal.log")" ""
for what in /etc/scep /usr /var/lib; do
	if inside nsenter -t "$pid" -m touch "$what/x" 2>/dev/null; then
		not_ok "$what cannot be written from the service"
	else
		ok "$what cannot be written from the service"
	fi
done
verdict "the state can" inside nsenter -t "$pid" -m touch /var/lib/scep/x

reloaded() { is StatusText | grep -q 'configuration reloaded'; }
verdict "a reload" sc reload scep.service
verdict "is carried out" until_true 10 reloaded
echo "frob = 1" >>"$R/etc/scep/scep.conf"
status 1 "a reload of a bad configuration fails" sc reload scep.service
# journald reads it in its own time.
journal_says() {
	inside journalctl -q -u scep.service >"$T/journal.log" 2>&1
	grep -q -E -e "$1" "$T/journal.log"
}
until_true 20 journal_says 'scep\.conf:[0-9]+:.*frob'
like "and the journal says why" "$T/journal.log" 'scep\.conf:[0-9]+:.*frob'
sed -i '$d' "$R/etc/scep/scep.conf"
verdict "another is carried out" sc reload scep.service
verdict "and the server still answers" curl -s -f -m 60 -o /dev/null \
    "$URL?operation=GetCACaps"
same "by the same process" "$(is MainPID)" "$pid"

verdict "an upgrade while it runs" get install "/root/$NEXT_DEB"
until_true 20 is_now ActiveState active
if [ "$(is MainPID)" != "$pid" ]; then
	ok "starts it again"
else
	not_ok "the old program still runs"
fi
until_true 20 caps_ok "$URL"
enrols "and a device enrols" upgraded
same "what was issued is known" "$(certs)" 2
pid=$(is MainPID)
replaced() { [ "$(is MainPID)" != "$pid" ] && is_now ActiveState active; }
inside sh -c "kill -KILL $pid"
verdict "a supervisor that is killed is replaced" until_true 60 replaced
verdict "and answers" until_true 60 caps_ok "$URL"
verdict "a stop" sc stop scep.service scep.socket
same "ends with success" "$(is Result)" success
verdict "both are enabled and started" sc enable --now scep.socket \
    scep.service
verdict "a removal while it runs" get remove scep-fcgi
same "stops it" "$(inside sh -c 'ls /run/scep' | grep -c sock)" 0
same "and keeps the state" "$(inside ls /var/lib/scep/ca.key)" \
    /var/lib/scep/ca.key
stop "$WEB"

# ---- without the package: INSTALL 8, as it is written ----

inside sh -c 'userdel scep; rm -rf /etc/scep /var/lib/scep' 2>/dev/null
rm -rf "$T/run/"*
verdict "make install, without a package" make -s -C "$ROOT" install \
    DESTDIR="$R"
sed -n '/^8\. /,/^9\. /s/^	//p' "$ROOT/INSTALL" |
    sed '/^systemctl edit/,$d' >"$T/install8"
same "INSTALL 8 has its commands" "$(wc -l <"$T/install8")" 7
while read -r line; do
	verdict "INSTALL 8: $line" inside sh -c \
	    "PATH=/usr/local/sbin:\$PATH; $line"
done <"$T/install8"
web "$T/run/scep.sock"
verdict "the server answers" until_true 20 caps_ok "$URL"
same "from /usr/local" "$(inside readlink "/proc/$(is MainPID)/exe")" \
    /usr/local/lib/cgi-bin/scep.fcgi
stop "$WEB"
stop "$NSPAWN"
finish
