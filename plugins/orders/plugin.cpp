#include "composable/plugin.hpp"

#include "reducer.hpp"

COMPOSABLE_PLUGIN(orders::Orders)
