#include "meters.hpp"

#include <algorithm>

namespace meters {
namespace {

// A stream for each meter, and one for the sums, so that a meter's stream has its readings only.
std::string stream_of(const std::string& meter) { return "meter-" + meter; }
std::string meter_of(const std::string& stream) { return stream.substr(stream_of("").size()); }
constexpr auto kSums = "sums";

// It becomes a part of the name of a stream, which has no control characters and at most 255 bytes.
bool is_name(const std::string& meter) {
  return !meter.empty() && meter.size() <= 40 &&
         std::all_of(meter.begin(), meter.end(), [](char c) { return c > ' ' && c <= '~'; });
}

}  // namespace

// 409 CONFLICT when the stream has an event already: a meter is installed once.
Meters::Effects Meters::decide(const State&, const Install& c, const Context&) {
  if (!is_name(c.meter)) return composable::reject(NotAName{});
  return composable::append(stream_of(c.meter), Installed{c.meter}).expecting_none();
}

Meters::Effects Meters::decide(const State& s, const Read& c, const Context&) {
  if (s.meters.count(c.meter) == 0) return composable::reject(UnknownMeter{c.meter});
  return composable::append(stream_of(c.meter), Reading{c.meter, c.wh});
}

// Both streams are read at once. The conclusion is a step of its own: it starts when everything
// that followed from the loads has ended, so its decide sees both sums.
Meters::Effects Meters::decide(const State& s, const Compare& c, const Context&) {
  for (const std::string& meter : {c.left, c.right}) {
    if (s.meters.count(meter) == 0) return composable::reject(UnknownMeter{meter});
  }
  const auto rest_of = [&](const std::string& meter) {
    return composable::load<AddUp>(stream_of(meter), s.meters.at(meter).version + 1, 100);
  };
  return composable::sequential(composable::parallel(rest_of(c.left), rest_of(c.right)),
                                composable::send(Conclude{c.left, c.right}));
}

// One page of a stream; the next one is loaded from here, as a part of the same step.
Meters::Effects Meters::decide(const State& s, const AddUp& c, const Context&) {
  const std::string meter = meter_of(c.stream);
  const Sum before = s.meters.at(meter);
  AddedUp sum{meter, before.version, before.wh};
  for (const composable::LoadedEvent& event : c.events) {
    Reading reading;
    const bool next = event.version == sum.version + 1;  // else another comparison was faster
    if (!next || event.type != "Reading") continue;
    if (!composable::decode(event.data.text, reading, composable::kStored)) continue;
    sum.version = event.version;
    sum.wh += reading.wh;
  }
  if (sum.version == before.version) return composable::none;
  Effects effects{composable::append(kSums, sum)};
  if (c.more) effects.add(composable::load<AddUp>(c.stream, sum.version + 1, 100));
  return effects;
}

Meters::Effects Meters::decide(const State& s, const Conclude& c, const Context&) {
  return composable::announce(
      Compared{c.left, s.meters.at(c.left).wh, c.right, s.meters.at(c.right).wh});
}

void Meters::evolve(State& s, const Installed& e, const Context&) { s.meters[e.meter] = {}; }
void Meters::evolve(State& s, const AddedUp& e, const Context&) {
  s.meters[e.meter] = {e.version, e.wh};
}

composable::Routes<Meters> Meters::routes() {
  constexpr auto same = [](const auto& event) { return event; };
  return {composable::post<Install>("").replies<Installed>(201, same),
          composable::post<Read>("/:meter/readings").replies<Reading>(201, same),
          composable::post<Compare>("/compare").replies<Compared>(200, same)};
}

}  // namespace meters

COMPOSABLE_PLUGIN(meters::Meters)
