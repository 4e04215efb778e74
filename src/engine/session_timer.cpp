// SPDX-License-Identifier: Apache-2.0
#include <engine/session_timer.h>

#include <algorithm>
#include <base/text.h>
#include <fmt/format.h>

namespace engine {

namespace {

constexpr std::uint32_t kLongest = 24 * 3600;

std::optional<std::uint32_t> secondsIn(std::string_view value)
{
    const auto number = base::toInteger(base::trim(value.substr(0, value.find(';'))));
    if (!number || *number < 1 || *number > kLongest)
        return std::nullopt;
    return static_cast<std::uint32_t>(*number);
}

bool saysRefresher(std::string_view value, std::string_view who)
{
    for (const auto part : base::split(value, ';'))
        if (base::equalsNoCase(base::trim(part), fmt::format("refresher={}", who)))
            return true;
    return false;
}

} // namespace

SessionTimer::SessionTimer(SuLoop &loop, std::uint32_t wanted)
    : m_interval(std::min(wanted, kLongest)), m_timer(loop)
{
}

std::string SessionTimer::headers(bool refresh) const
{
    if (m_interval == 0)
        return {};
    return fmt::format("Session-Expires: {}{}\r\nMin-SE: {}\r\n", m_interval,
                       !refresh      ? ""
                       : m_weRefresh ? ";refresher=uac"
                                     : ";refresher=uas",
                       std::min(m_minimum, m_interval));
}

bool SessionTimer::tooSmall(const sip::Message &response)
{
    const auto minimum = secondsIn(response.value(sip::HeaderId::MinSe));
    if (m_interval == 0 || m_raised || !minimum || *minimum <= m_interval)
        return false;
    m_raised = true;
    m_interval = m_minimum = *minimum;
    return true;
}

void SessionTimer::settled(const sip::Message &response, Deeds deeds)
{
    m_timer.stop();
    const auto value = response.value(sip::HeaderId::SessionExpires);
    const auto interval = secondsIn(value);
    if (!interval) {
        // RFC 4028 section 7.2: the other side has no timer; we may still refresh as we asked for.
        m_weRefresh = m_interval != 0;
    } else {
        m_interval = *interval;
        m_weRefresh = !saysRefresher(value, "uas");
    }
    m_deeds = std::move(deeds);
    m_running = m_interval != 0;
    arm();
}

void SessionTimer::arm()
{
    if (!m_running)
        return;
    const auto interval = std::chrono::seconds(m_interval);
    // RFC 4028 section 10: half of it for whoever refreshes; who waits ends it a little early.
    if (m_weRefresh)
        m_timer.start(interval / 2, [this] {
            const auto refresh = m_deeds.refresh;
            refresh();
        });
    else
        m_timer.start(interval - std::min<base::Duration>(std::chrono::seconds(32), interval / 3),
                      [this] {
                          const auto expired = m_deeds.expired;
                          expired();
                      });
}

std::string SessionTimer::refreshed(const sip::Message &request)
{
    const auto value = request.value(sip::HeaderId::SessionExpires);
    const auto interval = secondsIn(value);
    if (!interval)
        return {};
    m_interval = *interval;
    // In their request "uac" is they.
    m_weRefresh = saysRefresher(value, "uas");
    arm();
    return fmt::format("Session-Expires: {};refresher={}\r\nRequire: timer\r\n", m_interval,
                       m_weRefresh ? "uas" : "uac");
}

} // namespace engine
