#include "verify/plugin_under_test.hpp"

#include "plugin/loader.hpp"

namespace composable::host {

LoadedPlugin PluginUnderTest::load() {
  const auto entering = [this](LoadStep step) {
    constexpr std::string_view kNames[] = {"static constructors", "entry", "create"};
    progress_.enter(CanaryProgress::kPluginTask, kNames[static_cast<int>(step)]);
  };
  const auto print = [](std::string_view domain, std::uint32_t, std::string_view line) {
    absl::FPrintF(stderr, "%s: %s\n", domain, line);
  };
  Loader loader(
      run_,
      {.log = print, .config = [this](std::string_view) { return config_; }, .entering = entering});
  auto plugin = loader.load(file_);
  progress_.enter(CanaryProgress::kPluginTask);
  if (plugin.ok()) return *std::move(plugin);
  // The line that this ends in stands beneath the file's name.
  const std::string_view text(plugin.status().message().data(), plugin.status().message().size());
  const std::string file = file_.string() + ": ";
  fail(std::string(text.starts_with(file) ? text.substr(file.size()) : text));
}

}  // namespace composable::host
