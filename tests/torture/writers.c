/* One of many writers of a journal: appends COUNT times through the store and the live chain.
 *
 *     torture_writers CONFIGURATION ENVIRONMENT NAME COUNT
 *
 * Each append is two events in one push: the lock is taken, with the reason "NAME K of COUNT", and
 * given back. Prints a line for each: how long it took, in milliseconds. */
#include <stdio.h>
#include <stdlib.h>

#include "belay/effects_chain.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/store.h"
#include "belay/str.h"
#include "belay/timefmt.h"

struct writer {
	struct effects *fx;
	struct config *config;
	json_t *run;
	char *reason;
};

static int decide(const struct journal_documents *documents, json_t *events,
		  void *context, struct err *err)
{
	const struct writer *writer = context;
	char expires[TIME_TEXT_BYTES];
	int64_t now_ms = effects_now_ms(writer->fx);
	json_int_t generation = (json_int_t)state_generation(documents->state) + 1;
	json_t *taken =
		json_pack("{s:O, s:I, s:i, s:s, s:s}", "holder", writer->run,
			  "generation", generation, "lease_ms", 60000, "expires_at",
			  time_format(now_ms + 60000, expires), "reason", writer->reason);
	if (store_stage(documents, events, "lock.acquired", now_ms, writer->run, NULL,
			taken, err) < 0)
		return -1;
	return store_stage(documents, events, "lock.released", now_ms, writer->run, NULL,
			   json_pack("{s:I}", "generation", generation), err);
}

static int read_config(const char *path, struct config **ret, struct err *err)
{
	char text[16384];
	FILE *file = fopen(path, "r");
	if (!file)
		return err_set(err, ERR_NOT_FOUND, "cannot read '%s'", path);
	size_t size = fread(text, 1, sizeof text, file);
	fclose(file);
	return config_parse(text, size, path, ret, NULL, err);
}

static int write_all(struct writer *writer, const char *environment, const char *name,
		     int count, struct err *err)
{
	_cleanup_(store_freep) struct store *store = NULL;
	if (store_open(writer->fx, writer->config, environment, &store, err) < 0)
		return -1;
	for (int i = 1; i <= count; i++) {
		int64_t begin_ms = effects_mono_ms(writer->fx);
		free(writer->reason);
		writer->reason = str_format("%s %d of %d", name, i, count);
		if (store_append(store, decide, writer, err) < 0)
			return -1;
		printf("%lld\n", (long long)(effects_mono_ms(writer->fx) - begin_ms));
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct err err = {0};
	int status = 1;
	mem_init();
	if (argc != 5) {
		fprintf(stderr, "usage: %s CONFIGURATION ENVIRONMENT NAME COUNT\n",
			argv[0]);
		return 2;
	}
	struct writer writer = {
		.fx = effects_new(effects_redact_new(effects_live_new())),
		.run = json_pack("{s:s, s:s}", "id", argv[3], "actor", argv[3]),
	};
	if (read_config(argv[1], &writer.config, &err) == 0 &&
	    write_all(&writer, argv[2], argv[3], (int)strtol(argv[4], NULL, 10), &err) ==
		    0)
		status = 0;
	if (status)
		fprintf(stderr, "%s: %s\n", argv[3], err.message);
	effects_free(writer.fx);
	config_free(writer.config);
	json_decref(writer.run);
	free(writer.reason);
	return status;
}
