/*
 * ca.h - what the RA may ask of the CA, and what it is told.
 *
 * The one interface between the part that faces the network and the part
 * that holds the keys and the memory.  Two makers: scep_ca_open() in this
 * process, scep_ca_connect() over a socket (door.h); the RA cannot tell.
 */
#ifndef SCEP_CA_CA_H
#define SCEP_CA_CA_H

#include "store/store.h"
#include "wire/message.h"

struct scep_config;

#define SCEP_REQUEST_ID_LEN	17	/* 16 lower-case hex digits and a NUL */
#define SCEP_ASKED_MAX		4095	/* octets of a line */
#define SCEP_PLAINTEXT_MAX	16400	/* octets of an envelope that the CA
					   looks at; a CSR has 16384 */

/* What came out of an envelope, borrowed, as far as the CA looks at it: one
 * octet more than it reads is as unreadable as all of them. */
struct scep_span scep_plaintext(const struct scep_buf *plain);

/* Everything borrowed for the call. */
struct scep_enrolment {
	const char		*profile;
	const char		*request_id;
	const char		*peer;
	int			 type;		/* 19; 17 with a message */
	struct scep_span	 txid;
	struct scep_span	 signer;	/* certificate DER, as sent */
	int			 self_signed;	/* it is, and that verified */
	int			 cipher;	/* enum scep_cipher */
	uint32_t		 ca_generation;	/* of the CA whose RA was
						   addressed; 0: the current
						   one */
	uint8_t			 key_sha256[SCEP_SHA256_LEN];
					/* of encryptedKey */
	uint8_t			 content_sha256[SCEP_SHA256_LEN];
					/* IV and encryptedContent */
	struct scep_span	 plaintext;	/* whatever came out */
	/* Type 17, or a signer that is not self-signed: the CA reads and
	 * verifies the whole pkiMessage, and believes nothing above. */
	struct scep_span	 message;	/* else empty */
	struct scep_span	 content_key;	/* or its substitute */
	struct scep_span	 asked;		/* what the RA saw in the
						   message, as a line of
						   base/line.h, for people */
};

/* Does it need the message?  A renewal, or what can only be one. */
int	 scep_enrolment_is_renewal(enum scep_msg_type type, int self_signed);

struct scep_poll {
	const char		*profile;
	const char		*request_id;
	const char		*peer;
	struct scep_span	 message;	/* the whole pkiMessage: the CA
						   reads and verifies it */
	struct scep_span	 asked;
};

/* A GetCert or a GetCRL. */
struct scep_lookup {
	const char		*profile;
	const char		*request_id;
	const char		*peer;
	int			 type;		/* 21, 22 */
	struct scep_span	 signer;	/* certificate DER, as sent */
	uint8_t			 key_sha256[SCEP_SHA256_LEN];
	uint8_t			 content_sha256[SCEP_SHA256_LEN];
					/* as of an enrolment */
	struct scep_span	 plaintext;	/* whatever came out */
};

#define SCEP_CRL_PIECE	(1024 * 1024)	/* octets; some have many */

/* A part of the newest CRL of a CA. */
struct scep_crl_ask {
	const char	*ca;		/* by the name of its section */
	size_t		 offset;
	long		 have;		/* of this number no octets are
					   wanted, if it is the newest; 0 */
};
/* Release with scep_buf_clear(&piece.bytes). */
struct scep_crl_piece {
	long		 number;	/* another one: begin anew */
	time_t		 this_update, next_update;
	size_t		 total;
	struct scep_buf	 bytes;		/* from offset on, at most a piece;
					   empty: as ask.have says */
};

/* Release with scep_buf_clear(&crl.der). */
struct scep_crl {
	long		 number;
	time_t		 this_update, next_update;
	struct scep_buf	 der;
};

/* A PKIOperation that the RA did not bring before the CA. */
struct scep_note {
	const char		*profile;
	const char		*request_id;
	const char		*peer;		/* whose failure it is; NULL or
						   "": it is not counted */
	struct scep_span	 txid;		/* or empty */
	struct scep_span	 asked;
	struct scep_span	 result;	/* a line: what was answered,
						   and why */
};

enum scep_outcome {
	SCEP_GRANTED,
	SCEP_PENDING,
	SCEP_REFUSED
};

/* What was asked of a validator about one request. */
struct scep_consulted {
	unsigned int	 n;		/* questions */
	long		 ms;		/* that they took, in all */
};

/* Release with scep_answer_clear(). */
struct scep_answer {
	enum scep_outcome	 outcome;
	enum scep_err		 code;		/* REFUSED: its row in error.c
						   says which failInfo */
	struct scep_buf		 cert;		/* GRANTED: DER; to a GetCRL,
						   of the CA whose CRL it is */
	struct scep_buf		 delivery;	/* GRANTED to a key that cannot
						   be encrypted to: the
						   password it is under */
	int			 cipher;	/* poll: its request's, or -1 */
	/* For the log alone, never for the client: */
	char			 reason[256];	/* "challenge is used up" */
	char			 subject[256];
	char			 serial[48];	/* hex */
	char			 authority[96];	/* "challenge k3…" */
	int			 repeated;	/* an answer given before */
	struct scep_consulted	 consulted;	/* also where there is no
						   answer */
	long			 retry_s;	/* with SCEP_E_LIMIT: not
						   before */
};
void		 scep_answer_clear(struct scep_answer *answer);

