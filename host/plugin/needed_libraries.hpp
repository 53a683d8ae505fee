// These functions find libraries that a plugin needs and that have changed on disk since they were
// mapped. The dynamic loader maps each once for the whole process, so a new plugin would get the
// old one. System libraries are left out. Any thread; it blocks.
#pragma once
#include <filesystem>
#include <string>

namespace composable::host {

// Of a plugin that is mapped from `file`: the path of one that it needs, directly or not, and whose
// file is not what is mapped; empty: there is none. What is mapped for the first time is
// remembered.
std::filesystem::path changed_library_of(const std::filesystem::path& file);

// After something was unmapped: what is mapped again later is mapped from its file then.
void forget_unmapped_libraries();

}  // namespace composable::host
