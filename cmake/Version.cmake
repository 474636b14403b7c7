# Writes version.c (contract: include/belay/version.h) when the version has changed, and only then: a commit costs one
# small file and a link. The version is BELAY_VERSION, or what git says, or the project's.
if(NOT CMAKE_SCRIPT_MODE_FILE)
	add_custom_target(belay_version_file BYPRODUCTS "${PROJECT_BINARY_DIR}/version.c"
		COMMAND "${CMAKE_COMMAND}" "-DOUTPUT=${PROJECT_BINARY_DIR}/version.c" "-DROOT=${PROJECT_SOURCE_DIR}"
			"-DBASE=${PROJECT_VERSION}" "-DGIVEN=${BELAY_VERSION}" -P "${PROJECT_SOURCE_DIR}/cmake/Version.cmake"
		COMMENT "Version from git" VERBATIM)
	add_library(belay_version OBJECT "${PROJECT_BINARY_DIR}/version.c")
	add_dependencies(belay_version belay_version_file)
	target_link_libraries(belay_version PRIVATE belay_house_rules)
	return()
endif()

set(version "${GIVEN}")
if(NOT version AND EXISTS "${ROOT}/.git")
	# safe.directory: in a container the checkout often belongs to another user.
	execute_process(COMMAND git -c "safe.directory=*" describe --tags --always --dirty=.dirty "--match=v[0-9]*"
		WORKING_DIRECTORY "${ROOT}" OUTPUT_VARIABLE described OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE status)
	if(status EQUAL 0 AND described MATCHES "^v([0-9].*)$")
		set(version "${CMAKE_MATCH_1}")
	elseif(status EQUAL 0)
		set(version "${BASE}+g${described}")
	endif()
endif()
if(NOT version)
	set(version "${BASE}")
endif()
set(text "/* Written by cmake/Version.cmake. */\n#include \"belay/version.h\"\n\nconst char belay_version[] = \"${version}\";\n")
set(old "")
if(EXISTS "${OUTPUT}")
	file(READ "${OUTPUT}" old)
endif()
if(NOT text STREQUAL old)
	file(WRITE "${OUTPUT}" "${text}")
endif()
