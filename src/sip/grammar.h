// SPDX-License-Identifier: Apache-2.0
// Private to sip: whether pieces of a header's value are written as RFC 3261 wants them. Pure,
// linear.
#pragma once

#include <sip/message.h>
#include <string_view>

namespace sip {

/// Headers that may stand in a message only once.
bool standsOnce(HeaderId id);
/// Numeric headers: a number in their range; every other header fits.
bool numberFits(HeaderId id, std::string_view value);
/// ";;" or a ";" with nothing behind it.
bool hasEmptyParameter(std::string_view parameters);
/// "0.7", "1", "1.000" (RFC 3261 section 25.1: qvalue).
bool isQuality(std::string_view text);
/// An option tag that is registered with IANA.
bool isRegistered(std::string_view tag);
/// "Sat, 13 Nov 2010 23:29:00 GMT" (RFC 3261 section 20.17: GMT and nothing else).
bool isDate(std::string_view text);

} // namespace sip
