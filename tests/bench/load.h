/*
 * load.h - bench-load, as its parts see it: what is asked, and what came of it.
 *
 * Everything that is asked is made before the clock starts (load_make.c), and
 * every answer is kept and judged after it has stopped (load_check.c); in
 * between there is HTTP and nothing else (load_http.c, load_run.c).
 */
#ifndef TESTS_BENCH_LOAD_H
#define TESTS_BENCH_LOAD_H

#include <sys/socket.h>

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "tests/unit/client.h"

#define LOAD_URLS	16
#define LOAD_PIDS	64

/* What is sent. */
enum load_kind {
	LOAD_ENROL,		/* PKCSReq */
	LOAD_RENEW,		/* RenewalReq, signed by what was granted */
	LOAD_NOISE,		/* octets that do not parse */
	LOAD_BADSIG,		/* PKCSReq, its outer signature one bit off */
	LOAD_WRONG,		/* PKCSReq with a wrong challenge */
	LOAD_GET,		/* GET of the URL as it is */
	LOAD__MAX
};

/* What came of one request. */
enum load_end {
	LOAD_NOT_SENT,		/* the time was up */
	LOAD_GRANTED,		/* … and for LOAD_GET: status 200 */
	LOAD_REFUSED,		/* a good FAILURE, or a 4xx */
	LOAD_PENDING,
	/* What the server must not do: */
	LOAD_E_CONNECT,		/* no connection */
	LOAD_E_CUT,		/* it ended before the answer did */
	LOAD_E_TIMEOUT,
	LOAD_E_HTTP,		/* no HTTP, or another status */
	LOAD_E_BUSY,		/* status 503 */
	LOAD_E_MESSAGE,		/* no CertRep that verifies and decrypts */
	LOAD_E_TXID,
	LOAD_E_NONCE,
	LOAD_E_KEY,		/* not the device's */
	LOAD_E_SUBJECT,
	LOAD_E_ISSUER,		/* not by the CA, or its signature is wrong */
	LOAD_E_GRANTED,		/* what had to be refused */
	LOAD_E_DIFFERS,		/* LOAD_GET: from the first answer */
	LOAD__END_MAX
};

struct load_url {
	struct sockaddr_storage	 to;
	socklen_t		 to_len;
	char			 host[300];	/* with the port */
	char			 path[1024];
	char			 head[2048];	/* of a request, but its end */
	size_t			 head_len;
};

/* One request, its device, its answer. */
struct load_request {
	struct bytes	 body;		/* data NULL: GET */
	EVP_PKEY	*key;		/* borrowed from the pool */
	X509		*signer;
	char		 subject[96];	/* "/CN=…" */
	const char	*challenge;	/* borrowed, or NULL */
	char		 txid[33];
	unsigned char	 nonce[CLIENT_NONCE];

	int64_t		 due_ns;	/* 0: as soon as possible */
	int64_t		 took_ns;
	int		 http_status;
	unsigned char	*answer;	/* the HTTP body, malloc()ed */
	size_t		 answer_len;

	enum load_end	 end;
	int		 fail_info;	/* -1: none */
	X509		*cert;		/* LOAD_GRANTED */
	char		 why[128];	/* of LOAD_E_*, for people */
};

struct load {
	/* What is wanted. */
	enum load_kind		 kind;
	struct load_url		 url[LOAD_URLS];
	int			 n_urls;
	int			 connections;
	long			 n;
	int64_t			 seconds_ns;	/* 0: until all are sent */
	double			 rate;		/* a second; 0: closed loop */
	int			 even;		/* at equal distances */
	const char		*prefix;	/* of the subjects */
	const char		*key_type;
	const EVP_CIPHER	*cipher;
	const EVP_MD		*digest;
	char			**challenge;	/* one for each, or one, or */
	long			 n_challenges;	/* none */
	EVP_PKEY		**key;
	int			 n_keys;
	X509			*ca, *ra;

	/* What is done. */
	struct load_request	*request;
	int64_t			 took_ns;	/* first sent to last answer */
	int64_t			 cpu_ns;	/* ours in this time */
	struct {
		char	 name[16];
		pid_t	 pid;
		int64_t	 cpu_ns;
	}			 other[LOAD_PIDS];	/* and theirs */
	int			 n_others;
	long			 duplicates;
};

extern const char *const	load_kind_name[LOAD__MAX];
extern const char *const	load_end_name[LOAD__END_MAX];

/* load_http.c */
void	 load_url_read(struct load_url *url, const char *text, int get);
/* Ask for path?query and wait for the whole answer; its body is malloc()ed.
 * Without an answer of status 200: NULL, or the end of the program. */
unsigned char	*load_try(const struct load_url *url, const char *query,
		    size_t *len, int *bundle);
unsigned char	*load_fetch(const struct load_url *url, const char *query,
		    size_t *len, int *bundle);
/* An answer of which len octets are there. */
struct load_answer {
	int	 status;
	int	 closes;		/* the server will close */
	int	 bundle;		/* its type says so */
	size_t	 body, body_len;	/* without chunks: where it stands */
	int	 chunked;
};
/* 1: whole; 0: not yet; -1: no HTTP.  at_end: no more will come. */
int	 load_answer_read(const char *data, size_t len, int at_end,
	    struct load_answer *out);
/* The body without its chunks, malloc()ed. */
unsigned char	*load_answer_body(const char *data,
		    const struct load_answer *answer, size_t *len);

/* load_keys.c */
void	 load_keys_make(struct load *l, const char *path, int n);

/* load_make.c */
void	 load_challenges_read(struct load *l, const char *path);
void	 load_cacert_take(struct load *l);
void	 load_make(struct load *l);
/* What was granted is renewed next. */
void	 load_renew(struct load *l);
void	 load_request_clear(struct load_request *r);

/* load_run.c */
void	 load_run(struct load *l);

/* load_check.c */
void	 load_check_one(const struct load *l, struct load_request *r);
/* All of them; serials: a file of those of earlier runs, or NULL. */
void	 load_check(struct load *l, const char *serials);

/* load_report.c */
void	 load_report(const struct load *l, int json, FILE *out);
/* 0, or 1 if anything is wrong. */
int	 load_verdict(const struct load *l);

#endif /* TESTS_BENCH_LOAD_H */
