/*
 * lint.h - a last look at a certificate before it is signed.
 *
 * The rules of RFC 5280 and of SECURITY 2, on the bytes that would be signed,
 * against the grant and the CA, and without trust in what built them.
 * Private to ca/.
 */
#ifndef SCEP_CA_LINT_H
#define SCEP_CA_LINT_H

#include "ca/authorise.h"
#include "ca/tbs.h"

/* What is to be signed, and what it should be; borrowed. */
struct scep_lint_case {
	struct scep_span		 tbs;		/* DER */
	const struct scep_grant_view	*granted;
};

/* SCEP_E_INTERNAL with the rule that does not hold, and where it is from. */
enum scep_err	 scep_lint(const struct scep_crypto *crypto,
		    const struct scep_lint_case *lint_case,
		    struct scep_error *err);

/* What a rule sees: the case, and the TBSCertificate taken apart. */
struct scep_lint {
	const struct scep_crypto	*crypto;
	const struct scep_lint_case	*of;
	struct scep_tbs			 tbs;
};
struct scep_lint_rule {
	const char	*name;
	const char	*source;
	int		(*holds)(const struct scep_lint *lint);
};

/* Each table ends with a NULL name: lint_fields.c, lint_exts.c. */
extern const struct scep_lint_rule	scep_lint_fields[];
extern const struct scep_lint_rule	scep_lint_exts[];

#endif /* SCEP_CA_LINT_H */
