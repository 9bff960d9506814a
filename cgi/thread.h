/* thread.h - a thread, joinable or not. */
#ifndef SCEP_CGI_THREAD_H
#define SCEP_CGI_THREAD_H

#include <pthread.h>

/* 0 if there is none to be had. */
int	 scep_thread_start(pthread_t *thread, void *(*fn)(void *), void *arg,
	    int detached);

#endif /* SCEP_CGI_THREAD_H */
