/* room: base
 * Attributes under short names, for the compilers we build with (gcc and clang). */
#ifndef BELAY_ATTR_H
#define BELAY_ATTR_H

#define ATTR_PRINTF(format_at, first_at)                                                 \
	__attribute__((format(printf, format_at, first_at)))
#define ATTR_MUST_USE __attribute__((warn_unused_result))
#define ATTR_NONNULL_RESULT __attribute__((returns_nonnull))
#define ATTR_MALLOC __attribute__((malloc, returns_nonnull, warn_unused_result))
#define ATTR_NORETURN __attribute__((noreturn))

#endif
