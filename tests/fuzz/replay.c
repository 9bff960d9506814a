/*
 * replay.c - main() of a fuzzer that is not linked with libFuzzer: each file
 * named on the command line, or in a directory named there, goes in once.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define INPUT_MAX	(4 * 1024 * 1024)

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
replay_file(const char *path)
{
	FILE	*f;
	uint8_t	*data, *exact;
	size_t	 len;

	if ((f = fopen(path, "rb")) == NULL)
		err(1, "%s", path);
	if ((data = malloc(INPUT_MAX)) == NULL)
		err(1, "%s", path);
	len = fread(data, 1, INPUT_MAX, f);
	if (ferror(f))
		err(1, "%s", path);
	(void)fclose(f);
	/* Just as long as the input: reading beyond it is then seen. */
	if ((exact = realloc(data, len > 0 ? len : 1)) == NULL)
		err(1, "%s", path);
	/* What is printed last is what it died of. */
	(void)printf("%s\n", path);
	(void)fflush(stdout);
	(void)LLVMFuzzerTestOneInput(exact, len);
	free(exact);
}

static void
replay_directory(const char *path)
{
	struct dirent	**entry;
	char		 name[4096];
	int		 i, n;

	if ((n = scandir(path, &entry, NULL, alphasort)) == -1)
		err(1, "%s", path);
	for (i = 0; i < n; i++) {
		if (entry[i]->d_name[0] != '.') {
			(void)snprintf(name, sizeof(name), "%s/%s", path,
			    entry[i]->d_name);
			replay_file(name);
		}
		free(entry[i]);
	}
	free(entry);
}

int
main(int argc, char **argv)
{
	struct stat	 st;
	int		 i;

	if (argc < 2)
		errx(2, "usage: %s FILE|DIRECTORY ...", argv[0]);
	for (i = 1; i < argc; i++) {
		if (stat(argv[i], &st) == -1)
			err(1, "%s", argv[i]);
		if (S_ISDIR(st.st_mode))
			replay_directory(argv[i]);
		else
			replay_file(argv[i]);
	}
	return 0;
}