/* What RA workers need to know, once for each generation. */
struct scep_published_profile {
	char			 name[64];
	char			 ca[64];
	int			 getcert, getcrl;	/* are answered */
	struct scep_buf		 caps;		/* GetCACaps body */
	struct scep_buf		 cacert;	/* GetCACert body */
	int			 cacert_bundle;	/* which of the two types */
	struct scep_buf		 chain;		/* CertRep: certificates behind
						   the issued one, in a row */
	struct scep_buf		 next_chain;	/* … if the next CA issued */
	struct scep_msg_rules	 rules;
	struct scep_buf		 nextcacert;	/* GetNextCACert body; empty:
						   there is none */
	uint32_t		 ra;		/* index into ra[]: signs what
						   was addressed to nobody … */
	uint32_t		 n_ras;		/* … and those behind it, in
						   all, open */
	int			 omit_content;
	int			 fail_text;
	char			 fault[256];	/* why it answers 503, or "" */
};
struct scep_published_ra {
	char			 name[64];	/* of the CA, for the log */
	uint32_t		 ca_generation;	/* … and which of it */
	struct scep_buf		 cert;		/* DER; empty with a fault */
	EVP_PKEY		*pkey;		/* in the CA's own process … */
	struct scep_buf		 key;		/* … or PKCS #8 DER, in the
						   clear */
};
struct scep_published_ca {
	char			 name[64];
	struct scep_buf		 cert;		/* DER; empty with a fault */
};
struct scep_published {
	uint32_t			 generation;
	uint64_t			 max_request;
	char				 default_profile[64];
	int				 metrics;	/* at a path of their
							   own */
	struct scep_published_profile	*profile;	/* OPENSSL_zalloc()ed */
	size_t				 n_profiles;
	struct scep_published_ra	*ra;
	size_t				 n_ras;
	struct scep_published_ca	*ca;
	size_t				 n_cas;
};
void		 scep_published_clear(struct scep_published *published);
/* Make key of pkey, for a socket. */
enum scep_err	 scep_published_encode_keys(struct scep_published *published,
		    struct scep_error *err);
/* From a loaded configuration alone. */
enum scep_err	 scep_publish(const struct scep_config *cfg,
		    uint32_t generation, struct scep_published *out,
		    struct scep_error *err);

struct scep_ca;
struct scep_blocks;		/* blocks.h */
struct scep_report;		/* report.h */

/* How the CA is, as a text. */
enum scep_inspect {
	SCEP_INSPECT_HEALTH = 1,	/* SCEP_OK: it can issue */
	SCEP_INSPECT_METRICS = 2	/* for Prometheus */
};

/*
 * SCEP_OK whenever there is an answer, a refusal too.  Any other result is
 * our own trouble (503): nothing happened, the client may try again.
 * now is the caller's clock; over a socket the CA process uses its own.
 */
struct scep_ca_ops {
	enum scep_err	(*enrol)(struct scep_ca *ca, time_t now,
			    const struct scep_enrolment *request,
			    struct scep_answer *answer,
			    struct scep_error *err);
	enum scep_err	(*poll)(struct scep_ca *ca, time_t now,
			    const struct scep_poll *request,
			    struct scep_answer *answer,
			    struct scep_error *err);
	/* Never PENDING. */
	enum scep_err	(*find_cert)(struct scep_ca *ca, time_t now,
			    const struct scep_lookup *request,
			    struct scep_answer *answer,
			    struct scep_error *err);
	/* SCEP_E_NOTFOUND: there is no such CA, or it has no CRL of ours. */
	enum scep_err	(*crl)(struct scep_ca *ca, time_t now,
			    const struct scep_crl_ask *request,
			    struct scep_crl_piece *piece,
			    struct scep_error *err);
	enum scep_err	(*published)(struct scep_ca *ca,
			    struct scep_published *out,
			    struct scep_error *err);
	/* What this RA has done since it last said so. */
	enum scep_err	(*report)(struct scep_ca *ca, time_t now,
			    const struct scep_report *report,
			    struct scep_error *err);
	enum scep_err	(*inspect)(struct scep_ca *ca, time_t now,
			    enum scep_inspect what, struct scep_buf *out,
			    struct scep_error *err);
	/* Does not wait; what cannot be noted is not. */
	void		(*note)(struct scep_ca *ca, time_t now,
			    const struct scep_note *note);
	void		(*close)(struct scep_ca *ca);
};
struct scep_ca {
	const struct scep_ca_ops	*ops;	/* first member of each kind */
	uint32_t			 generation;	/* of the configuration;
						   0: whichever is in force */
	const struct scep_blocks	*blocks;	/* borrowed, or NULL */
};

