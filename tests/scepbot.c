/*
 * scepbot.c - a SCEP client for the tests: many enrolments at once, by POST
 * or GET, with mistakes where they are wanted.
 *
 * Its SCEP is cgi/scep_client.c, made of OpenSSL's CMS and X509 code; its
 * HTTP is a loopback socket of its own, so that an answer can be thrown away.
 * Each answer is verified: signature, transactionID, nonce, chain and key.
 *
 * One line on standard output for each enrolment, in the order they end:
 *
 *	INDEX granted SERIAL REPLY-CIPHER REPLY-DIGEST
 *	INDEX granted crl NUMBER ENTRIES	(-T 22)
 *	INDEX pending
 *	INDEX refused FAILINFO [TEXT]
 *	INDEX lost			(-x: hung up without reading)
 *	INDEX error WHY
 *
 * Exit status: 0 all granted (or lost), 1 something refused, 3 something
 * pending, 4 an error, 2 usage; the highest of them.
 */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "tests/unit/client.h"

#define TIMEOUT_S	60	/* of a busy machine */
#define REPLY_MAX	(1024 * 1024)
#define DNS_MAX		8
#define LINES_MAX	10000

/* ---- what was asked for ---- */

static struct {
	struct sockaddr_in	 to, from;	/* from: or all zero */
	char			 header[512];	/* one more, with its end */
	char			 host[64];
	char			 path[512];
	const char		*subject;
	const char		*dns[DNS_MAX + 1];
	const char		*key_path, *cert_path, *save_path, *txid;
	const char		*old_cert_path, *old_key_path;
	const char		*about_path, *issuer_path, *crl_path;
	const char		*curve;		/* NULL: RSA */
	const char		*cas_path, *by_path;
	const EVP_CIPHER	*cipher;
	const EVP_MD		*digest, *csr_digest, *signer_digest;
	const char		*signer, *bag_path;
	int			 to_all, ber;
	int			 bits, count, parallel, type, get, chunked,
				 forget, shared_key, poll_only, oaep;
	int			 poll_s, retry_s;	/* 0: do not */
	long			 flip;			/* bit, or -1 */
	char			*challenge[LINES_MAX];
	int			 n_challenges;
} opt = { .subject = "/CN=bot-%d", .bits = 2048, .count = 1, .parallel = 1,
	.type = 19, .flip = -1 };

static X509		*ca, *ra, *issuer;
static X509		*shown[32];	/* all of GetCACert, in its order */
static int		 n_shown;
static EVP_PKEY		*given_key;
static EVP_PKEY		*old_key;	/* … and the certificate that renews */
static X509		*old_cert;
static pthread_mutex_t	 lock = PTHREAD_MUTEX_INITIALIZER;
static int		 next_index, worst;

__attribute__((noreturn, format(printf, 2, 3)))
static void
die(int status, const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	(void)fprintf(stderr, "scepbot: ");
	(void)vfprintf(stderr, fmt, ap);
	(void)fprintf(stderr, "\n");
	va_end(ap);
	exit(status);
}

static void *
need(void *p)
{
	if (p == NULL)
		die(4, "out of memory, or OpenSSL failed");
	return p;
}

/* ---- HTTP ---- */

struct http_reply {
	int		 status;	/* 0: no readable answer */
	char		 type[128];
	unsigned char	*bytes;		/* head and body, malloc()ed */
	unsigned char	*body;		/* in bytes */
	size_t		 len;
	char		 why[128];
};

/* With a deadline none of connect(2), send(2) and recv(2) goes on by itself
 * after we were stopped and continued (signal(7)); asked again, it does. */
static int
send_all(int fd, const void *data, size_t len)
{
	const char	*p = data;
	ssize_t		 n;

	while (len > 0) {
		n = send(fd, p, len, MSG_NOSIGNAL);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return 0;
		p += n;
		len -= (size_t)n;
	}
	return 1;
}

/* Everything until the end of file. */
static int
receive(int fd, unsigned char *buf, size_t *len)
{
	ssize_t	 n;

	for (*len = 0; *len < REPLY_MAX; *len += n > 0 ? (size_t)n : 0) {
		n = recv(fd, buf + *len, REPLY_MAX - *len, 0);
		if (n == 0 || (n == -1 && errno != EINTR))
			return n == 0;
	}
	return 0;
}

