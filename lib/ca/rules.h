/*
 * rules.h - may a certificate of this profile have this name?  Private to
 * ca/.
 */
#ifndef SCEP_CA_RULES_H
#define SCEP_CA_RULES_H

#include "ca/config.h"
#include "wire/name.h"

/* SCEP_E_REFUSED says which attribute, and why; never what was in it. */
enum scep_err	 scep_rules_subject(const struct scep_profile *profile,
		    const struct scep_name *name, struct scep_error *err);
/* Of a template (wire/name.h): all but the value that the star is in, for it
 * may stand for what is allowed. */
enum scep_err	 scep_rules_template(const struct scep_profile *profile,
		    const struct scep_name *name, struct scep_error *err);
enum scep_err	 scep_rules_san(const struct scep_profile *profile,
		    const struct scep_san_list *san, struct scep_error *err);

/* A certificate names somebody, somehow. */
enum scep_err	 scep_rules_named(const struct scep_name *name,
		    const struct scep_san_list *san, struct scep_error *err);

#endif /* SCEP_CA_RULES_H */
