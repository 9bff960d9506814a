/* damage.c - rows that cannot be read; see damage.h. */
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/admin_json.h"
#include "ca/damage.h"
#include "ca/metrics.h"

#define MET_MAX		256
#define KEY_TEXT	128
#define WHY_TEXT	160

#define BACKUP		"scepadm restore brings a store back from a backup"

/* How a kind is called, and what is to be done. */
static const struct kind {
	const char	*noun;		/* in a message */
	const char	*label;		/* in a metric; NULL: no kind */
	const char	*fix;
} kinds[SCEP_T__MAX] = {
	[SCEP_T_TRANSACTION] = { "transaction", "transaction", BACKUP },
	[SCEP_T_CHALLENGE] = { "challenge", "challenge", "nobody can use it; "
	    BACKUP },
	[SCEP_T_PENDING] = { "waiting request", "request", "nobody can decide "
	    "on it; " BACKUP },
	[SCEP_T_TRACE] = { "event of a request", "event", BACKUP },
	[SCEP_T_NOTICE] = { "notice", "notice", "it is not delivered, and all "
	    "others are; `scepadm notice list` shows it, `scepadm notice "
	    "drop` with its id removes it" },
};

struct met {
	enum scep_table	 table;
	char		 key[KEY_TEXT];
	char		 why[WHY_TEXT];
	int		 told;
};

struct scep_damage {
	pthread_mutex_t	 mutex;		/* over all that follows */
	size_t		 n;
	struct met	 met[MET_MAX];
};

enum scep_err
scep_damage_new(struct scep_damage **out, struct scep_error *err)
{
	/* calloc: what is not damaged is not touched. */
	if ((*out = calloc(1, sizeof(**out))) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "damage");
	(void)pthread_mutex_init(&(*out)->mutex, NULL);
	return SCEP_OK;
}

void
scep_damage_free(struct scep_damage *d)
{
	if (d == NULL)
		return;
	(void)pthread_mutex_destroy(&d->mutex);
	free(d);
}

/* The caller holds mutex. */
static size_t
find(const struct scep_damage *d, enum scep_table table, const char *key)
{
	size_t	 i;

	for (i = 0; i < d->n; i++)
		if (d->met[i].table == table &&
		    strcmp(d->met[i].key, key) == 0)
			break;
	return i;
}

void
scep_damage_note(struct scep_local *ca, enum scep_table table,
    struct scep_span key, const struct scep_error *why)
{
	struct scep_damage	*d = ca->memory->damage;
	char			 text[KEY_TEXT];
	struct met		*met;

	scep_word_text(key, text, sizeof(text));
	(void)pthread_mutex_lock(&d->mutex);
	if (find(d, table, text) == d->n && d->n < MET_MAX) {
		met = &d->met[d->n++];
		memset(met, 0, sizeof(*met));
		met->table = table;
		memcpy(met->key, text, sizeof(met->key));
		OPENSSL_strlcpy(met->why, why->text, sizeof(met->why));
		scep_admin_printable(met->why);
	}
	(void)pthread_mutex_unlock(&d->mutex);
}

int
scep_damage_is(struct scep_local *ca, enum scep_table table,
    const struct scep_row *row)
{
	struct scep_error	 why;

	if (scep_record_check(table, row, &why) != SCEP_E_STORE)
		return 0;
	scep_damage_note(ca, table, scep_buf_span(&row->key), &why);
	return 1;
}

int
scep_damage_at(struct scep_local *ca, enum scep_table table,
    struct scep_span key)
{
	struct scep_error	 ignored;
	struct scep_row		 row;
	int			 is;

	if (scep_store_get(ca->store, table, key, &row, &ignored) != SCEP_OK)
		return 0;
	is = scep_damage_is(ca, table, &row);
	scep_row_clear(&row);
	return is;
}

void
scep_damage_forget(struct scep_local *ca, enum scep_table table,
    struct scep_span key)
{
	struct scep_damage	*d = ca->memory->damage;
	char			 text[KEY_TEXT];
	size_t			 i;

	scep_word_text(key, text, sizeof(text));
	(void)pthread_mutex_lock(&d->mutex);
	if ((i = find(d, table, text)) < d->n)
		d->met[i] = d->met[--d->n];
	(void)pthread_mutex_unlock(&d->mutex);
}

enum scep_err
scep_damage_tell(struct scep_local *ca, struct scep_error *err)
{
	struct scep_damage	*d = ca->memory->damage;
	const struct kind	*kind;
	enum scep_err		 rc = SCEP_OK;
	size_t			 i;

	(void)pthread_mutex_lock(&d->mutex);
	for (i = 0; i < d->n && d->met[i].told; i++)
		continue;
	if (i < d->n) {
		d->met[i].told = 1;
		kind = &kinds[d->met[i].table];
		rc = scep_fail(err, SCEP_E_STORE, "%s %s cannot be read and "
		    "is set aside: %s; %s", kind->noun, d->met[i].key,
		    d->met[i].why, kind->fix);
	}
	(void)pthread_mutex_unlock(&d->mutex);
	return rc;
}

size_t
scep_damage_count(struct scep_local *ca)
{
	struct scep_damage	*d = ca->memory->damage;
	size_t			 n;

	(void)pthread_mutex_lock(&d->mutex);
	n = d->n;
	(void)pthread_mutex_unlock(&d->mutex);
	return n;
}

void
scep_metrics_damage(struct scep_metrics *p)
{
	struct scep_damage	*d = p->ca->memory->damage;
	long			 n[SCEP_T__MAX] = { 0 };
	size_t			 i;

	(void)pthread_mutex_lock(&d->mutex);
	for (i = 0; i < d->n; i++)
		n[d->met[i].table]++;
	(void)pthread_mutex_unlock(&d->mutex);
	scep_metrics_head(p, "scep_store_damaged_rows", "gauge",
	    "Rows that were met and cannot be read.");
	for (i = 0; i < SCEP_T__MAX; i++)
		if (kinds[i].label != NULL)
			scep_metrics_put(p, "scep_store_damaged_rows{kind="
			    "\"%s\"} %ld\n", kinds[i].label, n[i]);
}