/*
 * SCEP_E_LIMIT: who is blocked is answered by it, before anything else is done
 * for him, and not asked before *retry_s.  Where ca knows nobody who is
 * blocked, each call of enrol, poll and find_cert may say so as well.
 */
enum scep_err	 scep_ca_check_limits(const struct scep_ca *ca, time_t now,
		    const char *profile, const char *peer, long *retry_s,
		    struct scep_error *err);
/* Memory of SCEP_BLOCKS_SIZE octets, of another process's CA: SCEP_E_FORMAT
 * if it is not. */
#define SCEP_BLOCKS_SIZE	(2 * 1024 * 1024)
enum scep_err	 scep_ca_use_blocks(struct scep_ca *ca, const void *memory,
		    struct scep_error *err);

enum scep_err	 scep_ca_enrol(struct scep_ca *, time_t now,
		    const struct scep_enrolment *, struct scep_answer *,
		    struct scep_error *);
enum scep_err	 scep_ca_poll(struct scep_ca *, time_t now,
		    const struct scep_poll *, struct scep_answer *,
		    struct scep_error *);
enum scep_err	 scep_ca_find_cert(struct scep_ca *, time_t now,
		    const struct scep_lookup *, struct scep_answer *,
		    struct scep_error *);
enum scep_err	 scep_ca_crl_piece(struct scep_ca *, time_t now,
		    const struct scep_crl_ask *, struct scep_crl_piece *,
		    struct scep_error *);
/* All of its pieces; SCEP_E_TOOBIG if they are more than max octets. */
enum scep_err	 scep_ca_crl(struct scep_ca *, time_t now, const char *name,
		    size_t max, struct scep_crl *, struct scep_error *);
enum scep_err	 scep_ca_published(struct scep_ca *, struct scep_published *,
		    struct scep_error *);
enum scep_err	 scep_ca_report(struct scep_ca *, time_t now,
		    const struct scep_report *, struct scep_error *);
enum scep_err	 scep_ca_inspect(struct scep_ca *, time_t now,
		    enum scep_inspect, struct scep_buf *out,
		    struct scep_error *);
void		 scep_ca_note(struct scep_ca *, time_t now,
		    const struct scep_note *);
void		 scep_ca_close(struct scep_ca *);

/*
 * The CA in this process: any number of threads may call it at once.  cfg
 * (loaded), crypto and store are borrowed and outlive it.
 */
enum scep_err	 scep_ca_open(const struct scep_crypto *crypto,
		    const struct scep_config *cfg, struct scep_store *store,
		    struct scep_ca **out, struct scep_error *err);

/*
 * The same CA with the next configuration (a reload): what it has in memory,
 * locks above all, is shared with the one before, and either may be closed
 * first.  What is answered by which is the caller's choice.
 */
enum scep_err	 scep_ca_reopen(const struct scep_ca *before,
		    const struct scep_config *cfg, struct scep_ca **out,
		    struct scep_error *err);

struct scep_hook_host;		/* hook.h */
/* For ca and all that is made from it by scep_ca_reopen(), before it is used;
 * hooks is borrowed and outlives them.  Without it each call fails. */
void		 scep_ca_use_hooks(struct scep_ca *ca,
		    const struct scep_hook_host *hooks);

/*
 * Count failures and messages, and block whoever has too many: for ca and all
 * that is made from it by scep_ca_reopen(), before it is used.  memory is
 * shared, of SCEP_BLOCKS_SIZE octets, all zero, and fd is what others map it
 * by for reading, or -1; both are borrowed and outlive them.  Without it
 * nothing is counted.
 */
enum scep_err	 scep_ca_use_limits(struct scep_ca *ca, void *memory, int fd,
		    struct scep_error *err);

/* That fd; -1 also where nothing is counted. */
int		 scep_ca_blocks_fd(const struct scep_ca *ca);

/* What it does every second: write what may not be lost by a crash, and whose
 * request could not wait for it. */
enum scep_err	 scep_ca_tend_soon(struct scep_ca *ca, struct scep_error *err);
/* … and look whose block is over. */
void		 scep_ca_tend_limits(struct scep_ca *ca, time_t now);
/*
 * What the owner does every few seconds besides: expire pending requests
 * nobody decided, purge what may go, at most a few hundred rows at a time.
 */
enum scep_err	 scep_ca_tend(struct scep_ca *ca, time_t now,
		    struct scep_error *err);

/*
 * The owner's, too: new RA keys in the place of those that come to their end
 * (ra_renew), durable before anybody uses them.  *rolled is how many; they are
 * in force once the configuration is read again.  What went wrong with one CA
 * does not stop the others; the last reason is in err.
 */
enum scep_err	 scep_ca_roll_ras(struct scep_ca *ca, time_t now, int *rolled,
		    struct scep_error *err);

#endif /* SCEP_CA_CA_H */
