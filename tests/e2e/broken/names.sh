# names.sh - what one section says of another that is not there.

broken 'a CA that is not there' 78 \
    'scep\.conf:LINE: ca: .*\[ca other\]; name one of \[ca main\]' <<'.'
edit '0,/^ca = main/s//ca = other/'
.
broken 'extensions that are not there' 78 \
    'scep\.conf:LINE: extensions: .*\[extensions server\]' <<'.'
edit '0,/^extensions = client/s//extensions = server/'
.
broken 'no profile' 78 'scep\.conf.*\[profile NAME\]' <<'.'
edit '/^\[profile default/,/^extensions =/d'
edit '/^\[profile manual/,$d'
.
broken 'no CA' 78 'scep\.conf:[0-9]+: ca: there is no \[ca main\]; write' <<'.'
edit '/^\[ca main/,/^ra_key/d'
.
broken 'two profiles, and none is the default' 78 \
    'scep\.conf:[0-9]+: .*default_profile = ' <<'.'
edit 's,^\[profile default\],[profile devices],'
.
broken 'a default profile that is not there' 78 \
    'scep\.conf:LINE: default_profile: .*\[profile routers\]' <<'.'
below '^\[server\]' 'default_profile = routers'
.
broken 'two CAs, and a profile that names none' 78 \
    'scep\.conf:[0-9]+: \[profile default\]: ca is missing' <<'.'
edit '0,/^ca = main/s///'
sed -n '/^\[ca main/,/^ra_key/p' "$G/scep.conf" | sed 's/ca main/ca two/' \
    >>scep.conf
.
broken 'no way to authorise' 78 \
    'scep\.conf:[0-9]+: \[profile default\]: authorise is missing' <<'.'
edit '0,/^authorise = .*/s///'
.
broken 'no certificate of the CA' 78 \
    'scep\.conf:[0-9]+: \[ca main\]: certificate is missing' <<'.'
edit '/^certificate = /d'
.
broken 'no key of the RA' 78 \
    'scep\.conf:[0-9]+: \[ca main\]: ra_key is missing' <<'.'
edit '/^ra_key = /d'
.
broken 'one key file for CA and RA' 78 \
    'scep\.conf:[0-9]+: \[ca main\]: .*insecure_one_key' <<'.'
edit 's,^ra_key = .*,ra_key = state/ca.key,'
.
broken 'a profile with a name of the server' 78 \
    'scep\.conf:LINE: \[profile crl\]' <<'.'
edit 's,^\[profile manual\],[profile crl],'
.
broken 'a profile without a name' 78 \
    'scep\.conf:LINE: \[profile\].*\[profile NAME\]' <<'.'
edit 's,^\[profile manual\],[profile],'
.
broken 'a CA with blanks and signs in its name' 78 \
    'scep\.conf:LINE: .*"\[ca m&n\]"' <<'.'
edit 's,^\[ca main\],[ca m\&n],'
.
