// ServingState is the generation that serves and what its state has taken in. [serial]
#pragma once
#include <cstdint>
#include <memory>

#include "domain/domain_handle.hpp"
#include "store/stream_table.hpp"

namespace composable::host {

struct ServingState {
  std::shared_ptr<DomainHandle> domain;
  StreamTable streams;         // as decided so far
  std::uint64_t position = 0;  // of the last event that is known to be durable
};

}  // namespace composable::host
