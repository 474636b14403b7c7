/* Listings of S3, page by page: objects (ListObjectsV2) and unfinished uploads. A page goes on
 * behind the last name of the one before: what continuation tokens are good for differs between stores. */
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/timefmt.h"
#include "belay/vec.h"
#include "platform/s3_request.h"
#include "platform/s3_xml.h"

/* A listing that never ends is a broken store. */
#define PAGES_MAX 100000

/* One page. `add` gets every element of it and keeps what it is made for. */
struct page {
	bool truncated;
	struct str next;       /* the marker of the next page */
	struct str next_other; /* and the second one, where there are two */
	const char *next_name, *next_other_name;
	s3_xml_element *add;
	void *context;
};

static void on_element(void *context, const char *parent, const char *name,
		       const char *text)
{
	struct page *page = context;
	if (strcmp(name, "IsTruncated") == 0)
		page->truncated = strcmp(text, "true") == 0;
	else if (page->next_name && strcmp(name, page->next_name) == 0)
		str_add(&page->next, text);
	else if (page->next_other_name && strcmp(name, page->next_other_name) == 0)
		str_add(&page->next_other, text);
	else
		page->add(page->context, parent, name, text);
}

struct listing {
	const char *action;
	struct str query; /* of the first page */
	const char *marker, *other_marker;
	struct page page;
};

static void add_prefix(struct str *query, const struct s3 *s3, const char *prefix)
{
	s3_add_encoded(query, s3->prefix, false);
	s3_add_encoded(query, prefix, false);
}

static int fetch_page(struct s3 *s3, struct listing *listing, struct err *err)
{
	struct page *page = &listing->page;
	struct s3_answer answer = {0};
	_cleanup_str_ struct str query = STR_INIT;
	str_add(&query, str_text(&listing->query));
	if (page->next.len) {
		str_addf(&query, "&%s=", listing->marker);
		s3_add_encoded(&query, page->next.data, false);
	}
	if (page->next_other.len) {
		str_addf(&query, "&%s=", listing->other_marker);
		s3_add_encoded(&query, page->next_other.data, false);
	}
	str_clear(&page->next);
	str_clear(&page->next_other);
	page->truncated = false;
	struct s3_call call = {
		.action = listing->action, .method = "GET", .query = query.data};
	int result = s3_call(s3, &call, &answer, err);
	if (result == 0)
		result = s3_xml_walk(str_text(&answer.http.body), answer.http.body.len,
				     on_element, page, err);
	s3_answer_release(&answer);
	return result;
}

/* All pages. Releases the listing's texts. */
static int fetch_all(struct s3 *s3, struct listing *listing, struct err *err)
{
	struct page *page = &listing->page;
	int result = 0;
	page->next = page->next_other = (struct str)STR_INIT;
	for (size_t pages = 0; result == 0; pages++) {
		_cleanup_free_ char *before = mem_strdup(str_text(&page->next));
		_cleanup_free_ char *other = mem_strdup(str_text(&page->next_other));
		result = fetch_page(s3, listing, err);
		if (result < 0 || !page->truncated)
			break;
		bool goes_on = page->next.len &&
			       (strcmp(before, page->next.data) != 0 ||
				strcmp(other, str_text(&page->next_other)) != 0);
		if (!goes_on || pages == PAGES_MAX)
			result = err_set(err, ERR_NET,
					 "the listing of bucket '%s' does not end",
					 s3->bucket);
	}
	str_release(&page->next);
	str_release(&page->next_other);
	str_release(&listing->query);
	return result;
}

/* --- objects ------------------------------------------------------------------------------- */

struct objects {
	const struct s3 *s3;
	const char *prefix;
	struct depot_objects *list;
	struct str *last;       /* key of the page */
	struct depot_object at; /* the one that is being read */
};

/* Objects beside the prefix are not ours, nor names that a depot cannot have. */
static void take_object(struct objects *objects)
{
	struct err ignored = {0};
	char *key = objects->at.name;
	if (key) {
		str_clear(objects->last);
		str_add(objects->last, key);
	}
	if (key && str_has_prefix(key, objects->s3->prefix)) {
		objects->at.name = mem_strdup(key + strlen(objects->s3->prefix));
		free(key);
		if (str_has_prefix(objects->at.name, objects->prefix) &&
		    depot_check_name(objects->at.name, &ignored) == 0) {
			*vec_push(objects->list) = objects->at;
			objects->at.name = NULL;
		}
	}
	depot_object_release(&objects->at);
}

