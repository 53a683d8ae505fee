// The tests of a plugin before it does anything: of its file and its tables.
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "domain/domain_handle.hpp"
#include "domain/schema_shape.hpp"
#include "plugin/file_snapshot.hpp"
#include "plugin/lint.hpp"
#include "plugin/note.hpp"
#include "verify/test_list.hpp"

namespace composable::host {
namespace {

void demand(const absl::Status& status) {
  if (!status.ok()) fail(std::string(status.message()));
}

// The file's bytes, and what they were parsed to.
struct File {
  explicit File(const PluginUnderTest& tested) {
    auto read = read_stable_file(tested.file());
    demand(read.status());
    bytes = *std::move(read);
    auto parsed = ElfFile::parse(bytes);
    demand(parsed.status());
    elf = std::make_unique<ElfFile>(*std::move(parsed));
  }

  std::vector<std::uint8_t> bytes;
  std::unique_ptr<ElfFile> elf;
};

}  // namespace

void test_file(PluginUnderTest& tested) {
  const File file(tested);
  const auto note = read_note(*file.elf);
  demand(note.status());
  demand(check_abi(*note));
  demand(check_entry(*file.elf));
}

void test_lint(PluginUnderTest& tested) {
  const File file(tested);
  const std::vector<Finding> findings = lint(*file.elf);
  for (const Finding& finding : findings) {
    if (finding.permanent) fail("it cannot be reloaded: " + finding.text);
  }
  if (!findings.empty()) warn(findings.front().text);
}

void test_load(PluginUnderTest& tested) {
  LoadedPlugin plugin = tested.load();
  tested.about_to("destroy or a static destructor");
  plugin.unload();
}

void test_tables(PluginUnderTest& tested) {
  const LoadedPlugin plugin = tested.load();  // which looks at all but the schemas
  const composable_domain& table = plugin.domain().table();
  std::string without;
  for (const ActionType& action : plugin.domain().actions()) {
    const composable_type* const schema = action.schema;
    if (schema == nullptr) {
      without += (without.empty() ? "" : ", ") + action.name;
      continue;
    }
    if (const std::string fault = schema_fault(schema); !fault.empty()) {
      fail(absl::StrFormat("the schema of %s: %s; declare it as abi/schema.h says", action.name,
                           fault));
    }
    if (schema->kind != COMPOSABLE_KIND_OBJECT) {
      fail(absl::StrFormat("the schema of %s: a payload is an object, found kind %d; declare it so",
                           action.name, schema->kind));
    }
  }
  tested.call("query_extension of an unknown extension", [&] {
    if (table.query_extension == nullptr) return;
    if (table.query_extension(abi_str("composable.unknown/1")) == nullptr) return;
    fail(
        "query_extension: an unknown extension, composable.unknown/1, found a "
        "table; return null for what the domain does not know");
  });
  if (!without.empty()) {
    warn(absl::StrFormat("no schema: %s; codec, reducer and routes are not tried with them",
                         without));
  }
}

}  // namespace composable::host
