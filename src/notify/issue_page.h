/* An incident as the body of an issue. Private to src/notify.
 *
 * The page stands between two hidden lines, so that it can be written anew when the incident changes:
 * what people wrote around it stays, and so do the boxes that they ticked in it.
 */
#ifndef BELAY_NOTIFY_ISSUE_PAGE_H
#define BELAY_NOTIFY_ISSUE_PAGE_H

/* The body of a new issue: the page, and the marker by which it is found again. Fresh. */
char *issue_page_new(const char *page, const char *marker);

/* The body with the page in place of the one that it holds; NULL when it holds none, because somebody
 * took it out, or when nothing changed. Fresh. */
char *issue_page_renew(const char *body, const char *page);

#endif
