/*
 * admin.h - what the operator may ask of the CA: one JSON object in, one out.
 *
 * The same function serves admin.sock and a scepadm that owns the state.  There
 * are secrets in both objects: the program makes jansson overwrite what it frees
 * (json_set_alloc_funcs(3), once, before any other call).
 *
 *   {"do":"challenge.add", …}  →  {"ok":true,"result":…}
 *                              or {"ok":false,"code":"not found","exit":3,
 *                                  "error":"what, where, why, what mends it"}
 *
 * do               in                                 result
 * ---------------  ---------------------------------  ----------------------
 * challenge.add    a challenge to be made; count      array of {id, challenge,
 *                                                       expires, profile,
 *                                                       binds}
 * challenge.addlist  items: [a challenge to be made,  the same, in order
 *                  …]
 * challenge.checklist  the same                       array of {item (from 0),
 *                                                       error}: what addlist
 *                                                       would refuse
 * challenge.list   profile, state, limit, after       {rows: [a record, …],
 *                                                       next}
 * challenge.show   id                                 a record
 * challenge.revoke id                                 a record
 * challenge.thaw   id                                 a record
 * challenge.purge  older (s), after                   {purged: how many, next}
 * challenge.revokelist  ids: […], at most 64          {revoked: how many}
 * challenge.hash   profile, secret                    {hash}
 * apikey.add       name, user, may: […], profiles:    an API key, and key
 *                  […], rate_n, rate_s, max_uses,     (the secret; "" of a
 *                  max_ttl (s), max_live, expires (s  user)
 *                  from 1970), note
 * apikey.list      —                                  array
 * apikey.show      id (or name, or user)              an API key, and live (how
 *                                                       many, where max_live
 *                                                       is not 0)
 * apikey.revoke    id (or name, or user)              an API key
 * tokenkey.add     name, alg (hmac, ed25519), public  a token key, and secret
 *                  (SubjectPublicKeyInfo, hex),       (hex; "" of ed25519)
 *                  profiles: […], max_ttl (s), note
 * tokenkey.list    —                                  array
 * tokenkey.show    id (or name)                       a token key
 * tokenkey.revoke  id (or name)                       a token key
 * notice.list      profile, event, limit, after       {rows: [a notice, …],
 *                                                       next}
 * notice.show      id                                 a notice, and body (what
 *                                                       is told, but for the
 *                                                       certificate)
 * notice.retry     id; or profile, event, after       {retried: how many,
 *                                                       next}
 * notice.drop      id; or profile, event, after       {dropped: how many,
 *                                                       next}
 * request.list     state, profile, subject and san    array; with limit,
 *                  (globs), peer, older (s),            {rows:[…], next}
 *                  newer (s), limit, after
 * request.show     id                                 an object
 * request.approve  id, dry (0, 1)                     {id, subject, state
 *                                                       (approved, pending),
 *                                                       approvals, needed,
 *                                                       serial}
 * request.refuse   id, reason, dry (0, 1)             {id}
 * cert.list        subject (glob), expires_in (s),    {rows:[…], sorted, next}
 *                  since (s from 1970), profile, ca,
 *                  state, sort, limit, brief (0, 1),
 *                  after
 * cert.show        serial (hex)                       an object
 * cert.export      serial                             {der (hex), chain:[hex…]}
 * cert.revoke      serial, ca, reason, dry (0, 1)     {serial, subject, profile,
 *                                                       ca, reason, crl (the
 *                                                       CA whose CRL tells),
 *                                                       no_crl (or why none
 *                                                       does)}
 * cert.import      profile, ca_key (SHA-256 of the    {ca, profile, new,
 *                  CA's SubjectPublicKeyInfo, hex),     there, completed,
 *                  source (openssl-ca), items: [{line,  revoked, own, refused
 *                  serial, not_after, two_digits,       (each how many),
 *                  revoked, reason, subject, der}, …]   crl_number, no_crl,
 *                  (import.h), crl_number, dry (0, 1),  told: [{line, kind,
 *                  finish (0, 1)                        text}, …]}
 * crl.list         —                                  array
 * crl.show         ca (its name)                      an object
 * crl.export       ca                                 {der (hex)}
 * crl.make         ca                                 an object
 * limits.list      all (0, 1), after                  {rows: [a limited one,
 *                                                       …], next}
 * limits.clear     peer, profile                      {counted, blocked (each
 *                                                       how many)}
 * reload           —                                  {generation}
 * status           —                                  an object
 * explain          what (a request's id, a            {requests, stories:[…]}
 *                  transactionID, a serial)
 * backup           dir (absolute)                     {dir, time, files,
 *                                                      octets, log_seq,
 *                                                      logged}
 * log.read         after (number)                     array of {seq, text}
 * ca.list          —                                  array of generations
 * ca.show          ca                                 {ca, generations:[…]}
 * ca.stage         ca, from (a directory new.X of     the act
 *                  STATE/ca/NAME), chain (0, 1),
 *                  digest
 * ca.unstage       ca, force (0, 1)                   the act
 * ca.publish       ca                                 the act
 * ca.switch        ca, force                          the act
 * ca.retire        ca, generation, ra, force          the act
 * ca.renew-ra      ca                                 the act
 *
 * A generation: ca, generation, state (current, staged, published,
 * previous), since, subject, issuer, key, sha256, not_before, not_after, fault,
 * files, ras:[{ra, state (current, old), sha256, not_after, fault}]; ca.show
 * also counts: valid (certificates that it issued) and until (the end of the
 * last one).  ca.list tells what is in force; where the disk says otherwise,
 * as a reload was refused, with after_reload (a state, or gone).  An act: ca,
 * generation, state (also unstaged, retired),
 * directory, warnings:[…], keys (files of one that is over), reload (done, no
 * server runs, or why it was not); of an RA key also ra and ra_state (current,
 * retired).
 * ca may be left out if there is one.
 *
 * What a request adds or revokes is one transaction: all of it or nothing.
 * But an item of cert.import may be refused and told (kind refused), and the
 * others are taken; told is also what stays as it was (kept).  completed: the
 * certificate itself was not here; revoked: it was valid here; own: the CA's
 * own certificate, which is left out.  crl_number is what CRLs to come are
 * above; with dry nothing is written, and with finish a CRL is made, whose
 * number is in the result (0: none was, and no_crl is why there never is one).
 *
 * A challenge to be made: profile, subject (text; a template, if there is a *
 * in it without a backslash), set_subject (0, 1: it is written, not demanded),
 * dns:[…], key (SHA-256 of the SubjectPublicKeyInfo, hex) or csr (DER, hex),
 * not_before (s from 1970), ttl (s) or expires (s from 1970), uses, reuse_for
 * (s), max_wrong (0: never frozen), note; each may be left out.  A challenge
 * record: id, profile, state (live, early, used, expired, frozen, revoked),
 * binds (nothing; or of subject, "subject template", "set subject", SAN and
 * key those that are bound, such as "subject, SAN and key"), names (any, exact,
 * template, set), subject, san, key_sha256, uses, used, reuse_for, wrong,
 * max_wrong, created, not_before, expires (RFC 3339, "" if there is none),
 * note, issuer.  challenge.list and challenge.purge go on with next as after
 * until there is none; a page may be empty and have one.  A request: id,
 * profile, state, why (it was queued, or ""), subject, san, key_sha256,
 * signer_sha256, transaction, peer, created, expires, approvals (that count),
 * needed, approved_by (who, and whose approval does not count).  With dry, what
 * would be done is told, and nothing is.  A certificate: serial, subject,
 * issuer, san, profile, ca, state, not_before, not_after, issued, request,
 * authority, key_sha256, sha256, sha1, kept (false: the certificate itself is
 * not here, it is known from the issue log or another server's list alone),
 * revoked (when) and reason of one that is; what is not known is "".  A CRL:
 * ca, state (valid, expired, stale: of a backup, none, off), reason; and where
 * there is one, number, this_update, next_update, entries, size (octets).  A
 * story: see admin_story.h; requests is how many there are, newest first, and
 * only the first few are told.
 *
 * A limited one: peer (an address, or an IPv6 network /64), profile (one of
 * the two is ""), state (blocked, counted), failures, messages (in the current
 * window), limit (failures, messages) and until (RFC 3339) of a block, left (s);
 * without all, only those that are blocked.  limits.clear without a member
 * clears all.
 *
 * An API key: id, name, user, state (live, expired, revoked; changed: its row
 * is not as we wrote it, and is worth nothing), may (commas:
 * challenge:add, request:list, request:approve, request:refuse), profiles
 * (commas), rate (10/1s), max_uses, max_ttl, max_live (0: any number),
 * created, expires, revoked, issuer, note.
 *
 * A token key: id, name, state (live, revoked, changed), alg, public_key (hex,
 * 32 octets; "" of hmac), profiles (commas), max_ttl, created, revoked, since
 * (what began earlier is refused; "": nothing is), issuer, note.
 *
 * A notice: id, event (issued, queued, refused, expired, revoked), profile,
 * state (waiting, failing, nobody to tell), tries, error (of the last one),
 * created, next, last (tries), subject, serial, request_id.  notice.list,
 * notice.retry and notice.drop go on with next as after, as challenge.list
 * does.
 *
 * cert.list gives a page, of limit rows at most: without next it is the last
 * one; with it, the same request with next as after gives the next one.  A
 * page may be empty and have a next.  Through all pages, what is there all the
 * while comes once, and nothing comes twice.  sort is expires, issued,
 * profile, serial or subject; sorted says whether the rows come so, page after
 * page, or are to be sorted by who asked.  brief rows have only serial,
 * subject, profile, state, not_after and issued.  A subject is compared
 * without regard to case (ASCII), its first 255 octets.
 */
