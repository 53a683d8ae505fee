/* The whole ABI. C11 and C++; needs <stddef.h> and <stdint.h> only. */
#pragma once
#include "composable/abi/action.h"
#include "composable/abi/bytes.h"
#include "composable/abi/context.h"
#include "composable/abi/domain.h"
#include "composable/abi/effects.h"
#include "composable/abi/host.h"
#include "composable/abi/jobs.h"
#include "composable/abi/note.h"
#include "composable/abi/routes.h"
#include "composable/abi/schema.h"
#include "composable/abi/status.h"
#include "composable/abi/version.h"
