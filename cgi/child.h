/*
 * child.h - what every process of ours does first, and the clock they share.
 */
#ifndef SCEP_CGI_CHILD_H
#define SCEP_CGI_CHILD_H

#include <stdint.h>
#include <sys/types.h>

/* No core file, no ptrace by others of the same uid; JSON that is freed is
 * overwritten: what was a secret in it does not outlive its request. */
void	 scep_process_harden(void);
/* free(3), once what is there is overwritten: for libraries that have secrets
 * in their memory. */
void	 scep_wipe_free(void *p);
/*
 * In a new child of parent: die with it, be called name, ignore the signals
 * of a terminal (SIGTERM is the supervisor's word), take the others.  Exits
 * if parent is gone already.
 */
void	 scep_child_begin(pid_t parent, const char *name);
/* CLOCK_MONOTONIC, in milliseconds. */
int64_t	 scep_now_ms(void);
/* For poll(2): how much of that is left until then, 0 if nothing is, -1 (for
 * ever) if then is INT64_MAX. */
int	 scep_left_ms(int64_t then);

#endif /* SCEP_CGI_CHILD_H */
