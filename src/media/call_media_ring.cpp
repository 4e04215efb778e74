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
constexpr base::Duration kFrame = 20ms;
constexpr base::Duration kAhead = 40ms;    // so that the device does not run dry between turns
constexpr base::Duration kGivenUp = 200ms; // that far behind, what was missed is not made up for

std::string tagged(const std::string &toTag)
{
    return toTag.empty() ? std::string() : " (To-tag " + base::printable(toTag, false, 40) + ")";
}

} // namespace

void CallMedia::alerting(const std::string &toTag)
{
    if (m_alerting.size() < kMostAlerting &&
        std::find(m_alerting.begin(), m_alerting.end(), toTag) == m_alerting.end())
        m_alerting.push_back(toTag);
}

void CallMedia::answered()
{
    m_answered = true;
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

/// An output that runs dry takes up to a second to sound again, and what it is given meanwhile is
/// lost: it gets silence as long as nothing else comes.
base::Duration CallMedia::keepRunning(base::Duration now)
{
    if (!m_speaker || m_over || m_speaker->device() == "none")
        return base::Duration::max();
    if (now < m_quietDue)
        return m_quietDue;
    constexpr base::Duration kPiece = 10ms; // short, as sound that comes has to wait for it
    m_quietDue = std::max(m_quietDue, now - kPiece) + kPiece;
    if (m_playout.isDry(now) && m_speaker->waiting() < kPiece)
        m_speaker->play(kPiece, {}, kRate);
    return m_quietDue;
}

base::Duration CallMedia::ring(base::Duration now)
{
    const bool wanted = !m_over && !m_answered && !m_alerting.empty() && !mediaComes();
    if (!wanted || m_request.ringback.empty()) {
        if (m_ring) {
            stopRinging();
            explain();
        }
        return keepRunning(now);
    }
    if (!m_ring) {
        m_ring = ringback(m_request.ringback, kRate);
        if (!m_ring)
            return base::Duration::max();
        m_ringDue = now - kAhead;
        explain();
    }
    if (now - m_ringDue > kGivenUp)
        m_ringDue = now - kAhead;
    std::vector<std::int16_t> frame(kRate / 50);
    for (; m_ringDue <= now; m_ringDue += kFrame) {
        m_ring->fill(frame);
        if (m_speaker)
            m_speaker->play(base::Duration{0}, frame, kRate);
    }
    return m_ringDue;
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
    return m_early.isWithheld(now) ? "media comes, and P-Early-Media does not let it be heard (RFC "
                                     "5009)"
                                   : "no media comes";
}

std::string CallMedia::whyAnswered(base::Instant now)
{
    const auto described = m_remotes.find(m_chosen);
    if (described != m_remotes.end() && !described->second.theyMaySend && !mediaComes())
        return "The call is answered, and nothing is heard: its description lets the peer send "
               "nothing.";
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
        (m_alerting.empty() ? ": it comes, and no 180 did."
                            : ": where media comes, the phone does not ring by itself "
                              "(RFC 3960 section 3.2, rule 3).");
    IncomingStream *stream = m_heard ? m_incoming.stream(*m_heard) : nullptr;
    if (stream != nullptr)
        if (const auto quiet = stream->quietSoFar(now); quiet != rtp::Sound::Unknown)
            out += " So far it is " + std::string(rtp::soundText(quiet)) + ".";
    return out;
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
        why =
            "Local ringback " + heardText() + ": a 180 came" + tagged(m_alerting.back()) +
            (none == "no media comes" ? " and no media that may be heard does" : ", and " + none) +
            " (RFC 3960 section 3.2, rule 2).";
    } else if (!m_alerting.empty()) {
        why = "Nothing is heard: a 180 came" + tagged(m_alerting.back()) + ", and " + whyNone(now) +
              "; a phone would ring by itself, here that is switched off.";
    } else if (m_described.known()) {
        if (now - m_described < rtp::MediaRun::kBegins)
            return; // its media is on its way
        why = "Nothing is heard: " + whyNone(now) +
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
