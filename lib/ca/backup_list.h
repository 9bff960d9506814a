/*
 * backup_list.h - which files make an installation, and where each is kept
 * in a backup.
 */
#ifndef SCEP_CA_BACKUP_LIST_H
#define SCEP_CA_BACKUP_LIST_H

#include "ca/config.h"
#include "ca/manifest.h"

/*
 * Fill in user, conf, state, state_from, and a file for each that the
 * configuration consists of or names; not the store's.  Files beside
 * scep.conf keep their place relative to it.
 */
enum scep_err	 scep_backup_list(const struct scep_config *cfg,
		    struct scep_manifest *m, struct scep_error *err);

/* A file of the store: name as seen from the state directory. */
enum scep_err	 scep_backup_list_store(struct scep_manifest *m,
		    const char *name, uint64_t size,
		    const uint8_t sha256[SCEP_SHA256_LEN],
		    struct scep_error *err);

/* DIR/PLACE */
enum scep_err	 scep_backup_path(const char *dir, const char *place,
		    char out[2 * SCEP_MANIFEST_PATH], struct scep_error *err);

#endif /* SCEP_CA_BACKUP_LIST_H */
