/*
 * name_template.c - does a name fit a template?
 *
 * A template is a name with one * in one value: it stands for one character
 * or more there, never for an attribute.  And never for a *: *.example is not
 * one host of that domain, to who checks names, but all of them.
 */
#include <string.h>

#include "wire/name.h"

static int
has_star(const struct scep_ava *ava)
{
	return ava->value.len > 0 &&
	    memchr(ava->value.data, '*', ava->value.len) != NULL;
}

size_t
scep_name_star(const struct scep_name *template)
{
	size_t	 i;

	for (i = 0; i < template->n; i++)
		if (has_star(&template->ava[i]))
			break;
	return i;
}

/* Both are UTF-8, so whole characters are left for the star. */
static int
value_fits(struct scep_span pattern, struct scep_span value)
{
	const uint8_t	*star = memchr(pattern.data, '*', pattern.len);
	size_t		 front, back;

	if (star == NULL)
		return scep_span_equal(pattern, value);
	front = (size_t)(star - pattern.data);
	back = pattern.len - front - 1;
	return value.len > front + back &&
	    memchr(value.data, '*', value.len) == NULL &&
	    memcmp(value.data, pattern.data, front) == 0 &&
	    memcmp(value.data + value.len - back, star + 1, back) == 0;
}

static int
ava_fits(const struct scep_ava *pattern, const struct scep_ava *ava)
{
	return pattern->rdn == ava->rdn &&
	    strcmp(pattern->type, ava->type) == 0 &&
	    value_fits(scep_buf_span(&pattern->value),
	    scep_buf_span(&ava->value));
}

/* An attribute of the name that is not taken yet, or n. */
static size_t
find(const struct scep_ava *pattern, const struct scep_name *name,
    const int taken[SCEP_NAME_MAX_AVAS])
{
	size_t	 i;

	for (i = 0; i < name->n; i++)
		if (!taken[i] && ava_fits(pattern, &name->ava[i]))
			break;
	return i;
}

int
scep_name_fits(const struct scep_name *template, const struct scep_name *name)
{
	const size_t	 star = scep_name_star(template);
	int		 taken[SCEP_NAME_MAX_AVAS] = { 0 };
	size_t		 i, at;

	if (template->n != name->n)
		return 0;
	/* Values that leave no choice first; the star gets what is left. */
	for (i = 0; i < template->n; i++) {
		if (i == star)
			continue;
		if ((at = find(&template->ava[i], name, taken)) == name->n)
			return 0;
		taken[at] = 1;
	}
	return star == template->n ||
	    find(&template->ava[star], name, taken) < name->n;
}
