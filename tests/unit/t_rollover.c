/*
 * t_rollover.c - the generations of a CA: the order of the verbs, the file
 * they are kept in, what a configuration makes of it, and RA keys that roll
 * over by themselves.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "ca/admin.h"
#include "ca/ca.h"
#include "store/store.h"
#include "tests/unit/conform.h"
#include "tests/unit/generations.h"
#include "wire/name.h"

#define NOW	GENERATIONS_NOW
#define DAY	GENERATIONS_DAY

/* ---- the order ---- */

static void
begin(struct scep_lineage *l)
{
	static const uint8_t	 key[SCEP_SHA256_LEN] = { 1 };

	scep_lineage_begin(l, "main", key, 0);
}

/* A verb by its first letter; capitals are with force. */
static enum scep_err
verb(struct scep_lineage *l, char what, struct scep_error *err)
{
	uint8_t		 key[SCEP_SHA256_LEN] = { 2, (uint8_t)l->last };
	unsigned int	 n = 0;

	switch (what) {
	case 's':
		return scep_lineage_stage(l, key, "sha256", 0, 0, NOW, &n,
		    err);
	case 'u':
		return scep_lineage_unstage(l, 0, &n, err);
	case 'U':
		return scep_lineage_unstage(l, 1, &n, err);
	case 'p':
		return scep_lineage_publish(l, NOW, &n, err);
	case 'w':
		return scep_lineage_switch(l, 0, NOW, &n, err);
	case 'W':
		return scep_lineage_switch(l, 1, NOW, &n, err);
	case 'r':
		return scep_lineage_retire(l, &n, err);
	}
	fail();
	return SCEP_E_INTERNAL;
}

static void
verbs(struct scep_lineage *l, const char *what)
{
	struct scep_error	 err;

	begin(l);
	for (; *what != '\0'; what++)
		assert_int_equal(verb(l, *what, &err), SCEP_OK);
}

static void
a_verb_is_taken_where_it_fits(void **state)
{
	static const struct {
		const char	*before, *fits, *refused, *hint;
	} rows[] = {
		{ "", "s", "upwWr", "ca stage" },
		{ "s", "upW", "swr", "ca publish" },
		{ "sp", "wU", "spru", "ca switch" },
		{ "spw", "sr", "upw", "ca stage" },
		{ "spws", "upWr", "sw", "ca publish" },
		{ "spwsp", "wUr", "spu", "ca switch" },
		{ "spwr", "s", "upwr", "ca stage" },
	};
	struct scep_lineage	 l, kept;
	struct scep_error	 err;
	const char		*p;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (p = rows[i].fits; *p != '\0'; p++) {
			verbs(&l, rows[i].before);
			assert_int_equal(verb(&l, *p, &err), SCEP_OK);
		}
		for (p = rows[i].refused; *p != '\0'; p++) {
			verbs(&l, rows[i].before);
			kept = l;
			assert_int_equal(verb(&l, *p, &err), SCEP_E_REFUSED);
			assert_non_null(strstr(err.text, rows[i].hint));
			assert_memory_equal(&l, &kept, sizeof(l));
		}
	}
}

static void
a_number_is_never_used_again(void **state)
{
	struct scep_lineage	 l;

	(void)state;
	verbs(&l, "sususpwr");
	assert_int_equal(l.n, 1);
	assert_int_equal(l.gen[0].number, 4);
	assert_int_equal(l.gen[0].state, SCEP_GEN_CURRENT);
}

static void
one_of_several_previous_ones_is_named(void **state)
{
	struct scep_lineage	 l;
	struct scep_error	 err;
	unsigned int		 n = 0;

	(void)state;
	verbs(&l, "spwspw");
	assert_int_equal(scep_lineage_retire(&l, &n, &err), SCEP_E_USAGE);
	n = 7;
	assert_int_equal(scep_lineage_retire(&l, &n, &err), SCEP_E_NOTFOUND);
	n = 2;
	assert_int_equal(scep_lineage_retire(&l, &n, &err), SCEP_OK);
	assert_null(scep_lineage_find(&l, 2));
	assert_non_null(scep_lineage_find(&l, 1));
}

