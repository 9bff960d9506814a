# store.sh - the database and issue.log.

DB=$C/state/db/*		# recovery writes there

broken -s "$DB" 'a file in place of the database' 78 '/state/db: ' <<'.'
rm -rf state/db
echo >state/db
.
broken -s "$DB" 'a database that may not be written' 78 '/state/db: ' \
    'chmod u\+rwx [^ "]*' <<'.'
chmod 500 state/db
.
broken -s "$DB" 'a database of a newer version' 78 \
    '/state/db has schema 9.*newer version' <<'.'
db5.3_dump state/db/meta.db | sed '/^ 736368656d61$/{n;s/.*/ 39/}' >.dump
rm state/db/meta.db
db5.3_load -f .dump state/db/meta.db
rm .dump
chmod 600 state/db/meta.db
.
broken -s "$DB" 'a table that is cut off' 75 '/state/db: certs\.db' <<'.'
truncate -s 1000 state/db/certs.db
.
broken -s "$DB" 'a table that is empty' 75 '/state/db: certs\.db' <<'.'
: >state/db/certs.db
.
broken -s "$DB" 'a table that is missing' 75 \
    '/state/db/certs\.db: .*missing.*backup' <<'.'
rm state/db/certs.db
.
broken -s "$DB" 'a table with an octet changed' 75 '/state/db: certs\.db' <<'.'
other state/db/certs.db 100
.
broken -s "$DB" 'a page of a table with an octet changed' 75 \
    '/state/db: certs\.db.*checksum error: page 1.*backup' <<'.'
other state/db/certs.db 8100
.
broken -s "$DB" 'a table with garbage' 75 '/state/db: ' <<'.'
head -c 20000 /dev/urandom >state/db/meta.db
.
broken -s "$DB" 'a table that cannot be read' 78 '/state/db/meta\.db: ' \
    'chmod u\+rw [^ "]*' <<'.'
chmod 000 state/db/meta.db
.
broken -s "$DB" 'a log of the database that is cut off' 75 '/state/db: ' <<'.'
for f in state/db/log.*
do	truncate -s 5000 "$f"
done
.
broken -s "$DB" 'a log of the database that is missing' 75 \
    '/state/db/log\.db: .*missing.*backup' <<'.'
rm state/db/log.*
.
broken -s "$DB" 'a log of the database with garbage' 75 '/state/db: ' <<'.'
for f in state/db/log.*
do	head -c 20000 /dev/urandom >"$f"
done
.
broken -s "$DB" 'an edited line of issue.log' 75 '/issue\.log: entry [0-9]+ ' \
    'mv [^ ]*issue\.log [^ ]*issue\.log\.old' <<'.'
sed -i '$s/one/two/' state/issue.log
.
broken -s "$DB" 'a line that is missing in issue.log' 75 '/issue\.log: entry [0-9]+ ' \
    'mv [^ ]*issue\.log [^ ]*issue\.log\.old' <<'.'
sed -i 1d state/issue.log
.
broken -s "$DB" -l - -f - 'an issue.log that was cut off' 0 '' <<'.'
truncate -s -20 state/issue.log
.
broken -s "$DB" 'a line too many in issue.log' 75 '/issue\.log: entry [0-9]+ ' \
    'mv [^ ]*issue\.log [^ ]*issue\.log\.old' <<'.'
echo hello >>state/issue.log
.
broken -s "$DB" 'an issue.log of another database' 75 '/issue\.log: entry [0-9]+ ' \
    'mv [^ ]*issue\.log [^ ]*issue\.log\.old' <<'.'
rm -rf state/db
.
broken -s "$DB" 'an issue.log that is a link' 78 '/issue\.log: ' <<'.'
mv state/issue.log state/other.log
ln -s other.log state/issue.log
.
broken -s "$DB" 'an issue.log that may not be written' 78 '/issue\.log: ' \
    'chmod u\+rw [^ "]*' <<'.'
chmod 400 state/issue.log
.

# ---- what is read only if somebody asks ----

rm -rf "$C"
cp -a "$G" "$C"
says 'control: the store is read to its end' 0 'rows can be read' \
    check --store
(. "$T/bin/helpers.sh"; other "$C/state/db/certs.db" 8100)
says 'a page of a table with an octet changed, and check --store' 75 \
    '/state/db: certs\.db: .*checksum error: page 1.*backup' \
    check --store
