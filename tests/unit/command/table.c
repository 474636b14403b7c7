/* The tables against each other: commands, options, check types, drivers, channels, schemas and help agree,
 * so that a new row cannot be half there. */
#include <string.h>

#include "belay/channel.h"
#include "belay/check.h"
#include "belay/cli.h"
#include "belay/command.h"
#include "belay/driver.h"
#include "belay/embedded.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/message.h"
#include "belay/schema.h"
#include "test.h"

/* --- commands -------------------------------------------------------------------------------- */

/* One line without a full stop: help and docs make the sentence. */
static bool is_phrase(const char *text)
{
	return text && *text && !str_has_suffix(text, ".") && !strchr(text, '\n');
}

TEST(rows_are_complete)
{
	for (const struct command *const *row = commands; *row; row++) {
		const struct command *command = *row;
		test_row("%s", command->name);
		CHECK(command_find(command->name) == command);
		CHECK(command->run != NULL);
		CHECK(is_phrase(command->summary));
		CHECK(command->examples && strstr(command->examples, "belay"));
		CHECK(command->min_arguments <= command->max_arguments);
		CHECK((command->arguments != NULL) == (command->max_arguments > 0));
		CHECK(str_equal(command->group, "Deploy") ||
		      str_equal(command->group, "Look") ||
		      str_equal(command->group, "Set up"));
	}
	CHECK_NULL(command_find("none"));
	CHECK_NULL(command_find("help"));
}

TEST(groups_stand_together)
{
	size_t groups = 0;
	for (size_t i = 0; commands[i]; i++)
		groups +=
			i == 0 || strcmp(commands[i]->group, commands[i - 1]->group) != 0;
	CHECK_INT_EQ(groups, 3);
}

static void check_option(const struct option *option)
{
	CHECK(is_phrase(option->help));
	CHECK((option->type == OPTION_FLAG) == (option->argument == NULL));
	CHECK(strspn(option->name, "abcdefghijklmnopqrstuvwxyz-") ==
	      strlen(option->name));
}

static bool clash(const struct option *a, const struct option *b)
{
	return a != b &&
	       (strcmp(a->name, b->name) == 0 || (a->letter && a->letter == b->letter));
}

static void check_clashes(const struct option *option, const struct option *rows)
{
	for (; rows && rows->name; rows++)
		if (!CHECK(!clash(option, rows)))
			test_row("--%s and --%s", option->name, rows->name);
}

TEST(options_are_complete_and_do_not_clash)
{
	for (const struct option *option = global_options; option->name; option++) {
		test_row("--%s", option->name);
		check_option(option);
		check_clashes(option, global_options);
	}
	for (const struct command *const *row = commands; *row; row++) {
		const struct option *option = (*row)->options;
		for (; option && option->name; option++) {
			test_row("%s --%s", (*row)->name, option->name);
			check_option(option);
			check_clashes(option, global_options);
			check_clashes(option, (*row)->options);
		}
	}
}

static bool has_option(const struct command *command, const char *name)
{
	for (const struct option *row = command->options; row && row->name; row++)
		if (strcmp(row->name, name) == 0)
			return true;
	return false;
}

TEST(words_take_options_of_their_command)
{
	for (const struct command *const *row = commands; *row; row++) {
		const struct command_word *word = (*row)->words;
		for (; word && word->name; word++) {
			test_row("%s %s", (*row)->name, word->name);
			CHECK(is_phrase(word->summary));
			CHECK_STR_HAS((*row)->arguments, word->name);
			for (const char *const *name = word->options; *name; name++)
				if (!CHECK(has_option(*row, *name)))
					test_row("--%s", *name);
		}
		const struct option *option = (*row)->options;
		for (; (*row)->words && option && option->name; option++) {
			bool taken = false;
			for (word = (*row)->words; word->name; word++)
				taken |= command_word_takes(word, option->name);
			test_row("%s --%s", (*row)->name, option->name);
			CHECK(taken);
		}
	}
}

/* Examples that need no shell to be understood are parsed as they stand. */
static void check_example(const char *line)
{
	char *words[16];
	int count = 0;
	if (!str_has_prefix(line, "belay ") || strpbrk(line, "'\"$<>|\\#"))
		return;
	_cleanup_free_ char *copy = mem_strdup(line);
	for (char *at = copy; at && count < 15;) {
		words[count++] = at;
		at = strchr(at, ' ');
		if (at)
			*at++ = '\0';
	}
	words[count] = NULL;
	struct err err = {0};
	_cleanup_(request_freep) struct request *request = NULL;
	const struct command *command = NULL;
	if (!CHECK_OK(cli_parse(count, words, &request, &command, &err), &err))
		test_row("%s", line);
}

TEST(examples_can_be_typed)
{
	for (const struct command *const *row = commands; *row; row++) {
		test_row("%s", (*row)->name);
		for (const char *at = (*row)->examples; at && *at;) {
			size_t len = strcspn(at, "\n");
			_cleanup_free_ char *line = mem_strndup(at, len);
			check_example(line);
			at += len + (at[len] == '\n');
		}
	}
}

/* --- schemas --------------------------------------------------------------------------------- */

static json_t *embedded_json(const char *name)
{
	struct err err = {0};
	json_t *value = NULL;
	const struct embedded *file = embedded_find(name);
	if (CHECK(file != NULL))
		CHECK_OK(json_parse(file->data, file->size, name, &value, &err), &err);
	return value;
}

