# The SDK: the codec, and decide and evolve across the tables.
foreach(hop codec reduce_abi)
  add_executable(bench_${hop} ${hop}.cpp)
  target_link_libraries(bench_${hop} PRIVATE composable_sdk benchmark::benchmark)
endforeach()
