#include "plugin/lint.hpp"

#include <algorithm>
#include <span>
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
constexpr std::string_view kThreadEnd =
    "a thread_local with a destructor holds the code until its thread ends";
constexpr std::string_view kKey =
    "the key's destructor is called when a thread ends, unmapped or not";
constexpr std::string_view kFork = "the handlers are called at every fork, unmapped or not";
constexpr std::string_view kSignal = "the handler is called when the signal comes, unmapped or not";
constexpr std::string_view kExit = "the function is called when the host ends, unmapped or not";
constexpr std::string_view kNotify = "the function may be called at any time, unmapped or not";
constexpr std::string_view kPrintf = "the functions are called by every printf, unmapped or not";

// Not here: atexit, at_quick_exit and their C++ names, which belong to the library that calls them
// and end with it; putenv, what it leaves is copied; what only reads.
constexpr Import kPinning[] = {
    {"__cxa_thread_atexit", kThreadEnd},
    {"__cxa_thread_atexit_impl", kThreadEnd},
    {"pthread_key_create", kKey},
    {"tss_create", kKey},
    {"pthread_atfork", kFork},
    {"__register_atfork", kFork},
    {"sigaction", kSignal},
    {"signal", kSignal},
    {"__sysv_signal", kSignal},
    {"sysv_signal", kSignal},
    {"bsd_signal", kSignal},
    {"ssignal", kSignal},
    {"sigset", kSignal},
    {"sigvec", kSignal},
    {"sigaltstack", "the stack is written to when a signal comes, unmapped or not"},
    {"on_exit", kExit},
    {"timer_create", kNotify},
    {"mq_notify", kNotify},
    {"getaddrinfo_a", kNotify},
    {"lio_listio", kNotify},
    {"register_printf_function", kPrintf},
    {"register_printf_specifier", kPrintf},
    {"register_printf_modifier", kPrintf},
    {"register_printf_type", kPrintf},
    {"openlog", "the C library keeps the name that it is given, and reads it at every syslog"},
    {"error_print_progname", "the C library calls the function that it points to"},
    {"argp_program_version_hook", "the C library calls the function that it points to"},
    {"obstack_alloc_failed_handler", "the C library calls the function that it points to"},
    {"_ZSt13set_terminatePFvvE", "the terminate handler is called, unmapped or not"},
    {"_ZSt14set_unexpectedPFvvE", "the handler is called, unmapped or not"},
    {"_ZSt15set_new_handlerPFvvE", "the handler is called when memory is short, unmapped or not"},
    {"_ZNSt6locale6globalERKS_",
     "every stream takes the facets of the global locale, unmapped or "
     "not"},
    {"_ZNSt3pmr20set_default_resourceEPNS_15memory_resourceE",
     "the memory resource is called, unmapped or not"},
    {"_ZNSt9basic_iosIcSt11char_traitsIcEE5rdbufEPSt15basic_streambufIcS1_E",
     "a stream such as std::cout keeps the buffer that it is given"},
    {"_ZNSt8ios_base17register_callbackEPFvNS_5eventERS_iEi",
     "a stream such as std::cout keeps the function that it is given"},
};

// Functions that do so when they are given a stream of the process.
constexpr std::string_view kBuffers[] = {"setvbuf", "setbuf", "setbuffer"};
constexpr std::string_view kStreams[] = {"stdin", "stdout", "stderr"};

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

const ElfSymbol* find_import(const ElfFile& file, std::span<const std::string_view> names) {
  for (const ElfSymbol& symbol : file.symbols()) {
    if (!symbol.defined && std::find(names.begin(), names.end(), symbol.name) != names.end()) {
      return &symbol;
    }
  }
  return nullptr;
}

void find_buffers(const ElfFile& file, std::vector<Finding>& out) {
  const ElfSymbol* const function = find_import(file, kBuffers);
  const ElfSymbol* const stream = find_import(file, kStreams);
  if (function == nullptr || stream == nullptr) return;
  out.push_back({absl::StrFormat("it imports %s and %s: the stream keeps the buffer that it is "
                                 "given; do without it, or restart the host for a new build",
                                 function->name, stream->name),
                 true});
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
        {"it looks for libraries next to itself ($ORIGIN), but runs from a private copy; "
         "link it with an absolute path",
         false});
  }
}

}  // namespace

std::vector<Finding> lint(const ElfFile& file) {
  std::vector<Finding> findings;
  find_exports(file, findings);
  find_imports(file, findings);
  find_buffers(file, findings);
  find_flags(file, findings);
  return findings;
}

bool is_permanent(const std::vector<Finding>& findings) {
  return std::any_of(findings.begin(), findings.end(),
                     [](const Finding& f) { return f.permanent; });
}

}  // namespace composable::host
