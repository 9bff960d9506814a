/*
 * inet.h - IP addresses and networks as text, and back.
 *
 * Numbers alone: nothing is looked up.
 */
#ifndef SCEP_BASE_INET_H
#define SCEP_BASE_INET_H

#include "scep.h"

#define SCEP_INET_TEXT	48	/* the longest address, and a NUL */

/* IPv4 as ::ffff:a.b.c.d. */
struct scep_inet {
	uint8_t	 octet[16];
};
struct scep_inet_net {
	struct scep_inet	 addr;
	unsigned int		 bits;	/* of all 128 */
};

/* "192.0.2.1", "2001:db8::1", "fe80::1%eth0" (the zone is left out); 0 if it
 * is no address. */
int		 scep_inet_read(const char *text, struct scep_inet *out);
int		 scep_inet_is_v4(const struct scep_inet *addr);
/* Of nobody on the Internet: loopback, link-local, private, shared.  Who asks
 * from there may be a proxy. */
int		 scep_inet_is_private(const struct scep_inet *addr);
/* As RFC 5952 has it. */
void		 scep_inet_text(const struct scep_inet *addr,
		    char out[SCEP_INET_TEXT]);
/* "10.0.0.0/8", "2001:db8::/32", or an address alone.  SCEP_E_USAGE: also for
 * a network with bits behind its length. */
enum scep_err	 scep_inet_net_read(const char *text,
		    struct scep_inet_net *out, struct scep_error *err);
int		 scep_inet_net_has(const struct scep_inet_net *net,
		    const struct scep_inet *addr);

/*
 * Who is counted together, as a number: an IPv4 address, also one that a
 * translator has put behind 64:ff9b::/96, or an IPv6 /64.
 * IPv4 a.b.c.d is 0:ffff:a.b.c.d of the IPv6 numbers, which nobody has.
 */
uint64_t	 scep_inet_site(const struct scep_inet *addr);
/* "192.0.2.1", "2001:db8:0:1::/64". */
void		 scep_inet_site_text(uint64_t site,
		    char out[SCEP_INET_TEXT]);
/* What one owner may have a great many sites in: an IPv6 /32, an IPv4 /16. */
uint32_t	 scep_inet_site_owner(uint64_t site);

#endif /* SCEP_BASE_INET_H */
