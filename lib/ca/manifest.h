/*
 * manifest.h - what is in a backup: DIR/manifest.json, written last, so that
 * a backup without one was never finished.
 */
#ifndef SCEP_CA_MANIFEST_H
#define SCEP_CA_MANIFEST_H

#include <time.h>

#include "base/buf.h"

#define SCEP_MANIFEST_NAME	"manifest.json"
#define SCEP_MANIFEST_PATH	1024
#define SCEP_MANIFEST_MAX	(16UL * 1024 * 1024)	/* octets of JSON */

enum scep_kept {
	SCEP_KEPT_CONF,		/* scep.conf and what it includes */
	SCEP_KEPT_FILE,		/* a key or a certificate that it names */
	SCEP_KEPT_STORE,	/* of the database, or issue.log */
	SCEP_KEPT__MAX
};

struct scep_manifest_file {
	enum scep_kept	 kind;
	char		 place[SCEP_MANIFEST_PATH];	/* in the backup */
	char		 from[SCEP_MANIFEST_PATH];	/* absolute */
	uint64_t	 size;
	uint8_t		 sha256[SCEP_SHA256_LEN];
	unsigned int	 mode;		/* it had there */
	int		 owners;	/* it belonged to who owns the state */
};

struct scep_manifest {
	char		 version[16];		/* of who made it */
	unsigned int	 schema;		/* of the database */
	time_t		 time;			/* of its end */
	uint64_t	 log_seq;		/* last entry of the log */
	char		 user[64];		/* who owned the state */
	char		 conf[SCEP_MANIFEST_PATH];	/* place of scep.conf */
	char		 state[SCEP_MANIFEST_PATH];	/* place of the state
							   directory, or "" */
	char		 state_from[SCEP_MANIFEST_PATH];
	struct scep_manifest_file	*file;
	size_t		 n;
};

/* One more file, zeroed; NULL if there is no memory. */
struct scep_manifest_file
		*scep_manifest_add(struct scep_manifest *m);
void		 scep_manifest_clear(struct scep_manifest *m);

enum scep_err	 scep_manifest_encode(const struct scep_manifest *m,
		    struct scep_buf *out, struct scep_error *err);
/* SCEP_E_REFUSED for what is none, of a newer form, or names a place outside
 * of the backup. */
enum scep_err	 scep_manifest_decode(struct scep_span json,
		    struct scep_manifest *out, struct scep_error *err);

#endif /* SCEP_CA_MANIFEST_H */
