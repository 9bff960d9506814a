/*
 * kept.c - the newest CRLs, kept for those who fetch them by plain GET.
 *
 * Each is asked for at most once a second: a revocation is seen a second
 * later.
 */
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "ra/local.h"

#define KEPT		4	/* CRLs … */
#define KEPT_MAX	SCEP_CRL_PIECE	/* … of so many octets */

/* An empty name: nothing is kept here. */
struct kept {
	char		 name[64];
	time_t		 asked;
	struct scep_crl	 crl;
};

struct scep_kept {
	struct kept	 kept[KEPT];
	size_t		 next;		/* gives way to the next one */
};

enum scep_err
scep_kept_new(struct scep_kept **out, struct scep_error *err)
{
	*out = OPENSSL_zalloc(sizeof(**out));
	return *out != NULL ? SCEP_OK : scep_fail(err, SCEP_E_NOMEM, "CRLs");
}

static void
forget(struct kept *k)
{
	scep_buf_clear(&k->crl.der);
	k->name[0] = '\0';
}

void
scep_kept_free(struct scep_kept *all)
{
	size_t	 i;

	for (i = 0; all != NULL && i < KEPT; i++)
		forget(&all->kept[i]);
	OPENSSL_free(all);
}

/* The one of that name, or NULL. */
static struct kept *
find(struct scep_kept *all, const char *name)
{
	size_t	 i;

	for (i = 0; i < KEPT; i++)
		if (all->kept[i].name[0] != '\0' &&
		    strcmp(all->kept[i].name, name) == 0)
			return &all->kept[i];
	return NULL;
}

/* One that is free, or gives way. */
static struct kept *
make_room(struct scep_kept *all)
{
	size_t	 i;

	for (i = 0; i < KEPT; i++)
		if (all->kept[i].name[0] == '\0')
			return &all->kept[i];
	i = all->next++ % KEPT;
	forget(&all->kept[i]);
	return &all->kept[i];
}

/* What is kept is still the newest. */
static int
is_newest(const struct scep_work *work, struct kept *k)
{
	const struct scep_crl_ask	 ask = {
		.ca = k->name,
		.have = k->crl.number,
	};
	struct scep_crl_piece		 piece;
	struct scep_error		 err;
	int				 same;

	if (k->asked == work->now)
		return 1;
	same = scep_ca_crl_piece(work->ra->ca, work->now, &ask, &piece,
	    &err) == SCEP_OK && piece.bytes.len == 0 &&
	    piece.number == k->crl.number;
	scep_buf_clear(&piece.bytes);
	k->asked = work->now;
	return same;
}

static enum scep_err
copy(const struct scep_crl *crl, struct scep_crl *out, struct scep_error *err)
{
	const struct scep_span	 der = scep_buf_span(&crl->der);

	*out = *crl;
	memset(&out->der, 0, sizeof(out->der));
	return scep_buf_set(&out->der, der, err);
}

/* A CRL that cannot be kept is fetched again.  Only for one that there is to
 * keep does another give way. */
static void
keep(const struct scep_work *work, const char *name,
    const struct scep_crl *crl)
{
	struct scep_error	 err;
	struct kept		*k;

	if (crl->der.len > KEPT_MAX || strlen(name) >= sizeof(k->name))
		return;
	k = make_room(work->ra->kept);
	if (copy(crl, &k->crl, &err) != SCEP_OK)
		return;
	OPENSSL_strlcpy(k->name, name, sizeof(k->name));
	k->asked = work->now;
}

enum scep_err
scep_kept_get(const struct scep_work *work, const char *name,
    struct scep_crl *out, struct scep_error *err)
{
	struct kept	*k = find(work->ra->kept, name);
	enum scep_err	 rc;

	if (k != NULL && is_newest(work, k))
		return copy(&k->crl, out, err);
	if (k != NULL)
		forget(k);
	if ((rc = scep_ca_crl(work->ra->ca, work->now, name, SIZE_MAX, out,
	    err)) == SCEP_OK)
		keep(work, name, out);
	return rc;
}
