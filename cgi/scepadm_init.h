/*
 * scepadm_init.h - what the files of `scepadm init` share.
 */
#ifndef SCEP_CGI_SCEPADM_INIT_H
#define SCEP_CGI_SCEPADM_INIT_H

#include <openssl/x509.h>

#include "ca/ca_make.h"
#include "cgi/scepadm.h"
#include "cgi/scepadm_dirs.h"

/* Everything that will be written, before anything is. */
struct adm_fresh {
	EVP_PKEY		*ca_key, *ra_key;
	X509			*ca, *ra;
	STACK_OF(X509)		*chain;		/* from the CA's issuer on */
	enum scep_digest	 digest;	/* of what the CA signs */
	int			 has_points;	/* certificates name a CRL */
	uint8_t			 challenge_key[32];
};

void		 adm_fresh_clear(struct adm_fresh *f);

/* scepadm_place.c: keys, certificates, and scep.conf last. */
enum scep_err	 adm_place_write(struct adm *adm, const struct adm_dirs *dirs,
		    const char *url, const struct adm_fresh *f);

/* A CA that is there already, as the command line has it. */
struct adm_adopt {
	const char	*cert, *key;
	const char	*chain, *pass;		/* or NULL */
	int		 try_empty;		/* as a passphrase, before one
						   is asked for */
	json_t		*warnings;		/* texts are appended */
};

/* What `scepadm init` was asked for. */
#define ADM_INIT_URL	"http://localhost/scep"	/* of a trial */
struct adm_init {
	const char		*dir, *state;	/* or NULL */
	const char		*cn, *key;	/* or NULL */
	const char		*url;
	int			 quiet;		/* print nothing */
	struct adm_adopt	 adopt;		/* cert NULL: a new CA */
	struct adm_dirs		 dirs;		/* where it went */
};
/* scepadm_init.c: all that is in the way is found before anything is
 * written. */
enum scep_err	 adm_init_ca(struct adm *adm, struct adm_init *in);

/* scepadm_adopt.c: read it and look at it from all sides; sets ca, ca_key,
 * chain and digest.  SCEP_E_REFUSED for what no device would trust. */
enum scep_err	 adm_adopt_read(struct adm *adm, const struct adm_adopt *from,
		    struct adm_fresh *f);
/* A device that trusts the end of the chain must be able to verify ra. */
enum scep_err	 adm_adopt_verify(struct adm *adm,
		    const struct adm_adopt *from, const struct adm_fresh *f);

/* scepadm_adopt_key.c: a private key, whatever it is wrapped in. */
enum scep_err	 adm_adopt_key(struct adm *adm, const struct adm_adopt *from,
		    EVP_PKEY **out);

/* scepadm_adopt_chain.c: those of pool that lead from ca upwards, in order;
 * the CA's own and doubles are left out, and one that leads nowhere is
 * SCEP_E_REFUSED.  path is for messages. */
enum scep_err	 adm_adopt_chain(struct adm *adm, const char *path, X509 *ca,
		    STACK_OF(X509) *pool, STACK_OF(X509) **out);
/* "CN=…", for messages. */
#define ADM_NAME_TEXT	160
void		 adm_cert_name(const X509 *cert, char out[ADM_NAME_TEXT]);

#endif /* SCEP_CGI_SCEPADM_INIT_H */
