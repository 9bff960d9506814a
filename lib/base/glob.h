/*
 * glob.h - patterns as a shell has them: * ? [set] [!set] \x.
 *
 * Not fnmatch(3): that one's characters are those of the locale, and how long
 * it takes depends on the pattern as no request of a peer should.  Here they
 * are those of UTF-8, case counts, and nothing is special about / and dots.
 */
#ifndef SCEP_BASE_GLOB_H
#define SCEP_BASE_GLOB_H

#include <stddef.h>

/* A [ that is never closed stands for itself, as does a last \. */
int	 scep_glob_match(const char *pattern, const char *text);
/* Octets in front that a text must begin with as they are. */
size_t	 scep_glob_literal(const char *pattern);

#endif /* SCEP_BASE_GLOB_H */
