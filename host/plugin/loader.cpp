#include "plugin/loader.hpp"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "composable/abi/domain.h"
#include "plugin/build_identity.hpp"
#include "plugin/code_ranges.hpp"
#include "plugin/contained.hpp"
#include "plugin/disposable_thread.hpp"
#include "plugin/elf_file.hpp"
#include "plugin/file_snapshot.hpp"
#include "plugin/needed_libraries.hpp"
#include "runtime/own_thread.hpp"

namespace composable::host {
namespace {

// The domain's name as long as only the file's name is known.
std::string name_from(const std::filesystem::path& file) {
  std::string name = file.stem().string().substr(0, 64);
  for (char& c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    if (!plain) c = '_';
  }
  return name;
}

absl::StatusOr<const composable_domain*> call_entry(const Library& library,
                                                    const composable_host* host) {
  const auto entry =
      reinterpret_cast<composable_plugin_entry>(library.symbol(COMPOSABLE_PLUGIN_ENTRY_SYMBOL));
  composable_error error{};
  error.struct_size = sizeof(error);
  const composable_domain* table = entry(host, &error);
  if (table != nullptr) return table;
  const std::size_t length = std::min<std::size_t>(error.message_len, sizeof(error.message));
  if (length == 0) {
    return absl::FailedPreconditionError(
        "its entry returned no domain and no reason; fill the composable_error in it");
  }
  return absl::FailedPreconditionError(
      absl::StrFormat("its entry returned no domain: %s", std::string_view(error.message, length)));
}

}  // namespace

std::string claimed_domain(const std::filesystem::path& file) {
  const auto bytes = read_stable_file(file);
  if (!bytes.ok()) return name_from(file);
  const auto elf = ElfFile::parse(*bytes);
  if (!elf.ok()) return name_from(file);
  const auto note = read_note(*elf);
  return note.ok() && !note->domain.empty() ? note->domain : name_from(file);
}

Loader::Loader(RunDirectory& run, Options options) : run_(run), options_(std::move(options)) {}

void Loader::entering(LoadStep step) const {
  if (options_.entering) options_.entering(step);
}

absl::StatusOr<LoadedPlugin> Loader::load(const std::filesystem::path& file,
                                          const AcceptName& accept,
                                          const AcceptFindings& accept_findings) {
  auto plugin = load_steps(file, accept, accept_findings);
  if (plugin.ok()) return plugin;
  return absl::Status(plugin.status().code(),
                      absl::StrFormat("%s: %s", file.string(), plugin.status().message()));
}

absl::StatusOr<LoadedPlugin> Loader::load_steps(const std::filesystem::path& file,
                                                const AcceptName& accept,
                                                const AcceptFindings& accept_findings) {
  const auto bytes = read_stable_file(file);
  if (!bytes.ok()) return bytes.status();
  const auto elf = ElfFile::parse(*bytes);
  if (!elf.ok()) return elf.status();
  const auto note = read_note(*elf);
  if (!note.ok()) return note.status();
  if (auto s = check_abi(*note); !s.ok()) return s;
  if (auto s = check_entry(*elf); !s.ok()) return s;

  LoadedPlugin plugin;
  plugin.file_ = file;
  plugin.findings_ = lint(*elf);
  if (accept_findings) {
    if (auto s = accept_findings(plugin.findings_); !s.ok()) return s;
  }
  plugin.build_ = build_identity(*bytes);
  if (options_.admit) {
    if (absl::Status s = options_.admit(plugin.build_); !s.ok()) return s;
  }
  const std::string name = note->domain.empty() ? name_from(file) : note->domain;
  auto copy = run_.write(name, plugin.build_, *bytes);
  if (!copy.ok()) return copy.status();
  plugin.copy_ = *std::move(copy);
  plugin.label_.domain = name;
  plugin.label_.build = plugin.build_;
  plugin.label_.generation = plugin.generation();

  // A sanitizer begins a thread of its own with the first one of a process.
  on_disposable_thread([&] { plugin.threads_before_ = thread_numbers(); });
  if (auto s = map(plugin); !s.ok()) return s;
  plugin.services_ = std::make_unique<HostServices>(name, options_.log);

  absl::Status entered;
  on_disposable_thread([&] { entered = enter(plugin, *note, accept); });
  if (!entered.ok()) return entered;
  return plugin;
}

absl::Status Loader::map(LoadedPlugin& plugin) {
  entering(LoadStep::kConstructors);
  const PluginCall in_plugin(plugin.label_, Hook::kConstructors);
  auto library = Library::open(plugin.copy_.path());
  if (!library.ok()) {
    return absl::InvalidArgumentError(
        absl::StrFormat("it cannot be mapped: %s; link the library into it, or install it",
                        library.status().message()));
  }
  plugin.library_ = *std::move(library);
  code_ranges::enter(plugin.library_.extent(), plugin.label_);
  if (plugin.permanent()) plugin.library_.pin();
  const std::filesystem::path changed = changed_library_of(plugin.copy_.path());
  if (changed.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrFormat("it needs %s, which has changed since this host mapped it: the host would "
                      "run it with the old "
                      "one, which it was not tried with; link it into the plugin, give the new one "
                      "another name, or "
                      "restart the host",
                      changed.string()));
}

absl::Status Loader::enter(LoadedPlugin& plugin, const PluginNote& note, const AcceptName& accept) {
  const composable_host* host = plugin.services_->table();
  const composable_domain* table = nullptr;
  entering(LoadStep::kEntry);
  absl::Status status = contained("entry", [&] {
    const PluginCall in_plugin(plugin.label_, Hook::kEntry);
    const auto entered = call_entry(plugin.library_, host);
    if (entered.ok()) table = *entered;
    return entered.status();
  });
  if (!status.ok()) return status;

  status = contained("query_extension", [&] {
    const PluginCall in_plugin(plugin.label_, Hook::kQueryExtension);
    auto inspected = DomainHandle::inspect(table);
    if (inspected.ok()) plugin.domain_ = std::make_unique<DomainHandle>(*std::move(inspected));
    return inspected.status();
  });
  if (!status.ok()) return status;

  plugin.domain_->set_build(plugin.build_);
  plugin.name_ = plugin.domain_->name();
  plugin.domain_->label_as(plugin.generation(), plugin.build_);
  plugin.services_->rename(plugin.name_);
  if (!note.domain.empty() && note.domain != plugin.name_) {
    return absl::InvalidArgumentError(
        absl::StrFormat("its note names the domain \"%s\", its table \"%s\"; give both the same",
                        note.domain, plugin.name_));
  }
  if (accept) status = accept(plugin.name_);
  if (!status.ok()) return status;

  const std::string config = options_.config ? options_.config(plugin.name_) : "{}";
  entering(LoadStep::kCreate);
  return contained("create", [&] {
    const absl::Status created = plugin.domain_->create(host, config);
    if (created.ok()) return created;
    return absl::Status(created.code(), absl::StrFormat("%s; see domains.%s in the configuration",
                                                        created.message(), plugin.name_));
  });
}

}  // namespace composable::host
