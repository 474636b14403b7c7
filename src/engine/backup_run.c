/* `belay backup run`: one backup after the other. What fails, or is being made by another run, does not keep the
 * next one.
 */
#include "backup.h"
#include "belay/json.h"
#include "belay/str.h"

static int make(struct backup_desk *desk, const struct config_backup *backup,
		json_t **ret_row, struct err *err)
{
	return backup_desk_turn(desk, backup, err) < 0 ||
			       backup_make(desk, backup, ret_row, err) < 0
		       ? -1
		       : 0;
}

/* Alone, what prevented it is the end of the run; among others it is a row. */
static int make_row(struct backup_desk *desk, const struct config_backup *backup,
		    bool alone, json_t **ret_row, struct err *err)
{
	struct err failure = {0};
	if (make(desk, backup, ret_row, &failure) == 0)
		return 0;
	if (alone || failure.code == ERR_CANCELLED) {
		*err = failure;
		return -1;
	}
	*ret_row = backup_row(backup, failure.code == ERR_LOCKED ? "busy" : "failed",
			      &failure);
	return 0;
}

/* What another run is making is that run's to fail. */
static bool is_failure(const json_t *row)
{
	const char *outcome = json_get_string(row, "outcome", "");
	return str_equal(outcome, "failed") || str_equal(outcome, "partial");
}

static int make_all(struct backup_desk *desk, const struct backup_choice *choice,
		    json_t *rows, enum engine_end *ret_end, struct err *err)
{
	*ret_end = END_PASSED;
	for (size_t i = 0; i < choice->count; i++)
		if (backup_check_store(desk, choice->items[i], err) < 0)
			return -1;
	for (size_t i = 0; i < choice->count; i++) {
		json_t *row = NULL;
		if (make_row(desk, choice->items[i], choice->count == 1, &row, err) < 0)
			return -1;
		json_array_append_new(rows, row);
		if (is_failure(row))
			*ret_end = END_FAILED;
	}
	return 0;
}

int engine_backup_run(const struct engine *engine, const struct engine_backup *asked,
		      enum engine_end *ret_end, json_t **ret_result, struct err *err)
{
	__attribute__((cleanup(backup_desk_release))) struct backup_desk desk;
	__attribute__((cleanup(backup_choice_release))) struct backup_choice choice = {0};
	_cleanup_json_ json_t *rows = json_array();
	backup_desk_init(&desk, engine, asked);
	if (backup_choose(&desk, &choice, err) < 0 ||
	    make_all(&desk, &choice, rows, ret_end, err) < 0)
		return -1;
	*ret_result = json_pack("{s:O}", "backups", rows);
	return 0;
}
