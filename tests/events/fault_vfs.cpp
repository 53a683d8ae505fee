#include "fault_vfs.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

namespace composable::host::testing {
namespace {

constexpr std::int64_t kSector = 512;

// What SQLite allocates for an open file; the platform's own file follows it.
struct File {
  sqlite3_file base;
  FaultVfs* vfs;
  std::string* path;
  std::shared_ptr<FaultVfs::Disk>* disk;

  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

File& self(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }
sqlite3_file* real(sqlite3_file* file) { return self(file).real(); }
FaultVfs& owner(sqlite3_vfs* vfs) { return *static_cast<FaultVfs*>(vfs->pAppData); }
sqlite3_vfs* platform(sqlite3_vfs* vfs) { return owner(vfs).below(); }

int before(sqlite3_file* file, FaultVfs::Operation operation) {
  return self(file).vfs->before(operation, *self(file).path, **self(file).disk);
}

int close_file(sqlite3_file* file) {
  const int code = real(file)->pMethods->xClose(real(file));
  delete self(file).path;
  delete self(file).disk;
  return code;
}

int read_file(sqlite3_file* file, void* to, int size, sqlite3_int64 offset) {
  if (const int code = before(file, FaultVfs::Operation::kRead)) return code;
  return real(file)->pMethods->xRead(real(file), to, size, offset);
}

int write_file(sqlite3_file* file, const void* from, int size, sqlite3_int64 offset) {
  if (const int code = before(file, FaultVfs::Operation::kWrite)) return code;
  const int code = real(file)->pMethods->xWrite(real(file), from, size, offset);
  if (code != SQLITE_OK) return code;
  self(file).vfs->changed(
      **self(file).disk,
      {false, offset, std::string(static_cast<const char*>(from), static_cast<std::size_t>(size))});
  return SQLITE_OK;
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  if (const int code = before(file, FaultVfs::Operation::kTruncate)) return code;
  const int code = real(file)->pMethods->xTruncate(real(file), size);
  if (code == SQLITE_OK) self(file).vfs->changed(**self(file).disk, {true, size, {}});
  return code;
}

int sync_file(sqlite3_file* file, int) {
  if (const int code = before(file, FaultVfs::Operation::kSync)) return code;
  self(file).vfs->synced(**self(file).disk);
  return SQLITE_OK;
}

int file_size(sqlite3_file* f, sqlite3_int64* size) {
  return real(f)->pMethods->xFileSize(real(f), size);
}
int lock_file(sqlite3_file* f, int level) { return real(f)->pMethods->xLock(real(f), level); }
int unlock_file(sqlite3_file* f, int level) { return real(f)->pMethods->xUnlock(real(f), level); }
int check_lock(sqlite3_file* f, int* held) {
  return real(f)->pMethods->xCheckReservedLock(real(f), held);
}
int control_file(sqlite3_file* f, int what, void* argument) {
  return real(f)->pMethods->xFileControl(real(f), what, argument);
}
int sector_size(sqlite3_file* f) { return real(f)->pMethods->xSectorSize(real(f)); }
int characteristics(sqlite3_file* f) { return real(f)->pMethods->xDeviceCharacteristics(real(f)); }
int map_shared(sqlite3_file* f, int page, int size, int extend, void volatile** at) {
  return real(f)->pMethods->xShmMap(real(f), page, size, extend, at);
}
int lock_shared(sqlite3_file* f, int offset, int n, int flags) {
  return real(f)->pMethods->xShmLock(real(f), offset, n, flags);
}
void barrier(sqlite3_file* f) { real(f)->pMethods->xShmBarrier(real(f)); }
int unmap_shared(sqlite3_file* f, int remove) {
  return real(f)->pMethods->xShmUnmap(real(f), remove);
}

const sqlite3_io_methods kMethods = {2,
                                     close_file,
                                     read_file,
                                     write_file,
                                     truncate_file,
                                     sync_file,
                                     file_size,
                                     lock_file,
                                     unlock_file,
                                     check_lock,
                                     control_file,
                                     sector_size,
                                     characteristics,
                                     map_shared,
                                     lock_shared,
                                     barrier,
                                     unmap_shared,
                                     nullptr,
                                     nullptr};

int open_file(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out) {
  File& opened = self(file);
  opened.base.pMethods = nullptr;
  const int code = platform(vfs)->xOpen(platform(vfs), path, opened.real(), flags, out);
  if (code != SQLITE_OK) return code;
  opened.vfs = &owner(vfs);
  opened.path = new std::string(path == nullptr ? "" : path);
  opened.disk = new std::shared_ptr<FaultVfs::Disk>(owner(vfs).open(*opened.path));
  opened.base.pMethods = &kMethods;
  return SQLITE_OK;
}

int delete_file(sqlite3_vfs* vfs, const char* path, int sync_directory) {
  owner(vfs).forget(path);
  return platform(vfs)->xDelete(platform(vfs), path, sync_directory);
}

std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void put(std::string& image, std::int64_t offset, std::string_view bytes) {
  const auto end = static_cast<std::size_t>(offset) + bytes.size();
  if (image.size() < end) image.resize(end);
  std::memcpy(image.data() + offset, bytes.data(), bytes.size());
}

void apply(std::string& image, const FaultVfs::Change& change) {
  if (change.truncation) {
    image.resize(static_cast<std::size_t>(change.offset));
  } else {
    put(image, change.offset, change.bytes);
  }
}

// Some of the sectors that the change touches, by the toss of a coin for each.
void apply_partly(std::string& image, const FaultVfs::Change& change, std::mt19937_64& coin) {
  if (change.truncation) {
    if ((coin() & 1) != 0) apply(image, change);
    return;
  }
  const std::string_view bytes = change.bytes;
  for (std::size_t done = 0; done < bytes.size();) {
    const std::int64_t at = change.offset + static_cast<std::int64_t>(done);
    const auto size =
        std::min(static_cast<std::size_t>(kSector - at % kSector), bytes.size() - done);
    if ((coin() & 1) != 0) put(image, at, bytes.substr(done, size));
    done += size;
  }
}

}  // namespace

FaultVfs::FaultVfs() : platform_(sqlite3_vfs_find(nullptr)) {
  static std::atomic<int> made{0};
  name_ = "fault-" + std::to_string(++made);
  vfs_ = *platform_;
  vfs_.szOsFile = static_cast<int>(sizeof(File)) + platform_->szOsFile;
  vfs_.zName = name_.c_str();
  vfs_.pNext = nullptr;
  vfs_.pAppData = this;
  vfs_.xOpen = open_file;
  vfs_.xDelete = delete_file;
  vfs_.xAccess = [](sqlite3_vfs* v, const char* path, int flags, int* out) {
    return platform(v)->xAccess(platform(v), path, flags, out);
  };
  vfs_.xFullPathname = [](sqlite3_vfs* v, const char* path, int size, char* out) {
    return platform(v)->xFullPathname(platform(v), path, size, out);
  };
  sqlite3_vfs_register(&vfs_, 0);
}

FaultVfs::~FaultVfs() { sqlite3_vfs_unregister(&vfs_); }

std::shared_ptr<FaultVfs::Disk> FaultVfs::open(const std::string& path) {
  absl::MutexLock lock(&mutex_);
  std::shared_ptr<Disk>& disk = disks_[path];
  if (disk == nullptr) {
    disk = std::make_shared<Disk>();
    disk->durable = content(path);
  }
  return disk;
}

void FaultVfs::forget(const std::string& path) {
  absl::MutexLock lock(&mutex_);
  disks_.erase(path);
}

int FaultVfs::before(Operation operation, const std::string& path, Disk& disk) {
  absl::MutexLock lock(&mutex_);
  if (operation != Operation::kRead) count_down();
  for (Fault& fault : faults_) {
    const bool meant =
        fault.operation == operation && fault.count > 0 && path.size() >= fault.suffix.size() &&
        path.compare(path.size() - fault.suffix.size(), std::string::npos, fault.suffix) == 0;
    if (!meant) continue;
    --fault.count;
    ++failures_;
    if (operation == Operation::kSync) disk.unsynced.clear();
    return fault.code;
  }
  return SQLITE_OK;
}

void FaultVfs::changed(Disk& disk, Change change) {
  absl::MutexLock lock(&mutex_);
  disk.unsynced.push_back(std::move(change));
}

void FaultVfs::synced(Disk& disk) {
  absl::MutexLock lock(&mutex_);
  for (const Change& change : disk.unsynced) apply(disk.durable, change);
  disk.unsynced.clear();
}

void FaultVfs::fail(Operation operation, std::string suffix, int count, int code) {
  absl::MutexLock lock(&mutex_);
  faults_.push_back({operation, std::move(suffix), count, code});
}

void FaultVfs::heal() {
  absl::MutexLock lock(&mutex_);
  faults_.clear();
}

int FaultVfs::failures() const {
  absl::MutexLock lock(&mutex_);
  return failures_;
}

void FaultVfs::cut_power_after(int operations, std::function<void()> then) {
  absl::MutexLock lock(&mutex_);
  countdown_ = operations;
  then_ = std::move(then);
  cut_ = false;
}

void FaultVfs::cut_power() {
  absl::MutexLock lock(&mutex_);
  keep_remains();
}

void FaultVfs::count_down() {
  if (countdown_ == 0 || --countdown_ > 0) return;
  then_();
  keep_remains();
}

void FaultVfs::keep_remains() {
  remains_.clear();
  for (const auto& [path, disk] : disks_) remains_[path] = *disk;
  cut_ = true;
}

bool FaultVfs::cut() const {
  absl::MutexLock lock(&mutex_);
  return cut_;
}

void FaultVfs::write_remains(const std::string& directory, std::uint64_t seed) {
  absl::MutexLock lock(&mutex_);
  std::mt19937_64 coin(seed);
  for (const auto& [path, disk] : remains_) {
    std::string image = disk.durable;
    for (const Change& change : disk.unsynced) apply_partly(image, change, coin);
    const auto name = std::filesystem::path(path).filename();
    std::ofstream out(std::filesystem::path(directory) / name, std::ios::binary);
    out.write(image.data(), static_cast<std::streamsize>(image.size()));
  }
}

}  // namespace composable::host::testing
