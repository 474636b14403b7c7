/* git.blobs: the object ids of texts, many at once. */
#include "belay/json.h"
#include "live.h"
#include "platform/git_hash.h"

int live_git_blobs(struct live_call *call, json_t **ret_answer, struct err *err)
{
	_cleanup_json_ json_t *ids = json_array();
	const json_t *texts = json_object_get(call->args, "texts");
	size_t index;
	json_t *text;
	if (!json_is_array(texts))
		return err_set(err, ERR_CONFIG, "git.blobs: 'texts' is not a list");
	json_array_foreach(texts, index, text) {
		char id[VCS_ID_BYTES];
		if (!json_is_string(text))
			return err_set(err, ERR_CONFIG,
				       "git.blobs: texts[%zu] is not a text", index);
		if (vcs_hash(json_string_value(text), json_string_length(text), id, err))
			return -1;
		json_array_append_new(ids, json_string(id));
	}
	*ret_answer = json_pack("{s:O}", "ids", ids);
	return 0;
}
