/*
 * config_validator.c - the keys of a profile that are about its validator: a
 * program or a URL among the words of authorise, and how it is asked.
 *
 * Does not look whether it is there: hook_check.c.
 */
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "ca/config_local.h"
#include "ca/decide.h"

#define BLANKS		" \t"
#define MARGIN_MS	1000L	/* of the worker's wait, for the rest */

const struct scep_word	scep_validator_troubles[] = {
	{ "refuse", SCEP_TROUBLE_REFUSES, NULL },
	{ "queue", SCEP_TROUBLE_QUEUES, NULL },
	{ "retry", SCEP_TROUBLE_DEFERS, NULL },
	{ NULL, 0, NULL }
};

/* A word that is a validator; rest is where the others are gathered. */
static enum scep_err
take_word(struct scep_reading *r, const char *word, size_t len,
    struct scep_hook *hook, char *rest, size_t size)
{
	char		 text[SCEP_HOOK_TARGET + 16];
	struct scep_hook one = { .kind = SCEP_HOOK_NONE };
	const char	*why;

	(void)snprintf(text, sizeof(text), "%.*s", (int)len, word);
	if (len >= sizeof(text))
		return scep_config_fault(r, "a word of %zu octets", len);
	if (!scep_hook_parse(text, &one, &why)) {
		if (why != NULL)
			return scep_config_fault(r, "\"%.64s\": %s", text,
			    why);
		if (*rest != '\0')
			OPENSSL_strlcat(rest, " ", size);
		OPENSSL_strlcat(rest, text, size);
		return SCEP_OK;
	}
	if (hook->kind != SCEP_HOOK_NONE)
		return scep_config_fault(r, "two validators, and a profile "
		    "has one: let it ask the other");
	hook->kind = one.kind;
	memcpy(hook->target, one.target, sizeof(hook->target));
	return SCEP_OK;
}

static enum scep_err
take_words(struct scep_reading *r, struct scep_hook *hook, char *rest,
    size_t size)
{
	const char	*p = r->entry->value;
	enum scep_err	 rc = SCEP_OK;
	size_t		 len;

	for (p += strspn(p, BLANKS); rc == SCEP_OK && *p != '\0';
	    p += len + strspn(p + len, BLANKS)) {
		len = strcspn(p, BLANKS);
		rc = take_word(r, p, len, hook, rest, size);
	}
	return rc;
}

enum scep_err
scep_read_authorise(struct scep_reading *r, const struct scep_setting *s,
    void *to)
{
	const struct scep_conf_entry	*whole = r->entry;
	struct scep_profile		*p = to;
	struct scep_conf_entry		 words = *whole;
	const size_t			 size = strlen(whole->value) + 1;
	char				*rest;
	enum scep_err			 rc;

	if ((rest = OPENSSL_zalloc(size)) == NULL)
		return scep_fail(r->err, SCEP_E_NOMEM, "authorise");
	words.value = rest;
	rc = take_words(r, &p->validator.hook, rest, size);
	if (rc == SCEP_OK && (*rest != '\0' ||
	    p->validator.hook.kind == SCEP_HOOK_NONE)) {
		r->entry = &words;
		if ((rc = scep_read_words(r, s, &p->authorise)) ==
		    SCEP_E_CONFIG)
			(void)scep_fail_mend(r->err, "a program without "
			    "arguments, exec:/path, or a server, "
			    "https://host/path");
		r->entry = whole;
	}
	if (p->validator.hook.kind != SCEP_HOOK_NONE)
		p->authorise |= SCEP_BIT(SCEP_BY_VALIDATOR);
	OPENSSL_free(rest);
	return rc;
}

/* Each but for the first, which is HTTP's alone, is about any. */
static enum scep_err
check_idle(struct scep_reading *r, const struct scep_hook *hook)
{
	static const struct {
		const char	*key;
		int		 http;
	} keys[] = {
		{ "validator_timeout", 0 },
		{ "validator_trouble", 0 },
		{ "validator_confirm", 0 },
		{ "max_waiting", 0 },
		{ "validator_key", 1 },
		{ "validator_ca", 1 },
	};
	size_t	 i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		r->entry = scep_conf_get(r->section, keys[i].key);
		if (r->entry == NULL)
			continue;
		if (hook->kind == SCEP_HOOK_NONE)
			return scep_config_fault(r, "of no use without a "
			    "validator: write authorise = exec:/path or "
			    "authorise = https://host/path");
		if (keys[i].http && hook->kind != SCEP_HOOK_HTTP)
			return scep_config_fault(r, "of no use with a "
			    "program: it is for a URL");
	}
	r->entry = scep_conf_get(r->section, "validator_ca");
	if (r->entry != NULL && strncmp(hook->target, "https:", 6) != 0)
		return scep_config_fault(r, "of no use without https");
	return SCEP_OK;
}

/* A worker that has waited for half of request_timeout answers 503: it must
 * not give up before the validator does. */
static enum scep_err
check_time(struct scep_reading *r, const struct scep_validator_conf *v)
{
	const long	 calls = v->confirm ? 2 : 1;
	const long	 need_ms = calls * v->hook.timeout_ms + MARGIN_MS;
	const long	 has_ms = r->cfg->server.request_timeout_s * 500;

	if (need_ms <= has_ms)
		return SCEP_OK;
	r->entry = scep_conf_get(r->section, "validator_timeout");
	return scep_config_fault(r, "a request may wait %ld s for the "
	    "validator%s, and a worker waits %ld.%ld s for the CA, half of "
	    "request_timeout; write request_timeout = %lds below [server]",
	    calls * v->hook.timeout_ms / 1000, v->confirm ?
	    " (it is asked twice with validator_confirm)" : "",
	    has_ms / 1000, has_ms % 1000 / 100, (need_ms + 499) / 500);
}

enum scep_err
scep_config_check_validator(struct scep_reading *r, struct scep_profile *p)
{
	struct scep_validator_conf	*v = &p->validator;
	enum scep_err			 rc;

	if ((rc = check_idle(r, &v->hook)) != SCEP_OK ||
	    v->hook.kind == SCEP_HOOK_NONE)
		return rc;
	v->hook.timeout_ms = v->timeout_s * 1000;
	r->entry = scep_conf_get(r->section, "validator_trouble");
	if (v->trouble == SCEP_TROUBLE_QUEUES &&
	    (p->authorise & SCEP_BIT(SCEP_BY_MANUAL)) == 0)
		return scep_config_fault(r, "queue needs somebody who "
		    "approves: add manual to authorise");
	if ((rc = check_time(r, v)) == SCEP_OK)
		r->entry = NULL;
	return rc;
}

enum scep_err
scep_config_load_validator(struct scep_profile *p, struct scep_error *err)
{
	return scep_config_load_hook_key(p, "validator_key",
	    p->validator.key_path, &p->validator.hook.key, err);
}
