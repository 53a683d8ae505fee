// A CanaryTest tries plugin files as a host does, and checks that each trial leaves nothing behind.
#pragma once
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "canary/canary.hpp"
#include "plugin/loader.hpp"
#include "plugin_files.hpp"

namespace composable::host {

class CanaryTest : public testing::Test {
 protected:
  static std::filesystem::path deadly(std::string_view name) {
    return std::filesystem::path(DEADLY_PLUGINS_DIR) / name;
  }

  // `count` events of one type at the positions 1, 3, 5…
  static auto events_of(std::string type, std::string data, std::uint64_t count) {
    return [=](std::string_view, const CanaryTrial::Visit& visit) {
      for (std::uint64_t i = 0; i < count; ++i) {
        const absl::Status visited = visit({.position = 2 * i + 1,
                                            .version = i + 1,
                                            .stream = "order-1",
                                            .type = type,
                                            .data = data,
                                            .actor = "ada",
                                            .recorded_at_us = 1'700'000'000'000'000,
                                            .id = {},
                                            .correlation = {},
                                            .cause = {}});
        if (!visited.ok()) return visited;
      }
      return absl::OkStatus();
    };
  }
  static auto one_state(std::uint32_t schema, std::string data) {
    return [=](std::string_view) { return ExportedState{schema, data}; };
  }

  // Why the file is not taken, without its name.
  std::string refusal(const CanaryTrial& trial) {
    const auto report = canary_.try_candidate(trial);
    code_ = report.status().code();
    const std::string where = trial.file.string() + ": ";
    const std::string text = message_of(report.status());
    EXPECT_TRUE(text.starts_with(where)) << text;
    return text.substr(std::min(text.size(), where.size()));
  }

  static std::size_t open_files() {
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
  }

  std::vector<std::filesystem::path> left() const {
    std::vector<std::filesystem::path> left;
    for (const auto& entry : std::filesystem::directory_iterator(run_->path())) {
      if (entry.path().filename() != ".lock") left.push_back(entry.path());
    }
    return left;
  }

  // The trial left nothing behind: no process, not even a dead one, and no file, open or closed.
  void TearDown() override {
    EXPECT_EQ(open_files(), open_files_before_);
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
    EXPECT_EQ(errno, ECHILD);
    canary_.tidy();
    EXPECT_EQ(left(), std::vector<std::filesystem::path>());
  }

  static constexpr char kPlaced[] =
      R"({"order_id":"1","customer_id":"c","items":[{"product_id":"p","name":"n","quantity":1,)"
      R"("unit_price_cents":5}],"total_cents":5,"status":"placed"})";

  const std::filesystem::path orders_ = ORDERS_PLUGIN;
  TemporaryDirectory directory_;
  std::unique_ptr<RunDirectory> run_ = *RunDirectory::open(directory_ / "run");
  Canary canary_{*run_};
  const std::size_t open_files_before_ = open_files();
  absl::StatusCode code_ = absl::StatusCode::kOk;
};

}  // namespace composable::host
