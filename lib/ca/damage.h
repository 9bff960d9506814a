/*
 * damage.h - rows of the store that cannot be read: set aside, so that no
 * other waits for them, and told of once.  Private to ca/.
 *
 * Such a row stays where it is until an operator drops it or brings the store
 * back from a backup.  A row whose lack would let somebody do something (a
 * revoked certificate that is to be in a CRL) is none of these: what needs it
 * fails.
 */
#ifndef SCEP_CA_DAMAGE_H
#define SCEP_CA_DAMAGE_H

#include "ca/local.h"
#include "store/record.h"

enum scep_err	 scep_damage_new(struct scep_damage **out,
		    struct scep_error *err);
void		 scep_damage_free(struct scep_damage *damage);

/* One that was met; why is what is wrong with it. */
void		 scep_damage_note(struct scep_local *ca,
		    enum scep_table table, struct scep_span key,
		    const struct scep_error *why);
/* A row that cannot be read is noted, and this is not 0. */
int		 scep_damage_is(struct scep_local *ca, enum scep_table table,
		    const struct scep_row *row);
/* The same of the row with a key; 0 if there is none, too. */
int		 scep_damage_at(struct scep_local *ca, enum scep_table table,
		    struct scep_span key);
/* It is gone, or can be read again. */
void		 scep_damage_forget(struct scep_local *ca,
		    enum scep_table table, struct scep_span key);
/* SCEP_E_STORE for one that was not told of yet.  Every second. */
enum scep_err	 scep_damage_tell(struct scep_local *ca,
		    struct scep_error *err);
/* How many were met and are not gone; by kind: scep_metrics_damage(). */
size_t		 scep_damage_count(struct scep_local *ca);

#endif /* SCEP_CA_DAMAGE_H */
