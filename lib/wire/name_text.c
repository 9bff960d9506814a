/*
 * name_text.c - distinguished names as people write and read them.
 */
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/x509.h>

#include "base/error.h"
#include "base/text.h"
#include "wire/asn1.h"
#include "wire/name.h"
#include "wire/name_types.h"

#define SPECIAL	",+=\\\""

/* Append as much as fits. */
static void
put(char *out, size_t size, size_t *n, const char *text, size_t len)
{
	for (; len > 0 && *n + 1 < size; len--)
		out[(*n)++] = *text++;
}

/* What stands at the ends of a value would be lost as a blank between two. */
static void
put_value(char *out, size_t size, size_t *n, const struct scep_buf *value)
{
	size_t	 i;

	for (i = 0; i < value->len; i++) {
		if (strchr(SPECIAL, value->data[i]) != NULL ||
		    (value->data[i] == ' ' &&
		    (i == 0 || i == value->len - 1)))
			put(out, size, n, "\\", 1);
		put(out, size, n, (const char *)&value->data[i], 1);
	}
}

void
scep_name_write(const struct scep_name *name, char *out, size_t size)
{
	const struct scep_ava	*ava;
	size_t			 i, n = 0;

	if (size == 0)
		return;
	for (i = 0; i < name->n; i++) {
		ava = &name->ava[i];
		if (i > 0 && ava->rdn == ava[-1].rdn)
			put(out, size, &n, " + ", 3);
		else if (i > 0)
			put(out, size, &n, ", ", 2);
		put(out, size, &n, ava->type, strlen(ava->type));
		put(out, size, &n, "=", 1);
		put_value(out, size, &n, &ava->value);
	}
	out[n] = '\0';
}

void
scep_name_text(struct scep_span der, char *out, size_t size)
{
	struct scep_name	 name;
	struct scep_error	 err;

	if (scep_name_parse(der, &name, &err) == SCEP_OK)
		scep_name_write(&name, out, size);
	else if (size > 0)
		OPENSSL_strlcpy(out, "(unreadable)", size);
	scep_name_clear(&name);
}

/* One "TYPE=VALUE" of the text; its end is at a bare separator. */
struct part {
	char	 type[64];
	char	 value[SCEP_NAME_MAX_OCTETS];
	size_t	 len;
	int	 multi;		/* joined to the one before by "+" */
	size_t	 stars, escaped_stars;	/* of all parts so far */
	int	 star_here;
	int	 is_template;	/* a star may stand anywhere */
};

static const char *
skip_blanks(const char *p)
{
	while (*p == ' ')
		p++;
	return p;
}

static enum scep_err
part_type(const char **text, struct part *part, struct scep_error *err)
{
	const char	*p = skip_blanks(*text);
	size_t		 len = strcspn(p, "= ");

	if (len == 0 || len >= sizeof(part->type) ||
	    *skip_blanks(p + len) != '=')
		return scep_fail(err, SCEP_E_USAGE, "name: TYPE=VALUE wanted "
		    "at \"%.32s\"", p);
	memcpy(part->type, p, len);
	part->type[len] = '\0';
	*text = skip_blanks(skip_blanks(p + len) + 1);
	return SCEP_OK;
}

static enum scep_err
part_value(const char **text, char separator, struct part *part,
    struct scep_error *err)
{
	const char	*p = *text;
	size_t		 kept = 0;	/* behind the last that counts */

	part->star_here = 0;
	for (part->len = 0; *p != '\0' && *p != separator &&
	    *p != '+'; p++) {
		int	 escaped = *p == '\\';

		if (escaped && *++p == '\0')
			return scep_fail(err, SCEP_E_USAGE,
			    "name: nothing behind the last \\");
		if (part->len == sizeof(part->value) - 1)
			return scep_fail(err, SCEP_E_USAGE,
			    "name: a value is too long");
		part->value[part->len++] = *p;
		part->escaped_stars += *p == '*' && escaped;
		part->stars += *p == '*' && !escaped;
		part->star_here |= *p == '*' && !escaped;
		if (escaped || *p != ' ')
			kept = part->len;
	}
	part->len = kept;
	part->value[kept] = '\0';
	*text = p;
	return SCEP_OK;
}

