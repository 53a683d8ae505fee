#include "app/composable_app.hpp"

#include <csignal>
#include <string>

#include "app/dev_host.hpp"
#include "app/dev_session.hpp"
#include "app/loaded_domains.hpp"
#include "app/log_check.hpp"
#include "app/serving.hpp"
#include "app/signals.hpp"
#include "canary/canary_child.hpp"
#include "net/admin_client.hpp"
#include "observe/log.hpp"
#include "runtime/own_thread.hpp"
#include "verify/plugin_task.hpp"

namespace composable::host {
namespace {

class RealHostApp final : public HostApp {
 public:
  int run(const LoadedConfig& config) override {
    Signals signals({SIGTERM, SIGINT, SIGHUP});
    const OwnThread own;  // states are rebuilt on this thread
    Serving serving(config);
    if (const absl::Status status = serving.start(); !status.ok()) {
      log_error("host", "start_failed", {{"reason", std::string(status.message())}});
      return 1;
    }
    int signal = 0;
    while ((signal = signals.wait()) == SIGHUP) serving.reload_all("signal");
    log_info("host", "signal", {{"number", signal}});
    signals.restore();
    return serving.stop() == 0 ? 0 : 1;
  }

  int dev(const LoadedConfig& config, const DevProject& project) override {
    return DevSession(config, project).run();
  }
  int dev_host(const LoadedConfig& config) override { return run_dev_host(config); }

  CheckReport check(const LoadedConfig& config, bool replay) override {
    const DomainSections sections(config);
    const auto domains = LoadedDomains::load(config.config, sections);
    CheckReport report;
    if (domains.ok()) {
      report = (*domains)->check_report();
      if ((*domains)->is_empty()) {
        report.warnings.push_back(advice_without_plugins(config.config));
      }
      if (replay) check_log(**domains, config.config, sections, report);
      return report;
    }
    report.problems.emplace_back(domains.status().message());
    return report;
  }

  RoutesReport routes(const LoadedConfig& config) override {
    const DomainSections sections(config);
    const auto domains = LoadedDomains::load(config.config, sections);
    if (domains.ok()) return (*domains)->routes_report();
    RoutesReport report;
    report.loaded.problems.emplace_back(domains.status().message());
    return report;
  }

  absl::StatusOr<HostAnswer> ask_host(const LoadedConfig& config, std::string_view method,
                                      std::string_view target, std::string_view accept) override {
    auto answer = ask_admin(config.config.data_dir, method, target, accept);
    if (!answer.ok()) return answer.status();
    return HostAnswer{answer->status, std::move(answer->body)};
  }

  int canary() override { return run_canary_child(); }

  Inspection inspect(const InspectRequest& request) override { return inspect_plugin(request); }
  void verify(const VerifyRequest& request, const TestDone& done) override {
    verify_plugin(request, done);
  }
  void list_tests(const TestListed& each) override { host::list_tests(each); }
  int plugin_task() override { return run_plugin_task_child(); }
};

}  // namespace

std::unique_ptr<HostApp> make_host_app() { return std::make_unique<RealHostApp>(); }

}  // namespace composable::host
