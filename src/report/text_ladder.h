// SPDX-License-Identifier: Apache-2.0
// The ladder in monospaced columns: lifelines, arrows with their label on them, notes at the right.
// Pure.
#pragma once

#include <ladder/outline.h>
#include <string>

namespace report {

/// Lines ending in \n. Aims at `width` columns; many lanes take more.
std::string textLadder(const ladder::Outline &outline, std::size_t width = 140);

} // namespace report
