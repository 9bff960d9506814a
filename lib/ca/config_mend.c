/*
 * config_mend.c - what a message can say about the files of a CA: what they
 * hold instead, and the commands that make them anew.
 *
 * The commands are for a shell and OpenSSL 3.0 or later.  None destroys a key.
 */
#include <sys/stat.h>

#include <stdio.h>
#include <string.h>

#include "ca/config_local.h"

#define LABEL_MAX	40

static const char	 begin[] = "-----BEGIN ";

/* "CERTIFICATE" of the first PEM block; 0 if there is none.  Only capitals:
 * whatever else is there may be a secret. */
static int
pem_label(struct scep_span text, char out[LABEL_MAX + 1])
{
	const char	*p;
	size_t		 left, n = 0;

	if (text.len == 0 || (p = memmem(text.data, text.len, begin,
	    sizeof(begin) - 1)) == NULL)
		return 0;
	p += sizeof(begin) - 1;
	left = text.len - (size_t)(p - (const char *)text.data);
	while (n < left && n < LABEL_MAX && ((p[n] >= 'A' && p[n] <= 'Z') ||
	    p[n] == ' ' || (p[n] >= '0' && p[n] <= '9'))) {
		out[n] = p[n];
		n++;
	}
	out[n] = '\0';
	return n > 0;
}

void
scep_config_holds(struct scep_span text, const char *wanted,
    char out[SCEP_HOLDS_TEXT])
{
	char	 label[LABEL_MAX + 1];

	if (text.len == 0)
		(void)snprintf(out, SCEP_HOLDS_TEXT, "the file is empty; "
		    "restore it from a backup");
	else if (!pem_label(text, label))
		(void)snprintf(out, SCEP_HOLDS_TEXT, "%s; is that the right "
		    "file", text.data[0] == 0x30 ? "what is there looks like "
		    "DER" : "there is no PEM in it");
	else if (strstr(label, wanted) != NULL &&
	    strstr(label, "REQUEST") == NULL)
		(void)snprintf(out, SCEP_HOLDS_TEXT, "it is cut off or "
		    "damaged; restore it from a backup");
	else
		(void)snprintf(out, SCEP_HOLDS_TEXT, "the file holds a %s; "
		    "name the right one in scep.conf", label);
}

/* Half a command is worse than none. */
static void
settle(int len, const char *words, char out[SCEP_MEND_TEXT])
{
	if (len < 0 || len >= SCEP_MEND_TEXT)
		(void)snprintf(out, SCEP_MEND_TEXT, "%s", words);
}

/* What is to be made anew must not be the CA's: whoever follows the message
 * would lose that. */
static int
is_same_file(const char *a, const char *b, char out[SCEP_MEND_TEXT])
{
	struct stat	 st_a, st_b;

	(void)snprintf(out, SCEP_MEND_TEXT, "name a file of its own with "
	    "ra_certificate and ra_key");
	return stat(a, &st_a) == 0 && stat(b, &st_b) == 0 &&
	    st_a.st_dev == st_b.st_dev && st_a.st_ino == st_b.st_ino;
}

/* usr_cert is in the openssl.cnf that comes with OpenSSL: what any
 * certificate but a CA's has. */
void
scep_config_mend_ra(const struct scep_ca_conf *ca, char out[SCEP_MEND_TEXT])
{
	if (is_same_file(ca->ra_cert_path, ca->cert_path, out))
		return;
	settle(snprintf(out, SCEP_MEND_TEXT, "openssl req -x509 -key %s -CA "
	    "%s -CAkey %s -subj '/CN=SCEP RA' -days 730 -extensions usr_cert "
	    "-addext keyUsage=critical,digitalSignature,keyEncipherment "
	    "-out %s", ca->ra_key_path, ca->cert_path, ca->key_path,
	    ca->ra_cert_path), "let the CA issue a new one for the same key",
	    out);
}

void
scep_config_mend_ra_key(const struct scep_ca_conf *ca,
    char out[SCEP_MEND_TEXT])
{
	if (is_same_file(ca->ra_key_path, ca->key_path, out))
		return;
	settle(snprintf(out, SCEP_MEND_TEXT, "mv %s %s.old && (umask 077; "
	    "openssl genrsa -out %s 2048)", ca->ra_key_path, ca->ra_key_path,
	    ca->ra_key_path), "make one with openssl genrsa", out);
}

void
scep_config_mend_ca(const struct scep_ca_conf *ca, char out[SCEP_MEND_TEXT])
{
	const struct scep_ca_conf	*next = scep_ca_conf_next(ca);

	if (next != NULL) {
		(void)snprintf(out, SCEP_MEND_TEXT, "scepadm ca %s --ca %s "
		    "goes on with generation %u, which is %s", next->state ==
		    SCEP_GEN_STAGED ? "publish" : "switch", ca->name,
		    next->generation, scep_gen_state_name(next->state));
		return;
	}
	if (!scep_cert_is_self_issued(&ca->cert)) {
		(void)snprintf(out, SCEP_MEND_TEXT, "ask the CA above for a "
		    "new one for the same key");
		return;
	}
	settle(snprintf(out, SCEP_MEND_TEXT, "openssl x509 -in %s -signkey "
	    "%s -days 3650 -set_serial 0x$(openssl rand -hex 15) -out %s.new "
	    "&& mv %s.new %s", ca->cert_path, ca->key_path, ca->cert_path,
	    ca->cert_path, ca->cert_path), "issue a new one for the same key",
	    out);
}
