/* Days become months after 400 days, and no count is lost. */
#include "journey.h"

#define DAY_MS ((int64_t)24 * 3600 * 1000)

static int64_t sum(const json_t *rows, const char *key)
{
	int64_t total = 0;
	size_t index;
	const json_t *row;
	json_array_foreach(rows, index, row)
		total += json_get_int(row, key, 0);
	return total;
}

static void one_failure(struct journey *j, int number)
{
	char id[16];
	snprintf(id, sizeof id, "d%d", number);
	journey_open(j, "deploy", id, id, "api", id);
	journey_go(j, "deployment.failed", id, "{'deployment': '%s', 'duration_ms': 10}",
		   id);
	journey_unlock(j);
}

TEST(days_are_bounded)
{
	struct journey j = journey_begin("production");
	for (int day = 0; day < 900; day++) {
		j.at_ms = JOURNEY_START_MS + day * DAY_MS;
		one_failure(&j, day);
	}
	const json_t *days = json_object_get(j.documents.rollup, "days");
	const json_t *months = json_object_get(j.documents.rollup, "months");
	CHECK_INT_EQ(json_array_size(days), 400);
	CHECK_INT_EQ(json_array_size(months), 17);
	CHECK_INT_EQ(sum(days, "deployments") + sum(months, "deployments"), 900);
	CHECK_INT_EQ(sum(days, "failed") + sum(months, "failed"), 900);
	CHECK_INT_EQ(sum(days, "duration_ms") + sum(months, "duration_ms"), 9000);
	CHECK_STR_EQ(json_get_string(json_array_get(months, 0), "month", ""), "2023-11");
	CHECK_STR_EQ(json_get_string(json_array_get(days, 0), "day", ""), "2025-03-28");
	CHECK_STR_EQ(json_get_string(json_array_get(days, 399), "day", ""), "2026-05-01");
	journey_end(&j);
}

TEST(a_clock_that_is_behind_finds_its_day)
{
	static const int64_t days[] = {0, 5, 2, 900, 3};
	struct journey j = journey_begin("production");
	for (int i = 0; i < 5; i++) {
		j.at_ms = JOURNEY_START_MS + days[i] * DAY_MS;
		one_failure(&j, i);
	}
	CHECK_JSON_EQ(
		json_object_get(j.documents.rollup, "days"),
		"[{'day': '2026-05-02', 'deployments': 1, 'failed': 1, 'duration_ms': 10}]");
	CHECK_JSON_EQ(
		json_object_get(j.documents.rollup, "months"),
		"[{'month': '2023-11', 'deployments': 4, 'failed': 4, 'duration_ms': 40}]");
	journey_end(&j);
}

TEST(lead_time_is_from_commit_to_deployed)
{
	struct journey j = journey_begin("production");
	journey_lock(&j);
	journey_go(
		&j, "deployment.begun", "d1",
		"{'kind': 'deploy', 'deployment': 'd1', 'version': 'v1', 'commit': 'c0ffee', "
		"'commit_at': '2023-11-14T22:00:00Z', 'services': {'api': {'version': 'v1', "
		"'release': 'd1'}}}");
	j.at_ms = JOURNEY_START_MS + 46 * 60 * 1000 + 40 * 1000; /* 23:00:00 */
	journey_go(&j, "deployment.committed", "d1",
		   "{'deployment': 'd1', 'duration_ms': 5}");
	CHECK_JSON_EQ(
		json_object_get(j.documents.rollup, "days"),
		"[{'day': '2023-11-14', 'deployments': 1, 'passed': 1, 'duration_ms': 5, "
		"'lead_ms': 3600000, 'lead_count': 1}]");
	journey_end(&j);
}