#ifndef SCEP_CA_ADMIN_H
#define SCEP_CA_ADMIN_H

#include "ca/ca.h"

#define SCEP_ADMIN_MAX	(64 * 1024 * 1024)	/* octets of a reply */
#define SCEP_ADMIN_ASK_MAX	65536		/* octets of a request */
#define SCEP_ADMIN_PAGE	2000		/* rows of a page, and the default */
#define SCEP_ADMIN_ITEMS_MAX	250		/* challenges it may add */

struct scep_host_facts {
	long	 pid;
	time_t	 started;
	long	 workers;	/* connected, of all instances */
	long	 restarts;	/* of workers of this instance */
};

/* What the process that runs the CA can do; arg is passed to each. */
struct scep_admin_host {
	/* Read the configuration again; *generation is the one in force. */
	enum scep_err	(*reload)(void *arg, uint32_t *generation,
			    struct scep_error *err);
	void		(*look)(void *arg, struct scep_host_facts *out);
	void		*arg;
};
/* For ca and what is made from it by scep_ca_reopen(); host is borrowed. */
void		 scep_admin_attach(struct scep_ca *ca,
		    const struct scep_admin_host *host);

/* Who looks on while an act takes long. */
struct scep_admin_watch {
	/* Octets done and expected, now and then; 0 calls the act off. */
	int		(*go_on)(void *arg, uint64_t done, uint64_t total);
	void		*arg;
	time_t		(*clock)(void);	/* or NULL */
};

/*
 * Carry out one request of the operator with this uid.  ca is from
 * scep_ca_open().  reply gets the JSON text (also when the request was
 * refused); summary, for the log, says who did what, without a secret.
 * Anything but SCEP_OK is the code that is in the reply.
 */
enum scep_err	 scep_admin(struct scep_ca *ca, time_t now, unsigned long uid,
		    struct scep_span request, struct scep_buf *reply,
		    char *summary, size_t summary_size, struct scep_error *err);
/* The same, looked on. */
enum scep_err	 scep_admin_watched(struct scep_ca *ca, time_t now,
		    unsigned long uid, struct scep_span request,
		    const struct scep_admin_watch *watch,
		    struct scep_buf *reply, char *summary,
		    size_t summary_size, struct scep_error *err);

#endif /* SCEP_CA_ADMIN_H */
