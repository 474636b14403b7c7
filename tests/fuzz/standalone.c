/*
 * Replays a corpus without a fuzzer: gives every file named on the command line, or found in a
 * directory named there, to LLVMFuzzerTestOneInput. A crash or a sanitizer's report is the failure.
 * The name of the file is printed first only when asked for with -v, and always when it crashes.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));

static char current[4096];
static unsigned replayed;
static int verbose;

static void say_where(int signal_number)
{
	static const char text[] = "crashed on corpus file ";
	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0 ||
	    write(STDERR_FILENO, current, strlen(current)) < 0 ||
	    write(STDERR_FILENO, "\n", 1) < 0)
		_exit(1);
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

/* The copy has exactly the size of the input, so that a sanitizer sees a read past its end. */
static void replay(const char *path)
{
	snprintf(current, sizeof(current), "%s", path);
	if (verbose)
		puts(path);
	FILE *stream = fopen(path, "rb");
	struct stat status;
	if (!stream || fstat(fileno(stream), &status) < 0) {
		fprintf(stderr, "'%s': %s\n", path, strerror(errno));
		exit(1);
	}
	size_t size = (size_t)status.st_size;
	uint8_t *data = malloc(size ? size : 1);
	if (!data || fread(data, 1, size, stream) != size) {
		fprintf(stderr, "'%s': cannot be read\n", path);
		exit(1);
	}
	fclose(stream);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	replayed++;
}

static void replay_directory(const char *path);

/* Corpora may have folders, as libFuzzer allows. */
static void replay_path(const char *path)
{
	struct stat status;
	if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
		replay_directory(path);
	else
		replay(path);
}

static void replay_directory(const char *path)
{
	struct dirent **entries = NULL;
	int count = scandir(path, &entries, NULL, alphasort);
	if (count < 0) {
		fprintf(stderr, "'%s': %s\n", path, strerror(errno));
		exit(1);
	}
	for (int i = 0; i < count; i++) {
		char file[4096];
		snprintf(file, sizeof(file), "%s/%s", path, entries[i]->d_name);
		if (entries[i]->d_name[0] != '.')
			replay_path(file);
		free(entries[i]);
	}
	free(entries);
}

int main(int argc, char **argv)
{
	if (LLVMFuzzerInitialize)
		LLVMFuzzerInitialize(&argc, &argv);
	signal(SIGABRT, say_where);
	LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-v") == 0)
			verbose = 1;
		else
			replay_path(argv[i]);
	}
	printf("%u files replayed\n", replayed);
	return replayed > 0 ? 0 : 1;
}
