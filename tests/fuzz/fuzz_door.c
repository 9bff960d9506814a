/*
 * fuzz_door.c - any bytes as a message between RA and CA.
 *
 * The first octet says which end reads the rest.  What decodes is encoded
 * again, and must decode to the same.
 */
#include <stdlib.h>
#include <string.h>

#include "ca/door.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
demand(int holds)
{
	if (!holds)
		abort();
}

static void
same(struct scep_span a, struct scep_span b)
{
	demand(scep_span_equal(a, b));
}

static void
request(struct scep_span der)
{
	struct scep_door_request	 r, again;
	struct scep_buf			 out = { NULL, 0 };
	struct scep_error		 err;

	if (scep_door_decode_request(der, &r, &err) != SCEP_OK)
		return;
	demand(scep_door_encode_request(&r, &out, &err) == SCEP_OK);
	demand(scep_door_decode_request(scep_buf_span(&out), &again, &err) ==
	    SCEP_OK);
	demand(r.kind == again.kind && r.generation == again.generation);
	if (r.kind == SCEP_DOOR_ENROL) {
		demand(strlen(r.enrol.profile) < 64);
		demand(strcmp(r.enrol.peer, again.enrol.peer) == 0);
		demand(r.enrol.content_key.len <= 32);
		same(r.enrol.message, again.enrol.message);
		same(r.enrol.content_key, again.enrol.content_key);
		same(r.enrol.plaintext, again.enrol.plaintext);
		same(r.enrol.signer, again.enrol.signer);
		same(r.enrol.txid, again.enrol.txid);
		same(r.enrol.asked, again.enrol.asked);
	} else if (r.kind == SCEP_DOOR_POLL)
		same(r.poll.message, again.poll.message);
	else if (r.kind == SCEP_DOOR_NOTE) {
		demand(strcmp(r.note.request_id, again.note.request_id) == 0);
		demand(strcmp(r.note.peer, again.note.peer) == 0);
		same(r.note.txid, again.note.txid);
		same(r.note.asked, again.note.asked);
		same(r.note.result, again.note.result);
	} else if (r.kind == SCEP_DOOR_FIND_CERT) {
		demand(r.lookup.type == again.lookup.type);
		same(r.lookup.signer, again.lookup.signer);
		same(r.lookup.plaintext, again.lookup.plaintext);
	} else if (r.kind == SCEP_DOOR_CRL) {
		demand(strcmp(r.crl.ca, again.crl.ca) == 0);
		demand(r.crl.offset == again.crl.offset);
		demand(r.crl.have == again.crl.have);
	}
	scep_door_clear(&r);
	scep_door_clear(&again);
	scep_buf_clear(&out);
}

static void
answer(struct scep_span der)
{
	struct scep_answer	 a, again;
	struct scep_buf		 out = { NULL, 0 };
	struct scep_error	 why;

	if (scep_door_decode_answer(der, &a, &why) == SCEP_OK) {
		demand((a.outcome == SCEP_GRANTED) == (a.cert.len > 0));
		demand(a.outcome == SCEP_GRANTED || a.delivery.len == 0);
		demand(scep_door_encode_answer(&a, SCEP_OK, NULL, &out,
		    &why) == SCEP_OK);
		demand(scep_door_decode_answer(scep_buf_span(&out), &again,
		    &why) == SCEP_OK);
		same(scep_buf_span(&a.cert), scep_buf_span(&again.cert));
		same(scep_buf_span(&a.delivery),
		    scep_buf_span(&again.delivery));
		demand(strcmp(a.reason, again.reason) == 0);
		demand(a.consulted.n == again.consulted.n);
		demand(a.consulted.ms == again.consulted.ms);
		scep_answer_clear(&again);
		scep_buf_clear(&out);
	}
	scep_answer_clear(&a);
}

static void
published(struct scep_span der)
{
	struct scep_published	 p;
	struct scep_buf		 out = { NULL, 0 };
	struct scep_error	 err;

	if (scep_door_decode_published(der, &p, &err) != SCEP_OK)
		return;
	demand(p.n_profiles > 0 && p.n_ras > 0);
	(void)scep_door_encode_published(&p, &out, &err);
	scep_published_clear(&p);
	scep_buf_clear(&out);
}

static void
piece(struct scep_span der)
{
	struct scep_crl_piece	 p, again;
	struct scep_buf		 out = { NULL, 0 };
	struct scep_error	 why;

	if (scep_door_decode_crl(der, &p, &why) == SCEP_OK) {
		demand(p.bytes.len > 0 && p.bytes.len <= SCEP_CRL_PIECE &&
		    p.bytes.len <= p.total);
		demand(scep_door_encode_crl(&p, SCEP_OK, NULL, &out, &why) ==
		    SCEP_OK);
		demand(scep_door_decode_crl(scep_buf_span(&out), &again,
		    &why) == SCEP_OK);
		same(scep_buf_span(&p.bytes), scep_buf_span(&again.bytes));
		demand(p.number == again.number && p.total == again.total);
		scep_buf_clear(&again.bytes);
		scep_buf_clear(&out);
	}
	scep_buf_clear(&p.bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct scep_span	 rest;

	if (size == 0)
		return 0;
	rest = scep_span_make(data + 1, size - 1);
	switch (data[0] % 4) {
	case 0:
		request(rest);
		break;
	case 1:
		answer(rest);
		break;
	case 3:
		piece(rest);
		break;
	default:
		published(rest);
	}
	return 0;
}
