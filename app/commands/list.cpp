// SPDX-License-Identifier: Apache-2.0
#include <app/arguments.h>
#include <app/commands/commands.h>
#include <array>

namespace app {

std::span<const Command *const> commands()
{
    static constexpr std::array kAll{&kCall,     &kAnswer, &kExpect, &kProbe,
                                     &kRegister, &kLab,    &kCheck,  &kBench};
    return kAll;
}

} // namespace app
