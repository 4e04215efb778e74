// SPDX-License-Identifier: Apache-2.0
// Lays one call out as a Scene. Pure; same input, same picture.
#pragma once

#include <ladder/outline.h>
#include <ladder/scene.h>

namespace ladder {

/// `findings` are the call's; rows that are evidence of an error or warning carry its badge.
Scene layout(const diagnosis::Evidence &evidence, std::span<const diagnosis::Finding> findings,
             const Options &options);
/// The same from an outline that is there already.
Scene layout(const Outline &outline, const Options &options);

} // namespace ladder
