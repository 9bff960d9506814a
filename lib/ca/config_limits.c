/*
 * config_limits.c - how much somebody may fail or ask, and who that is: the
 * address that the web server says, or a proxy in front of it.
 */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/config_local.h"

#define N_MAX		10000000L
#define WITHIN		"REMOTE_ADDR"
#define UNIX		"unix"

/* "3000/5m", "100/h"; "off" or "0". */
enum scep_err
scep_read_limit(struct scep_reading *r, const struct scep_setting *s,
    void *to)
{
	struct scep_limit	*limit = to;
	const char		*value = r->entry->value, *slash;
	char			 count[16], each[24];

	(void)s;
	memset(limit, 0, sizeof(*limit));
	if (strcmp(value, "off") == 0 || strcmp(value, "0") == 0)
		return SCEP_OK;
	if ((slash = strchr(value, '/')) != NULL && slash[1] != '\0' &&
	    (size_t)(slash - value) < sizeof(count) &&
	    strlen(slash + 1) < sizeof(each) - 1) {
		(void)snprintf(count, sizeof(count), "%.*s",
		    (int)(slash - value), value);
		(void)snprintf(each, sizeof(each), "%s%s", slash[1] >= '0' &&
		    slash[1] <= '9' ? "" : "1", slash + 1);
		if (scep_number_read(count, 1, N_MAX, &limit->n, r->err) ==
		    SCEP_OK && scep_duration_read(each, &limit->s, r->err) ==
		    SCEP_OK && limit->s >= 1 && limit->s <= SCEP_LIMIT_MAX_S)
			return SCEP_OK;
	}
	return scep_config_fault(r, "so many (1 to %ld) in so long (1s to 24h) "
	    "such as 3000/5m, or off, got \"%.64s\"", N_MAX, value);
}

/* RFC 7239's Forwarded is another language. */
enum scep_err
scep_read_client_address(struct scep_reading *r,
    const struct scep_setting *s, void *to)
{
	const char	*value = r->entry->value;

	(void)s;
	*(char *)to = '\0';
	if (strcmp(value, WITHIN) == 0)
		return SCEP_OK;
	if (strncmp(value, "HTTP_", 5) != 0 || value[5] == '\0' ||
	    strlen(value) >= SCEP_NAME_LEN ||
	    value[strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")] !=
	    '\0')
		return scep_config_fault(r, "REMOTE_ADDR, or the variable of "
		    "a header that a proxy writes, such as "
		    "HTTP_X_FORWARDED_FOR or HTTP_X_REAL_IP, got \"%.64s\"",
		    value);
	if (strcmp(value, "HTTP_FORWARDED") == 0)
		return scep_config_fault(r, "the header Forwarded (RFC 7239) "
		    "is not read; let the proxy write X-Forwarded-For, and "
		    "name HTTP_X_FORWARDED_FOR");
	memcpy(to, value, strlen(value) + 1);
	return SCEP_OK;
}

enum scep_err
scep_read_proxies(struct scep_reading *r, const struct scep_setting *s,
    void *to)
{
	struct scep_server_conf	*server = to;
	const char		*p = r->entry->value;
	char			 word[SCEP_CONF_WORD_MAX];
	struct scep_error	 why;

	(void)s;
	while (scep_config_word(&p, word)) {
		if (strcmp(word, UNIX) == 0) {
			server->proxy_is_local = 1;
			continue;
		}
		if (server->n_proxies == SCEP_PROXIES_MAX)
			return scep_config_fault(r, "more than %d networks",
			    SCEP_PROXIES_MAX);
		if (scep_inet_net_read(word,
		    &server->proxy[server->n_proxies], &why) != SCEP_OK)
			return scep_config_fault(r, "%s", why.text);
		server->n_proxies++;
	}
	return SCEP_OK;
}

/* A header is whatever its sender likes: somebody has to be trusted with it,
 * and it is not for all the world. */
enum scep_err
scep_config_check_proxies(struct scep_reading *r,
    const struct scep_server_conf *server)
{
	const int	 trusts = server->n_proxies > 0 ||
			    server->proxy_is_local;
	size_t		 i;

	r->entry = scep_conf_get(r->section, "client_address");
	if (server->client_header[0] != '\0' && !trusts)
		return scep_config_fault(r, "%s is what anybody may say in a "
		    "header; say with trusted_proxies = whose word it is, "
		    "such as 127.0.0.1 10.0.0.5", server->client_header);
	r->entry = scep_conf_get(r->section, "trusted_proxies");
	if (server->client_header[0] == '\0' && trusts)
		return scep_config_fault(r, "of no use without client_address "
		    "= HTTP_X_FORWARDED_FOR or the like");
	for (i = 0; i < server->n_proxies; i++)
		if (server->proxy[i].bits == 0 ||
		    (server->proxy[i].bits == 96 &&
		    scep_inet_is_v4(&server->proxy[i].addr)))
			return scep_config_fault(r, "everybody is no proxy: "
			    "name those in front of this server, such as "
			    "127.0.0.1 10.0.0.5");
	return SCEP_OK;
}
