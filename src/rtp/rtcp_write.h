// SPDX-License-Identifier: Apache-2.0
// RTCP of our own: compound packets as RFC 3550 section 6.1 wants them, and when they are due
// (section 6.2, 6.3). Pure.
#pragma once

#include <base/time.h>
#include <rtp/rtcp.h>
#include <span>
#include <string>
#include <string_view>

namespace rtp {

/// 32 bits of seconds since 1900 and 32 of their fraction.
std::uint64_t ntpOf(base::Instant time);
/// What report blocks carry of it.
constexpr std::uint32_t middleOf(std::uint64_t ntp)
{
    return static_cast<std::uint32_t>(ntp >> 16U);
}

/// SR (or RR where `sender` carries no packets), SDES with the CNAME, and BYE if it is the last.
/// `ReportBlock::reporter` is not read; beyond 31 blocks none are written.
std::string writeReport(const SenderInfo &sender, std::span<const ReportBlock> blocks,
                        std::string_view cname, bool bye);

/// Section 6.3.1 for a session of two: `octets` is the mean size of its compounds with the headers
/// below, `bandwidth` the session's in bit/s, `random` 0-1.
base::Duration reportInterval(bool initial, double octets, double bandwidth, double random);

} // namespace rtp
