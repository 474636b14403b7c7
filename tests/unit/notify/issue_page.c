/* The page in an issue's body: what people did to it stays. */
#include "issue_page.h"

#include <stdlib.h>

#include "belay/mem.h"
#include "test.h"

#define PAGE "**P1**, open\n\n## Checklist\n\n- [ ] look\n- [ ] tell\n"
#define BODY "<!-- belay:page -->\n" PAGE "<!-- belay:page end -->\n<!-- marker -->\n"

TEST(a_new_body)
{
	_cleanup_free_ char *body = issue_page_new(PAGE, "<!-- marker -->");
	CHECK_STR_EQ(body, BODY);
}

static const struct row {
	const char *name, *body, *page, *want; /* NULL: left alone */
} rows[] = {
	{"nothing new", BODY, PAGE, NULL},
	{"something new", BODY, "**P1**, resolved\n",
	 "<!-- belay:page -->\n**P1**, resolved\n<!-- belay:page end -->\n<!-- marker -->\n"},
	{"ticked, and renewed",
	 "<!-- belay:page -->\n- [x] look\n- [X] tell\n- [x] gone\n<!-- belay:page end -->",
	 "new\n- [ ] look\n- [ ] tell\n- [ ] talk\n",
	 "<!-- belay:page -->\nnew\n- [x] look\n- [x] tell\n- [ ] talk\n"
	 "<!-- belay:page end -->"},
	{"words around it", "Mine.\n\n" BODY "\nAlso mine.", "new\n",
	 "Mine.\n\n<!-- belay:page -->\nnew\n<!-- belay:page end -->\n<!-- marker -->\n"
	 "\nAlso mine."},
	{"the editor's line ends",
	 "a\r\n<!-- belay:page -->\r\n- [x] look\r\n<!-- belay:page end -->\r\nb",
	 "- [ ] look\nnew\n",
	 "a\n<!-- belay:page -->\n- [x] look\nnew\n<!-- belay:page end -->\nb"},
	{"taken out", "just text", PAGE, NULL},
	{"no end", "<!-- belay:page -->\nx", PAGE, NULL},
	{"end before the beginning", "<!-- belay:page end -->\n<!-- belay:page -->\n",
	 PAGE, NULL},
	{"empty", "", PAGE, NULL},
};

TEST(a_body_is_renewed)
{
	FOR_ROWS(row, rows) {
		_cleanup_free_ char *body = issue_page_renew(row->body, row->page);
		CHECK_STR_EQ(body, row->want);
	}
}
