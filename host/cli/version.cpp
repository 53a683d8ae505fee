// composable version: prints the versions of the host and of its ABI.
#include "composable/abi/version.h"

#include <ostream>

#include "absl/strings/str_format.h"
#include "cli/verbs.hpp"

namespace composable::host {

int version_verb(const VerbOptions&, Invocation& call) {
  call.out << absl::StrFormat("composable %s (abi %d.%d)\n", COMPOSABLE_VERSION,
                              COMPOSABLE_ABI_MAJOR, COMPOSABLE_ABI_MINOR);
  return 0;
}

}  // namespace composable::host
