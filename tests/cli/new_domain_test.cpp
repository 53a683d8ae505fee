// composable new domain, on templates of its own and on the tree's.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "cli/command_line.hpp"
#include "cli/project_files.hpp"

namespace composable::host {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Not;

class IdleApp final : public HostApp {
 public:
  int run(const LoadedConfig&) override { return 70; }
  int dev(const LoadedConfig&, const DevProject&) override { return 70; }
  int dev_host(const LoadedConfig&) override { return 70; }
  CheckReport check(const LoadedConfig&, bool) override { return {}; }
  RoutesReport routes(const LoadedConfig&) override { return {}; }
  absl::StatusOr<HostAnswer> ask_host(const LoadedConfig&, std::string_view, std::string_view,
                                      std::string_view) override {
    return HostAnswer{};
  }
  int canary() override { return 70; }
  Inspection inspect(const InspectRequest&) override { return {}; }
  void verify(const VerifyRequest&, const TestDone&) override {}
  void list_tests(const TestListed&) override {}
  int plugin_task() override { return 70; }
};

// A directory of its own as if something were installed there, and an empty one to work in.
class NewDomainTest : public testing::Test {
 protected:
  NewDomainTest() {
    std::string name = (fs::temp_directory_path() / "new-domain-XXXXXX").string();
    root_ = fs::path(::mkdtemp(name.data()));
    fs::create_directories(templates());
    fs::create_directories(root_ / "work");
    was_ = fs::current_path();
    fs::current_path(root_ / "work");
  }
  ~NewDomainTest() override {
    fs::current_path(was_);
    fs::permissions(root_ / "work", fs::perms::owner_all);
    fs::remove_all(root_);
  }

  fs::path templates() const { return root_ / "share" / "composable" / "templates"; }
  void template_file(const fs::path& path, std::string_view text) const {
    fs::create_directories((templates() / path).parent_path());
    std::ofstream(templates() / path) << text;
  }
  void small_templates() const {
    template_file("project/.editor/settings", "@domain@ @Domain@ @file@ @other@ a@b");
    template_file("cpp/@file@.cpp", "struct @Domain@;\n");
    template_file("c/@file@.c", "/* @domain@ @version@ */\n");
  }
  void templates_of_the_tree() const {
    fs::remove(templates());
    fs::create_symlink(COMPOSABLE_TEMPLATES, templates());
  }

  int run(std::vector<std::string> arguments) {
    std::ostringstream out, err;
    Invocation call{environment_, root_ / "bin" / "composable", app_, out, err};
    arguments.insert(arguments.begin(), "new");
    const int exit_code = run_command_line(arguments, call);
    out_ = out.str();
    err_ = err.str();
    return exit_code;
  }
  static std::string text_of(const fs::path& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }
  static std::vector<std::string> files_in(const fs::path& directory) {
    std::vector<std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(directory)) {
      if (!entry.is_directory()) files.push_back(entry.path().lexically_relative(directory));
    }
    std::sort(files.begin(), files.end());
    return files;
  }

  IdleApp app_;
  fs::path root_, was_;
  std::vector<std::string> environment_;
  std::string out_, err_;
};

TEST_F(NewDomainTest, FillsNamesAndTextAndLeavesOtherSignsAlone) {
  small_templates();
  EXPECT_EQ(run({"domain", "my-shop"}), 0) << err_;
  EXPECT_THAT(files_in("my-shop"), ElementsAre(".editor/settings", "my_shop.cpp"));
  EXPECT_EQ(text_of("my-shop/.editor/settings"), "my-shop MyShop my_shop @other@ a@b");
  EXPECT_EQ(text_of("my-shop/my_shop.cpp"), "struct MyShop;\n");
}

TEST_F(NewDomainTest, WithCItTakesTheTemplatesInC) {
  small_templates();
  EXPECT_EQ(run({"domain", "shop", "--c"}), 0) << err_;
  EXPECT_THAT(files_in("shop"), ElementsAre(".editor/settings", "shop.c"));
  EXPECT_EQ(text_of("shop/shop.c"), "/* shop 0.1.0 */\n");
}

TEST_F(NewDomainTest, SaysHowItIsBuiltAndServed) {
  small_templates();
  EXPECT_EQ(run({"domain", "shop", "--dir", "a place"}), 0) << err_;
  const std::string prefix = root_.string();
  EXPECT_EQ(out_,
            "created 'a place' with 2 files\n\n"
            "build it and run its tests:\n\n"
            "  cd 'a place'\n"
            "  cmake --preset dev -DCMAKE_PREFIX_PATH=" +
                prefix +
                "\n"
                "  cmake --build --preset dev\n"
                "  ctest --preset dev\n\n"
                "serve it at http://127.0.0.1:3000/api/v1/shop:\n\n"
                "  " +
                prefix +
                "/bin/composable run --plugins build/dev/plugins\n\n"
                "or copy build/dev/plugins/shop.so into the plugin directory of another host\n");
  EXPECT_THAT(err_, IsEmpty());
}

TEST_F(NewDomainTest, AProgramInThePathIsCalledByItsName) {
  small_templates();
  fs::create_directories(root_ / "bin");
  std::ofstream(root_ / "bin" / "composable") << "#!";
  environment_ = {"HOME=/", "PATH=/nowhere::" + (root_ / "bin").string()};
  EXPECT_EQ(run({"domain", "shop"}), 0) << err_;
  EXPECT_THAT(out_, HasSubstr("\n  composable run --plugins"));
  fs::create_directories(root_ / "first");
  std::ofstream(root_ / "first" / "composable") << "#!";
  environment_ = {"PATH=" + (root_ / "first").string() + ":" + (root_ / "bin").string()};
  EXPECT_EQ(run({"domain", "shop", "--dir", "b"}), 0) << err_;
  EXPECT_THAT(out_, HasSubstr("\n  " + root_.string() + "/bin/composable run"))
      << "the name alone would call another one";
}