static void
a_key_has_one_generation(void **state)
{
	static const uint8_t	 key[SCEP_SHA256_LEN] = { 1 };
	struct scep_lineage	 l;
	struct scep_error	 err;
	unsigned int		 n;

	(void)state;
	begin(&l);
	assert_int_equal(scep_lineage_stage(&l, key, "", 0, 0, NOW, &n, &err),
	    SCEP_E_REFUSED);
	assert_int_equal(verb(&l, 's', &err), SCEP_OK);
}

static void
only_so_many_live_at_once(void **state)
{
	struct scep_lineage	 l;
	struct scep_error	 err;
	int			 i;

	(void)state;
	begin(&l);
	for (i = 1; i < SCEP_GENS_MAX; i++) {
		assert_int_equal(verb(&l, 's', &err), SCEP_OK);
		assert_int_equal(verb(&l, 'W', &err), SCEP_OK);
	}
	assert_int_equal(verb(&l, 's', &err), SCEP_E_REFUSED);
	assert_non_null(strstr(err.text, "ca retire"));
}

static void
the_oldest_ra_key_gives_way(void **state)
{
	struct scep_lineage	 l;
	struct scep_error	 err;
	unsigned int		 ra, i;

	(void)state;
	begin(&l);
	for (i = 2; i <= SCEP_GEN_RAS_MAX + 3; i++) {
		assert_int_equal(scep_lineage_add_ra(&l, 1, NULL, &ra, &err),
		    SCEP_OK);
		assert_int_equal(ra, i);
		assert_int_equal(l.gen[0].ra[0], i);
	}
	assert_int_equal(l.gen[0].n_ra, SCEP_GEN_RAS_MAX);
	assert_int_equal(l.gen[0].ra[SCEP_GEN_RAS_MAX - 1], 4);
	assert_int_equal(scep_lineage_drop_ra(&l, 1, 3, &err),
	    SCEP_E_NOTFOUND);
	for (i = 5; i <= SCEP_GEN_RAS_MAX + 3; i++)
		assert_int_equal(scep_lineage_drop_ra(&l, 1, i, &err),
		    SCEP_OK);
	assert_int_equal(scep_lineage_drop_ra(&l, 1, 4, &err),
	    SCEP_E_REFUSED);
}

/* ---- the file ---- */

static void
a_file_reads_as_it_was_written(void **state)
{
	static const uint8_t	 old[SCEP_SHA256_LEN] = { 9, 8, 7 };
	struct scep_lineage	 l, read;
	struct scep_buf		 text = { NULL, 0 };
	struct scep_error	 err;
	unsigned int		 ra;

	(void)state;
	verbs(&l, "spwsp");
	l.gen[1].has_chain = 1;
	l.gen[2].n_ra = 0;
	assert_int_equal(scep_lineage_add_ra(&l, 1, old, &ra, &err), SCEP_OK);
	assert_int_equal(scep_lineage_encode(&l, &text, &err), SCEP_OK);
	assert_int_equal(scep_lineage_decode(scep_buf_span(&text), "f", "main",
	    &read, &err), SCEP_OK);
	/* Room that is not in use may hold anything. */
	l.gen[2].ra[0] = 0;
	memset(&l.gen[l.n], 0, (SCEP_GENS_MAX - l.n) * sizeof(l.gen[0]));
	assert_memory_equal(&l, &read, sizeof(l));
	scep_buf_clear(&text);
}

#define KEY	"key_sha256 = 000102030405060708090a0b0c0d0e0f" \
		"101112131415161718191a1b1c1d1e1f\n"
#define ONE	"[generation 1]\nstate = current\n" KEY \
		"chain = no\nra = 1\nlast_ra = 1\n"

