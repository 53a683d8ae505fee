// The C table of a domain: what a host sees of plain structs.
#include <gtest/gtest.h>

#include "driven.hpp"
#include "sample_domain.hpp"

namespace {

using composable::describe;
using composable::view;
using sample::Do;
using sample::Noted;
using sample::Notes;
using sample::Refused;
using sample::Written;
using Lines = std::vector<std::string>;
using Domain = Driven<Notes>;

constexpr std::uint32_t kBeyond = 9;  // the first number that no action has

const composable_action_type& declared(std::uint32_t number) {
  return *composable::domain_table<Notes>().actions[number];
}

TEST(Table, NamesTheDomain) {
  const composable_domain& table = composable::domain_table<Notes>();
  EXPECT_EQ(table.struct_size, sizeof(composable_domain));
  EXPECT_EQ(view(table.name), "notes");
  EXPECT_EQ(view(table.version), "2.1.0");
  EXPECT_EQ(table.flags, COMPOSABLE_DOMAIN_DURABLE);
  EXPECT_EQ(table.n_actions, 9u);
}

TEST(Table, DeclaresEveryAction) {
  const auto& write = declared(Domain::number<sample::Write>);
  EXPECT_EQ(view(write.name), "Write");
  EXPECT_EQ(write.action_class, COMPOSABLE_CLASS_COMMAND);
  EXPECT_EQ(write.access, COMPOSABLE_ACCESS_ROLE);
  EXPECT_EQ(view(write.role), "writer");
  EXPECT_EQ(write.flags, COMPOSABLE_ACTION_NATIVE | COMPOSABLE_ACTION_WS);
  EXPECT_EQ(write.schema->kind, COMPOSABLE_KIND_OBJECT);

  const auto& written = declared(Domain::number<Written>);
  EXPECT_EQ(written.action_class, COMPOSABLE_CLASS_EVENT);
  EXPECT_EQ(written.visibility, COMPOSABLE_VISIBILITY_USER);
  EXPECT_EQ(view(written.owner_field), "author");

  const auto& refused = declared(Domain::number<Refused>);
  EXPECT_EQ(refused.action_class, COMPOSABLE_CLASS_REJECTION);
  EXPECT_EQ(refused.status, 409u);
  EXPECT_EQ(view(refused.code), "REFUSED");
  EXPECT_EQ(declared(Domain::number<sample::Remind>).action_class, COMPOSABLE_CLASS_INTERNAL);
}

TEST(Table, DeclaresWhatItListensTo) {
  const auto* topics =
      static_cast<const composable_topics_v1*>(composable::domain_table<Notes>().query_extension(
          composable::abi_str(COMPOSABLE_TOPICS_EXTENSION)));
  ASSERT_NE(topics, nullptr);
  ASSERT_EQ(topics->n_subscriptions, 2u);
  EXPECT_EQ(view(topics->subscriptions[0]->topic), "notes.remind");
  EXPECT_EQ(topics->subscriptions[0]->action, Domain::number<sample::Remind>);
  EXPECT_EQ(view(topics->subscriptions[1]->topic), "notes.do");
  EXPECT_EQ(topics->subscriptions[1]->struct_size, sizeof(composable_subscription));
}

TEST(Table, DeducesTheKindOfWhatDeclaresNone) {
  const auto& command = declared(Domain::number<Do>);
  EXPECT_EQ(command.action_class, COMPOSABLE_CLASS_COMMAND);
  EXPECT_EQ(command.access, COMPOSABLE_ACCESS_ANYONE);
  EXPECT_EQ(command.flags, COMPOSABLE_ACTION_NATIVE);
  const auto& event = declared(Domain::number<Noted>);
  EXPECT_EQ(event.action_class, COMPOSABLE_CLASS_EVENT);
  EXPECT_EQ(event.visibility, COMPOSABLE_VISIBILITY_PRIVATE);
}

TEST(Create, ReadsTheConfiguration) {
  Domain domain(R"({"prefix":"* "})");
  EXPECT_EQ(domain.decide(
                Domain::json(Domain::number<sample::Write>, R"({"stream":"s","lines":["a","b"]})")),
            COMPOSABLE_OK);
  EXPECT_EQ(domain.told, (Lines{R"(append to "s": Written{"text":"* a","author":""})",
                                R"(append to "s": Written{"text":"* b","author":""})"}));
}

TEST(Create, RefusesAConfigurationWithAMistake) {
  const composable_domain& table = composable::domain_table<Notes>();
  composable_error error = composable::no_error();
  composable_state* state = nullptr;
  EXPECT_EQ(table.create(nullptr, composable::abi_str(R"({"prefx":"*"})"), &state, &error),
            COMPOSABLE_E_INVALID);
  EXPECT_EQ(describe(error), "unknown field \"prefx\" (did you mean \"prefix\"?) (byte 1)");
  EXPECT_EQ(state, nullptr);
}

TEST(Decide, TakesBothForms) {
  Domain domain;
  const Do reject{"reject"};
  const Lines refused{R"(reject with Refused{"text":"no","percent":7,"place":"items[0]"})"};
  EXPECT_EQ(domain.decide(Domain::native(reject)), COMPOSABLE_OK);
  EXPECT_EQ(domain.told, refused);
  EXPECT_EQ(domain.decide(Domain::json(Domain::number<Do>, R"({"what":"reject"})")), COMPOSABLE_OK);
  EXPECT_EQ(domain.told, refused);
}

TEST(Decide, ReadsCommandsStrictly) {
  Domain domain;
  EXPECT_EQ(domain.decide(Domain::json(Domain::number<Do>, R"({"what":1})")), COMPOSABLE_E_INVALID);
  EXPECT_EQ(describe(domain.error), "what: expected string, found 1 (byte 8)");
  EXPECT_EQ(domain.decide(Domain::json(Domain::number<Do>, R"({"what":"x","why":1})")),
            COMPOSABLE_E_INVALID);
}

TEST(Decide, ReadsWhatWasDeliveredAsAStoredPayload) {
  Domain domain;
  const auto more = Domain::json(Domain::number<sample::Remind>, R"({"text":"r","more":1})");
  EXPECT_EQ(domain.decide(more), COMPOSABLE_E_INVALID);
  domain.context.flags = COMPOSABLE_CONTEXT_DELIVERED;
  EXPECT_EQ(domain.decide(more), COMPOSABLE_OK);
  EXPECT_EQ(domain.decide(Domain::json(Domain::number<sample::Remind>, "{}")), COMPOSABLE_OK);
  EXPECT_EQ(domain.told, Lines{R"(append to "reminders": Noted{"text":""})"});
}

TEST(Decide, LetsNoExceptionOut) {
  Domain domain;
  EXPECT_EQ(domain.decide(Domain::native(Do{"throw"})), COMPOSABLE_E_EXCEPTION);
  EXPECT_EQ(composable::message(domain.error), "decide went wrong");
  EXPECT_EQ(domain.decide(Domain::native(Do{"throw int"})), COMPOSABLE_E_EXCEPTION);
}

TEST(Decide, RefusesWhatIsNotForIt) {
  Domain domain;
  EXPECT_EQ(domain.decide(Domain::native(Noted{"x"})), COMPOSABLE_E_MISUSE);
  EXPECT_EQ(composable::message(domain.error), "Noted does not go to decide");
  EXPECT_EQ(domain.decide(Domain::json(kBeyond, "{}")), COMPOSABLE_E_MISUSE);
  EXPECT_EQ(composable::message(domain.error), "the domain has no action or job number 9");
}

TEST(Evolve, MovesTheStateByBothForms) {
  Domain domain;
  domain.context.version = 5;
  EXPECT_EQ(domain.evolve(Domain::native(Noted{"a"})), COMPOSABLE_OK);
  EXPECT_EQ(domain.evolve(Domain::json(Domain::number<Noted>, R"({"text":"b","later_field":1})")),
            COMPOSABLE_OK);
  const auto& state = composable::glue::instance<Notes>(domain.state).state;
  EXPECT_EQ(state.lines, (Lines{"a", "b"}));
  EXPECT_EQ(state.last_version, 5u);
}

TEST(Evolve, LetsNoExceptionOut) {
  Domain domain;
  EXPECT_EQ(domain.evolve(Domain::native(Noted{"boom"})), COMPOSABLE_E_EXCEPTION);
  EXPECT_EQ(composable::message(domain.error), "evolve went wrong");
}

TEST(Evolve, RefusesWhatIsNotForIt) {
  Domain domain;
  EXPECT_EQ(domain.evolve(Domain::native(Do{"x"})), COMPOSABLE_E_MISUSE);
  EXPECT_EQ(domain.evolve(Domain::native(sample::Progress{1})), COMPOSABLE_E_MISUSE);
  EXPECT_EQ(domain.evolve(Domain::json(kBeyond, "{}")), COMPOSABLE_E_MISUSE);
  EXPECT_EQ(composable::message(domain.error), "the domain has no action or job number 9");
}

TEST(Codec, EncodesAndChecks) {
  const composable_domain& table = composable::domain_table<Notes>();
  std::string out;
  composable_writer writer = composable::append_to(out);
  composable_error error = composable::no_error();
  const Written written{"t", "u"};
  const composable_action native = Domain::native(written);
  EXPECT_EQ(table.encode(&native, &writer, &error), COMPOSABLE_OK);
  EXPECT_EQ(out, R"({"text":"t","author":"u"})");
  const composable_action json = Domain::json(Domain::number<Written>, R"({"text":"t"})");
  EXPECT_EQ(table.decode(&json, COMPOSABLE_DECODE_STORED, &error), COMPOSABLE_OK);
  EXPECT_EQ(table.decode(&json, COMPOSABLE_DECODE_WIRE, &error), COMPOSABLE_E_INVALID);
  EXPECT_EQ(describe(error), "author: missing field \"author\" (byte 11)");
}

TEST(Codec, StopsWhenTheHostsWriterDoes) {
  const composable_domain& table = composable::domain_table<Notes>();
  composable_writer writer{nullptr, [](void*, const void*, std::size_t) {
                             return std::int32_t{COMPOSABLE_E_OVERLOADED};
                           }};
  composable_error error = composable::no_error();
  const Written written{std::string(5000, 'x'), "u"};
  const composable_action native = Domain::native(written);
  EXPECT_EQ(table.encode(&native, &writer, &error), COMPOSABLE_E_OVERLOADED);
}

TEST(Explain, FillsTheMessageAndThePath) {
  const composable_domain& table = composable::domain_table<Notes>();
  const Refused refused{"order", 50, "items[1]"};
  for (const composable_action& action :
       {Domain::native(refused),
        Domain::json(Domain::number<Refused>,
                     R"({"text":"order","percent":50,"place":"items[1]"})")}) {
    std::string message, path;
    composable_writer to_message = composable::append_to(message);
    composable_writer to_path = composable::append_to(path);
    EXPECT_EQ(table.explain(&action, &to_message, &to_path), COMPOSABLE_OK);
    EXPECT_EQ(message, "order: refused at 50 %");
    EXPECT_EQ(path, "items[1]");
  }
}

TEST(Entry, RefusesAHostOfAnotherAbi) {
  composable_host host{};
  host.struct_size = sizeof(host);
  host.abi_major = COMPOSABLE_ABI_MAJOR;
  host.abi_minor = COMPOSABLE_ABI_MINOR;
  composable_error error = composable::no_error();
  const composable_domain& table = composable::domain_table<Notes>();
  EXPECT_EQ(composable::glue::enter(table, &host, &error), &table);
  host.abi_major = 99;
  EXPECT_EQ(composable::glue::enter(table, &host, &error), nullptr);
  EXPECT_EQ(composable::message(error),
            "built for composable ABI 1.0, this host speaks 99.0; rebuild the plugin");
}

}  // namespace
