/* Builds chains of effects and runs one command on one of them.
 *
 *   ordinary   [trace →] [dryrun →] [record →] redact → live
 *   replay     [dryrun →] [whatif →] replay  (with the options of the recorded command line; whatif
 *                                            when another configuration stands in)
 *
 * Nothing is opened or initialised here: live does that when the first effect of a kind asks. */
#include "wiring.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "belay/cli.h"
#include "belay/config.h"
#include "belay/effects_chain.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/timefmt.h"
#include "belay/version.h"
#include "belay/yaml.h"
#include "loader.h"

#define TAPE_FORMAT 1

/* One command on one chain. A replay is a second one inside the first. */
struct host {
	struct command_context context; /* context.host points back here */
	const struct command *command;
	const struct request *request;
	struct render render;
	const struct terminal *terminal;
	struct progress *display;  /* standard error, or NULL */
	struct progress rehearsal; /* what a dry run reports to, in front of it */
	struct config *config;
	/* `replay --config`: this file, read through that chain, stands in for the recorded one. */
	const char *other_config;
	struct effects *other_fx;
};

/* --- what a command asks of its context ------------------------------------------------------ */

static int load_config(struct command_context *context, const struct config **ret,
		       struct err *err)
{
	struct host *host = context->host;
	if (!host->config) {
		const char *file = NULL;
		_cleanup_free_ char *text = NULL;
		const char *named = request_text(host->request, "config");
		/* Also when another file stands in: the tape is to be read in step. */
		int found = loader_read(context->fx, named, &file, &text, err);
		if (host->other_config && err->code != ERR_DIVERGED) {
			err_clear(err);
			mem_freep(&text);
			found = loader_read(host->other_fx, host->other_config, &file,
					    &text, err);
		}
		if (found < 0 ||
		    config_parse(text, strlen(text), file, &host->config, NULL, err) < 0)
			return -1;
	}
	*ret = host->config;
	return 0;
}

static int config_text(struct command_context *context, const char *file,
		       const char **ret_file, char **ret_text, struct err *err)
{
	const struct host *host = context->host;
	return loader_read(context->fx,
			   file ? file : request_text(host->request, "config"), ret_file,
			   ret_text, err);
}

static int variables_text(struct command_context *context, char **ret_text,
			  struct err *err)
{
	return loader_read_variables(context->fx, ret_text, err);
}

static int choose_environment(struct command_context *context,
			      const struct config **ret_config,
			      const struct config_environment **ret, struct err *err)
{
	struct host *host = context->host;
	if (load_config(context, ret_config, err) < 0)
		return -1;
	return config_choose_environment(
		*ret_config, request_text(host->request, "environment"), ret, err);
}

/* --- output ---------------------------------------------------------------------------------- */

static bool wants_json(const struct request *request)
{
	return request_flag(request, "json") || request_text(request, "jq");
}

/* A dry run's result carries what would have been done; a result that is a list has nothing to do. */
static json_t *noted_of(struct host *host, struct command_result *result)
{
	if (!request_flag(host->request, "dry-run"))
		return NULL;
	json_t *noted = effects_noted(host->context.fx);
	if (json_array_size(noted) && json_is_object(result->value))
		json_object_set(result->value, "would", noted);
	return noted;
}

static int add_output(struct host *host, struct command_result *result, struct str *out,
		      struct err *err)
{
	if (result->raw) {
		str_add(out, result->raw);
		return 0;
	}
	if (!result->value)
		return 0;
	_cleanup_json_ json_t *noted = noted_of(host, result);
	if (wants_json(host->request))
		return render_add_json(out, result->value,
				       request_text(host->request, "jq"), err);
	if (result->render)
		result->render(out, &host->render, result->value);
	if (json_array_size(noted) && !host->render.quiet)
		render_noted(out, &host->render, noted);
	return 0;
}

/* --- running one command --------------------------------------------------------------------- */

void wiring_outcome_release(struct wiring_outcome *outcome)
{
	json_decref(outcome->value);
	outcome->value = NULL;
	str_release(&outcome->text);
}

static void result_release(struct command_result *result)
{
	json_decref(result->value);
	free(result->raw);
	*result = (struct command_result){0};
}

