/* GitHub Flavored Markdown, the few forms that a summary needs. Private to src/render. */
#ifndef BELAY_RENDER_MARKDOWN_H
#define BELAY_RENDER_MARKDOWN_H

#include "belay/render.h"

/* Outside text on one line, also within a table cell: nothing in it is markup. */
void markdown_add_text(struct str *out, const char *text);
/* The same in a code span; "" for an empty text. */
void markdown_add_code(struct str *out, const char *text);
/* Lines of text as a block of code, whatever is in them. */
void markdown_add_block(struct str *out, const char *language, const char *text);
/* A word of a shell command, quoted only when it has to be. */
void markdown_add_word(struct str *out, const char *word);
/* ✅ ⚠️ ❌ ❔ for an outcome's name, "" for any other word. */
const char *markdown_mark(const char *outcome);
/* Cuts to `max_bytes` at the end of a line, closes what is open and says that there is more. */
void markdown_cut(struct str *page, size_t max_bytes);

/* Sections of the summary (summary_deploy.c and summary.c). */
void summary_add_deploy(struct str *out, const struct summary *summary);
/* The incident, who was told, and what is left of GitHub's limit (summary_after.c). */
void summary_add_incident(struct str *out, const json_t *result);
void summary_add_told(struct str *out, const json_t *result);
void summary_add_limit(struct str *out, const json_t *result);
void summary_add_gate(struct str *out, const json_t *gate);
void summary_add_would(struct str *out, const json_t *would);

#endif
