// These functions find libraries that a plugin needs and that have changed on disk since they were
// mapped. The dynamic loader maps each once for the whole process, so a new plugin would get the
// old one. System libraries are left out. Any thread; it blocks.
#pragma once
#include <filesystem>
#include <string>

namespace composable::host {

// For a plugin that is mapped from `file`, returns the path of a library that it needs, directly or
// not, and whose file is not what is mapped; empty: there is none. Records libraries that are
// mapped for the first time.
std::filesystem::path changed_library_of(const std::filesystem::path& file);

// Call it after an unmapping: a library that is mapped again later comes from its file then.
void forget_unmapped_libraries();

}  // namespace composable::host
