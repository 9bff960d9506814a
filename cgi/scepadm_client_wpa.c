/*
 * scepadm_client_wpa.c - a network block of wpa_supplicant for EAP-TLS, by
 * radio or by wire, behind the script that gets the certificate.
 */
#include <string.h>

#include "cgi/scepadm_client.h"

#define SSID_MAX	32	/* octets: IEEE 802.11 */

/* The three files, where the script runs. */
static void
put_paths(const struct adm_device *d, struct adm_text *out)
{
	adm_text_put(out, "printf '\\tca_cert=\"%%s\"\\n' "
	    "\"$PWD/%s-ca.der\"\n"
	    "printf '\\tclient_cert=\"%%s\"\\n' \"$PWD/%s.pem\"\n"
	    "printf '\\tprivate_key=\"%%s\"\\n' \"$PWD/%s.key\"\n", d->label,
	    d->label, d->label);
}

static void
put_block(const struct adm_device *d, struct adm_text *out)
{
	adm_text_put(out, "\n# For wpa_supplicant.conf(5).  ca_cert is what "
	    "the RADIUS server is held\n# against: change it if another CA "
	    "issued its certificate.\n"
	    "{\ncat <<'END'\nnetwork={\n");
	if (d->ssid != NULL) {
		adm_text_put(out, "\tssid=");
		adm_text_wpa(out, d->ssid);
		adm_text_put(out, "\n\tkey_mgmt=WPA-EAP\n");
	} else
		adm_text_put(out, "\tkey_mgmt=IEEE8021X\n\teapol_flags=0\n");
	adm_text_put(out, "\teap=TLS\n\tidentity=");
	adm_text_wpa(out, adm_device_cn(d));
	if (d->radius != NULL) {
		adm_text_put(out, "\n\tdomain_suffix_match=");
		adm_text_wpa(out, d->radius);
	}
	adm_text_put(out, "\nEND\n");
	put_paths(d, out);
	adm_text_put(out, "echo '}'\n} >%s-wpa.conf\n", d->label);
}

enum scep_err
adm_recipe_wpa(const struct adm_device *d, struct adm_text *out,
    struct scep_error *err)
{
	const size_t	 len = d->ssid != NULL ? strlen(d->ssid) : 1;
	enum scep_err	 rc;

	if (len == 0 || len > SSID_MAX)
		return scep_fail(err, SCEP_E_USAGE, "--ssid: the name of a "
		    "network has 1 to %d octets, and this one %zu", SSID_MAX,
		    len);
	adm_recipe_head(d, "strongSwan's pki (Debian: strongswan-pki), for "
	    "wpa_supplicant", out);
	if ((rc = adm_recipe_pki(d, out, err)) != SCEP_OK)
		return rc;
	put_block(d, out);
	return SCEP_OK;
}
