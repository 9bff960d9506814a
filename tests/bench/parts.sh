# parts.sh - what tests/bench/run measures, part by part; sourced by it after
# servers.sh.  Each part starts what it needs and writes its figures.

# ---- 1: inside the engine ----

# Everything is held against these; so they are measured in any case.
operations() {
	[ -z "$(known op.rsa)" ] || return 0
	"$bin/bench-engine" -b "$(n 20)" -n "$(n 500)" "$t/rsa/scep.conf" \
	    "$t/ec/scep.conf" >"$out/engine" || die "bench-engine"
	_rsa=$(sed -n 's/^ca=rsa2048 //p' "$out/engine")
	fig op.rsa "$(value rsa_private "$_rsa")"
	fig op.verify "$(value rsa_verify "$_rsa")"
	fig op.encrypt "$(value rsa_encrypt "$_rsa")"
	fig op.p256 "$(value p256_sign "$_rsa")"
	fig limit.rsa "$(value limit "$_rsa")"
	fig limit.ec "$(value limit "$(sed -n 's/^ca=p256 //p' \
	    "$out/engine")")"
}

part_engine() {
	[ -z "$(known engine.rsa.granted)" ] || return 0
	operations
	for _ca in rsa ec; do
		_line=$(grep "^ca=$([ $_ca = rsa ] && echo rsa2048 ||
		    echo p256) " "$out/engine")
		for _kind in granted wrong badsig noise; do
			fig "engine.$_ca.$_kind" "$(value $_kind "$_line")"
		done
	done
}

# ---- 1 and 2: through nginx ----

# Of several rounds the best: rates up, CPU down.
curve() {		# CA CONNECTIONS…
	_ca=$1
	shift
	start_ours "$_ca"
	: >"$out/curve.$_ca.all"
	for _round in $(seq "$repeats"); do
		for _j in "$@"; do
			load "$_ca" "$server" "$(n $((200 + 20 * _j)))" -j "$_j"
			echo "$_j $(value rate "$line") $(value cpu_ours \
			    "$line") $(value p50_us "$line") $(value p99_us \
			    "$line") $(value cpu_nginx "$line") $(value \
			    cpu_load_us "$line")" >>"$out/curve.$_ca.all"
		done
	done
	for _j in "$@"; do
		_of="awk -v j=$_j \$1==j $out/curve.$_ca.all"
		fig "load.$_ca.$_j.rate" "$($_of | cut -d' ' -f2 | highest)"
		fig "load.$_ca.$_j.cpu" "$($_of | cut -d' ' -f3 | lowest)"
		fig "load.$_ca.$_j.p50" "$($_of | cut -d' ' -f4 | lowest)"
		fig "load.$_ca.$_j.p99" "$($_of | cut -d' ' -f5 | lowest)"
		fig "load.$_ca.$_j.nginx" "$($_of | cut -d' ' -f6 | lowest)"
		fig "load.$_ca.$_j.load" "$($_of | cut -d' ' -f7 | lowest)"
	done
	end "$server"
}

part_load() {
	operations
	fig cpus "$(nproc)"
	curve rsa 1 2 4 8 16 32 64
	curve ec 1 16
}

part_open() {
	_max=$(sed -n 's/^load\.rsa\.[0-9]*\.rate //p' "$out/figures" |
	    highest)
	[ -n "$_max" ] || die "open: the part load comes first"
	start_ours rsa
	for _round in $(seq "$repeats"); do
		load rsa "$server" "$(n 3000)" -j 64 -r "$(calc "$_max / 2")"
		echo "$(value p50_us "$line") $(value p99_us "$line")"
	done >"$t/open"
	fig open.rate "$(calc "$_max / 2")"
	fig open.p50 "$(cut -d' ' -f1 "$t/open" | lowest)"
	fig open.p99 "$(cut -d' ' -f2 "$t/open" | lowest)"
	end "$server"
}