static void
what_we_would_not_write_is_refused(void **state)
{
	static const struct {
		const char	*text;
		enum scep_err	 rc;
	} rows[] = {
		{ "last = 1\n" ONE, SCEP_OK },
		{ "last = 3\n" ONE, SCEP_OK },
		{ "last = 2\n" ONE "[generation 2]\nstate = staged\n" KEY
		    "chain = no\nra = none\nlast_ra = 1\n", SCEP_OK },
		{ "", SCEP_E_CONFIG },
		{ ONE, SCEP_E_CONFIG },
		{ "last = 0\n" ONE, SCEP_E_CONFIG },
		{ "last = 1\n[generation 1]\nstate = previous\n" KEY
		    "chain = no\nra = 1\nlast_ra = 1\n", SCEP_E_CONFIG },
		{ "last = 2\n" ONE "[generation 2]\nstate = current\n" KEY
		    "chain = no\nra = 1\nlast_ra = 1\n", SCEP_E_CONFIG },
		{ "last = 1\n" ONE "[generation 2]\nstate = staged\n" KEY
		    "chain = no\nra = 1\nlast_ra = 1\n", SCEP_E_CONFIG },
		{ "last = 1\n" ONE ONE, SCEP_E_CONFIG },
		{ "last = 1\n" ONE "[other]\n", SCEP_E_CONFIG },
		{ "last = 1\n[generation x]\nstate = current\n" KEY
		    "chain = no\nra = 1\nlast_ra = 1\n", SCEP_E_CONFIG },
		{ "last = 1\n[generation 1]\nstate = odd\n" KEY
		    "chain = no\nra = 1\nlast_ra = 1\n", SCEP_E_CONFIG },
		{ "last = 1\n[generation 1]\nstate = current\n"
		    "key_sha256 = 00\nchain = no\nra = 1\nlast_ra = 1\n",
		    SCEP_E_CONFIG },
		{ "last = 1\n[generation 1]\nstate = current\n" KEY
		    "chain = no\nra = 2\nlast_ra = 1\n", SCEP_E_CONFIG },
		{ "last = 1\n[generation 1]\nstate = current\n" KEY
		    "chain = no\nra = 1 2 3 4 5 6 7 8 9\nlast_ra = 9\n",
		    SCEP_E_CONFIG },
		{ "nonsense", SCEP_E_CONFIG },
	};
	struct scep_lineage	 l;
	struct scep_error	 err;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (scep_lineage_decode(scep_span_text(rows[i].text), "f",
		    "main", &l, &err) != rows[i].rc)
			fail_msg("row %zu", i);
		if (rows[i].rc != SCEP_OK)
			assert_non_null(strstr(err.text, "backup"));
	}
}

/* ---- the configuration ---- */

static struct generations	 g;

static int
open_world(void **state)
{
	(void)state;
	generations_open(&g, "ec:p256");
	return 0;
}

static int
close_world(void **state)
{
	(void)state;
	generations_close(&g);
	return 0;
}

static struct scep_config *
load(void)
{
	struct scep_error	 err;
	struct scep_config	*cfg = generations_load(&g, &err);

	if (cfg == NULL)
		fail_msg("%s", err.text);
	return cfg;
}

static void
edit_publish(struct scep_lineage *l)
{
	struct scep_error	 err;

	assert_int_equal(verb(l, 'p', &err), SCEP_OK);
}

static void
edit_switch(struct scep_lineage *l)
{
	struct scep_error	 err;

	assert_int_equal(verb(l, 'w', &err), SCEP_OK);
}

static void
edit_retire(struct scep_lineage *l)
{
	struct scep_error	 err;

	assert_int_equal(verb(l, 'r', &err), SCEP_OK);
}

/* What the RA is told in each state. */
static void
expect(const char *subject, int announced, size_t n_ras)
{
	struct scep_config	*cfg = load();
	struct scep_published	 p;
	struct scep_error	 err;
	char			 name[256];

	scep_name_text(cfg->ca[0].cert.subject, name, sizeof(name));
	assert_string_equal(name, subject);
	assert_int_equal(scep_publish(cfg, 1, &p, &err), SCEP_OK);
	assert_int_equal(p.n_ras, n_ras);
	assert_int_equal(p.profile[0].ra, 0);
	assert_int_equal(p.profile[0].n_ras, n_ras);
	assert_int_equal(p.ra[0].ca_generation, cfg->ca[0].generation);
	assert_int_equal(p.profile[0].nextcacert.len > 0, announced);
	assert_int_equal(strstr((const char *)p.profile[0].caps.data,
	    "GetNextCACert\n") != NULL, announced);
	scep_published_clear(&p);
	scep_config_free(cfg);
}

