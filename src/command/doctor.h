/* The findings of `belay doctor`. Private to src/command. */
#ifndef BELAY_COMMAND_DOCTOR_H
#define BELAY_COMMAND_DOCTOR_H

#include "commands.h"

struct doctor {
	struct command_context *context;
	const struct config *config; /* NULL when it could not be loaded */
	const struct config_environment *environment; /* NULL: all of them */
	json_t *findings; /* [{name, status: ok|warn|fail, detail, fix?}] */
};

/* One row. `fix` may be NULL or empty. */
void doctor_find(struct doctor *doctor, const char *name, const char *status,
		 const char *detail, const char *fix);
/* One observation; the answer is a new reference. */
int doctor_observe(struct effects *fx, const char *kind, const char *subject,
		   json_t *args_taken, json_t **ret_answer, struct err *err);

/* What the configuration names and needs (doctor_config.c). */
void doctor_secrets(struct doctor *doctor);
void doctor_state(struct doctor *doctor);
void doctor_hosts(struct doctor *doctor);
/* Backups (doctor_backup.c): their certificates; directories and stores; rows of secrets as config_secrets() gives them, new. */
void doctor_backup_certificates(struct doctor *doctor);
void doctor_backup_places(struct doctor *doctor);
json_t *doctor_backup_secrets(const struct doctor *doctor);
/* Templates of post-mortems (doctor_template.c). */
void doctor_templates(struct doctor *doctor);

#endif
