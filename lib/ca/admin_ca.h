/*
 * admin_ca.h - what the operator's verbs about generations share.  Private
 * to ca/.
 */
#ifndef SCEP_CA_ADMIN_CA_H
#define SCEP_CA_ADMIN_CA_H

#include "ca/admin_json.h"
#include "ca/config_kin.h"

/* The CA that is named, or the only one. */
enum scep_err	 scep_admin_ca_find(struct scep_admin_call *call,
		    const struct scep_ca_conf **out, struct scep_error *err);
/* How many certificates of this generation are valid at call->now, and until
 * when the last of them is. */
enum scep_err	 scep_admin_ca_count(struct scep_admin_call *call,
		    const struct scep_ca_conf *gen, long *valid,
		    time_t *until, struct scep_error *err);

/* A verb on its way. */
struct scep_ca_act {
	struct scep_admin_call		*call;
	const struct scep_ca_conf	*ca;
	const char			*state;		/* the directory */
	const char			*event;
	struct scep_lineage		 l;
	unsigned int			 number;	/* it is about */
	enum scep_gen_state		 before;	/* … was */
	unsigned int			 ra;		/* one key of it, or
							   0 */
	int				 made_files;	/* of this generation */
	json_t				*warnings;
};
typedef enum scep_err	(*scep_ca_act_fn)(struct scep_ca_act *a,
			    struct scep_error *err);

/* The generation it is about as it was loaded, even if it has a fault; NULL if
 * it was not. */
const struct scep_ca_conf
		*scep_ca_act_loaded(const struct scep_ca_act *a);

/* Each changes a->l, and says in a->number and a->ra what it was about:
 * SCEP_E_REFUSED where it does not fit. */
enum scep_err	 scep_ca_act_stage(struct scep_ca_act *a,
		    struct scep_error *err);
enum scep_err	 scep_ca_act_unstage(struct scep_ca_act *a,
		    struct scep_error *err);
enum scep_err	 scep_ca_act_publish(struct scep_ca_act *a,
		    struct scep_error *err);
enum scep_err	 scep_ca_act_switch(struct scep_ca_act *a,
		    struct scep_error *err);
enum scep_err	 scep_ca_act_retire(struct scep_ca_act *a,
		    struct scep_error *err);
enum scep_err	 scep_ca_act_renew_ra(struct scep_ca_act *a,
		    struct scep_error *err);

#endif /* SCEP_CA_ADMIN_CA_H */