static void
each_state_is_published_as_it_is(void **state)
{
	(void)state;
	expect("CN=First", 0, 1);
	generations_stage(&g, "Second");
	expect("CN=First", 0, 1);
	generations_edit(&g, edit_publish);
	expect("CN=First", 1, 2);
	generations_edit(&g, edit_switch);
	expect("CN=Second", 0, 2);
	generations_edit(&g, edit_retire);
	expect("CN=Second", 0, 1);
}

static void
keys_of_all_generations_are_taboo(void **state)
{
	struct scep_config	*cfg;
	struct scep_span	 next;

	(void)state;
	generations_stage(&g, "Second");
	cfg = load();
	assert_int_equal(cfg->ca[0].n_kin, 1);
	next = cfg->ca[0].kin[0].cert.spki;
	assert_true(scep_config_has_key(cfg, next));
	assert_true(scep_config_has_key(cfg, cfg->ca[0].kin[0].ra_cert.spki));
	assert_true(scep_config_has_key(cfg, cfg->ca[0].cert.spki));
	assert_false(scep_config_has_key(cfg, scep_span_make(next.data,
	    next.len - 1)));
	scep_config_free(cfg);
}

/* What is lost of a generation that is not the current one stops nobody. */
static void
a_fault_of_another_generation_is_its_own(void **state)
{
	struct scep_config	*cfg;
	char			 path[128];

	(void)state;
	generations_stage(&g, "Second");
	generations_edit(&g, edit_publish);
	(void)snprintf(path, sizeof(path), "%s/ca/main/2/ra1.key", g.dir);
	assert_int_equal(unlink(path), 0);
	expect("CN=First", 0, 1);
	cfg = load();
	assert_string_equal(cfg->ca[0].fault, "");
	assert_non_null(strstr(cfg->ca[0].kin[0].fault, path));
	assert_null(scep_ca_conf_generation(&cfg->ca[0], 2));
	scep_config_free(cfg);
}

static void
another_ca_in_its_place_is_a_fault(void **state)
{
	struct scep_error	 err;
	char			 from[128], to[128];

	(void)state;
	generations_stage(&g, "Second");
	expect("CN=First", 0, 1);
	(void)snprintf(from, sizeof(from), "%s/ca/main/2/ca.pem", g.dir);
	(void)snprintf(to, sizeof(to), "%s/ca.pem", g.dir);
	assert_int_equal(rename(from, to), 0);
	assert_null(generations_load(&g, &err));
	assert_non_null(strstr(err.text, "another key than that of generation "
	    "1"));
}

static void
a_file_that_does_not_read_is_a_fault(void **state)
{
	struct scep_error	 err;
	char			 path[SCEP_PATH_LEN];

	(void)state;
	generations_stage(&g, "Second");
	assert_int_equal(scep_lineage_path(g.dir, "main", path, &err),
	    SCEP_OK);
	assert_int_equal(scep_file_replace(path, scep_span_text("last = 1\n"),
	    0600, &err), SCEP_OK);
	assert_null(generations_load(&g, &err));
	assert_non_null(strstr(err.text, path));
	assert_int_equal(unlink(path), 0);
	expect("CN=First", 0, 1);
}

static void
keep_end(void *arg, int fatal, const char *text)
{
	(void)fatal;
	if (strstr(text, "CA certificate expire") != NULL)
		(void)snprintf(arg, SCEP_ERROR_MAX, "%s", text);
}

/* What the check says of the current CA ten days before its end, or after. */
static void
expect_end(const char *wanted)
{
	const time_t		 end = NOW + 20 * 365 * DAY;
	struct scep_config	*cfg;
	struct scep_error	 err;
	char			 text[SCEP_ERROR_MAX];
	int			 i;

	for (i = 0; i < 2; i++) {
		cfg = load();
		text[0] = '\0';
		(void)scep_config_check(g.crypto, cfg, end + (i == 0 ? -10 :
		    1) * DAY, keep_end, text, &err);
		if (strstr(text, wanted) == NULL)
			fail_msg("wanted %s in: %s", wanted, text);
		scep_config_free(cfg);
	}
}

