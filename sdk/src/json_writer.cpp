// The JSON writer: walks a schema table and fills a buffer on the stack, which is handed on when it
// is full and at the end. No allocation unless something cannot be written.
#include <charconv>
#include <cmath>
#include <cstring>

#include "composable/json.hpp"
#include "utf8.hpp"

namespace composable {
namespace {

class Writer {
 public:
  Writer(const composable_writer& out, composable_error* error) : out_(out), error_(error) {}

  bool write(const Type& type, const void* object);
  composable_status finish() {
    flush();
    return status_;
  }
  composable_status status() const { return status_; }

 private:
  static constexpr std::size_t kRoom = 1024;

  bool write_object(const Type& type, const void* object);
  bool write_list(const Type& type, const void* object);
  bool write_map(const Type& type, const void* object);
  bool write_union(const Type& type, const void* object);
  bool write_double(double number);
  bool write_string(std::string_view text);
  template <class Integer>
  bool write_integer(Integer number);
  bool write_number(const Type& type, const void* object);
  void escape(unsigned char c);

  bool fail(std::string_view message) {
    set_error(error_, message);
    status_ = COMPOSABLE_E_INVALID;
    return false;
  }

  void flush() {
    if (used_ > 0 && status_ == COMPOSABLE_OK) status_ = out_.write(out_.ctx, buffer_, used_);
    used_ = 0;
  }
  char* reserve(std::size_t size) {  // size is at most kRoom
    if (kRoom - used_ < size) flush();
    return buffer_ + used_;
  }
  void put(char c) {
    *reserve(1) = c;
    ++used_;
  }
  void put(std::string_view text) {
    if (text.size() <= kRoom) {
      std::memcpy(reserve(text.size()), text.data(), text.size());
      used_ += text.size();
    } else {
      flush();
      if (status_ == COMPOSABLE_OK) status_ = out_.write(out_.ctx, text.data(), text.size());
    }
  }

