/* The body of an issue, which anybody may have edited: what stands around the page stays, and a page that was
 * written is the same when it is written again. Input: the page, a line "====", the body. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"
#include "belay/str.h"
#include "notify/issue_page.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *page = mem_strndup((const char *)data, size);
	char *cut = strstr(page, "\n====\n");
	if (!cut)
		return 0;
	const char *body = cut + 6;
	cut[1] = '\0';
	_cleanup_free_ char *renewed = issue_page_renew(body, page);
	_cleanup_free_ char *again = renewed ? issue_page_renew(renewed, page) : NULL;
	/* Pages hold no hidden lines of ours, incident_add_page() makes them harmless, and no ticks. A
	 * return in the middle of either would only hide it from this question. */
	if (again && !strstr(page, "belay:page") && !strcasestr(page, "[x]") &&
	    !strchr(page, '\r'))
		abort();
	if (renewed && !strstr(renewed, "<!-- belay:page end -->"))
		abort();
	return 0;
}
