#include "verify/plugin_under_test.hpp"

#include "plugin/loader.hpp"

namespace composable::host {

absl::StatusOr<LoadedPlugin> PluginUnderTest::load(const std::filesystem::path& file,
                                                   const std::string& config) {
  const auto entering = [this](LoadStep step) {
    constexpr std::string_view kNames[] = {"static constructors", "entry", "create"};
    progress_.enter(ChildProgress::kPluginTask, kNames[static_cast<int>(step)]);
  };
  const auto print = [](std::string_view domain, std::uint32_t, std::string_view line) {
    absl::FPrintF(stderr, "%s: %s\n", domain, line);
  };
  Loader loader(
      run_,
      {.log = print, .config = [&](std::string_view) { return config; }, .entering = entering});
  auto plugin = loader.load(file);
  progress_.enter(ChildProgress::kPluginTask);
  return plugin;
}

LoadedPlugin PluginUnderTest::load_older() {
  auto plugin = load(against_, config_);
  if (!plugin.ok() && config_ != "{}") plugin = load(against_, "{}");
  if (plugin.ok()) return *std::move(plugin);
  fail(std::string(plugin.status().message()));
}

LoadedPlugin PluginUnderTest::load() {
  auto plugin = load(file_, config_);
  if (plugin.ok()) return *std::move(plugin);
  // The line that this ends in stands beneath the file's name.
  const std::string_view text(plugin.status().message().data(), plugin.status().message().size());
  const std::string file = file_.string() + ": ";
  fail(std::string(text.starts_with(file) ? text.substr(file.size()) : text));
}

}  // namespace composable::host
