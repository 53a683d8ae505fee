#include "reload/kept_builds.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/str_format.h"
#include "runtime/unique_fd.hpp"

namespace composable::host {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxDescription = 256 * 1024;
constexpr std::size_t kPart = 64 * 1024;
constexpr std::string_view kFirstLine = "composable kept build 1";
constexpr char kUnfinished[] = ".new";

absl::Status failed(const fs::path& path, std::string_view what, int error) {
  return absl::UnavailableError(
      absl::StrFormat("%s: %s: %s; check the data directory, its rights and the room on its disk",
                      path.string(), what, std::strerror(error)));
}

UniqueFd create(const fs::path& path) {
  ::unlink(path.c_str());  // what a crash has left
  return UniqueFd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// Calls `take` with every part of the file, until that is false.
absl::Status read_file(const fs::path& path, const std::function<bool(std::string_view)>& take) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return failed(path, "it cannot be read", errno);
  struct stat found {};
  if (::fstat(fd.get(), &found) != 0 || !S_ISREG(found.st_mode)) {
    return absl::FailedPreconditionError(
        absl::StrFormat("%s: expected a file; remove it", path.string()));
  }
  std::string part(kPart, '\0');
  for (;;) {
    const ssize_t got = ::read(fd.get(), part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(path, "it cannot be read", errno);
    if (got == 0 || !take({part.data(), static_cast<std::size_t>(got)})) return absl::OkStatus();
  }
}

class Sha256 {
 public:
  Sha256() { EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr); }
  void add(std::string_view bytes) { EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()); }
  std::string hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
    unsigned size = 0;
    EVP_DigestFinal_ex(context_.get(), digest.data(), &size);
    std::string text;
    for (unsigned n = 0; n < size; ++n) text += absl::StrFormat("%02x", digest[n]);
    return text;
  }

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_{EVP_MD_CTX_new()};
};

// With `copy`, the bytes go there too.
struct Digest {
  std::string hex;
  std::uint64_t bytes = 0;
};
absl::StatusOr<Digest> digest_of(const fs::path& path, int copy = -1) {
  Sha256 sha;
  Digest digest;
  int error = 0;
  const absl::Status read = read_file(path, [&](std::string_view part) {
    sha.add(part);
    digest.bytes += part.size();
    if (copy >= 0 && !write_all(copy, part)) error = errno;
    return error == 0;
  });
  if (!read.ok()) return read;
  if (error != 0) return failed(path, "it cannot be copied", error);
  digest.hex = sha.hex();
  return digest;
}

std::string stem_of(const KeptBuild& build) {
  return absl::StrFormat("%s.%s", build.domain, build.digest);
}

bool number(std::string_view text, auto& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

// Lines of a word and its value.
std::string text_of(const KeptBuild& build) {
  std::string text =
      absl::StrFormat("%s\ndomain %s\nbuild %s\nversion %s\nsha256 %s\nbytes %d\n", kFirstLine,
                      build.domain, build.build, build.version, build.digest, build.bytes);
  text += absl::StrFormat("served_us %d\n", build.served_us);
  for (const std::string& event : build.events) text += absl::StrFormat("event %s\n", event);
  return text;
}

std::optional<KeptBuild> parse(std::string_view text) {
  KeptBuild build;
  bool first = true;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == text.npos) return std::nullopt;  // cut off
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (std::exchange(first, false)) {
      if (line != kFirstLine) return std::nullopt;
      continue;
    }
    const std::size_t blank = line.find(' ');
    if (blank == line.npos) return std::nullopt;
    const std::string_view word = line.substr(0, blank), value = line.substr(blank + 1);
    if (word == "domain") build.domain = value;
    if (word == "build") build.build = value;
    if (word == "version") build.version = value;
    if (word == "sha256") build.digest = value;
    if (word == "event") build.events.emplace_back(value);
    if (word == "bytes" && !number(value, build.bytes)) return std::nullopt;
    if (word == "served_us" && !number(value, build.served_us)) return std::nullopt;
  }
  if (build.domain.empty() || build.build.empty() || build.digest.empty()) return std::nullopt;
  return build;
}

absl::StatusOr<std::string> read_description(const fs::path& path) {
  std::string text;
  const absl::Status read = read_file(path, [&](std::string_view part) {
    text += part;
    return text.size() <= kMaxDescription;
  });
  if (!read.ok()) return read;
  return text;
}

}  // namespace

std::string name_of(const KeptBuild& build) {
  if (build.generation != 0) return absl::StrFormat("generation %d", build.generation);
  return "build " + build.build.substr(0, 8);
}

std::vector<std::string> event_types_of(const DomainTables& domain) {
  std::vector<std::string> names;
  for (const ActionType& type : domain.actions()) {
    if (type.action_class == COMPOSABLE_CLASS_EVENT && !type.gone) names.push_back(type.name);
  }
  return names;
}

absl::Status KeptBuilds::make_directory() const {
  std::error_code ignored;
  fs::create_directories(directory_.parent_path(), ignored);
  if (::mkdir(directory_.c_str(), 0700) != 0 && errno != EEXIST) {
    return failed(directory_, "the directory of kept builds cannot be made", errno);
  }
  struct stat found {};
  if (::lstat(directory_.c_str(), &found) != 0) {
    return failed(directory_, "the directory of kept builds cannot be examined", errno);
  }
  if (!S_ISDIR(found.st_mode) || found.st_uid != ::geteuid() || (found.st_mode & 077) != 0) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "%s: builds are kept in a directory of user %d with mode 0700, found mode %06o of user %d; "
        "remove it",
        directory_.string(), ::geteuid(), found.st_mode, found.st_uid));
  }
  return absl::OkStatus();
}

