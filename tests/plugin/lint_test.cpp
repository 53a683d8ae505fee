#include "plugin/lint.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <string>

#include "plugin_files.hpp"

namespace composable::host {
namespace {

std::vector<Finding> findings_of(std::string_view name) {
  const auto bytes = read_file(fixture(name));
  const auto file = ElfFile::parse(bytes);
  EXPECT_TRUE(file.ok()) << file.status();
  return file.ok() ? lint(*file) : std::vector<Finding>{};
}

TEST(Lint, AWellMadePluginHasNoFindings) {
  for (const char* name : {"tiny.so", "tiny_stripped.so", "tiny_by_gold.so"}) {
    const auto findings = findings_of(name);
    EXPECT_TRUE(findings.empty()) << name << ": " << findings[0].text;
  }
}

TEST(Lint, AUniqueSymbolMakesItPermanent) {
  const auto findings = findings_of("unique_symbol.so");
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(
      findings[0].text,
      "it exports the symbol one_for_the_process as unique: the loader never unmaps it, and a "
      "new build would run with the old one's variables; link it with composable_add_plugin, "
      "whose version script exports the entry alone");
  EXPECT_TRUE(findings[0].permanent);
  EXPECT_TRUE(is_permanent(findings));
}

TEST(Lint, OtherExportsAreARemark) {
  const auto findings = findings_of("extra_export.so");
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_TRUE(findings[0].text.starts_with("it exports 2 symbols (the first is helper_"))
      << findings[0].text;
  EXPECT_FALSE(is_permanent(findings));
}

TEST(Lint, AThreadLocalDestructorMakesItPermanent) {
  const auto findings = findings_of("thread_local_destructor.so");
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].text,
            "it imports __cxa_thread_atexit: a thread_local with a destructor holds the code until "
            "its thread ends; do without it, or restart the host for a new build");
  EXPECT_TRUE(findings[0].permanent);
}

TEST(Lint, FunctionsThatKeepPointersMakeItPermanent) {
  std::string all;
  for (const Finding& finding : findings_of("leaves_pointers.so")) {
    EXPECT_TRUE(finding.permanent);
    all += finding.text + "\n";
  }
  EXPECT_NE(all.find("it imports pthread_key_create: the key's destructor"), std::string::npos);
  EXPECT_NE(all.find("it imports sigaction: the handler"), std::string::npos);
  EXPECT_NE(all.find("it imports __register_atfork: the handlers"), std::string::npos);
}

TEST(Lint, SoDoThoseOfEveryKindOfHook) {
  std::string all;
  for (const Finding& finding : findings_of("sets_hooks.so")) {
    EXPECT_TRUE(finding.permanent) << finding.text;
    all += finding.text + "\n";
  }
  for (const char* name :
       {"_ZSt13set_terminatePFvvE", "_ZSt15set_new_handlerPFvvE", "_ZNSt6locale6globalERKS_",
        "_ZNSt3pmr20set_default_resourceEPNS_15memory_resourceE",
        "_ZNSt9basic_iosIcSt11char_traitsIcEE5rdbufEPSt15basic_streambufIcS1_E", "on_exit",
        "openlog", "register_printf_specifier", "timer_create", "setbuf and stdout"}) {
    EXPECT_NE(all.find(std::string("it imports ") + name + ":"), std::string::npos) << name;
  }
  EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 10) << "and atexit does not:\n" << all;
}

// And those that no other fixture calls: each line of the list counts.
TEST(Lint, SoDoThoseThatAreSeldomSeen) {
#define HOOK(name) #name,
  const char* const names[] = {
#include "fixtures/names_hooks.h"
  };
#undef HOOK
  const auto findings = findings_of("names_hooks.so");
  for (const std::string name : names) {
    const auto found = std::find_if(findings.begin(), findings.end(), [&](const Finding& finding) {
      return finding.text.starts_with("it imports " + name + ": ");
    });
    ASSERT_NE(found, findings.end()) << name;
    EXPECT_TRUE(found->permanent) << name;
  }
  EXPECT_EQ(findings.size(), std::size(names));
}

TEST(Lint, TheEnvironmentIsCopiedAndHoldsNothing) {
  EXPECT_FALSE(is_permanent(findings_of("leaves_environment.so")));
}

TEST(Lint, FlagsOfTheFileAreFound) {
  const auto findings = findings_of("static_tls.so");
  ASSERT_EQ(findings.size(), 3u);
  EXPECT_TRUE(findings[0].text.starts_with("it is marked NODELETE"));
  EXPECT_TRUE(findings[0].permanent);
  EXPECT_TRUE(findings[1].text.starts_with("it uses static thread-local storage"));
  EXPECT_FALSE(findings[1].permanent);
  EXPECT_TRUE(findings[2].text.starts_with("it looks for libraries next to itself ($ORIGIN)"));
  EXPECT_FALSE(findings[2].permanent);
}

}  // namespace
}  // namespace composable::host
