# files.sh - certificates and keys: not there, not readable, not what they
# should be, not fitting together.

at_ca='scep\.conf:[0-9]+: \[ca main\]: '

new_ra='(mv .*openssl genrsa .*\)|openssl req -x509 .*ra\.pem)'

# ---- the files themselves ----

broken 'a CA certificate that is missing' 78 \
    "$at_ca.*/ca\\.pem: no such file" <<'.'
rm ca.pem
.
broken 'a key that is missing' 78 "$at_ca.*/ca\\.key: no such file" <<'.'
rm state/ca.key
.
broken 'an empty certificate' 78 "$at_ca.*/ca\\.pem: .*empty" <<'.'
: >ca.pem
.
broken 'an empty key' 78 "$at_ca.*/ra\\.key: .*empty" <<'.'
: >state/ra.key
.
broken 'a certificate that cannot be read' 78 \
    "$at_ca.*/ca\\.pem: .*uid [0-9]+" 'chmod u\+r [^ ]*' <<'.'
chmod 000 ca.pem
.
broken 'a key that cannot be read' 78 \
    "$at_ca.*/ca\\.key: .*uid [0-9]+" 'chmod [^ ]* [^ ]*ca\.key' <<'.'
chmod 000 state/ca.key
.
broken -r 'a key of somebody else' 78 \
    "$at_ca.*/ca\\.key: .*chown [0-9]+ [^ ]*/ca\\.key" <<'.'
chown bin state/ca.key
chmod 600 state/ca.key
.
broken -r 'a readable key of somebody else' 78 \
    "$at_ca.*/ca\\.key: belongs to .*chown [0-9]+ [^ ]*/ca\\.key" <<'.'
chown bin state/ca.key
chmod 644 state/ca.key
.
broken 'a CA key that others may read' 78 \
    "$at_ca.*/ca\\.key: mode 0644" 'chmod 600 [^ "]*' <<'.'
chmod 644 state/ca.key
.
broken 'an RA key that its group may write' 78 \
    "$at_ca.*/ra\\.key: mode 0620" 'chmod 600 [^ "]*' <<'.'
chmod 620 state/ra.key
.
broken -l 0 'a certificate that anybody may write' 78 \
    '/ca\.pem: mode 0646' 'chmod o-w [^ "]*' <<'.'
chmod 646 ca.pem
.
broken -l 0 'a configuration that anybody may write' 78 \
    'scep\.conf: mode 0646' 'chmod o-w [^ "]*' <<'.'
chmod 646 scep.conf
.
broken -l - -f - 'a certificate that its group may write' 0 \
    '/ra\.pem: mode 0664' 'chmod g-w [^ "]*' <<'.'
chmod 664 ra.pem
.
broken 'a key that is a link' 78 \
    "$at_ca.*/ca\\.key: a symbolic link" <<'.'
mv state/ca.key state/other.key
ln -s other.key state/ca.key
.
broken 'a certificate that is a link to nowhere' 78 \
    "$at_ca.*/ca\\.pem: " <<'.'
ln -sf nowhere.pem ca.pem
.
broken 'a key that is a link to nowhere' 78 "$at_ca.*/ra\\.key: " <<'.'
ln -sf nowhere.key state/ra.key
.
broken 'a FIFO for a key' 78 "$at_ca.*/ca\\.key: .*FIFO" <<'.'
rm state/ca.key
mkfifo -m 600 state/ca.key
.
broken 'a FIFO for a certificate' 78 "$at_ca.*/ra\\.pem: .*FIFO" <<'.'
rm ra.pem
mkfifo ra.pem
.
broken 'a device for a key' 78 "$at_ca.*/dev/zero: .*device" <<'.'
edit 's,^key = .*,key = /dev/zero,'
.
broken 'a directory for a certificate' 78 "$at_ca.*state: .*directory" <<'.'
edit 's,^certificate = .*,certificate = state,'
.
broken 'a key of a megabyte' 78 "$at_ca.*/ca\\.key: .*octets" <<'.'
head -c 1000000 /dev/zero >>state/ca.key
.

# ---- what is in them ----

broken 'a certificate in place of the key' 78 \
    "$at_ca.*/ca\\.key: .*a CERTIFICATE; name the right one" <<'.'