static void add_object(void *context, const char *parent, const char *name,
		       const char *text)
{
	struct objects *objects = context;
	long long size;
	if (strcmp(name, "Contents") == 0) {
		take_object(objects);
		return;
	}
	if (strcmp(parent, "Contents") != 0)
		return;
	if (strcmp(name, "Key") == 0)
		str_assign(&objects->at.name, text);
	else if (strcmp(name, "Size") == 0 &&
		 str_to_int64(text, 0, INT64_MAX, &size) == 0)
		objects->at.size_bytes = size;
	else if (strcmp(name, "ETag") == 0)
		s3_copy_tag(objects->at.etag, text);
	else if (strcmp(name, "LastModified") == 0)
		(void)time_parse(text, &objects->at.modified_ms);
}

int s3_list(struct depot *depot, const char *prefix, struct depot_objects *ret,
	    struct err *err)
{
	struct s3 *s3 = (struct s3 *)depot;
	*ret = (struct depot_objects){0};
	struct objects objects = {.s3 = s3, .prefix = prefix, .list = ret};
	struct listing listing = {
		.action = "s3:ListBucket",
		.query = STR_INIT,
		.marker = "start-after",
		.page = {.add = add_object, .context = &objects},
	};
	objects.last = &listing.page.next;
	str_add(&listing.query, "list-type=2&max-keys=1000&prefix=");
	add_prefix(&listing.query, s3, prefix);
	int result = fetch_all(s3, &listing, err);
	depot_object_release(&objects.at);
	if (result < 0)
		depot_objects_release(ret);
	else
		depot_objects_sort(ret);
	return result;
}

/* --- unfinished uploads -------------------------------------------------------------------- */

struct uploads {
	const struct s3 *s3;
	const char *prefix;
	int64_t before_ms;
	struct depot_unfinished_list *list;
	struct depot_unfinished at;
};

static void take_upload(struct uploads *uploads)
{
	struct err ignored = {0};
	struct depot_unfinished *at = &uploads->at;
	size_t skip = strlen(uploads->s3->prefix);
	if (at->name && at->id && *at->id && at->begun_ms < uploads->before_ms &&
	    str_has_prefix(at->name, uploads->s3->prefix) &&
	    str_has_prefix(at->name + skip, uploads->prefix) &&
	    depot_check_name(at->name + skip, &ignored) == 0)
		*vec_push(uploads->list) = (struct depot_unfinished){
			mem_strdup(at->name + skip), TAKE_PTR(at->id), at->begun_ms};
	free(at->name);
	free(at->id);
	*at = (struct depot_unfinished){0};
}

static void add_upload(void *context, const char *parent, const char *name,
		       const char *text)
{
	struct uploads *uploads = context;
	if (strcmp(name, "Upload") == 0) {
		take_upload(uploads);
		return;
	}
	if (strcmp(parent, "Upload") != 0)
		return;
	if (strcmp(name, "Key") == 0)
		str_assign(&uploads->at.name, text);
	else if (strcmp(name, "UploadId") == 0)
		str_assign(&uploads->at.id, text);
	else if (strcmp(name, "Initiated") == 0 &&
		 time_parse(text, &uploads->at.begun_ms) < 0)
		uploads->at.begun_ms = INT64_MAX; /* unknown: leave it alone */
}

int s3_unfinished(struct depot *depot, const char *prefix, int64_t before_ms,
		  struct depot_unfinished_list *ret, struct err *err)
{
	struct s3 *s3 = (struct s3 *)depot;
	*ret = (struct depot_unfinished_list){0};
	struct uploads uploads = {
		.s3 = s3, .prefix = prefix, .before_ms = before_ms, .list = ret};
	struct listing listing = {
		.action = "s3:ListBucketMultipartUploads",
		.query = STR_INIT,
		.marker = "key-marker",
		.other_marker = "upload-id-marker",
		.page = {.next_name = "NextKeyMarker",
			 .next_other_name = "NextUploadIdMarker",
			 .add = add_upload,
			 .context = &uploads},
	};
	str_add(&listing.query, "uploads=&prefix=");
	add_prefix(&listing.query, s3, prefix);
	int result = fetch_all(s3, &listing, err);
	free(uploads.at.name);
	free(uploads.at.id);
	if (result < 0)
		depot_unfinished_release(ret);
	return result;
}
