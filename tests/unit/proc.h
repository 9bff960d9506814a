/*
 * proc.h - what the kernel says of a process or a thread.
 */
#ifndef TESTS_PROC_H
#define TESTS_PROC_H

#include <sys/types.h>

/* R runs, S is asleep, T halted, Z and X ended (proc(5)); X where there is no
 * such one any more. */
char	 proc_state(pid_t pid);

#endif /* TESTS_PROC_H */