/* Content-Length is held against what came: half an answer is none. */
static void
head_read(struct http_reply *reply, char *head, size_t body_len)
{
	char	*line, *save = NULL;
	long	 declared = -1;
	int	 status;

	if (sscanf(head, "HTTP/%*d.%*d %d", &status) != 1) {
		(void)snprintf(reply->why, sizeof(reply->why), "not HTTP");
		return;
	}
	for (line = strtok_r(head, "\r\n", &save); line != NULL;
	    line = strtok_r(NULL, "\r\n", &save)) {
		if (strncasecmp(line, "Content-Type: ", 14) == 0)
			(void)snprintf(reply->type, sizeof(reply->type), "%s",
			    line + 14);
		if (strncasecmp(line, "Content-Length: ", 16) == 0)
			declared = strtol(line + 16, NULL, 10);
	}
	if (declared >= 0 && (size_t)declared != body_len)
		(void)snprintf(reply->why, sizeof(reply->why),
		    "%zu octets of %ld", body_len, declared);
	else
		reply->status = status;
}

static void
reply_read(int fd, struct http_reply *reply)
{
	size_t	 len;
	char	*end;

	reply->bytes = need(malloc(REPLY_MAX + 1));
	if (!receive(fd, reply->bytes, &len)) {
		(void)snprintf(reply->why, sizeof(reply->why), "receive: %s",
		    strerror(errno));
		return;
	}
	reply->bytes[len] = '\0';
	end = strstr((char *)reply->bytes, "\r\n\r\n");
	if (end == NULL) {
		(void)snprintf(reply->why, sizeof(reply->why),
		    "an answer of %zu octets without a head", len);
		return;
	}
	*end = '\0';
	reply->body = (unsigned char *)end + 4;
	reply->len = len - (size_t)(reply->body - reply->bytes);
	head_read(reply, (char *)reply->bytes, reply->len);
}

