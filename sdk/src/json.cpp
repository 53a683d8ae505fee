// The JSON decoder: RapidJSON's SAX reader drives a stack of half-read objects, each with its
// schema table. Nothing is allocated but what the objects hold; places and texts of errors are made
// only when there is one. The only file of the SDK that includes RapidJSON.
// Long, because the events of one reader are one state machine.
#include "composable/json.hpp"

#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <utility>

#include "json_words.hpp"
#include "nearest.hpp"
#include "utf8.hpp"

namespace composable {
namespace {

using rapidjson::SizeType;

// An object, list, map or variant that is being read.
struct Frame {
  const Type* type;
  void* object;
  std::uint64_t seen;     // object: the fields read so far
  std::uint32_t next;     // object: the field that probably comes next; list: elements so far
  std::uint32_t key_end;  // map: the byte behind the key's closing quote
  const Field* field;     // object, union: the field being read; null: a field to be skipped
  void* slot;             // map: where the value goes
};

// What the reader found wrong.
const char* why(rapidjson::ParseErrorCode code) {
  switch (code) {
    case rapidjson::kParseErrorDocumentEmpty:
      return "expected JSON, found nothing";
    case rapidjson::kParseErrorDocumentRootNotSingular:
      return "not valid JSON: something follows the value";
    case rapidjson::kParseErrorObjectMissName:
      return "not valid JSON: expected a field name";
    case rapidjson::kParseErrorObjectMissColon:
      return "not valid JSON: expected : after the field name";
    case rapidjson::kParseErrorObjectMissCommaOrCurlyBracket:
      return "not valid JSON: expected , or } after a field";
    case rapidjson::kParseErrorArrayMissCommaOrSquareBracket:
      return "not valid JSON: expected , or ] after an element";
    case rapidjson::kParseErrorStringUnicodeEscapeInvalidHex:
      return "not valid JSON: expected four hex digits after \\u";
    case rapidjson::kParseErrorStringUnicodeSurrogateInvalid:
      return "not valid JSON: half a surrogate pair";
    case rapidjson::kParseErrorStringEscapeInvalid:
      return "not valid JSON: unknown escape in a string";
    case rapidjson::kParseErrorStringMissQuotationMark:
      return "not valid JSON: a string does not end";
    case rapidjson::kParseErrorStringInvalidEncoding:
      return "not valid JSON: a string is not UTF-8";
    case rapidjson::kParseErrorNumberTooBig:
      return "the number is too large for a double";
    case rapidjson::kParseErrorNumberMissFraction:
      return "not valid JSON: expected a digit after the decimal point";
    case rapidjson::kParseErrorNumberMissExponent:
      return "not valid JSON: expected a digit in the exponent";
    default:
      return "not valid JSON: expected a value";
  }
}

// A name for an error: cut where it is long, between two characters.
std::string_view excerpt(std::string_view name) {
  std::size_t shown = 64;
  if (name.size() <= shown) return name;
  while (shown > 0 && (static_cast<unsigned char>(name[shown]) & 0xc0) == 0x80) --shown;
  return name.substr(0, shown);
}

// A number of JSON's grammar, exactly; nothing when it is too large. What is too small is a zero.
std::optional<double> real(std::string_view text) {
#if defined(__cpp_lib_to_chars)
  double value = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc())
    return value;
#endif
  const double rough = std::strtod(std::string(text).c_str(), nullptr);
  if (std::isinf(rough)) return std::nullopt;
  return rough;
}

class Decoder {
 public:
  Decoder(const Type& root, void* object, std::string_view input, const DecodeOptions& options,
          composable_error* error)
      : root_(root),
        root_object_(object),
        input_(input),
        options_(options),
        error_(error),
        stream_(input.data() == nullptr ? "" : input.data(), input.size()) {}

  bool run();

