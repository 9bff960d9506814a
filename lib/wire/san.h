/*
 * san.h - subjectAltName: taken apart and made anew, never copied.
 */
#ifndef SCEP_WIRE_SAN_H
#define SCEP_WIRE_SAN_H

#include "base/buf.h"

#define SCEP_SAN_MAX	64

enum scep_san_type {
	SCEP_SAN_DNS,
	SCEP_SAN_EMAIL,
	SCEP_SAN_URI,
	SCEP_SAN_IP,
	SCEP_SAN_UPN,		/* otherName 1.3.6.1.4.1.311.20.2.3 */
	SCEP_SAN_OTHER,		/* anything else: never issued */
	SCEP_SAN__MAX
};

struct scep_san {
	enum scep_san_type	 type;
	struct scep_buf		 value;	/* text; IP as text too: "192.0.2.1" */
};

struct scep_san_list {
	struct scep_san	 san[SCEP_SAN_MAX];
	size_t		 n;
};

/*
 * Parse the DER value of a subjectAltName extension; DNS names come out in
 * lower case, duplicates once.  SCEP_E_FORMAT if it is not DER, or no such
 * thing;
 * SCEP_E_REFUSED for names no certificate should hold (empty list, NUL or
 * control characters, octets above 0x7e, DNS labels that are not LDH or are
 * too long, IP addresses of odd length, more than SCEP_SAN_MAX).  A leading
 * "*." is left to the profile.
 */
enum scep_err	 scep_san_parse(struct scep_span der,
		    struct scep_san_list *out, struct scep_error *err);
/* Add one from text ("DNS", "host.example"), with the same checks; IP
 * addresses come out in the one spelling of inet_ntop(3).  SCEP_E_REFUSED. */
enum scep_err	 scep_san_add(struct scep_san_list *list,
		    enum scep_san_type type, struct scep_span value,
		    struct scep_error *err);
/* The DER value of the extension; SCEP_SAN_OTHER is SCEP_E_REFUSED. */
enum scep_err	 scep_san_encode(const struct scep_san_list *list,
		    struct scep_buf *der, struct scep_error *err);
/* The same names, in any order. */
int		 scep_san_same(const struct scep_san_list *a,
		    const struct scep_san_list *b);
void		 scep_san_clear(struct scep_san_list *list);
/* "DNS", "email", "URI", "IP", "UPN", "other". */
const char	*scep_san_type_name(enum scep_san_type);
/* "DNS:a.example, IP:192.0.2.1", `,` and `\` inside names escaped by a
 * backslash; cut to fit. */
void		 scep_san_text(const struct scep_san_list *list, char *out,
		    size_t size);

#endif /* SCEP_WIRE_SAN_H */
