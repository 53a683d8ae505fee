// Uses a name that only its includer could have brought: what compile_alone.py must refuse.
#pragma once

inline std::size_t leaning() { return 0; }
