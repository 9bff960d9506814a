/*
 * odd_set.h - one oddity each, for odd_rows.c alone.
 */
#ifndef TESTS_ODD_SET_H
#define TESTS_ODD_SET_H

#include "tests/unit/odd.h"

typedef void	 odd_setter(const struct odd_desk *d, struct odd *o, int arg);

odd_setter	 odd_set_indefinite;
odd_setter	 odd_set_long_form;
odd_setter	 odd_set_segments;
odd_setter	 odd_set_nested;
odd_setter	 odd_set_streamed;
odd_setter	 odd_set_versions;
odd_setter	 odd_set_crls;
odd_setter	 odd_set_v1;
odd_setter	 odd_set_serial;
odd_setter	 odd_set_names;
odd_setter	 odd_set_dates;
odd_setter	 odd_set_exts;
odd_setter	 odd_set_own_signature;
odd_setter	 odd_set_by_ski;
odd_setter	 odd_set_bag;
odd_setter	 odd_set_digests;
odd_setter	 odd_set_ciphers;
odd_setter	 odd_set_parameters;
odd_setter	 odd_set_more_digests;
odd_setter	 odd_set_recipients;
odd_setter	 odd_set_recipient_id;
odd_setter	 odd_set_older_ra;
odd_setter	 odd_set_recipient_name;
odd_setter	 odd_set_sid_name;
odd_setter	 odd_set_unprotected;
odd_setter	 odd_set_originator;
odd_setter	 odd_set_order;
odd_setter	 odd_set_more_attrs;
odd_setter	 odd_set_unsigned_attrs;
odd_setter	 odd_set_txid;
odd_setter	 odd_set_nonce;
odd_setter	 odd_set_trailing;
odd_setter	 odd_set_challenge;
odd_setter	 odd_set_subject;
odd_setter	 odd_set_request_exts;
odd_setter	 odd_set_request_attrs;
odd_setter	 odd_set_request_signature;

#endif /* TESTS_ODD_SET_H */