TEST_F(NewDomainTest, AnEmptyDirectoryWillDo) {
  small_templates();
  fs::create_directories("shop");
  EXPECT_EQ(run({"domain", "shop", "--dir", "shop/"}), 0) << err_;
  EXPECT_TRUE(fs::exists("shop/shop.cpp"));
}

TEST_F(NewDomainTest, NeverWritesOverAnything) {
  small_templates();
  fs::create_directories("shop");
  std::ofstream("shop/.hidden") << "mine";
  EXPECT_EQ(run({"domain", "shop"}), 1);
  EXPECT_EQ(
      err_,
      "new domain: shop: the directory is not empty, and nothing is written over; name another "
      "place with --dir\n");
  EXPECT_THAT(files_in("shop"), ElementsAre(".hidden"));
  EXPECT_THAT(out_, IsEmpty());

  std::ofstream("file") << "mine";
  fs::create_symlink("/nowhere/at/all", "dangling");
  for (const std::string taken : {"file", "dangling"}) {
    EXPECT_EQ(run({"domain", "shop", "--dir", taken}), 1);
    EXPECT_EQ(err_, "new domain: " + taken +
                        ": expected a new or empty directory, found a file; name another place "
                        "with --dir\n");
  }
  EXPECT_EQ(text_of("file"), "mine");
}

TEST_F(NewDomainTest, APlaceThatCannotBeMadeIsNamed) {
  small_templates();
  std::ofstream("file") << "mine";
  EXPECT_EQ(run({"domain", "shop", "--dir", "file/shop"}), 1);
  EXPECT_EQ(
      err_,
      "new domain: file/shop: Not a directory; name a place that you may write to with --dir\n");
  const uid_t me = ::geteuid();
  fs::permissions(root_, fs::perms(0755));
  fs::permissions(".", fs::perms(0555));
  if (me == 0) {  // root may write everywhere
    ASSERT_EQ(::seteuid(65534), 0);
  }
  EXPECT_EQ(run({"domain", "shop"}), 1);
  ASSERT_EQ(::seteuid(me), 0);
  EXPECT_EQ(err_,
            "new domain: shop: Permission denied; name a place that you may write to with --dir\n");
}

TEST_F(NewDomainTest, WhatWasWrittenBeforeAFailureIsRemoved) {
  const absl::Status status =
      write_project("shop", {{"a/b", "1"}, {"c", "2"}, {"c/d", "3"}, {"e", "4"}});
  EXPECT_EQ(status.message(), "shop/c/d: Not a directory; name another place with --dir");
  EXPECT_TRUE(fs::is_empty("shop"));
}

TEST_F(NewDomainTest, MissingTemplatesAreNamedAndNothingIsMade) {
  const std::string prefix = root_.string();
  EXPECT_EQ(run({"domain", "shop"}), 1);
  EXPECT_EQ(err_, "new domain: no templates in " + prefix +
                      "/share/composable/templates/project: No such file or directory; install the "
                      "SDK where this composable "
                      "is: cmake --install BUILD --component sdk --prefix " +
                      prefix + "\n");
  template_file("project/.gitignore", "");
  EXPECT_EQ(run({"domain", "shop", "--c"}), 1);
  EXPECT_THAT(err_, HasSubstr("no templates in " + prefix +
                              "/share/composable/templates/c: No such file or directory;"));
  EXPECT_FALSE(fs::exists("shop"));
}

TEST_F(NewDomainTest, UsageIsTwo) {
  small_templates();
  EXPECT_EQ(run({"domain", "My Shop"}), 2);
  EXPECT_EQ(err_,
            "new domain: expected a name of the form [a-z][a-z0-9_-]*, 1..63 bytes, found \"My "
            "Shop\"; did you mean my-shop?\n");
  EXPECT_EQ(run({"domian", "shop"}), 2);
  EXPECT_EQ(err_, "new \"domian\": unknown kind; use composable new domain NAME\n");
  EXPECT_EQ(run({"domain"}), 2);
  EXPECT_EQ(err_, "composable: new: NAME is required; see composable help\n");
  EXPECT_EQ(run({"domain", "shop", "other"}), 2);
  EXPECT_EQ(run({"domain", "shop", "--json"}), 2);
  EXPECT_THAT(files_in("."), IsEmpty());
}

TEST_F(NewDomainTest, TheTreesTemplatesLeaveNoPlaceholder) {
  templates_of_the_tree();
  for (const bool in_c : {false, true}) {
    const std::string place = in_c ? "c" : "cpp";
    std::vector<std::string> arguments = {"domain", "my-shop", "--dir", place};
    if (in_c) arguments.push_back("--c");
    ASSERT_EQ(run(arguments), 0) << err_;
    EXPECT_THAT(
        files_in(place),
        IsSupersetOf({".gitignore", ".vscode/launch.json", ".vscode/settings.json",
                      ".vscode/tasks.json", "CMakeLists.txt", "CMakePresets.json", "README.md"}));
    for (const std::string& file : files_in(place)) {
      EXPECT_THAT(file, Not(HasSubstr("@")));
      EXPECT_THAT(text_of(fs::path(place) / file), Not(HasSubstr("@"))) << file;
    }
    EXPECT_THAT(text_of(fs::path(place) / ".vscode/launch.json"),
                HasSubstr('"' + root_.string() + "/bin/composable\""));
  }
}

}  // namespace
}  // namespace composable::host
