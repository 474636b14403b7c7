/* A message as a mail's two bodies. Private to email.c and email_page.c. */
#ifndef BELAY_NOTIFY_EMAIL_H
#define BELAY_NOTIFY_EMAIL_H

#include "said.h"

/* Fresh texts. The page loads nothing, runs nothing and sets no colour without its opposite, so that it
 * is readable on a dark ground as well. */
char *email_text(const struct channel_job *job);
char *email_html(const struct channel_job *job);

#endif
