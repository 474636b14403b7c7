/* A scanner for S3's answers. It goes over the document once; one buffer per open element. */
#include "platform/s3_xml.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "belay/mem.h"

struct element {
	char name[S3_XML_NAME_MAX + 1];
	struct str text;
};

struct scanner {
	const char *at, *end;
	struct element open[S3_XML_DEPTH_MAX];
	size_t depth;
	bool seen; /* the outermost element has begun */
	s3_xml_element *element;
	void *context;
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool looking_at(const struct scanner *scan, const char *word)
{
	size_t len = strlen(word);
	return (size_t)(scan->end - scan->at) >= len && memcmp(scan->at, word, len) == 0;
}

/* Goes behind the next `word`. */
static bool skip_past(struct scanner *scan, const char *word)
{
	const char *found =
		memmem(scan->at, (size_t)(scan->end - scan->at), word, strlen(word));
	if (!found)
		return false;
	scan->at = found + strlen(word);
	return true;
}

/* --- text ---------------------------------------------------------------------------------- */

static void add_utf8(struct str *out, unsigned long code)
{
	if (code < 0x80) {
		str_add_char(out, (char)code);
	} else if (code < 0x800) {
		str_add_char(out, (char)(0xc0 | code >> 6));
		str_add_char(out, (char)(0x80 | (code & 0x3f)));
	} else if (code < 0x10000) {
		str_add_char(out, (char)(0xe0 | code >> 12));
		str_add_char(out, (char)(0x80 | (code >> 6 & 0x3f)));
		str_add_char(out, (char)(0x80 | (code & 0x3f)));
	} else {
		str_add_char(out, (char)(0xf0 | code >> 18));
		str_add_char(out, (char)(0x80 | (code >> 12 & 0x3f)));
		str_add_char(out, (char)(0x80 | (code >> 6 & 0x3f)));
		str_add_char(out, (char)(0x80 | (code & 0x3f)));
	}
}

/* "#38" or "#x26" */
static bool add_reference(struct str *out, const char *text, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	bool hexadecimal = len > 1 && text[1] == 'x';
	unsigned base = hexadecimal ? 16 : 10;
	unsigned long code = 0;
	size_t first = hexadecimal ? 2 : 1;
	for (size_t i = first; i < len; i++) {
		char lower = text[i];
		if (lower >= 'A' && lower <= 'F')
			lower = (char)(lower - 'A' + 'a');
		const char *digit = lower ? memchr(digits, lower, base) : NULL;
		if (!digit)
			return false;
		code = code * base + (unsigned long)(digit - digits);
		if (code > 0x10ffff)
			return false;
	}
	if (len == first || code == 0 || (code >= 0xd800 && code < 0xe000))
		return false;
	add_utf8(out, code);
	return true;
}

/* Behind the "&". */
static bool scan_entity(struct scanner *scan, struct str *out)
{
	static const struct {
		const char *name;
		char c;
	} named[] = {
		{"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}};
	size_t left = (size_t)(scan->end - scan->at);
	const char *end = memchr(scan->at, ';', left < 12 ? left : 12);
	if (!end)
		return false;
	const char *name = scan->at;
	size_t len = (size_t)(end - name);
	scan->at = end + 1;
	if (len && *name == '#')
		return add_reference(out, name, len);
	for (size_t i = 0; i < ARRAY_SIZE(named); i++) {
		if (strlen(named[i].name) == len &&
		    memcmp(named[i].name, name, len) == 0) {
			str_add_char(out, named[i].c);
			return true;
		}
	}
	return false;
}

/* Up to the next "<". Outside of elements only white space may stand. */
static bool scan_text(struct scanner *scan)
{
	while (scan->at < scan->end && *scan->at != '<') {
		char c = *scan->at++;
		if (c == '\0')
			return false;
		if (!scan->depth) {
			if (!is_space(c))
				return false;
			continue;
		}
		struct str *text = &scan->open[scan->depth - 1].text;
		if (c != '&')
			str_add_char(text, c);
		else if (!scan_entity(scan, text))
			return false;
		if (text->truncated)
			return false;
	}
	return true;
}

static bool scan_cdata(struct scanner *scan)
{
	scan->at += strlen("<![CDATA[");
	const char *start = scan->at;
	if (!scan->depth || !skip_past(scan, "]]>"))
		return false;
	struct str *text = &scan->open[scan->depth - 1].text;
	size_t len = (size_t)(scan->at - start) - 3;
	if (memchr(start, '\0', len))
		return false;
	str_add_bytes(text, start, len);
	return !text->truncated;
}

/* --- elements ------------------------------------------------------------------------------ */

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' || c == ':';
}

static bool scan_name(struct scanner *scan, char name[static S3_XML_NAME_MAX + 1])
{
	size_t len = 0;
	while (scan->at < scan->end && is_name_char(*scan->at)) {
		if (len == S3_XML_NAME_MAX)
			return false;
		name[len++] = *scan->at++;
	}
	name[len] = '\0';
	return len > 0;
}

static void report(struct scanner *scan)
{
	struct element *element = &scan->open[--scan->depth];
	char *text = element->text.len ? element->text.data : NULL;
	size_t len = element->text.len;
	while (len && is_space(text[len - 1]))
		text[--len] = '\0';
	while (len && is_space(*text))
		text++, len--;
	scan->element(scan->context, scan->depth ? scan->open[scan->depth - 1].name : "",
		      element->name, text ? text : "");
}

static bool scan_start(struct scanner *scan)
{
	scan->at++;
	if (scan->depth == S3_XML_DEPTH_MAX || (!scan->depth && scan->seen))
		return false;
	struct element *element = &scan->open[scan->depth];
	if (!scan_name(scan, element->name))
		return false;
	element->text.max_bytes = S3_XML_TEXT_MAX;
	str_clear(&element->text);
	scan->seen = true;
	scan->depth++;
	char quote = '\0';
	for (; scan->at < scan->end; scan->at++) {
		char c = *scan->at;
		if (quote)
			quote = c == quote ? '\0' : quote;
		else if (c == '"' || c == '\'')
			quote = c;
		else if (c == '<')
			return false;
		else if (c == '>')
			break;
	}
	if (scan->at == scan->end)
		return false;
	bool empty = scan->at[-1] == '/';
	scan->at++;
	if (empty)
		report(scan);
	return true;
}

static bool scan_end(struct scanner *scan)
{
	char name[S3_XML_NAME_MAX + 1];
	scan->at += 2;
	if (!scan_name(scan, name))
		return false;
	while (scan->at < scan->end && is_space(*scan->at))
		scan->at++;
	if (scan->at == scan->end || *scan->at++ != '>' || !scan->depth ||
	    strcmp(name, scan->open[scan->depth - 1].name) != 0)
		return false;
	report(scan);
	return true;
}

static bool scan_markup(struct scanner *scan)
{
	if (looking_at(scan, "<?"))
		return skip_past(scan, "?>");
	if (looking_at(scan, "<!--"))
		return skip_past(scan, "-->");
	if (looking_at(scan, "<![CDATA["))
		return scan_cdata(scan);
	if (looking_at(scan, "</"))
		return scan_end(scan);
	return scan_start(scan); /* also "<!DOCTYPE": no name */
}

int s3_xml_walk(const char *text, size_t len, s3_xml_element *element, void *context,
		struct err *err)
{
	struct scanner scan = {
		.at = text, .end = text + len, .element = element, .context = context};
	bool good = true;
	while (good && scan.at < scan.end)
		good = *scan.at == '<' ? scan_markup(&scan) : scan_text(&scan);
	good = good && scan.seen && scan.depth == 0;
	for (size_t i = 0; i < S3_XML_DEPTH_MAX; i++)
		str_release(&scan.open[i].text);
	return good ? 0
		    : err_set(err, ERR_NET, "the answer is not the XML of an S3 store");
}

void s3_xml_escape(struct str *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '<':
			str_add(out, "&lt;");
			break;
		case '>':
			str_add(out, "&gt;");
			break;
		case '&':
			str_add(out, "&amp;");
			break;
		case '"':
			str_add(out, "&quot;");
			break;
		default:
			str_add_char(out, *text);
		}
	}
}
