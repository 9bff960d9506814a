# servers.sh - the web servers of examples/, as they are there but for ports,
# paths and users; sourced after lib.sh.  $CONF is the CA's.
#
# As root, Apache, nginx and scep.fcgi run as www-data, as they would in
# earnest.

www() { [ "$(id -u)" -eq 0 ]; }

# The CA's directory and its socket are for the web server's user.
for_www() {
	grep -q '^listen' "$CONF" ||
	    sed -i "s,^\[server\],&\nlisten = unix:$T/scep.sock," "$CONF"
	! www || chown -R www-data:www-data "${CONF%/*}"
}

# What nginx would keep in /var/lib.
nginx_temps() {
	for _kind in client_body fastcgi proxy scgi uwsgi; do
		printf '%s_temp_path %s/run/%s; ' "$_kind" "$T" "$_kind"
	done
}

# example FILE PORT: into $T, and its name printed.
example() {
	mkdir -p "$T/www" "$T/run" "$T/cgi"
	cp "$ROOT"/examples/*.lua "$T/"
	cp "$FCGI" "$T/cgi/"
	touch "$T/error.log" "$T/scep.log"
	! www || chown www-data:www-data "$T/run" "$T"/*.log
	{
		# Not a daemon: this script ends it.
		case $1 in
		nginx*)	printf 'daemon off;\npid %s/nginx.pid;\n' "$T/run"
			echo "error_log $T/error.log;" ;;
		esac
		sed -e "s,/run/scep/scep\.sock,$T/scep.sock,g" \
		    -e "s,/etc/scep/scep\.conf,$CONF,g" \
		    -e "s,/etc/scep/\([^/]*\.lua\),$T/\1,g" \
		    -e "s,/usr/local/lib/cgi-bin,$T/cgi,g" \
		    -e "s,/var/www/html,$T/www,g" \
		    -e "s,/run/lighttpd,$T/run,g" \
		    -e "s,/run/apache2-,$T/run/,g" \
		    -e "s,\(RuntimeDir \)/run,\1$T/run,g" \
		    -e "s,/var/log/[a-z0-9]*,$T,g" \
		    -e "s,^\([[:space:]]*Listen \)80\$,\1127.0.0.1:$2," \
		    -e "s,^\([[:space:]]*listen \)80\([ ;]\),\1127.0.0.1:$2\2," \
		    -e "s,^http {,&\naccess_log off; $(nginx_temps)," \
		    -e "s,^server.port .*,server.port = $2\nserver.bind = \"127.0.0.1\"," \
		    "$ROOT/examples/$1"
	} >"$T/$1"
	echo "$T/$1"
}

# answers SERVER: before long, or the script ends.
answers() {
	until_true 30 caps_ok "$URL" || {
		not_ok "$1 with scep.fcgi answers"
		exit 1
	}
}

# logged TEXT PATTERN: in $LOG, whose line comes after the answer.
logged() {
	comes "$1" "$LOG" "$2"
}

# logs_more TEXT COUNT PATTERN: such lines are more than the log_lines before.
log_lines() { grep -c -E -e "$1" "$LOG"; }
log_grew() { [ "$(log_lines "$2")" -gt "$1" ]; }
logs_more() {
	verdict "$1" until_true 20 log_grew "$2" "$3"
}

# start_apache FILE PORT: the example, not as a daemon.
start_apache() {
	example "$1" "$2" >/dev/null
	apache2 -D ALONE -D FOREGROUND -f "$T/$1" >>"$T/apache.log" 2>&1 &
	SERVER=$!
	own "$SERVER"
	URL=http://127.0.0.1:$2/scep
	answers "Apache ($1)"
}

# start_apache_proxy PORT: scep.fcgi on a unix socket behind mod_proxy_fcgi.
start_apache_proxy() {
	for_www
	start_fcgi
	until_true 30 test -S "$T/scep.sock"
	start_apache apache-proxy.conf "$1"
}

# start_nginx_example PORT: scep.fcgi on a unix socket behind nginx.
start_nginx_example() {
	for_www
	start_fcgi
	until_true 30 test -S "$T/scep.sock"
	example nginx.conf "$1" >/dev/null
	nginx -p "$T/run" -c "$T/nginx.conf" >>"$T/nginx.log" 2>&1 &
	SERVER=$!
	own "$SERVER"
	URL=http://127.0.0.1:$1/scep
	answers nginx
}

# start_lighttpd_example PORT: lighttpd starts scep.fcgi itself.
start_lighttpd_example() {
	! www || chown -R www-data:www-data "${CONF%/*}"
	example lighttpd.conf "$1" >/dev/null
	lighttpd -D -f "$T/lighttpd.conf" >>"$T/lighttpd.log" 2>&1 &
	SERVER=$!
	own "$SERVER"
	URL=http://127.0.0.1:$1/scep
	answers lighttpd
}

# start_apache_fcgid PORT: mod_fcgid starts scep.fcgi itself.
start_apache_fcgid() {
	sed -i '/^listen/d' "$CONF"
	! www || chown -R www-data:www-data "${CONF%/*}"
	start_apache apache-fcgid.conf "$1"
}

# start_lighttpd_cgi PORT: lighttpd starts a scep.fcgi for each request.
start_lighttpd_cgi() {
	mkdir -p "$T/www"
	cat >"$T/scep" <<WRAPPER
#!/bin/sh
SCEP_CONF="$CONF" exec "$FCGI" 2>>"$T/scep.log"
WRAPPER
	chmod 755 "$T/scep"
	cat >"$T/lighttpd.conf" <<CONFIG
server.modules = ( "mod_alias", "mod_cgi" )
server.document-root = "$T/www"
server.bind = "127.0.0.1"
server.port = $1
server.errorlog = "$T/lighttpd.log"
alias.url = ( "/scep" => "$T/scep" )
cgi.assign = ( "scep" => "" )
CONFIG
	lighttpd -D -f "$T/lighttpd.conf" >>"$T/lighttpd.log" 2>&1 &
	SERVER=$!
	own "$SERVER"
	URL=http://127.0.0.1:$1/scep
}