static int run_tape(struct command_context *context, const char *tape,
		    const char *config_file, struct command_result *result,
		    struct err *err);

/* Runs the command and keeps what it leaves. The chain in context.fx is the caller's. */
static int host_run(struct host *host, struct wiring_outcome *ret, struct err *err)
{
	assert(host->command);
	struct command_context *context = &host->context;
	context->host = host;
	context->request = host->request;
	context->config = load_config;
	context->config_text = config_text;
	context->variables_text = variables_text;
	context->environment = choose_environment;
	context->run_tape = run_tape;
	context->completion = cli_completion;
	context->now_ms = request_flag(host->request, "at")
				  ? request_integer(host->request, "at", 0)
				  : effects_now_ms(context->fx);
	host->render.now_ms = context->now_ms;
	_cleanup_(result_release) struct command_result result = {0};
	int done = host->command->run(context, &result, err);
	if (done == 0)
		done = add_output(host, &result, &ret->text, err);
	ret->status = result.status;
	ret->schema = result.schema ? result.schema : host->command->result_schema;
	ret->value = TAKE_PTR(result.value);
	config_freep(&host->config);
	return done;
}

static int replay_chain(const char *tape, struct effects_layer **ret, json_t **ret_header,
			struct request **ret_request, const struct command **ret_command,
			struct err *err)
{
	if (effects_replay_new(tape, ret, ret_header, err) < 0)
		return -1;
	if (json_get_int(*ret_header, "belay_tape", 0) != TAPE_FORMAT) {
		err_set(err, ERR_CONFIG, "'%s' is not a tape that this belay can read",
			tape);
		return err_hint(err, "replay it with belay %s",
				json_get_string(*ret_header, "belay", "of the run"));
	}
	if (request_from_json(json_object_get(*ret_header, "request"), ret_request,
			      ret_command, err) < 0)
		return err_wrap(err, "reading the command line on '%s'", tape);
	return 0;
}

static void layer_freep(struct effects_layer **layer)
{
	if (*layer)
		effects_free(effects_new(*layer));
	*layer = NULL;
}

static int run_tape(struct command_context *context, const char *tape,
		    const char *config_file, struct command_result *result,
		    struct err *err)
{
	struct host *outer = context->host;
	_cleanup_(request_freep) struct request *request = NULL;
	_cleanup_(layer_freep) struct effects_layer *layer = NULL;
	_cleanup_(effects_freep) struct effects *fx = NULL;
	_cleanup_json_ json_t *header = NULL;
	_cleanup_(wiring_outcome_release) struct wiring_outcome outcome =
		WIRING_OUTCOME_INIT;
	struct host inner = {
		.terminal = outer->terminal,
		.render = outer->render,
		.other_config = config_file,
		.other_fx = context->fx,
	};
	if (replay_chain(tape, &layer, &header, &request, &inner.command, err) < 0)
		return -1;
	if (config_file)
		layer = effects_whatif_new(layer);
	if (request_flag(request, "dry-run"))
		layer = effects_dryrun_new(layer);
	fx = effects_new(TAKE_PTR(layer));
	inner.context.fx = fx;
	inner.request = request;
	if (wants_json(outer->request))
		inner.render.style = STYLE_PLAIN;
	inner.render.quiet = request_flag(request, "quiet");
	inner.render.verbose = request_flag(request, "verbose");
	if (host_run(&inner, &outcome, err) < 0)
		return -1;
	result->status = outcome.status;
	result->value = json_pack("{s:s, s:s, s:s, s:i, s:s}", "tape", tape, "belay",
				  json_get_string(header, "belay", "unknown"), "command",
				  inner.command->name, "status", result->status, "output",
				  str_text(&outcome.text));
	return 0;
}

/* --- the ordinary chain ---------------------------------------------------------------------- */

/* One line for an effect that ended. The clock and the like would drown the others. */
/* How a service answered, and how many requests it still allows. */
static void add_http(struct str *line, const json_t *answer)
{
	const json_t *headers = json_object_get(answer, "headers");
	const char *remaining =
		json_get_string(headers, "x-ratelimit-remaining",
				json_get_string(headers, "ratelimit-remaining", NULL));
	const char *limit =
		json_get_string(headers, "x-ratelimit-limit",
				json_get_string(headers, "ratelimit-limit", NULL));
	int64_t status = json_get_int(answer, "status", 0);
	if (status)
		str_addf(line, ", status %lld", (long long)status);
	if (remaining && limit)
		str_addf(line, ", %s of %s requests left", remaining, limit);
}

