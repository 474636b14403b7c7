/* One step of the driver `ssh-release` on one host: the script, its variables, its outcome.
 * Private to src/driver. */
#ifndef BELAY_DRIVER_SSH_STEP_H
#define BELAY_DRIVER_SSH_STEP_H

#include <jansson.h>

#include "belay/driver.h"

struct ssh_step {
	const char *name; /* a function step_NAME of the script: "activate" */
	enum effect_mode mode;
	const char *summary; /* for people; required for acts */
	bool sends_artifact;
	/* undo only: where to go back to on this host; NULL for nothing */
	const char *back_release, *back_link;
};

/* Runs the step on one host. *ret_answer (may be NULL): the ssh.run answer of a step that ended
 * well. Errors name the host and carry what the script said. */
int ssh_step_run(struct effects *fx, const struct driver_job *job,
		 const struct config_host *host, const struct ssh_step *step,
		 json_t **ret_answer, struct err *err);

/* Kilobytes that a host needs for the artifact and what it unpacks to; 0 without an artifact. */
int64_t ssh_step_need_kb(const struct driver_job *job);

/* Parses what step_capture printed: {link, release, version, generation, uptime_s, load: [..],
 * disk: {total_kb, free_kb, used_percent}, releases: {id: version}, recent: [..]}. Unknown lines are
 * ignored. New reference. */
json_t *ssh_capture_parse(const char *output);

#endif
