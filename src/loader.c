/* The configuration is `-c FILE`, or the first file that exists of a short list: inside .github,
 * where workflows live, or in the working directory. */
#include "loader.h"

#include "belay/mem.h"
#include "belay/yaml.h"

static const char *const usual_places[] = {
	".github/belay.yml",
	".github/belay.yaml",
	"belay.yml",
	"belay.yaml",
};

int loader_read(struct effects *fx, const char *named, const char **ret_file,
		char **ret_text, struct err *err)
{
	if (named) {
		*ret_file = named;
		return effects_read_file(fx, named, YAML_MAX_BYTES, ret_text, err);
	}
	for (size_t i = 0; i < ARRAY_SIZE(usual_places); i++) {
		struct err local = {0};
		*ret_file = usual_places[i];
		if (effects_read_file(fx, usual_places[i], YAML_MAX_BYTES, ret_text,
				      &local) == 0)
			return 0;
		if (local.code != ERR_NOT_FOUND) {
			*err = local;
			return -1;
		}
	}
	err_set(err, ERR_NOT_FOUND, "no configuration found");
	return err_hint(err, "run 'belay init' to write %s, or name a file with --config",
			usual_places[0]);
}
