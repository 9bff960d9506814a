/*
 * t_pair.c - a key that does not belong to its certificate signs nothing:
 * wherever one is loaded it is refused, and what comes of a key whose numbers
 * are wrong never leaves libcrypto (RSA: why issue.c does not look) or the CA
 * (EC).
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/file.h"
#include "ca/ca.h"
#include "ca/issue.h"
#include "tests/unit/generations.h"
#include "tests/unit/issuing.h"

#define LENGTH(a)	(sizeof(a) / sizeof((a)[0]))
#define D		OSSL_PKEY_PARAM_RSA_D
#define P		OSSL_PKEY_PARAM_RSA_FACTOR1
#define Q		OSSL_PKEY_PARAM_RSA_FACTOR2
#define DP		OSSL_PKEY_PARAM_RSA_EXPONENT1
#define DQ		OSSL_PKEY_PARAM_RSA_EXPONENT2
#define QINV		OSSL_PKEY_PARAM_RSA_COEFFICIENT1
#define EC_D		OSSL_PKEY_PARAM_PRIV_KEY

static struct scep_crypto	*crypto;

/* The key with a bit of each of these numbers the other way round. */
static EVP_PKEY *
twisted(EVP_PKEY *key, OSSL_LIB_CTX *lib, const char *one, const char *two)
{
	const char	*names[] = { one, two };
	OSSL_PARAM	*params = NULL, *p;
	EVP_PKEY_CTX	*ctx;
	EVP_PKEY	*out = NULL;
	size_t		 i;

	assert_int_equal(EVP_PKEY_todata(key, EVP_PKEY_KEYPAIR, &params), 1);
	for (i = 0; i < LENGTH(names); i++) {
		if (names[i] == NULL)
			continue;
		assert_non_null(p = OSSL_PARAM_locate(params, names[i]));
		((uint8_t *)p->data)[p->data_size / 2] ^= 0x10;
	}
	ctx = EVP_PKEY_CTX_new_from_name(lib,
	    EVP_PKEY_get0_type_name(key), NULL);
	assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
	assert_int_equal(EVP_PKEY_fromdata(ctx, &out, EVP_PKEY_KEYPAIR,
	    params), 1);
	OSSL_PARAM_free(params);
	EVP_PKEY_CTX_free(ctx);
	return out;
}

static X509 *
cert_for(EVP_PKEY *key)
{
	X509	*x = X509_new();

	assert_int_equal(X509_set_pubkey(x, key), 1);
	return x;
}

static EVP_PKEY *
make(const char *kind, const char *how)
{
	return strcmp(kind, "EC") == 0 ? EVP_EC_gen(how) :
	    EVP_RSA_gen((unsigned int)2048);
}

/* "": it belongs to the certificate. */
static const char *
judge(X509 *cert, EVP_PKEY *key)
{
	static struct scep_error	 err;

	err.text[0] = '\0';
	if (scep_config_pair_check(crypto, cert, "c.pem", key, "c.key",
	    &err) != SCEP_OK)
		assert_int_equal(err.code, SCEP_E_CONFIG);
	assert_int_equal(ERR_peek_error(), 0);
	return err.text;
}

static void
the_other_half_of_a_key_belongs_to_it(void **state)
{
	static const struct {
		const char	*kind, *how, *number;
		int		 good;
	} rows[] = {
		{ "RSA", "", NULL, 1 },
		{ "RSA", "", D, 0 },
		{ "RSA", "", P, 0 },
		{ "RSA", "", Q, 0 },
		/* What comes of these is verified: below. */
		{ "RSA", "", DP, 1 },
		{ "RSA", "", QINV, 1 },
		{ "EC", "P-256", NULL, 1 },
		{ "EC", "P-256", EC_D, 0 },
		{ "EC", "P-384", NULL, 1 },
		{ "EC", "P-384", EC_D, 0 },
		{ "EC", "P-521", NULL, 1 },
		{ "EC", "P-521", EC_D, 0 },
	};
	EVP_PKEY	*key, *other;
	X509		*cert;
	size_t		 i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		key = make(rows[i].kind, rows[i].how);
		cert = cert_for(key);
		assert_string_equal(judge(cert, key), "");
		other = twisted(key, NULL, rows[i].number, NULL);
		if (rows[i].good)
			assert_string_equal(judge(cert, other), "");
		else
			assert_non_null(strstr(judge(cert, other),
			    "c.key: the secret half"));
		EVP_PKEY_free(other);
		other = make(rows[i].kind, rows[i].how);
		assert_non_null(strstr(judge(cert, other),
		    "c.key: not the key of the certificate in c.pem"));
		EVP_PKEY_free(other);
		EVP_PKEY_free(key);
		X509_free(cert);
	}
}

