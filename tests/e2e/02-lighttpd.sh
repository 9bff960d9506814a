#!/bin/sh
# 02-lighttpd - a client enrols through lighttpd, which starts scep.fcgi.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/e2e/clients.sh"

port=$(free_port)
make_ca "$T/ca" "http://127.0.0.1:$port/scep"
start_lighttpd "$port"
ok "lighttpd starts scep.fcgi"
smoke
finish