static int
dial(struct http_reply *reply)
{
	const struct timeval	 tv = { TIMEOUT_S, 0 };
	int			 fd, n;

	if ((fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1)
		die(4, "socket: %s", strerror(errno));
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	if (opt.from.sin_family == AF_INET && bind(fd,
	    (const struct sockaddr *)&opt.from, sizeof(opt.from)) == -1)
		die(4, "bind: %s", strerror(errno));
	do
		n = connect(fd, (const struct sockaddr *)&opt.to,
		    sizeof(opt.to));
	while (n == -1 && errno == EINTR);
	if (n == 0)
		return fd;
	(void)snprintf(reply->why, sizeof(reply->why), "connect: %s",
	    strerror(errno));
	(void)close(fd);
	return -1;
}

/* HTTP/1.1 knows chunks; two, for a body that is read once would miss one. */
static int
send_chunks(int fd, const struct bytes *body)
{
	const size_t	 half = body->len / 2;
	char		 size[2][32];

	(void)snprintf(size[0], sizeof(size[0]), "%zx\r\n", half);
	(void)snprintf(size[1], sizeof(size[1]), "\r\n%zx\r\n",
	    body->len - half);
	return send_all(fd, size[0], strlen(size[0])) &&
	    send_all(fd, body->data, half) &&
	    send_all(fd, size[1], strlen(size[1])) &&
	    send_all(fd, body->data + half, body->len - half) &&
	    send_all(fd, "\r\n0\r\n\r\n", 7);
}

static int
post_head(char **head, const char *query, size_t len)
{
	if (opt.chunked)
		return asprintf(head, "POST %s?%s HTTP/1.1\r\nHost: %s\r\n%s"
		    "Content-Type: application/x-pki-message\r\n"
		    "Transfer-Encoding: chunked\r\n"
		    "Connection: close\r\n\r\n", opt.path, query,
		    opt.host, opt.header);
	return asprintf(head, "POST %s?%s HTTP/1.0\r\nHost: %s\r\n%s"
	    "Content-Type: application/x-pki-message\r\n"
	    "Content-Length: %zu\r\n\r\n", opt.path, query, opt.host,
	    opt.header, len);
}

/* GET if body is NULL.  HTTP/1.0: the answer ends with the connection. */
static void
http_ask(const char *query, const struct bytes *body, int forget,
    struct http_reply *reply)
{
	char	*head;
	int	 fd, n, sent;

	memset(reply, 0, sizeof(*reply));
	if ((fd = dial(reply)) == -1)
		return;
	n = body == NULL ?
	    asprintf(&head, "GET %s?%s HTTP/1.0\r\nHost: %s\r\n%s\r\n",
	    opt.path, query, opt.host, opt.header) : post_head(&head, query, body->len);
	if (n == -1)
		die(4, "out of memory");
	sent = send_all(fd, head, (size_t)n) &&
	    (body == NULL || (opt.chunked ? send_chunks(fd, body) :
	    send_all(fd, body->data, body->len)));
	free(head);
	if (!sent)
		(void)snprintf(reply->why, sizeof(reply->why), "send: %s",
		    strerror(errno));
	else if (!forget)
		reply_read(fd, reply);
	(void)close(fd);
}

static void
http_clear(struct http_reply *reply)
{
	free(reply->bytes);
	memset(reply, 0, sizeof(*reply));
}

/* operation=PKIOperation&message=…, all that base64 has escaped. */
static char *
get_query(const struct bytes *message)
{
	static const char	 start[] = "operation=PKIOperation&message=";
	size_t			 size = 4 * ((message->len + 2) / 3) + 1, i;
	char			*b64 = need(malloc(size)), *query, *q;

	(void)EVP_EncodeBlock((unsigned char *)b64, message->data,
	    (int)message->len);
	query = need(malloc(sizeof(start) + 3 * size));
	q = query + sprintf(query, "%s", start);
	for (i = 0; b64[i] != '\0'; i++)
		if (strchr("+/=", b64[i]) != NULL)
			q += sprintf(q, "%%%02X", (unsigned)b64[i]);
		else
			*q++ = b64[i];
	*q = '\0';
	free(b64);
	return query;
}

/* ---- the CA ---- */

/* The one that signs what we ask for, and the one that talks to us. */
static void
cas_choose(STACK_OF(X509) *certs)
{
	X509	*cert;
	int	 i;

	for (i = 0; i < sk_X509_num(certs); i++) {
		cert = sk_X509_value(certs, i);
		if (X509_check_ca(cert) != 0 && ca == NULL)
			ca = cert;
		else if (X509_check_ca(cert) == 0)
			ra = cert;
		(void)X509_up_ref(cert);
		if (n_shown < (int)(sizeof(shown) / sizeof(shown[0])))
			shown[n_shown++] = cert;
	}
	if (ca == NULL)
		die(4, "GetCACert has no CA certificate");
	if (ra == NULL)
		ra = ca;
	if (X509_verify(ra, X509_get0_pubkey(ca)) != 1)
		die(4, "GetCACert: the CA did not issue the RA certificate");
}

static void
cas_read(const struct http_reply *reply)
{
	const int	 bundle = strcmp(reply->type,
			    "application/x-x509-ca-ra-cert") == 0;
	STACK_OF(X509)	*certs;

	if (!bundle && strcmp(reply->type, "application/x-x509-ca-cert") != 0)
		die(4, "GetCACert: Content-Type %s", reply->type);
	if ((certs = scep_client_cacert(reply->body, reply->len, bundle)) ==
	    NULL)
		die(4, "GetCACert: not what %s says", reply->type);
	cas_choose(certs);
	sk_X509_pop_free(certs, X509_free);
}

static void
cas_fetch(void)
{
	const struct timespec	 pause = { 0, 50000000 };
	struct http_reply	 reply;
	time_t			 end = time(NULL) + opt.retry_s;

	http_ask("operation=GetCACert", NULL, 0, &reply);
	while (reply.status != 200 && time(NULL) < end) {
		http_clear(&reply);
		(void)nanosleep(&pause, NULL);
		http_ask("operation=GetCACert", NULL, 0, &reply);
	}
	if (reply.status != 200)
		die(4, "GetCACert: HTTP %d %s", reply.status, reply.why);
	cas_read(&reply);
	http_clear(&reply);
}

/* What a device has kept since it asked, or got by GetNextCACert. */
static STACK_OF(X509) *
certs_load(const char *path)
{
	STACK_OF(X509)	*certs = need(sk_X509_new_null());
	X509		*cert;
	FILE		*f;

	if ((f = fopen(path, "r")) == NULL)
		die(2, "%s: %s", path, strerror(errno));
	while ((cert = PEM_read_X509(f, NULL, NULL, NULL)) != NULL)
		(void)sk_X509_push(certs, cert);
	(void)fclose(f);
	if (sk_X509_num(certs) == 0)
		die(2, "%s: holds no certificate", path);
	return certs;
}

static void
cas_load(void)
{
	STACK_OF(X509)	*certs;

	if (opt.cas_path == NULL)
		cas_fetch();
	else {
		certs = certs_load(opt.cas_path);
		cas_choose(certs);
		sk_X509_pop_free(certs, X509_free);
	}
	issuer = ca;
	if (opt.by_path == NULL)
		return;
	certs = certs_load(opt.by_path);
	issuer = sk_X509_shift(certs);
	sk_X509_pop_free(certs, X509_free);
}

/* ---- one enrolment ---- */

struct bot {
	int		 index;
	char		 subject[256];
	char		 txid[65];
	EVP_PKEY	*key, *signer_key;
	X509		*signer;
	struct bytes	 csr;
};

struct result {
	int	 exit;
	char	 text[600];
};

__attribute__((format(printf, 3, 4)))
static void
result_set(struct result *r, int status, const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	(void)vsnprintf(r->text, sizeof(r->text), fmt, ap);
	va_end(ap);
	r->exit = status;
}

/* Hex of SHA-256 of the public key: RFC 8894 section 3.2.1.1. */
static void
txid_make(struct bot *bot)
{
	unsigned char	 bytes[32], *der = NULL;
	int		 len, i;

	if (opt.txid != NULL && strcmp(opt.txid, "random") == 0) {
		if (RAND_bytes(bytes, sizeof(bytes)) != 1)
			die(4, "RAND_bytes");
	} else {
		len = i2d_PUBKEY(bot->key, &der);
		if (len <= 0 || EVP_Digest(der, (size_t)len, bytes, NULL,
		    EVP_sha256(), NULL) != 1)
			die(4, "public key");
		OPENSSL_free(der);
	}
	for (i = 0; i < 32; i++)
		(void)sprintf(bot->txid + 2 * i, "%02x", bytes[i]);
}

/* The PKCS #10 with another digest. */
static void
csr_sign_anew(struct bot *bot)
{
	const unsigned char	*p = bot->csr.data;
	X509_REQ		*req = need(d2i_X509_REQ(NULL, &p,
				    (long)bot->csr.len));
	int			 len;

	if (X509_REQ_sign(req, bot->key, opt.csr_digest) <= 0)
		die(4, "-Q: cannot sign");
	bytes_free(&bot->csr);
	bot->csr.data = NULL;
	if ((len = i2d_X509_REQ(req, &bot->csr.data)) <= 0)
		die(4, "-Q: cannot encode");
	bot->csr.len = (size_t)len;
	X509_REQ_free(req);
}

static EVP_PKEY *
key_make(void)
{
	return need(opt.curve != NULL ? EVP_EC_gen(opt.curve) :
	    EVP_RSA_gen((unsigned int)opt.bits));
}

static const char *
challenge_of(int i)
{
	return opt.n_challenges == 0 ? NULL :
	    opt.challenge[i % opt.n_challenges];
}

static void
bot_make(struct bot *bot, int i, EVP_PKEY *key)
{
	const char	*p = strstr(opt.subject, "%d");

	memset(bot, 0, sizeof(*bot));
	bot->index = i;
	if (p == NULL)
		(void)snprintf(bot->subject, sizeof(bot->subject), "%s",
		    opt.subject);
	else
		(void)snprintf(bot->subject, sizeof(bot->subject),
		    "%.*s%d%s", (int)(p - opt.subject), opt.subject, i, p + 2);
	bot->key = key != NULL ? key : key_make();
	if (key != NULL)
		(void)EVP_PKEY_up_ref(key);
	if (old_cert != NULL) {
		bot->signer = old_cert;
		(void)X509_up_ref(old_cert);
	} else
		bot->signer = client_self_signed(bot->key, opt.signer != NULL ?
		    opt.signer : bot->subject);
	bot->signer_key = old_key != NULL ? old_key : bot->key;
	(void)EVP_PKEY_up_ref(bot->signer_key);
	txid_make(bot);
	bot->csr = client_csr(bot->key, bot->subject, challenge_of(i),
	    opt.dns[0] == NULL ? NULL : opt.dns);
	if (opt.csr_digest != NULL)
		csr_sign_anew(bot);
	if (opt.signer_digest != NULL &&
	    X509_sign(bot->signer, bot->key, opt.signer_digest) <= 0)
		die(4, "-H: cannot sign");
}

static void
bot_clear(struct bot *bot)
{
	EVP_PKEY_free(bot->key);
	EVP_PKEY_free(bot->signer_key);
	X509_free(bot->signer);
	bytes_free(&bot->csr);
}

static X509 *
cert_load(const char *path)
{
	FILE	*f;
	X509	*cert;

	if ((f = fopen(path, "r")) == NULL)
		die(2, "%s: %s", path, strerror(errno));
	cert = PEM_read_X509(f, NULL, NULL, NULL);
	(void)fclose(f);
	if (cert == NULL)
		die(2, "%s: holds no certificate", path);
	return cert;
}

/* Of the certificate that is asked about, the CA's if none is. */
static struct bytes
which_make(void)
{
	X509		*about = opt.about_path != NULL ?
			    cert_load(opt.about_path) : NULL;
	X509		*by = opt.issuer_path != NULL ?
			    cert_load(opt.issuer_path) : NULL;
	X509		*cert = about != NULL ? about : ca;
	struct bytes	 which;

	which = client_issuer_and_serial(by != NULL ?
	    X509_get_subject_name(by) : X509_get_issuer_name(cert),
	    X509_get0_serialNumber(cert));
	X509_free(about);
	X509_free(by);
	return which;
}

static struct bytes
message_make(const struct bot *bot, int type, unsigned char nonce[16])
{
	struct client_message	 m = { .type = type, .nonce = nonce,
				    .key = bot->signer_key,
				    .signer = bot->signer,
				    .recipient = { ra }, .cipher = opt.cipher,
				    .digest = opt.digest, .oaep = opt.oaep };
	struct bytes		 der, inner = { NULL, 0 };
	int			 i;

	for (i = 0; opt.to_all && i < n_shown && i < 7; i++)
		m.recipient[i] = shown[i];
	if (RAND_bytes(nonce, 16) != 1)
		die(4, "RAND_bytes");
	m.txid = opt.txid != NULL && strcmp(opt.txid, "random") != 0 ?
	    opt.txid : bot->txid;
	if (type == 20)
		inner = client_issuer_and_subject(ca, bot->subject);
	else if (type == 21 || type == 22)
		inner = which_make();
	m.content = inner.data != NULL ? inner : bot->csr;
	der = client_message(&m);
	bytes_free(&inner);
	if (opt.ber) {
		inner = client_to_ber(&der);
		bytes_free(&der);
		der = inner;
	}
	if (opt.flip >= 0 && (size_t)opt.flip / 8 < der.len)
		der.data[opt.flip / 8] ^= (unsigned char)(1 << opt.flip % 8);
	return der;
}

static void
save(const char *path, const unsigned char *data, size_t len)
{
	FILE	*f;

	if ((f = fopen(path, "wb")) == NULL || fwrite(data, 1, len, f) != len
	    || fclose(f) != 0)
		die(4, "%s: %s", path, strerror(errno));
}

static void
save_cert(X509 *cert)
{
	FILE	*f;

	if ((f = fopen(opt.cert_path, "w")) == NULL ||
	    PEM_write_X509(f, cert) != 1 || fclose(f) != 0)
		die(4, "%s: %s", opt.cert_path, strerror(errno));
}

/* All that came, in its order. */
static void
save_bag(const struct client_reply *r)
{
	FILE	*f;
	int	 i;

	if ((f = fopen(opt.bag_path, "w")) == NULL)
		die(4, "%s: %s", opt.bag_path, strerror(errno));
	for (i = 0; i < sk_X509_num(r->certs); i++)
		if (PEM_write_X509(f, sk_X509_value(r->certs, i)) != 1)
			die(4, "%s: %s", opt.bag_path, strerror(errno));
	if (fclose(f) != 0)
		die(4, "%s: %s", opt.bag_path, strerror(errno));
}

static void
granted_crl(const struct client_reply *r, struct result *out)
{
	STACK_OF(X509_REVOKED)	*all;
	ASN1_INTEGER		*n;
	FILE			*f;

	if (r->crl == NULL || r->n_crls != 1 || r->n_certs != 0 ||
	    X509_CRL_verify(r->crl, X509_get0_pubkey(issuer)) != 1) {
		result_set(out, 4, "error not one CRL of this CA alone");
		return;
	}
	all = X509_CRL_get_REVOKED(r->crl);
	n = need(X509_CRL_get_ext_d2i(r->crl, NID_crl_number, NULL, NULL));
	result_set(out, 0, "granted crl %ld %d", ASN1_INTEGER_get(n),
	    all == NULL ? 0 : sk_X509_REVOKED_num(all));
	ASN1_INTEGER_free(n);
	if (opt.crl_path != NULL && ((f = fopen(opt.crl_path, "w")) == NULL ||
	    PEM_write_X509_CRL(f, r->crl) != 1 || fclose(f) != 0))
		die(4, "%s: %s", opt.crl_path, strerror(errno));
}

/* For this key; but a GetCert asks for that one, of whichever key. */
static int
is_wanted(const struct bot *bot, const struct client_reply *r)
{
	X509	*about;
	int	 same;

	if (r->cert == NULL || r->n_crls != 0)
		return 0;
	if (opt.type != 21 || opt.about_path == NULL)
		return EVP_PKEY_eq(X509_get0_pubkey(r->cert), bot->key) == 1;
	about = cert_load(opt.about_path);
	same = r->n_certs == 1 && X509_cmp(about, r->cert) == 0;
	X509_free(about);
	return same;
}

static void
granted(const struct bot *bot, const struct client_reply *r,
    struct result *out)
{
	char	*hex = NULL;
	BIGNUM	*n;

	if (!is_wanted(bot, r) ||
	    X509_verify(r->cert, X509_get0_pubkey(issuer)) != 1) {
		result_set(out, 4, "error the certificate is not of this CA "
		    "for this key");
		return;
	}
	n = need(ASN1_INTEGER_to_BN(X509_get0_serialNumber(r->cert), NULL));
	hex = need(BN_bn2hex(n));
	result_set(out, 0, "granted %s %s %s", hex,
	    OBJ_nid2sn(r->cipher_nid), OBJ_nid2sn(r->digest_nid));
	OPENSSL_free(hex);
	BN_free(n);
	if (opt.cert_path != NULL)
		save_cert(r->cert);
	if (opt.bag_path != NULL)
		save_bag(r);
}

static void
judge(const struct bot *bot, const struct client_reply *r,
    const unsigned char nonce[16], struct result *out)
{
	const char	*txid = opt.txid != NULL &&
			    strcmp(opt.txid, "random") != 0 ? opt.txid :
			    bot->txid;

	if (r->status == -1)
		result_set(out, 4, "error CertRep: %s", r->why);
	else if (strcmp(r->txid, txid) != 0)
		result_set(out, 4, "error another transactionID: %s",
		    r->txid);
	else if (r->recipient_nonce_len != 16 ||
	    memcmp(r->recipient_nonce, nonce, 16) != 0)
		result_set(out, 4, "error another recipientNonce");
	else if (r->sender_nonce_len != 16)
		result_set(out, 4, "error senderNonce of %zu octets",
		    r->sender_nonce_len);
	else if (r->status == 3)
		result_set(out, 3, "pending");
	else if (r->status == 2)
		result_set(out, 1, "refused %d %s", r->fail_info,
		    r->fail_text);
	else if (r->status == 0 && opt.type == 22)
		granted_crl(r, out);
	else if (r->status == 0)
		granted(bot, r, out);
	else
		result_set(out, 4, "error pkiStatus %d", r->status);
}

static void
exchange(const struct bot *bot, int type, struct result *out)
{
	struct http_reply	 http;
	struct client_reply	 reply;
	struct bytes		 message;
	unsigned char		 nonce[16];
	char			*query;

	message = message_make(bot, type, nonce);
	query = opt.get ? get_query(&message) : NULL;
	http_ask(query != NULL ? query : "operation=PKIOperation",
	    query != NULL ? NULL : &message, opt.forget, &http);
	free(query);
	bytes_free(&message);
	if (opt.forget && http.why[0] == '\0') {
		result_set(out, 0, "lost");
	} else if (http.status != 200 ||
	    strcmp(http.type, "application/x-pki-message") != 0) {
		result_set(out, 4, "error HTTP %d %s %s", http.status,
		    http.type, http.why);
	} else {
		memset(&reply, 0, sizeof(reply));
		scep_client_reply_open(http.body, http.len, bot->signer_key,
		    bot->signer, challenge_of(bot->index), ra, &reply);
		if (opt.save_path != NULL)
			save(opt.save_path, http.body, http.len);
		judge(bot, &reply, nonce, out);
		client_reply_clear(&reply);
	}
	http_clear(&http);
}

static void
nap(long ms)
{
	const struct timespec	 ts = { ms / 1000, ms % 1000 * 1000000 };

	(void)nanosleep(&ts, NULL);
}

static double
seconds(void)
{
	struct timespec	 ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* -w: our own trouble is tried again, as a device does; an answer is not. */
static void
exchange_patiently(const struct bot *bot, int type, struct result *out)
{
	double	 end = seconds() + opt.retry_s;

	exchange(bot, type, out);
	while (out->exit == 4 && strncmp(out->text, "error HTTP", 10) == 0 &&
	    seconds() < end) {
		nap(50);
		exchange(bot, type, out);
	}
}

static void
enrol(const struct bot *bot, struct result *out)
{
	double	 end = seconds() + opt.poll_s;

	exchange_patiently(bot, opt.poll_only ? 20 : opt.type, out);
	while (out->exit == 3 && seconds() < end) {
		nap(300);
		exchange_patiently(bot, 20, out);
	}
}

static int
index_next(void)
{
	int	 i;

	(void)pthread_mutex_lock(&lock);
	i = next_index < opt.count ? next_index++ : -1;
	(void)pthread_mutex_unlock(&lock);
	return i;
}

static void
print(int i, const struct result *result)
{
	(void)pthread_mutex_lock(&lock);
	(void)printf("%d %s\n", i, result->text);
	(void)fflush(stdout);
	if (result->exit > worst)
		worst = result->exit;
	(void)pthread_mutex_unlock(&lock);
}

static void *
client(void *arg)
{
	EVP_PKEY	*key = given_key;
	struct bot	 bot;
	struct result	 result;
	int		 i;

	(void)arg;
	if (opt.shared_key && key == NULL)
		key = key_make();
	while ((i = index_next()) != -1) {
		bot_make(&bot, i, key);
		enrol(&bot, &result);
		print(i, &result);
		bot_clear(&bot);
	}
	if (key != given_key)
		EVP_PKEY_free(key);
	return NULL;
}

/* ---- the command ---- */

static void
usage(void)
{
	(void)fprintf(stderr,
"usage: scepbot [options] http://ADDRESS[:PORT]/PATH\n"
"  -C FILE    challenges, one a line; the Nth is the Nth enrolment's (- stdin)\n"
"  -s DN      subject, \"/C=CH/CN=x-%%d\"; %%d is the index\n"
"  -d NAME    DNS name in the SAN; several times\n"
"  -k FILE    key (PEM), made if it is not there; for all enrolments\n"
"  -K         one fresh key a thread, not one an enrolment\n"
"  -b BITS    of fresh keys (2048)\n"
"  -e CURVE   of fresh keys, such as P-256; answers come under the challenge\n"
"  -t ID      transactionID, or \"random\"; else SHA-256 of the key\n"
"  -T TYPE    messageType (19)\n"
"  -r FILE    certificate (PEM) that signs: a renewal\n"
"  -R FILE    its key; else -k's\n"
"  -V FILE    CA and RA (PEM), in place of what GetCACert says\n"
"  -I FILE    the CA (PEM) that must issue, if it is another one\n"
"  -E CIPHER  such as aes-256-cbc\n"
"  -D DIGEST  such as sha512\n"
"  -O         RSAES-OAEP\n"
"  -H DIGEST  the self-signed signer is signed with\n"
"  -Q DIGEST  the PKCS #10 is signed with\n"
"  -u DN      the signer's subject, if it is not the PKCS #10's\n"
"  -A         encrypt to all certificates of GetCACert\n"
"  -B         BER, as a streaming client writes it\n"
"  -F ADDRESS of this machine to ask from\n"
"  -l HEADER  one more of the HTTP request, \"Name: value\"\n"
"  -g         by GET, not POST\n"
"  -c         by POST, in chunks\n"
"  -n COUNT   enrolments (1)\n"
"  -j N       of them at once (1)\n"
"  -p S       poll for S seconds while it is pending\n"
"  -P         poll only\n"
"  -w S       try again for S seconds after an HTTP error or a hang-up\n"
"  -x         hang up without reading the answer\n"
"  -f BIT     flip this bit of the message\n"
"  -o FILE    write the certificate (PEM)\n"
"  -a FILE    write all certificates of the answer (PEM), in its order\n"
"  -q FILE    ask about this certificate (PEM), with -T 21 and -T 22\n"
"  -i FILE    … under the subject of this one as its issuer's name\n"
"  -L FILE    write the CRL (PEM)\n"
"  -S FILE    write the CertRep (DER)\n");
	exit(2);
}

static int
number(const char *text, int min)
{
	char	*end;
	long	 n = strtol(text, &end, 10);

	if (*text == '\0' || *end != '\0' || n < min || n > 1000000000)
		die(2, "%s: no such number", text);
	return (int)n;
}

static void
challenges_read(const char *path)
{
	FILE	*f = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
	char	*line = NULL;
	size_t	 size = 0;

	if (f == NULL)
		die(2, "%s: %s", path, strerror(errno));
	while (opt.n_challenges < LINES_MAX && getline(&line, &size, f) > 0) {
		line[strcspn(line, "\r\n")] = '\0';
		opt.challenge[opt.n_challenges++] = need(strdup(line));
	}
	free(line);
	if (f != stdin)
		(void)fclose(f);
	if (opt.n_challenges == 0)
		die(2, "%s: holds no challenge", path);
}

static void
key_load(void)
{
	FILE	*f;

	if ((f = fopen(opt.key_path, "r")) != NULL) {
		given_key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
		(void)fclose(f);
		if (given_key == NULL)
			die(2, "%s: holds no key", opt.key_path);
		return;
	}
	given_key = key_make();
	if ((f = fopen(opt.key_path, "w")) == NULL ||
	    PEM_write_PrivateKey(f, given_key, NULL, NULL, 0, NULL, NULL) !=
	    1 || fclose(f) != 0)
		die(2, "%s: %s", opt.key_path, strerror(errno));
}

static void
old_load(void)
{
	FILE	*f;

	if ((f = fopen(opt.old_cert_path, "r")) == NULL ||
	    (old_cert = PEM_read_X509(f, NULL, NULL, NULL)) == NULL)
		die(2, "%s: holds no certificate", opt.old_cert_path);
	(void)fclose(f);
	if (opt.old_key_path == NULL)
		return;
	if ((f = fopen(opt.old_key_path, "r")) == NULL ||
	    (old_key = PEM_read_PrivateKey(f, NULL, NULL, NULL)) == NULL)
		die(2, "%s: holds no key", opt.old_key_path);
	(void)fclose(f);
}

static void
url_read(const char *url)
{
	char	 address[64];
	int	 port = 80, n = 0;

	if (sscanf(url, "http://%63[0-9.]%n", address, &n) != 1)
		die(2, "%s: wanted http://ADDRESS[:PORT]/PATH", url);
	url += n;
	if (sscanf(url, ":%d%n", &port, &n) == 1)
		url += n;
	(void)snprintf(opt.host, sizeof(opt.host), "%.40s:%d", address, port);
	(void)snprintf(opt.path, sizeof(opt.path), "%s", *url == '/' ? url :
	    "/");
	opt.to.sin_family = AF_INET;
	opt.to.sin_port = htons((in_port_t)port);
	if (inet_pton(AF_INET, address, &opt.to.sin_addr) != 1)
		die(2, "%s: no address", address);
}

static const EVP_MD *
digest_of(const char *name)
{
	const EVP_MD	*md = EVP_get_digestbyname(name);

	if (md == NULL)
		die(2, "%s: no such digest", name);
	return md;
}

static void
option_take(int c, int *n_dns)
{
	switch (c) {
	case 'C': challenges_read(optarg); break;
	case 's': opt.subject = optarg; break;
	case 'k': opt.key_path = optarg; break;
	case 'K': opt.shared_key = 1; break;
	case 'e': opt.curve = optarg; break;
	case 'b': opt.bits = number(optarg, 512); break;
	case 't': opt.txid = optarg; break;
	case 'T': opt.type = number(optarg, -1); break;
	case 'r': opt.old_cert_path = optarg; break;
	case 'R': opt.old_key_path = optarg; break;
	case 'V': opt.cas_path = optarg; break;
	case 'I': opt.by_path = optarg; break;
	case 'O': opt.oaep = 1; break;
	case 'u': opt.signer = optarg; break;
	case 'A': opt.to_all = 1; break;
	case 'B': opt.ber = 1; break;
	case 'a': opt.bag_path = optarg; break;
	case 'H': opt.signer_digest = digest_of(optarg); break;
	case 'Q': opt.csr_digest = digest_of(optarg); break;
	case 'F':
		opt.from.sin_family = AF_INET;
		if (inet_pton(AF_INET, optarg, &opt.from.sin_addr) != 1)
			die(2, "%s: no IPv4 address", optarg);
		break;
	case 'l':
		(void)snprintf(opt.header, sizeof(opt.header), "%.500s\r\n",
		    optarg);
		break;
	case 'g': opt.get = 1; break;
	case 'n': opt.count = number(optarg, 1); break;
	case 'j': opt.parallel = number(optarg, 1); break;
	case 'p': opt.poll_s = number(optarg, 0); break;
	case 'P': opt.poll_only = 1; break;
	case 'w': opt.retry_s = number(optarg, 0); break;
	case 'c': opt.chunked = 1; break;
	case 'x': opt.forget = 1; break;
	case 'f': opt.flip = number(optarg, 0); break;
	case 'o': opt.cert_path = optarg; break;
	case 'S': opt.save_path = optarg; break;
	case 'q': opt.about_path = optarg; break;
	case 'i': opt.issuer_path = optarg; break;
	case 'L': opt.crl_path = optarg; break;
	case 'E':
		if ((opt.cipher = EVP_get_cipherbyname(optarg)) == NULL)
			die(2, "%s: no such cipher", optarg);
		if (EVP_CIPHER_get_nid(opt.cipher) == NID_des_cbc &&
		    !scep_client_legacy())
			die(2, "no legacy provider for %s", optarg);
		break;
	case 'D': opt.digest = digest_of(optarg); break;
	case 'd':
		if (*n_dns == DNS_MAX)
			die(2, "-d: too many");
		opt.dns[(*n_dns)++] = optarg;
		break;
	default:
		usage();
	}
}

static void
run(void)
{
	pthread_t	*thread;
	int		 i;

	if (opt.parallel > opt.count)
		opt.parallel = opt.count;
	thread = need(calloc((size_t)opt.parallel, sizeof(*thread)));
	for (i = 0; i < opt.parallel; i++)
		if (pthread_create(&thread[i], NULL, client, NULL) != 0)
			die(4, "pthread_create");
	for (i = 0; i < opt.parallel; i++)
		(void)pthread_join(thread[i], NULL);
	free(thread);
}

int
main(int argc, char *argv[])
{
	int	 c, n_dns = 0;

	while ((c = getopt(argc, argv,
	    "C:s:d:k:Kb:e:t:T:r:R:V:I:E:D:H:Q:u:ABa:Ogcn:j:p:Pw:xf:o:S:"
	    "q:i:L:F:l:h")) != -1)
		option_take(c, &n_dns);
	if (optind + 1 != argc)
		usage();
	url_read(argv[optind]);
	if (opt.key_path != NULL)
		key_load();
	if (opt.old_cert_path != NULL)
		old_load();
	cas_load();
	run();
	for (c = 0; c < opt.n_challenges; c++)
		free(opt.challenge[c]);
	EVP_PKEY_free(given_key);
	EVP_PKEY_free(old_key);
	X509_free(old_cert);
	return worst;
}
