// The statuses that this host answers with: their reason phrases and the codes of their error
// bodies. Any thread.
#pragma once
#include <cstdint>
#include <string_view>

namespace composable::host {

// "Not Found"; "Unknown" for a status that has no name here.
std::string_view reason_phrase(std::uint32_t status);

// NOT_FOUND, TIMEOUT, …: the code of an error body unless another is given.
std::string_view error_code_of(std::uint32_t status);

}  // namespace composable::host
