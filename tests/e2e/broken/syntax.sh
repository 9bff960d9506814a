# syntax.sh - scep.conf is not written as it must be.

broken 'a quote that is not closed' 78 'scep\.conf:LINE: url: .*not closed' <<'.'
edit 's,^url = ,&",'
.
broken 'a line without =' 78 'scep\.conf:LINE: .*key = value' <<'.'
edit 's,^authorise = ,authorise ,'
.
broken 'an unknown kind of section' 78 \
    'scep\.conf:LINE: \[profiel manual\].*did you mean profile\?' <<'.'
edit 's,^\[profile manual\],[profiel manual],'
.
broken 'a kind of section that is like no other' 78 \
    'scep\.conf:LINE: \[users\].*\[profile NAME\]' <<'.'
echo '[users]' >>scep.conf
.
broken 'a section that is not closed' 78 'scep\.conf:LINE: .*\]' <<'.'
edit 's,^\[ca main\],[ca main,'
.
broken 'a section with two names' 78 'scep\.conf:LINE: .*\[kind name\]' <<'.'
edit 's,^\[ca main\],[ca main two],'
.
broken 'a key with a typing error' 78 \
    'scep\.conf:LINE: validty: .*did you mean validity\?' <<'.'
edit '0,/^validity/s//validty/'
.
broken 'a key that is like no other' 78 \
    'scep\.conf:LINE: colour: .*scep\.conf\(5\)' <<'.'
below '^\[server\]' 'colour = blue'
.
broken 'a key of another section' 78 \
    'scep\.conf:LINE: listen: .*\[server\]' <<'.'
echo 'listen = 127.0.0.1:9000' >>scep.conf
.
broken 'a doubled key' 78 'scep\.conf:LINE: validity .*scep\.conf:[0-9]+' <<'.'
below '^validity' 'validity = 300d'
.
broken 'a doubled section' 78 \
    'scep\.conf:LINE: section \[ca main\] .*scep\.conf:[0-9]+' <<'.'
echo '[ca main]' >>scep.conf
.
broken 'a key above the sections' 78 \
    'scep\.conf:LINE: workers: .*below \[server\]' <<'.'
edit '1i workers = 2'
.
broken 'an empty value' 78 'scep\.conf:LINE: validity: no value' <<'.'
edit '0,/^validity.*/s//validity =/'
.
broken 'a key without a name' 78 'scep\.conf:LINE: a key is' <<'.'
echo '= 5' >>scep.conf
.
broken 'a variable that is not defined' 78 \
    'scep\.conf:LINE: url: \$host is not defined' <<'.'
edit 's,^url = .*,url = http://$host/scep,'
.
broken 'a variable from the environment' 78 \
    'scep\.conf:LINE: state: \$ENV::HOME.*write the value' <<'.'
edit 's,^state = .*,state = $ENV::HOME/state,'
.
broken 'a backslash at the end of the file' 78 'scep\.conf:LINE: ' <<'.'
printf 'note = x\\' >>scep.conf
.
broken 'an included file that is missing' 78 \
    'scep\.conf:LINE: .*/more\.conf: no such file' <<'.'
edit '1i .include more.conf'
.
broken 'an included file with a fault' 78 'ca/more\.conf:2: frob' <<'.'
printf '[server]\nfrob = 1\n' >more.conf
edit '/^\[server\]/,/^log/d'
edit '1i .include more.conf'
.
broken 'a file that includes itself' 78 \
    'scep\.conf:LINE: .*\.include' <<'.'
edit '1i .include scep.conf'
.
broken 'a secret that is included as if it were text' 78 \
    'challenge\.key:1: ' <<'.'
edit '1i .include state/challenge.key'
.
broken 'a private key that is included as if it were text' 78 \
    'ca\.key:1: ' <<'.'
edit '1i .include state/ca.key'
.
broken 'a directory in place of the file' 78 \
    'scep\.conf: .*directory' <<'.'
rm scep.conf
mkdir scep.conf
.
broken 'a program in place of the file' 78 'scep\.conf' <<'.'
cat /bin/sh >scep.conf
.
broken 'octets that are no text' 78 'scep\.conf:LINE: .*UTF-8' <<'.'
edit '0,/^url = .*/s//url = http:\/\/\xff\xfe/'
.
broken 'a NUL octet' 78 'scep\.conf:LINE: control character' <<'.'
printf 'x = \0\n' >>scep.conf
.
broken 'a line of ten megabytes' 78 'scep\.conf: .*octets' <<'.'
head -c 10000000 /dev/zero | tr '\0' x >>scep.conf
.
broken 'a line of ten kilobytes' 78 'scep\.conf:LINE: .*longer than' <<'.'
{ printf 'x = '; head -c 10000 /dev/zero | tr '\0' x; } >>scep.conf
.
broken 'an empty file' 78 'scep\.conf.*\[ca NAME\].*scepadm init' <<'.'
: >scep.conf
.
broken 'UTF-16, as an editor saves it' 78 'scep\.conf:1: .*UTF-' <<'.'
iconv -t UTF-16 scep.conf >.new
mv .new scep.conf
.
broken -f - 'a byte order mark in front' 0 '' <<'.'
edit '1s,^,\xef\xbb\xbf,'
.
broken -f - 'lines that end with CR LF' 0 '' <<'.'
edit 's,$,\r,'
.
broken 'a CR in the middle of a line' 78 \
    'scep\.conf:LINE: control character' <<'.'
edit '0,/^url = .*/s//&\r\/x/'
.
