/*
 * admin_cert.h - what the verbs about certificates share.  Private to ca/.
 */
#ifndef SCEP_CA_ADMIN_CERT_H
#define SCEP_CA_ADMIN_CERT_H

#include "ca/admin_json.h"

/* All there is to tell about a certificate.  *out is the caller's, or NULL:
 * out of memory. */
enum scep_err	 scep_admin_cert_json(const struct scep_admin_call *call,
		    const struct scep_cert_rec *rec, json_t **out,
		    struct scep_error *err);

/* The serial that is asked for, as an INTEGER has it.  SCEP_E_USAGE. */
enum scep_err	 scep_admin_cert_serial(const struct scep_admin_call *call,
		    struct scep_buf *out, struct scep_error *err);
/* The certificate that has it, of the CA that is asked for, if one is.
 * SCEP_E_NOTFOUND; SCEP_E_REFUSED: of several. */
enum scep_err	 scep_admin_cert_get(struct scep_admin_call *call,
		    struct scep_cert_rec *out, struct scep_error *err);

/* admin_cert_revoke.c */
extern const struct scep_admin_member	scep_admin_cert_revoke_members[];
enum scep_err	 scep_admin_cert_revoke(struct scep_admin_call *call,
		    struct scep_error *err);

/* admin_cert_list.c */
extern const struct scep_admin_member	scep_admin_cert_list_members[];
enum scep_err	 scep_admin_cert_list(struct scep_admin_call *call,
		    struct scep_error *err);

#endif /* SCEP_CA_ADMIN_CERT_H */
