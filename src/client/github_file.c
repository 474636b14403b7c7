/* Files, branches and pull requests: how a page (a post-mortem) gets into the repository. GitHub API:
 * repos/get-content, create-or-update-file-contents, git/create-ref, pulls/create.
 */
#include <inttypes.h>
#include <string.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "github_parts.h"

#define PULL_TITLE_MAX 250 /* GitHub takes 256 */

/* --- reading --------------------------------------------------------------------------------- */

/* GitHub breaks base64 into lines. */
static int decode(const char *base64, const char *path, char **ret_text, struct err *err)
{
	_cleanup_str_ struct str packed = STR_INIT;
	unsigned char *data = NULL;
	size_t len = 0;
	for (const char *c = base64; *c; c++)
		if (*c != '\n' && *c != '\r')
			str_add_char(&packed, *c);
	if (str_unbase64(str_text(&packed), &data, &len) < 0)
		return err_set(err, ERR_FAIL, "GitHub: '%s' is no base64", path);
	if (!str_is_utf8(data, len)) {
		mem_freep(&data);
		return err_set(err, ERR_FAIL, "GitHub: '%s' is no text", path);
	}
	*ret_text = (char *)data;
	return 0;
}

/* *ret: GitHub's answer, NULL when the file is not there. */
static int get_content(struct github *github, struct effects *fx, const char *path,
		       const char *ref, json_t **ret, struct err *err)
{
	_cleanup_free_ char *escaped = api_escape(path);
	_cleanup_free_ char *escaped_ref = ref ? api_escape(ref) : NULL;
	_cleanup_free_ char *url =
		github_path(github, "/contents/%s%s%s", escaped, ref ? "?ref=" : "",
			    ref ? escaped_ref : "");
	const struct api_request request = {.method = "GET", .path = url};
	struct err failure = {0};
	if (api_request(&github->api, fx, &request, ret, NULL, &failure) == 0 ||
	    failure.code == ERR_NOT_FOUND)
		return 0;
	*err = failure;
	return -1;
}

int github_file_get(struct github *github, struct effects *fx, const char *path,
		    const char *ref, char **ret_text, struct err *err)
{
	_cleanup_json_ json_t *answer = NULL;
	*ret_text = NULL;
	if (get_content(github, fx, path, ref, &answer, err) < 0)
		return -1;
	const char *content = json_get_string(answer, "content", NULL);
	if (!content) /* not there, or a directory */
		return 0;
	if (!str_equal(json_get_string(answer, "encoding", "base64"), "base64"))
		return err_set(err, ERR_LIMIT, "GitHub: '%s' is larger than 1 MB", path);
	return decode(content, path, ret_text, err);
}

/* --- proposing ------------------------------------------------------------------------------- */

/* What is to be proposed. All borrowed. */
struct proposal {
	struct github *github;
	struct effects *fx;
	const char *branch, *path, *text, *title, *body;
	char *base; /* the default branch; owned */
};

static int find_base(struct proposal *p, struct err *err)
{
	_cleanup_free_ char *path = github_path(p->github, "%s", "");
	_cleanup_json_ json_t *answer = NULL;
	const struct api_request request = {.method = "GET", .path = path};
	if (api_request(&p->github->api, p->fx, &request, &answer, NULL, err) < 0)
		return -1;
	p->base = mem_strdup(json_get_string(answer, "default_branch", "main"));
	return 0;
}

/* *ret_sha: fresh, NULL when there is no such branch. */
static int find_branch(struct proposal *p, const char *branch, char **ret_sha,
		       struct err *err)
{
	_cleanup_free_ char *ref = str_format("heads/%s", branch);
	_cleanup_free_ char *escaped = api_escape(ref);
	_cleanup_free_ char *path = github_path(p->github, "/git/ref/%s", escaped);
	_cleanup_json_ json_t *answer = NULL;
	const struct api_request request = {.method = "GET", .path = path};
	struct err failure = {0};
	*ret_sha = NULL;
	if (api_request(&p->github->api, p->fx, &request, &answer, NULL, &failure) == 0) {
		const json_t *object = json_object_get(answer, "object");
		*ret_sha = mem_strdup(json_get_string(object, "sha", ""));
		return 0;
	}
	if (failure.code == ERR_NOT_FOUND)
		return 0;
	*err = failure;
	return -1;
}

static int need_branch(struct proposal *p, struct err *err)
{
	_cleanup_free_ char *there = NULL;
	_cleanup_free_ char *sha = NULL;
	if (find_branch(p, p->branch, &there, err) < 0)
		return -1;
	if (there)
		return 0;
	if (find_branch(p, p->base, &sha, err) < 0)
		return -1;
	if (!sha) {
		err_set(err, ERR_NOT_FOUND, "GitHub: '%s' has no branch '%s'",
			p->github->repository, p->base);
		return err_hint(err, "it is empty, or the token may not see it: the job "
				     "needs 'permissions: {contents: write}'");
	}
	_cleanup_free_ char *path = github_path(p->github, "/git/refs");
	_cleanup_free_ char *ref = str_format("refs/heads/%s", p->branch);
	_cleanup_free_ char *summary = str_format("create the branch %s", p->branch);
	_cleanup_json_ json_t *body = json_pack("{s:s, s:s}", "ref", ref, "sha", sha);
	const struct api_request request = {.method = "POST",
					    .path = path,
					    .json = body,
					    .summary = summary,
					    .subject = p->github->repository};
	struct err failure = {0};
	enum api_sent sent = API_NOT_TAKEN;
	if (api_request(&p->github->api, p->fx, &request, NULL, &sent, &failure) == 0)
		return 0;
	/* Somebody was faster, or it was us and the answer was lost. */
	if ((failure.code == ERR_CONFIG || sent == API_UNKNOWN) &&
	    find_branch(p, p->branch, &there, err) == 0 && there)
		return 0;
	*err = failure;
	return -1;
}

