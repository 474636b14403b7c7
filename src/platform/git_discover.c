/* The repository that a directory is in. */
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "platform/git_session.h"
#include "platform/http_url.h"

static void read_origin(git_repository *repo, struct vcs_place *place)
{
	git_remote *remote = NULL;
	if (git_remote_lookup(&remote, repo, "origin") < 0)
		return;
	const char *url = git_remote_url(remote);
	/* Only http URLs carry secrets; in the others the user belongs to the address. */
	if (url && (str_has_prefix(url, "http://") || str_has_prefix(url, "https://")))
		place->origin =
			http_url_without_credentials(url, NULL, &place->origin_password);
	else if (url)
		place->origin = mem_strdup(url);
	git_remote_free(remote);
}

static void read_head(git_repository *repo, struct vcs_place *place)
{
	git_oid id;
	git_reference *head = NULL;
	if (git_reference_name_to_id(&id, repo, "HEAD") == 0) {
		place->head = mem_alloc(VCS_ID_BYTES);
		git_oid_tostr(place->head, VCS_ID_BYTES, &id);
	}
	if (git_reference_lookup(&head, repo, "HEAD") < 0)
		return;
	const char *target = git_reference_symbolic_target(head);
	if (target && str_has_prefix(target, "refs/heads/"))
		place->branch = mem_strdup(target + strlen("refs/heads/"));
	git_reference_free(head);
}

int vcs_discover(const char *path, struct vcs_place *ret, struct err *err)
{
	git_repository *repo = NULL;
	*ret = (struct vcs_place){0};
	vcs_start();
	int code =
		git_repository_open_ext(&repo, path, GIT_REPOSITORY_OPEN_CROSS_FS, NULL);
	if (code == GIT_ENOTFOUND)
		return 0;
	if (code < 0) {
		vcs_fail_git(ERR_CONFIG, err);
		return err_wrap(err, "cannot open the git repository at '%s'", path);
	}
	const char *root = git_repository_workdir(repo);
	root = root ? root : git_repository_path(repo);
	size_t len = strlen(root);
	while (len > 1 && root[len - 1] == '/')
		len--;
	ret->root = mem_strndup(root, len);
	read_origin(repo, ret);
	read_head(repo, ret);
	git_repository_free(repo);
	return 0;
}

void vcs_place_release(struct vcs_place *place)
{
	free(place->root);
	free(place->origin);
	secret_release(&place->origin_password);
	free(place->head);
	free(place->branch);
	*place = (struct vcs_place){0};
}
