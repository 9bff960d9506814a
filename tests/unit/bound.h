/*
 * bound.h - requests for another name than O=Example, CN=dev-0 with
 * DNS:BOUND_HOST, in each way that a request can be odd.
 */
#ifndef TESTS_BOUND_H
#define TESTS_BOUND_H

#include "tests/unit/odd.h"

#define BOUND_HOST	"a.example"

struct bound_ask {
	struct odd_csr	 csr;
	const char	*challenge;
};

extern const struct bound_row {
	const char	*what;
	void		(*set)(struct bound_ask *a, int which);
	int		 which;
	int		 granted;	/* the bound name, in other octets */
	int		 readable;	/* but for its names: good enough where
					   they are set */
} bound_rows[];
extern const size_t	 bound_rows_n;

/* The request of device 0; row NULL: the plain one; challenge NULL: none in it.
 * To be forgotten with der_forget(). */
struct scep_span	 bound_der(const struct bound_row *row,
			    const char *challenge);

#endif /* TESTS_BOUND_H */
