#!/bin/sh
# 49-notices-cgi - a plain CGI run tells of what it did when its answer is out:
# neither the client nor a worker of the web server waits for a receiver that
# hangs, and none of it is cut short by the end of the request.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/e2e/servers.sh"
. "$ROOT/tests/e2e/record.sh"

make_ca "$T/ca" "http://127.0.0.1/scep"
mkdir -p "$T/bin" "$T/say" "$T/run" "$T/www"

# Told while hang is there it hangs; while fail is there it fails.
cat >"$T/bin/tell" <<TELL
#!/bin/sh
echo \$\$ >"$T/say/called"
while [ -e "$T/say/hang" ]; do sleep 0.1; done
[ ! -e "$T/say/fail" ] || { echo "not today" >&2; exit 3; }
printf '%s\n' "\$(cat)" >>"$T/say/told"
TELL
chmod 755 "$T/bin" "$T/bin/tell"
cp "$FCGI" "$T/www/scep.fcgi"
sed -i "s,^\[profile default\],&\nnotify = exec:$T/bin/tell\nnotify_timeout = 60s," \
    "$CONF"
sed -i '/^log = /d' "$CONF"
sed -i "s,^\[server\],&\nlog = stderr," "$CONF"
! www || chown -R www-data:www-data "$T/ca" "$T/say" "$T/run"

# One worker is all there is.
apache() {		# MPM CGI-MODULE PORT
	{
		for _module in "mpm_$1" authz_core alias env "$2"; do
			echo "LoadModule ${_module}_module" \
			    "/usr/lib/apache2/modules/mod_$_module.so"
		done
		! www || printf 'User www-data\nGroup www-data\n'
		[ "$2" = cgi ] || echo "ScriptSock $T/run/cgid"
		[ "$1" != prefork ] || printf '%s\n' 'StartServers 1' \
		    'MinSpareServers 1' 'MaxSpareServers 1' \
		    'MaxRequestWorkers 1'
		[ "$1" != event ] || printf '%s\n' 'StartServers 1' \
		    'ThreadsPerChild 1' 'MinSpareThreads 1' \
		    'MaxSpareThreads 1' 'MaxRequestWorkers 1'
		cat <<CONFIG
Listen 127.0.0.1:$3
ServerName localhost
DocumentRoot $T/www
PidFile $T/run/apache.pid
DefaultRuntimeDir $T/run
ErrorLog $T/error.log
KeepAlive Off
SetEnv SCEP_CONF $CONF
ScriptAlias /scep $T/www/scep.fcgi
<Directory $T/www>
	Require all granted
	Options ExecCGI
</Directory>
CONFIG
	} >"$T/apache.conf"
	# At its end it kills its process group.
	setsid apache2 -D FOREGROUND -f "$T/apache.conf" \
	    >>"$T/apache.log" 2>&1 &
	SERVER=$!
	own "$SERVER"
	URL=http://127.0.0.1:$3/scep
	answers "Apache ($2)"
}

enrol() {
	challenge "$T/c" --cn "$1"
	bot -C "$T/c" -s "/CN=$1" "$URL" >"$T/bot.out" 2>&1
	grep -q '^0 granted' "$T/bot.out"
}
told() { grep -q "\"CN=$1\"" "$T/say/told"; }
n_waiting() { [ "$(adm notice list --json | jq length)" -eq "$1" ]; }
# That of the second run, unless the first one has taken it along.
one_waits() { [ "$(adm notice list --json | jq length)" -le 1 ]; }
hangs() { [ -e "$T/say/called" ] && ! [ -e "$T/say/told" ]; }
hangs_on() { hangs && kill -0 "$receiver"; }
failed() {
	[ "$(adm notice list --json | jq -r '[.[].tries] | add')" -ge 1 ]
}