  const composable_writer& out_;
  composable_error* error_;
  composable_status status_ = COMPOSABLE_OK;
  std::size_t used_ = 0;
  char buffer_[kRoom];
};

template <class T>
T load(const void* object) {
  T value;
  std::memcpy(&value, object, sizeof(value));
  return value;
}

std::uint64_t load_unsigned(const void* object, std::uint32_t size) {
  switch (size) {
    case 1:
      return load<std::uint8_t>(object);
    case 2:
      return load<std::uint16_t>(object);
    case 4:
      return load<std::uint32_t>(object);
    default:
      return load<std::uint64_t>(object);
  }
}

std::int64_t load_signed(const void* object, std::uint32_t size) {
  switch (size) {
    case 1:
      return load<std::int8_t>(object);
    case 2:
      return load<std::int16_t>(object);
    case 4:
      return load<std::int32_t>(object);
    default:
      return load<std::int64_t>(object);
  }
}

bool Writer::write(const Type& type, const void* object) {
  switch (type.kind) {
    case COMPOSABLE_KIND_BOOL:
      put(load<bool>(object) ? std::string_view("true") : std::string_view("false"));
      return true;
    case COMPOSABLE_KIND_INT:
    case COMPOSABLE_KIND_UINT:
    case COMPOSABLE_KIND_ENUM:
      return write_number(type, object);
    case COMPOSABLE_KIND_DOUBLE:
      return write_double(load<double>(object));
    case COMPOSABLE_KIND_STRING:
      if (type.text != nullptr) return write_string(type.text->write(object));
      return write_string(*static_cast<const std::string*>(object));
    case COMPOSABLE_KIND_OBJECT:
      return write_object(type, object);
    case COMPOSABLE_KIND_LIST:
      return write_list(type, object);
    case COMPOSABLE_KIND_MAP:
      return write_map(type, object);
    case COMPOSABLE_KIND_UNION:
      return write_union(type, object);
    case COMPOSABLE_KIND_ANY:
      put(static_cast<const Json*>(object)->text);
      return true;
    default:
      return fail("the type has no wire form");
  }
}

bool Writer::write_object(const Type& type, const void* object) {
  put('{');
  bool first = true;
  for (std::uint32_t i = 0; i < type.n_fields; ++i) {
    const Field& field = type.field(i);
    const void* value = static_cast<const char*>(object) + field.offset;
    if (field.optional != nullptr) {
      value = field.optional->get(value);
      if (value == nullptr) continue;
    }
    put(first ? field.key.substr(1) : field.key);
    first = false;
    if (!write(*field.shape, value)) {
      prepend_path(error_, view(field.name));
      return false;
    }
  }
  put('}');
  return true;
}

bool Writer::write_list(const Type& type, const void* object) {
  std::size_t count = 0;
  const auto* element = static_cast<const char*>(type.list->view(object, &count));
  put('[');
  for (std::size_t i = 0; i < count; ++i, element += type.list->stride) {
    if (i > 0) put(',');
    if (!write(type.of(), element)) {
      prepend_path(error_, '[' + std::to_string(i) + ']');
      return false;
    }
  }
  put(']');
  return true;
}

bool Writer::write_map(const Type& type, const void* object) {
  struct Visit {
    Writer* writer;
    const Type* element;
    bool first = true;
  } visit{this, &type.of()};
  put('{');
  const bool whole =
      type.map->each(object, &visit, [](void* ctx, std::string_view key, const void* value) {
        auto& [writer, element, first] = *static_cast<Visit*>(ctx);
        if (!first) writer->put(',');
        first = false;
        if (!writer->write_string(key)) return false;
        writer->put(':');
        if (writer->write(*element, value)) return true;
        prepend_path(writer->error_, "[\"" + std::string(key) + "\"]");
        return false;
      });
  if (whole) put('}');
  return whole;
}

bool Writer::write_union(const Type& type, const void* object) {
  const std::size_t index = type.alternatives->index(object);
  if (index >= type.n_fields) return fail("the variant is valueless");
  const Field& alternative = type.field(index);
  put('{');
  put(alternative.key.substr(1));
  if (!write(*alternative.shape, type.alternatives->get(object))) {
    prepend_path(error_, view(alternative.name));
    return false;
  }
  put('}');
  return true;
}

bool Writer::write_number(const Type& type, const void* object) {
  if (type.kind == COMPOSABLE_KIND_INT) return write_integer(load_signed(object, type.size));
  const std::uint64_t number = load_unsigned(object, type.size);
  if (type.kind == COMPOSABLE_KIND_UINT) return write_integer(number);
  if (number >= type.n_fields) return fail("not an enumerator: " + std::to_string(number));
  put('"');
  put(view(type.names[number]));
  put('"');
  return true;
}

template <class Integer>
bool Writer::write_integer(Integer number) {
  char* at = reserve(24);
  used_ += static_cast<std::size_t>(std::to_chars(at, at + 24, number).ptr - at);
  return true;
}

bool Writer::write_double(double number) {
  if (!std::isfinite(number)) return fail("not a finite number");
  char* at = reserve(32);
  used_ += static_cast<std::size_t>(std::to_chars(at, at + 32, number).ptr - at);
  return true;
}

bool Writer::write_string(std::string_view text) {
  if (!is_utf8(text)) return fail("not valid UTF-8");
  put('"');
  std::size_t plain = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') [[likely]]
      continue;
    put(text.substr(plain, i - plain));
    escape(c);
    plain = i + 1;
  }
  put(text.substr(plain));
  put('"');
  return true;
}

void Writer::escape(unsigned char c) {
  static constexpr char kHex[] = "0123456789abcdef";
  put('\\');
  switch (c) {
    case '"':
      return put('"');
    case '\\':
      return put('\\');
    case '\b':
      return put('b');
    case '\f':
      return put('f');
    case '\n':
      return put('n');
    case '\r':
      return put('r');
    case '\t':
      return put('t');
    default:
      put("u00");
      put(kHex[c >> 4]);
      put(kHex[c & 15]);
  }
}

}  // namespace

composable_status encode(const Type& type, const void* object, const composable_writer& out,
                         composable_error* error) {
  Writer writer(out, error);
  if (!writer.write(type, object)) return writer.status();
  return writer.finish();
}

composable_writer append_to(std::string& out) {
  return {&out, [](void* ctx, const void* data, std::size_t size) -> std::int32_t {
            static_cast<std::string*>(ctx)->append(static_cast<const char*>(data), size);
            return COMPOSABLE_OK;
          }};
}

bool encode(const Type& type, const void* object, std::string& out, composable_error* error) {
  return encode(type, object, append_to(out), error) == COMPOSABLE_OK;
}

}  // namespace composable
