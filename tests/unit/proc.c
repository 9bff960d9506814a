/*
 * proc.c - what the kernel says of a process or a thread.
 */
#include <stdio.h>

#include "tests/unit/proc.h"

char
proc_state(pid_t pid)
{
	char	 path[64], is = 'X';
	FILE	*f;

	(void)snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
	if ((f = fopen(path, "re")) == NULL)
		return 'X';
	if (fscanf(f, "%*d %*s %c", &is) != 1)
		is = 'X';
	(void)fclose(f);
	return is;
}
