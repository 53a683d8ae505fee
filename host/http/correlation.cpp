#include "http/correlation.hpp"

namespace composable::host {

Uuid correlation_of(const RequestView& request, std::int64_t now_us, Rng& rng) {
  static constexpr std::string_view kName = "x-correlation-id";
  if (const auto text = request.header(kName); text && request.header_lines(kName) == 1) {
    if (const auto id = Uuid::parse(*text); id && !id->is_nil()) return *id;
  }
  return Uuid::v7(now_us, rng);
}

}  // namespace composable::host
