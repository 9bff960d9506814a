/*
 * sandbox.h - what a worker may still do once it has started.
 */
#ifndef SCEP_CGI_SANDBOX_H
#define SCEP_CGI_SANDBOX_H

#include "ca/config.h"

/*
 * From here on this process can talk over the descriptors it has and accept
 * on one of them, and no more: no file opened, no socket made, no program
 * run, no other process looked into.  It is tried out before it returns.
 * SCEP_E_CONFIG where that cannot be had and how is strict; with best-effort
 * what is missing is logged.
 */
enum scep_err	 scep_sandbox_enter(enum scep_sandbox how,
		    struct scep_error *err);

#endif /* SCEP_CGI_SANDBOX_H */