  // The reader's events.
  bool Null();
  bool Bool(bool value);
  bool RawNumber(const char* text, SizeType size, bool);
  bool Int(int) { return false; }  // these are not asked for
  bool Uint(unsigned) { return false; }
  bool Int64(std::int64_t) { return false; }
  bool Uint64(std::uint64_t) { return false; }
  bool Double(double) { return false; }
  bool String(const char* text, SizeType size, bool);
  bool StartObject();
  bool Key(const char* text, SizeType size, bool);
  bool EndObject(SizeType);
  bool StartArray();
  bool EndArray(SizeType);

 private:
  struct Target {
    const Type* type;
    void* object;
  };

  bool take_raw(bool opens);
  bool close_raw();
  bool target(Target& out);
  bool target_or_null(Target& out, bool& null_is_fine);
  bool push(const Target& target);
  bool check_missing(const Frame& frame);
  bool field_key(Frame& frame, std::string_view name);
  bool union_key(Frame& frame, std::string_view name);
  bool enumerator(const Target& target, std::string_view name);
  bool unit_alternative(const Target& target, std::string_view name);
  template <class Integer>
  bool integer(Integer value);
  template <class Integer>
  bool store_integer(const Target& target, Integer value);
  bool floating(std::string_view text);

  bool fail(std::string_view message, std::size_t at);
  bool fail_reader(rapidjson::ParseErrorCode code, std::size_t at);
  bool expected(std::string_view what);
  std::string path() const;
  bool in_secret() const;
  std::size_t here() const { return stream_.Tell(); }
  std::size_t token_begin() const { return composable::token_begin(input_, here()); }
  std::string found() const { return show_token(input_, here(), in_secret()); }

