/* metrics_page.c - how metrics are written; see metrics.h. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ca/metrics.h"

/* A buf is copied each time that it grows. */
void
scep_metrics_flush(struct scep_metrics *p)
{
	if (p->rc == SCEP_OK)
		p->rc = scep_buf_add(p->out, scep_span_make(p->text, p->len),
		    p->err);
	p->len = 0;
}

void
scep_metrics_put(struct scep_metrics *p, const char *fmt, ...)
{
	va_list	 ap;

	if (sizeof(p->text) - p->len < SCEP_METRICS_PUT)
		scep_metrics_flush(p);
	va_start(ap, fmt);
	(void)vsnprintf(p->text + p->len, SCEP_METRICS_PUT, fmt, ap);
	va_end(ap);
	p->len += strlen(p->text + p->len);
}

void
scep_metrics_head(struct scep_metrics *p, const char *name, const char *type,
    const char *help)
{
	scep_metrics_put(p, "# HELP %s %s\n# TYPE %s %s\n", name, help, name,
	    type);
}

void
scep_metrics_one(struct scep_metrics *p, const char *name, const char *type,
    const char *help, uint64_t value)
{
	scep_metrics_head(p, name, type, help);
	scep_metrics_put(p, "%s %" PRIu64 "\n", name, value);
}

void
scep_metrics_histogram(struct scep_metrics *p, const struct scep_histogram *h)
{
	long	 n = 0;
	size_t	 b;

	for (b = 0; b < h->n_bounds; b++) {
		n += h->bucket[b];
		scep_metrics_put(p, "%s_bucket{%s=\"%s\",le=\"%u.%03u\"} "
		    "%ld\n", h->name, h->label, h->value,
		    h->bound_ms[b] / 1000, h->bound_ms[b] % 1000, n);
	}
	scep_metrics_put(p, "%s_bucket{%s=\"%s\",le=\"+Inf\"} %ld\n", h->name,
	    h->label, h->value, h->n);
	scep_metrics_put(p, "%s_sum{%s=\"%s\"} %ld.%03ld\n", h->name,
	    h->label, h->value, h->ms / 1000, h->ms % 1000);
	scep_metrics_put(p, "%s_count{%s=\"%s\"} %ld\n", h->name, h->label,
	    h->value, h->n);
}
