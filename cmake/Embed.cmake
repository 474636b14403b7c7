# Puts files into the executable as the table that include/belay/embedded.h describes.
#
# schemas/*.json are found by their path ("schemas/config.schema.json"), everything below src/embedded/ by its path from
# there. Included by the build it declares the target belay_embedded; run as a script it writes the C file:
#     cmake -DOUTPUT=… -DROOT=… -P cmake/Embed.cmake -- FILE…
# Bytes become hexadecimal numbers: no tool, no assembler and no quoting rule is involved, any content works.
if(NOT CMAKE_SCRIPT_MODE_FILE)
	file(GLOB embedded_files CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/schemas/*.json")
	file(GLOB_RECURSE embedded_more CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/embedded/*")
	list(APPEND embedded_files ${embedded_more})
	add_custom_command(OUTPUT "${PROJECT_BINARY_DIR}/embedded.c"
		COMMAND "${CMAKE_COMMAND}" "-DOUTPUT=${PROJECT_BINARY_DIR}/embedded.c" "-DROOT=${PROJECT_SOURCE_DIR}"
			-P "${PROJECT_SOURCE_DIR}/cmake/Embed.cmake" -- ${embedded_files}
		DEPENDS ${embedded_files} "${PROJECT_SOURCE_DIR}/cmake/Embed.cmake"
		COMMENT "Embedding schemas and templates" VERBATIM)
	add_library(belay_embedded OBJECT "${PROJECT_BINARY_DIR}/embedded.c")
	target_link_libraries(belay_embedded PRIVATE belay_house_rules)
	return()
endif()

set(names "")
set(arrays "")
set(seen_separator FALSE)
math(EXPR last "${CMAKE_ARGC} - 1")
foreach(i RANGE ${last})
	set(path "${CMAKE_ARGV${i}}")
	if(path STREQUAL "--")
		set(seen_separator TRUE)
	elseif(seen_separator)
		file(RELATIVE_PATH name "${ROOT}" "${path}")
		string(REGEX REPLACE "^src/embedded/" "" name "${name}")
		list(APPEND names "${name}")
		set(path_of_${name} "${path}")
	endif()
endforeach()
list(SORT names) # the table is searched by bisection
set(count 0)
set(rows "")
foreach(name IN LISTS names)
	file(READ "${path_of_${name}}" hex HEX)
	string(LENGTH "${hex}" digits)
	math(EXPR size "${digits} / 2")
	string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
	string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)" "\\1\n"
		bytes "${bytes}")
	string(APPEND arrays "static const unsigned char file_${count}[] = { /* ${name} */\n${bytes}0};\n")
	string(APPEND rows "\t{\"${name}\", (const char *)file_${count}, ${size}},\n")
	math(EXPR count "${count} + 1")
endforeach()
file(WRITE "${OUTPUT}.new" "/* Written by cmake/Embed.cmake. */
#include \"belay/embedded.h\"

#include <string.h>

${arrays}
static const struct embedded files[] = {
${rows}\t{NULL, NULL, 0},
};
static const size_t file_count = ${count};

const struct embedded *embedded_at(size_t index)
{
	return index < file_count ? &files[index] : NULL;
}

const struct embedded *embedded_find(const char *name)
{
	size_t low = 0;
	size_t high = file_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(name, files[middle].name);
		if (order == 0)
			return &files[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}
")
file(RENAME "${OUTPUT}.new" "${OUTPUT}")
