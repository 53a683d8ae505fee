// The tests of loading and unloading: what a plugin leaves behind, and what it needs of the host's
// tables.
#include <malloc.h>
#include <mimalloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <string_view>

#include "absl/strings/str_format.h"
#include "plugin/library.hpp"
#include "verify/command_generator.hpp"
#include "verify/test_list.hpp"

// Which allocator a process has is seen when it runs: only the released binary is linked with this.
#pragma weak mi_heap_visit_blocks
#pragma weak mi_heap_get_default

namespace composable::host {
namespace {

constexpr int kCycles = 100;
constexpr std::size_t kSlack = 16 * kCycles;  // less than the smallest block of each cycle
constexpr int kUnloads = 20;
constexpr std::uint64_t kCommands = 40;

// Of this thread, by mimalloc; 0 in a process that allocates otherwise.
std::size_t mimalloc_in_use() {
  if (&mi_heap_visit_blocks == nullptr) return 0;
  std::size_t bytes = 0;
  const auto add = [](const mi_heap_t*, const mi_heap_area_t* area, void*, std::size_t, void* sum) {
    *static_cast<std::size_t*>(sum) += area->used * area->block_size;
    return true;
  };
  mi_heap_visit_blocks(mi_heap_get_default(), false, add, &bytes);
  return bytes;
}

std::size_t heap_in_use() {
  const struct mallinfo2 info = ::mallinfo2();
  return info.uordblks + info.hblkhd + mimalloc_in_use();
}

// Not where another allocator has taken over, as a sanitizer does.
bool heap_is_measured() {
  constexpr std::size_t kMuch = std::size_t{1} << 20;
  const std::size_t before = heap_in_use();
  void* volatile block = std::malloc(kMuch);
  const std::size_t after = heap_in_use();
  std::free(block);
  return after >= before + kMuch;
}

std::size_t entries_of(const char* directory) {
  const std::filesystem::directory_iterator all(directory);
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

struct Created {
  composable_status status = COMPOSABLE_OK;
  CallError error;
};

// Creates, and destroys what that made.
Created create_once(PluginUnderTest& tested, const LoadedPlugin& plugin,
                    const HostServices& services, std::string_view config) {
  composable_error record{};
  record.struct_size = sizeof record;
  record.offset = UINT32_MAX;
  composable_state* state = nullptr;
  const composable_domain& table = plugin.domain().table();
  Created made;
  made.status = tested.call(absl::StrFormat("create with %s", config), [&] {
    return table.create(services.table(), abi_str(config), &state, &record);
  });
  if (made.status < 0) {
    made.error = {
        made.status,
        {record.message, std::min<std::size_t>(record.message_len, sizeof record.message)},
        {record.path, std::min<std::size_t>(record.path_len, sizeof record.path)}};
  } else if (state == nullptr) {
    fail(absl::StrFormat("create with %s: it returned no state and no error; return one of both",
                         config));
  } else {
    tested.call("destroy", [&] { table.destroy(state); });
  }
  return made;
}

// The same many times, on one thread that ends; the heap must not grow.
void create_often(PluginUnderTest& tested, const LoadedPlugin& plugin, std::string_view config) {
  const HostServices services(plugin.name(), {});
  std::size_t grown = 0;
  tested.call_on_load_thread("create and destroy", [&] {
    for (int n = 0; n < 10; ++n) create_once(tested, plugin, services, config);
    const std::size_t before = heap_in_use();
    for (int n = 0; n < kCycles; ++n) create_once(tested, plugin, services, config);
    const std::size_t after = heap_in_use();
    grown = after > before ? after - before : 0;
  });
  if (grown <= kSlack) return;
  fail(absl::StrFormat(
      "create and destroy with %s: %d times left %d bytes of heap behind; let destroy free what "
      "create made, and a create that fails too",
      config, kCycles, grown));
}

// Memory that ends where a table ends: reading on is a crash, and so has a name.
template <typename Table>
class CutTable {
 public:
  CutTable(const Table& table, std::size_t size)
      : page_(static_cast<std::size_t>(::getpagesize())) {
    pages_ = ::mmap(nullptr, 2 * page_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages_ == MAP_FAILED) skip("no memory for it");
    char* const end = static_cast<char*>(pages_) + page_;
    ::mprotect(end, page_, PROT_NONE);
    table_ = reinterpret_cast<Table*>(end - size);
    std::memcpy(static_cast<void*>(table_), &table, size);
    table_->struct_size = static_cast<std::uint32_t>(size);
  }
  ~CutTable() { ::munmap(pages_, 2 * page_); }
  CutTable(const CutTable&) = delete;
  CutTable& operator=(const CutTable&) = delete;

  Table* get() { return table_; }

 private:
  const std::size_t page_;
  void* pages_ = nullptr;
  Table* table_ = nullptr;
};

// The sink as the first ABI had it, on a stage of ours.
class OldSink : private StagedEffects::Committer {
 public:
  explicit OldSink(const DomainHandle& domain)
      : stage_(*this), sink_(stage_.sink(), offsetof(composable_effects, publish)) {
    stage_.reset(domain);
  }
  composable_effects& table() { return *sink_.get(); }
  bool refused() const { return stage_.status() != COMPOSABLE_OK; }

 private:
  void commit() override {}

  StagedEffects stage_;
  CutTable<composable_effects> sink_;
};

}  // namespace

void test_older_host(PluginUnderTest& tested) {
  const LoadedPlugin plugin = tested.load();
  const HostServices services(plugin.name(), {});
  CutTable<composable_host> host(*services.table(), offsetof(composable_host, query_extension) +
                                                        sizeof services.table()->query_extension);
  auto domain = DomainHandle::inspect(&plugin.domain().table());
  if (!domain.ok()) fail(std::string(domain.status().message()));
  tested.call_on_load_thread("create for a host without extensions", [&] {
    const absl::Status created = domain->create(host.get(), tested.config());
    if (!created.ok()) fail(std::string(created.message()));
  });
  CommandGenerator generator(domain->tables(), tested.seed());
  for (std::uint64_t n = 0; n < kCommands; ++n) {
    const auto command = generator.next();
    if (!command) break;
    OldSink sink(*domain);
    composable_context context{};
    context.struct_size = sizeof context;
    CallError error;
    const std::string what = absl::StrFormat("decide of %s for a sink without publish",
                                             domain->actions()[command->type].name);
    const composable_status status = tested.call(what, [&] {
      return domain->decide(
          {command->type, COMPOSABLE_FORM_JSON, command->json.data(), command->json.size()},
          context, sink.table(), error);
    });
    if (!sink.refused()) check_status(what, status, error);
  }
  on_disposable_thread([&] { const DomainHandle destroyed = *std::move(domain); });
}

void test_lifecycle(PluginUnderTest& tested) {
  if (!heap_is_measured()) skip("the heap cannot be measured with a sanitizer or another malloc");
  const LoadedPlugin plugin = tested.load();
  create_often(tested, plugin, tested.config());
  if (tested.config() != "{}") create_often(tested, plugin, "{}");
}

void test_bad_config(PluginUnderTest& tested) {
  const LoadedPlugin plugin = tested.load();
  const HostServices services(plugin.name(), {});
  bool reads = false;
  for (const std::string_view config :
       {R"({"no_such_setting_of_any_domain":1})", R"([1])", R"(7)", R"({"a":)"}) {
    Created made;
    tested.call_on_load_thread("create",
                               [&] { made = create_once(tested, plugin, services, config); });
    check_status(absl::StrFormat("create with %s", config), made.status, made.error);
    if (made.status >= 0) continue;
    reads = true;
    create_often(tested, plugin, config);
  }
  if (!reads) {
    warn(
        "create: it takes any configuration, a misspelt setting too; refuse what it does not know");
  }
}

void test_unload(PluginUnderTest& tested) {
  std::size_t threads = 0, files = 0;
  for (int n = 0; n < kUnloads; ++n) {
    LoadedPlugin plugin = tested.load();
    if (plugin.permanent()) skip("it is permanent; see lint");
    {
      DomainDriver driver(tested, plugin);
      CommandGenerator generator(driver.domain().tables(), tested.seed());
      for (std::uint64_t moment = 0; moment < kCommands; ++moment) {
        const auto command = generator.next();
        if (!command) break;
        const Decision decision = driver.carry_out(*command, moment);
        if (!decision.evolve_error.empty()) break;
        generator.learn(*command, decision);
      }
    }
    UnloadResult unloaded;
    tested.call("destroy or a static destructor", [&] { unloaded = plugin.unload(); });
    if (!unloaded.unmapped) {
      fail(absl::StrFormat(
          "unload %d of %d: %s; look for threads, thread-local objects and handlers that it leaves",
          n + 1, kUnloads, unloaded.reason));
    }
    const std::size_t threads_now = entries_of("/proc/self/task");
    const std::size_t files_now = entries_of("/proc/self/fd");
    if (n == 0) threads = threads_now, files = files_now;
    if (threads_now > threads || files_now > files) {
      fail(absl::StrFormat(
          "unload %d of %d: %d threads and %d open files, %d and %d at first; end in destroy what "
          "create began",
          n + 1, kUnloads, threads_now, files_now, threads, files));
    }
  }
}

}  // namespace composable::host
