#!/bin/sh
# 03-nginx - a client enrols through nginx and a unix socket.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/e2e/clients.sh"

port=$(free_port)
make_ca "$T/ca" "http://127.0.0.1:$port/scep"
start_nginx "$port"
ok "nginx reaches scep.fcgi"
smoke
finish
