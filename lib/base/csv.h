/*
 * csv.h - comma-separated values (RFC 4180), record by record.
 */
#ifndef SCEP_BASE_CSV_H
#define SCEP_BASE_CSV_H

#include "base/buf.h"

#define SCEP_CSV_FIELDS	32	/* of a record */
#define SCEP_CSV_RECORD	16384	/* octets of a record, unquoted */

/* A text being read; scep_csv_open() fills it. */
struct scep_csv {
	struct scep_span	 rest;
	char			 separator;	/* what the first line says */
	int			 line;		/* of the next record */
};

/* Borrowed fields, valid until the next record is read into it. */
struct scep_csv_record {
	int			 line;		/* where it begins */
	size_t			 n;
	const char		*field[SCEP_CSV_FIELDS];
	char			 text[SCEP_CSV_RECORD];
};

/*
 * A byte order mark is passed over.  The separator is a comma, unless the
 * first line has none outside of quotes and has a semicolon or a tab: what
 * spreadsheets write where the comma is the decimal point.
 */
void		 scep_csv_open(struct scep_csv *csv, struct scep_span text);
/*
 * The next record; lines without any text are passed over.  Blanks around a
 * field are not part of it, unless it is quoted.  SCEP_E_NOTFOUND at the end;
 * SCEP_E_FORMAT for a fault, which does not say the line (out->line does),
 * and the next call goes on behind it.
 */
enum scep_err	 scep_csv_next(struct scep_csv *csv,
		    struct scep_csv_record *out, struct scep_error *err);

#endif /* SCEP_BASE_CSV_H */
