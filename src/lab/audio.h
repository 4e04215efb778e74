// SPDX-License-Identifier: Apache-2.0
// Private to lab: what the callee plays, made sample by sample (8000 Hz), and G.711 mu-law.
#pragma once

#include <cstdint>
#include <lab/settings.h>

namespace lab {

/// How long a sound lasts when another one follows; ringback is one cadence.
base::Duration duration(Sound sound);
/// Sample `n` of a sound that goes on for ever.
std::int16_t sample(Sound sound, std::uint64_t n);
std::uint8_t muLaw(std::int16_t linear);

} // namespace lab