static enum scep_err
part_add(X509_NAME *name, const struct part *part, struct scep_error *err)
{
	const struct scep_name_type	*type;
	const char			*word;
	int				 ok, tag;

	if ((word = scep_name_type(part->type)) == NULL)
		return scep_fail(err, SCEP_E_USAGE, "name: \"%s\" is no "
		    "attribute type such as CN, O or serialNumber",
		    part->type);
	/* libcrypto folds it while encoding, and fails there. */
	if (!scep_is_clean_utf8(scep_span_make(part->value, part->len)))
		return scep_fail(err, SCEP_E_USAGE, "name: %s holds control "
		    "characters or no UTF-8", word);
	type = scep_name_type_find(word);
	/* PrintableString has no star. */
	tag = type == NULL || (part->is_template && part->star_here) ?
	    V_ASN1_UTF8STRING : type->tag;
	/* set -1: a new value of the RDN before; 0: a new RDN. */
	ok = type != NULL ?
	    X509_NAME_add_entry_by_NID(name, type->nid, tag,
	    (const unsigned char *)part->value, (int)part->len, -1,
	    part->multi ? -1 : 0) :
	    X509_NAME_add_entry_by_txt(name, word, tag,
	    (const unsigned char *)part->value, (int)part->len, -1,
	    part->multi ? -1 : 0);
	return ok == 1 ? SCEP_OK :
	    scep_fail_ssl(err, SCEP_E_USAGE, "name: %s", part->type);
}

static enum scep_err
parts_read(const char *text, X509_NAME *name, struct part *part,
    struct scep_error *err)
{
	const char	 separator = *skip_blanks(text) == '/' ? '/' : ',';
	const char	*p = skip_blanks(text);
	enum scep_err	 rc;

	if (separator == '/')
		p++;
	for (;;) {
		if ((rc = part_type(&p, part, err)) != SCEP_OK ||
		    (rc = part_value(&p, separator, part, err)) != SCEP_OK ||
		    (rc = part_add(name, part, err)) != SCEP_OK)
			return rc;
		if (*p == '\0')
			return SCEP_OK;
		part->multi = *p == '+';
		p++;
	}
}

/* What was written must be what a certificate may hold. */
static enum scep_err
made_check(const struct scep_buf *der, struct scep_error *err)
{
	struct scep_name	 name;

	if (scep_name_parse(scep_buf_span(der), &name, err) != SCEP_OK)
		return err->code = SCEP_E_USAGE;	/* the reason stands */
	scep_name_clear(&name);
	return SCEP_OK;
}

static enum scep_err
make(const char *text, struct part *part, struct scep_buf *der,
    struct scep_error *err)
{
	X509_NAME	*name;
	enum scep_err	 rc;

	if ((name = X509_NAME_new()) == NULL)
		return scep_fail_ssl(err, SCEP_E_NOMEM, "name");
	if ((rc = parts_read(text, name, part, err)) == SCEP_OK &&
	    (rc = scep_asn1_encode(name, ASN1_ITEM_rptr(X509_NAME), der,
	    err)) == SCEP_OK && (rc = made_check(der, err)) != SCEP_OK)
		scep_buf_clear(der);
	X509_NAME_free(name);
	return rc;
}

enum scep_err
scep_name_make(const char *text, struct scep_buf *der, struct scep_error *err)
{
	struct part	 part = { .multi = 0 };

	return make(text, &part, der, err);
}

enum scep_err
scep_name_make_template(const char *text, struct scep_buf *der,
    int *is_template, struct scep_error *err)
{
	struct part	 part = { .is_template = 1 };
	enum scep_err	 rc;

	*is_template = 0;
	if ((rc = make(text, &part, der, err)) != SCEP_OK || part.stars == 0)
		return rc;
	*is_template = 1;
	if (part.stars == 1 && part.escaped_stars == 0)
		return SCEP_OK;
	scep_buf_clear(der);
	return scep_fail(err, SCEP_E_USAGE, "name: %zu times *; a template "
	    "has one, and a * that is meant as it stands is written \\* and "
	    "cannot be in a template", part.stars + part.escaped_stars);
}
