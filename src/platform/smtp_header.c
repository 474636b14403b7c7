/* Header fields of a mail. A value of printable ASCII stays as it is and is folded at its spaces; any
 * other becomes encoded words of whole characters, at most 75 columns each (RFC 2047, 2). */
#include "platform/smtp_header.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "belay/mem.h"
#include "belay/str.h"

#define LINE_COLUMNS 76
#define WORD_COLUMNS 75
#define LOCAL_MAX 64    /* RFC 5321, 4.5.3.1 */
#define WORD_MAX 900    /* of the 998 columns that a line may have (RFC 5322, 2.1.1) */
#define MAILBOX_MAX 254 /* what fits into a path of 256 */

static bool is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

static bool is_ascii(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text >= 0x80)
			return false;
	return true;
}

static int check_line(const char *name, const char *value, struct err *err)
{
	for (const char *at = value; *at; at++)
		if (is_control(*at))
			return err_set(
				err, ERR_CONFIG,
				"the value of header '%s' contains a line break or "
				"another control character",
				name);
	return 0;
}

/* RFC 5322, 3.6.8: printable ASCII but the colon. */
static int check_name(const char *name, struct err *err)
{
	for (const char *at = name; *at; at++)
		if (*at <= ' ' || *at == ':' || (unsigned char)*at >= 0x7f)
			return err_set(err, ERR_CONFIG,
				       "'%s' is no name of a mail header", name);
	return *name ? 0 : err_set(err, ERR_CONFIG, "a mail header has no name");
}

/* --- encoded words ------------------------------------------------------------------------- */

/* Bytes of the character at `at`, of well-formed UTF-8. */
static size_t char_len(const char *at)
{
	size_t len = 1;
	while (((unsigned char)at[len] & 0xc0) == 0x80)
		len++;
	return len;
}

/* RFC 2047, 5 (3): what may stand for itself also in a phrase. */
static bool is_plain(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("!*+-/", c));
}

static void add_encoded_char(struct str *out, const char *at, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (is_plain(at[i]))
			str_add_char(out, at[i]);
		else if (at[i] == ' ')
			str_add_char(out, '_');
		else
			str_addf(out, "=%02X", (unsigned)(unsigned char)at[i]);
	}
}

/* A line under way: `columns` of it are used. */
struct folding {
	struct str out;
	size_t columns;
};

static void fold_add(struct folding *folding, const char *text)
{
	str_add(&folding->out, text);
	folding->columns += strlen(text);
}

static void fold_break(struct folding *folding)
{
	str_add(&folding->out, "\r\n ");
	folding->columns = 1;
}

static void add_encoded(struct folding *folding, const char *value)
{
	static const char open[] = "=?UTF-8?Q?", close[] = "?=";
	if (folding->columns + WORD_COLUMNS / 2 > LINE_COLUMNS)
		fold_break(folding);
	fold_add(folding, open);
	size_t word = sizeof open - 1;
	for (const char *at = value; *at;) {
		size_t len = char_len(at);
		_cleanup_str_ struct str piece = STR_INIT;
		add_encoded_char(&piece, at, len);
		if (word + piece.len + sizeof close - 1 > WORD_COLUMNS ||
		    folding->columns + piece.len + sizeof close - 1 > LINE_COLUMNS) {
			fold_add(folding, close);
			fold_break(folding);
			fold_add(folding, open);
			word = sizeof open - 1;
		}
		fold_add(folding, str_text(&piece));
		word += piece.len;
		at += len;
	}
	fold_add(folding, close);
}

/* --- fields -------------------------------------------------------------------------------- */

/* Folds at spaces; a word that is longer than a line stays in one piece. */
static void add_ascii(struct folding *folding, const char *value)
{
	for (const char *at = value; *at;) {
		size_t spaces = strspn(at, " ");
		size_t len = spaces + strcspn(at + spaces, " ");
		bool last = at[len] == '\0';
		_cleanup_free_ char *piece = mem_strndup(at, len);
		if (spaces && len > spaces && folding->columns + len > LINE_COLUMNS) {
			/* The fold stands before a space, which belongs to the value. */
			str_add(&folding->out, "\r\n");
			folding->columns = 0;
		}
		if (len > spaces || !last)
			fold_add(folding, piece);
		at += len;
	}
}

/* Not "=?", which would be read as an encoded word, and no word that is longer than a line may be. */
static bool stands_for_itself(const char *value)
{
	size_t longest = 0;
	for (const char *at = value; *at; at += strspn(at, " ")) {
		size_t len = strcspn(at, " ");
		longest = len > longest ? len : longest;
		at += len;
	}
	return is_ascii(value) && !strstr(value, "=?") && longest <= WORD_MAX;
}

static struct folding field_begin(const char *name)
{
	struct folding folding = {.out = STR_INIT};
	fold_add(&folding, name);
	fold_add(&folding, ": ");
	return folding;
}

int smtp_header_text(const char *name, const char *value, char **ret, struct err *err)
{
	if (check_name(name, err) < 0 || check_line(name, value, err) < 0)
		return -1;
	struct folding folding = field_begin(name);
	if (stands_for_itself(value))
		add_ascii(&folding, value);
	else
		add_encoded(&folding, value);
	*ret = str_take(&folding.out);
	return 0;
}

