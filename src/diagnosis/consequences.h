// SPDX-License-Identifier: Apache-2.0
// Private to diagnosis: what another finding of the same call already explains. Pure.
#pragma once

#include <diagnosis/evidence.h>

namespace diagnosis {

/// Takes away what only follows from another finding, so that the cause stands alone and nobody is
/// sent after its traces.
void dropConsequences(Findings &findings);

} // namespace diagnosis
