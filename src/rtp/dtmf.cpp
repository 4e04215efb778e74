// SPDX-License-Identifier: Apache-2.0
#include <rtp/dtmf.h>

#include <algorithm>

namespace rtp {

namespace {

constexpr std::size_t kMostDigits = 1024; // of one stream
constexpr std::string_view kKeys = "0123456789*#ABCD!";

std::uint8_t octet(std::string_view bytes, std::size_t at)
{
    return at < bytes.size() ? static_cast<std::uint8_t>(bytes[at]) : std::uint8_t{0};
}

} // namespace

bool DtmfReader::plausible(std::string_view payload)
{
    return payload.size() >= 4 && payload.size() <= 40 && payload.size() % 4 == 0 &&
           octet(payload, 0) < kKeys.size() && (octet(payload, 1) & 0x40U) == 0;
}

void DtmfReader::add(base::Instant at, std::uint32_t timestamp, std::uint32_t clock,
                     std::string_view payload, std::vector<Digit> &digits)
{
    if (payload.size() < 4 || clock == 0)
        return;
    const std::uint8_t event = octet(payload, 0);
    const bool end = (octet(payload, 1) & 0x80U) != 0;
    const std::uint32_t duration = octet(payload, 2) * 256U + octet(payload, 3);
    // A long event goes on under a new timestamp where its duration ran over (section 2.5.1.3).
    const bool goesOn = m_known && event == m_event && !digits.empty() && !digits.back().ended &&
                        timestamp - m_timestamp == m_duration && m_duration >= 0xFF00U;
    const bool same = m_known && event == m_event && timestamp == m_timestamp;
    const auto behind = static_cast<std::int32_t>(m_timestamp - timestamp);
    if (!same && m_known && behind > 0 && behind < static_cast<std::int64_t>(clock) * 10)
        return; // a late copy of an event before
    if (goesOn) {
        m_past += m_duration;
    } else if (!same) {
        m_past = 0;
        if (digits.size() >= kMostDigits)
            return;
        Digit digit;
        digit.key = event < kKeys.size() ? kKeys[event] : '?';
        digit.event = event;
        digit.at = at;
        digits.push_back(digit);
        m_duration = 0;
    }
    m_known = true;
    m_event = event;
    m_timestamp = timestamp;
    m_duration = goesOn ? duration : std::max(m_duration, duration);
    Digit &digit = digits.back();
    digit.volume = octet(payload, 1) & 0x3FU;
    digit.ended = digit.ended || end;
    digit.length = base::Duration{static_cast<std::int64_t>(std::uint64_t{m_past} + m_duration) *
                                  1'000'000'000 / clock};
}

} // namespace rtp
