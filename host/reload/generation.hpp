// A Generation is one generation of a domain, from the moment it is loaded until its code is
// verified to be gone. It shares its domain with a store; whoever releases the domain last, on any
// thread, returns it here, and only then can the code be unmapped. The reloader makes and ends it.
#pragma once
#include <chrono>
#include <condition_variable>
#include <memory>
#include <string>

#include "domain/domain_handle.hpp"
#include "plugin/loaded_plugin.hpp"
#include "runtime/mutex.hpp"

namespace composable::host {

class Generation {
 public:
  explicit Generation(LoadedPlugin plugin);
  // Ends and unloads as below. What is held stays mapped until the process ends.
  ~Generation();
  Generation(const Generation&) = delete;
  Generation& operator=(const Generation&) = delete;

  const LoadedPlugin& plugin() const { return plugin_; }  // its name, file, build, findings

  // Gives the domain to a store; once.
  std::shared_ptr<DomainHandle> share_domain();
  // Blocks until nothing holds the domain, or it has ended. False: it is still held after
  // `patience`.
  bool wait_until_returned(std::chrono::milliseconds patience);
  // [not a loop] Destroys the domain, which has been returned. Once.
  void end();
  bool has_ended() const { return ended_; }
  // After end(): see LoadedPlugin::thread_holder().
  std::string thread_holder(std::chrono::milliseconds patience) const {
    return plugin_.thread_holder(patience);
  }
  // [not a loop] After end(): unmaps the code. Once.
  UnloadResult unload();

 private:
  // Where the domain is returned to; it may outlive the generation.
  struct ReturnSlot {
    Mutex mutex;
    std::condition_variable_any changed;
    std::unique_ptr<DomainHandle> domain ABSL_GUARDED_BY(mutex);
  };

  LoadedPlugin plugin_;
  bool ended_ = false;
  bool unloaded_ = false;
  const std::shared_ptr<ReturnSlot> return_slot_ = std::make_shared<ReturnSlot>();
};

}  // namespace composable::host
