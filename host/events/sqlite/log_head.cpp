#include "events/sqlite/log_head.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

#include "absl/strings/str_format.h"
#include "events/crc32c.hpp"

namespace composable::host {
namespace {

// For people to read, and always of the same length, so that one write replaces all of it.
std::string content(const Uuid& epoch, std::uint64_t position) {
  std::string text =
      absl::StrFormat("composable log head 1\nepoch %s\nposition %020u\n", epoch.text(), position);
  text += absl::StrFormat("crc32c %08x\n", crc32c(0, text.data(), text.size()));
  return text;
}

std::optional<LogHead::Known> parse(std::string_view text) {
  constexpr std::string_view kEpoch = "epoch ", kPosition = "position ";
  const std::size_t epoch_at = text.find(kEpoch), position_at = text.find(kPosition);
  if (epoch_at == text.npos || position_at == text.npos) return {};
  const auto epoch = Uuid::parse(text.substr(epoch_at + kEpoch.size(), 36));
  if (!epoch) return {};
  const std::string digits(text.substr(position_at + kPosition.size(), 20));
  const LogHead::Known known{*epoch, std::strtoull(digits.c_str(), nullptr, 10)};
  if (content(known.epoch, known.position) != text) return {};
  return known;
}

}  // namespace

LogHead::LogHead(std::string path) : path_(std::move(path)) {
  fd_ = UniqueFd(::open(path_.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd_) {
    unreadable_ = errno != ENOENT;
    return;
  }
  char bytes[256];
  const ssize_t size = ::pread(fd_.get(), bytes, sizeof bytes, 0);
  if (size > 0) known_ = parse({bytes, static_cast<std::size_t>(size)});
  unreadable_ = !known_;
}

absl::Status LogHead::note(const Uuid& epoch, std::uint64_t position) {
  if (!fd_) fd_ = UniqueFd(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd_) return failed("opened");
  const std::string text = content(epoch, position);
  if (::pwrite(fd_.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    return failed("written");
  }
  if (!known_ && ::ftruncate(fd_.get(), static_cast<off_t>(text.size())) != 0) {
    return failed("written");  // what was there before may have been longer
  }
  known_ = Known{epoch, position};
  return absl::OkStatus();
}

absl::Status LogHead::sync() {
  if (fd_ && ::fdatasync(fd_.get()) != 0) return failed("synced");
  return absl::OkStatus();
}

absl::Status LogHead::failed(const char* doing) const {
  return absl::UnavailableError(
      absl::StrFormat("%s: cannot be %s: %s; check the disk", path_, doing, std::strerror(errno)));
}

}  // namespace composable::host
