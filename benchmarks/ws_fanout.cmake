add_executable(bench_ws_fanout ws_fanout.cpp)
target_link_libraries(bench_ws_fanout PRIVATE composable_ws benchmark::benchmark)