static void
who_follows_a_ca_that_ends_is_told(void **state)
{
	(void)state;
	expect_end("; openssl x509 -in ");
	generations_stage(&g, "Second");
	expect_end("; scepadm ca publish --ca main goes on with generation 2");
	generations_edit(&g, edit_publish);
	expect_end("; scepadm ca switch --ca main goes on with generation 2");
}

/* ---- the operator's requests ---- */

static struct scep_store	*store;

static enum scep_err
ask_with(struct scep_config *cfg, const char *request, char *text, size_t size)
{
	struct scep_ca		*ca;
	struct scep_buf		 reply = { NULL, 0 };
	struct scep_error	 err;
	char			 summary[256];
	enum scep_err		 rc;

	if (store == NULL)
		assert_int_equal(scep_store_mem_open(&store, &err), SCEP_OK);
	assert_int_equal(scep_ca_open(g.crypto, cfg, store, &ca, &err),
	    SCEP_OK);
	rc = scep_admin(ca, NOW, 0, scep_span_text(request), &reply, summary,
	    sizeof(summary), &err);
	(void)snprintf(text, size, "%.*s", (int)reply.len,
	    (const char *)reply.data);
	scep_buf_clear(&reply);
	scep_ca_close(ca);
	return rc;
}

static enum scep_err
ask(const char *request, char *text, size_t size)
{
	struct scep_config	*cfg = load();
	const enum scep_err	 rc = ask_with(cfg, request, text, size);

	scep_config_free(cfg);
	return rc;
}

static int
close_store(void **state)
{
	scep_store_close(store);
	store = NULL;
	return close_world(state);
}

static size_t	 entries;

static enum scep_err
count_entry(void *arg, const struct scep_row *row, struct scep_error *err)
{
	(void)arg;
	(void)row;
	(void)err;
	entries++;
	return SCEP_OK;
}

static size_t
logged(void)
{
	const struct scep_span	 all = { NULL, 0 };
	struct scep_error	 err;

	entries = 0;
	assert_int_equal(scep_store_scan(store, SCEP_T_LOG, all, count_entry,
	    NULL, &err), SCEP_OK);
	return entries;
}

static void
each_step_is_logged_and_a_refused_one_is_not(void **state)
{
	char	 text[4096];

	(void)state;
	generations_stage(&g, "Second");
	assert_int_equal(ask("{\"do\":\"ca.retire\"}", text, sizeof(text)),
	    SCEP_E_REFUSED);
	assert_int_equal(logged(), 0);
	assert_int_equal(ask("{\"do\":\"ca.publish\",\"ca\":\"main\"}", text,
	    sizeof(text)), SCEP_OK);
	assert_non_null(strstr(text, "\"published\""));
	assert_int_equal(logged(), 1);
	assert_int_equal(ask("{\"do\":\"ca.switch\"}", text, sizeof(text)),
	    SCEP_OK);
	assert_int_equal(ask("{\"do\":\"ca.retire\"}", text, sizeof(text)),
	    SCEP_OK);
	assert_int_equal(logged(), 3);
	expect("CN=Second", 0, 1);
	assert_int_equal(ask("{\"do\":\"ca.list\"}", text, sizeof(text)),
	    SCEP_OK);
	assert_non_null(strstr(text, "\"current\""));
	assert_null(strstr(text, "\"previous\""));
}

/* A server whose reload was refused: what is on the disk is told, too. */
static void
the_list_knows_what_a_reload_will_make(void **state)
{
	static const struct {
		void		(*edit)(struct scep_lineage *l);
		const char	*wanted;
	} rows[] = {
		{ NULL, "\"state\":\"not loaded\","
		    "\"after_reload\":\"staged\"" },
		{ edit_publish, "\"after_reload\":\"published\"" },
		{ edit_switch, "\"after_reload\":\"previous\"" },
		{ edit_retire, "\"after_reload\":\"gone\"" },
	};
	struct scep_config	*cfg = load();
	char			 text[4096];
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].edit == NULL)
			generations_stage(&g, "Second");
		else
			generations_edit(&g, rows[i].edit);
		assert_int_equal(ask_with(cfg, "{\"do\":\"ca.list\"}", text,
		    sizeof(text)), SCEP_OK);
		if (strstr(text, rows[i].wanted) == NULL)
			fail_msg("wanted %s in %s", rows[i].wanted, text);
		/* Who has read it sees no difference. */
		assert_int_equal(ask("{\"do\":\"ca.list\"}", text,
		    sizeof(text)), SCEP_OK);
		assert_null(strstr(text, "after_reload"));
	}
	scep_config_free(cfg);
}

