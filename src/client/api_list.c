/* Lists that come in pages. */
#include "api_parts.h"
#include "belay/json.h"
#include "belay/mem.h"

/* A service whose next page never ends is asked no further. */
#define PAGES_MAX 200

int api_list(struct api *api, struct effects *fx, const char *path, const char *member,
	     size_t limit, json_t **ret_items, struct err *err)
{
	_cleanup_json_ json_t *items = json_array();
	_cleanup_free_ char *at = mem_strdup(path);
	for (int page = 0; at && page < PAGES_MAX && json_array_size(items) < limit;
	     page++) {
		_cleanup_json_ json_t *body = NULL;
		_cleanup_free_ char *next = NULL;
		if (api_get_page(api, fx, at, &body, &next, err) < 0)
			return -1;
		const json_t *part = member ? json_object_get(body, member) : body;
		size_t i;
		json_t *item;
		json_array_foreach(part, i, item) {
			if (json_array_size(items) < limit)
				json_array_append(items, item);
		}
		mem_freep(&at);
		at = TAKE_PTR(next);
	}
	*ret_items = TAKE_PTR(items);
	return 0;
}
