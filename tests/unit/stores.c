/* stores.c - a store for a test; see stores.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/dir.h"
#include "base/error.h"
#include "tests/unit/stores.h"
#include "tests/unit/world.h"

struct scep_store	*stores_one;
static char		 dir[64];

int
stores_open_mem(void **state)
{
	struct scep_error	 err;

	(void)state;
	return scep_store_mem_open(&stores_one, &err) == SCEP_OK ? 0 : -1;
}

int
stores_open_db(void **state)
{
	struct scep_store_db_options	 opt = { .dir = dir, .reserve = 1 };
	struct scep_error		 err;

	(void)state;
	(void)strcpy(dir, "/tmp/t_stores.XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	return scep_store_db_open(&opt, &stores_one, &err) == SCEP_OK ? 0 :
	    -1;
}

int
stores_close(void **state)
{
	(void)state;
	scep_store_close(stores_one);
	stores_one = NULL;
	if (dir[0] != '\0')
		scep_dir_remove(dir, 1);
	dir[0] = '\0';
	return 0;
}

static void
add(struct scep_change *change, const struct stores_cert *cert)
{
	const uint8_t		 serial[2] = { (uint8_t)(cert->number >> 8),
				    (uint8_t)cert->number };
	struct scep_cert_rec	 rec;
	struct scep_error	 err;

	memset(&rec, 0, sizeof(rec));
	world_must(scep_buf_set(&rec.serial, scep_span_make(serial, 2),
	    &err) == SCEP_OK);
	rec.rev = SCEP_REV_ANY;
	rec.state = cert->revoked != 0 ? SCEP_CERT_REVOKED : SCEP_CERT_VALID;
	rec.issued = rec.not_before = cert->issued;
	rec.not_after = cert->not_after;
	rec.revoked = cert->revoked;
	(void)snprintf(rec.subject, sizeof(rec.subject), "%s", cert->subject);
	(void)snprintf(rec.profile, sizeof(rec.profile), "%s",
	    cert->profile != NULL ? cert->profile : "main");
	(void)snprintf(rec.ca, sizeof(rec.ca), "%s", cert->ca != NULL ?
	    cert->ca : "test");
	world_must(scep_cert_rec_write(change, &rec, &err) == SCEP_OK);
	scep_cert_rec_clear(&rec);
}

static void
commit(struct scep_change *change)
{
	struct scep_error	 err;

	world_must(scep_store_commit(stores_one, change, &err) == SCEP_OK);
	scep_change_clear(change);
}

void
stores_put(const struct stores_cert *cert)
{
	struct scep_change	 change = { .n = 0 };

	add(&change, cert);
	commit(&change);
}

void
stores_put_many(const struct stores_cert *like, unsigned int n)
{
	struct scep_change	 change = { .n = 0 };
	struct stores_cert	 one = *like;

	for (; n > 0; n--, one.number++) {
		add(&change, &one);
		if (change.n == SCEP_CHANGE_MAX || n == 1)
			commit(&change);
	}
}

void
stores_delete(unsigned int number)
{
	static const uint8_t	 issuer[16];
	const uint8_t		 serial[2] = { (uint8_t)(number >> 8),
				    (uint8_t)number };
	struct scep_change	 change = { .n = 0 };
	struct scep_buf		 key = { NULL, 0 };
	struct scep_error	 err;

	world_must(scep_cert_key(scep_span_make(serial, 2), issuer, &key,
	    &err) == SCEP_OK);
	world_must(scep_change_delete(&change, SCEP_T_CERTIFICATE,
	    scep_buf_span(&key), SCEP_REV_ANY, &err) == SCEP_OK);
	scep_buf_clear(&key);
	commit(&change);
}
