// The JSON codec: reading and writing commands of several sizes. The baseline is what the same
// bytes cost without a schema: RapidJSON's SAX reader into nothing, and a memcpy of the output.
#include <benchmark/benchmark.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <cstring>
#include <string>

#include "composable/json.hpp"

namespace bench {

struct Increment {
  std::int64_t by = 0;
};
struct Ship {
  std::string order_id;
  std::string tracking_number;
};
struct Item {
  std::string product_id;
  std::string name;
  std::uint32_t quantity = 0;
  std::int64_t unit_price_cents = 0;
};
struct Place {
  std::string customer_id;
  std::vector<Item> items;
};

Place place(int items) {
  return {"cust-123",
          std::vector<Item>(static_cast<std::size_t>(items), {"prod-1", "Widget", 2, 1000})};
}

}  // namespace bench

namespace {

const bench::Increment kIncrement{1};                                    // 8 bytes
const bench::Ship kShip{"order-01890000-0000-7000-8000", "TRACK12345"};  // 77 bytes

template <class T>
void decode(benchmark::State& state, const T& value) {
  const std::string json = composable::to_json(value);
  for (auto _ : state) {
    T out{};
    composable_error error;  // the codec fills it only when it fails
    benchmark::DoNotOptimize(composable::decode(json, out, composable::kWire, &error));
    benchmark::DoNotOptimize(out);
  }
  state.SetLabel(std::to_string(json.size()) + " bytes");
}

template <class T>
void encode(benchmark::State& state, const T& value) {
  char out[64 * 1024];
  struct Sink {
    char* at;
  } sink{out};
  const composable_writer writer{&sink, [](void* ctx, const void* data, std::size_t size) {
                                   auto& to = *static_cast<Sink*>(ctx);
                                   std::memcpy(to.at, data, size);
                                   to.at += size;
                                   return std::int32_t{0};
                                 }};
  for (auto _ : state) {
    sink.at = out;
    benchmark::DoNotOptimize(composable::encode(composable::type_of<T>(), &value, writer, nullptr));
    benchmark::ClobberMemory();
  }
  state.SetLabel(std::to_string(sink.at - out) + " bytes");
}

template <class T>
void parse_into_nothing(benchmark::State& state, const T& value) {
  const std::string json = composable::to_json(value);
  for (auto _ : state) {
    rapidjson::BaseReaderHandler<> nothing;
    rapidjson::MemoryStream stream(json.data(), json.size());
    rapidjson::Reader reader;
    benchmark::DoNotOptimize(reader.Parse<rapidjson::kParseValidateEncodingFlag>(stream, nothing));
  }
}

template <class T>
void copy_of_the_output(benchmark::State& state, const T& value) {
  const std::string json = composable::to_json(value);
  std::string out(json.size(), ' ');
  for (auto _ : state) {
    std::memcpy(out.data(), json.data(), json.size());
    benchmark::ClobberMemory();
  }
}

#define COMPOSABLE_BENCH_ALL(function)                                \
  BENCHMARK_CAPTURE(function, one_integer, kIncrement);               \
  BENCHMARK_CAPTURE(function, command_of_two_texts, kShip);           \
  BENCHMARK_CAPTURE(function, order_of_three_items, bench::place(3)); \
  BENCHMARK_CAPTURE(function, order_of_a_hundred_items, bench::place(100))

COMPOSABLE_BENCH_ALL(decode);
COMPOSABLE_BENCH_ALL(parse_into_nothing);
COMPOSABLE_BENCH_ALL(encode);
COMPOSABLE_BENCH_ALL(copy_of_the_output);

}  // namespace

BENCHMARK_MAIN();
