/* A long journal for benches: `bench_journal EVENTS [BRANCH]` writes a stream for git fast-import.
 *
 * The events are those of ordinary deployments, one after the other, spread over 400 days, folded by the
 * real fold, and the files are what the store would write; only the way into the repository is shorter.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "belay/embedded.h"
#include "belay/journal.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "belay/timefmt.h"
#include "state/store_parts.h"

#define ENVIRONMENT "production"
#define START_MS ((int64_t)1500000000 * 1000)
#define SPAN_MS ((int64_t)400 * 24 * 3600 * 1000) /* of the whole, whatever its length */
#define DEPLOYMENT_EVENTS 7
#define STEP_MS ((int64_t)4000)

struct journal {
	const char *branch;
	long long count, wanted; /* events */
	long long deployment;
	int64_t at_ms;
	json_t *run;
	struct journal_documents documents;
	struct json_memo memos[BRANCH_DOCUMENTS];
};

static void write_data(const char *text)
{
	printf("data %zu\n%s\n", strlen(text), text);
}

static void write_file(const char *path, const char *text)
{
	printf("M 100644 inline %s\n", path);
	write_data(text);
}

static void write_changes(struct journal *journal, const struct journal_documents *after)
{
	struct branch_document old[BRANCH_DOCUMENTS], new[BRANCH_DOCUMENTS];
	branch_list(&journal->documents, old);
	branch_list(after, new);
	for (size_t i = 0; i < BRANCH_DOCUMENTS; i++) {
		if (journal->count > 0 && old[i].value == new[i].value)
			continue;
		_cleanup_free_ char *path = branch_path(ENVIRONMENT, new[i].name);
		write_file(path, json_text_again(new[i].value, &journal->memos[i]));
	}
	if (journal->count > 0)
		return;
	write_file("README.md", branch_readme());
	write_file("format", BRANCH_FORMAT_TEXT);
}

/* Folds one event and writes its commit. Takes `data`. */
static void add(struct journal *journal, const char *type, const char *transaction,
		json_t *data)
{
	struct journal_documents after;
	struct err err = {0};
	if (journal->count == journal->wanted) {
		json_decref(data);
		return;
	}
	journal->at_ms += STEP_MS;
	_cleanup_json_ json_t *event =
		journal_event(journal->documents.state, type, journal->at_ms,
			      journal->run, transaction, data);
	if (journal_reduce(&journal->documents, event, &after, &err)) {
		fprintf(stderr, "%s does not fit: %s\n", type, err.message);
		exit(1);
	}
	_cleanup_free_ char *subject = journal_subject(event);
	_cleanup_free_ char *body = json_text_compact(event);
	_cleanup_free_ char *message = str_format("%s\n\n%s\n", subject, body);
	printf("commit refs/heads/%s\ncommitter belay <belay@example.com> %lld +0000\n",
	       journal->branch, (long long)(journal->at_ms / 1000));
	write_data(message);
	write_changes(journal, &after);
	journal_documents_release(&journal->documents);
	journal->documents = after;
	journal->count++;
}

static void lock(struct journal *journal)
{
	char expires[TIME_TEXT_BYTES];
	time_format(journal->at_ms + 900000, expires);
	add(journal, "lock.acquired", NULL,
	    json_pack("{s:O, s:I, s:i, s:s, s:s}", "holder", journal->run, "generation",
		      (json_int_t)state_generation(journal->documents.state) + 1,
		      "lease_ms", 900000, "expires_at", expires, "reason", "deploy"));
}

static void begin(struct journal *journal, const char *id)
{
	const json_t *live = state_live(journal->documents.state, "shop");
	_cleanup_free_ char *version = str_format("v1.%lld", journal->deployment);
	json_t *service = json_pack(
		"{s:s, s:s, s:s, s:O, s:[s,s], s:I}", "driver", "ssh-release", "version",
		version, "release", id, "from", live ? live : json_null(), "hosts",
		"web1", "web2", "generation",
		(json_int_t)state_generation(journal->documents.state));
	json_t *previous = json_object_get(live, "version");
	add(journal, "deployment.begun", id,
	    json_pack("{s:s, s:s, s:s, s:O, s:s, s:{s:o}}", "kind", "deploy",
		      "deployment", id, "version", version, "previous",
		      previous ? previous : json_null(), "commit",
		      "4b825dc642cb6eb9a060e54bf8d69288fbee4904", "services", "shop",
		      service));
}

/* From lock to lock: seven events. */
static void deploy(struct journal *journal)
{
	_cleanup_free_ char *id =
		str_format("d-%08llx", (unsigned long long)journal->deployment);
	lock(journal);
	begin(journal, id);
	add(journal, "deployment.captured", id,
	    json_pack("{s:{s:{s:{s:{s:s}, s:{s:s}}}}}", "services", "shop", "hosts",
		      "web1", "version", "v1", "web2", "version", "v1"));
	add(journal, "deployment.switched", id,
	    json_pack("{s:s, s:{s:{s:b, s:i}, s:{s:b, s:i}}}", "service", "shop", "hosts",
		      "web1", "switched", 1, "ms", 21, "web2", "switched", 1, "ms", 23));
	add(journal, "gate.judged", id,
	    json_pack("{s:s, s:{s:s, s:s, s:i}}", "phase", "gates", "gate", "name",
		      "gates", "outcome", "pass", "passed", 3));
	add(journal, "deployment.committed", id,
	    json_pack("{s:s, s:i, s:i}", "deployment", id, "duration_ms", 24000,
		      "switch_ms", 120));
	add(journal, "lock.released", NULL,
	    json_pack("{s:I}", "generation",
		      (json_int_t)state_generation(journal->documents.state)));
	journal->deployment++;
	int64_t between_ms = SPAN_MS * DEPLOYMENT_EVENTS / journal->wanted;
	journal->at_ms = START_MS + journal->deployment * between_ms;
}

int main(int argc, char **argv)
{
	struct journal journal = {
		.branch = argc > 2 ? argv[2] : "belay-state",
		.at_ms = START_MS,
		.run = json_pack("{s:s, s:s, s:s, s:s}", "id", "4711", "actor", "ada",
				 "host", "runner-3", "version", "0.1.0"),
	};
	if (argc < 2 || argc > 3 ||
	    str_to_int64(argv[1], 1, 100000000, &journal.wanted)) {
		fprintf(stderr,
			"usage: bench_journal EVENTS [BRANCH] | git fast-import\n");
		return 2;
	}
	journal_documents_init(&journal.documents, ENVIRONMENT);
	puts("feature done");
	while (journal.count < journal.wanted)
		deploy(&journal);
	puts("done");
	for (size_t i = 0; i < BRANCH_DOCUMENTS; i++)
		json_memo_release(&journal.memos[i]);
	journal_documents_release(&journal.documents);
	json_decref(journal.run);
	return 0;
}
