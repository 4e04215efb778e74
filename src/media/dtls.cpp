// SPDX-License-Identifier: Apache-2.0
#include "dtls.h"

#include <algorithm>
#include <fmt/format.h>

namespace media {

namespace {

using namespace std::chrono_literals;
constexpr std::size_t kMostLines = 16;   // associations at a time
constexpr std::size_t kMostDialogs = 64; // as many as have keys
constexpr base::Duration kPatience = 5s; // a handshake takes milliseconds

} // namespace

Dtls::Dtls(std::shared_ptr<const DtlsIdentity> identity, Send send, Serves serves)
    : m_identity(std::move(identity)), m_send(std::move(send)), m_serves(serves)
{
}

Dtls::~Dtls() = default;

const char *Dtls::loss() const
{
    return m_serves == Serves::Sound
               ? "its audio cannot be decrypted and nothing is sent to it"
               : "its RTCP cannot be read and none is sent to it; its audio has keys of its own";
}

Dtls::Dialog *Dtls::find(const std::string &toTag)
{
    const auto known = std::find_if(m_dialogs.begin(), m_dialogs.end(),
                                    [&](const Dialog &each) { return each.toTag == toTag; });
    return known != m_dialogs.end() ? &*known : nullptr;
}

Dtls::Line *Dtls::begin(const base::Endpoint &there, bool weBegin, base::Duration now)
{
    if (m_lines.size() >= kMostLines) {
        const auto least = std::find_if(m_lines.begin(), m_lines.end(),
                                        [](const auto &each) { return !each->settled; });
        m_lines.erase(least != m_lines.end() ? least : m_lines.begin());
    }
    Line &line = *m_lines.emplace_back(std::make_unique<Line>());
    line.there = there;
    line.since = now;
    line.link = DtlsLink::make(m_identity, weBegin, [this, &line](std::string_view datagram) {
        m_send(line.there, datagram);
    });
    if (line.link)
        return &line;
    m_lines.pop_back();
    return nullptr;
}

/// RFC 5763 section 6.6: another certificate, role or address is another association.
void Dtls::expect(const std::string &toTag, const base::Endpoint &there, const DtlsPeer &peer,
                  base::Duration now)
{
    Dialog *dialog = find(toTag);
    if (dialog != nullptr && dialog->there == there && dialog->peer == peer)
        return;
    if (dialog == nullptr && m_dialogs.size() >= kMostDialogs)
        return;
    if (dialog == nullptr)
        dialog = &m_dialogs.emplace_back();
    else if (dialog->peer.fingerprints != peer.fingerprints)
        dialog->keys.reset(); // somebody else
    dialog->toTag = toTag;
    dialog->there = there;
    dialog->peer = peer;
    dialog->since = now;
    dialog->told = false;
    if (peer.weBegin && there.known() && there.port != 0) {
        if (Line *line = begin(there, true, now))
            line->toTag = toTag;
    }
    settle(); // a peer may have begun already
}

void Dtls::close(const std::string &toTag)
{
    for (const auto &line : m_lines)
        if (line->settled && line->toTag == toTag)
            line->link->close();
    std::erase_if(m_lines, [&](const auto &line) { return line->settled && line->toTag == toTag; });
    std::erase_if(m_dialogs, [&](const Dialog &each) { return each.toTag == toTag; });
}

void Dtls::closeAll()
{
    for (const auto &line : m_lines)
        line->link->close();
    m_lines.clear();
    m_dialogs.clear();
}

/// Whose datagram it is. A ClientHello that no line has seen begins another one, be it from where a
/// line stands: the peer may have lost its side of it. What answers us from elsewhere than we wrote
/// to belongs to the only handshake that waits.
Dtls::Line *Dtls::lineFrom(const base::Endpoint &source, std::string_view datagram)
{
    const std::string_view random = helloRandom(datagram);
    Line *waiting = nullptr;
    std::size_t waitingLines = 0;
    for (auto at = m_lines.rbegin(); at != m_lines.rend(); ++at) {
        Line &line = **at;
        if (line.there == source && (random.empty() || line.random == random))
            return &line;
        if (line.link->weBegan() && line.link->state() == DtlsLink::State::Shaking) {
            waiting = &line;
            ++waitingLines;
        }
    }
    if (!random.empty() || waitingLines != 1)
        return nullptr;
    waiting->there = source;
    return waiting;
}

Dtls::Line *Dtls::freshLine(const base::Endpoint &source, base::Instant time, base::Duration now)
{
    const bool named = std::any_of(m_dialogs.begin(), m_dialogs.end(), [&](const Dialog &each) {
        return each.there == source && !each.keys;
    });
    return named || m_strangers.take(time) ? begin(source, false, now) : nullptr;
}

void Dtls::received(const base::Endpoint &source, std::string_view datagram, base::Instant time,
                    base::Duration now)
{
    Line *line = lineFrom(source, datagram);
    if (line == nullptr && !helloRandom(datagram).empty()) {
        line = freshLine(source, time, now);
        if (line != nullptr)
            line->random = helloRandom(datagram);
    }
    if (line == nullptr)
        return;
    line->link->received(datagram);
    settle();
}

/// The dialog that announced the line's certificate; among several with one certificate the one
/// that waits, and that named the address.
Dtls::Dialog *Dtls::certified(const Line &line)
{
    Dialog *best = nullptr;
    const auto worth = [&](const Dialog &each) {
        return (each.keys ? 0 : 4) + (each.there == line.there ? 2 : 0) +
               (each.there.address == line.there.address ? 1 : 0);
    };
    for (Dialog &each : m_dialogs)
        if ((line.link->weBegan() ? each.toTag == line.toTag : !each.peer.weBegin) &&
            line.link->isAnnounced(each.peer.fingerprints) &&
            (best == nullptr || worth(each) > worth(*best)))
            best = &each;
    return best;
}

/// Whom a line that leads to no keys would have been of.
Dtls::Dialog *Dtls::suspect(const Line &line)
{
    Dialog *near = nullptr;
    for (Dialog &each : m_dialogs) {
        if (each.keys)
            continue;
        if (line.link->weBegan() ? each.toTag == line.toTag : each.there == line.there)
            return &each;
        if (!line.link->weBegan() &&
            (each.there.address == line.there.address || m_dialogs.size() == 1))
            near = &each;
    }
    return near;
}

void Dtls::tell(Dialog &dialog, std::string trouble)
{
    if (std::exchange(dialog.told, true))
        return;
    m_news.push_back({dialog.toTag, std::move(trouble)});
}

void Dtls::failed(Line &line)
{
    line.settled = true;
    if (Dialog *dialog = suspect(line))
        tell(*dialog, fmt::format("The DTLS handshake with {} failed: {}; so {}.",
                                  line.there.text(), line.link->trouble(), loss()));
}

void Dtls::settle(Line &line)
{
    if (line.settled || line.link->state() == DtlsLink::State::Shaking)
        return;
    if (line.link->state() == DtlsLink::State::Failed)
        return failed(line);
    if (Dialog *dialog = certified(line)) {
        line.settled = true;
        line.toTag = dialog->toTag;
        dialog->keys = line.link->keys();
        m_news.push_back({dialog->toTag, {}});
    } else if (Dialog *wrong = suspect(line)) { // the line waits: its answer may be on its way
        tell(*wrong, fmt::format("The certificate that {} showed in the DTLS handshake is not the "
                                 "one that its SDP announced (a=fingerprint, RFC 5763 section 5), "
                                 "so its {} is refused: somebody else may have answered.",
                                 line.there.text(), m_serves == Serves::Sound ? "audio" : "RTCP"));
    }
}

void Dtls::settle()
{
    for (const auto &line : m_lines)
        settle(*line);
}

base::Duration Dtls::turn(base::Duration now)
{
    base::Duration next = now + 1s;
    for (const auto &line : m_lines)
        if (const auto left = line->link->turn())
            next = std::min(next, now + std::max<base::Duration>(*left, 1ms));
    settle();
    for (Dialog &dialog : m_dialogs) {
        if (dialog.keys || dialog.told || now - dialog.since < kPatience)
            continue;
        tell(dialog, dialog.peer.weBegin
                         ? fmt::format("{} did not answer the DTLS handshake (RFC 5764) within {} "
                                       "s, so {}.",
                                       dialog.there.text(), kPatience / 1s, loss())
                         : fmt::format("{} was to begin the DTLS handshake (RFC 5763), but nothing "
                                       "of it came within {} s, so {}.",
                                       dialog.there.text(), kPatience / 1s, loss()));
    }
    return next;
}

std::optional<SrtpKeys> Dtls::keysOf(const std::string &toTag) const
{
    for (const Dialog &each : m_dialogs)
        if (each.toTag == toTag)
            return each.keys;
    return std::nullopt;
}

} // namespace media
