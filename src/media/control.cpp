// SPDX-License-Identifier: Apache-2.0
#include "control.h"

#include <algorithm>
#include <base/text.h>

namespace media {

namespace {

constexpr std::size_t kMostSessions = 64, kMostSenders = 64, kMostStreams = 31;
constexpr base::Duration kHolds = std::chrono::seconds(10); // two reports' interval
constexpr std::size_t kHeaders = 28;              // of IP and UDP, which section 6.2 counts
constexpr double kBandwidth = 64000;              // bit/s of a telephone call
constexpr std::int32_t kLongestTrip = 60 * 65536; // 1/65536 s

/// Who speaks in a compound, and about whom.
struct Names : rtp::RtcpListener {
    std::vector<std::uint32_t> from, about;
    void sender(const rtp::SenderInfo &info) override { from.push_back(info.ssrc); }
    void report(const rtp::ReportBlock &block) override
    {
        from.push_back(block.reporter);
        about.push_back(block.about);
    }
    void bye(std::uint32_t ssrc, std::string_view) override { from.push_back(ssrc); }
};

} // namespace

/// Takes from a compound what concerns us.
class Control::Listener : public rtp::RtcpListener
{
public:
    Listener(Control &control, base::Instant time) : m_control(control), m_time(time) {}

    void sender(const rtp::SenderInfo &info) override
    {
        auto &known = m_control.m_senderReports;
        if (known.size() >= kMostSenders && !known.contains(info.ssrc))
            return;
        LastReport &last = known[info.ssrc];
        const bool more = info.packets != last.packets && info.packets != 0;
        last = {rtp::middleOf(info.ntp), m_time, info.packets, more ? m_time : last.grew};
    }
    void report(const rtp::ReportBlock &block) override
    {
        const auto ours =
            std::find_if(m_control.m_sessions.begin(), m_control.m_sessions.end(),
                         [&](const auto &each) { return each.second.line.ssrc == block.about; });
        if (ours == m_control.m_sessions.end())
            return;
        auto &figures = m_control.m_figures;
        ++figures.reports;
        figures.fractionLost = block.fractionLost / 256.0;
        figures.lost = block.cumulativeLost;
        figures.jitter = base::Duration{std::int64_t{block.jitter} * 1'000'000'000 /
                                        std::max(ours->second.line.clock, 1U)};
        if (block.lastReport == 0)
            return;
        // RFC 3550 section 6.4.1, in its own units and modulo 2^32.
        const auto trip = static_cast<std::int32_t>(rtp::middleOf(rtp::ntpOf(m_time)) -
                                                    block.lastReport - block.delay);
        if (trip >= -1 && trip <= kLongestTrip) // the units are coarse: a little below 0 is 0
            figures.roundTrip =
                base::Duration{std::max<std::int64_t>(trip, 0) * 1'000'000'000 / 65536};
    }
    void name(std::uint32_t, std::string_view cname) override { m_control.m_figures.cname = cname; }
    void bye(std::uint32_t, std::string_view) override { m_control.m_figures.bye = true; }

private:
    Control &m_control;
    base::Instant m_time;
};

Control::Control(Ask ask, Send send, std::uint32_t seed)
    : m_ask(std::move(ask)), m_send(std::move(send)), m_random(seed),
      m_name(base::randomToken(12)) // RFC 7022: of this call only, and says nothing of the machine
{
}

base::Duration Control::interval(const Session &session)
{
    return rtp::reportInterval(session.initial, session.size, kBandwidth,
                               std::uniform_real_distribution<>(0, 1)(m_random));
}

void Control::open(const std::string &toTag, const Line &line)
{
    if (!line.to.known() || line.to.port == 0 || line.to.address.isUnspecified() ||
        (m_sessions.size() >= kMostSessions && !m_sessions.contains(toTag)))
        return;
    m_sessions[toTag].line = line; // due at once: turn() gives it its first time
}

std::optional<std::uint32_t> Control::ssrcOf(const std::string &toTag) const
{
    const auto at = m_sessions.find(toTag);
    return at != m_sessions.end() ? std::optional(at->second.line.ssrc) : std::nullopt;
}

void Control::close(const std::string &toTag)
{
    const auto at = m_sessions.find(toTag);
    if (at == m_sessions.end())
        return;
    // Section 6.3.7: who never sent a packet says no goodbye.
    if (at->second.spoken || m_ask(toTag).sender.packets > 0)
        report(toTag, at->second, true);
    m_sessions.erase(at);
}

void Control::closeAll()
{
    while (!m_sessions.empty())
        close(std::string(m_sessions.begin()->first));
}

bool Control::isOurs(std::uint32_t ssrc) const
{
    return std::any_of(m_sessions.begin(), m_sessions.end(),
                       [ssrc](const auto &each) { return each.second.line.ssrc == ssrc; });
}

bool Control::isPeer(const base::Endpoint &source, std::string_view bytes, const Peers &peers) const
{
    bool near = peers.heard;
    for (const auto &[toTag, session] : m_sessions) {
        if (session.line.to == source)
            return true;
        near = near || session.line.to.address == source.address;
    }
    if (!near)
        return false;
    Names names;
    rtp::readRtcp(bytes, names);
    return std::any_of(names.about.begin(), names.about.end(),
                       [this](std::uint32_t ssrc) { return isOurs(ssrc); }) ||
           std::any_of(names.from.begin(), names.from.end(), [&peers](std::uint32_t ssrc) {
               return std::find(peers.ssrcs.begin(), peers.ssrcs.end(), ssrc) != peers.ssrcs.end();
           });
}

void Control::received(base::Instant time, const base::Endpoint &source, std::string_view bytes,
                       const Peers &peers)
{
    if (!rtp::isRtcp(bytes) || !isPeer(source, bytes, peers))
        return;
    Listener listener(*this, time);
    rtp::readRtcp(bytes, listener);
    ++m_figures.received;
    for (auto &[toTag, session] : m_sessions)
        session.size += (static_cast<double>(bytes.size() + kHeaders) - session.size) / 16;
}

bool Control::saysItSends(base::Instant now) const
{
    return std::any_of(m_senderReports.begin(), m_senderReports.end(), [now](const auto &each) {
        return each.second.grew.known() && now - each.second.grew < kHolds;
    });
}

base::Duration Control::turn(base::Duration now)
{
    base::Duration next = base::Duration::max();
    for (auto &[toTag, session] : m_sessions) {
        if (session.due.count() == 0)
            session.due = now + interval(session);
        if (session.due <= now) {
            report(toTag, session, false);
            session.initial = false;
            session.due = now + interval(session);
        }
        next = std::min(next, session.due);
    }
    return next;
}

rtp::ReportBlock Control::blockOf(Session &session, const Facts::Stream &stream) const
{
    rtp::ReportBlock out;
    out.about = stream.ssrc;
    out.highestSequence = stream.highest;
    out.jitter = stream.jitter;
    out.cumulativeLost = static_cast<std::int32_t>(std::min<std::uint64_t>(stream.lost, 0x7FFFFF));
    Prior &prior = session.prior[stream.ssrc];
    const auto expected = stream.expected - std::min(prior.expected, stream.expected);
    const auto lost = stream.lost - std::min(prior.lost, stream.lost);
    if (expected > 0)
        out.fractionLost =
            static_cast<std::uint8_t>(std::min<std::uint64_t>(lost * 256 / expected, 255));
    prior = {stream.expected, stream.lost};
    if (const auto heard = m_senderReports.find(stream.ssrc); heard != m_senderReports.end()) {
        constexpr base::Duration kLongest = std::chrono::seconds(65535); // that the field can say
        const auto held =
            std::clamp(base::now() - heard->second.at, base::Duration{0}, kLongest).count();
        out.lastReport = heard->second.middle;
        out.delay = static_cast<std::uint32_t>(held * 65536 / 1'000'000'000);
    }
    return out;
}

void Control::report(const std::string &toTag, Session &session, bool bye)
{
    Facts facts = m_ask(toTag);
    facts.sender.ssrc = session.line.ssrc;
    facts.sender.ntp = rtp::ntpOf(base::now());
    std::vector<rtp::ReportBlock> blocks;
    for (const auto &stream : facts.streams) {
        const bool room =
            session.prior.size() < kMostSenders || session.prior.contains(stream.ssrc);
        // Section 6.4: of sources that were heard since the report before.
        const Prior &prior = room ? session.prior[stream.ssrc] : Prior();
        const bool fresh = stream.expected - std::min(stream.lost, stream.expected) >
                           prior.expected - std::min(prior.lost, prior.expected);
        if (blocks.size() < kMostStreams && room && fresh)
            blocks.push_back(blockOf(session, stream));
    }
    const auto bytes = rtp::writeReport(facts.sender, blocks, m_name, bye);
    session.size += (static_cast<double>(bytes.size() + kHeaders) - session.size) / 16;
    session.spoken = true;
    if (m_send(toTag, session.line, bytes))
        ++m_figures.sent;
}

} // namespace media
