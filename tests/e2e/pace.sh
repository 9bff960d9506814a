# pace.sh - for scripts that hold the server to a time: for how long the whole
# machine, or its disk, stood still meanwhile; sourced after lib.sh.

PACE_MS=500		# to do next to nothing, and to write a little

# A process that does that, and says when.
pace_watch() {
	: >"$T/pacing"
	while [ -e "$T/pacing" ]; do
		dd if=/dev/zero of="$T/pace.dat" bs=512 count=1 conv=fsync \
		    2>/dev/null
		date +%s%3N >>"$T/pace"
		sleep 0.05
	done &
	own $!
	until_true 20 test -s "$T/pace"
}
pace_end() { rm -f "$T/pacing"; }

now_ms() { date +%s%3N; }

# Between two times: what it took beyond PACE_MS.
stood_still() {		# MS MS
	until_true 60 paced_after "$2"
	awk -v begin="$1" -v end="$2" -v pace="$PACE_MS" '
	NR > 1 {
		from = last + pace < begin ? begin : last + pace
		to = $1 > end ? end : $1
		if (to > from)
			sum += to - from
	}
	{ last = $1 }
	END { print sum + 0 }' "$T/pace"
}
paced_after() { [ "$(tail -n 1 "$T/pace")" -gt "$1" ]; }
