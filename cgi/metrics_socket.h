/*
 * metrics_socket.h - Prometheus' text over STATE/metrics.sock, by HTTP.
 */
#ifndef SCEP_CGI_METRICS_SOCKET_H
#define SCEP_CGI_METRICS_SOCKET_H

#include "ca/ca.h"

/* Answer one request, whatever it asks for, and close fd. */
void	 scep_metrics_serve(struct scep_ca *ca, int fd);

#endif /* SCEP_CGI_METRICS_SOCKET_H */
