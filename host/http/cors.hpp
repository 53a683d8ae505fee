// Cors lets pages of configured origins read this host's answers (the Fetch standard's CORS
// protocol). Any thread.
#pragma once
#include "http/http_options.hpp"
#include "http/request_view.hpp"
#include "http/response_writer.hpp"

namespace composable::host {

class Cors {
 public:
  explicit Cors(const HttpOptions& options) : options_(&options) {}  // outlives this

  // Adds the headers of any answer to this request, an error's too. Nothing when no origins are
  // configured.
  void annotate(const RequestView& request, ResponseWriter& response) const;

  static bool is_preflight(const RequestView& request);
  // Adds the headers of a preflight's answer; after annotate().
  void annotate_preflight(const RequestView& request, ResponseWriter& response) const;

 private:
  bool is_listed(std::string_view origin) const;

  const HttpOptions* options_;
};

}  // namespace composable::host
