/* A stranger's words on our pages, and a template of anybody: the input is a text that is both.
 *
 * As a template it is refused or filled in; as a reason it may not become markup: no tag, no comment, no
 * mention and no line of its own, whatever it is. As a page it is complete or not, and looking ends.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "belay/incident.h"
#include "belay/json.h"
#include "belay/mem.h"
#include "belay/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fail(const char *what, const char *page)
{
	fprintf(stderr, "%s in:\n%s\n", what, page);
	abort();
}

/* The template of the one line "x{{reason}}x". */
static void check_harmless(const char *page)
{
	if (strpbrk(page, "<>\n\r"))
		fail("a tag or a line", page);
	for (const char *at = page; (at = strchr(at, '@')); at++)
		if ((at[1] >= 'a' && at[1] <= 'z') || (at[1] >= 'A' && at[1] <= 'Z') ||
		    (at[1] >= '0' && at[1] <= '9'))
			fail("a mention", page);
	for (const char *at = page; (at = strchr(at, '[')); at++)
		if (at == page || at[-1] != '\\')
			fail("a link", page);
	if (!str_is_utf8(page, strlen(page)))
		fail("no UTF-8", page);
}

static void fill(const char *template, const json_t *incident, bool harmless)
{
	struct err err = {0};
	_cleanup_str_ struct str out = STR_INIT;
	const struct incident_page page = {.incident = incident,
					   .environment = "production"};
	bool good = post_mortem_check_template(template, &err) == 0;
	if ((post_mortem_render(template, &page, &out, &err) == 0) != good)
		fail("two minds about a template", template);
	if (harmless)
		check_harmless(str_text(&out));
	if (!good && !str_has_prefix(err.message, "line "))
		fail("a fault without its line", template);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = mem_strndup((const char *)data, size);
	_cleanup_json_ json_t *incident = json_object();
	mem_init();
	post_mortem_is_complete(text);
	json_t *reason = json_string(text); /* NULL for what is not UTF-8 */
	if (reason)
		json_object_set_new(incident, "reason", reason);
	fill(text, incident, false);
	if (reason)
		fill("x{{reason}}x", incident, true);
	return 0;
}
