# The libraries, each as dep::NAME. Headers are handed out separately (see Rooms.cmake): a room sees those it may use.
if(NOT EXISTS "${BELAY_DEPS}/VERSIONS")
	message(FATAL_ERROR "No libraries at '${BELAY_DEPS}': run scripts/bootstrap first, or set BELAY_DEPS.")
endif()

# belay_dependency(NAME ARCHIVE [LINK…]): an archive from the prefix or, if it is not one of those, the system's. Archives
# only, in every kind of build, so that a sanitizer build runs the code that is released.
function(belay_dependency name archive)
	set(file "${BELAY_DEPS}/lib/${archive}")
	if(NOT EXISTS "${file}")
		find_library(BELAY_LIB_${name} NAMES "${archive}" NO_CMAKE_ENVIRONMENT_PATH NO_SYSTEM_ENVIRONMENT_PATH REQUIRED)
		mark_as_advanced(BELAY_LIB_${name})
		set(file "${BELAY_LIB_${name}}")
	endif()
	add_library(dep::${name} STATIC IMPORTED GLOBAL)
	set_target_properties(dep::${name} PROPERTIES IMPORTED_LOCATION "${file}" INTERFACE_LINK_LIBRARIES "${ARGN}")
endfunction()

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)

belay_dependency(z libz.a)
belay_dependency(zstd libzstd.a Threads::Threads)
belay_dependency(crypto libcrypto.a Threads::Threads ${CMAKE_DL_LIBS})
belay_dependency(ssl libssl.a dep::crypto)
belay_dependency(jansson libjansson.a)
belay_dependency(yaml libyaml.a)
belay_dependency(http_parser libhttp_parser.a)
belay_dependency(onig libonig.a)
belay_dependency(jq libjq.a dep::onig m Threads::Threads)
belay_dependency(curl libcurl.a dep::ssl dep::crypto dep::z Threads::Threads)
belay_dependency(git2 libgit2.a dep::http_parser dep::z Threads::Threads)
belay_dependency(ssh libssh.a dep::crypto dep::z Threads::Threads)
belay_dependency(archive libarchive.a dep::crypto dep::z dep::zstd)

add_library(dep::all INTERFACE IMPORTED GLOBAL)
target_link_libraries(dep::all INTERFACE dep::curl dep::git2 dep::ssh dep::archive dep::jq dep::yaml dep::jansson dep::ssl
	dep::zstd)

# The prefix has one include directory. The room that may use jq and its regular expressions, and nothing else of it, gets a
# directory with just these.
set(BELAY_JQ_INCLUDE "${PROJECT_BINARY_DIR}/deps/jq")
file(MAKE_DIRECTORY "${BELAY_JQ_INCLUDE}")
foreach(header jq.h jv.h oniguruma.h)
	file(CREATE_LINK "${BELAY_DEPS}/include/${header}" "${BELAY_JQ_INCLUDE}/${header}" SYMBOLIC)
endforeach()
