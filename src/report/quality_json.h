// SPDX-License-Identifier: Apache-2.0
// A stream's MOS and what it was reckoned from, as JSON. Pure.
#pragma once

#include <rtp/quality.h>
#include <string>

namespace report {

/// One object; resources/manual/check-json.md describes its keys.
std::string qualityJson(const rtp::Quality &quality);

} // namespace report
