/*
 * name.h - distinguished names: taken apart, compared, shown, made.
 */
#ifndef SCEP_WIRE_NAME_H
#define SCEP_WIRE_NAME_H

#include "base/buf.h"

#define SCEP_NAME_MAX_AVAS	16
#define SCEP_NAME_MAX_OCTETS	1024	/* of DER */
#define SCEP_NAME_TEXT		1536	/* of scep_name_text() */

/* One AttributeTypeAndValue. */
struct scep_ava {
	char		 type[64];	/* "CN", "O", ..., or dotted OID */
	int		 rdn;		/* index of its RDN, from 0 */
	int		 tag;		/* ASN.1 string type on the wire */
	struct scep_buf	 value;		/* UTF-8 */
};

struct scep_name {
	struct scep_ava	 ava[SCEP_NAME_MAX_AVAS];
	size_t		 n;
};

/*
 * Parse a Name (DER or BER).  Accepts Printable, UTF8, IA5, BMP, T61 (as
 * ISO 8859-1) strings.  SCEP_E_FORMAT if it is no Name; SCEP_E_REFUSED for
 * what no certificate should hold: control characters, NUL, invalid UTF-8,
 * an empty value, a value beyond its upper bound in RFC 5280 appendix A
 * (CN, O, OU, serialNumber 64; C exactly 2 letters, ...; 255 otherwise), too
 * many AVAs, too many octets.  An empty Name is fine: n is 0.
 */
enum scep_err	 scep_name_parse(struct scep_span der, struct scep_name *out,
		    struct scep_error *err);
void		 scep_name_clear(struct scep_name *name);

/* Same structure, types and values (as UTF-8, case counts): what a challenge
 * binds. */
int		 scep_name_same(const struct scep_name *a,
		    const struct scep_name *b);
/* RFC 5280 section 7.1 comparison of two encodings (bytes first, then case
 * folded and blanks squeezed): what finds an issuer. */
int		 scep_name_match(struct scep_span a, struct scep_span b);

/* "C=CH, O=strongSwan, CN=peer" in the order of the DER, multi-valued RDNs
 * joined with " + "; `,`, `+`, `=`, `\` and quotes inside values escaped by a
 * backslash.  Cut to fit.  Never fails: what is no Name is "(unreadable)". */
void		 scep_name_text(struct scep_span der, char *out, size_t size);
/* The same of one that was read. */
void		 scep_name_write(const struct scep_name *name, char *out,
		    size_t size);

/* The reverse, also of "/C=CH/O=strongSwan/CN=peer": DER with UTF8Strings
 * (PrintableString for C and serialNumber, IA5String for DC and
 * emailAddress).  SCEP_E_USAGE says what is wrong with it. */
enum scep_err	 scep_name_make(const char *text, struct scep_buf *der,
		    struct scep_error *err);
/*
 * The same, of a text that may be a template: one * without a backslash stands
 * for one character or more of that value, and for no *.  It is in der as it
 * is, and is the only one; without one it is an ordinary name, whose \* are stars.
 */
enum scep_err	 scep_name_make_template(const char *text,
		    struct scep_buf *der, int *is_template,
		    struct scep_error *err);
/* Which attribute of a template has the *; n if none has. */
size_t		 scep_name_star(const struct scep_name *template);
/* Same structure and types, and values that fit; the attributes of one RDN in
 * any order, as DER sorts them by what is in them. */
int		 scep_name_fits(const struct scep_name *template,
		    const struct scep_name *name);
/* Is it an attribute type we know by name ("CN", "serialNumber", …)? Gives
 * the canonical spelling, or NULL. Dotted OIDs are returned as they are. */
const char	*scep_name_type(const char *word);

#endif /* SCEP_WIRE_NAME_H */
