/* Object ids by libgit2's hash: what `git hash-object --stdin` prints. */
#include "platform/git_hash.h"

#include <git2.h>

#include "platform/git_session.h"

int vcs_hash(const void *data, size_t len, char ret_id[static VCS_ID_BYTES],
	     struct err *err)
{
	git_oid id;
	vcs_start();
	if (git_odb_hash(&id, data, len, GIT_OBJECT_BLOB) < 0)
		return vcs_fail_git(ERR_FAIL, err);
	git_oid_tostr(ret_id, VCS_ID_BYTES, &id);
	return 0;
}
