# reload.sh - a reload, until it is over; sourced after lib.sh.  $SUPERVISOR is
# of the scep.fcgi that serves.

# scepadm returns when the new configuration is in force.  A worker of before
# may be at a request then, and answers it by the configuration of before.
reload() {
	_before=$(workers_of "$SUPERVISOR")
	adm reload || return
	for _worker in $_before; do
		until_true 20 gone "$_worker" || return
	done
}
