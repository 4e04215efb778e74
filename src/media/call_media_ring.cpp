// SPDX-License-Identifier: Apache-2.0
// What a caller hears before the answer where nobody sends it: the phone's own ringback, by RFC
// 3960 section 3.2. The diagnosis decides the same afterwards (diagnosis/ears.h), by the same
// rtp::MediaRun and P-Early-Media.
#include "call_media.h"

#include <algorithm>
#include <base/text.h>

namespace media {

namespace {

using namespace std::chrono_literals;
constexpr std::size_t kMostAlerting = 64;
constexpr std::uint32_t kRate = 8000;

std::string tagged(const std::string &toTag)
{
    return toTag.empty() ? std::string() : " (To-tag " + base::printable(toTag, false, 40) + ")";
}

} // namespace

void CallMedia::progress(const std::string &toTag, bool rings)
{
    m_progressed = base::now();
    if (rings && m_alerting.size() < kMostAlerting &&
        std::find(m_alerting.begin(), m_alerting.end(), toTag) == m_alerting.end())
        m_alerting.push_back(toTag);
}

void CallMedia::answered(const std::string &toTag)
{
    m_answered = true;
    if (!toTag.empty())
        choose(toTag);
    for (const auto &each : std::exchange(m_unauthorised, {})) // of early media only
        if (m_chosen.empty() || each == m_chosen)
            again(each);
    m_early.answered();
    m_recordings.answered();
    stopRinging();
    explain();
}

std::string CallMedia::heardText() const
{
    return m_speaker && m_speaker->device() != "none"
               ? "is heard"
               : "would be heard, were there an audio output";
}

void CallMedia::stopRinging()
{
    m_ring.reset();
}

bool CallMedia::mediaComes()
{
    IncomingStream *stream = m_heard ? m_incoming.stream(*m_heard) : nullptr;
    return stream != nullptr && stream->run.comes(base::now());
}

/// Packets have begun to come: whether they are media, and whose, is not decided yet.
bool CallMedia::mediaBegins()
{
    const base::Instant now = base::now();
    const auto streams = m_incoming.streams();
    return std::any_of(streams.begin(), streams.end(), [now](const IncomingStream *stream) {
        return stream->run.mayBegin(now) || now - stream->first < rtp::MediaRun::kBegins;
    });
}

base::Duration CallMedia::ring(base::Duration now)
{
    const bool wanted = !m_over && !m_answered && !m_alerting.empty() && !mediaComes() &&
                        !m_request.ringback.empty();
    if (wanted != (m_ring != nullptr)) {
        m_ring = wanted ? ringback(m_request.ringback, kRate) : nullptr;
        explain();
    }
    return fill(now);
}

/// An output that ran dry takes up to a second to sound again, and what it is given meanwhile is
/// lost: it gets ringback, or silence, as long as nothing else comes.
base::Duration CallMedia::fill(base::Duration now)
{
    if (!m_speaker || m_over || m_speaker->device() == "none")
        return base::Duration::max();
    const base::Duration length = m_playout.fill(now, m_speaker->held());
    if (m_ring && length > base::Duration{0}) {
        std::vector<std::int16_t> frame(
            static_cast<std::size_t>(length.count() * kRate / 1'000'000'000));
        m_ring->fill(frame);
        m_speaker->play(base::Duration{0}, frame, kRate);
    } else {
        m_speaker->silence(length);
    }
    return m_playout.nextFill();
}

/// Whose it may be as well, where forks share one port.
std::string CallMedia::mayBe() const
{
    const auto others = m_heard ? m_early.mayBeOf(*m_heard) : std::vector<std::string>();
    if (others.empty())
        return {};
    return others.size() == 1
               ? ", or of the other fork" + tagged(others.front()) + ", as both name one port,"
               : ", or of another fork, as " + std::to_string(others.size() + 1) +
                     " of them name one port,";
}

/// Protected media comes that nothing opens, or media that should be protected and is not; empty:
/// neither is all there is.
std::string CallMedia::whyClosed()
{
    constexpr std::uint64_t kEnough = 3; // a packet or two may be anybody's
    const SrtpFigures figures = m_protection.figures();
    if (figures.refused + figures.keyless < kEnough || !m_incoming.streams().empty())
        return {};
    return figures.refused >= figures.keyless
               ? "media comes that cannot be authenticated with the key that was agreed on (RFC "
                 "3711)"
               : "media comes without protection, or before the key that opens it (RFC 4568)";
}

/// Before the answer no media is heard: what there is of it.
std::string CallMedia::whyNone(base::Instant now)
{
    if (auto closed = whyClosed(); !closed.empty())
        return closed;
    if (auto undecodable = m_incoming.undecodable(now); !undecodable.empty())
        return undecodable;
    if (m_early.isWithheld(now) && !byHand())
        return "media comes, and P-Early-Media does not let it be heard (RFC 5009)";
    if (m_control.saysItSends(now) && m_incoming.streams().empty())
        return "no media comes, though the peer says by RTCP that it sends, so that it is lost on "
               "its way or sent elsewhere";
    if (byHand())
        return "no media of it comes";
    if (!m_remotes.empty() && std::all_of(m_remotes.begin(), m_remotes.end(),
                                          [](const auto &each) { return each.second.unanswered; }))
        return "no media comes, as nothing has told the callee our address yet";
    return m_described.known() ? "no media comes"
                               : "no media comes, nor has a response described any";
}

/// Its description says that it sends nothing.
bool CallMedia::describedSilent(const std::string &toTag) const
{
    const auto described = m_remotes.find(toTag);
    return described != m_remotes.end() && !described->second.theyMaySend;
}

std::string CallMedia::whyAnswered(base::Instant now)
{
    const bool silent = describedSilent(m_chosen);
    if (silent && !mediaComes())
        return "The call is answered, and nothing is heard: its description lets the peer send "
               "nothing.";
    if (silent)
        return "The call is answered: what the peer sends " + heardText() +
               ", though its description says that it sends nothing.";
    auto undecodable = mediaComes() ? std::string() : m_incoming.undecodable(now);
    if (undecodable.empty())
        undecodable = whyClosed();
    return undecodable.empty()
               ? "The call is answered: what the peer sends " + heardText() + "."
               : "The call is answered, and nothing of it is heard: " + undecodable + ".";
}

std::string CallMedia::whyEarly(base::Instant now)
{
    const std::string tag = m_heard ? m_early.dialogOf(*m_heard) : std::string();
    std::string out =
        "Early media" + tagged(tag) + mayBe() + " " + heardText() +
        (byHand()             ? ": it was chosen by hand."
         : m_alerting.empty() ? ": it comes, and no 180 did."
                              : ": where media comes, the phone does not ring by itself "
                                "(RFC 3960 section 3.2, rule 3).");
    if (describedSilent(tag))
        out += " Its description says that it sends nothing.";
    IncomingStream *stream = m_heard ? m_incoming.stream(*m_heard) : nullptr;
    if (stream != nullptr)
        if (const auto quiet = stream->quietSoFar(now); quiet != rtp::Sound::Unknown)
            out += " So far it is " + std::string(rtp::soundText(quiet)) + ".";
    return out;
}

/// Before what is heard instead of the early dialog that the user chose.
std::string CallMedia::chosenText() const
{
    return byHand() ? "The early dialog" + tagged(m_chosen) + " was chosen by hand. "
                    : std::string();
}

/// Says what is heard and why, and since when.
void CallMedia::explain()
{
    if (m_over)
        return; // why it ended stands in the ladder
    const base::Instant now = base::now();
    const bool comes = mediaComes();
    if (!m_answered && !comes && mediaBegins())
        return; // what was said holds until that is decided
    std::string why;
    if (m_answered) {
        why = whyAnswered(now);
    } else if (comes) {
        why = whyEarly(now);
    } else if (m_ring) {
        const auto none = whyNone(now);
        why = chosenText() + "Local ringback " + heardText() + ": a 180 came" +
              tagged(m_alerting.back()) +
              (none.find(" comes, nor") != std::string::npos || none == "no media comes"
                   ? " and no media that may be heard does"
                   : ", and " + none) +
              " (RFC 3960 section 3.2, rule 2).";
    } else if (!m_alerting.empty()) {
        why = chosenText() + "Nothing is heard: a 180 came" + tagged(m_alerting.back()) + ", and " +
              whyNone(now) + "; a phone would ring by itself, here that is switched off.";
    } else if (m_described.known() || m_progressed.known()) {
        if (now - std::max(m_described, m_progressed) < rtp::MediaRun::kBegins)
            return; // its media is on its way
        why = chosenText() + "Nothing is heard: " + whyNone(now) +
              ", and without a 180 a phone does not ring by itself (RFC 3960 section 3.2, rule 1).";
    }
    m_status.ringing = m_ring != nullptr;
    m_status.earlyHeard = comes && !m_answered;
    if (why == m_status.why)
        return;
    m_status.why = std::move(why);
    m_status.whySince = now;
    m_changed = true;
}

} // namespace media
