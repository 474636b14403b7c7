/* A world in memory for tests of the store: one remote with branches, a clock, a few variables.
 *
 *     struct world *world = world_new();
 *     struct effects *fx = effects_new(&world->layer);   // the world goes with the chain
 *
 * Tests reach in: world_branch() gives the commits of a branch, oldest first, to be spoiled; `meddle`
 * is called before each append, as somebody who is faster. Ids are hashes, but not git's.
 */
#ifndef TEST_FAKE_GIT_H
#define TEST_FAKE_GIT_H

#include <stdlib.h>
#include <string.h>

#include "belay/effects_chain.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "effects/layer.h"
#include "test.h"

struct world {
	struct effects_layer layer;
	json_t *branches; /* {name: [{id, parents, subject, body, author, at_ms, files}]} */
	json_t *env;      /* {name: value} */
	json_t *place;    /* answer of git.repository */
	json_t *written; /* {path: text} */
	json_t *remote;  /* REMOTE of the last git effect */
	int64_t now_ms, slept_ms;
	int64_t clock_off_ms; /* how wrong the clock is that people set */
	int appends, reads, blobs;
	int failing;            /* so many of the next appends and reads fail … */
	bool arrives;           /* … although an append takes effect */
	int64_t retry_after_ms; /* … with this wish */
	void (*meddle)(struct world *world);
	struct effects *fx; /* for the meddler */
	bool inside;        /* it is at work */
};

