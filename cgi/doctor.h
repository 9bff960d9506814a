/*
 * doctor.h - what the parts of `scepadm doctor` share.
 */
#ifndef SCEP_CGI_DOCTOR_H
#define SCEP_CGI_DOCTOR_H

#include <curl/curl.h>

#include "ca/config.h"
#include "cgi/doctor_fix.h"
#include "cgi/scep_client.h"
#include "cgi/scepadm.h"

#define DOCTOR_TEXT	700	/* of a finding */

/* How an enrolment is authorised. */
enum doctor_authority {
	DOCTOR_NOBODY,		/* it cannot be: why_not says why */
	DOCTOR_GIVEN,		/* --challenge, good for one */
	DOCTOR_MINTED,		/* challenges of our own, by admin request */
	DOCTOR_MANUAL		/* none; the request waits for an operator */
};

struct doctor {
	struct adm			*adm;
	char				 url[2048];	/* no / at the end */
	int				 url_given;	/* --url */
	const char			*ca_file;	/* --ca-file, or NULL */
	const char			*subject;	/* --subject, or NULL */
	CURL				*curl;

	/* The report. */
	json_t				*findings;
	int				 n_ok, n_failed, n_info;
	char				 server[128];	/* Server: header */
	enum doctor_server		 kind;

	/* scep.conf, where it can be read; else NULL and why. */
	struct scep_config		*cfg;
	const struct scep_profile	*profile;
	char				 why_not[650];

	/* What the server showed. */
	char				 caps[2048];	/* "\nAES\nSHA-256\n" */
	STACK_OF(X509)			*certs;
	X509				*ca, *ra;	/* in certs */
	int				 ours;	/* the CA of cfg's profile */
	int				 post_works, get_works;

	enum doctor_authority		 authority;
	char				*challenge;	/* --challenge */
	json_t				*minted;	/* ids not used up */
	int				 n_issued;
};

/* ---- the report ---- */

void	 doctor_ok(struct doctor *d, const char *check, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));
void	 doctor_info(struct doctor *d, const char *check, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));
void	 doctor_fail(struct doctor *d, const char *check, enum doctor_fix fix,
	    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* The summary, or all of it as JSON. */
void	 doctor_conclude(const struct doctor *d);

/* ---- HTTP ---- */

struct doctor_ask {
	const char		*url;		/* another one, or NULL */
	const char		*suffix;	/* behind the URL, or NULL */
	const char		*query;		/* as it goes over the wire */
	const struct bytes	*body;		/* NULL: GET */
	const char		*type;		/* Content-Type; NULL: none */
	int			 chunked, expect, http10;
};
struct doctor_http {
	long		 status;	/* 0: no answer, why says why */
	int		 tls;		/* … and it was TLS's fault */
	char		 type[128];
	char		 location[256];
	unsigned char	*body;		/* with a NUL behind it */
	size_t		 len;
	char		 why[256];
};
/* 1 if there was an answer, of any status.  Clear it either way. */
int	 doctor_http(struct doctor *d, const struct doctor_ask *ask,
	    struct doctor_http *out);
void	 doctor_http_clear(struct doctor_http *http);
/* "HTTP 404, text/html, from nginx/1.22.1", or why there was no answer. */
void	 doctor_http_text(const struct doctor *d,
	    const struct doctor_http *http, char *out, size_t size);

/* ---- SCEP ---- */

/* A client: its key, its name, its request. */
struct doctor_id {
	EVP_PKEY	*key;
	X509_NAME	*name;
	X509		*signer;
	char		 subject[300];	/* text of name */
	char		 txid[65];
	struct bytes	 csr;
	char		*secret;	/* an EC key's challengePassword: its
					   answers are under it */
	/* A renewal is signed by these; NULL: by key and signer. */
	EVP_PKEY	*old_key;
	X509		*old_cert;
};
/* ec: a key on P-256 instead of RSA. subject NULL: "CN=doctor-…". The
 * request has this challenge, or none; an EC key's has always one, for the
 * delivery. */
enum scep_err	 doctor_id_name(struct doctor *d, struct doctor_id *id,
		    int ec);
enum scep_err	 doctor_id_request(struct doctor *d, struct doctor_id *id,
		    const char *challenge);
void		 doctor_id_clear(struct doctor_id *id);

enum doctor_form {		/* of base64 in a query */
	DOCTOR_ESCAPED,		/* %2B %2F %3D */
	DOCTOR_RAW,		/* + / = */
	DOCTOR_LINES,		/* %0A behind 64 characters */
	DOCTOR_CRLF		/* %0D%0A */
};

struct doctor_trial {
	int			 type;		/* messageType */
	const EVP_CIPHER	*cipher;	/* NULL: AES-128-CBC */
	const EVP_MD		*digest;	/* NULL: SHA-256 */
	int			 get;
	enum doctor_form	 form;
	size_t			 size;		/* of a POST's body, or 0 */
	size_t			 line;		/* of a GET, or 0 */
	struct doctor_ask	 ask;		/* how to POST */
};
struct doctor_answer {
	int			 is_certrep;	/* good signature, nonce and
						   transactionID */
	long			 http_status;	/* 0: none */
	int			 own;		/* an HTTP error of scep.fcgi
						   itself */
	struct client_reply	 reply;
	char			 text[500];	/* what was seen */
};
void	 doctor_exchange(struct doctor *d, const struct doctor_id *id,
	    const struct doctor_trial *trial, struct doctor_answer *out);
void	 doctor_answer_clear(struct doctor_answer *answer);
/* What mends an answer that is no CertRep. */
enum doctor_fix	 doctor_answer_fix(const struct doctor_answer *answer,
		    enum doctor_fix otherwise);
/* The message arrived as it was sent, and its algorithms are accepted. */
int	 doctor_was_read(const struct doctor_answer *answer);
void	 doctor_serial(const X509 *cert, char *out, size_t size);

/* ---- the checks, in their order ---- */

/* 0: no answer at all. */
int	 doctor_check_caps(struct doctor *d);
int	 doctor_announced(const struct doctor *d, const char *word);
/* 0: without certificates nothing else can be tried. */
int	 doctor_check_cacert(struct doctor *d);
void	 doctor_check_way(struct doctor *d);
void	 doctor_check_enrol(struct doctor *d);
/* cert, which may be NULL, names a CRL. */
void	 doctor_check_crl(struct doctor *d, const X509 *cert);
/* enrolled: a client that has its certificate, or NULL. */
void	 doctor_check_trials(struct doctor *d,
	    const struct doctor_id *enrolled, X509 *cert);

/* ---- who may ask for a certificate ---- */

void	 doctor_authority_choose(struct doctor *d);
/* A challenge for this client, to be freed; NULL and why_not if there is
 * none.  Under DOCTOR_MANUAL it is "". */
char	*doctor_challenge(struct doctor *d, const struct doctor_id *id);
/* The challenge made last was used up. */
void	 doctor_challenge_used(struct doctor *d);
/* Take back what was made and not used. */
void	 doctor_challenges_revoke(struct doctor *d);
/* Refuse what this client has queued; 0 if it cannot be. */
int	 doctor_refuse(struct doctor *d, const struct doctor_id *id);

#endif /* SCEP_CGI_DOCTOR_H */
