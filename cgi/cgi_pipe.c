/* cgi_pipe.c - plain CGI: variables, the body, the answer. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "cgi/cgi_pipe.h"

const char *
scep_cgi_variable(const char *name)
{
	const char	*value = getenv(name);

	return value != NULL ? value : "";
}

long
scep_cgi_body_length(void)
{
	struct scep_error	 why;
	long			 length;

	if (strcmp(scep_cgi_variable("REQUEST_METHOD"), "POST") != 0)
		return 0;		/* nobody may ever close it */
	return scep_number_read(scep_cgi_variable("CONTENT_LENGTH"), 0,
	    LONG_MAX - 1, &length, &why) == SCEP_OK ? length :
	    SCEP_CGI_UNTIL_END;
}

static ssize_t
read_some(long *left, uint8_t *buf, size_t size)
{
	ssize_t	 n;

	if ((long)size > *left)
		size = (size_t)*left;
	do
		n = read(STDIN_FILENO, buf, size);
	while (n == -1 && errno == EINTR);
	if (n <= 0)
		*left = 0;
	else if (*left != SCEP_CGI_UNTIL_END)
		*left -= n;
	return n;
}

ssize_t
scep_cgi_read(long *left, uint8_t *buf, size_t size)
{
	size_t	 len;
	ssize_t	 n;

	for (len = 0; len < size && *left > 0; len += (size_t)n)
		if ((n = read_some(left, buf + len, size - len)) == -1)
			return -1;
	return (ssize_t)len;
}

int
scep_cgi_write(const void *data, size_t len)
{
	const uint8_t	*p = data;
	ssize_t		 n;

	for (; len > 0; p += n, len -= (size_t)n)
		if ((n = write(STDOUT_FILENO, p, len)) == -1) {
			if (errno != EINTR)
				return 0;
			n = 0;
		}
	return 1;
}
