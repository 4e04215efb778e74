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

struct DtmfReader::Event {
    base::Instant at;
    std::uint32_t timestamp = 0, clock = 0, duration = 0; // duration in units of the clock
    std::uint8_t event = 0, volume = 0, payloadType = 0;
    bool end = false;

    Digit digit() const
    {
        Digit out;
        out.key = event < kKeys.size() ? kKeys[event] : '?';
        out.event = event;
        out.volume = volume;
        out.payloadType = payloadType;
        out.ended = end;
        out.at = at;
        out.length = lengthOf(duration);
        return out;
    }
    base::Duration lengthOf(std::uint64_t units) const
    {
        return base::Duration{static_cast<std::int64_t>(units) * 1'000'000'000 / clock};
    }
};

/// A copy of what is known already, or an event that another capture of the same minutes lacks.
void DtmfReader::addEarlier(const Event &event, std::vector<Digit> &digits)
{
    const auto known = std::find(m_stamps.begin(), m_stamps.end(), event.timestamp);
    if (known != m_stamps.end()) {
        Digit &digit = digits[static_cast<std::size_t>(known - m_stamps.begin())];
        digit.ended = digit.ended || event.end;
        digit.length = std::max(digit.length, event.lengthOf(event.duration));
        return;
    }
    const auto after = std::find_if(digits.begin(), digits.end(),
                                    [&](const Digit &each) { return each.at > event.at; });
    if (digits.size() >= kMostDigits || after == digits.end())
        return; // nobody can tell a late one from one that begins anew
    m_stamps.insert(m_stamps.begin() + (after - digits.begin()), event.timestamp);
    digits.insert(after, event.digit());
}

void DtmfReader::add(base::Instant at, std::uint32_t timestamp, std::uint32_t clock,
                     std::string_view payload, std::vector<Digit> &digits, std::uint8_t payloadType)
{
    if (payload.size() < 4 || clock == 0)
        return;
    const Event event{at,
                      timestamp,
                      clock,
                      octet(payload, 2) * 256U + octet(payload, 3),
                      octet(payload, 0),
                      static_cast<std::uint8_t>(octet(payload, 1) & 0x3FU),
                      payloadType,
                      (octet(payload, 1) & 0x80U) != 0};
    // A long event goes on under a new timestamp where its duration ran over (section 2.5.1.3).
    const bool goesOn = m_known && event.event == m_event && !digits.empty() &&
                        !digits.back().ended && timestamp - m_timestamp == m_duration &&
                        m_duration >= 0xFF00U;
    const bool same = m_known && event.event == m_event && timestamp == m_timestamp;
    const auto behind = static_cast<std::int32_t>(m_timestamp - timestamp);
    // A sender that begins anew counts from anywhere, but it does not go back in time.
    const bool late = behind < static_cast<std::int64_t>(clock) * 10 ||
                      (!digits.empty() && at < digits.back().at);
    if (!same && m_known && behind > 0 && late) {
        addEarlier(event, digits);
        return;
    }
    if (goesOn) {
        m_past += m_duration;
    } else if (!same) {
        m_past = 0;
        if (digits.size() >= kMostDigits)
            return;
        digits.push_back(event.digit());
        m_stamps.push_back(timestamp);
        m_duration = 0;
    }
    m_known = true;
    m_event = event.event;
    m_timestamp = timestamp;
    m_duration = goesOn ? event.duration : std::max(m_duration, event.duration);
    Digit &digit = digits.back();
    digit.volume = event.volume;
    digit.ended = digit.ended || event.end;
    digit.length = event.lengthOf(std::uint64_t{m_past} + m_duration);
}

} // namespace rtp