part_latency() {
	[ -n "$(known load.rsa.1.p50)" ] ||
	    die "latency: the part load comes first"
	part_engine
	start_hello
	for _round in $(seq "$repeats"); do
		"$bin/bench-load" -g -n "$(n 2000)" \
		    "http://127.0.0.1:$port/hello" | tr ' ' '\n' |
		    sed -n 's/^p50_us=//p' >>"$t/hello.p50"
		_line=$("$bin/bench-disk" -n "$(n 300)" "$t")
		value append_us "$_line" >>"$t/disk.append"
		value overwrite_us "$_line" >>"$t/disk.overwrite"
	done
	fig hello.p50 "$(lowest <"$t/hello.p50")"
	fig disk.append "$(lowest <"$t/disk.append")"
	fig disk.overwrite "$(lowest <"$t/disk.overwrite")"
	end "$hello"
}

# ---- 5: what is refused ----

part_refused() {
	operations
	start_ours rsa
	for _round in $(seq "$repeats"); do
		for _kind in enrol wrong badsig noise; do
			load rsa "$server" "$(n 300)" -x "$_kind"
			value cpu_ours "$line" >>"$t/refused.$_kind"
		done
	done
	for _kind in enrol wrong badsig noise; do
		fig "refused.$_kind" "$(lowest <"$t/refused.$_kind")"
	done
	end "$server"
}

# ---- 4: what is only fetched ----

# As many processes as scep.fcgi has workers.
start_hello() {
	rm -f "$t/hello.sock"
	"$bin/bench-hello" -n $((2 * $(nproc))) "$t/hello.sock" &
	hello=$!
	own "$hello"
	answers "http://127.0.0.1:$port/hello"
}

# octets URL: so many has its body.
octets() {
	_n=$(curl -s -f -m 60 -o /dev/null -w '%{size_download}' "$1") ||
	    die "$1: curl: status $?"
	echo "$_n"
}

# get_one NAME PATH: one line more in $t/get.NAME and $t/get.NAME.cpu.
get_one() {
	line=$("$bin/bench-load" -g -j 16 -n 1000000 -t \
	    "$([ -n "$quick" ] && echo 0.2 || echo 2)" \
	    "http://127.0.0.1:$port/$2" -P "hello=$(family "$hello")" \
	    -P "ours=$(family "$server")") || die "$2: $line"
	value rate "$line" >>"$t/get.$1"
	calc "$(value cpu_hello "$line") + $(value cpu_ours "$line")" \
	    >>"$t/get.$1.cpu"
	echo >>"$t/get.$1.cpu"
}

# What is fetched, and a hello as long as that, in turns.  GetCACaps is held
# against the shortest one.
part_get() {
	start_hello
	start_ours rsa
	_url=http://127.0.0.1:$port
	_cert=$(octets "$_url/rsa?operation=GetCACert") || exit
	_crl=$(octets "$_url/rsa/crl/main.1.crl") || exit
	fig get.octets.GetCACaps "$(octets "$_url/hello")"
	fig get.octets.GetCACert "$_cert"
	fig get.octets.CRL "$_crl"
	for _round in $(seq "$repeats"); do
		get_one hello.GetCACaps hello
		get_one GetCACaps 'rsa?operation=GetCACaps'
		get_one hello.GetCACert "hello?$_cert"
		get_one GetCACert 'rsa?operation=GetCACert'
		get_one hello.CRL "hello?$_crl"
		get_one CRL rsa/crl/main.1.crl
	done
	for _what in GetCACaps GetCACert CRL; do
		for _of in "hello.$_what" "$_what"; do
			fig "get.$_of" "$(middle <"$t/get.$_of")"
			fig "get.$_of.cpu" "$(middle <"$t/get.$_of.cpu")"
		done
	done
	end "$hello"
	end "$server"
}

# ---- 3: scepserver ----

# Certificates that it has issued, as far as it looks at them again: lines of
# its index like the first of its own.
rival_fill() {		# NUMBER
	awk -v n="$1" -F '\t' 'NR == 1 { for (i = 0; i < n; i++)
	    printf "%s\t%s\t%s\t%X\tdev-%d.pem\t/CN=dev-%d\n", $1, $2, $3,
	    1000000 + i, i, i }' "$t/depot/index.txt" >"$t/rival.more"
	cat "$t/rival.more" >>"$t/depot/index.txt"
}

