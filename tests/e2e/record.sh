# record.sh - messages as octets: the bot sends them to a server that writes
# them down; sourced after lib.sh.  $T/cacert is what it answers to GetCACert.

cat >"$T/keep.py" <<'PYTHON'
import http.server, sys
kept = 0
class Keeper(http.server.BaseHTTPRequestHandler):
    def answer(self, status, kind, data):
        self.send_response(status)
        self.send_header('Content-Type', kind)
        self.send_header('Content-Length', str(len(data)))
        self.end_headers()
        self.wfile.write(data)
    def do_GET(self):
        with open(sys.argv[2], 'rb') as f:
            self.answer(200, 'application/x-x509-ca-ra-cert', f.read())
    def do_POST(self):
        global kept
        with open('%s.%d' % (sys.argv[3], kept), 'wb') as f:
            f.write(self.rfile.read(int(self.headers['Content-Length'])))
        kept += 1
        self.answer(503, 'text/plain', b'')
    def log_message(self, *args):
        pass
http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])),
    Keeper).serve_forever()
PYTHON
listens() { [ -n "$(ss -Hltn "sport = :$1")" ]; }

records() {		# FILE [BOT OPTIONS]: what these would send, FILE.0 and up
	_file=$1
	shift
	_port=$(free_port)
	python3 "$T/keep.py" "$_port" "$T/cacert" "$_file" &
	_keeper=$!
	own "$_keeper"
	until_true 20 listens "$_port"
	bot "$@" "http://127.0.0.1:$_port/scep" >/dev/null 2>&1
	stop "$_keeper"
	[ -s "$_file.0" ] || not_ok "the bot sends something to $_file"
}
record() {		# FILE [BOT OPTIONS]: of one message
	records "$@"
	mv "$1.0" "$1"
}