cp ca.pem state/ca.key
chmod 600 state/ca.key
.
broken 'a key in place of the certificate' 78 \
    "$at_ca.*/ca\\.pem: .*a PRIVATE KEY; name the right one" <<'.'
cp state/ca.key ca.pem
.
broken 'a request in place of the certificate' 78 \
    "$at_ca.*/ra\\.pem: .*a CERTIFICATE REQUEST; name" <<'.'
openssl req -new -key state/ra.key -subj /CN=x -out ra.pem
.
broken 'an encrypted key' 78 \
    "$at_ca.*/ca\\.key: the key is encrypted" \
    '\(umask 077; openssl pkey .*\)' <<'.'
openssl pkey -in state/ca.key -aes128 -passout pass:x -out state/new.key
chmod 600 state/new.key
mv state/new.key state/ca.key
.
broken 'a key in DER' 78 "$at_ca.*/ra\\.key: a key in DER" \
    '\(umask 077; openssl pkey .*\)' <<'.'
openssl pkey -in state/ra.key -outform DER -out state/new.key
chmod 600 state/new.key
mv state/new.key state/ra.key
.
broken 'a certificate in DER with octets of garbage' 78 \
    "$at_ca.*/ca\\.pem: " <<'.'
{ printf '\060\202\003\000'; head -c 768 /dev/zero; } >ca.pem
.
broken 'a certificate in DER that is cut off' 78 "$at_ca.*/ca\\.pem: " <<'.'
openssl x509 -in ca.pem -outform DER | head -c 500 >new.pem
mv new.pem ca.pem
.
broken 'a certificate in PEM that is cut off' 78 "$at_ca.*/ca\\.pem: " <<'.'
head -n 8 ca.pem >new.pem
mv new.pem ca.pem
.
broken 'a key in PEM that is cut off' 78 "$at_ca.*/ra\\.key: " <<'.'
umask 077
head -n 8 state/ra.key >new.key
mv new.key state/ra.key
.
broken 'a key in PEM with a line that is missing' 78 "$at_ca.*/ra\\.key: " <<'.'
sed -i 5d state/ra.key
.
broken 'an EC certificate authority with a key of 192 bits' 78 \
    "$at_ca.*/ca\\.(key|pem): .*256" <<'.'
umask 077
openssl ecparam -name prime192v1 -genkey -noout -out state/ca.key
umask 022
new_ca ca.pem state/ca.key 90 $CA_BASIC $CA_USAGE
.
broken 'two certificates in one file' 78 \
    "$at_ca.*/ca\\.pem: .*chain = " <<'.'
cat ra.pem >>ca.pem
.

# ---- whether they fit together ----

broken 'a key of another certificate' 78 \
    "$at_ca.*/ca\\.key: .*/ca\\.pem" <<'.'
new_key state/ca.key
.
broken 'an RA key of another certificate' 78 \
    "$at_ca.*/ra\\.key: .*/ra\\.pem" \
    "$new_ra" <<'.'
new_key state/ra.key
.
broken 'certificate and RA certificate exchanged' 78 "$at_ca.*\\.pem" <<'.'
mv ca.pem x.pem
mv ra.pem ca.pem
mv x.pem ra.pem
.
broken 'the RA has the key of the CA' 78 \
    "$at_ca.*/ra\\.key: the same key.*insecure_one_key" "$new_ra" <<'.'
cp state/ca.key state/ra.key
new_ra ra.pem state/ra.key ca.pem state/ca.key $RA_USAGE
.
broken 'an RA key of 1024 bits' 78 "$at_ca.*/ra\\.key: .*1024.*2048" \
    "$new_ra" <<'.'
new_key state/ra.key 1024
new_ra ra.pem state/ra.key ca.pem state/ca.key $RA_USAGE
.
broken 'an RA certificate of another CA' 78 \
    "$at_ca.*/ra\\.pem: not issued by .*ca\\.pem" "$new_ra" <<'.'
new_key other.key
new_ca other.pem other.key 90 $CA_BASIC $CA_USAGE
new_ra ra.pem state/ra.key other.pem other.key $RA_USAGE
.
broken -l 0 'an RA certificate that may not be encrypted to' 78 \
    '/ra\.pem: keyUsage .*keyEncipherment' "$new_ra" <<'.'