static void
a_directory_is_named_by_scepadm_alone(void **state)
{
	static const char	*const names[] = { "../../x", "..../2",
				    "new./../2", "newxyz", "new.a/b" };
	char			 text[4096], request[256];
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(request, sizeof(request),
		    "{\"do\":\"ca.stage\",\"from\":\"%s\"}", names[i]);
		assert_int_equal(ask(request, text, sizeof(text)),
		    SCEP_E_USAGE);
	}
	/* A good name, and nothing there. */
	assert_int_equal(ask("{\"do\":\"ca.stage\",\"from\":\"new.abc\"}",
	    text, sizeof(text)), SCEP_E_STORE);
	assert_int_equal(logged(), 0);
}

/* ---- RA keys ---- */

/* How many new RA keys come about at that time. */
static int
rolled(time_t now)
{
	struct scep_config	*cfg = load();
	struct scep_ca		*ca;
	struct scep_error	 err;
	int			 n;

	if (store == NULL)
		assert_int_equal(scep_store_mem_open(&store, &err), SCEP_OK);
	assert_int_equal(scep_ca_open(g.crypto, cfg, store, &ca, &err),
	    SCEP_OK);
	if (scep_ca_roll_ras(ca, now, &n, &err) != SCEP_OK)
		fail_msg("%s", err.text);
	scep_ca_close(ca);
	scep_config_free(cfg);
	return n;
}

static void
an_ra_key_is_renewed_in_time(void **state)
{
	struct scep_config	*cfg;
	const time_t		 due = NOW + 3650 * DAY * 2 / 3 + 2 * DAY;

	(void)state;
	assert_int_equal(rolled(due - 4 * DAY), 0);
	assert_int_equal(rolled(due), 1);
	assert_int_equal(logged(), 1);
	expect("CN=First", 0, 2);
	cfg = load();
	assert_int_equal(cfg->ca[0].ra_number, 2);
	assert_int_equal(cfg->ca[0].n_old_ra, 1);
	assert_string_equal(cfg->ca[0].old_ra[0].fault, "");
	assert_true(cfg->ca[0].ra_cert.not_after > due + 3640 * DAY);
	assert_true(scep_span_equal(cfg->ca[0].ra_cert.subject,
	    cfg->ca[0].old_ra[0].cert.subject));
	scep_config_free(cfg);
	assert_int_equal(rolled(due + DAY), 0);
}

/* A reload may be refused, and CGI runs wait for their turn with what they
 * have read: that must not drop the keys that devices know. */
static void
one_is_made_once_by_whoever_has_not_read_of_it(void **state)
{
	struct scep_config	*cfg = load();
	struct scep_ca		*ca;
	struct scep_error	 err;
	const time_t		 due = NOW + 3000 * DAY;
	int			 i, n;

	(void)state;
	assert_int_equal(scep_store_mem_open(&store, &err), SCEP_OK);
	assert_int_equal(scep_ca_open(g.crypto, cfg, store, &ca, &err),
	    SCEP_OK);
	for (i = 0; i <= SCEP_GEN_RAS_MAX; i++) {
		if (scep_ca_roll_ras(ca, due + i, &n, &err) != SCEP_OK)
			fail_msg("%s", err.text);
		assert_int_equal(n, 1);		/* there is one to be read */
	}
	scep_ca_close(ca);
	scep_config_free(cfg);
	assert_int_equal(logged(), 1);
	cfg = load();
	assert_int_equal(cfg->ca[0].ra_number, 2);
	assert_int_equal(cfg->ca[0].n_old_ra, 1);
	assert_int_equal(cfg->ca[0].old_ra[0].number, 1);
	scep_config_free(cfg);
}

static void
one_that_ends_with_its_ca_is_left(void **state)
{
	(void)state;
	g.more = "ra_validity = 30y\n";
	assert_int_equal(rolled(NOW + 3000 * DAY), 1);
	assert_int_equal(rolled(NOW + 7290 * DAY), 0);
	assert_int_equal(rolled(NOW + 7400 * DAY), 0);
}

