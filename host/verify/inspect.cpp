#include "verify/inspect.hpp"

#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "observe/escaped.hpp"
#include "plugin/build_identity.hpp"
#include "plugin/elf_file.hpp"
#include "plugin/file_snapshot.hpp"
#include "plugin/lint.hpp"
#include "plugin/note.hpp"
#include "runtime/json_object.hpp"

namespace composable::host {
namespace {

// What is known of a file with none of it run.
struct FileReport {
  std::size_t size = 0;
  PluginNote note;
  std::string build;
  std::vector<std::string> needed;
  std::vector<Finding> findings;
};

absl::StatusOr<FileReport> read_file_report(const std::filesystem::path& file) {
  const auto bytes = read_stable_file(file);
  if (!bytes.ok()) return bytes.status();
  const auto elf = ElfFile::parse(*bytes);
  if (!elf.ok()) return elf.status();
  const auto note = read_note(*elf);
  if (!note.ok()) return note.status();
  FileReport report{.size = bytes->size(),
                    .note = *note,
                    .build = build_identity(*bytes),
                    .needed = {},
                    .findings = lint(*elf)};
  for (const std::string_view library : elf->needed()) report.needed.emplace_back(library);
  return report;
}

std::string abi_of(const PluginNote& note) {
  return absl::StrFormat("%d.%d", note.abi_major, note.abi_minor);
}

std::string file_text(const std::filesystem::path& file, const FileReport& report) {
  std::string needed;
  for (const std::string& library : report.needed) {
    needed += (needed.empty() ? "" : ", ") + shown(library);
  }
  std::string out = shown(file.native()) + '\n';
  out += absl::StrFormat("  domain      %s\n  abi         %s\n  sdk         %s\n  build       %s\n",
                         report.note.domain.empty() ? "not in its note" : report.note.domain,
                         abi_of(report.note), shown(report.note.sdk), report.build);
  out += absl::StrFormat("  size        %d bytes\n  needs       %s\n  reloadable  %s\n",
                         report.size, needed.empty() ? "nothing" : needed,
                         is_permanent(report.findings) ? "no, it is permanent" : "yes");
  for (const Finding& finding : report.findings) {
    out += absl::StrFormat("              %s: %s\n", finding.permanent ? "permanent" : "warning",
                           shown(finding.text));
  }
  return out;
}

std::string file_json(const FileReport& report) {
  const auto finding_json = [](const Finding& finding) {
    return JsonObject().flag("permanent", finding.permanent).text("text", finding.text).end();
  };
  return JsonObject()
      .text("domain", report.note.domain)
      .text("abi", abi_of(report.note))
      .text("sdk", report.note.sdk)
      .text("build", report.build)
      .number("size", report.size)
      .raw("needs", json_list(report.needed, json_text))
      .flag("reloadable", !is_permanent(report.findings))
      .raw("findings", json_list(report.findings, finding_json))
      .end();
}

// Of the file's own part and of the tables', JSON objects; each may be empty.
std::string whole_json(const InspectRequest& request, const std::string& of_file,
                       const std::string& of_tables, const std::string& refusal) {
  JsonObject json;
  json.flag("ok", refusal.empty()).text("file", request.file.native());
  if (!refusal.empty()) json.text("reason", refusal);
  return json.members_of(of_file).members_of(of_tables).end() + '\n';
}

}  // namespace

Inspection inspect_plugin(const InspectRequest& request) {
  Inspection inspection;
  std::string of_file, of_tables;
  const auto refuse = [&](std::string_view reason) {
    inspection.refusal = absl::StrFormat("%s: %s", request.file.string(), reason);
  };
  const auto report = read_file_report(request.file);
  if (report.ok()) {
    of_file = request.style.json ? file_json(*report) : file_text(request.file, *report);
    const ScratchDirectory directory;
    const TestOutcome outcome = send_plugin_task(
        {.file = request.file, .test = {}, .config = request.config, .style = request.style},
        directory.path(), request.program, request.deadline);
    if (outcome.verdict == Verdict::kPassed) {
      of_tables = outcome.reason;
    } else {
      refuse(outcome.reason);
    }
  } else {
    refuse({report.status().message().data(), report.status().message().size()});
  }
  inspection.text = request.style.json ? whole_json(request, of_file, of_tables, inspection.refusal)
                                       : of_file + of_tables;
  return inspection;
}

}  // namespace composable::host
