/*
 * scepadm_import.h - what the files of `scepadm import` share.
 */
#ifndef SCEP_CGI_SCEPADM_IMPORT_H
#define SCEP_CGI_SCEPADM_IMPORT_H

#include <sys/types.h>

#include "base/ca_index.h"
#include "ca/config.h"
#include "ca/import.h"
#include "cgi/scepadm_init.h"

/* Where another server has its files. */
struct adm_import_place {
	char	 cert[SCEP_PATH_LEN], key[SCEP_PATH_LEN];	/* the CA's */
	char	 index[SCEP_PATH_LEN];
	char	 certs[SCEP_PATH_LEN];	/* a directory */
	char	 crl_number[SCEP_PATH_LEN];	/* need not be there */
	int	 by_serial;		/* certs/SERIAL.pem */
};

/* What there is to say, and how much of it: the first of each is kept. */
#define ADM_IMPORT_TOLD	1000
enum adm_import_kind {
	ADM_IMPORT_REFUSED,
	ADM_IMPORT_MISSING,	/* no certificate, and it cannot renew */
	ADM_IMPORT_KEPT,	/* as it is here */
	ADM_IMPORT_LESS,	/* more was known of the revocation */
	ADM_IMPORT_KINDS
};
extern const char *const	adm_import_word[ADM_IMPORT_KINDS];

struct adm_import_count {
	long	 lines, valid, expired, revoked;	/* of the list */
	long	 n[SCEP_IMPORT__MAX];			/* what became of it */
	long	 told[ADM_IMPORT_KINDS];
};

struct adm_import {
	struct adm		*adm;
	const char		*source;	/* "openssl-ca" */
	const char		*profile;	/* or NULL: the default one */
	int			 dry, skip;
	struct adm_import_place	 at;
	struct adm_init		 init;		/* of a CA that is not here */
	int			 fresh;		/* it is not */
	char			 conf[SCEP_PATH_LEN];	/* where it is, or
							   will be */

	struct scep_cert	 ca;		/* at.cert */
	struct scep_import_ca	 from;
	char			 ca_key[2 * SCEP_SHA256_LEN + 1];
	long			 crl_number;	/* 0: none */

	int			 sending;	/* the second time through */
	int			 lend;		/* root, and the state is … */
	uid_t			 uid;		/* … this user's */
	gid_t			 gid;
	json_t			*items;		/* a batch */
	size_t			 octets;	/* of it as JSON, at most */
	struct adm_import_count	 count;
	json_t			*told;		/* {line, kind, text} */
	json_t			*result;	/* of the last request */
};

/* scepadm_import_place.c: find the files of such a server below dir; what is
 * set already is left. */
enum scep_err	 adm_import_find(struct adm_import *im, const char *dir);
/* Its CA's certificate, and the number of its last CRL. */
enum scep_err	 adm_import_ca(struct adm_import *im);
/* The certificate of a line, as DER: SCEP_E_NOTFOUND if it is not there or does
 * not read, and why. */
enum scep_err	 adm_import_cert(struct adm_import *im,
		    const struct scep_ca_index *line, struct scep_buf *der,
		    struct scep_error *err);

/* scepadm_import_read.c: all lines of the list, through adm_import_add(). */
enum scep_err	 adm_import_read(struct adm_import *im);

/* scepadm_import_send.c: an item, with what is to be told of it. */
enum scep_err	 adm_import_add(struct adm_import *im, long nr,
		    const struct scep_ca_index *line, struct scep_buf *der);
enum scep_err	 adm_import_flush(struct adm_import *im);
/* The last request: a CRL, if there was anything new. */
enum scep_err	 adm_import_finish(struct adm_import *im);
/* What adm_hold() holds, where one of these asked. */
void		 adm_import_release(struct adm_import *im);
/* Something to say of a line. */
void		 adm_import_tell(struct adm_import *im, long nr,
		    enum adm_import_kind kind, const char *text);

/* scepadm_import_print.c: lines with something to say, on stderr; and what
 * became of all. */
void		 adm_import_print_told(const struct adm_import *im);
void		 adm_import_print(const struct adm_import *im);

#endif /* SCEP_CGI_SCEPADM_IMPORT_H */
