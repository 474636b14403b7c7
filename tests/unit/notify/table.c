/* Table of channels, schema and topics agree. */
#include <string.h>

#include "belay/channel.h"
#include "belay/config.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/message.h"
#include "belay/str.h"
#include "test.h"

static bool is_topic(const char *word)
{
	for (const char *const *topic = message_topics; *topic; topic++)
		if (str_equal(*topic, word))
			return true;
	return false;
}

TEST(rows_say_what_docs_need)
{
	for (const struct channel *const *row = channels; *row; row++) {
		const struct channel *channel = *row;
		test_row("%s", channel->name);
		CHECK(!str_is_blank(channel->summary));
		CHECK(!str_is_blank(channel->once));
		CHECK(channel->topics && channel->topics[0]);
		for (const char *const *topic = channel->topics; topic && *topic; topic++)
			CHECK(is_topic(*topic));
		CHECK(channel_find(channel->name) == channel);
	}
	test_at_row(NULL);
	CHECK_NULL(channel_find("pigeon"));
}

/* Each row is a key of notifications in the schema, and the other way round. */
TEST(table_and_schema_agree)
{
	_cleanup_json_ json_t *schema = config_schema();
	const json_t *branches = json_at(schema, "/$defs/notification/oneOf");
	size_t i, count = 0;
	json_t *branch;
	json_array_foreach(branches, i, branch) {
		const char *key = json_string_value(json_at(branch, "/required/0"));
		test_row("%s", key);
		CHECK(channel_find(key) != NULL);
	}
	test_at_row(NULL);
	for (const struct channel *const *row = channels; *row; row++)
		count++;
	CHECK_INT_EQ(count, json_array_size(branches));
}
