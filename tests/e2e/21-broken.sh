#!/bin/sh
# 21-broken - what an operator gets to read when something is wrong: each
# case takes a good CA, breaks one thing, and looks at what scepadm and
# scep.fcgi say about it and exit with.  Then it does what the message says,
# and all is well again.
#
#	SHOW=1 sh tests/e2e/21-broken.sh [FILE...]	the messages
#
# The cases are in tests/e2e/broken/.
. "$(dirname "$0")/lib.sh"
SELF=$ROOT/tests/e2e/broken

# Root may read and write everything: whoever runs the programs is nobody,
# and owns the state.
ME=$(id -un)
GROUP=$(id -gn)
AS=
AS_ROOT=
if [ "$(id -u)" -eq 0 ]; then
	ME=nobody
	GROUP=nogroup
	AS="setpriv --reuid=$ME --regid=$GROUP --clear-groups"
	AS_ROOT=yes
fi
mkdir "$T/bin" "$T/run" "$T/out"
cp "$FCGI" "$ADM" "$SELF/helpers.sh" "$T/bin"	# nobody may not be let in
FCGI=$T/bin/scep.fcgi
ADM=$T/bin/scepadm
G=$T/good			# the good one
C=$T/run/ca			# its copy
mkdir "$G"
[ -z "$AS" ] || chown "$ME:$GROUP" "$G" "$T/run"
export G C T AS
# faketime is loaded before a sanitizer.
ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0

# ---- the good CA, with something in its store ----

