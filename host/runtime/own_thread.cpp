#include "runtime/own_thread.hpp"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstring>
#include <fstream>
#include <set>
#include <thread>

#include "absl/strings/str_format.h"
#include "runtime/mutex.hpp"

namespace composable::host {
namespace {

constexpr std::chrono::milliseconds kBetweenLooks{1};

struct OwnThreads {
  Mutex mutex;
  std::set<int> numbers ABSL_GUARDED_BY(mutex);
};

OwnThreads& own_threads() {
  static auto* const own = new OwnThreads;  // threads may outlive static objects
  return *own;
}

std::vector<int> foreign_numbers(const std::vector<int>& known) {
  std::vector<int> found = thread_numbers();
  OwnThreads& own = own_threads();
  const MutexLock lock(own.mutex);
  std::erase_if(found, [&](int number) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    return number == ::getpid() || own.numbers.contains(number) ||
           std::binary_search(known.begin(), known.end(), number);
  });
  return found;
}

}  // namespace

OwnThread::OwnThread() {
  OwnThreads& own = own_threads();
  const MutexLock lock(own.mutex);
  own.numbers.insert(::gettid());
}

OwnThread::~OwnThread() {
  OwnThreads& own = own_threads();
  const MutexLock lock(own.mutex);
  own.numbers.erase(::gettid());
}

std::vector<int> thread_numbers() {
  std::vector<int> numbers;
  DIR* const tasks = ::opendir("/proc/self/task");
  if (tasks == nullptr) return numbers;
  while (const dirent* entry = ::readdir(tasks)) {
    int number = 0;
    const char* const end = entry->d_name + std::strlen(entry->d_name);
    if (std::from_chars(entry->d_name, end, number).ptr == end) numbers.push_back(number);
  }
  ::closedir(tasks);
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

std::vector<std::string> foreign_threads(const std::vector<int>& known,
                                         std::chrono::milliseconds patience) {
  // A thread is in the kernel's list shortly before it is known here, and shortly after.
  const auto until = std::chrono::steady_clock::now() + patience;
  std::vector<int> numbers = foreign_numbers(known);
  while (!numbers.empty() && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(kBetweenLooks);
    numbers = foreign_numbers(known);
  }
  std::vector<std::string> names;
  for (const int number : numbers) {
    std::ifstream comm(absl::StrFormat("/proc/self/task/%d/comm", number));
    std::string name;
    if (std::getline(comm, name)) names.push_back(absl::StrFormat("%s (%d)", name, number));
  }
  return names;
}

}  // namespace composable::host
