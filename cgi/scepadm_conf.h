/*
 * scepadm_conf.h - the scep.conf that `scepadm init` writes.
 */
#ifndef SCEP_CGI_SCEPADM_CONF_H
#define SCEP_CGI_SCEPADM_CONF_H

/* The text, to be freed; NULL if there is no memory.  url is where devices
 * reach the server. */
char	*adm_conf_text(const char *cn, const char *url);

#endif /* SCEP_CGI_SCEPADM_CONF_H */
