// These functions check the name of a new domain and derive the names that follow from it. Used by
// `composable new`. Pure; any thread.
#pragma once
#include <string>
#include <string_view>

namespace composable::host {

// What is wrong with `name` and what would do instead; empty when nothing is.
std::string domain_name_mistake(std::string_view name);

// For a good name: its type in C++, my-shop → MyShop, and its file, my-shop → my_shop.
std::string domain_type_name(std::string_view name);
std::string domain_file_name(std::string_view name);

}  // namespace composable::host