rival_load() {		# CONNECTIONS NUMBER
	line=$("$bin/bench-load" -K "$t/keys" -S "$t/rival.serials" -c secret \
	    -j "$1" -n "$2" -P "rival=$rival" \
	    "http://127.0.0.1:$rival_port/scep" 2>>"$t/rival.err")
	[ $? -ne 2 ] || die "scepserver: $(tail -n 1 "$t/rival.err")"
	echo "rival $line" >>"$out/loads"
}

start_rival() {
	rival_port=$(free_port)
	scepserver ca -init -depot "$t/depot" -keySize 2048 >/dev/null ||
	    die "scepserver ca -init"
	scepserver -depot "$t/depot" -port "$rival_port" -challenge secret \
	    -allowrenew 0 >"$t/rival.log" 2>&1 &
	rival=$!
	own "$rival"
	answers "http://127.0.0.1:$rival_port/scep?operation=GetCACaps"
}

part_rival() {
	command -v scepserver >/dev/null || {
		say "scepserver is not installed"
		return 0
	}
	start_rival
	_duplicates=0
	for _round in $(seq "$repeats"); do
		for _j in 1 4 16 64; do
			rival_load "$_j" "$(n 200)"
			value rate "$line" >>"$t/rival.$_j.rate"
			value cpu_rival "$line" >>"$t/rival.$_j.cpu"
			_duplicates=$((_duplicates + $(value duplicates \
			    "$line")))
		done
	done
	fig rival.duplicates "$_duplicates"
	for _j in 1 4 16 64; do
		fig "rival.$_j.rate" "$(highest <"$t/rival.$_j.rate")"
		fig "rival.$_j.cpu" "$(lowest <"$t/rival.$_j.cpu")"
	done
	for _size in $sizes; do
		[ "$_size" -le 1000000 ] || continue
		rival_fill $((_size - $(wc -l <"$t/depot/index.txt")))
		rival_load 1 "$(n 40)"
		fig "rival.store.$_size.cpu" "$(value cpu_rival "$line")"
	done
	end "$rival"
}

# ---- 7: memory ----

# kib PID WORD: VmRSS from its status, Pss from its maps.
kib() {
	sed -n "s/^$2:[^0-9]*\([0-9]*\).*/\1/p" "/proc/$1/status" \
	    "/proc/$1/smaps_rollup" 2>/dev/null | head -n 1
}
ca_of() {		# SUPERVISOR
	for _pid in $(descendants "$1"); do
		[ "$(ps -o comm= -p "$_pid")" != scep-ca ] || echo "$_pid"
	done
}

part_memory() {
	start_ours rsa
	load rsa "$server" "$(n 2000)" -j 16
	_ca=$(ca_of "$server")
	# scep.conf(5): 32m, if nothing is said.
	fig memory.cache "$(sed -n 's/^cache = \([0-9]*\)m$/\1/p
	    $a32' "$t/rsa/scep.conf" | head -n 1)"
	for _word in VmRSS Pss; do
		fig "memory.ca.$_word" "$(kib "$_ca" $_word)"
		for _pid in $(descendants "$server"); do
			[ "$_pid" = "$_ca" ] || kib "$_pid" $_word
		done | highest >"$t/worker"
		fig "memory.worker.$_word" "$(cat "$t/worker")"
	done
	end "$server"
}

# ---- 8: start ----

# started NAME NUMBER OPTION…: milliseconds, one in each line.
started() {
	_name=$1
	_number=$2
	shift 2
	"$bin/bench-start" "$@" -n "$_number" "http://127.0.0.1:$port/$_name" \
	    "$fcgi" -c "$t/$_name/scep.conf" 2>>"$t/$_name.log" ||
	    die "$_name: $(tail -n 1 "$t/$_name.log")"
}

part_start() {
	started rsa "$(n 30)" >"$out/starts"
	fig start.median "$(middle <"$out/starts")"
	fig start.max "$(highest <"$out/starts")"
}