static int put_file(struct proposal *p, struct err *err)
{
	_cleanup_json_ json_t *old = NULL;
	_cleanup_free_ char *old_text = NULL;
	struct err ignored = {0};
	if (get_content(p->github, p->fx, p->path, p->branch, &old, err) < 0)
		return -1;
	const char *content = json_get_string(old, "content", NULL);
	const char *sha = json_get_string(old, "sha", NULL);
	if (content && decode(content, p->path, &old_text, &ignored) == 0 &&
	    str_equal(old_text, p->text))
		return 0;
	_cleanup_free_ char *escaped = api_escape(p->path);
	_cleanup_free_ char *url = github_path(p->github, "/contents/%s", escaped);
	_cleanup_free_ char *base64 = str_base64(p->text, strlen(p->text));
	_cleanup_free_ char *summary =
		str_format("write %s on the branch %s", p->path, p->branch);
	_cleanup_json_ json_t *body =
		json_pack("{s:s, s:s, s:s, s:s*}", "message", p->title, "content", base64,
			  "branch", p->branch, "sha", sha);
	/* Twice is once: the second time GitHub wants another sha, and refuses. */
	const struct api_request request = {.method = "PUT",
					    .path = url,
					    .json = body,
					    .summary = summary,
					    .subject = p->github->repository};
	struct err failure = {0};
	enum api_sent sent = API_NOT_TAKEN;
	if (api_request(&p->github->api, p->fx, &request, NULL, &sent, &failure) == 0)
		return 0;
	if (sent == API_UNKNOWN) {
		_cleanup_free_ char *now = NULL;
		if (github_file_get(p->github, p->fx, p->path, p->branch, &now,
				    &ignored) == 0 &&
		    str_equal(now, p->text))
			return 0;
	}
	*err = failure;
	return -1;
}

/* The open pull request of the branch; *ret_url stays NULL when there is none. */
static int find_pull(struct proposal *p, char **ret_url, struct err *err)
{
	const char *repository = p->github->repository;
	_cleanup_free_ char *head = str_format("%.*s:%s", (int)strcspn(repository, "/"),
					       repository, p->branch);
	_cleanup_free_ char *escaped = api_escape(head);
	_cleanup_free_ char *path =
		github_path(p->github, "/pulls?state=open&head=%s", escaped);
	_cleanup_json_ json_t *rows = NULL;
	const struct api_request request = {.method = "GET", .path = path};
	if (api_request(&p->github->api, p->fx, &request, &rows, NULL, err) < 0)
		return -1;
	const char *url = json_get_string(json_array_get(rows, 0), "html_url", NULL);
	if (url)
		*ret_url = mem_strdup(url);
	return 0;
}

static int need_pull(struct proposal *p, char **ret_url, struct err *err)
{
	*ret_url = NULL;
	if (find_pull(p, ret_url, err) < 0)
		return -1;
	if (*ret_url)
		return 0;
	_cleanup_free_ char *path = github_path(p->github, "/pulls");
	_cleanup_free_ char *summary = str_format("open a pull request: %s", p->title);
	_cleanup_free_ char *title = github_clip(p->title, PULL_TITLE_MAX);
	_cleanup_json_ json_t *body =
		json_pack("{s:s, s:s, s:s, s:s}", "title", title, "head", p->branch,
			  "base", p->base, "body", p->body ? p->body : "");
	_cleanup_json_ json_t *answer = NULL;
	const struct api_request request = {.method = "POST",
					    .path = path,
					    .json = body,
					    .summary = summary,
					    .subject = p->github->repository};
	struct err failure = {0};
	enum api_sent sent = API_NOT_TAKEN;
	if (api_request(&p->github->api, p->fx, &request, &answer, &sent, &failure) ==
	    0) {
		*ret_url = mem_strdup(json_get_string(answer, "html_url", ""));
		return 0;
	}
	if ((failure.code == ERR_CONFIG || sent == API_UNKNOWN) &&
	    find_pull(p, ret_url, err) == 0 && *ret_url)
		return 0;
	*err = failure;
	return -1;
}

int github_file_propose(struct github *github, struct effects *fx, const char *branch,
			const char *path, const char *text, const char *title,
			const char *body, char **ret_url, struct err *err)
{
	struct proposal p = {
		.github = github,
		.fx = fx,
		.branch = branch,
		.path = path,
		.text = text,
		.title = title,
		.body = body,
	};
	int result = find_base(&p, err) < 0 || need_branch(&p, err) < 0 ||
				     put_file(&p, err) < 0 ||
				     need_pull(&p, ret_url, err) < 0
			     ? -1
			     : 0;
	mem_freep(&p.base);
	return result;
}