static void
when_is_the_operators_choice(void **state)
{
	(void)state;
	g.more = "ra_renew = no\n";
	assert_int_equal(rolled(NOW + 3640 * DAY), 0);
	g.more = "ra_renew = 100d\n";
	assert_int_equal(rolled(NOW + 3500 * DAY), 0);
	/* Not in the first half of its life, whatever is wanted. */
	g.more = "ra_renew = 10y\n";
	assert_int_equal(rolled(NOW + 1800 * DAY), 0);
	g.more = "ra_renew = 100d\n";
	assert_int_equal(rolled(NOW + 3560 * DAY), 1);
}

static void
what_the_operator_puts_there_counts(void **state)
{
	struct scep_config	*cfg;
	char			 from[128], to[128];

	(void)state;
	assert_int_equal(rolled(NOW + 3000 * DAY), 1);
	cfg = load();
	assert_int_equal(cfg->ca[0].ra_number, 2);
	scep_config_free(cfg);
	/* A third one, made by hand, in the place of the first. */
	(void)snprintf(from, sizeof(from), "%s/ca/main/1/ra2.pem", g.dir);
	(void)snprintf(to, sizeof(to), "%s/ra.pem", g.dir);
	assert_int_equal(rename(from, to), 0);
	(void)snprintf(from, sizeof(from), "%s/ca/main/1/ra2.key", g.dir);
	(void)snprintf(to, sizeof(to), "%s/ra.key", g.dir);
	assert_int_equal(rename(from, to), 0);
	cfg = load();
	assert_int_equal(cfg->ca[0].ra_number, 1);
	assert_int_equal(cfg->ca[0].n_old_ra, 1);
	assert_string_not_equal(cfg->ca[0].old_ra[0].fault, "");
	scep_config_free(cfg);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(a_verb_is_taken_where_it_fits),
		cmocka_unit_test(a_number_is_never_used_again),
		cmocka_unit_test(one_of_several_previous_ones_is_named),
		cmocka_unit_test(a_key_has_one_generation),
		cmocka_unit_test(only_so_many_live_at_once),
		cmocka_unit_test(the_oldest_ra_key_gives_way),
		cmocka_unit_test(a_file_reads_as_it_was_written),
		cmocka_unit_test(what_we_would_not_write_is_refused),
		conforms_setup_teardown(each_state_is_published_as_it_is,
		    open_world, close_world, "C-049 C-202"),
		cmocka_unit_test_setup_teardown(
		    keys_of_all_generations_are_taboo, open_world,
		    close_world),
		cmocka_unit_test_setup_teardown(
		    a_fault_of_another_generation_is_its_own, open_world,
		    close_world),
		cmocka_unit_test_setup_teardown(
		    another_ca_in_its_place_is_a_fault, open_world,
		    close_world),
		cmocka_unit_test_setup_teardown(
		    a_file_that_does_not_read_is_a_fault, open_world,
		    close_world),
		cmocka_unit_test_setup_teardown(
		    who_follows_a_ca_that_ends_is_told, open_world,
		    close_world),
		cmocka_unit_test_setup_teardown(
		    each_step_is_logged_and_a_refused_one_is_not, open_world,
		    close_store),
		cmocka_unit_test_setup_teardown(
		    the_list_knows_what_a_reload_will_make, open_world,
		    close_store),
		cmocka_unit_test_setup_teardown(
		    a_directory_is_named_by_scepadm_alone, open_world,
		    close_store),
		cmocka_unit_test_setup_teardown(an_ra_key_is_renewed_in_time,
		    open_world, close_store),
		cmocka_unit_test_setup_teardown(
		    one_is_made_once_by_whoever_has_not_read_of_it,
		    open_world, close_store),
		cmocka_unit_test_setup_teardown(
		    one_that_ends_with_its_ca_is_left, open_world,
		    close_store),
		cmocka_unit_test_setup_teardown(when_is_the_operators_choice,
		    open_world, close_store),
		cmocka_unit_test_setup_teardown(
		    what_the_operator_puts_there_counts, open_world,
		    close_store),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
