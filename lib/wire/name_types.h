/*
 * name_types.h - attribute types by name; shared by name.c and name_text.c.
 */
#ifndef SCEP_WIRE_NAME_TYPES_H
#define SCEP_WIRE_NAME_TYPES_H

#include <stddef.h>

struct scep_name_type {
	const char	*name;
	int		 nid;
	size_t		 max;		/* characters */
	int		 tag;		/* what we encode it as */
};

/* By name, in any case; NULL if there is none. */
const struct scep_name_type	*scep_name_type_find(const char *word);

#endif /* SCEP_WIRE_NAME_TYPES_H */
