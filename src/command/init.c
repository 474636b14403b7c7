/* `belay init`: a first configuration and workflow, from what lies in the repository. Looks only at names
 * of files; writes two files and never over one that is there. */
#include <string.h>

#include "belay/embedded.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "commands.h"
#include "starter.h"

#define CONFIG_FILE ".github/belay.yml"
#define WORKFLOW_FILE ".github/workflows/belay.yml"
#define FILE_MODE 0644

/* Where the repository begins, as a prefix for paths: "" when that is here or there is none. */
static int find_root(struct effects *fx, char **ret_prefix, json_t **ret_repository,
		     struct err *err)
{
	_cleanup_json_ json_t *args = json_pack("{s:s}", "path", ".");
	const struct effect look = {
		.kind = "git.repository", .mode = EFFECT_OBSERVE, .args = args};
	if (effects_perform(fx, &look, ret_repository, err) < 0)
		return -1;
	const char *root = json_get_string(*ret_repository, "root", NULL);
	bool is_here = false;
	if (root && starter_exists(fx, ".git", &is_here, err) < 0)
		return -1;
	*ret_prefix = root && !is_here ? str_format("%s%s", root,
						    str_has_suffix(root, "/") ? "" : "/")
				       : mem_strdup("");
	return 0;
}

/* Refuses before anything is written, naming all that is in the way. */
static int refuse_existing(struct effects *fx, const char *prefix, struct err *err)
{
	static const char *const files[] = {CONFIG_FILE, WORKFLOW_FILE};
	_cleanup_str_ struct str found = STR_INIT;
	size_t count = 0;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_free_ char *path = str_format("%s%s", prefix, files[i]);
		bool exists = false;
		if (starter_exists(fx, path, &exists, err) < 0)
			return -1;
		if (exists)
			str_addf(&found, "%s'%s'", count++ ? " and " : "", path);
	}
	if (!count)
		return 0;
	(void)err_set(err, ERR_CONFIG, "%s exist%s already", str_text(&found),
		      count == 1 ? "s" : "");
	return err_hint(err, "--force writes over it");
}

static int write_one(struct command_context *context, const char *prefix,
		     const char *file, const char *text, json_t *written, struct err *err)
{
	_cleanup_free_ char *path = str_format("%s%s", prefix, file);
	bool exclusive = !request_flag(context->request, "force");
	if (effects_write_file(context->fx, path, text, FILE_MODE, exclusive, err) < 0)
		return -1;
	json_array_append_new(written, json_string(path));
	return 0;
}

static int write_all(struct command_context *context, const char *prefix,
		     const struct starter *starter, json_t *written, struct err *err)
{
	_cleanup_free_ char *config = starter_config(starter);
	_cleanup_free_ char *workflow = starter_workflow(starter);
	if (write_one(context, prefix, CONFIG_FILE, config, written, err) < 0)
		return -1;
	return write_one(context, prefix, WORKFLOW_FILE, workflow, written, err);
}

/* What is asked for; else, when the variables of an app on App Platform are set, that app. */
static int choose_driver(struct command_context *context, struct starter *starter,
			 struct err *err)
{
	const char *asked = request_text(context->request, "driver");
	if ((!asked || str_equal(asked, "digitalocean")) &&
	    context->variables_text(context, &starter->variables, err) < 0)
		return -1;
	starter->driver = asked ? asked : starter->variables ? "digitalocean" : "command";
	return 0;
}

static int run(struct command_context *context, struct command_result *result,
	       struct err *err)
{
	_cleanup_free_ char *prefix = NULL;
	_cleanup_json_ json_t *repository = NULL;
	_cleanup_json_ json_t *written = json_array();
	_cleanup_(starter_release) struct starter starter = {0};
	if (find_root(context->fx, &prefix, &repository, err) < 0)
		return -1;
	if (!request_flag(context->request, "force") &&
	    refuse_existing(context->fx, prefix, err) < 0)
		return -1;
	if (starter_look(context->fx, prefix, repository, &starter, err) < 0 ||
	    choose_driver(context, &starter, err) < 0)
		return -1;
	if (write_all(context, prefix, &starter, written, err) < 0)
		return -1;
	result->value = json_pack("{s:s, s:s, s:O, s:O}", "driver", starter.driver,
				  "service", starter_service(&starter), "found",
				  starter.found, "files", written);
	result->render = render_init;
	return 0;
}

static const char *const driver_names[] = {"command", "ssh-release", "digitalocean",
					   NULL};

static const struct option options[] = {
	{.name = "driver",
	 .type = OPTION_TEXT,
	 .argument = "DRIVER",
	 .help = "How versions are brought out (default: digitalocean when APP_URL, "
		 "DIGITALOCEAN_TOKEN and DIGITALOCEAN_APP_ID are set, else command, which "
		 "needs no host)",
	 .values = driver_names},
	{.name = "force",
	 .letter = 'f',
	 .type = OPTION_FLAG,
	 .help = "Write over existing files"},
	{0},
};

const struct command command_init = {
	.name = "init",
	.group = "Set up",
	.summary = "Write a first configuration and workflow",
	.details =
		"Looks at what lies in the repository and writes " CONFIG_FILE
		" and " WORKFLOW_FILE
		", with comments. The configuration works as it is, without any host. With the "
		"variables of an app on App Platform set, it is the one that belay uses "
		"without a file.",
	.options = options,
	.examples = "belay init\n"
		    "belay init --driver ssh-release\n"
		    "belay init --driver digitalocean\n"
		    "belay init --dry-run\n",
	.result_schema = "result.init",
	.run = run,
};
