# state.sh - the state directory, the sockets, and the room there is.

# ---- the directory ----

broken 'a state directory that is missing' 78 \
    '/state: the state directory is not there; .*install -d -m 700 ' <<'.'
mv state/ca.key state/ra.key .
edit 's,= state/,= ,'
rm -rf state
.
broken 'a file in place of the state directory' 78 \
    '/state: the state directory is no directory; correct state = ' <<'.'
mv state/ca.key state/ra.key .
edit 's,= state/,= ,'
rm -rf state
echo >state
.
broken 'a state path in a directory that is missing' 78 \
    '/none/state: .*correct state = ' <<'.'
edit 's,^state = .*,state = none/state,'
.
broken -l 0 'a state directory that others may read' 78 \
    '/state: mode 0755' 'chmod 700 [^ "]*' <<'.'
chmod 755 state
.
broken -r 'a state directory of somebody else' 78 \
    '/state belongs to uid [0-9]+, and this is uid .*chown ' <<'.'
mv state/ca.key state/ra.key .
edit 's,= state/,= ,'
chown bin state
chmod 700 state
.
broken -r -l 0 'a readable state directory of somebody else' 78 \
    '/state: .*belongs to uid' <<'.'
chown bin state
chmod 755 state
.
broken 'a state directory that may not be written' 78 '/state' \
    'chmod u\+rwx [^ "]*' <<'.'
rm -f state/lock
chmod 500 state
.
# What they are run by: in a name space of their own.
cat >"$T/read-only" <<X
exec unshare -m sh -c 'mount --bind $C/state $C/state &&
    mount -o remount,bind,ro $C/state && exec "\$@"' sh "\$@"
X
cat >"$T/no-room" <<X
exec unshare -m sh -c 'mkdir -p $T/small && mount -t tmpfs -o size=16m \
    tmpfs $T/small && cp -a $C/state/. $T/small && mount --bind $T/small \
    $C/state && chown --reference=$C $C/state && chmod 700 $C/state &&
    { [ -n "\${BALLAST-yes}" ] && cat /dev/zero >$C/state/ballast 2>/dev/null
    exec "\$@"; }' sh "\$@"
X
broken -r -w "sh $T/read-only" 'a file system that is read only' 75 \
    '/state.*: Read-only file system; mount -o remount,rw' <<'.'
:
.
broken -r -w "sh $T/no-room" 'no room on the disk' 75 \
    '/state/db.*No space left on device; make room .*df -h' <<'.'
:
.

# The server starts, and answers what takes no room.
broken -r -f - -l 0 -w "env BALLAST= sh $T/no-room" \
    'less room on the disk than the reserve' 75 \
    '/state: 1[0-9] MiB .* reserve of 64: nothing .*df -h [^ ]*/state\)' <<'.'
:
.

# ---- its lock and its sockets ----

broken -k 0 -l 75 -f - -w "flock -o $C/state/lock" 'a lock that is held' 75 \
    '/state is owned by process [0-9]+; wait' <<'.'
: >>state/lock
.
broken 'a lock that is a directory' 78 '/state/lock: ' <<'.'
rm -f state/lock
mkdir state/lock
.
broken -r 'a lock of somebody else' 78 '/state/lock: ' <<'.'
touch state/lock
chown bin state/lock
chmod 600 state/lock
.
broken -k 0 -l 0 'a file where the socket is to be' 78 'listen = .*/scep\.sock: exists and is no socket.*mv ' <<'.'
echo >scep.sock
.
broken -k 0 -l 0 'a socket in a directory that is missing' 78 \
    'listen: .*/run/scep\.sock: .*mkdir -p' <<'.'
edit 's,scep\.sock,run/scep.sock,'
.
broken -k 0 -l 0 -r 'a socket in a directory that may not be written' 78 \
    'listen: .*/run/scep\.sock: .*chown [0-9]+ ' <<'.'
mkdir run
chmod 755 run
chown 0 run
edit 's,scep\.sock,run/scep.sock,'
.
broken -k 0 -l 0 'nothing to listen on' 78 'listen = ' <<'.'
edit '/^listen/d'
.
broken -k 0 -l 0 'a port of the system' 78 'listen = .*:80: .*1024' <<'.'
edit 's,^listen = .*,listen = 127.0.0.1:80,'
.
broken -k 0 -l 0 'an address of another machine' 78 'listen = 192.*: ip address' <<'.'
edit 's,^listen = .*,listen = 192.0.2.1:9000,'
.
broken -k 0 -l 0 'a directory where the socket of scepadm is to be' 78 \
    '/state/admin\.sock: .*mv ' <<'.'
mkdir state/admin.sock
touch state/admin.sock/x
.

# ---- limits ----

broken -s "$C/state/db/*" -b 'ulimit -n 16' 'few open files' 75 \
    '/state/db: too many open files: .*ulimit -n' <<'.'
:
.