/* What a CA with this key in its certificate's place issues: 1 if it
 * verifies, 0 if not, -1 if there is nothing. */
static int
issues(struct issuing *is, EVP_PKEY *key)
{
	EVP_PKEY		*own = is->ca.key;
	struct scep_grant	*grant = issuing_grant(is);
	struct scep_cert_rec	 rec;
	struct scep_error	 err;
	const unsigned char	*p;
	X509			*x;
	int			 ok = -1;

	is->ca.key = key;
	if (scep_issue(is->crypto, grant, ISSUING_NOW, &rec, &err) ==
	    SCEP_OK) {
		p = rec.der.data;
		x = d2i_X509(NULL, &p, (long)rec.der.len);
		ok = X509_verify(x, own) == 1;
		X509_free(x);
		scep_cert_rec_clear(&rec);
	}
	ERR_clear_error();
	scep_grant_free(grant);
	is->ca.key = own;
	return ok;
}

/*
 * libcrypto verifies what the Chinese remainder theorem gives it, and takes d
 * where that fails: that it does so shows in a key whose d is wrong besides.
 */
static void
a_fault_in_rsa_never_leaves_libcrypto(void **state)
{
	static const char *const	 numbers[] = { DP, DQ, QINV };
	struct issuing			 is;
	EVP_PKEY			*bad;
	size_t				 i;
	int				 round;

	(void)state;
	issuing_open(&is, "RSA");
	assert_int_equal(issues(&is, is.ca.key), 1);
	bad = twisted(is.ca.key, is.crypto->ctx, D, NULL);
	assert_int_equal(issues(&is, bad), 1);	/* is not what it takes … */
	EVP_PKEY_free(bad);
	for (i = 0; i < LENGTH(numbers); i++) {
		bad = twisted(is.ca.key, is.crypto->ctx, numbers[i], NULL);
		for (round = 0; round < 3; round++)
			assert_int_equal(issues(&is, bad), 1);
		EVP_PKEY_free(bad);
		/* … but here it is. */
		bad = twisted(is.ca.key, is.crypto->ctx, numbers[i], D);
		assert_int_not_equal(issues(&is, bad), 1);
		EVP_PKEY_free(bad);
	}
	issuing_close(&is);
}

/* An EC signature is not verified there: it must not leave us.  A fault in d,
 * whatever bit it takes, would tell that bit. */
static void
a_fault_in_ec_never_leaves_us(void **state)
{
	struct issuing	 is;
	EVP_PKEY	*bad;
	int		 round;

	(void)state;
	issuing_open(&is, "EC");
	bad = twisted(is.ca.key, is.crypto->ctx, EC_D, NULL);
	for (round = 0; round < 3; round++) {
		assert_int_equal(issues(&is, is.ca.key), 1);
		assert_int_equal(issues(&is, bad), -1);
	}
	EVP_PKEY_free(bad);
	issuing_close(&is);
}

/* Keys of other generations, and RA keys that were replaced. */

static struct generations	 g;

