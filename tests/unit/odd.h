/*
 * odd.h - pkiMessages as clients really write them (PROTOCOL part 2): our own
 * encoder of whatever BER, PKCS #7 and CMS allow, each oddity by itself or all
 * at once, always signed and enveloped as it should be.
 *
 * It uses nothing of lib/wire: what ours reads and what OpenSSL's CMS reads
 * are both held against it.  Everything is made of der_make.h's spans, which
 * der_forget() frees; it fails by abort().
 */
#ifndef TESTS_ODD_H
#define TESTS_ODD_H

#include "tests/unit/der_make.h"

#define ODD_BAG		10
#define ODD_TO		9
#define ODD_ATTRS	8

/* Names: CN only, as that string type; and one RDN of several parts. */
struct scep_span odd_name(int tag, const char *cn);
struct scep_span odd_cisco_name(const char *cn);

/* DER's order of the elements of a SET OF. */
int		 odd_compare(const struct scep_span *a,
		    const struct scep_span *b);
/* A Name with its UTF8Strings and PrintableStrings of another type; tag -1:
 * in BER, of indefinite length; tag 0: in capitals, with more blanks. */
struct scep_span odd_rename(struct scep_span name, int tag);
/* SET OF (or what is tagged so), in the order of DER. */
struct scep_span odd_set(int tag, const struct scep_span *parts, size_t n);

/* A certificate; v1 has no extensions, unless it has. */
enum { ODD_V1_WRITTEN = 2, ODD_V1_EXTS = 3 };
struct odd_cert {
	EVP_PKEY		*key, *by;	/* by NULL: signed by key */
	struct scep_span	 subject, issuer;	/* empty: subject */
	struct scep_span	 serial;	/* content octets */
	int			 v1;		/* 1; ODD_V1_… */
	int			 time_tag;	/* 0x17, 0x18 */
	const char		*from, *to;
	struct scep_span	 exts;		/* Extension in a row */
	const EVP_MD		*md;
	int			 no_null;	/* in its algorithms */
	int			 bare_key;	/* … and in the key's */
};
struct scep_span odd_cert_make(const struct odd_cert *c);
struct scep_span odd_ext(const char *oid, int critical,
		    struct scep_span value);

/* A CertificationRequest. */
struct odd_csr {
	EVP_PKEY		*key;
	struct scep_span	 subject;
	int			 challenge_tag;	/* 0: none */
	struct scep_span	 challenge;	/* content octets */
	const char		*ext_oid;	/* of the extension request */
	struct scep_span	 exts;		/* empty: no such attribute */
	struct scep_span	 more;		/* further attributes */
	int			 no_attrs;	/* not even [0] */
	const EVP_MD		*md;
	int			 no_null, bare_key;
};
struct scep_span odd_csr_make(const struct odd_csr *c);
/* The octets of this ASCII text in a string of that type. */
struct scep_span odd_text(int tag, const char *text);
/* Attribute with one value. */
struct scep_span odd_attr(const char *oid, struct scep_span value);

struct odd_to {
	EVP_PKEY		*key;		/* wraps for this one */
	struct scep_span	 issuer, serial;	/* serial: octets */
	struct scep_span	 ski;		/* instead, if not empty */
	int			 no_null, oaep;
};

/* Constructed values that may have indefinite length. */
enum {
	ODD_CI = 1, ODD_CI0 = 2, ODD_SIGNED = 4, ODD_DIGESTS = 8,
	ODD_ENCAP = 0x10, ODD_ENCAP0 = 0x20, ODD_CERTS = 0x40,
	ODD_SIGNERS = 0x80, ODD_SIGNER = 0x100, ODD_SID = 0x200,
	ODD_ALG = 0x400, ODD_SIGNED_ATTRS = 0x800, ODD_ATTR = 0x1000,
	ODD_UNSIGNED = 0x2000,
	ODD_ENV = 0x4000, ODD_ENV0 = 0x8000, ODD_ENVELOPED = 0x10000,
	ODD_RECIPIENTS = 0x20000, ODD_KTRI = 0x40000, ODD_RID = 0x80000,
	ODD_ENCRYPTED = 0x100000,
	ODD_LEVELS = 21,
	ODD_OUTER = 0x3fff, ODD_INNER = 0x1fc000
};
/* Strings that may come in segments. */
enum {
	ODD_S_CONTENT = 1, ODD_S_SIGNATURE = 2, ODD_S_VALUES = 4,
	ODD_S_ENCRYPTED = 8, ODD_S_KEY = 0x10, ODD_S_SKI = 0x20,
	ODD_S_ALL = 0x3f
};
enum odd_order {
	ODD_SORTED,		/* DER */
	ODD_AS_SENT,		/* unsorted, and signed like that */
	ODD_SENT_UNSORTED	/* unsorted, but signed in DER's order */
};
/* Signed attributes, to be left out, sent twice, or with two values. */
enum {
	ODD_A_CONTENT_TYPE = 1, ODD_A_DIGEST = 2, ODD_A_TYPE = 4,
	ODD_A_TXID = 8, ODD_A_NONCE = 0x10
};

