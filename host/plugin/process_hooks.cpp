#include "plugin/process_hooks.hpp"

#include <link.h>
#include <string.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <locale>
#include <memory_resource>
#include <new>
#include <vector>

#include "absl/strings/str_format.h"

namespace composable::host {
namespace {

bool lies_in(CodeExtent library, const void* pointer) {
  const auto address = reinterpret_cast<std::uintptr_t>(pointer);
  return address >= library.begin && address < library.end;
}

template <typename Result, typename... Arguments>
bool lies_in(CodeExtent library, Result (*function)(Arguments...)) {
  return lies_in(library, reinterpret_cast<const void*>(function));
}

// The object, or the functions of its class.
template <typename Object>
bool is_of(CodeExtent library, const Object* object) {
  if (object == nullptr) return false;
  const void* functions = nullptr;
  memcpy(&functions, static_cast<const void*>(object), sizeof functions);
  return lies_in(library, object) || lies_in(library, functions);
}

std::string signal_handler_in(CodeExtent library) {
  for (int number = 1; number < NSIG; ++number) {
    struct sigaction now {};
    if (::sigaction(number, nullptr, &now) != 0) continue;
    const bool found = (now.sa_flags & SA_SIGINFO) != 0 ? lies_in(library, now.sa_sigaction)
                                                        : lies_in(library, now.sa_handler);
    if (!found) continue;
    const char* const name = ::sigabbrev_np(number);
    if (name == nullptr) return absl::StrFormat("the handler of signal %d", number);
    return absl::StrFormat("the handler of SIG%s", name);
  }
  return {};
}

// Of the facets that streams use by themselves.
template <typename... Facets>
bool is_any_of(CodeExtent library, const std::locale& locale) {
  return (is_of(library, &std::use_facet<Facets>(locale)) || ...);
}
bool has_facet_in(CodeExtent library, const std::locale& locale) {
  return is_any_of<std::ctype<char>, std::numpunct<char>, std::num_get<char>, std::num_put<char>,
                   std::collate<char>, std::codecvt<char, char, std::mbstate_t>>(library, locale);
}

std::string stream_in(CodeExtent library) {
  const std::pair<const FILE*, const char*> files[] = {
      {stdin, "stdin"}, {stdout, "stdout"}, {stderr, "stderr"}};
  for (const auto& [file, name] : files) {
    if (lies_in(library, file->_IO_buf_base)) return absl::StrFormat("the buffer of %s", name);
  }
  const std::pair<const std::ios*, const char*> streams[] = {{&std::cin, "std::cin"},
                                                             {&std::cout, "std::cout"},
                                                             {&std::cerr, "std::cerr"},
                                                             {&std::clog, "std::clog"}};
  for (const auto& [stream, name] : streams) {
    if (is_of(library, stream->rdbuf())) return absl::StrFormat("the buffer of %s", name);
    if (is_of<std::ios>(library, stream->tie())) {
      return absl::StrFormat("the stream that %s is tied to", name);
    }
    if (has_facet_in(library, stream->getloc())) return absl::StrFormat("the locale of %s", name);
  }
  return has_facet_in(library, std::locale()) ? "the global locale" : "";
}

// Where libraries are mapped, without the program itself.
std::vector<CodeExtent> libraries() {
  std::vector<CodeExtent> found;
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* out) {
        const bool is_library = info->dlpi_name != nullptr && info->dlpi_name[0] != '\0';
        if (is_library) static_cast<std::vector<CodeExtent>*>(out)->push_back(extent_of(*info));
        return 0;
      },
      &found);
  return found;
}

}  // namespace

std::string hook_into(CodeExtent library) {
  if (std::string found = signal_handler_in(library); !found.empty()) return found;
  if (lies_in(library, std::get_terminate())) return "the terminate handler";
  if (lies_in(library, std::get_new_handler())) return "the new handler";
  if (is_of(library, std::pmr::get_default_resource())) return "the default memory resource";
  return stream_in(library);
}

void copy_environment_out_of_libraries() {
  const std::vector<CodeExtent> mapped = libraries();
  const auto is_theirs = [&](const void* pointer) {
    for (const CodeExtent& library : mapped) {
      if (lies_in(library, pointer)) return true;
    }
    return false;
  };
  if (environ == nullptr) return;
  if (is_theirs(environ)) {
    std::size_t count = 0;
    while (environ[count] != nullptr) ++count;
    auto** const copy = static_cast<char**>(std::calloc(count + 1, sizeof(char*)));
    if (copy == nullptr) return;
    memcpy(copy, environ, count * sizeof(char*));
    environ = copy;
  }
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (!is_theirs(*entry)) continue;
    if (char* const copy = ::strdup(*entry)) *entry = copy;
  }
}

}  // namespace composable::host
