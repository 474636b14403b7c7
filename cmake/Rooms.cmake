# One object library for each folder below src/ (docs/ARCHITECTURE.md says what each is for). Which third-party headers a
# room can see is decided here; scripts/check-layers checks the same on the text, also for headers that the system has.
set(BELAY_ROOMS base data platform effects state domain config client check driver notify engine render cli command)

set(room_includes_platform "${BELAY_DEPS}/include")
set(room_includes_data "${BELAY_JQ_INCLUDE}")

# An object library must not be empty; a room may be.
set(no_code "${PROJECT_BINARY_DIR}/no_code.c")
if(NOT EXISTS "${no_code}")
	file(WRITE "${no_code}" "extern int belay_no_code;\n")
endif()

foreach(room IN LISTS BELAY_ROOMS)
	file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/${room}/*.c")
	if(NOT sources)
		set(sources "${no_code}")
	endif()
	add_library(belay_${room} OBJECT ${sources})
	target_link_libraries(belay_${room} PRIVATE belay_house_rules)
	target_include_directories(belay_${room} SYSTEM PRIVATE ${room_includes_${room}})
endforeach()

# The one file that may read the environment for the seam.
set_source_files_properties("${PROJECT_SOURCE_DIR}/src/platform/env.c" PROPERTIES COMPILE_DEFINITIONS BELAY_MAY_USE_BANNED)