absl::Status KeptBuilds::open() {
  builds_.clear();
  if (usable_ = make_directory(); !usable_.ok()) return usable_;
  std::error_code error;
  std::vector<fs::path> files;
  for (fs::directory_iterator it(directory_, error), end; !error && it != end;
       it.increment(error)) {
    files.push_back(it->path());
  }
  if (error) return usable_ = failed(directory_, "kept builds cannot be read", error.value());
  std::vector<fs::path> known;
  for (const fs::path& file : files) {
    if (file.extension() != ".txt") continue;
    const auto text = read_description(file);
    auto build = text.ok() ? parse(*text) : std::nullopt;
    if (!build || stem_of(*build) != file.stem()) continue;
    build->file = fs::path(file).replace_extension(".so");
    if (fs::file_size(build->file, error) != build->bytes || error) continue;
    known.push_back(file);
    known.push_back(build->file);
    builds_.push_back(*std::move(build));
  }
  for (const fs::path& file : files) {
    const bool is_known = std::find(known.begin(), known.end(), file) != known.end();
    if (!is_known && !fs::is_directory(file, error)) fs::remove(file, error);
  }
  std::sort(builds_.begin(), builds_.end(),
            [](const KeptBuild& a, const KeptBuild& b) { return a.served_us > b.served_us; });
  return absl::OkStatus();
}

absl::Status KeptBuilds::keep(KeptBuild build, const fs::path& source, std::int64_t now_us) {
  if (!usable_.ok()) return usable_;
  build.served_us = builds_.empty() ? now_us : std::max(now_us, builds_.front().served_us + 1);
  const fs::path unfinished = directory_ / (build.domain + kUnfinished);
  const UniqueFd copy = create(unfinished);
  if (!copy) return failed(unfinished, "the build cannot be kept", errno);
  const auto digest = digest_of(source, copy.get());
  if (!digest.ok() || digest->bytes > kMaxBytes) {
    ::unlink(unfinished.c_str());
    if (!digest.ok()) return digest.status();
    return absl::ResourceExhaustedError(
        absl::StrFormat("%s: a build of %d bytes is not kept, of all domains %d bytes are",
                        build.domain, digest->bytes, kMaxBytes));
  }
  build.digest = digest->hex;
  build.bytes = digest->bytes;
  build.file = directory_ / (stem_of(build) + ".so");
  // The same build again takes the place of what was kept of it.
  std::erase_if(builds_, [&](const KeptBuild& other) { return other.file == build.file; });
  make_room(build);
  if (::rename(unfinished.c_str(), build.file.c_str()) != 0) {
    return failed(build.file, "the build cannot be kept", errno);
  }
  if (absl::Status s = write(build); !s.ok()) {
    ::unlink(build.file.c_str());
    return s;
  }
  builds_.insert(builds_.begin(), std::move(build));
  return absl::OkStatus();
}

absl::Status KeptBuilds::write(const KeptBuild& build) const {
  const fs::path unfinished = directory_ / (build.domain + kUnfinished);
  const fs::path file = directory_ / (stem_of(build) + ".txt");
  const UniqueFd fd = create(unfinished);
  if (!fd || !write_all(fd.get(), text_of(build)) ||
      ::rename(unfinished.c_str(), file.c_str()) != 0) {
    return failed(file, "the build cannot be kept", errno);
  }
  return absl::OkStatus();
}

void KeptBuilds::remove(const KeptBuild& build) {
  ::unlink(fs::path(build.file).replace_extension(".txt").c_str());
  ::unlink(build.file.c_str());
  const fs::path file = build.file;
  std::erase_if(builds_, [&](const KeptBuild& other) { return other.file == file; });
}

// For `newest`, which is not among them yet.
void KeptBuilds::make_room(const KeptBuild& newest) {
  while (of(newest.domain).size() >= kMaxPerDomain) remove(of(newest.domain).back());
  const auto bytes = [&] {
    std::uint64_t sum = newest.bytes;
    for (const KeptBuild& build : builds_) sum += build.bytes;
    return sum;
  };
  while (!builds_.empty() && bytes() > kMaxBytes) remove(KeptBuild(builds_.back()));
}

std::vector<KeptBuild> KeptBuilds::of(std::string_view domain) const {
  std::vector<KeptBuild> found;
  for (const KeptBuild& build : builds_) {
    if (build.domain == domain) found.push_back(build);
  }
  return found;
}

absl::Status KeptBuilds::check(const KeptBuild& build) {
  const auto digest = digest_of(build.file);
  if (digest.ok() && digest->hex == build.digest) return absl::OkStatus();
  const std::string found =
      digest.ok() ? absl::StrFormat("its SHA-256 is %s, kept was %s", digest->hex, build.digest)
                  : std::string(digest.status().message());
  remove(KeptBuild(build));
  return absl::DataLossError(absl::StrFormat(
      "%s: the kept build is damaged and not used: %s; put its file into the plugin directory",
      build.file.string(), found));
}

}  // namespace composable::host
