/* room: platform
 * What depot_directory.c, depot_directory_upload.c and depot_directory_left.c share.
 */
#ifndef BELAY_PLATFORM_DEPOT_DIRECTORY_PARTS_H
#define BELAY_PLATFORM_DEPOT_DIRECTORY_PARTS_H

#include "platform/depot.h"

#define DIRECTORY_UPLOADS ".belay-uploads"

struct directory {
	struct depot depot;
	char *path;
	unsigned mode;
};

/* The file of an object. Fresh. */
char *directory_path(const struct directory *directory, const char *name);
/* From errno. */
int directory_fail(const char *verb, const char *what, struct err *err);
int directory_sync(const char *path, struct err *err);
int directory_head(struct depot *depot, const char *name, struct depot_object *ret,
		   struct err *err);

/* Operations of struct depot_ops. */
int directory_begin(struct depot *depot, const struct depot_begin *begin,
		    struct depot_upload **ret, struct err *err);
int directory_put_part(struct depot_upload *upload, unsigned number, const void *data,
		       size_t bytes, const unsigned char *sha256, struct err *err);
int directory_finish(struct depot_upload *upload, struct depot_object *ret,
		     struct err *err);
int directory_abort(struct depot_upload *upload, struct err *err);
void directory_drop(struct depot_upload *upload);
int directory_unfinished(struct depot *depot, const char *prefix, int64_t before_ms,
			 struct depot_unfinished_list *ret, struct err *err);
int directory_abandon(struct depot *depot, const struct depot_unfinished *which,
		      struct err *err);

/* A file of an upload: "data" or "note". Fresh. */
char *directory_upload_path(const struct directory *directory, const char *id,
			    const char *suffix);
int directory_remove_files(const struct directory *directory, const char *id,
			   struct err *err);

#endif
