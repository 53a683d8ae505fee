// What an ordinary `g++ -shared` makes of a plugin: more than one export, some of them UNIQUE, so
// that its first generation would stay in the process for ever. The check must say so.
#include <memory>

#include "composable/abi/composable.h"

COMPOSABLE_NOTE("careless");

std::shared_ptr<int> made_where_everybody_sees_it() { return std::make_shared<int>(1); }

extern "C" __attribute__((visibility("default"))) const composable_domain*
composable_plugin_entry_v1(const composable_host*, composable_error*) {
  return made_where_everybody_sees_it() ? nullptr : nullptr;
}