static void show_effect(void *context, const char *lane, const struct effect *effect,
			int64_t duration_ms, const json_t *answer,
			const struct err *failure)
{
	const struct host *host = context;
	_cleanup_str_ struct str line = STR_INIT;
	if (strcmp(effect->kind, "clock") == 0 || strcmp(effect->kind, "random") == 0)
		return;
	str_addf(&line, "%s%s%s", lane, *lane ? ": " : "", effect->kind);
	if (effect->subject)
		str_addf(&line, " %s", effect->subject);
	if (effect->summary)
		str_addf(&line, ", %s", effect->summary);
	str_add(&line, " (");
	duration_add(&line, duration_ms);
	if (strcmp(effect->kind, "http") == 0)
		add_http(&line, answer);
	str_addf(&line, ")%s%s", failure ? ": " : "", failure ? failure->message : "");
	_cleanup_free_ char *clean =
		effects_redact_text(host->context.fx, str_text(&line));
	progress_report(host->display, PROGRESS_NOTE, NULL, "%s", clean);
}

/* In a dry run steps go by, but none of them was done: they are shown as they pass and not kept. */
static void report_rehearsal(void *context, enum progress_kind kind, const char *subject,
			     const char *text)
{
	const struct host *host = context;
	if (kind == PROGRESS_STEP_BEGIN || kind == PROGRESS_WAIT)
		progress_report(host->display, PROGRESS_WAIT, subject, "%s", text);
}

static int ordinary_chain(struct host *host, struct effects **ret, struct err *err)
{
	const struct request *request = host->request;
	struct effects_layer *layer = effects_redact_new(effects_live_new());
	const char *tape = request_text(request, "record");
	if (tape) {
		_cleanup_json_ json_t *header =
			json_pack("{s:i, s:s, s:o}", "belay_tape", TAPE_FORMAT, "belay",
				  belay_version, "request",
				  request_to_json(request, host->command));
		struct effects_layer *below = layer;
		if (effects_record_new(below, tape, header, &layer, err) < 0)
			return -1;
	}
	if (request_flag(request, "dry-run"))
		layer = effects_dryrun_new(layer);
	if (request_flag(request, "verbose"))
		layer = effects_trace_new(
			layer,
			(struct effects_listener){.ended = show_effect, .context = host});
	*ret = effects_new(layer);
	return 0;
}

int wiring_perform(const struct request *request, const struct command *command,
		   const struct terminal *terminal, struct wiring_outcome *ret,
		   struct err *err)
{
	if (request_text(request, "jq") &&
	    render_check_jq(request_text(request, "jq"), err) < 0)
		return -1;
	_cleanup_(effects_freep) struct effects *fx = NULL;
	_cleanup_(render_progress_freep) struct progress *display = NULL;
	struct host host = {
		.command = command,
		.request = request,
		.render = terminal->out,
		.terminal = terminal,
	};
	effects_catch_signals();
	if (!terminal->err.quiet)
		display = render_progress_new(&terminal->err, terminal->progress,
					      terminal->live);
	host.display = display;
	host.rehearsal = (struct progress){.report = report_rehearsal, .context = &host};
	host.context.progress =
		request_flag(request, "dry-run") ? &host.rehearsal : display;
	if (ordinary_chain(&host, &fx, err) < 0)
		return -1;
	host.context.fx = fx;
	return host_run(&host, ret, err);
}

int wiring_run(const struct request *request, const struct command *command,
	       const struct terminal *terminal, int *ret_status, struct err *err)
{
	_cleanup_(wiring_outcome_release) struct wiring_outcome outcome =
		WIRING_OUTCOME_INIT;
	/* The live line is gone when this returns: the result comes after it. */
	int done = wiring_perform(request, command, terminal, &outcome, err);
	*ret_status = outcome.status;
	return done < 0 ? -1 : render_write(&outcome.text, err);
}