static void
edit_publish(struct scep_lineage *l)
{
	struct scep_error	 err;
	unsigned int		 n;

	assert_int_equal(scep_lineage_publish(l, GENERATIONS_NOW, &n, &err),
	    SCEP_OK);
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

/* A second generation, published, and a second RA key for the first. */
static void
open_all(const char *kind)
{
	struct scep_store	*store;
	struct scep_config	*cfg;
	struct scep_ca		*ca;
	struct scep_error	 err;
	int			 n;

	generations_open(&g, kind);
	generations_stage(&g, "Second");
	generations_edit(&g, edit_publish);
	cfg = load();
	assert_int_equal(scep_store_mem_open(&store, &err), SCEP_OK);
	assert_int_equal(scep_ca_open(g.crypto, cfg, store, &ca, &err),
	    SCEP_OK);
	assert_int_equal(scep_ca_roll_ras(ca, GENERATIONS_NOW + 8 * 365 *
	    GENERATIONS_DAY, &n, &err), SCEP_OK);
	scep_ca_close(ca);
	scep_store_close(store);
	scep_config_free(cfg);
}

/* Put this key into the file, load, and put back what was there. */
static struct scep_config *
load_with(const char *path, EVP_PKEY *key, struct scep_error *err)
{
	struct scep_buf		 was = { NULL, 0 }, pem = { NULL, 0 };
	struct scep_config	*cfg;

	assert_int_equal(scep_file_read_secret(path, 99999, &was, err),
	    SCEP_OK);
	assert_int_equal(scep_config_pem_key(key, &pem, err), SCEP_OK);
	assert_int_equal(scep_file_replace(path, scep_buf_span(&pem), 0600,
	    err), SCEP_OK);
	cfg = generations_load(&g, err);
	assert_int_equal(scep_file_replace(path, scep_buf_span(&was), 0600,
	    err), SCEP_OK);
	scep_buf_clear(&was);
	scep_buf_clear(&pem);
	return cfg;
}

/* Where a key is loaded, and who says what is wrong with it. */
enum place { CA_KEY, RA_KEY, OLD_RA_KEY, NEXT_CA_KEY, NEXT_RA_KEY, N_PLACES };

static void
refused(const struct scep_ca_conf *ca, enum place place, EVP_PKEY *key,
    const char *why)
{
	const char		*paths[N_PLACES] = { ca->key_path,
				    ca->ra_key_path, ca->old_ra[0].key_path,
				    ca->kin[0].key_path,
				    ca->kin[0].ra_key_path };
	struct scep_error	 err;
	struct scep_config	*cfg = load_with(paths[place], key, &err);
	const char		*said = err.text;

	/* Those that serve now are asked for; others are a fault. */
	if (place == CA_KEY || place == RA_KEY)
		assert_null(cfg);
	else
		assert_non_null(cfg);
	if (cfg != NULL)
		said = place == OLD_RA_KEY ? cfg->ca[0].old_ra[0].fault :
		    cfg->ca[0].kin[0].fault;
	if (strstr(said, why) == NULL)
		fail_msg("place %d: \"%s\"", (int)place, said);
	if (cfg != NULL)
		scep_config_free(cfg);
}

static void
refused_twisted(const struct scep_ca_conf *ca, enum place place,
    EVP_PKEY *key)
{
	static const char *const	 rsa[] = { D, P, Q, NULL };
	static const char *const	 ec[] = { EC_D, NULL };
	const char *const		*number;
	EVP_PKEY			*bad;

	for (number = EVP_PKEY_is_a(key, "RSA") ? rsa : ec; *number != NULL;
	    number++) {
		bad = twisted(key, g.crypto->ctx, *number, NULL);
		refused(ca, place, bad, "the secret half of the key");
		EVP_PKEY_free(bad);
	}
}

static void
wherever_one_is_loaded(const char *kind)
{
	const struct scep_ca_conf	*ca;
	struct scep_config		*good;
	struct scep_error		 err;
	EVP_PKEY			*keys[N_PLACES], *other;
	int				 i;

	open_all(kind);
	good = load();
	ca = &good->ca[0];
	assert_string_equal(ca->fault, "");
	assert_string_equal(ca->kin[0].fault, "");
	assert_int_equal(ca->n_old_ra, 1);
	assert_string_equal(ca->old_ra[0].fault, "");
	keys[CA_KEY] = ca->key;
	keys[RA_KEY] = ca->ra_key;
	keys[OLD_RA_KEY] = ca->old_ra[0].key;
	keys[NEXT_CA_KEY] = ca->kin[0].key;
	keys[NEXT_RA_KEY] = ca->kin[0].ra_key;
	for (i = 0; i < N_PLACES; i++) {
		assert_int_equal(scep_ca_make_key(g.crypto,
		    EVP_PKEY_is_a(keys[i], "RSA") ? "rsa:2048" : "ec:p256",
		    &other, &err), SCEP_OK);
		refused(ca, (enum place)i, other,
		    "not the key of the certificate in");
		EVP_PKEY_free(other);
		refused_twisted(ca, (enum place)i, keys[i]);
	}
	scep_config_free(good);
	scep_config_free(load());	/* all is as it was */
	generations_close(&g);
}

static void
wherever_one_is_loaded_it_is_refused(void **state)
{
	(void)state;
	wherever_one_is_loaded("ec:p256");
	wherever_one_is_loaded("rsa:2048");
}

static int
setup(void **state)
{
	struct scep_error	 err;

	(void)state;
	return scep_crypto_new(NULL, &crypto, &err) == SCEP_OK ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	scep_crypto_free(crypto);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(the_other_half_of_a_key_belongs_to_it),
		cmocka_unit_test(a_fault_in_rsa_never_leaves_libcrypto),
		cmocka_unit_test(a_fault_in_ec_never_leaves_us),
		cmocka_unit_test(wherever_one_is_loaded_it_is_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
