# The headers of libraries that most files include, compiled once for each kind of target. Sources
# still include what they use: the clang preset builds without this.
set(COMPOSABLE_LIBRARY_HEADERS
  algorithm
  array
  atomic
  chrono
  condition_variable
  cstring
  deque
  filesystem
  functional
  map
  memory
  mutex
  optional
  span
  string
  string_view
  thread
  utility
  variant
  vector
  absl/container/flat_hash_map.h
  absl/functional/any_invocable.h
  absl/status/statusor.h
  absl/strings/str_format.h
  absl/time/time.h)

# composable_precompile(<target> [<headers>…]): the library headers and these, for <target> and for
# those that reuse them.
function(composable_precompile target)
  foreach(header ${COMPOSABLE_LIBRARY_HEADERS} ${ARGN})
    list(APPEND headers "$<$<COMPILE_LANGUAGE:CXX>:<${header}$<ANGLE-R>>")
  endforeach()
  target_precompile_headers(${target} PRIVATE ${headers})
endfunction()
