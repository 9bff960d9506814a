#!/bin/sh
# 41-bench - tests/bench/run, quickly: does it still measure everything?  No
# figure is held against anything.
. "$(dirname "$0")/lib.sh"

BENCH=$ROOT/tests/bench

verdict "tests/bench/run -q" sh "$BENCH/run" -q -b "$ROOT" -d "$T" \
    -o "$T/out"
cp "$T/verdict.out" "$T/bench.log"
for row in 'RSA-2048 private operation' 'in the engine, RSA-2048 CA' \
    'in the engine, P-256 CA' 'end to end, RSA-2048, 1 connection' \
    'end to end, P-256, 16 connections' '^64 connections' \
    'p99 at 50% load, to the cryptography' 'sum of its parts' '^GetCACaps' '^CRL' \
    '^hello, 6 octets' '^hello, [0-9]{4} octets' \
    'noise, end to end' 'wrong challenge, in the engine' \
    'With 1000 certificates' 'store, each certificate' 'start; after a kill' \
    'cert list by name' 'a worker, RSS' 'from exec' 'by CGI'; do
	like "the table has: $row" "$T/out/table" "$row"
done
if command -v scepserver >/dev/null; then
	like "and scepserver" "$T/out/table" 'serial numbers that it gave twice'
else
	skip "scepserver" "it is not installed"
fi
unlike "no figure is empty, and none is not a number" "$T/out/figures" \
    ' (|.*[^0-9.e+-].*)$'
for curve in throughput store; do
	verdict "$curve.svg is XML" python3 -c \
	    'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])' \
	    "$T/out/$curve.svg"
	like "with a line in it" "$T/out/$curve.svg" '<path d="M.*L'
done
same "nothing is left in its place" "$(ls -d "$T"/scep-bench.* 2>/dev/null)" \
    ""

# The controls.
status 1 "without programs it does not begin" sh "$BENCH/run" -q -b "$T" \
    -o "$T/none"
status 2 "there is no such part" sh "$BENCH/run" -q -p speed
: >"$T/empty"
status 1 "without figures there is no table" sh "$BENCH/table" "$T/empty"
echo 'op.rsa 240' >"$T/few"
sh "$BENCH/table" "$T/few" >"$T/few.table"
unlike "what was not measured is not in it" "$T/few.table" 'engine|nginx'
finish