TEST(every_result_has_a_schema)
{
	for (const struct command *const *row = commands; *row; row++) {
		test_row("%s", (*row)->name);
		if (!(*row)->result_schema)
			continue;
		_cleanup_free_ char *name =
			str_format("schemas/%s.schema.json", (*row)->result_schema);
		_cleanup_json_ json_t *schema = embedded_json(name);
		CHECK(schema != NULL);
	}
}

TEST(every_schema_compiles_and_says_what_it_is)
{
	for (size_t i = 0; embedded_at(i); i++) {
		const struct embedded *file = embedded_at(i);
		if (!str_has_prefix(file->name, "schemas/"))
			continue;
		test_row("%s", file->name);
		struct err err = {0};
		_cleanup_(schema_freep) struct schema *schema = NULL;
		_cleanup_json_ json_t *value = embedded_json(file->name);
		CHECK_OK(schema_compile(value, &schema, &err), &err);
		CHECK(*json_get_string(value, "title", "") != '\0');
		CHECK(str_has_suffix(json_get_string(value, "$id", ""), file->name + 7));
	}
}

static bool in_list(const json_t *list, const char *word)
{
	size_t index;
	const json_t *item;
	json_array_foreach(list, index, item)
		if (str_equal(json_string_value(item), word))
			return true;
	return false;
}

TEST(check_types_are_in_the_schema_and_the_other_way_round)
{
	_cleanup_json_ json_t *schema = embedded_json("schemas/config.schema.json");
	const json_t *branches = json_at(schema, "/$defs/check/oneOf");
	size_t count = 0;
	for (const struct check_type *const *type = check_types; *type; type++, count++) {
		test_row("%s", (*type)->name);
		_cleanup_free_ char *key = str_format("/$defs/check-%s/properties/%s",
						      (*type)->name, (*type)->name);
		CHECK(json_at(schema, key) != NULL);
		CHECK((*type)->observe && (*type)->describe);
		CHECK(is_phrase((*type)->summary));
		CHECK_STR_HAS((*type)->fields, ".");
	}
	size_t index;
	const json_t *branch;
	json_array_foreach(branches, index, branch) {
		const char *name = json_string_value(
			json_array_get(json_object_get(branch, "required"), 0));
		test_row("%s", name ? name : "?");
		CHECK(name && check_type_find(name));
	}
	CHECK_INT_EQ(json_array_size(branches), count);
}

TEST(drivers_are_in_the_schema_and_the_other_way_round)
{
	_cleanup_json_ json_t *schema = embedded_json("schemas/config.schema.json");
	const json_t *names = json_at(schema, "/$defs/driver/enum");
	size_t count = 0;
	for (const struct driver *const *driver = drivers; *driver; driver++, count++) {
		test_row("%s", (*driver)->name);
		_cleanup_free_ char *key =
			str_format("/$defs/service-%s", (*driver)->name);
		CHECK(json_at(schema, key) != NULL);
		CHECK(in_list(names, (*driver)->name));
		CHECK((*driver)->plan && (*driver)->capture && (*driver)->activate &&
		      (*driver)->undo);
	}
	size_t index;
	const json_t *name;
	json_array_foreach(names, index, name) {
		test_row("%s", json_string_value(name));
		CHECK(driver_find(json_string_value(name)) != NULL);
	}
	CHECK_INT_EQ(json_array_size(names), count);
}

/* Words that the schema lists are those of the table, in its order. */
static void check_words(const json_t *words, const char *const *table)
{
	size_t count = 0;
	for (; table[count]; count++)
		CHECK_STR_EQ(json_string_value(json_array_get(words, count)),
			     table[count]);
	CHECK_INT_EQ(json_array_size(words), count);
}

TEST(topics_and_severities_are_in_the_schema_and_the_other_way_round)
{
	_cleanup_json_ json_t *schema = embedded_json("schemas/config.schema.json");
	check_words(json_at(schema, "/$defs/topic/enum"), message_topics);
	check_words(json_at(schema, "/$defs/severity/enum"), message_severities);
}

TEST(channels_are_in_the_schema_and_the_other_way_round)
{
	_cleanup_json_ json_t *schema = embedded_json("schemas/config.schema.json");
	const json_t *branches = json_at(schema, "/$defs/notification/oneOf");
	const json_t *topics = json_at(schema, "/$defs/topic/enum");
	size_t count = 0;
	for (const struct channel *const *channel = channels; *channel;
	     channel++, count++) {
		test_row("%s", (*channel)->name);
		_cleanup_free_ char *key =
			str_format("/$defs/channel-%s", (*channel)->name);
		_cleanup_free_ char *member =
			str_format("/$defs/notification/properties/%s", (*channel)->name);
		CHECK(json_at(schema, key) != NULL && json_at(schema, member) != NULL);
		CHECK((*channel)->send != NULL);
		CHECK((*channel)->summary && (*channel)->once);
		for (const char *const *topic = (*channel)->topics; *topic; topic++)
			CHECK(in_list(topics, *topic));
	}
	size_t index;
	const json_t *branch;
	json_array_foreach(branches, index, branch) {
		const char *name = json_string_value(
			json_array_get(json_object_get(branch, "required"), 0));
		test_row("%s", name ? name : "?");
		CHECK(name && channel_find(name));
	}
	CHECK_INT_EQ(json_array_size(branches), count);
}