new_ra ra.pem state/ra.key ca.pem state/ca.key \
    keyUsage=critical,digitalSignature
.
broken -l 0 'an RA certificate that has expired' 78 \
    '/ra\.pem: .*expired on' "$new_ra" <<'.'
DAYS=-1 new_ra ra.pem state/ra.key ca.pem state/ca.key $RA_USAGE
.
broken -l 0 'a CA certificate that has expired' 78 \
    '/ca\.pem: .*expired on' 'openssl x509 -in .*&& mv [^ ]* [^ "]*' <<'.'
openssl x509 -in ca.pem -signkey state/ca.key -days -1 -out new.pem
mv new.pem ca.pem
.
# By the library of faketime alone: the program around it leaves nobody's files
# in /dev/shm, and does not start where there is one of its number.
cat >"$T/clock" <<X
LD_PRELOAD='$(faketime_lib)'
FAKETIME_FMT=%s FAKETIME_DISABLE_SHM=1
export LD_PRELOAD FAKETIME FAKETIME_FMT FAKETIME_DISABLE_SHM
X
# clock TIME TEXT PATTERN
clock() {
	if command -v faketime >/dev/null; then
		broken -l 0 -b "FAKETIME=$1; . $T/clock" "$2" 78 "$3" <<'.'
:
.
	else
		skip "$2" "faketime is not installed"
	fi
}
clock -40d 'certificates that are not valid yet' \
    '/ca\.pem: .*not valid before .*clock'
clock @978350400 'a clock in the past' 'the clock says 2001-01-01.*set it'
broken -l 0 'a CA certificate that is none' 78 \
    '/ca\.pem: .*CA:TRUE' <<'.'
new_ca ca.pem state/ca.key 90 basicConstraints=critical,CA:FALSE $CA_USAGE
.
broken -l 0 'a CA certificate that may not issue' 78 \
    '/ca\.pem: .*keyCertSign' <<'.'
new_ca ca.pem state/ca.key 90 $CA_BASIC \
    keyUsage=critical,digitalSignature,cRLSign
.
broken -l - -f - 'a CA certificate without digitalSignature' 0 \
    '/ca\.pem: .*digitalSignature' <<'.'
new_ca ca.pem state/ca.key 90 $CA_BASIC keyUsage=critical,keyCertSign
.
broken -l 0 'a chain that leads elsewhere' 78 \
    'chain\.pem: certificate 1 did not issue .*ca\.pem' <<'.'
new_key other.key
new_ca chain.pem other.key 90 $CA_BASIC $CA_USAGE

below '^certificate' 'chain = chain.pem'
.
broken 'a chain that is missing' 78 "$at_ca.*/chain\\.pem: no such file" <<'.'
below '^certificate' 'chain = chain.pem'
.
broken -l 0 'a chain out of order' 78 \
    'chain\.pem: certificate 1 did not issue .*order' <<'.'
for i in root middle
do	new_key $i.key
done
new_ca root.pem root.key 90 $CA_BASIC $CA_USAGE
new_ra middle.pem middle.key root.pem root.key $CA_BASIC $CA_USAGE
openssl x509 -in ca.pem -CA middle.pem -CAkey middle.key -set_serial 9 \
    -days 80 -out new.pem
mv new.pem ca.pem
cat root.pem middle.pem >chain.pem
below '^certificate' 'chain = chain.pem'
.

# ---- challenge.key ----

broken 'no key for challenges' 78 '/challenge\.key: no such file' \
    '\(umask 077; openssl rand -hex 32 >.*challenge\.key\)' <<'.'
rm state/challenge.key
.
broken 'a key for challenges that is too short' 78 \
    '/challenge\.key: not 64 hex' \
    '\(umask 077; openssl rand -hex 32 >.*challenge\.key\)' <<'.'
cut -c1-40 state/challenge.key >state/new.key
chmod 600 state/new.key
mv state/new.key state/challenge.key
.
broken 'a key for challenges that others may read' 78 \
    '/challenge\.key: mode 0640' 'chmod 600 [^ "]*' <<'.'
chmod 640 state/challenge.key
.
broken 'an empty key for challenges' 78 '/challenge\.key: .*64 hex' <<'.'
: >state/challenge.key
.
