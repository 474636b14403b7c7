/* What a message says, in Jira's wiki markup. Private to src/notify. */
#ifndef BELAY_NOTIFY_JIRA_TEXT_H
#define BELAY_NOTIFY_JIRA_TEXT_H

#include "said.h"

/* A description or a comment; its last line is the mark. Fresh. */
char *jira_text(const struct channel_job *job);

/* Words by which a comment is known, so that none is made twice. Fresh. */
char *jira_mark(const struct channel_job *job);

#endif