# The pid of the server that lingers and owns this state, when it has workers.
lingering() {		# DIR
	for _ in $(seq 200); do
		_pid=$(ps -o ppid= -p "$(cat "$1/lock")" | tr -d ' ')
		[ -n "$_pid" ] && pgrep -P "$_pid" -x scep-worker >/dev/null &&
		    ps -o args= -p "$_pid" | grep -q -e --idle= &&
		    { echo "$_pid"; return; }
		sleep 0.1
	done
	return 1
}

# The same with a server that the first run leaves behind; the CPU of both.
part_cgi_linger() {
	sed "s,^log = .*,log = stderr syslog\nlinger = 60s," \
	    "$t/rsa/scep.conf" >"$t/rsa/linger.conf"
	(
		export SCEP_CONF="$t/rsa/linger.conf" PATH_INFO=/ \
		    GATEWAY_INTERFACE=CGI/1.1 REMOTE_ADDR=127.0.0.1 \
		    REQUEST_METHOD=POST QUERY_STRING=operation=PKIOperation
		"$bin/bench-cgi" run -m "$t/messages" -s "$_n" 1 "$fcgi" \
		    >"$out/cgi.first" || exit 1
		_pid=$(lingering "$t/rsa/state") || exit 1
		sleep 1
		# shellcheck disable=SC2046
		"$bin/bench-cgi" run -m "$t/messages" -s $((_n + 1)) \
		    $(for _p in $_pid $(descendants "$_pid"); do
		    echo "-p $_p"; done) "$_n" "$fcgi" >"$out/cgi.linger" ||
		    exit 1
		kill "$_pid"
		while [ -e "$t/rsa/state/cgi.sock" ]; do sleep 0.1; done
		sleep 1
	) 2>>"$t/cgi.log" || die "CGI, linger: $(tail -n 1 "$t/cgi.log")"
	fig cgi.linger "$(cut -d' ' -f1 "$out/cgi.linger" | middle)"
}

# One process for each request, and no other that it could ask.
part_cgi() {
	operations
	_n=$(n 100)
	mkdir "$t/messages"
	(
		export SCEP_CONF="$t/rsa/scep.conf" GATEWAY_INTERFACE=CGI/1.1 \
		    PATH_INFO=/ REMOTE_ADDR=127.0.0.1
		REQUEST_METHOD=GET QUERY_STRING=operation=GetCACert "$fcgi" \
		    </dev/null 2>>"$t/cgi.log" | LC_ALL=C sed '1,/^\r$/d' \
		    >"$t/cacert"
		"$adm" challenge add --count $((2 * _n + 1)) --ttl 24h 2>/dev/null |
		    "$bin/bench-cgi" messages "$t/cacert" "$t/messages" &&
		    REQUEST_METHOD=POST QUERY_STRING=operation=PKIOperation \
		    "$bin/bench-cgi" run -m "$t/messages" "$_n" "$fcgi" \
		    >"$out/cgi" 2>>"$t/cgi.log"
	) || die "CGI: $(tail -n 1 "$t/cgi.log")"
	[ "$(grep -c "status=200" "$t/cgi.log")" -ge "$_n" ] ||
	    [ "$(grep -c "result=granted" "$t/cgi.log")" -ge "$_n" ] ||
	    die "CGI: not granted: $(tail -n 1 "$t/cgi.log")"
	part_cgi_linger
	fig cgi.cpu "$(cut -d' ' -f1 "$out/cgi" | middle)"
	fig cgi.wall "$(cut -d' ' -f2 "$out/cgi" | middle)"
}

# ---- 6: a full store ----

ms_now() { echo $(($(date +%s%N) / 1000000)); }

# took COMMAND…: milliseconds.
took() {
	_began=$(ms_now)
	"$@" >"$t/took" 2>&1 || die "$*: $(tail -n 1 "$t/took")"
	echo $(($(ms_now) - _began))
}

