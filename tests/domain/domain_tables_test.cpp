// What is kept of a domain's tables over its generations.
#include "domain/domain_tables.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "domain/schema_shape.hpp"

namespace composable::host {
namespace {

// A domain whose actions are internal ones, each with a schema that has the action's name.
class Generation {
 public:
  explicit Generation(std::vector<std::string> names)
      : names_(std::move(names)), schemas_(names_.size()), types_(names_.size()) {
    for (std::size_t n = 0; n < names_.size(); ++n) {
      schemas_[n].struct_size = sizeof schemas_[n];
      schemas_[n].kind = COMPOSABLE_KIND_OBJECT;
      schemas_[n].name = abi_str(names_[n]);
      types_[n].struct_size = sizeof types_[n];
      types_[n].action_class = COMPOSABLE_CLASS_INTERNAL;
      types_[n].name = abi_str(names_[n]);
      types_[n].schema = &schemas_[n];
      actions_.push_back(&types_[n]);
    }
    domain_.struct_size = sizeof domain_;
    domain_.name = abi_str("shop");
    domain_.actions = actions_.data();
    domain_.n_actions = static_cast<std::uint32_t>(actions_.size());
    domain_.create = [](auto...) -> composable_status { return COMPOSABLE_OK; };
    domain_.destroy = [](composable_state*) {};
    domain_.decide = [](auto...) -> composable_status { return COMPOSABLE_OK; };
    domain_.evolve = [](auto...) -> composable_status { return COMPOSABLE_OK; };
    domain_.decode = [](auto...) -> composable_status { return COMPOSABLE_OK; };
  }

  DomainTables tables() const { return *DomainTables::inspect(&domain_); }
  // The same, counted as `previous` counts.
  DomainTables after(const DomainTables& previous) const {
    DomainTables tables = this->tables();
    tables.continue_from(previous);
    return tables;
  }
  void take_schema_from(std::size_t n) { types_[n].schema = nullptr; }

 private:
  std::vector<std::string> names_;
  std::vector<composable_type> schemas_;
  std::vector<composable_action_type> types_;
  std::vector<const composable_action_type*> actions_;
  composable_domain domain_{};
};

// `Name:schema's name` of each action, by the host's number.
std::vector<std::string> with_schemas(const DomainTables& tables) {
  std::vector<std::string> all;
  for (const ActionType& action : tables.actions()) {
    const composable_type* const schema = usable_schema(action);
    all.push_back(action.name + ":" +
                  (schema == nullptr ? "none" : std::string(view(schema->name))));
  }
  return all;
}

using Actions = std::vector<std::string>;

TEST(DomainTables, EveryActionHasItsSchema) {
  Generation first({"Place", "Ship", "Cancel"});
  first.take_schema_from(1);
  EXPECT_EQ(with_schemas(first.tables()), (Actions{"Place:Place", "Ship:none", "Cancel:Cancel"}));
}

TEST(DomainTables, ActionsInAnotherOrderKeepTheirSchemas) {
  const Generation first({"Place", "Ship", "Cancel"}),
      second({"Cancel", "Return", "Place", "Ship"});
  const DomainTables next = second.after(first.tables());
  EXPECT_EQ(with_schemas(next),
            (Actions{"Place:Place", "Ship:Ship", "Cancel:Cancel", "Return:Return"}));
  EXPECT_EQ(next.action_number(1), 3u);
  EXPECT_EQ(next.action_numbers().to_plugin(2), 0u);
}

// Its number stays; its schema was the earlier plugin's, which may be unloaded.
TEST(DomainTables, AnActionThatIsGoneHasNoSchema) {
  const Generation first({"Place", "Ship", "Cancel"}), second({"Cancel", "Place"});
  const DomainTables next = second.after(first.tables());
  EXPECT_EQ(with_schemas(next), (Actions{"Place:Place", "Ship:none", "Cancel:Cancel"}));
  EXPECT_TRUE(next.find_action("Ship")->gone);
  EXPECT_EQ(with_schemas(first.after(next)),
            (Actions{"Place:Place", "Ship:Ship", "Cancel:Cancel"}));
}

TEST(DomainTables, ACopyIsAValueOfItsOwn) {
  const Generation first({"Place", "Ship"}), second({"Ship", "Place"});
  const DomainTables tables = second.tables();
  DomainTables copy = tables;
  copy.continue_from(first.tables());
  EXPECT_EQ(tables.find_action("Ship"), &tables.actions()[0]);
  EXPECT_EQ(copy.find_action("Ship"), &copy.actions()[1]);
  EXPECT_EQ(with_schemas(copy), (Actions{"Place:Place", "Ship:Ship"}));
}

}  // namespace
}  // namespace composable::host
