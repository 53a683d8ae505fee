// lint finds what keeps a plugin's code from being unmapped safely, and what else may surprise its
// author, in the binary alone. The findings say why a plugin is loaded as permanent. Any thread.
#pragma once
#include <string>
#include <vector>

#include "plugin/elf_file.hpp"

namespace composable::host {

struct Finding {
  std::string text;
  bool permanent = false;  // the plugin can be loaded, but not reloaded
};

std::vector<Finding> lint(const ElfFile& file);

// Whether one of the findings makes the plugin permanent.
bool is_permanent(const std::vector<Finding>& findings);

}  // namespace composable::host
