/*
 * old_store.h - a store as an older version of the program left it.
 */
#ifndef SCEP_TESTS_OLD_STORE_H
#define SCEP_TESTS_OLD_STORE_H

/* Rewrite the store of this state directory, which is closed, as schema 3 had
 * it (a file for each table and index, these empty), and say that it is of
 * this one. */
void	 old_store_make(const char *dir, unsigned int schema);

#endif /* SCEP_TESTS_OLD_STORE_H */
