// A project's directory that goes when the test ends.
#pragma once
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace composable::host {

class ProjectDirectory {
 public:
  ProjectDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "composable-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~ProjectDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ProjectDirectory(const ProjectDirectory&) = delete;
  ProjectDirectory& operator=(const ProjectDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }
  void write(std::string_view name, std::string_view text) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name) << text;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace composable::host