static void world_id(const char *text, char id[static 41])
{
	uint64_t hash = 14695981039346656037u;
	for (const char *c = text; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 1099511628211u;
	snprintf(id, 41, "%016llx%024d", (unsigned long long)hash, 0);
}

__attribute__((unused)) static json_t *world_branch(const struct world *world,
						    const char *name)
{
	return json_object_get(world->branches, name);
}

static json_t *world_tip(const struct world *world, const json_t *args)
{
	json_t *commits = world_branch(world, json_get_string(args, "branch", ""));
	return json_array_get(commits, json_array_size(commits) - 1);
}

/* COMMIT without its files, with ids of them when asked. */
static json_t *world_commit(const json_t *commit, bool trees)
{
	json_t *copy = json_copy((json_t *)commit);
	json_object_del(copy, "files");
	if (!trees)
		return copy;
	json_t *tree = json_object();
	const char *path;
	json_t *text;
	json_object_foreach(json_object_get(commit, "files"), path, text) {
		char id[41];
		world_id(json_string_value(text), id);
		json_object_set_new(tree, path, json_string(id));
	}
	json_object_set_new(copy, "tree", tree);
	return copy;
}

static json_t *world_read(struct world *world, const json_t *args)
{
	json_t *tip = world_tip(world, args);
	world->reads++;
	if (!tip)
		return json_pack("{s:n}", "tip");
	return json_pack("{s:O, s:O, s:o}", "tip", json_object_get(tip, "id"), "files",
			 json_object_get(tip, "files"), "commit",
			 world_commit(tip, false));
}

static json_t *world_page(struct world *world, const json_t *args, const json_t *page)
{
	const json_t *commits = world_branch(world, json_get_string(args, "branch", ""));
	size_t total = json_array_size(commits);
	size_t from = (size_t)json_get_int(page, "from", 0);
	size_t end = from + (size_t)json_get_int(page, "count", 0);
	json_t *log = json_array();
	for (size_t i = from; i < total && i < end; i++)
		json_array_append_new(log,
				      world_commit(json_array_get(commits, i),
						   json_get_bool(args, "trees", false)));
	json_t *tip = json_object_get(world_tip(world, args), "id");
	return json_pack("{s:o, s:I, s:o}", "tip", tip ? json_incref(tip) : json_null(),
			 "total", (json_int_t)total, "commits", log);
}

static json_t *world_log(struct world *world, const json_t *args)
{
	const json_t *commits = world_branch(world, json_get_string(args, "branch", ""));
	size_t count = json_array_size(commits);
	size_t limit = (size_t)json_get_int(args, "limit", 0);
	bool trees = json_get_bool(args, "trees", false);
	json_t *log = json_array();
	for (size_t i = limit && limit < count ? count - limit : 0; i < count; i++) {
		json_t *commit = world_commit(json_array_get(commits, i), trees);
		if (json_get_bool(args, "newest_first", false))
			json_array_insert_new(log, 0, commit);
		else
			json_array_append_new(log, commit);
	}
	json_t *tip = json_object_get(world_tip(world, args), "id");
	return json_pack("{s:o, s:o}", "tip", tip ? json_incref(tip) : json_null(),
			 "commits", log);
}

static void world_commit_on(json_t *commits, const json_t *made)
{
	json_t *last = json_array_get(commits, json_array_size(commits) - 1);
	json_t *files = last ? json_copy(json_object_get(last, "files")) : json_object();
	const char *path;
	json_t *text;
	json_object_foreach(json_object_get(made, "files"), path, text)
		json_object_set(files, path, text);
	json_t *parents = json_array();
	if (last)
		json_array_append(parents, json_object_get(last, "id"));
	char *all =
		str_format("%s %s %zu", json_get_string(made, "subject", ""),
			   json_get_string(made, "body", ""), json_array_size(commits));
	char id[41];
	world_id(all, id);
	free(all);
	json_array_append_new(
		commits,
		json_pack("{s:s, s:o, s:O, s:O, s:s, s:O, s:o}", "id", id, "parents",
			  parents, "subject", json_object_get(made, "subject"), "body",
			  json_object_get(made, "body"), "author", "belay", "at_ms",
			  json_object_get(made, "at_ms"), "files", files));
}

/* Has this append arrived before? The body of its last commit is like no other. */
static bool world_has(const struct world *world, const json_t *args)
{
	const json_t *made = json_object_get(args, "commits");
	const json_t *last = json_array_get(made, json_array_size(made) - 1);
	json_t *commits = world_branch(world, json_get_string(args, "branch", ""));
	size_t index;
	json_t *commit;
	json_array_foreach(commits, index, commit) {
		if (json_equal(json_object_get(commit, "body"),
			       json_object_get(last, "body")))
			return true;
	}
	return false;
}

static json_t *world_append(struct world *world, const json_t *args)
{
	const char *name = json_get_string(args, "branch", "");
	if (json_get_bool(args, "again", false) && world_has(world, args)) {
		world->appends++;
		return json_pack("{s:b, s:O}", "raced", 0, "tip",
				 json_object_get(world_tip(world, args), "id"));
	}
	if (world->meddle && !world->inside) {
		world->inside = true;
		world->meddle(world);
		world->inside = false;
	}
	world->appends++;
	const char *parent = json_get_string(args, "parent", NULL);
	const char *tip = json_get_string(world_tip(world, args), "id", NULL);
	if (!str_equal(parent, tip))
		return json_pack("{s:b}", "raced", 1);
	if (!world_branch(world, name))
		json_object_set_new(world->branches, name, json_array());
	size_t index;
	json_t *made;
	json_array_foreach(json_object_get(args, "commits"), index, made)
		world_commit_on(world_branch(world, name), made);
	return json_pack("{s:b, s:O}", "raced", 0, "tip",
			 json_object_get(world_tip(world, args), "id"));
}

static json_t *world_blobs(struct world *world, const json_t *args)
{
	json_t *ids = json_array();
	size_t index;
	json_t *text;
	world->blobs++;
	json_array_foreach(json_object_get(args, "texts"), index, text) {
		char id[41];
		world_id(json_string_value(text), id);
		json_array_append_new(ids, json_string(id));
	}
	return json_pack("{s:o}", "ids", ids);
}

static json_t *world_git(struct world *world, const char *kind, const json_t *args)
{
	if (strcmp(kind, "git.repository") == 0)
		return json_incref(world->place);
	if (strcmp(kind, "git.blobs") == 0)
		return world_blobs(world, args);
	json_decref(world->remote);
	world->remote = json_incref(json_object_get(args, "remote"));
	if (strcmp(kind, "git.read") == 0)
		return world_read(world, args);
	const json_t *page = json_object_get(args, "page");
	if (strcmp(kind, "git.log") == 0)
		return page ? world_page(world, args, page) : world_log(world, args);
	return world_append(world, args);
}

/* Of the files that were written there. */
static json_t *world_names(const struct world *world, const char *directory)
{
	_cleanup_free_ char *prefix =
		str_format("%s%s", directory, str_has_suffix(directory, "/") ? "" : "/");
	json_t *names = json_array();
	const char *path;
	json_t *text;
	json_object_foreach(world->written, path, text) {
		if (str_has_prefix(path, prefix) && !strchr(path + strlen(prefix), '/'))
			json_array_append_new(names, json_string(path + strlen(prefix)));
	}
	return json_pack("{s:o}", "names", names);
}

static int world_perform(struct effects_layer *layer, const struct lane *lane,
			 const struct effect *effect, json_t **ret_answer,
			 struct err *err)
{
	struct world *world = (struct world *)layer;
	const json_t *args = effect->args;
	const char *kind = effect->kind;
	(void)lane;
	if (world->failing && str_has_prefix(kind, "git.") && !world->inside) {
		world->failing--;
		if (world->arrives && strcmp(kind, "git.append") == 0)
			json_decref(world_append(world, args));
		err_set(err, ERR_NET, "the remote does not answer");
		err->retry_after_ms = world->retry_after_ms;
		return -1;
	}
	if (str_has_prefix(kind, "git.")) {
		*ret_answer = world_git(world, kind, args);
	} else if (strcmp(kind, "clock") == 0) {
		world->now_ms += 10;
		*ret_answer = json_pack("{s:I, s:I}", "now_ms",
					(json_int_t)(world->now_ms + world->clock_off_ms),
					"mono_ms", (json_int_t)world->now_ms);
	} else if (strcmp(kind, "sleep") == 0) {
		world->now_ms += json_get_int(args, "ms", 0);
		world->slept_ms += json_get_int(args, "ms", 0);
		*ret_answer = json_object();
	} else if (strcmp(kind, "random") == 0) {
		*ret_answer = json_pack("{s:s}", "hex", "0123456789abcdef");
	} else if (strcmp(kind, "env") == 0) {
		json_t *value =
			json_object_get(world->env, json_get_string(args, "name", ""));
		*ret_answer = json_pack("{s:o}", "value",
					value ? json_incref(value) : json_null());
	} else if (strcmp(kind, "secret") == 0) {
		const char *name =
			json_get_string(json_object_get(args, "$secret"), "env", "");
		*ret_answer = json_pack("{s:b}", "present",
					json_object_get(world->env, name) != 0);
	} else if (strcmp(kind, "file.stat") == 0) {
		bool there = json_object_get(world->written,
					     json_get_string(args, "path", ""));
		*ret_answer = json_pack("{s:s}", "type", there ? "file" : "missing");
	} else if (strcmp(kind, "file.list") == 0) {
		*ret_answer = world_names(world, json_get_string(args, "path", ""));
	} else if (strcmp(kind, "file.write") == 0) {
		json_object_set(world->written, json_get_string(args, "path", ""),
				json_object_get(args, "text"));
		*ret_answer = json_object();
	} else {
		test_check(false, kind, TEST_AT);
		*ret_answer = json_object();
	}
	return 0;
}

static void world_release(struct effects_layer *layer)
{
	struct world *world = (struct world *)layer;
	json_decref(world->branches);
	json_decref(world->env);
	json_decref(world->place);
	json_decref(world->written);
	json_decref(world->remote);
	free(world);
}

__attribute__((unused)) static struct world *world_new(void)
{
	static const struct effects_layer_ops ops = {
		.name = "world", .perform = world_perform, .release = world_release};
	struct world *world = mem_new(struct world);
	world->layer.ops = &ops;
	world->branches = json_object();
	world->env = json_object();
	world->place = json_pack("{s:n, s:n}", "root", "origin");
	world->written = json_object();
	world->now_ms = (int64_t)1700000000 * 1000;
	return world;
}

#endif
