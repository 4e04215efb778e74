// SPDX-License-Identifier: Apache-2.0
// What the caller heard of an early dialog before the answer.
#pragma once

#include <diagnosis/evidence.h>
#include <optional>
#include <rtp/heard.h>
#include <vector>

namespace diagnosis {

/// The dialog's stream towards the caller with most packets; nullptr: none.
const BoundStream *earlyStream(const Evidence &evidence, std::uint32_t earlyDialog);
/// nullopt: no stream, or none of a codec that is listened to (G.711).
std::optional<rtp::Heard> earlySound(const Evidence &evidence, std::uint32_t earlyDialog);
/// One part after another.
std::vector<rtp::Heard> earlySounds(const Evidence &evidence, std::uint32_t earlyDialog);

} // namespace diagnosis
