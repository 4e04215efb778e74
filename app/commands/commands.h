// SPDX-License-Identifier: Apache-2.0
// The headless commands; each stands in the file of its name.
#pragma once

#include <app/arguments.h>

namespace app {

extern const Command kCall, kAnswer, kExpect, kProbe, kRegister, kLab, kCheck, kBench;

} // namespace app
