/* record_check.c - whether a row can be read, of whichever table it is. */
#include "store/record_apikey.h"
#include "store/record_index.h"
#include "store/record_token_key.h"

static enum scep_err
check_crl(struct scep_span value, struct scep_error *err)
{
	struct scep_crl_rec	 rec;
	enum scep_err		 rc;

	if ((rc = scep_crl_rec_decode(value, &rec, err)) == SCEP_OK)
		scep_crl_rec_clear(&rec);
	return rc;
}

static enum scep_err
check_apikey(struct scep_span value, struct scep_error *err)
{
	struct scep_apikey	 rec;

	return scep_apikey_decode(value, &rec, err);
}

static enum scep_err
check_token_key(struct scep_span value, struct scep_error *err)
{
	struct scep_token_key	 rec;

	return scep_token_key_decode(value, &rec, err);
}

/* Of those without an index. */
static enum scep_err	 (*const checks[SCEP_T__MAX])(struct scep_span,
			    struct scep_error *) = {
	[SCEP_T_CRL] = check_crl,
	[SCEP_T_APIKEY] = check_apikey,
	[SCEP_T_TOKEN_KEY] = check_token_key,
};

enum scep_err
scep_record_check(enum scep_table table, const struct scep_row *row,
    struct scep_error *err)
{
	struct scep_index_keys		 keys;
	const struct scep_span		 value = scep_buf_span(&row->value);

	return checks[table] != NULL ? checks[table](value, err) :
	    scep_record_keys(table, value, &keys, err);
}