/* One message; odd_plain() fills in what any client might send. */
struct odd {
	int			 type;
	const char		*type_text;
	int			 type_tag, txid_tag, nonce_tag;
	struct scep_span	 txid, nonce;

	struct odd_cert		 cert;		/* the signer's … */
	struct scep_span	 cert_der;	/* … or this one: then key,
						   names and serial of cert
						   are to be the same */
	struct scep_span	 signer_ski;	/* named by it, if not empty */
	struct scep_span	 sid_issuer;	/* empty: as in cert */
	struct scep_span	 bag[ODD_BAG];	/* certificates, in order … */
	size_t			 n_bag, place;	/* … and where the signer's
						   goes among them */
	struct odd_csr		 csr;
	struct scep_span	 content;	/* instead, if not empty */
	struct odd_to		 to[ODD_TO];
	size_t			 n_to;
	const EVP_CIPHER	*cipher;
	const EVP_MD		*md;

	unsigned int		 indefinite;	/* ODD_CI … */
	int			 long_form;	/* 4 octets of each length */
	unsigned int		 segments;	/* ODD_S_CONTENT … */
	size_t			 segment;	/* octets in each */
	int			 nested;	/* segments of segments */
	int			 sd_version, si_version, ed_version;
						/* 0: the right one; -1: 0 */
	enum odd_order		 order;
	struct scep_span	 attrs[ODD_ATTRS];	/* further signed */
	size_t			 n_attrs;
	struct scep_span	 unsigned_attrs, unprotected;	/* in a row */
	struct scep_span	 originator;	/* certificates in a row */
	struct scep_span	 digests;	/* further digestAlgorithms */
	int			 digest_null;	/* parameters: NULL */
	int			 sig_named;	/* shaXWithRSAEncryption */
	int			 sig_no_null;
	int			 crls;		/* an empty [1] */
	struct scep_span	 trailing;

	/* What nobody should send. */
	unsigned int		 drop, twice, two_values;	/* ODD_A_… */
	int			 n_signers;	/* 1 */
	int			 no_attrs;	/* the content is signed */
	int			 bad_digest, bad_signature;
	const char		*content_type, *econtent_type, *inner_type,
				*env_type;
	int			 bare;		/* the CSR as eContent */
	int			 bare_enveloped;	/* no ContentInfo */
	int			 no_content, no_signer_cert;
};

/* Who is asked, and who asks. */
struct odd_desk {
	EVP_PKEY		*key;		/* the device's */
	EVP_PKEY		*other;		/* somebody else's */
	EVP_PKEY		*ra_key;	/* public half is enough */
	struct scep_span	 ra_issuer, ra_serial, ra_ski;
	const char		*challenge;	/* NULL: none */
	const char		*cn;
};
void		 odd_plain(const struct odd_desk *d, struct odd *o);
struct scep_span odd_make(const struct odd *o);
/* The OIDs of a digest, and of a key's signature with it (md is not looked
 * at for Ed25519, which wants SHA-512 as the digest of a message). */
const char	*odd_md_oid(const EVP_MD *md);
const char	*odd_signature_oid(const EVP_PKEY *key, const EVP_MD *md);
/* What the signer's certificate says, as in a RecipientInfo of the answer. */
struct scep_span odd_signer_ias(const struct odd *o);
/* IssuerAndSubject and IssuerAndSerialNumber: contents of 20, 21 and 22. */
struct scep_span odd_issuer_and_subject(struct scep_span issuer,
		    struct scep_span subject);
struct scep_span odd_issuer_and_serial(struct scep_span issuer,
		    struct scep_span serial);

/*
 * The catalogue: rows that stand together and have the same axis exclude each
 * other, rows of different axes go together.
 */
struct odd_row {
	const char	*axis, *label;
	const char	*numbers;		/* of PROTOCOL.md */
	void		(*set)(const struct odd_desk *d, struct odd *o,
			    int arg);
	int		 arg;
	int		 not_cms;	/* 1: OpenSSL does not read it; or */
#define ODD_CMS_ALONE	2		/* not together with others */
};
extern const struct odd_row	 odd_rows[];
extern const size_t		 odd_n_rows;
/* By "axis" and "label"; NULL. */
const struct odd_row	*odd_row_find(const char *axis, const char *label);

#endif /* TESTS_ODD_H */
