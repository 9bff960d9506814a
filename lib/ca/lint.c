/*
 * lint.c - a last look at a certificate before it is signed.
 *
 * Runs the rules; knows none itself but that there must be something to
 * apply them to.
 */
#include "base/der.h"
#include "base/error.h"
#include "ca/lint.h"

static enum scep_err
broken(const char *name, const char *source, struct scep_error *err)
{
	return scep_fail(err, SCEP_E_INTERNAL, "not signed: the certificate "
	    "breaks lint rule %s (%s)", name, source);
}

static enum scep_err
apply(const struct scep_lint_rule *rule, const struct scep_lint *lint,
    struct scep_error *err)
{
	for (; rule->name != NULL; rule++)
		if (!rule->holds(lint))
			return broken(rule->name, rule->source, err);
	return SCEP_OK;
}

enum scep_err
scep_lint(const struct scep_crypto *crypto,
    const struct scep_lint_case *lint_case, struct scep_error *err)
{
	struct scep_lint	 lint = { .crypto = crypto, .of = lint_case };
	enum scep_err		 rc;

	if (scep_der_check(lint_case->tbs, err) != SCEP_OK)
		return broken("der", "RFC 5280 section 4.1", err);
	if (!scep_tbs_parse(lint_case->tbs, &lint.tbs))
		return broken("structure", "RFC 5280 section 4.1.2", err);
	if ((rc = apply(scep_lint_fields, &lint, err)) != SCEP_OK)
		return rc;
	return apply(scep_lint_exts, &lint, err);
}
