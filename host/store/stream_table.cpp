#include "store/stream_table.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <stdexcept>

namespace composable::host {
namespace {

[[noreturn]] void fail() {
  throw std::runtime_error("OpenSSL has no SIPHASH; install its default provider");
}

}  // namespace

void StreamTable::FreeMac::operator()(EVP_MAC_CTX* mac) const { EVP_MAC_CTX_free(mac); }

StreamTable::StreamTable() {
  EVP_MAC* const siphash = EVP_MAC_fetch(nullptr, "SIPHASH", nullptr);
  if (siphash == nullptr) fail();
  mac_.reset(EVP_MAC_CTX_new(siphash));
  EVP_MAC_free(siphash);
  unsigned char secret[16];
  std::size_t size = sizeof(Key::bits);
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size),
                               OSSL_PARAM_construct_end()};
  if (mac_ == nullptr || RAND_bytes(secret, sizeof secret) != 1 ||
      EVP_MAC_init(mac_.get(), secret, sizeof secret, params) != 1) {
    fail();
  }
}

StreamTable::~StreamTable() = default;

StreamTable::Key StreamTable::key_of(std::string_view name) const {
  Key key;
  std::size_t written = 0;
  // Without a key, init() begins again with the one it has.
  if (EVP_MAC_init(mac_.get(), nullptr, 0, nullptr) != 1 ||
      EVP_MAC_update(mac_.get(), reinterpret_cast<const unsigned char*>(name.data()),
                     name.size()) != 1 ||
      EVP_MAC_final(mac_.get(), reinterpret_cast<unsigned char*>(key.bits.data()), &written,
                    sizeof key.bits) != 1) {
    fail();
  }
  return key;
}

void StreamTable::mark_deleted(std::string_view name, bool deleted) {
  const Key key = key_of(name);
  Stream& stream = streams_[key];
  stream.deleted = deleted;
  if (stream.version == 0 && !deleted) streams_.erase(key);
}

void StreamTable::set_version(const Key& key, std::uint64_t version) {
  Stream& stream = streams_[key];
  stream.version = version;
  if (version == 0 && !stream.deleted) streams_.erase(key);
}

}  // namespace composable::host
