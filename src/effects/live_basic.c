/* clock, sleep, random, env, secret, system. */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"
#include "live.h"
#include "platform/clock.h"
#include "platform/env.h"
#include "utf8.h"

int live_clock(struct live_call *call, json_t **ret_answer, struct err *err)
{
	(void)call;
	(void)err;
	*ret_answer = json_pack("{s:I, s:I}", "now_ms", (json_int_t)clock_wall_ms(),
				"mono_ms", (json_int_t)clock_mono_ms());
	return 0;
}

int live_sleep(struct live_call *call, json_t **ret_answer, struct err *err)
{
	struct stop stop = live_stop(call);
	if (clock_sleep_ms(json_get_int(call->args, "ms", 0), &stop) < 0)
		return live_set_cancelled(err);
	*ret_answer = json_object();
	return 0;
}

int live_random(struct live_call *call, json_t **ret_answer, struct err *err)
{
	(void)call;
	(void)err;
	unsigned char bytes[8];
	random_fill(bytes, sizeof bytes);
	_cleanup_free_ char *hex = str_hex(bytes, sizeof bytes);
	*ret_answer = json_pack("{s:s}", "hex", hex);
	return 0;
}

int live_env(struct live_call *call, json_t **ret_answer, struct err *err)
{
	const char *name = json_get_string(call->args, "name", NULL);
	if (!name)
		return err_set(err, ERR_CONFIG, "env needs a name");
	const char *value = env_get(name);
	*ret_answer = json_pack("{s:o}", "value",
				value ? utf8_json(value, strlen(value)) : json_null());
	return 0;
}

/* The reason why a secret is not usable is worth more when it is really needed: here it is only
 * asked whether it is. */
int live_secret(struct live_call *call, json_t **ret_answer, struct err *err)
{
	(void)err;
	_cleanup_secret_ struct secret secret = SECRET_INIT;
	struct err why = {0};
	bool present =
		live_resolve(call, call->args, "the question for it", &secret, &why) == 0;
	*ret_answer = json_pack("{s:b}", "present", present && secret.len > 0);
	return 0;
}

/* From /etc/passwd by hand: the C library's look-up would want its plugins, which a static program
 * does not have. */
static char *user_name(void)
{
	FILE *file = fopen("/etc/passwd", "re");
	char buffer[1024], *name = NULL;
	struct passwd entry, *found;
	while (file && !name &&
	       fgetpwent_r(file, &entry, buffer, sizeof buffer, &found) == 0)
		if (entry.pw_uid == geteuid())
			name = mem_strdup(entry.pw_name);
	if (file)
		fclose(file);
	return name ? name : str_format("uid %ju", (uintmax_t)geteuid());
}

int live_system(struct live_call *call, json_t **ret_answer, struct err *err)
{
	(void)call;
	(void)err;
	struct utsname system;
	if (uname(&system) < 0)
		system = (struct utsname){.sysname = "unknown"};
	_cleanup_free_ char *user = user_name();
	_cleanup_free_ char *os =
		str_format("%s %s %s", system.sysname, system.release, system.machine);
	*ret_answer = json_pack("{s:o, s:o, s:I, s:o, s:I}", "hostname",
				utf8_json(system.nodename, strlen(system.nodename)),
				"user", utf8_json(user, strlen(user)), "pid",
				(json_int_t)getpid(), "os", utf8_json(os, strlen(os)),
				"cores", (json_int_t)sysconf(_SC_NPROCESSORS_ONLN));
	return 0;
}