/* RFC 5322, 3.2.3: a phrase of such characters needs no quotes. */
static bool is_phrase(const char *text)
{
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) &&
		    !strchr("!#$%&'*+-/=?^_`{|}~ ", *text))
			return false;
	return true;
}

static void add_name(struct folding *folding, const char *name)
{
	if (!is_ascii(name) || strstr(name, "=?")) {
		add_encoded(folding, name);
		return;
	}
	if (is_phrase(name)) {
		fold_add(folding, name);
		return;
	}
	_cleanup_str_ struct str quoted = STR_INIT;
	str_add_char(&quoted, '"');
	for (const char *at = name; *at; at++)
		str_addf(&quoted, "%s%c", *at == '"' || *at == '\\' ? "\\" : "", *at);
	str_add_char(&quoted, '"');
	fold_add(folding, str_text(&quoted));
}

static void add_address(struct folding *folding, const struct smtp_address *address)
{
	if (!address->name) {
		fold_add(folding, address->mailbox);
		return;
	}
	add_name(folding, address->name);
	if (folding->columns + strlen(address->mailbox) + 3 > LINE_COLUMNS)
		fold_break(folding);
	else
		fold_add(folding, " ");
	fold_add(folding, "<");
	fold_add(folding, address->mailbox);
	fold_add(folding, ">");
}

int smtp_header_addresses(const char *name, const struct smtp_address *addresses,
			  size_t count, char **ret, struct err *err)
{
	if (check_name(name, err) < 0)
		return -1;
	struct folding folding = field_begin(name);
	for (size_t i = 0; i < count; i++) {
		if (i > 0) {
			fold_add(&folding, ",");
			fold_break(&folding);
		}
		add_address(&folding, &addresses[i]);
	}
	*ret = str_take(&folding.out);
	return 0;
}

/* --- addresses ----------------------------------------------------------------------------- */

void smtp_address_release(struct smtp_address *address)
{
	free(address->name);
	free(address->mailbox);
	*address = (struct smtp_address){0};
}

/* Dot-atom on the left, a name or an address literal on the right: no quoted local parts. */
static bool is_mailbox(const char *text)
{
	static const char atext[] = "!#$%&'*+-/=?^_`{|}~.";
	const char *sign = strchr(text, '@');
	if (!sign || sign == text || !sign[1] || sign - text > LOCAL_MAX ||
	    strlen(text) > MAILBOX_MAX || text[0] == '.' || sign[-1] == '.')
		return false;
	for (const char *at = text; at < sign; at++)
		if (!isalnum((unsigned char)*at) && !strchr(atext, *at))
			return false;
	for (const char *at = sign + 1; *at; at++)
		if (!isalnum((unsigned char)*at) && !strchr("-.[]:", *at))
			return false;
	return true;
}

static char *trimmed(const char *text, size_t len)
{
	while (len && *text == ' ') {
		text++;
		len--;
	}
	while (len && text[len - 1] == ' ')
		len--;
	return mem_strndup(text, len);
}

/* "\"Ops, night\"" → "Ops, night". Takes and gives. */
static char *unquoted(char *name)
{
	size_t len = strlen(name);
	if (len < 2 || name[0] != '"' || name[len - 1] != '"')
		return name;
	struct str out = STR_INIT;
	for (size_t i = 1; i + 1 < len; i++) {
		if (name[i] == '\\' && i + 2 < len)
			i++;
		str_add_char(&out, name[i]);
	}
	free(name);
	return out.data ? str_take(&out) : mem_strdup("");
}

int smtp_address_parse(const char *text, struct smtp_address *ret, struct err *err)
{
	struct smtp_address address = {0};
	const char *open = strrchr(text, '<');
	size_t len = strlen(text);
	if (open && len && text[len - 1] == '>') {
		address.name = unquoted(trimmed(text, (size_t)(open - text)));
		address.mailbox =
			trimmed(open + 1, (size_t)(text + len - 1 - (open + 1)));
	} else {
		address.mailbox = trimmed(text, len);
	}
	if (address.name && !*address.name)
		mem_freep(&address.name);
	bool usable = is_mailbox(address.mailbox);
	for (const char *at = address.name ? address.name : ""; *at && usable; at++)
		usable = !is_control(*at);
	if (!usable) {
		smtp_address_release(&address);
		err_set(err, ERR_CONFIG, "'%s' is no mail address", text);
		return err_hint(err, "write ops@example.com or Ops <ops@example.com>; "
				     "the address itself in ASCII");
	}
	*ret = address;
	return 0;
}

/* --- time ---------------------------------------------------------------------------------- */

const char *smtp_date(int64_t at_ms, char buffer[static SMTP_DATE_BYTES])
{
	static const char *const days[] = {"Sun", "Mon", "Tue", "Wed",
					   "Thu", "Fri", "Sat"};
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t at = (time_t)(at_ms / 1000);
	struct tm tm = {0};
	gmtime_r(&at, &tm);
	snprintf(buffer, SMTP_DATE_BYTES, "%s, %d %s %d %02d:%02d:%02d +0000",
		 days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900,
		 tm.tm_hour, tm.tm_min, tm.tm_sec);
	return buffer;
}
