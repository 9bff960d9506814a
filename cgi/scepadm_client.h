/*
 * scepadm_client.h - what the files of `scepadm client` share: the device a
 * recipe is for, and the text of the recipe.
 */
#ifndef SCEP_CGI_SCEPADM_CLIENT_H
#define SCEP_CGI_SCEPADM_CLIENT_H

#include <stdio.h>

#include <jansson.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/buf.h"
#include "base/error.h"
#include "wire/crypto.h"
#include "wire/name.h"

#define ADM_URL_LEN	1024
#define ADM_LABEL_LEN	64
#define ADM_HASH_TEXT	(3 * EVP_MAX_MD_SIZE + 1)

/* One device, and all that a recipe says about it. */
struct adm_device {
	const struct scep_crypto *crypto;
	char			 url[ADM_URL_LEN];	/* no / at the end */
	char			 profile[64];
	char			 where[256];	/* of the profile: FILE:LINE */
	char			 label[ADM_LABEL_LEN];	/* of files, trustpoints
						   …: letters, digits, "._-" */
	char			 subject[SCEP_NAME_TEXT];
	struct scep_name	 name;		/* the same, taken apart */
	const json_t		*dns;		/* or NULL */
	int			 bits;		/* of its RSA key */
	uint32_t		 usage;		/* KU_DIGITAL_SIGNATURE | … */
	char			 ekus[512];	/* OIDs with + between */
	int			 takes_des;	/* the profile, in messages */

	STACK_OF(X509)		*shown;		/* by GetCACert, in its order */
	X509			*ra;		/* … the RA's, or NULL */
	X509			*ca;		/* … the CA's */
	X509			*top;		/* … the last one */
	X509			*root;		/* the last one of scep.conf */

	const char		*challenge;
	char			 expires[64];	/* of it; "" if not known */
	const char		*ssid;		/* wpa: or NULL, by wire */
	const char		*radius;	/* wpa: its name, or NULL */
};

/* ---- a text that grows; it holds a secret ---- */

struct adm_text {
	struct scep_buf	 buf;
	int		 failed;	/* no memory: see adm_text_end() */
};
void		 adm_text_put(struct adm_text *text, const char *fmt, ...)
		    __attribute__((format(printf, 2, 3)));
void		 adm_text_xml(struct adm_text *text, const char *s);
/* One word of sh(1), whatever is in it. */
void		 adm_text_sh(struct adm_text *text, const char *s);
/* A value of openssl's config(5). */
void		 adm_text_cnf(struct adm_text *text, const char *s);
/* A value of wpa_supplicant.conf(5): "…", or hex where quotes would not do. */
void		 adm_text_wpa(struct adm_text *text, const char *s);
void		 adm_text_base64(struct adm_text *text, struct scep_span bytes);
void		 adm_text_pem(struct adm_text *text, const X509 *cert);
enum scep_err	 adm_text_end(const struct adm_text *text,
		    struct scep_error *err);
void		 adm_text_clear(struct adm_text *text);

/* ---- of a device ---- */

/* scepadm_client_label.c */
/* From its common name, or what stands for it: the same each time, and no two
 * names have the same. */
enum scep_err	 adm_device_label(struct adm_device *d, struct scep_error *err);
/* The common name, else the first value there is. */
const char	*adm_device_cn(const struct adm_device *d);
/* Digest of a certificate in capital hex, with sep between octets. */
void		 adm_device_hash(const X509 *cert, const EVP_MD *md,
		    const char *sep, char out[ADM_HASH_TEXT]);
int		 adm_device_is_root(const X509 *cert);
size_t		 adm_device_dns(const struct adm_device *d);
const char	*adm_device_dns_at(const struct adm_device *d, size_t i);
/* An attribute's type if it is one of names (NULL-terminated), else its number
 * ("2.5.4.3"; "" if it is none), which is written to oid. */
const char	*adm_device_type(const char *type, const char *const *names,
		    char oid[64]);
/* SCEP_E_REFUSED if an RDN has several attributes, or an attribute is none of
 * types (NULL-terminated). */
enum scep_err	 adm_device_plain(const struct adm_device *d, const char *who,
		    const char *const *types, struct scep_error *err);
/* SCEP_E_REFUSED if a value has one of these characters, begins or ends with a
 * blank; what it is, for messages, which show it. */
enum scep_err	 adm_device_without(const char *what, const char *value,
		    const char *who, const char *not, struct scep_error *err);
/* SCEP_E_REFUSED for the two characters that are none of XML's. */
enum scep_err	 adm_device_xml(const struct adm_device *d,
		    struct scep_error *err);

/* ---- recipes ---- */

/* SCEP_E_REFUSED, and why, if there is no way to say it to that client. */
typedef enum scep_err	(*adm_recipe_fn)(const struct adm_device *d,
		    struct adm_text *out, struct scep_error *err);
enum scep_err	 adm_recipe_apple(const struct adm_device *,
		    struct adm_text *, struct scep_error *);
enum scep_err	 adm_recipe_certmonger(const struct adm_device *,
		    struct adm_text *, struct scep_error *);
enum scep_err	 adm_recipe_cisco(const struct adm_device *,
		    struct adm_text *, struct scep_error *);
enum scep_err	 adm_recipe_scepclient(const struct adm_device *,
		    struct adm_text *, struct scep_error *);
enum scep_err	 adm_recipe_sscep(const struct adm_device *,
		    struct adm_text *, struct scep_error *);
enum scep_err	 adm_recipe_strongswan(const struct adm_device *,
		    struct adm_text *, struct scep_error *);
enum scep_err	 adm_recipe_text(const struct adm_device *,
		    struct adm_text *, struct scep_error *);
enum scep_err	 adm_recipe_windows(const struct adm_device *,
		    struct adm_text *, struct scep_error *);
enum scep_err	 adm_recipe_wpa(const struct adm_device *,
		    struct adm_text *, struct scep_error *);
/* What a script begins with: why it is, and that a failure ends it. */
void		 adm_recipe_head(const struct adm_device *d,
		    const char *with, struct adm_text *out);
/* What a script of strongSwan's is behind its head. */
enum scep_err	 adm_recipe_pki(const struct adm_device *d,
		    struct adm_text *out, struct scep_error *err);

/* ---- as a QR code, where libqrencode is there ---- */

/* What it holds: URL, SHA-256 of the CA's certificate, challenge. */
void		 adm_qr_text(const struct adm_device *d,
		    struct adm_text *out);
/* To a terminal; or a new file of mode 0600. */
enum scep_err	 adm_qr_show(const char *text, FILE *to,
		    struct scep_error *err);
enum scep_err	 adm_qr_png(const char *text, const char *path,
		    struct scep_error *err);

/* ---- signed ---- */

struct adm;
struct adm_signer {
	const char	*cert_path, *key_path;
	const char	*pass_path;	/* or NULL */
	X509		*cert;
	STACK_OF(X509)	*others;	/* behind it in its file */
	EVP_PKEY	*key;
};
/* The files; clear it either way. */
enum scep_err	 adm_signer_read(struct adm *adm, struct adm_signer *signer);
/* CMS SignedData (DER) with the text in it. */
enum scep_err	 adm_signer_sign(struct adm *adm,
		    const struct adm_signer *signer, struct scep_span text,
		    struct scep_buf *out);
void		 adm_signer_clear(struct adm_signer *signer);

#endif /* SCEP_CGI_SCEPADM_CLIENT_H */
