/*
 * profiles.h - names as one text, parted by commas: of profiles that somebody
 * or something is for, of records.  Private to ca/.
 */
#ifndef SCEP_CA_PROFILES_H
#define SCEP_CA_PROFILES_H

#include <string.h>

static inline int
scep_profiles_have(const char *list, const char *profile)
{
	const size_t	 len = strlen(profile);
	size_t		 n;

	for (; *list != '\0'; list += n + (list[n] == ','))
		if ((n = strcspn(list, ",")) == len &&
		    memcmp(list, profile, len) == 0)
			return 1;
	return 0;
}

#endif /* SCEP_CA_PROFILES_H */
