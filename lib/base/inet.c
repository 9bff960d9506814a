/*
 * inet.c - IP addresses and networks as text, and back.
 */
#include <arpa/inet.h>
#include <sys/socket.h>

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/inet.h"
#include "base/text.h"

#define V4_BITS		96	/* in front of an IPv4 address */

static const uint8_t	v4_front[12] = { [10] = 0xff, [11] = 0xff };
/* RFC 6052: what a translator makes of an IPv4 address. */
static const uint8_t	translated[12] = { 0x00, 0x64, 0xff, 0x9b };

int
scep_inet_is_v4(const struct scep_inet *addr)
{
	return memcmp(addr->octet, v4_front, sizeof(v4_front)) == 0;
}

int
scep_inet_read(const char *text, struct scep_inet *out)
{
	const size_t	 len = strcspn(text, "%");
	char		 bare[SCEP_INET_TEXT];

	if (len >= sizeof(bare) || (text[len] == '%' && text[len + 1] == '\0'))
		return 0;
	memcpy(bare, text, len);
	bare[len] = '\0';
	memcpy(out->octet, v4_front, sizeof(v4_front));
	if (text[len] == '\0' &&
	    inet_pton(AF_INET, bare, out->octet + sizeof(v4_front)) == 1)
		return 1;
	return inet_pton(AF_INET6, bare, out->octet) == 1;
}

void
scep_inet_text(const struct scep_inet *addr, char out[SCEP_INET_TEXT])
{
	const int	 v4 = scep_inet_is_v4(addr);

	if (inet_ntop(v4 ? AF_INET : AF_INET6, addr->octet +
	    (v4 ? sizeof(v4_front) : 0), out, SCEP_INET_TEXT) == NULL)
		out[0] = '\0';
}

static int
has_bit(const struct scep_inet *addr, unsigned int i)
{
	return (addr->octet[i / 8] >> (7 - i % 8)) & 1;
}

enum scep_err
scep_inet_net_read(const char *text, struct scep_inet_net *out,
    struct scep_error *err)
{
	const size_t	 len = strcspn(text, "/");
	char		 bare[SCEP_INET_TEXT];
	long		 bits;
	unsigned int	 front, i;

	if (len >= sizeof(bare) || memchr(text, '%', len) != NULL)
		return scep_fail(err, SCEP_E_USAGE, "\"%.64s\" is no network "
		    "such as 10.0.0.0/8 or 2001:db8::/32", text);
	memcpy(bare, text, len);
	bare[len] = '\0';
	if (!scep_inet_read(bare, &out->addr))
		return scep_fail(err, SCEP_E_USAGE, "\"%.64s\" is no network "
		    "such as 10.0.0.0/8 or 2001:db8::/32", text);
	front = strchr(bare, ':') == NULL ? V4_BITS : 0;
	out->bits = 128;
	if (text[len] == '/') {
		if (scep_number_read(text + len + 1, 0, 128 - (long)front,
		    &bits, err) != SCEP_OK)
			return scep_fail_within(err, "%.64s", text);
		out->bits = front + (unsigned int)bits;
	}
	for (i = out->bits; i < 128; i++)
		if (has_bit(&out->addr, i))
			return scep_fail(err, SCEP_E_USAGE, "%.64s: there are "
			    "bits behind the %s", text, strchr(text, '/'));
	return SCEP_OK;
}

int
scep_inet_net_has(const struct scep_inet_net *net,
    const struct scep_inet *addr)
{
	const unsigned int	 whole = net->bits / 8;
	unsigned int		 i;

	if (memcmp(net->addr.octet, addr->octet, whole) != 0)
		return 0;
	for (i = whole * 8; i < net->bits; i++)
		if (has_bit(&net->addr, i) != has_bit(addr, i))
			return 0;
	return 1;
}

/* RFC 6890 */
int
scep_inet_is_private(const struct scep_inet *addr)
{
	static const struct {
		uint8_t		 first[4];
		unsigned int	 bits;
		int		 v4;
	} nets[] = {
		{ { 10, 0, 0, 0 }, 8, 1 },
		{ { 100, 64, 0, 0 }, 10, 1 },
		{ { 127, 0, 0, 0 }, 8, 1 },
		{ { 169, 254, 0, 0 }, 16, 1 },
		{ { 172, 16, 0, 0 }, 12, 1 },
		{ { 192, 168, 0, 0 }, 16, 1 },
		{ { 0xfc, 0, 0, 0 }, 7, 0 },
		{ { 0xfe, 0x80, 0, 0 }, 10, 0 },
		{ { 0, 0, 0, 0 }, 64, 0 },		/* ::1 */
	};
	struct scep_inet_net	 net;
	size_t			 i, front;

	for (i = 0; i < sizeof(nets) / sizeof(nets[0]); i++) {
		front = nets[i].v4 ? sizeof(v4_front) : 0;
		memset(&net, 0, sizeof(net));
		if (nets[i].v4)
			memcpy(net.addr.octet, v4_front, sizeof(v4_front));
		memcpy(net.addr.octet + front, nets[i].first, 4);
		net.bits = (unsigned int)front * 8 + nets[i].bits;
		if (nets[i].v4 == scep_inet_is_v4(addr) &&
		    scep_inet_net_has(&net, addr))
			return 1;
	}
	return 0;
}

static uint64_t
number(const uint8_t *octet, size_t n)
{
	uint64_t	 v = 0;
	size_t		 i;

	for (i = 0; i < n; i++)
		v = v << 8 | octet[i];
	return v;
}

#define V4_SITE		0xffffULL

uint64_t
scep_inet_site(const struct scep_inet *addr)
{
	if (scep_inet_is_v4(addr) ||
	    memcmp(addr->octet, translated, sizeof(translated)) == 0)
		return V4_SITE << 32 | number(addr->octet + 12, 4);
	return number(addr->octet, 8);
}

void
scep_inet_site_text(uint64_t site, char out[SCEP_INET_TEXT])
{
	struct scep_inet	 addr = { { 0 } };
	const int		 v4 = site >> 32 == V4_SITE;
	size_t			 i;

	if (v4)
		memcpy(addr.octet, v4_front, sizeof(v4_front));
	for (i = 0; i < (v4 ? 4 : 8); i++)
		addr.octet[(v4 ? 15 : 7) - i] = (uint8_t)(site >> (8 * i));
	scep_inet_text(&addr, out);
	if (!v4)
		(void)snprintf(out + strlen(out), SCEP_INET_TEXT -
		    strlen(out), "/64");
}

uint32_t
scep_inet_site_owner(uint64_t site)
{
	return site >> 32 == V4_SITE ?
	    0xffff0000u | (uint32_t)(site >> 16 & 0xffff) :
	    (uint32_t)(site >> 32);
}
