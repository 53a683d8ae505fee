#include "plugin/lint.hpp"

#include <algorithm>
#include <string_view>

#include "absl/strings/str_format.h"
#include "composable/abi/domain.h"

namespace composable::host {
namespace {

constexpr std::string_view kLinkAsOurs =
    "link it with composable_add_plugin, whose version script exports the entry alone";

// Functions that leave a pointer into the plugin with a thread or with the process.
struct Import {
  std::string_view name;
  std::string_view why;
};
constexpr Import kPinning[] = {
    {"__cxa_thread_atexit",
     "a thread_local with a destructor holds the code until its thread ends"},
    {"__cxa_thread_atexit_impl",
     "a thread_local with a destructor holds the code until its thread ends"},
    {"pthread_key_create", "the key's destructor is called when a thread ends, unmapped or not"},
    {"tss_create", "the key's destructor is called when a thread ends, unmapped or not"},
    {"pthread_atfork", "the handlers are called at every fork, unmapped or not"},
    {"__register_atfork", "the handlers are called at every fork, unmapped or not"},
    {"sigaction", "the handler is called when the signal comes, unmapped or not"},
    {"signal", "the handler is called when the signal comes, unmapped or not"},
    {"__sysv_signal", "the handler is called when the signal comes, unmapped or not"},
};

// The symbols that `match`, as "12 symbols (first: foo)"; empty when there are none.
template <typename Match>
std::string counted(const ElfFile& file, Match match) {
  std::size_t count = 0;
  std::string_view first;
  for (const ElfSymbol& symbol : file.symbols()) {
    if (match(symbol) && count++ == 0) first = symbol.name;
  }
  if (count == 0) return {};
  if (count == 1) return absl::StrFormat("the symbol %s", first);
  return absl::StrFormat("%d symbols (the first is %s)", count, first);
}

void find_exports(const ElfFile& file, std::vector<Finding>& out) {
  const std::string unique =
      counted(file, [](const ElfSymbol& s) { return s.defined && s.unique; });
  if (!unique.empty()) {
    out.push_back({absl::StrFormat("it exports %s as unique: the loader never unmaps it, and a new "
                                   "build would run with the old one's variables; %s",
                                   unique, kLinkAsOurs),
                   true});
  }
  const std::string extra = counted(file, [](const ElfSymbol& s) {
    return s.defined && !s.unique && s.name != COMPOSABLE_PLUGIN_ENTRY_SYMBOL;
  });
  if (!extra.empty()) {
    out.push_back({absl::StrFormat("it exports %s besides its entry, which other libraries may "
                                   "bind to; %s",
                                   extra, kLinkAsOurs),
                   false});
  }
}

void find_imports(const ElfFile& file, std::vector<Finding>& out) {
  for (const ElfSymbol& symbol : file.symbols()) {
    if (symbol.defined) continue;
    const auto* import = std::find_if(std::begin(kPinning), std::end(kPinning),
                                      [&](const Import& i) { return i.name == symbol.name; });
    if (import == std::end(kPinning)) continue;
    out.push_back({absl::StrFormat("it imports %s: %s; do without it, or restart the host for a "
                                   "new build",
                                   import->name, import->why),
                   true});
  }
}

void find_flags(const ElfFile& file, std::vector<Finding>& out) {
  if (file.never_unloads()) {
    out.push_back(
        {"it is marked NODELETE: the loader never unmaps it; link it without -z nodelete", true});
  }
  if (file.static_tls()) {
    out.push_back(
        {"it uses static thread-local storage, of which a process has room for about 25 "
         "libraries; compile it with -ftls-model=global-dynamic",
         false});
  }
  if (file.library_path().find("$ORIGIN") != std::string_view::npos ||
      file.library_path().find("${ORIGIN}") != std::string_view::npos) {
    out.push_back(
        {"it looks for libraries beside itself ($ORIGIN), but runs from a private copy; "
         "link it with an absolute path",
         false});
  }
}

}  // namespace

std::vector<Finding> lint(const ElfFile& file) {
  std::vector<Finding> findings;
  find_exports(file, findings);
  find_imports(file, findings);
  find_flags(file, findings);
  return findings;
}

bool is_permanent(const std::vector<Finding>& findings) {
  return std::any_of(findings.begin(), findings.end(),
                     [](const Finding& f) { return f.permanent; });
}

}  // namespace composable::host
