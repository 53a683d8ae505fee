add_executable(bench_event_append event_append.cpp)
target_link_libraries(bench_event_append PRIVATE composable_events benchmark::benchmark)

add_executable(bench_replay replay.cpp)
target_link_libraries(bench_replay PRIVATE composable_events benchmark::benchmark)
