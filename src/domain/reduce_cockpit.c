/* Folding cockpit.linked: which deployment of ours is which one on GitHub, so that a later run can end
 * what a dead run left in progress, and take down the sign of what is no longer live.
 */
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "documents.h"
#include "reduce.h"

#define LINKS_MAX 10

static int check_number(struct fold *fold, const char *key)
{
	const json_t *value = json_object_get(fold->data, key);
	if (!value || json_is_null(value) || json_is_integer(value))
		return 0;
	return fold_refuse(fold, "data.%s is not a whole number", key);
}

/* Newest first; a deployment has one row. */
int fold_cockpit_linked(struct fold *fold)
{
	static const char *const members[] = {"deployment", "github_deployment",
					      "check_run", "commit"};
	static const char *const texts[] = {"commit"};
	const char *deployment;
	size_t i;
	const json_t *row;
	if (fold_text(fold, "deployment", &deployment) ||
	    check_number(fold, "github_deployment") || check_number(fold, "check_run") ||
	    fold_optional_texts(fold, texts, ARRAY_SIZE(texts)))
		return -1;
	json_t *links = json_array();
	json_t *link = json_object();
	for (i = 0; i < ARRAY_SIZE(members); i++) {
		json_t *value = json_object_get(fold->data, members[i]);
		json_object_set_new(link, members[i],
				    value ? json_incref(value) : json_null());
	}
	json_array_append_new(links, link);
	json_array_foreach(json_object_get(fold->documents->state, "cockpit"), i, row) {
		if (json_array_size(links) < LINKS_MAX &&
		    !str_equal(json_get_string(row, "deployment", NULL), deployment))
			json_array_append(links, (json_t *)row);
	}
	json_object_set_new(fold->documents->state, "cockpit", links);
	return 0;
}
