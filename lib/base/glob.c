/* glob.c - patterns as a shell has them. */
#include <string.h>

#include "base/glob.h"

/* A character of UTF-8, as a number in the order of code points. */
static unsigned long
take(const char **p)
{
	unsigned long	 c = (unsigned char)*(*p)++;

	if (c >= 0xc0)
		while (((unsigned char)**p & 0xc0) == 0x80 && c < 0x1000000)
			c = c << 8 | (unsigned char)*(*p)++;
	return c;
}

static unsigned long
take_escaped(const char **p)
{
	if (**p == '\\' && (*p)[1] != '\0')
		++*p;
	return take(p);
}

/* Behind the ] of the set that begins at p; NULL if it has none. */
static const char *
set_end(const char *p)
{
	p++;
	if (*p == '!' || *p == '^')
		p++;
	/* The first one may be a ] of the set. */
	do {
		if (*p == '\0')
			return NULL;
		(void)take_escaped(&p);
	} while (*p != ']');
	return p + 1;
}

static int
set_match(const char *p, const char *end, unsigned long c)
{
	unsigned long	 lo, hi;
	int		 negated, in = 0;

	p++;
	if ((negated = *p == '!' || *p == '^') != 0)
		p++;
	while (p < end - 1) {
		lo = hi = take_escaped(&p);
		if (*p == '-' && p + 1 < end - 1) {
			p++;
			hi = take_escaped(&p);
		}
		in |= c >= lo && c <= hi;
	}
	return in != negated;
}

/* One character against what stands at *p, which is no star; *p moves behind
 * it. */
static int
element_match(const char **p, unsigned long c)
{
	const char	*begin = *p, *end;

	if (**p == '?') {
		++*p;
		return 1;
	}
	if (**p == '[' && (end = set_end(begin)) != NULL) {
		*p = end;
		return set_match(begin, end, c);
	}
	return take_escaped(p) == c;
}

/* Only the last star is ever tried again: what stands before it took the
 * least that it could. */
int
scep_glob_match(const char *pattern, const char *text)
{
	const char	*p = pattern, *star = NULL, *from = text, *next;

	while (*text != '\0') {
		if (*p == '*') {
			star = ++p;
			from = text;
			continue;
		}
		next = text;
		if (*p != '\0' && element_match(&p, take(&next))) {
			text = next;
			continue;
		}
		if (star == NULL)
			return 0;
		(void)take(&from);
		p = star;
		text = from;
	}
	while (*p == '*')
		p++;
	return *p == '\0';
}

size_t
scep_glob_literal(const char *pattern)
{
	return strcspn(pattern, "*?[\\");
}
