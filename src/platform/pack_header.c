/* Writing and reading a chunk's own frames. */
#include "platform/pack_header.h"

#include <string.h>

static const unsigned char header_magic[4] = {0x5b, 0x2a, 0x4d, 0x18};
static const unsigned char padding_magic[4] = {0x5c, 0x2a, 0x4d, 0x18};
static const unsigned char mark[8] = {'b', 'e', 'l', 'a', 'y', 0, 1, 0};

enum { AT_MARK = 8, AT_ID = 16, AT_INDEX = 32, AT_FINAL = 40 };

static void write_little(unsigned char *out, uint64_t value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		out[i] = (unsigned char)(value >> (8 * i));
}

static uint64_t read_little(const unsigned char *in, int bytes)
{
	uint64_t value = 0;
	for (int i = bytes; i-- > 0;)
		value = value << 8 | in[i];
	return value;
}

void pack_header_write(unsigned char *out, const unsigned char id[static PACK_ID_BYTES],
		       uint64_t index, bool final)
{
	memset(out, 0, PACK_HEADER_BYTES);
	memcpy(out, header_magic, sizeof header_magic);
	write_little(out + 4, PACK_HEADER_BYTES - PACK_FRAME_HEADER_BYTES, 4);
	memcpy(out + AT_MARK, mark, sizeof mark);
	memcpy(out + AT_ID, id, PACK_ID_BYTES);
	write_little(out + AT_INDEX, index, 8);
	out[AT_FINAL] = final;
}

void pack_padding_write(unsigned char *out, size_t bytes)
{
	memset(out, 0, bytes);
	memcpy(out, padding_magic, sizeof padding_magic);
	write_little(out + 4, bytes - PACK_FRAME_HEADER_BYTES, 4);
}

int pack_header_read(const unsigned char *chunk, size_t bytes, struct pack_header *ret,
		     struct err *err)
{
	if (bytes < PACK_HEADER_BYTES ||
	    memcmp(chunk, header_magic, sizeof header_magic) != 0 ||
	    read_little(chunk + 4, 4) != PACK_HEADER_BYTES - PACK_FRAME_HEADER_BYTES ||
	    memcmp(chunk + AT_MARK, mark, sizeof mark) != 0 || chunk[AT_FINAL] > 1)
		return err_set(err, ERR_STATE,
			       "it does not begin like a chunk of a backup");
	memcpy(ret->id, chunk + AT_ID, PACK_ID_BYTES);
	ret->index = read_little(chunk + AT_INDEX, 8);
	ret->final = chunk[AT_FINAL];
	return 0;
}
