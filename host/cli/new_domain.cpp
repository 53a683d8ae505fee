// composable new domain: creates a project for a new domain and prints how to build and serve it.
#include <algorithm>
#include <ostream>

#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "cli/domain_name.hpp"
#include "cli/project_files.hpp"
#include "cli/verbs.hpp"
#include "observe/escaped.hpp"

namespace composable::host {
namespace {

namespace fs = std::filesystem;

constexpr int kRefused = 1;
constexpr int kUsage = 2;
constexpr std::size_t kLongestWord = 64;

// `word` as a shell takes it.
std::string shell_word(std::string_view word) {
  const bool plain = !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-./+,:=@%").find(c) != std::string_view::npos;
  });
  if (plain) return std::string(word);
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? "'\\''" : std::string(1, c);
  return text + "'";
}

fs::path prefix_of(const fs::path& program) { return program.parent_path().parent_path(); }

// How a shell with this environment calls this very program.
std::string callable(const Invocation& call) {
  constexpr std::string_view kPath = "PATH=";
  for (const std::string& variable : call.environment) {
    if (!variable.starts_with(kPath)) continue;
    const std::vector<std::string> directories =
        absl::StrSplit(variable.substr(kPath.size()), ':', absl::SkipEmpty());
    for (const std::string& directory : directories) {
      const fs::path found = fs::path(directory) / call.program.filename();
      std::error_code error;
      if (!fs::exists(found, error)) continue;
      if (fs::equivalent(found, call.program, error)) return call.program.filename();
      break;  // another one comes first
    }
  }
  return shell_word(call.program.string());
}

// CMake needs the prefix of the installation when it would not search there.
std::string configure_command(const fs::path& prefix) {
  const bool standard = prefix == "/usr" || prefix == "/usr/local";
  return standard ? "cmake --preset dev"
                  : "cmake --preset dev -DCMAKE_PREFIX_PATH=" + shell_word(prefix.string());
}

std::string next_steps(const NewProject& project, const fs::path& directory, std::size_t n_files,
                       const Invocation& call) {
  return absl::StrFormat(
      "created %s with %d files\n\n"
      "build it and run its tests:\n\n"
      "  cd %s\n"
      "  %s\n"
      "  cmake --build --preset dev\n"
      "  ctest --preset dev\n\n"
      "serve it at http://127.0.0.1:3000/api/v1/%s:\n\n"
      "  %s run --plugins build/dev/plugins\n\n"
      "or copy build/dev/plugins/%s.so into the plugin directory of another host\n",
      shell_word(directory.string()), n_files, shell_word(directory.string()),
      configure_command(prefix_of(call.program)), project.name, callable(call), project.name);
}

// The files of a language, and those that every project has.
absl::StatusOr<std::vector<ProjectFile>> project_files(const NewProject& project,
                                                       const Invocation& call) {
  const fs::path templates = prefix_of(call.program) / "share" / "composable" / "templates";
  std::string program;
  append_escaped(program, call.program.string());
  const Placeholders values = {{"domain", project.name},
                               {"Domain", domain_type_name(project.name)},
                               {"file", domain_file_name(project.name)},
                               {"program", program},  // as it stands in JSON
                               {"version", COMPOSABLE_VERSION}};
  auto files = read_templates(templates / "project", values);
  if (!files.ok()) return files;
  auto of_language = read_templates(templates / (project.in_c ? "c" : "cpp"), values);
  if (!of_language.ok()) return of_language;
  files->insert(files->end(), of_language->begin(), of_language->end());
  return files;
}

int refuse(Invocation& call, int exit_code, std::string_view what) {
  call.err << "new " << what << '\n';
  return exit_code;
}

}  // namespace

int new_verb(const VerbOptions& options, Invocation& call) {
  const NewProject& project = options.project;
  if (project.kind != "domain") {
    return refuse(call, kUsage,
                  absl::StrFormat("%s: unknown kind; use composable new domain NAME",
                                  in_quotes(project.kind, kLongestWord)));
  }
  if (const std::string mistake = domain_name_mistake(project.name); !mistake.empty()) {
    return refuse(call, kUsage, "domain: " + mistake);
  }
  const auto files = project_files(project, call);
  if (!files.ok())
    return refuse(call, kRefused, absl::StrFormat("domain: %s", files.status().message()));
  const fs::path directory =
      project.directory.empty() ? fs::path(project.name) : fs::path(project.directory);
  if (const absl::Status status = write_project(directory, *files); !status.ok()) {
    return refuse(call, kRefused, absl::StrFormat("domain: %s", status.message()));
  }
  call.out << next_steps(project, directory, files->size(), call);
  return 0;
}

}  // namespace composable::host
