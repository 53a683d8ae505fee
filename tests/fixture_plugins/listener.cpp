#include "listener.hpp"

COMPOSABLE_PLUGIN(listening::Listener)
