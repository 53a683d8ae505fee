// These functions turn the configuration into the options of each part. No other code maps a
// setting to an option. Pure; any thread.
#pragma once
#include <cstdint>

#include "config/config.hpp"
#include "http/http_options.hpp"
#include "net/websocket_hub.hpp"
#include "runtime/uuid.hpp"
#include "store/store.hpp"
#include "store/worker_pool.hpp"

namespace composable::host {

HttpOptions http_options(const Config& config);
// `epoch` is the log's.
WebsocketOptions websocket_options(const Config& config, const Uuid& epoch);
// Of the store with that number.
StoreOptions store_options(const Config& config, std::uint32_t number);
WorkerPool::Options worker_options(const Config& config);
// 0 stands for one for each core.
std::uint32_t thread_count(std::uint64_t configured);

}  // namespace composable::host
