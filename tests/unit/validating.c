/* validating.c - a validator for tests; see validating.h. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <pthread.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "tests/unit/validating.h"

#define PROFILE(name, by, more) \
	"[profile " name "]\n" \
	"authorise = " by "exec:/usr/lib/scep/validator\n" \
	"san_allow = DNS\n" \
	"max_waiting = 8\n" more

#define TOLD	"notify = exec:/usr/lib/scep/told\nnotify_on = issued\n"

struct validating	validating;

static pthread_mutex_t	 mutex = PTHREAD_MUTEX_INITIALIZER;

const char	validating_conf[] =
	PROFILE("va", "", "")
	PROFILE("vc", "challenge ", "")
	PROFILE("vm", "manual ", "validator_trouble = queue\n")
	PROFILE("vq", "challenge manual ", "max_pending = 2\n")
	PROFILE("vf", "", "validator_confirm = yes\n" TOLD)
	PROFILE("vcf", "challenge ", "validator_confirm = yes\n")
	PROFILE("vmf", "manual ", "validator_confirm = yes\n" TOLD)
	"[profile one]\n"
	"authorise = https://mdm.example/ask\n"
	"max_waiting = 1\n"
	"[profile some]\n"
	"authorise = http://localhost:8080/ask\n";

static enum scep_err
call(void *arg, const struct scep_hook *hook, struct scep_span question,
    struct scep_buf *answer, long *ms, struct scep_error *err)
{
	struct validating	*v = arg;
	const char		*said = v->answer;
	json_t			*json;

	*ms = v->ms;
	json = json_loadb((const char *)question.data, question.len,
	    JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(json);
	assert_int_equal(hook->is_told, 0);
	(void)pthread_mutex_lock(&mutex);
	assert_true(v->n < VALIDATING_MAX);
	v->asked[v->n++] = json;
	v->kind = hook->kind;
	(void)pthread_mutex_unlock(&mutex);
	if (strcmp(json_string_value(json_object_get(json, "event")),
	    "validate") != 0) {
		said = v->confirm;
		if (v->confirming != NULL)
			v->confirming();
	} else if (v->meanwhile != NULL)
		v->meanwhile();
	if (said == NULL)
		return scep_fail(err, SCEP_E_BUSY, "%s: it died",
		    hook->target);
	return scep_buf_set(answer, scep_span_text(said), err);
}

static const struct scep_hook_host	host = { &validating, call };

int
validating_times(void)
{
	const int	 n = validating.n;

	while (validating.n > 0)
		json_decref(validating.asked[--validating.n]);
	return n;
}

X509 *
validating_cert(struct outcome *o)
{
	const unsigned char	*p = o->answer.cert.data;
	X509			*cert = d2i_X509(NULL, &p,
				    (long)o->answer.cert.len);

	assert_non_null(cert);
	scep_answer_clear(&o->answer);
	return cert;
}

void
validating_forget(void)
{
	(void)validating_times();
	memset(&validating, 0, sizeof(validating));
	validating.answer = validating.confirm = "{\"decision\":\"allow\"}";
}

int
validating_empty(void **state)
{
	validating_forget();
	(void)ask_empty(state);
	validating_hook();
	return 0;
}

void
validating_hook(void)
{
	scep_ca_use_hooks(w->ca, &host);
}

const char *
validating_said(const char *member)
{
	const char	*text;

	assert_true(validating.n > 0);
	text = json_string_value(json_object_get(
	    validating.asked[validating.n - 1], member));
	assert_non_null(text);
	return text;
}

struct world_request
validating_new(const char *profile, int k, const char *txid,
    const char *challenge)
{
	struct world_request	 r = ask_new(k, txid, challenge);

	r.profile = profile;
	return r;
}

int
validating_page_has(const char *line)
{
	struct scep_buf		 page = { NULL, 0 };
	struct scep_error	 err;
	int			 found;

	assert_int_equal(scep_ca_inspect(w->ca, WORLD_NOW,
	    SCEP_INSPECT_METRICS, &page, &err), SCEP_OK);
	found = memmem(page.data, page.len, line, strlen(line)) != NULL;
	scep_buf_clear(&page);
	return found;
}