# Killed in the middle of its work; how long does the next start take?
recovery() {		# NAME
	start_ours "$1"
	"$adm" -c "$t/$1/scep.conf" challenge add --count "$(n 1000)" \
	    >"$t/challenges" 2>/dev/null
	"$bin/bench-load" -K "$t/keys" -C "$t/challenges" -j 16 \
	    -n "$(n 1000)" "http://127.0.0.1:$port/$1" >/dev/null 2>&1 &
	_load=$!
	_n=0
	while ! grep -q result=granted "$t/$1.log"; do
		_n=$((_n + 1))
		[ $_n -lt 600 ] || die "$1: nothing granted"
		sleep 0.05
	done
	sleep 0.1
	end "$server" KILL
	wait "$_load"
	started "$1" 1 >"$t/recovery"
}

# The indexes of the big one in the file system's cache, where most of them are
# when it has been up for long; and not there: each entry is read from the disk.
indexes_in() { cat "$t/big/state/db/index.db" >/dev/null; }
indexes_out() {
	sync "$t/big/state/db/index.db" &&
	    dd if="$t/big/state/db/index.db" iflag=nocache count=0 2>/dev/null
}

# In turns with the smallest one, so that they may be compared.  Each device
# has a key that no other one had, for the keys are in an index; and there are
# so many that their part of a checkpoint is among them.
store_load() {		# SIZE in|out
	rm -f "$t"/store.*.cpu "$t"/store.*.p50
	_devices=$(n 600)
	for _round in $(seq "$repeats"); do
		"indexes_$2" || die "index.db"
		for _name in small big; do
			eval "_server=\$server_$_name"
			load "$_name" "$_server" "$_devices" \
			    -m "$_devices" -K "$t/devices.$1.$2.$_round"
			value cpu_ours "$line" >>"$t/store.$_name.cpu"
			value p50_us "$line" >>"$t/store.$_name.p50"
		done
	done
	for _what in cpu p50; do
		fig "store.$1.$2.$_what" "$(lowest <"$t/store.big.$_what")"
		fig "store.$1.$2.base.$_what" \
		    "$(lowest <"$t/store.small.$_what")"
	done
}

store_backup() {		# SIZE
	if [ "$(du -sk "$t/big/state/" | cut -f1)" -ge \
	    "$(df --output=avail "$t" | tail -n 1)" ]; then
		say "$1: no room for a backup"
		return 0
	fi
	fig "store.$1.backup" "$(took "$adm" -c "$t/big/scep.conf" backup \
	    "$t/backup")"
	rm -rf "$t/backup"
}

store_figures() {	# SIZE
	fig "store.$1.octets" "$(calc "$(du -sk "$t/big/state/" |
	    cut -f1) * 1024 / $1")"
	fig "store.$1.index" "$(calc "$(stat -L -c %s \
	    "$t/big/state/db/index.db") / $1")"
	fig "store.$1.start" "$(started big 3 | middle)"
	: >"$t/big.log"
	recovery big
	fig "store.$1.recovery" "$(cat "$t/recovery")"
	start_ours big
	server_big=$server
	store_load "$1" in
	store_load "$1" out
	fig "store.$1.memory" "$(kib "$(ca_of "$server")" VmRSS)"
	fig "store.$1.list" "$(took "$adm" -c "$t/big/scep.conf" cert list \
	    --subject "CN=dev-$(($1 / 2))")"
	grep -q "dev-$(($1 / 2))" "$t/took" || die "cert list finds nothing"
	store_backup "$1"
	end "$server"
}

part_store() {
	_first=${sizes%% *}
	make_ca small rsa:2048
	"$bin/bench-fill" -c "$t/small/scep.conf" "$_first" >"$t/fill" ||
	    die "bench-fill"
	start_ours small
	server_small=$server
	for _size in $sizes; do
		if [ -n "$filled" ] && [ "$_size" = "${sizes##* }" ]; then
			use_ca big "$filled"
			fig "store.$_size.fill" before
		else
			make_ca big rsa:2048
			fig "store.$_size.fill" "$(took "$bin/bench-fill" \
			    -c "$t/big/scep.conf" "$_size")"
		fi
		store_figures "$_size"
		rm -rf "$t/big" "$t"/big.*
	done
	end "$server_small"
}
