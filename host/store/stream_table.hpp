// A StreamTable holds the versions of a domain's streams as decided so far, so that expectations
// are checked before evolve and without asking the log. [serial]
//
// A name is kept as 128 bits of SipHash under a secret key of this process: each stream costs the
// same whatever its name is, and no client can make two names collide.
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

#include "absl/container/flat_hash_map.h"

typedef struct evp_mac_ctx_st EVP_MAC_CTX;

namespace composable::host {

class StreamTable {
 public:
  struct Stream {
    std::uint64_t version = 0;  // of the last event, removed ones included; 0: never one
    bool deleted = false;       // takes no more events
  };
  struct Key {
    std::array<std::uint64_t, 2> bits{};
    bool operator==(const Key&) const = default;
    template <typename H>
    friend H AbslHashValue(H h, const Key& key) {
      return H::combine(std::move(h), key.bits[0]);
    }
  };

  StreamTable();
  ~StreamTable();
  StreamTable(StreamTable&&) = default;
  StreamTable& operator=(StreamTable&&) = default;

  Key key_of(std::string_view name) const;
  Stream find(const Key& key) const {
    const auto it = streams_.find(key);
    return it == streams_.end() ? Stream{} : it->second;
  }
  Stream find(std::string_view name) const { return find(key_of(name)); }

  // After the last evolve of a request has succeeded, or when it turned out not to be stored: then
  // with the version before it. 0 forgets the stream.
  void set_version(const Key& key, std::uint64_t version);
  // A stream that is deleted takes no more events.
  void mark_deleted(std::string_view name, bool deleted = true);

  std::size_t size() const { return streams_.size(); }
  void clear() { streams_.clear(); }

 private:
  struct FreeMac {
    void operator()(EVP_MAC_CTX* mac) const;
  };

  std::unique_ptr<EVP_MAC_CTX, FreeMac> mac_;
  absl::flat_hash_map<Key, Stream> streams_;
};

}  // namespace composable::host
