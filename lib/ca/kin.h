/*
 * kin.h - which generation of a CA is meant, or was at work.  Private to ca/.
 */
#ifndef SCEP_CA_KIN_H
#define SCEP_CA_KIN_H

#include "ca/config_kin.h"
#include "store/record.h"
#include "wire/envelope.h"

/*
 * The generation that answers who addressed this one (PROTOCOL C-204): the
 * next one if it is published; whoever else was addressed, the current one.
 * For a first certificate the worker's word is enough: it chooses between two
 * CAs of ours that ask for the same authority, which is used up.
 */
const struct scep_ca_conf
		*scep_kin_asked(const struct scep_ca_conf *ca,
		    uint32_t number);
/* The same, where the message itself is here and verified: the next one if it
 * is published, and no other's RA is among the recipients. */
const struct scep_ca_conf
		*scep_kin_addressed(const struct scep_ca_conf *ca,
		    const struct scep_envelope *env);

/* Was it this generation that issued the certificate?  By name and key
 * identifier, or by name alone where the certificate is not here. */
int		 scep_kin_issued(const struct scep_crypto *crypto,
		    const struct scep_ca_conf *gen,
		    const struct scep_cert_rec *rec);
/* May this certificate be given to who asks `asked`?  What the next one issued
 * is not for who asks the current one, and the reverse. */
int		 scep_kin_answers(const struct scep_crypto *crypto,
		    const struct scep_ca_conf *ca,
		    const struct scep_ca_conf *asked,
		    const struct scep_cert_rec *rec);

#endif /* SCEP_CA_KIN_H */