everything() {		# SERVER
	rm -f "$T/say/"*
	: >"$T/say/hang"
	! www || chown www-data "$T/say/hang"
	verdict "$1: a device has its answer" enrol "$1-a"
	verdict "$1: while its receiver hangs" until_true 20 hangs
	receiver=$(cat "$T/say/called")
	verdict "$1: and the only worker serves others" until_true 10 \
	    caps_ok "$URL"
	verdict "$1: which wait for nothing of the state" enrol "$1-b"
	# It is the same one: nobody has had to wait for its end.
	verdict "$1: the receiver hangs still" hangs_on
	# Apache kills what is left of a run three seconds behind its answer.
	sleep 5
	rm "$T/say/hang"
	verdict "$1: what it was told is not lost" until_true 20 told "$1-a"
	until_true 20 one_waits
	enrol "$1-c"
	verdict "$1: nor what came meanwhile" until_true 20 n_waiting 0
	same "$1: each told once" "$(grep -c . "$T/say/told")" 3
	: >"$T/say/fail"
	enrol "$1-d"
	verdict "$1: what is not delivered is known" until_true 20 failed
	adm notice drop --all >/dev/null
}

apache prefork cgi "$(free_port)"
everything mod_cgi
stop "$SERVER"
: >"$T/error.log"	# what the other one left there is not its own
apache event cgid "$(free_port)"
everything mod_cgid
comes "mod_cgid: and in the log, which is a file" "$T/error.log" \
    'notice .* is not delivered: .*not today'
stop "$SERVER"
start_lighttpd_cgi "$(free_port)"
answers lighttpd
everything lighttpd
comes "lighttpd: and in the log, which is a file" "$T/scep.log" \
    'notice .* is not delivered: .*not today'
stop "$SERVER"

# Who reads stderr to its end does not wait, and syslog has what comes late; in
# a /dev of our own, for a syslog of our own.
cat >"$T/syslog.py" <<'PYTHON'
import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("/dev/log")
os.chmod("/dev/log", 0o666)
with open(sys.argv[1], "ab", 0) as log:
    while True:
        log.write(s.recv(65536) + b"\n")
PYTHON
cat >"$T/run.sh" <<RUN
mount -t tmpfs dev /dev
for _d in "null 3" "zero 5" "random 8" "urandom 9"; do
	mknod -m 666 /dev/\${_d% *} c 1 \${_d#* }
done
python3 "$T/syslog.py" "$T/syslog" &
for _i in \$(seq 100); do [ -S /dev/log ] || sleep 0.5; done
env -i PATH="$PATH" GATEWAY_INTERFACE=CGI/1.1 REMOTE_ADDR=192.0.2.1 \
    SCEP_CONF="$CONF" REQUEST_METHOD=POST \
    QUERY_STRING=operation=PKIOperation "$FCGI" <"$T/message.0" \
    2>&1 >"$T/out" | cat >"$T/err"
echo read >"$T/read"
for _i in \$(seq 60); do
	grep -q "is not delivered" "$T/syslog" || sleep 1
done
kill \$!
RUN
env -i GATEWAY_INTERFACE=CGI/1.1 REQUEST_METHOD=GET SCEP_CONF="$CONF" \
    PATH="$PATH" QUERY_STRING=operation=GetCACert "$FCGI" </dev/null \
    2>/dev/null | sed '1,/^\r$/d' >"$T/cacert"
if [ "$(id -u)" -eq 0 ] && unshare -m true 2>/dev/null; then
	challenge "$T/ch" --count 1
	records "$T/message" -K -n 1 -t random -C "$T/ch" -s "/CN=late-%d"
	touch "$T/syslog"
	unshare -m sh "$T/run.sh" 2>"$T/run.err"
	like "a pipe: the answer is there" "$T/out" '^Status: 200'
	like "with its line at stderr" "$T/err" 'result=granted'
	unlike "and nothing later" "$T/err" 'is not delivered'
	like "which is in syslog" "$T/syslog" \
	    'scep.fcgi.*notice .* is not delivered: .*not today'
else
	skip "a pipe, and syslog" "no /dev of our own"
fi
finish