port=$(free_port)
make_ca "$G" "http://127.0.0.1:$port/scep"
sed -i 's,^\[server\],&\nworkers = 1,' "$CONF"
start_lighttpd "$port"
challenge "$T/ch" --cn one
verdict "a device enrols" bot -C "$T/ch" -s /CN=one "$URL"
stop "$SERVER"
sed -i "s,^\[server\],&\nlisten = unix:$C/scep.sock," "$CONF"
# All of it is in the files, and no recovery makes a damaged page anew.
"$ADM" -c "$G/scep.conf" log verify >/dev/null || echo "not ok - 21-broken: log"
[ -z "$AS" ] || chown -R "$ME:$GROUP" "$G"
rm -f "$G/state/admin.sock"
# What no message may hold: octets of the keys.
sed -n '/^-/!p' "$G"/state/*.key | cut -c1-24 >"$T/secrets"

# ---- one case ----

# The messages of a program, as people read them: log lines put together,
# their escapes undone.
plain() {
	sed -e 's/^time=[^ ]* level=[a-z]* msg=//' -e 's/" more="//g' \
	    -e 's/\\x22/"/g' -e 's/\\x5c/\\/g' "$1"
}

# What must not have changed: everything but what is there for the moment.
listing() {
	find "$C" -type f ! -name lock ! -name unclean ! -path "$SKIP" \
	    -printf '%p %s %m %U %T@\n' -exec sha256sum {} + 2>/dev/null |
	    sort
}

# The first line of scep.conf that is not as it was.
changed_line() {
	LC_ALL=C awk 'NR == FNR { was[FNR] = $0; next }
	    $0 != was[FNR] { print FNR; exit }' "$G/scep.conf" "$C/scep.conf"
}

bad() { why="$why
#   $1"; }

# look NAME EXIT WANTED: what NAME left in $T/out.
look() {
	plain "$T/out/$1" >"$T/out/text"
	[ -z "${SHOW:-}" ] || sed "s/^/#   $1($2): /" "$T/out/text"
	[ "$2" -eq "$3" ] || bad "$1 exits with $2, not $3"
	[ "$3" -eq 0 ] && { [ "$1" != check ] || [ -n "$ON_CHECK" ]; } ||
	    grep -q -E -e "$PATTERN" "$T/out/text" ||
	    bad "$1 says: $(head -c 900 "$T/out/text")"
	grep -q -E -e 'error:[0-9A-F]{8}|routines::|:lib\(|Sanitizer|runtime error' \
	    "$T/out/text" && bad "$1: not for people: $(cat "$T/out/text")"
	grep -q -F -f "$T/secrets" "$T/out/text" && bad "$1 shows a secret"
	return 0
}

# run NAME COMMAND...: within a deadline, as the user who owns the state.
run() {
	_name=$1
	shift
	timeout -k 1 60 $WRAP $AS sh -c "$BEFORE"'
	    exec "$@"' sh "$@" >"$T/out/$_name" 2>&1 </dev/null
}

check() { run check "$ADM" -c "${FILE:-$C/scep.conf}" check; }

# try WANTED: the programs, one by one.
try() {
	check
	look check $? "${ON_CHECK:-$1}"
	if [ "$ON_START" != - ]; then
		run scep.fcgi "$FCGI" -c "${FILE:-$C/scep.conf}"
		look scep.fcgi $? "${ON_START:-$1}"
	fi
	[ "${ON_CHECK:-$1}" -eq 0 ] || [ "$(listing)" = "$before" ] ||
	    bad "something was changed"
	if [ "$ON_LIST" != - ]; then
		run list "$ADM" -c "${FILE:-$C/scep.conf}" cert list
		look list $? "${ON_LIST:-$1}"
	fi
}

# What the message says is to be done; it is cut out of it.
mend() {
	if [ -z "$COMMAND" ]; then
		rm -rf "$C"
		cp -a "$G" "$C"
		return
	fi
	# A new key needs a new certificate: one command may lead to another.
	for _step in 1 2; do
		plain "$T/out/check" | grep -o -E -e "$COMMAND" | head -n 1 \
		    >"$T/out/cmd"
		[ -z "${SHOW:-}" ] || sed 's/^/#   $ /' "$T/out/cmd"
		[ -s "$T/out/cmd" ] || { bad "no /$COMMAND/"; return; }
		# In a session of its own there is no terminal: a passphrase
		# is read from standard input.
		echo x | (cd "$T" && exec setsid -w $AS sh "$T/out/cmd") \
		    >"$T/out/mend" 2>&1 ||
		    bad "$(cat "$T/out/cmd"): $(cat "$T/out/mend")"
		! check || return
	done
}

# broken [OPTIONS] TEXT EXIT PATTERN [COMMAND] <<BREAK
#
# BREAK are shell commands, carried out in the copy.  PATTERN is what each
# message must say; LINE in it is the number of the first line of scep.conf
# that is not as it was.  COMMAND matches the part of it that mends the
# fault; without it, what was broken is put back.
#	-k N	check exits with N
#	-f N	scep.fcgi does ("-": is not tried)
#	-l N	cert list does
#	-b SH	shell commands before the program
#	-w CMD	what the program is run by
#	-r	only root can break it so
#	-s PATH	what else of the state may change
broken() {
	ON_CHECK= ON_LIST= ON_START= BEFORE= WRAP= SKIP=/ FILE= root= why=
	OPTIND=1
	while getopts k:l:f:b:w:rs:c: _o; do
		case $_o in
		k) ON_CHECK=$OPTARG ;;
		l) ON_LIST=$OPTARG ;;
		f) ON_START=$OPTARG ;;
		b) BEFORE=$OPTARG\; ;;
		w) WRAP=$OPTARG ;;
		r) root=yes ;;
		s) SKIP=$OPTARG ;;
		c) FILE=$OPTARG ;;
		*) exit 2 ;;
		esac
	done
	shift $((OPTIND - 1))
	NUMBER=$((NUMBER + 1))
	cat >"$T/out/break"
	if [ -n "$root" ] && [ -z "$AS_ROOT" ]; then
		skip "$1" "not root"
		return
	fi
	if [ -n "$WRAP" ] && ! $WRAP true 2>/dev/null; then
		skip "$1" "not possible here: ${WRAP##*/}"
		return
	fi
	rm -rf "$C"
	cp -a "$G" "$C"
	(cd "$C" && $([ -n "$root" ] || echo $AS) sh -eu -c \
	    '. "$0"; . "$1"' "$T/bin/helpers.sh" "$T/out/break") \
	    >"$T/out/breaking" 2>&1 || bad "not broken: $(cat "$T/out/breaking")"
	_line=$(changed_line)
	PATTERN=$(echo "$3" | sed "s/LINE/$_line/")
	COMMAND=${4:-}
	[ -z "${SHOW:-}" ] || echo "# $1"
	before=$(listing)
	try "$2"
	[ -n "$why" ] || ok "$1: $2"
	[ -z "$why" ] || not_ok "$1$why"
	why=
	mend
	[ "$2" -eq 0 ] || FILE=
	BEFORE= WRAP=
	check || bad "check still fails: $(cat "$T/out/check")"
	[ -n "$why" ] || ok "$1, mended: 0"
	[ -z "$why" ] || not_ok "$1, mended$why"
}
# says TEXT EXIT PATTERN ARGUMENT...: of scepadm.
says() {
	NUMBER=$((NUMBER + 1))
	_text=$1
	_exit=$2
	PATTERN=$3
	shift 3
	why= BEFORE= WRAP= ON_CHECK=
	run said "$ADM" -c "$C/scep.conf" "$@"
	look said $? "$_exit"
	[ -n "$why" ] || ok "$_text: $_exit"
	[ -z "$why" ] || not_ok "$_text$why"
}

NUMBER=0
for file in ${*:-syntax values names files state store command}; do
	. "$SELF/$file.sh"
done
note "$NUMBER cases"
finish
