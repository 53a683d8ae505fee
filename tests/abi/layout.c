/* Asserts every size, offset and constant of the ABI; compiled as C and as C++, with both compilers,
 * and with -fshort-enums, which must change nothing. */
#include "composable/abi/composable.h"

#ifdef __cplusplus
#include <string_view>
#define ASSERT static_assert
#define TEXT(name, text) static_assert(std::string_view(name) == text, #name);
#else
#define ASSERT _Static_assert
#define TEXT(name, text) _Static_assert(sizeof(name) == sizeof(text), #name);
#endif

#define SIZE(type, bytes) ASSERT(sizeof(type) == bytes, "size of " #type);
#define OFFSET(type, field, bytes) \
  ASSERT(offsetof(type, field) == bytes, "offset of " #field " in " #type);
#define VALUE(name, value) ASSERT((name) == (value), "value of " #name);

#include "baseline/layout.inc"

#define FROZEN(type, bytes) ASSERT(sizeof(type) == (bytes), #type " is frozen");
FROZEN(composable_str, 16)
FROZEN(composable_bytes, 16)
FROZEN(composable_writer, 16)
FROZEN(composable_action, 24)
FROZEN(composable_error, 512)
FROZEN(composable_note_desc, 96)
FROZEN(composable_note, 120)
