/* metrics_notice.c - what Prometheus wants to know of notices. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "ca/inspect.h"
#include "ca/notices.h"

/* One value of each lane. */
struct value {
	const char	*name, *type, *help, *label;
	size_t		 member;
};

static const struct value	values[] = {
	{ "scep_notice_deliveries_total", "counter",
	    "Notices that were handed to a receiver, and tries that failed.",
	    ",result=\"ok\"", offsetof(struct scep_lane, delivered) },
	{ "scep_notice_deliveries_total", NULL, NULL,
	    ",result=\"failed\"", offsetof(struct scep_lane, failed) },
	{ "scep_notices_dropped_total", "counter",
	    "Notices that nobody will be told of.",
	    ",reason=\"full\"", offsetof(struct scep_lane, dropped) },
	{ "scep_notices_dropped_total", NULL, NULL,
	    ",reason=\"old\"", offsetof(struct scep_lane, expired) },
	{ "scep_notice_failures", "gauge",
	    "Tries in a row that failed.", "",
	    offsetof(struct scep_lane, failures) },
};

/* A copy: no store and no memory is waited for with the mutex. */
struct copy {
	long			 rows[2];
	size_t			 n_lanes;
	struct scep_lane	 lane[SCEP_LANES];
};

static enum scep_err
put(struct scep_buf *out, const char *text, struct scep_error *err)
{
	return scep_buf_add(out, scep_span_text(text), err);
}

static enum scep_err
put_value(const struct value *v, const struct copy *copy,
    struct scep_buf *out, struct scep_error *err)
{
	char		 text[512];
	enum scep_err	 rc = SCEP_OK;
	size_t		 i;

	if (v->type != NULL) {
		(void)snprintf(text, sizeof(text), "# HELP %s %s\n"
		    "# TYPE %s %s\n", v->name, v->help, v->name, v->type);
		rc = put(out, text, err);
	}
	for (i = 0; rc == SCEP_OK && i < copy->n_lanes; i++) {
		(void)snprintf(text, sizeof(text),
		    "%s{profile=\"%s\"%s} %ld\n", v->name,
		    copy->lane[i].profile, v->label, *(const long *)
		    (const void *)((const char *)&copy->lane[i] +
		    v->member));
		rc = put(out, text, err);
	}
	return rc;
}

static void
take_copy(struct scep_local *ca, struct copy *copy)
{
	struct scep_notices	*n = ca->memory->notices;
	struct scep_error	 ignored;
	int			 minor;

	(void)pthread_mutex_lock(&n->mutex);
	copy->n_lanes = n->n_lanes;
	memcpy(copy->lane, n->lane, n->n_lanes * sizeof(n->lane[0]));
	memcpy(copy->rows, n->rows, sizeof(copy->rows));
	(void)pthread_mutex_unlock(&n->mutex);
	for (minor = 0; minor <= 1; minor++)
		if (copy->rows[minor] < 0 && scep_notices_count(ca->store,
		    minor, &copy->rows[minor], &ignored) != SCEP_OK)
			copy->rows[minor] = 0;
}

enum scep_err
scep_metrics_notices(struct scep_local *ca, struct scep_buf *out,
    struct scep_error *err)
{
	struct copy	*copy;
	char		 text[512];
	enum scep_err	 rc;
	size_t		 i;

	if ((copy = malloc(sizeof(*copy))) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "metrics");
	take_copy(ca, copy);
	(void)snprintf(text, sizeof(text),
	    "# HELP scep_notices_waiting Notices that nobody has taken yet.\n"
	    "# TYPE scep_notices_waiting gauge\n"
	    "scep_notices_waiting{kind=\"refused\"} %ld\n"
	    "scep_notices_waiting{kind=\"other\"} %ld\n", copy->rows[1],
	    copy->rows[0]);
	rc = put(out, text, err);
	for (i = 0; rc == SCEP_OK && i < sizeof(values) / sizeof(values[0]);
	    i++)
		rc = put_value(&values[i], copy, out, err);
	free(copy);
	return rc;
}
