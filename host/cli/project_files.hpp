// These functions make a project from templates: files of the SDK whose names and text hold
// @placeholders@. No existing file is overwritten. Used by `composable new`, on the main thread.
#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace composable::host {

// domain → my-shop: what stands for @domain@.
using Placeholders = std::map<std::string, std::string, std::less<>>;

struct ProjectFile {
  std::filesystem::path path;  // inside the project
  std::string text;
};

// Every @name@ of `values` replaced; other text, other @ included, stays as it is.
std::string filled(std::string_view text, const Placeholders& values);

// All files below `folder`, filled, in the order of their paths.
absl::StatusOr<std::vector<ProjectFile>> read_templates(const std::filesystem::path& folder,
                                                        const Placeholders& values);

// Makes `directory`, which must not exist or be empty, and the files in it. When one cannot be
// written, those before it are removed again.
absl::Status write_project(const std::filesystem::path& directory,
                           const std::vector<ProjectFile>& files);

}  // namespace composable::host
