#include "store/route_call.hpp"

#include <optional>
#include <string>

#include "store_fixture.hpp"

namespace composable::host {
namespace {

// Keeps how it ended, and stands for a writer that refuses whatever is no body.
class RecordingReply final : public RouteReply {
 public:
  RecordingReply() {
    response_.struct_size = sizeof response_;
    response_.impl = this;
    response_.status = [](composable_response* self, std::uint32_t) { return fault_of(self); };
    response_.header = [](composable_response* self, composable_str, composable_str) {
      return fault_of(self);
    };
    response_.body = [](composable_response*, const void*, std::size_t) { return COMPOSABLE_OK; };
  }

  composable_response& response() noexcept override {
    fault_.clear();
    return response_;
  }
  std::string_view response_fault() const noexcept override { return fault_; }
  void finish() noexcept override { text = "finished"; }
  void refuse(const Refusal& refusal) noexcept override {
    text = std::to_string(refusal.status) + " " + refusal.message + "|" + refusal.detail;
  }

  std::string text;

 private:
  static composable_status fault_of(composable_response* self) {
    static_cast<RecordingReply*>(self->impl)->fault_ = "the header is none";
    return COMPOSABLE_E_INVALID;
  }

  composable_response response_{};
  std::string fault_;
};

class RouteCallTest : public StoreTest {
 protected:
  // Of GET "" of the probe, which writes what `fault` says.
  std::string read(std::string_view fault) {
    composable_request request{};
    request.struct_size = sizeof request;
    request.impl = &fault;
    request.query = [](const composable_request* self, composable_str) {
      const auto& asked = *static_cast<const std::string_view*>(self->impl);
      return composable_str{asked.data(), asked.size()};
    };
    RecordingReply reply;
    store_->call(0, request, Caller{}, reply);
    loop_.run();
    return reply.text;
  }
};

// Whether a plugin gives up or goes on, the client hears of an internal error and the log why.
TEST_F(RouteCallTest, AnAnswerThatCannotBeWrittenIsThePluginsFault) {
  EXPECT_EQ(read(""), "finished");
  for (const char* fault : {"status", "name", "value", "types", "ignored"}) {
    EXPECT_EQ(read(fault), "500 An internal error occurred|read: the header is none") << fault;
  }
}

}  // namespace
}  // namespace composable::host
