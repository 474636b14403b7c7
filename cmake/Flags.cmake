# Interface libraries: belay_settings is what every piece of a build must agree on (sanitizers, hardening);
# belay_house_rules is what our own code is held to (warnings, banned functions).

set(CMAKE_C_FLAGS_DEBUG "-Og -g")
# No -DNDEBUG: an assert is a programmer's mistake, and a deployment tool had better stop there too.
set(CMAKE_C_FLAGS_RELEASE "-O2")

add_library(belay_settings INTERFACE)
target_compile_definitions(belay_settings INTERFACE _GNU_SOURCE)
target_compile_options(belay_settings INTERFACE -fPIE -ffunction-sections -fdata-sections)
target_link_options(belay_settings INTERFACE -Wl,--gc-sections -Wl,-z,relro,-z,now -Wl,-z,noexecstack)

if(CMAKE_BUILD_TYPE STREQUAL Release)
	target_compile_options(belay_settings INTERFACE -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
	if(CMAKE_SYSTEM_PROCESSOR STREQUAL x86_64)
		target_compile_options(belay_settings INTERFACE -fcf-protection -fstack-clash-protection)
	endif()
	target_link_options(belay_settings INTERFACE -s)
endif()

if(BELAY_SANITIZE)
	target_compile_options(belay_settings INTERFACE -fsanitize=${BELAY_SANITIZE} -fno-sanitize-recover=all
		-fno-omit-frame-pointer)
	# libFuzzer brings a main of its own: only fuzzers link it (tests/CMakeLists.txt).
	string(REPLACE "fuzzer-no-link," "" link_sanitizers "${BELAY_SANITIZE}")
	target_link_options(belay_settings INTERFACE -fsanitize=${link_sanitizers})
endif()
if(BELAY_COVERAGE)
	target_compile_options(belay_settings INTERFACE --coverage -O0 -fprofile-update=atomic)
	target_link_options(belay_settings INTERFACE --coverage)
endif()

add_library(belay_warnings INTERFACE)
target_compile_options(belay_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wvla -Wstrict-prototypes
	-Wmissing-prototypes -Wswitch-enum -Wformat=2 -Wwrite-strings -Wpointer-arith -Wundef
	# What an initializer leaves out is zero: table rows and libgit2's *_INIT macros rely on it.
	-Wno-missing-field-initializers)
if(CMAKE_C_COMPILER_ID MATCHES Clang)
	# Pedantic clang also objects to the GNU extensions we chose to use.
	target_compile_options(belay_warnings INTERFACE -Wno-gnu-statement-expression -Wno-gnu-zero-variadic-macro-arguments
		-Wno-gnu-auto-type -Wno-gnu-conditional-omitted-operand)
endif()
if(BELAY_WERROR)
	target_compile_options(belay_warnings INTERFACE -Werror)
endif()

add_library(belay_house_rules INTERFACE)
target_link_libraries(belay_house_rules INTERFACE belay_settings belay_warnings)
target_include_directories(belay_house_rules INTERFACE "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/src")
target_compile_options(belay_house_rules INTERFACE "SHELL:-include belay/banned.h")

# belay_program(TARGET): links what is shipped, static where that is asked for. Tests stay dynamic: quicker to link, and
# their gain from being static is nil.
function(belay_program target)
	if(BELAY_STATIC)
		target_link_options(${target} PRIVATE -static-pie)
		set_target_properties(${target} PROPERTIES C_LINKER_LAUNCHER "${PROJECT_SOURCE_DIR}/cmake/link-static")
	else()
		target_link_options(${target} PRIVATE -pie)
	endif()
endfunction()
