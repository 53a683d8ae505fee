// These functions turn a schema of the ABI into lines of text or JSON, and check that it is
// consistent. They read tables of a loaded plugin. Any thread.
#pragma once
#include <string>
#include <vector>

#include "composable/abi/schema.h"

namespace composable::host {

struct ActionType;

struct SchemaLine {
  std::string path;  // items[].quantity
  std::string type;  // uint32, text, one of placed|shipped, list, map, object, any
  std::uint32_t flags = 0;
};

// The fields of an object; nested ones follow the field that holds them. A recursive type is shown
// once.
std::vector<SchemaLine> schema_lines(const composable_type& type);

// {"kind":"object","name":"Item","fields":[{"name":"quantity","optional":false,"nullable":false,
// "secret":false,"type":{"kind":"uint","bits":32}}]}; within itself {"kind":"object",
// "name":"Item","recursive":true}.
std::string schema_json(const composable_type& type);

// Where the schema is inconsistent, and why; empty: it is good.
std::string schema_fault(const composable_type* type);

// The schema of an action's payload; null: it has none, or an inconsistent one.
const composable_type* usable_schema(const ActionType& action);

}  // namespace composable::host
