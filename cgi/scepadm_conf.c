/* scepadm_conf.c - the scep.conf that `scepadm init` writes. */
#include <stdio.h>
#include <stdlib.h>

#include "cgi/scepadm_conf.h"

static const char	template[] =
"# scep.conf - see scep.conf(5).  After a change: scepadm check, then\n"
"# `scepadm reload`.\n"
"# %s\n"
"\n"
"[server]\n"
"# Keys, database, lock and the administrator's socket; relative paths are\n"
"# relative to this file.\n"
"state = %s\n"
"# Where devices reach the server; for people and for certificates.\n"
"url = %s\n"
"# Without a web server that starts scep.fcgi: a socket of our own.\n"
"#listen = unix:/run/scep/scep.sock\n"
"log = stderr syslog\n"
"\n"
"[ca main]\n"
"certificate = ca.pem\n"
"key = %s/ca.key\n"
"%s"
"# What it signs certificates with.\n"
"digest = %s\n"
"# A key of its own opens what devices send and signs what they get; the\n"
"# CA's key signs certificates and nothing else.\n"
"ra_certificate = ra.pem\n"
"ra_key = %s/ra.key\n"
"# The server makes the CRL of this CA; where something else does:\n"
"#crl = no\n"
"\n"
"# %s/default, and %s without a name.\n"
"[profile default]\n"
"ca = main\n"
"# Who may enrol: holders of a challenge made by `scepadm challenge add`.\n"
"# `authorise = challenge manual` also queues requests without a challenge\n"
"# for `scepadm request approve`.\n"
"authorise = challenge\n"
"validity = 365d\n"
"rsa_bits = 2048-4096\n"
"# What a device may ask to be called.\n"
"subject_allow = CN O OU C serialNumber\n"
"subject_require = CN\n"
"san_allow = DNS\n"
"extensions = client\n"
"\n"
"# x509v3_config(5); basicConstraints, key identifiers and SAN are made by\n"
"# the server.\n"
"[extensions client]\n"
"keyUsage = critical, digitalSignature, keyEncipherment\n"
"extendedKeyUsage = clientAuth\n"
"%s";

static const char	chain[] =
"# Above it: its issuer first, the root last.\n"
"chain = chain.pem\n";

/* Devices prefer these to asking by message: RFC 8894 section 7.8. */
static const char	points[] =
"# Where the CRL is, and the CA's certificate.  By http: who checks a\n"
"# certificate cannot first check that of a web server.  %%GENERATION%% is\n"
"# the number of the CA key that issues (`scepadm ca list`).\n"
"%scrlDistributionPoints = URI:%s/crl/main.%%GENERATION%%.crl\n"
"%sauthorityInfoAccess = caIssuers;URI:%s/ca/main.%%GENERATION%%.crt\n";

char *
adm_conf_text(const struct adm_conf *conf)
{
	const char			*off = conf->has_points ? "" : "#";
	const char			*url = conf->has_points ? conf->url :
					    "http://HOST/scep";
	char				*last;
	static const char *const	 digests[SCEP_DIGEST__MAX] = {
		[SCEP_SHA256] = "sha256",
		[SCEP_SHA384] = "sha384",
		[SCEP_SHA512] = "sha512",
	};
	char				*text;
	int				 n;

	if (asprintf(&last, points, off, url, off, url) == -1)
		return NULL;
	n = asprintf(&text, template, conf->name, conf->state, conf->url,
	    conf->state, conf->has_chain ? chain : "", digests[conf->digest],
	    conf->state, conf->url, conf->url, last);
	free(last);
	return n == -1 ? NULL : text;
}
