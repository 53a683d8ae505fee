#include "plugin/build_identity.hpp"

#include <openssl/evp.h>

#include <stdexcept>

#include "absl/strings/escaping.h"
#include "plugin/elf_file.hpp"
#include "plugin/file_snapshot.hpp"

namespace composable::host {
namespace {

constexpr std::size_t kDigits = 40;

}  // namespace

std::string build_identity(std::span<const std::uint8_t> bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr) != 1) {
    throw std::runtime_error("OpenSSL has no SHA-256; install its default provider");
  }
  const absl::string_view text(reinterpret_cast<const char*>(digest), size);
  return absl::BytesToHexString(text).substr(0, kDigits);
}

absl::StatusOr<std::string> file_identity(const std::filesystem::path& file,
                                          Incomplete incomplete) {
  const auto bytes = read_stable_file(file);
  const auto refused = [incomplete](const absl::Status& s) {
    return absl::IsDataLoss(s) && incomplete == Incomplete::kRefuse;
  };
  if (!bytes.ok()) {
    if (refused(bytes.status()) || absl::IsNotFound(bytes.status())) return bytes.status();
    return std::string();
  }
  if (const absl::Status s = ElfFile::parse(*bytes).status(); refused(s)) return s;
  return build_identity(*bytes);
}

}  // namespace composable::host
