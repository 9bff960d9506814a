# command.sh - scepadm and scep.fcgi, asked in a way that they do not
# understand.

rm -rf "$C"
cp -a "$G" "$C"
before=$(listing)

says 'no command' 2 'usage: scepadm'
says 'an unknown noun' 2 'there is no frobnicate' frobnicate
says 'an unknown verb' 2 'there is no cert lst' cert lst
says 'a noun without its verb' 2 'usage: .* cert list' cert
says 'an unknown option' 2 '--frob: no such option; usage: scepadm cert list' \
    cert list --frob
says 'an option without its value' 2 \
    '--cn: its value is missing; usage: scepadm challenge add' \
    challenge add --cn
says 'an argument that is missing' 2 \
    'an argument is missing; usage: scepadm cert show .*SERIAL' cert show
says 'an argument too many' 2 'b: an argument too many; usage: .*SERIAL' \
    cert show a b
says 'a serial that is none' 2 '"xyz" is not hexadecimal' cert show xyz
says 'a serial that is not there' 3 'serial 0123.*scepadm cert list' \
    cert show 0123
says 'an id of a challenge that is none' 3 'no id .*scepadm challenge list' \
    challenge show x
says 'an id of a challenge that is not there' 3 \
    'no challenge aaaaaaaaaa.*scepadm challenge list' \
    challenge revoke aaaaaaaaaa
says 'an id of a request that is not there' 3 \
    'no request zz .*scepadm request list' request approve zz
says 'a count that is no number' 2 \
    '--count: "many" is not a whole number from 1 to 10000' \
    challenge add --count many
says 'a duration that is none' 2 '--ttl: "soon" is not a duration' \
    challenge add --ttl soon
says 'a profile that is not there' 3 'no \[profile nope\] in .*scep\.conf' \
    challenge add --profile nope
says 'two options for one thing' 2 '--cn is short for --subject' \
    challenge add --cn a --subject CN=b
says 'a name that no request could have' 1 'san_allow at .*scep\.conf:[0-9]+' \
    challenge add --dns -x
says 'a CA where there is one' 1 'is there already.*--dir' init --dir "$C"
says 'a CA where nobody may write' 78 '/proc/x: .*install -d' init --dir /proc/x
says 'a CA with a key of an unknown type' 2 'rsa:1024: not one of rsa:2048' \
    init --dir "$T/run/n" --key rsa:1024
says 'a CA with a URL that is none' 2 '--url ftp://x: wanted http' \
    init --dir "$T/run/n" --url ftp://x
if [ "$(listing)" = "$before" ] && [ ! -e "$T/run/n" ]; then
	ok "none of this changed anything"
else
	not_ok "none of this changed anything"
fi

# Control: the same with what was missing or wrong put right.
says 'control: cert list' 0 CN=one cert list
says 'control: challenge add' 0 '.' challenge add --cn two --ttl 1h --count 2
says 'control: init' 0 'made a CA' init --dir "$T/run/n"

broken -c "$T/run/none/scep.conf" 'a configuration that is missing' 78 \
    'none/scep\.conf: no such file.*-c.*SCEP_CONF.*scepadm init' <<'.'
.
broken -c "$T/run" 'a directory for a configuration' 78 '/run: a directory' <<'.'
.
broken -c /dev/null 'a device for a configuration' 78 '/dev/null: a device' <<'.'
.
broken -c "$T/run/ca/state/ca.key" 'a key for a configuration' 78 \
    'ca\.key:1: neither' <<'.'
.
broken 'a configuration that may not be read' 78 \
    'scep\.conf: not readable for uid [0-9]+' 'chmod u\+r [^ "]*' <<'.'
chmod 0 scep.conf
.
broken -r 'a configuration of somebody else' 78 \
    'scep\.conf: not readable for uid .*chmod a\+r [^ ]*scep\.conf' <<'.'
chmod 600 scep.conf
chown bin scep.conf
.
