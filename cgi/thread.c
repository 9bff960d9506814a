/* thread.c - a thread, joinable or not. */
#include "cgi/thread.h"

int
scep_thread_start(pthread_t *thread, void *(*fn)(void *), void *arg,
    int detached)
{
	pthread_attr_t	 attr;
	int		 rc;

	if (pthread_attr_init(&attr) != 0)
		return 0;
	rc = pthread_attr_setdetachstate(&attr, detached ?
	    PTHREAD_CREATE_DETACHED : PTHREAD_CREATE_JOINABLE);
	if (rc == 0)
		rc = pthread_create(thread, &attr, fn, arg);
	(void)pthread_attr_destroy(&attr);
	return rc == 0;
}
