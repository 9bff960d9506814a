/*
 * scepadm_device.h - from scep.conf and the command line to a device.
 */
#ifndef SCEP_CGI_SCEPADM_DEVICE_H
#define SCEP_CGI_SCEPADM_DEVICE_H

#include "base/text.h"
#include "ca/config.h"
#include "cgi/scepadm.h"
#include "cgi/scepadm_client.h"

/* What the command line says. */
struct adm_wanted {
	const char	*subject;	/* as a challenge has it */
	const char	*profile, *url, *bits;	/* or NULL */
};
/* All of d but dns, challenge, expires, ssid and radius.  Clear it either
 * way. */
enum scep_err	 adm_device_read(struct adm *adm, const struct adm_wanted *w,
		    struct adm_device *d);
void		 adm_device_clear(struct adm_device *d);

#endif /* SCEP_CGI_SCEPADM_DEVICE_H */
