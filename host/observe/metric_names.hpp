// The metrics of this host: name, labels, buckets and help of each, as constants. No other code
// spells a metric's name.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>

namespace composable::host {

enum class MetricType : std::uint8_t { kCounter, kGauge, kHistogram };

struct MetricFamily {
  MetricType type;
  std::string_view name;
  std::string_view help;
  std::span<const std::string_view> labels = {};
  // Histograms: upper bounds in nanoseconds, ascending. Exposed in seconds.
  std::span<const std::uint64_t> bounds = {};
};

namespace metric_detail {
inline constexpr std::string_view kDomain[] = {"domain"};
inline constexpr std::string_view kDomainAction[] = {"domain", "action"};
inline constexpr std::string_view kDomainEffect[] = {"domain", "effect"};
inline constexpr std::string_view kDomainResult[] = {"domain", "result"};
inline constexpr std::string_view kMethodRouteStatus[] = {"method", "route", "status"};
inline constexpr std::string_view kMethodRoute[] = {"method", "route"};
inline constexpr std::string_view kDirection[] = {"direction"};

// A reducer takes tens of nanoseconds: 50 ns to 100 ms.
inline constexpr std::uint64_t kComputing[] = {
    50,     100,    200,     500,     1'000,     2'000,      5'000,      10'000,
    20'000, 50'000, 100'000, 500'000, 1'000'000, 10'000'000, 100'000'000};
// A swap takes microseconds, or as long as an ephemeral state is written and read: 5 µs to 1 s.
inline constexpr std::uint64_t kPausing[] = {5'000,      10'000,      25'000,       50'000,
                                             100'000,    250'000,     500'000,      1'000'000,
                                             10'000'000, 100'000'000, 1'000'000'000};
// What waits for a disk or a peer: 50 µs to 10 s.
inline constexpr std::uint64_t kWaiting[] = {
    50'000,      100'000,       250'000,       500'000,       1'000'000,     2'500'000,
    5'000'000,   10'000'000,    25'000'000,    50'000'000,    100'000'000,   250'000'000,
    500'000'000, 1'000'000'000, 2'500'000'000, 5'000'000'000, 10'000'000'000};
}  // namespace metric_detail

inline constexpr MetricFamily kActionsTotal{MetricType::kCounter, "composable_actions_total",
                                            "Actions that a domain has applied.",
                                            metric_detail::kDomainAction};
inline constexpr MetricFamily kCommandRefusedUntil{
    MetricType::kGauge, "composable_command_refused_until_seconds",
    "Unix time until which a command is refused, since an event of it could not be evolved.",
    metric_detail::kDomainAction};
inline constexpr MetricFamily kEffectsTotal{MetricType::kCounter, "composable_effects_total",
                                            "Effects that were executed.",
                                            metric_detail::kDomainEffect};
inline constexpr MetricFamily kEffectFailuresTotal{
    MetricType::kCounter, "composable_effect_failures_total", "Effects that failed.",
    metric_detail::kDomainEffect};
inline constexpr MetricFamily kTopicMessagesTotal{
    MetricType::kCounter, "composable_topic_messages_total",
    "Messages that a domain published: heard by a listener, refused by all listeners, or unheard.",
    metric_detail::kDomainResult};
inline constexpr MetricFamily kTopicDeliveriesTotal{
    MetricType::kCounter, "composable_topic_deliveries_total",
    "Messages that a domain's topics delivered: handled, failed, or refused at its mailbox.",
    metric_detail::kDomainResult};
inline constexpr MetricFamily kReloadsTotal{
    MetricType::kCounter, "composable_reloads_total",
    "Generations of a domain: live (except at start), refused, unloaded, pinned.",
    metric_detail::kDomainResult};
inline constexpr MetricFamily kReloadPause{
    MetricType::kHistogram,
    "composable_reload_pause_seconds",
    "For how long a domain stopped while the next generation took over.",
    {},
    metric_detail::kPausing};
inline constexpr MetricFamily kHttpBodyBytes{
    MetricType::kGauge, "composable_http_body_bytes",
    "Bytes of request bodies held now, except those that fit a connection's own buffer."};
inline constexpr MetricFamily kHttpBodiesRefusedTotal{
    MetricType::kCounter, "composable_http_bodies_refused_total",
    "Requests refused because all bodies together would hold too much."};
inline constexpr MetricFamily kWsConnections{MetricType::kGauge, "composable_ws_connections",
                                             "Open WebSocket connections."};
inline constexpr MetricFamily kAppendQueueDepth{MetricType::kGauge, "composable_append_queue_depth",
                                                "Appends that wait for the writer."};

// --- reserved: nothing counts these yet, so they are not shown ---

inline constexpr MetricFamily kReducerDuration{
    MetricType::kHistogram, "composable_reducer_duration_seconds",
    "Time in decide and evolve of one action.", metric_detail::kDomain, metric_detail::kComputing};
inline constexpr MetricFamily kEffectDuration{
    MetricType::kHistogram, "composable_effect_duration_seconds",
    "Time from start to end of effects.", metric_detail::kDomainEffect, metric_detail::kWaiting};
inline constexpr MetricFamily kHttpRequestsTotal{
    MetricType::kCounter, "composable_http_requests_total",
    "Answered requests, by the template of their route.", metric_detail::kMethodRouteStatus};
inline constexpr MetricFamily kHttpRequestDuration{
    MetricType::kHistogram, "composable_http_request_duration_seconds",
    "Time from a request's last byte to its answer.", metric_detail::kMethodRoute,
    metric_detail::kWaiting};
inline constexpr MetricFamily kWsMessagesTotal{MetricType::kCounter, "composable_ws_messages_total",
                                               "WebSocket messages, in (from clients) and out.",
                                               metric_detail::kDirection};
inline constexpr MetricFamily kWsLaggedTotal{MetricType::kCounter, "composable_ws_lagged_total",
                                             "Events that slow WebSocket clients have lost."};
inline constexpr MetricFamily kEventAppendDuration{
    MetricType::kHistogram,
    "composable_event_append_duration_seconds",
    "Time from an append's request to its durability.",
    {},
    metric_detail::kWaiting};

}  // namespace composable::host