  const Type& root_;
  void* root_object_;
  std::string_view input_;
  const DecodeOptions& options_;
  composable_error* error_;
  rapidjson::MemoryStream stream_;
  std::size_t depth_ = 0;      // frames in use
  std::size_t raw_depth_ = 0;  // open brackets inside a value that is skipped or kept as text
  std::size_t raw_begin_ = 0;
  std::string* raw_ = nullptr;  // where a value kept as text goes
  Frame frames_[kMaxJsonDepth];
};

bool Decoder::run() {
  char pool[1024];
  rapidjson::MemoryPoolAllocator<> allocator(pool, sizeof(pool));
  rapidjson::GenericReader<rapidjson::UTF8<>, rapidjson::UTF8<>, rapidjson::MemoryPoolAllocator<>>
      reader(&allocator);
  const rapidjson::ParseResult result =
      reader.Parse<rapidjson::kParseNumbersAsStringsFlag>(stream_, *this);
  if (result.IsError()) {
    // An event that returned false has said why.
    if (result.Code() == rapidjson::kParseErrorTermination) return false;
    return fail_reader(result.Code(), result.Offset());
  }
  // The reader takes a NUL for the end of the input.
  if (here() != input_.size()) {
    return fail(why(rapidjson::kParseErrorDocumentRootNotSingular), here());
  }
  return true;
}

// Whether this event belongs to a value that is skipped or kept as text, and is dealt with.
bool Decoder::take_raw(bool opens) {
  if (raw_depth_ == 0) {
    const bool skipped = depth_ > 0 && frames_[depth_ - 1].type->kind == COMPOSABLE_KIND_OBJECT &&
                         frames_[depth_ - 1].field == nullptr;
    if (!skipped) return false;
    raw_ = nullptr;
  }
  if (opens) ++raw_depth_;
  return true;
}

bool Decoder::close_raw() {
  if (raw_depth_ == 0) return false;
  if (--raw_depth_ == 0 && raw_ != nullptr) {
    raw_->assign(input_.substr(raw_begin_, here() - raw_begin_));
    raw_ = nullptr;
  }
  return true;
}

// Where the value that comes now is to be put.
bool Decoder::target(Target& out) {
  bool null_is_fine = false;
  if (!target_or_null(out, null_is_fine)) return false;
  if (null_is_fine) out.object = frames_[depth_ - 1].field->optional->emplace(out.object);
  return true;
}

// The same for a value that may be null: then `out.object` is the optional itself.
bool Decoder::target_or_null(Target& out, bool& null_is_fine) {
  null_is_fine = false;
  if (depth_ == 0) {
    out = {&root_, root_object_};
    return true;
  }
  Frame& frame = frames_[depth_ - 1];
  switch (frame.type->kind) {
    case COMPOSABLE_KIND_LIST:
      ++frame.next;
      out = {&frame.type->of(), frame.type->list->push(frame.object)};
      return true;
    case COMPOSABLE_KIND_MAP:
      out = {&frame.type->of(), frame.slot};
      return true;
    case COMPOSABLE_KIND_UNION:
      out = {frame.field->shape, frame.slot};
      return true;
    default:
      out = {frame.field->shape, static_cast<char*>(frame.object) + frame.field->offset};
      null_is_fine = frame.field->optional != nullptr;
      return true;
  }
}

bool Decoder::Null() {
  if (take_raw(false)) return true;
  Target at;
  bool null_is_fine = false;
  target_or_null(at, null_is_fine);
  if (null_is_fine) return true;
  if (at.type->kind == COMPOSABLE_KIND_ANY) {
    static_cast<Json*>(at.object)->text = "null";
    return true;
  }
  if (at.type->kind == COMPOSABLE_KIND_OBJECT && at.type->n_fields == 0) return true;
  return expected(expectation(*at.type));
}

bool Decoder::Bool(bool value) {
  if (take_raw(false)) return true;
  Target at;
  target(at);
  if (at.type->kind == COMPOSABLE_KIND_ANY) {
    static_cast<Json*>(at.object)->text = value ? "true" : "false";
    return true;
  }
  if (at.type->kind != COMPOSABLE_KIND_BOOL) return expected(expectation(*at.type));
  std::memcpy(at.object, &value, sizeof(value));
  return true;
}

// The reader only checks a number's grammar. Its own conversions read outside their tables, and end
// the process: the exact one for 0.00…01 with 700 zeros, the other for 0.0000000001e-2147483639.
bool Decoder::RawNumber(const char* text, SizeType size, bool) {
  const std::string_view number(text, size);
  if (number.find_first_of(".eE") != std::string_view::npos) return floating(number);
  const auto read_as = [&](auto value) -> std::optional<bool> {
    const auto read = std::from_chars(text, text + size, value);
    if (read.ec != std::errc()) return std::nullopt;
    return integer(value);
  };
  const auto done = text[0] == '-' ? read_as(std::int64_t{}) : read_as(std::uint64_t{});
  return done ? *done : floating(number);
}

template <class Integer>
bool Decoder::integer(Integer value) {
  if (take_raw(false)) return true;
  Target at;
  target(at);
  switch (at.type->kind) {
    case COMPOSABLE_KIND_INT:
    case COMPOSABLE_KIND_UINT:
      return store_integer(at, value);
    case COMPOSABLE_KIND_DOUBLE: {
      auto number = static_cast<double>(value);
      if (value == 0 && input_[token_begin()] == '-') number = -0.0;
      std::memcpy(at.object, &number, sizeof(number));
      return true;
    }
    case COMPOSABLE_KIND_ANY:
      static_cast<Json*>(at.object)->text.assign(
          input_.substr(token_begin(), here() - token_begin()));
      return true;
    default:
      return expected(expectation(*at.type));
  }
}

template <class Integer>
bool Decoder::store_integer(const Target& at, Integer value) {
  const auto store = [&]<class Stored>(Stored) {
    if (!std::in_range<Stored>(value)) return expected(expectation(*at.type) + " in range");
    const auto stored = static_cast<Stored>(value);
    std::memcpy(at.object, &stored, sizeof(stored));
    return true;
  };
  const bool is_signed = at.type->kind == COMPOSABLE_KIND_INT;
  switch (at.type->size) {
    case 1:
      return is_signed ? store(std::int8_t{}) : store(std::uint8_t{});
    case 2:
      return is_signed ? store(std::int16_t{}) : store(std::uint16_t{});
    case 4:
      return is_signed ? store(std::int32_t{}) : store(std::uint32_t{});
    default:
      return is_signed ? store(std::int64_t{}) : store(std::uint64_t{});
  }
}

bool Decoder::floating(std::string_view text) {
  if (take_raw(false)) return true;
  Target at;
  target(at);
  if (at.type->kind == COMPOSABLE_KIND_DOUBLE) {
    const std::optional<double> value = real(text);
    if (!value) return fail("the number is too large for a double", token_begin());
    std::memcpy(at.object, &*value, sizeof(*value));
    return true;
  }
  if (at.type->kind == COMPOSABLE_KIND_ANY) {
    static_cast<Json*>(at.object)->text.assign(text);
    return true;
  }
  const bool integral =
      at.type->kind == COMPOSABLE_KIND_INT || at.type->kind == COMPOSABLE_KIND_UINT;
  const bool whole = text.find_first_of(".eE") == std::string_view::npos;
  return expected(expectation(*at.type) + (integral && whole ? " in range" : ""));
}

bool Decoder::String(const char* text, SizeType size, bool) {
  const std::string_view value(text, size);
  if (!is_utf8(value)) return fail("not valid UTF-8", token_begin());
  if (take_raw(false)) return true;
  Target at;
  target(at);
  switch (at.type->kind) {
    case COMPOSABLE_KIND_STRING:
      if (at.type->text == nullptr) {
        static_cast<std::string*>(at.object)->assign(text, size);
        return true;
      }
      return at.type->text->read(at.object, value) || expected(expectation(*at.type));
    case COMPOSABLE_KIND_ENUM:
      return enumerator(at, value);
    case COMPOSABLE_KIND_UNION:
      return unit_alternative(at, value);
    case COMPOSABLE_KIND_ANY:
      static_cast<Json*>(at.object)->text.assign(
          input_.substr(token_begin(), here() - token_begin()));
      return true;
    default:
      return expected(expectation(*at.type));
  }
}

bool Decoder::enumerator(const Target& at, std::string_view name) {
  for (std::uint32_t i = 0; i < at.type->n_fields; ++i) {
    if (view(at.type->names[i]) != name) continue;
    std::memcpy(at.object, &i, at.type->size < sizeof(i) ? at.type->size : sizeof(i));
    if (at.type->size > sizeof(i)) std::memset(static_cast<char*>(at.object) + 4, 0, 4);
    return true;
  }
  std::string text = expectation(*at.type);
  const std::string_view close =
      nearest(name, at.type->n_fields, [&](std::size_t i) { return view(at.type->names[i]); });
  if (close.empty() || in_secret()) return expected(text);
  return fail(
      "expected " + text + ", found " + found() + " (did you mean \"" + std::string(close) + "\"?)",
      token_begin());
}

// "Tick" is short for {"Tick":{}}.
bool Decoder::unit_alternative(const Target& at, std::string_view name) {
  for (std::uint32_t i = 0; i < at.type->n_fields; ++i) {
    const Field& field = at.type->field(i);
    if (view(field.name) != name) continue;
    if (field.shape->kind != COMPOSABLE_KIND_OBJECT || field.shape->n_fields > 0) break;
    at.type->alternatives->emplace(at.object, i);
    return true;
  }
  return expected(expectation(*at.type));
}

bool Decoder::push(const Target& at) {
  if (depth_ == kMaxJsonDepth) {
    return fail("nested deeper than " + std::to_string(kMaxJsonDepth), here() - 1);
  }
  frames_[depth_] = {at.type, at.object, depth_ == 0 ? options_.given : 0, 0, 0, nullptr, nullptr};
  ++depth_;
  return true;
}

bool Decoder::StartObject() {
  if (take_raw(true)) {
    return raw_depth_ + depth_ <= kMaxJsonDepth ||
           fail("nested deeper than " + std::to_string(kMaxJsonDepth), here() - 1);
  }
  Target at;
  target(at);
  switch (at.type->kind) {
    case COMPOSABLE_KIND_OBJECT:
    case COMPOSABLE_KIND_MAP:
    case COMPOSABLE_KIND_UNION:
      return push(at);
    case COMPOSABLE_KIND_ANY:
      raw_ = &static_cast<Json*>(at.object)->text;
      raw_begin_ = here() - 1;
      raw_depth_ = 1;
      return true;
    default:
      return expected(expectation(*at.type));
  }
}

bool Decoder::Key(const char* text, SizeType size, bool) {
  const std::string_view name(text, size);
  if (!is_utf8(name)) return fail("not valid UTF-8", token_begin());
  if (raw_depth_ > 0) return true;
  Frame& frame = frames_[depth_ - 1];
  switch (frame.type->kind) {
    case COMPOSABLE_KIND_OBJECT:
      return field_key(frame, name);
    case COMPOSABLE_KIND_UNION:
      return union_key(frame, name);
    default:
      frame.key_end = static_cast<std::uint32_t>(here());
      frame.slot = frame.type->map->insert(frame.object, name);
      return frame.slot != nullptr || fail("duplicate key", token_begin());
  }
}

bool Decoder::field_key(Frame& frame, std::string_view name) {
  const Type& type = *frame.type;
  std::uint32_t i = frame.next;
  if (i >= type.n_fields || view(type.field(i).name) != name) {
    for (i = 0; i < type.n_fields && view(type.field(i).name) != name; ++i) {
    }
  }
  const std::uint64_t bit = std::uint64_t{1} << (i & 63);
  const bool given = depth_ == 1 && i < type.n_fields && (options_.given & bit) != 0;
  if (i == type.n_fields || given) {
    frame.field = nullptr;
    if (!options_.refuse_unknown) return true;
    --depth_;  // the place is the object, not a field of it
    std::string message = given ? "field \"" : "unknown field \"";
    message.append(excerpt(name)) += given ? "\" is set by the request already" : "\"";
    const std::string_view close = given ? "" : nearest(name, type.n_fields, [&](std::size_t n) {
      return view(type.field(n).name);
    });
    if (!close.empty()) message.append(" (did you mean \"").append(close) += "\"?)";
    return fail(message, token_begin());
  }
  frame.field = &type.field(i);
  if ((frame.seen & bit) != 0) return fail("duplicate field", token_begin());
  frame.seen |= bit;
  frame.next = i + 1;
  return true;
}

bool Decoder::union_key(Frame& frame, std::string_view name) {
  const Type& type = *frame.type;
  if (frame.field != nullptr) {
    frame.field = nullptr;
    return fail("expected one alternative, found another: \"" + std::string(excerpt(name)) + '"',
                token_begin());
  }
  for (std::uint32_t i = 0; i < type.n_fields; ++i) {
    if (view(type.field(i).name) != name) continue;
    frame.field = &type.field(i);
    frame.slot = type.alternatives->emplace(frame.object, i);
    return true;
  }
  std::string message = "unknown alternative \"" + std::string(excerpt(name)) + '"';
  const std::string_view close =
      nearest(name, type.n_fields, [&](std::size_t i) { return view(type.field(i).name); });
  if (!close.empty()) message.append(" (did you mean \"").append(close) += "\"?)";
  return fail(message, token_begin());
}

bool Decoder::check_missing(const Frame& frame) {
  for (std::uint32_t i = 0; i < frame.type->n_fields; ++i) {
    const Field& field = frame.type->field(i);
    if ((frame.seen >> i & 1) != 0 || (field.flags & COMPOSABLE_FIELD_OPTIONAL) != 0) continue;
    frames_[depth_ - 1].field = &field;
    return fail("missing field \"" + std::string(view(field.name)) + '"', here() - 1);
  }
  return true;
}

bool Decoder::EndObject(SizeType) {
  if (close_raw()) return true;
  Frame& frame = frames_[depth_ - 1];
  if (frame.type->kind == COMPOSABLE_KIND_UNION && frame.field == nullptr) {
    --depth_;
    return fail("expected " + expectation(*frame.type) + ", found an empty object", here() - 1);
  }
  if (frame.type->kind == COMPOSABLE_KIND_OBJECT && options_.refuse_missing &&
      !check_missing(frame)) {
    return false;
  }
  --depth_;
  return true;
}

bool Decoder::StartArray() {
  if (take_raw(true)) {
    return raw_depth_ + depth_ <= kMaxJsonDepth ||
           fail("nested deeper than " + std::to_string(kMaxJsonDepth), here() - 1);
  }
  Target at;
  target(at);
  if (at.type->kind == COMPOSABLE_KIND_LIST) return push(at);
  if (at.type->kind == COMPOSABLE_KIND_ANY) {
    raw_ = &static_cast<Json*>(at.object)->text;
    raw_begin_ = here() - 1;
    raw_depth_ = 1;
    return true;
  }
  return expected(expectation(*at.type));
}

bool Decoder::EndArray(SizeType) {
  if (!close_raw()) --depth_;
  return true;
}

// --- errors -------------------------------------------------------------------------------------

bool Decoder::fail(std::string_view message, std::size_t at) {
  if (error_ != nullptr) {
    set_error(error_, message, path(), static_cast<std::uint32_t>(at));
  }
  return false;
}

// The reader has no words of its own for a control character in a string.
bool Decoder::fail_reader(rapidjson::ParseErrorCode code, std::size_t at) {
  const bool in_string = code == rapidjson::kParseErrorStringEscapeInvalid ||
                         code == rapidjson::kParseErrorStringMissQuotationMark;
  const bool is_control = at < input_.size() && static_cast<unsigned char>(input_[at]) < 0x20;
  return fail(in_string && is_control ? control_character(input_[at]) : why(code), at);
}

bool Decoder::expected(std::string_view what) {
  std::string text = "expected ";
  text.append(what).append(", found ").append(found());
  return fail(text, token_begin());
}

bool Decoder::in_secret() const {
  for (std::size_t i = 0; i < depth_; ++i) {
    const Field* field = frames_[i].field;
    if (field != nullptr && (field->flags & COMPOSABLE_FIELD_SECRET) != 0) return true;
  }
  return false;
}

std::string Decoder::path() const {
  std::string path;
  for (std::size_t i = 0; i < depth_; ++i) {
    const Frame& frame = frames_[i];
    if (frame.type->kind == COMPOSABLE_KIND_LIST) {
      if (frame.next > 0) path.append("[").append(std::to_string(frame.next - 1)) += ']';
    } else if (frame.type->kind == COMPOSABLE_KIND_MAP) {
      if (frame.key_end > 0) path.append("[").append(quoted_key(input_, frame.key_end)) += ']';
    } else if (frame.field != nullptr) {
      if (!path.empty()) path += '.';
      path.append(view(frame.field->name));
    }
  }
  return path;
}

}  // namespace

bool decode(const Type& type, void* object, std::string_view json, const DecodeOptions& options,
            composable_error* error) {
  return Decoder(type, object, json, options, error).run();
}

bool decode_text(const Type& type, void* object, std::string_view text, composable_error* error) {
  // What is no number and no flag is shown as the text that it is.
  const bool literal = text == "true" || text == "false" ||
                       (!text.empty() && text.find_first_not_of("0123456789+-.eE") == text.npos);
  const bool quoted = type.kind == COMPOSABLE_KIND_STRING || type.kind == COMPOSABLE_KIND_ENUM ||
                      (!literal && type.kind <= COMPOSABLE_KIND_DOUBLE);
  if (quoted) {
    std::string json;
    const std::string plain(text);
    if (!encode(type_of<std::string>(), &plain, json, error)) return false;
    return decode(type, object, json, kWire, error);
  }
  return decode(type, object, text, kWire, error);
}

}  // namespace composable
