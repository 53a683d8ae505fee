// A ServingReloadHost gives changeovers access to the host that serves.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "config/config.hpp"
#include "config/domain_sections.hpp"
#include "reload/reload_host.hpp"
#include "store/store.hpp"

namespace composable::host {

class ServingReloadHost final : public ReloadHost {
 public:
  using Publish = std::function<void(const ServedDomains::List&)>;

  // All references outlive it. publish() calls `publish`.
  ServingReloadHost(const Config& config, const DomainSections& sections,
                    const StoreEnvironment& environment, Publish publish)
      : config_(config),
        sections_(sections),
        environment_(environment),
        publish_(std::move(publish)) {}

  std::string config(std::string_view domain) override { return sections_.of(domain); }
  absl::Status visit_events(std::string_view domain, const CanaryTrial::Visit& visit) override;
  bool is_stored(std::string_view domain, std::string_view type) override;
  std::uint64_t last_position() override;
  absl::Status check_routes(const DomainTables& candidate) override;
  std::shared_ptr<Store> make_store(std::shared_ptr<DomainHandle> domain,
                                    std::uint32_t number) override;
  void publish(const ServedDomains::List& served) override { publish_(served); }

 private:
  const Config& config_;
  const DomainSections& sections_;
  const StoreEnvironment environment_;
  const Publish publish_;
};

}  // namespace composable::host
