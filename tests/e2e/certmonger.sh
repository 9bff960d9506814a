# certmonger.sh - certmonger on a bus of its own as a SCEP client; sourced after
# lib.sh and clients.sh.  $server is the web server's name, where there are
# several.

cm() { getcert "$@" -s; }
cm_state() {		# CERTIFICATE STATE
	cm list -f "$1" 2>/dev/null | grep -q "status: $2\$"
}

# cm_becomes STATE TEXT CERTIFICATE
cm_becomes() {
	if until_true 60 cm_state "$3" "$1"; then
		ok "certmonger${server:+ through $server}: $2"
	else
		not_ok "certmonger${server:+ through $server}: $2: no $1"
		cm list -f "$3" | sed 's/^/# /'
	fi
}

# A bus and a certmonger that are nobody else's; with the lock of the system it
# would wait for the end of any other one on this machine.
certmonger_start() {
	mkdir -p "$T/cm/config" "$T/cm/requests" "$T/cm/cas" "$T/cm/local" \
	    "$T/cm/tmp"
	export HOME="$T/cm" CERTMONGER_CONFIG_DIR="$T/cm/config" \
	    CERTMONGER_REQUESTS_DIR="$T/cm/requests" \
	    CERTMONGER_CAS_DIR="$T/cm/cas" \
	    CERTMONGER_LOCAL_CA_DIR="$T/cm/local" \
	    CERTMONGER_TMPDIR="$T/cm/tmp" \
	    CERTMONGER_SYSTEM_LOCK_FILE="$T/cm/lock"
	# A bus of its own that starts no service by itself.
	cat >"$T/cm/bus.conf" <<BUS
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
<type>session</type>
<listen>unix:path=$T/cm/bus</listen>
<policy context="default">
<allow send_destination="*" eavesdrop="true"/>
<allow eavesdrop="true"/>
<allow own="*"/>
</policy>
</busconfig>
BUS
	dbus-daemon --config-file="$T/cm/bus.conf" --nofork --nopidfile \
	    --print-address=3 \
	    3>"$T/cm/address" >"$T/dbus.log" 2>&1 &
	own $!
	until_true 60 test -s "$T/cm/address"
	DBUS_SESSION_BUS_ADDRESS=$(cat "$T/cm/address")
	export DBUS_SESSION_BUS_ADDRESS
	certmonger -s -n -B -d 1 >"$T/certmonger.log" 2>&1 &
	own $!
	until_true 60 cm list-cas
}

# cm_request CA CN [OPTION…]: into files of that name.
cm_request() {
	_ca=$1
	_cn=$2
	shift 2
	cm request -c "$_ca" -k "$T/cm/$_cn.key" -f "$(cm_pem "$_cn")" \
	    -g 2048 -N "CN=$_cn" -R "$@"
}
cm_pem() { echo "$T/cm/$1.pem"; }

# The names of this server's devices and CAs.
cm_name() { echo "monger-$1${server:+-$server}"; }

cm_cas() {
	verdict "certmonger takes the CA" cm add-scep-ca \
	    -c "$(cm_name ours)" -u "$URL"
	verdict "certmonger takes the manual profile" cm add-scep-ca \
	    -c "$(cm_name manual)" -u "$URL/manual"
}

cm_enrols() {
	_n=$(cm_name 1)
	challenge "$T/c" --cn "$_n"
	verdict "certmonger asks" cm_request "$(cm_name ours)" "$_n" \
	    -L "$(cat "$T/c")"
	cm_becomes MONITORING "it enrols by GET, in AES-256 [C-007 C-108 \
I-018]" "$(cm_pem "$_n")"
	good_cert "$(cm_pem "$_n")" "$_n"
}

cm_refused() {
	_n=$(cm_name 2)
	cm_request "$(cm_name ours)" "$_n" -L wrong-challenge >/dev/null 2>&1
	cm_becomes CA_REJECTED "a wrong challenge is refused [C-103 C-172 \
I-030]" "$(cm_pem "$_n")"
}

cm_waits() {
	_w=$(cm_name 3)
	_x=$(cm_name 4)
	cm_request "$(cm_name manual)" "$_w" >/dev/null 2>&1
	cm_request "$(cm_name manual)" "$_x" >/dev/null 2>&1
	approve "$_w"
	until_true 15 waiting "$_x"
	verdict "scepadm refuses the next" adm request refuse \
	    "$(request_of "$_x")"
	for _n in "$_w" "$_x"; do
		cm_becomes CA_WORKING "it waits [C-165 C-212 I-030]" \
		    "$(cm_pem "$_n")"
		# It would ask again in its own time, which is days; and
		# then sends the PKCSReq once more, no CertPoll.
		cm refresh -f "$(cm_pem "$_n")" >/dev/null 2>&1
	done
	cm_becomes MONITORING "it asks until it is granted [C-187 C-205 \
C-212]" "$(cm_pem "$_w")"
	good_cert "$(cm_pem "$_w")" "$_w"
	cm_becomes CA_REJECTED "or refused [C-166]" "$(cm_pem "$_x")"
}
