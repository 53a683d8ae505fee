// Whether a build can read what an older one has stored, as far as its schemas say.
#include "absl/strings/str_format.h"
#include "verify/event_changes.hpp"
#include "verify/test_list.hpp"

namespace composable::host {

void test_against(PluginUnderTest& tested) {
  const LoadedPlugin now = tested.load();
  const LoadedPlugin before = tested.load_older();
  if (now.name() != before.name()) {
    fail(absl::StrFormat("%s is the domain %s, and this is %s; name an older build of this one",
                         tested.against().string(), before.name(), now.name()));
  }
  if (!now.domain().tables().durable()) skip("the domain stores no events");
  std::string all;
  for (const std::string& change : event_changes(before.domain().tables(), now.domain().tables())) {
    all += (all.empty() ? "" : "; ") + change;
  }
  if (!all.empty()) warn(all + "; keep reading what older builds have stored");
}

}  // namespace composable::host
