/*
 * conform.h - tests that show a requirement say so in their names.
 *
 * "C-125" and so on are the numbers of tests/conformance; a run's names are
 * what its table is made from.  Include cmocka.h first.
 */
#ifndef TESTS_CONFORM_H
#define TESTS_CONFORM_H

#define conforms(f, numbers)						\
	{ #f " [" numbers "]", f, NULL, NULL, NULL }
#define conforms_setup(f, setup, numbers)				\
	{ #f " [" numbers "]", f, setup, NULL, NULL }
#define conforms_teardown(f, teardown, numbers)				\
	{ #f " [" numbers "]", f, NULL, teardown, NULL }
#define conforms_setup_teardown(f, setup, teardown, numbers)		\
	{ #f " [" numbers "]", f, setup, teardown, NULL }

#endif /* TESTS_CONFORM_H */
