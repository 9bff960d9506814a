/*
 * ed_message.h - a pkiMessage by an Ed25519 key (RFC 8419), which OpenSSL 3.0
 * cannot sign.  Fails by abort().
 */
#ifndef TESTS_ED_MESSAGE_H
#define TESTS_ED_MESSAGE_H

#include "tests/unit/client.h"

/* As client_message() would make it: SHA-512, signed over the attributes in
 * the order of DER.  digest may be another that the message then names. */
struct bytes	 ed_message(const struct client_message *m);

#endif /* TESTS_ED_MESSAGE_H */
