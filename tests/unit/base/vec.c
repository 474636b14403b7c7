/* Vectors, owned memory and secrets. */
#include "belay/vec.h"

#include <stdlib.h>

#include "belay/mem.h"
#include "belay/secret.h"
#include "test.h"

TEST(grows_and_zeroes_each_new_element)
{
	struct {
		struct pair {
			size_t index;
			char *name;
		} * items;
		size_t count, capacity;
	} pairs = {0};
	for (size_t i = 0; i < 1000; i++) {
		struct pair *pair = vec_push(&pairs);
		CHECK_NULL(pair->name);
		pair->index = i;
	}
	CHECK_INT_EQ(pairs.count, 1000);
	CHECK_INT_EQ(pairs.items[999].index, 999);
	free(pairs.items);
}

TEST(taking_leaves_null_behind)
{
	_cleanup_free_ char *text = mem_strdup("abc");
	_cleanup_free_ char *other = TAKE_PTR(text);
	CHECK_NULL(text);
	CHECK_STR_EQ(other, "abc");
}

TEST(a_secret_is_replaced_and_released)
{
	_cleanup_secret_ struct secret s = SECRET_INIT;
	secret_set(&s, "hunter2", 7);
	CHECK_MEM_EQ(s.data, s.len, "hunter2", 7);
	secret_set(&s, "", 0);
	CHECK_INT_EQ(s.len, 0);
	secret_release(&s);
	CHECK_NULL(s.data);
	secret_release(&s);
}
