// SPDX-License-Identifier: Apache-2.0
#include <rtp/event_sender.h>

#include <algorithm>
#include <cctype>

namespace rtp {
namespace {

using namespace std::chrono_literals;
constexpr std::string_view kKeys = "0123456789*#ABCD!";
constexpr std::size_t kMostWaiting = 256;
constexpr int kEnds = 3; // section 2.5.1.4: so that a lost packet leaves no key pressed
// Beyond a second the duration of a fast clock would not fit into its 16 bits.
constexpr base::Duration kShortest = 40ms, kLongest = 1s;

} // namespace

std::optional<std::uint8_t> eventOf(char key)
{
    const auto at = kKeys.find(static_cast<char>(std::toupper(static_cast<unsigned char>(key))));
    if (at == std::string_view::npos)
        return std::nullopt;
    return static_cast<std::uint8_t>(at);
}

std::size_t EventSender::press(std::string_view keys, const Timing &timing)
{
    Timing sane = timing;
    sane.length = std::clamp(timing.length, base::Duration(kShortest), base::Duration(kLongest));
    sane.pause = std::max(timing.pause, base::Duration(kShortest));
    sane.volume = std::min<std::uint8_t>(timing.volume, 63);
    std::size_t taken = 0;
    for (const char key : keys) {
        const auto number = eventOf(key);
        if (!number || m_waiting.size() >= kMostWaiting)
            continue;
        m_waiting.push_back({*number, sane});
        ++taken;
    }
    return taken;
}

void EventSender::clear()
{
    m_waiting.clear();
    m_running = false;
    m_pause = base::Duration{0};
}

std::optional<EventSender::Out> EventSender::next(std::uint32_t timestamp, std::uint32_t step,
                                                  base::Duration turn)
{
    if (!m_running) {
        if (m_pause.count() > 0) {
            m_pause -= turn;
            return std::nullopt;
        }
        if (m_waiting.empty())
            return std::nullopt;
        m_event = m_waiting.front();
        m_waiting.pop_front();
        m_running = true;
        m_begin = timestamp;
        m_duration = 0;
        m_lasted = base::Duration{0};
        m_ends = 0;
    }
    Out out;
    out.timestamp = m_begin;
    out.marker = m_duration == 0; // section 2.5.1.1: on the first packet only
    if (m_ends == 0) {
        m_duration = std::min<std::uint32_t>(m_duration + step, 0xFFFF);
        m_lasted += turn;
    }
    const bool end = m_ends > 0 || m_lasted >= m_event.timing.length;
    out.payload = {static_cast<char>(m_event.number),
                   static_cast<char>((end ? 0x80U : 0U) | m_event.timing.volume),
                   static_cast<char>(m_duration >> 8U), static_cast<char>(m_duration & 0xFFU)};
    if (end && ++m_ends == kEnds) {
        m_running = false;
        m_pause = m_event.timing.pause;
        ++m_pressed;
    }
    return out;
}

} // namespace rtp
