#include "dev/project_build.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "project_directory.hpp"

namespace composable::host {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// A project whose only target runs `command`.
void write_project(const ProjectDirectory& project, std::string_view command) {
  project.write("CMakeLists.txt",
                "cmake_minimum_required(VERSION 3.25)\nproject(P LANGUAGES NONE)\n"
                "add_custom_target(it ALL COMMAND " +
                    std::string(command) + " VERBATIM)\n");
  project.write("CMakePresets.json",
                R"({"version": 6, "configurePresets": [{"name": "dev", "generator": "Ninja",
                    "binaryDir": "${sourceDir}/build/dev"}],
                    "buildPresets": [{"name": "dev", "configurePreset": "dev"}]})");
}

TEST(ProjectBuild, ConfiguresOnceAndBuilds) {
  const ProjectDirectory project;
  write_project(project, "cmake -E touch made");
  ProjectBuild build(project.path(), project.path() / "build" / "dev", {"-DWANTED=yes"});
  const BuildResult result = build.build();
  ASSERT_TRUE(result.ok) << result.output;
  EXPECT_TRUE(fs::exists(project.path() / "build" / "dev" / "made"));
  fs::remove(project.path() / "build" / "dev" / "made");
  const BuildResult again = build.build();
  EXPECT_TRUE(again.ok);
  EXPECT_TRUE(fs::exists(project.path() / "build" / "dev" / "made"));
  EXPECT_EQ(again.output.find("Configuring"), std::string::npos) << again.output;
}

TEST(ProjectBuild, ALongBuildTellsWhatItIsDoing) {
  const ProjectDirectory project;
  write_project(project, "cmake -E sleep 2.2");
  std::vector<std::string> lines;
  ProjectBuild build(project.path(), project.path() / "build" / "dev", {},
                     [&](std::string_view line) { lines.emplace_back(line); });
  EXPECT_TRUE(build.is_first());
  ASSERT_TRUE(build.build().ok);
  EXPECT_FALSE(build.is_first());
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_THAT(lines.front(), HasSubstr(" s so far"));
}

TEST(ProjectBuild, AFailureShowsWhatTheToolsSaid) {
  const ProjectDirectory project;
  write_project(project, "cmake -E cat nowhere.txt");
  ProjectBuild build(project.path(), project.path() / "build" / "dev", {});
  const BuildResult result = build.build();
  EXPECT_FALSE(result.ok);
  EXPECT_THAT(result.output, HasSubstr("nowhere.txt"));
}

TEST(ProjectBuild, AProjectThatCannotBeConfiguredIsAFailure) {
  const ProjectDirectory project;
  project.write("CMakePresets.json", "{");
  ProjectBuild build(project.path(), project.path() / "build" / "dev", {});
  const BuildResult result = build.build();
  EXPECT_FALSE(result.ok);
  EXPECT_FALSE(result.output.empty());
}

TEST(ProjectBuild, IsEndedWhenItIsTold) {
  const ProjectDirectory project;
  write_project(project, "cmake -E sleep 600");
  ProjectBuild build(project.path(), project.path() / "build" / "dev", {});
  BuildResult result{.ok = true, .output = {}};
  std::thread builder([&] { result = build.build(); });
  build.stop();
  builder.join();
  EXPECT_FALSE(result.ok);
}

}  // namespace
}  // namespace composable::host
