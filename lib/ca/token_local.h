/*
 * token_local.h - what taking tokens apart and making them share.  Private to
 * token*.c.
 */
#ifndef SCEP_CA_TOKEN_LOCAL_H
#define SCEP_CA_TOKEN_LOCAL_H

#include "base/buf.h"

int	 scep_token_is_kid(const char *text);
int	 scep_token_is_id(const char *text);
/* By their octets, as memcmp(3). */
int	 scep_token_order(struct scep_span a, struct scep_span b);

#endif /* SCEP_CA_TOKEN_LOCAL_H */
