// SPDX-License-Identifier: Apache-2.0
#include "early_media.h"

#include <algorithm>

namespace media {

namespace {

using namespace std::chrono_literals;
constexpr base::Duration kActive = 300ms; // a stream without packets for longer has fallen silent
constexpr base::Duration kQuiet =
    15ms; // since its last packet: a new SSRC of the same dialog may take over
constexpr std::size_t kMostDialogs = 64;

} // namespace

void EarlyMedia::remote(const std::string &toTag, const base::Endpoint &rtp)
{
    const auto known = std::find_if(m_dialogs.begin(), m_dialogs.end(),
                                    [&](const Dialog &d) { return d.toTag == toTag; });
    if (known != m_dialogs.end()) {
        known->rtp = rtp;
        known->ended = false;
    } else if (m_dialogs.size() < kMostDialogs) {
        m_dialogs.push_back({toTag, rtp, false});
    }
    for (auto &stream : m_streams) {
        if (stream.attribution < Attribution::Shared)
            attribute(stream);
        else if (!stream.certain && namers(stream.source) > 1)
            stream.attribution = Attribution::Shared;
    }
}

void EarlyMedia::ended(const std::string &toTag)
{
    for (auto &dialog : m_dialogs)
        if (dialog.toTag == toTag)
            dialog.ended = true;
}

void EarlyMedia::permit(const std::string &toTag, bool allowed)
{
    std::erase(m_forbidden, toTag);
    if (!allowed && m_forbidden.size() < kMostDialogs)
        m_forbidden.push_back(toTag);
}

/// Early dialogs that may send from there by their descriptions.
std::size_t EarlyMedia::namers(const base::Endpoint &source) const
{
    return static_cast<std::size_t>(
        std::count_if(m_dialogs.begin(), m_dialogs.end(),
                      [&](const Dialog &d) { return !d.ended && d.rtp == source; }));
}

bool EarlyMedia::hasStream(const std::string &toTag, StreamKey except) const
{
    return std::any_of(m_streams.begin(), m_streams.end(),
                       [&](const Stream &s) { return s.key != except && s.toTag == toTag; });
}

/// Among the dialogs that fit: the newest that has no stream yet, else the newest.
const EarlyMedia::Dialog *EarlyMedia::nearest(const Stream &stream,
                                              bool (*fits)(const Dialog &, const Stream &)) const
{
    const Dialog *best = nullptr;
    bool bestFree = false;
    for (const auto &dialog : m_dialogs) {
        if (dialog.ended || !fits(dialog, stream))
            continue;
        const bool isFree = !hasStream(dialog.toTag, stream.key);
        if (best == nullptr || isFree || !bestFree) {
            best = &dialog;
            bestFree = isFree;
        }
    }
    return best;
}

void EarlyMedia::attribute(Stream &stream) const
{
    struct Rule {
        Attribution attribution;
        bool (*fits)(const Dialog &, const Stream &);
    };
    // Most gateways send from the port that their SDP names (symmetric RTP, RFC 4961); else the
    // address tells; else only the order in which answers and packets came.
    static constexpr Rule kRules[] = {
        {Attribution::Exact, [](const Dialog &d, const Stream &s) { return d.rtp == s.source; }},
        {Attribution::Address,
         [](const Dialog &d, const Stream &s) { return d.rtp.address == s.source.address; }},
        {Attribution::Order, [](const Dialog &, const Stream &) { return true; }},
    };
    for (const auto &[attribution, fits] : kRules) {
        if (attribution <= stream.attribution && stream.attribution != Attribution::None)
            return; // nothing better than what is known
        if (const Dialog *dialog = nearest(stream, fits)) {
            stream.toTag = dialog->toTag;
            stream.attribution = attribution == Attribution::Exact && namers(stream.source) > 1
                                     ? Attribution::Shared
                                     : attribution;
            return;
        }
    }
}

void EarlyMedia::packet(StreamKey key, const base::Endpoint &source, base::Instant time,
                        const std::string *certain)
{
    auto known = std::find_if(m_streams.begin(), m_streams.end(),
                              [key](const Stream &each) { return each.key == key; });
    if (known == m_streams.end()) {
        Stream stream{key, source, time, time, {}, Attribution::None, false};
        if (certain == nullptr)
            attribute(stream);
        known = m_streams.insert(m_streams.end(), std::move(stream));
    }
    known->last = time;
    if (certain != nullptr) {
        known->toTag = *certain;
        known->attribution = Attribution::Exact;
        known->certain = true;
    }
}

void EarlyMedia::forget(StreamKey key)
{
    std::erase_if(m_streams, [&](const Stream &s) { return s.key == key; });
    if (m_current == key)
        m_current.reset();
}

const EarlyMedia::Stream *EarlyMedia::find(StreamKey key) const
{
    const auto it = std::find_if(m_streams.begin(), m_streams.end(),
                                 [&](const Stream &s) { return s.key == key; });
    return it == m_streams.end() ? nullptr : &*it;
}

bool EarlyMedia::isCandidate(const Stream &stream) const
{
    const bool over = std::any_of(m_dialogs.begin(), m_dialogs.end(), [&](const Dialog &d) {
        return d.ended && d.toTag == stream.toTag;
    });
    if (over || !m_chosen.empty())
        return !over && stream.toTag == m_chosen;
    return std::find(m_forbidden.begin(), m_forbidden.end(), stream.toTag) == m_forbidden.end();
}

/// Sticky: what is heard stays. It yields to anything once it is silent, to a stream known for
/// certain, and to the same dialog's next SSRC as soon as it has stopped itself.
bool EarlyMedia::replaces(const Stream &stream, const Stream *current, base::Instant now)
{
    if (current == nullptr || now - current->last > kActive)
        return true;
    if (stream.attribution >= Attribution::Shared && current->attribution < Attribution::Shared)
        return true;
    return stream.toTag == current->toTag && stream.first >= current->last &&
           stream.last - current->last >= kQuiet;
}

std::optional<EarlyMedia::StreamKey> EarlyMedia::rendered(base::Instant now)
{
    const Stream *current = m_current ? find(*m_current) : nullptr;
    if (current != nullptr && !isCandidate(*current))
        current = nullptr;
    for (auto it = m_streams.rbegin(); it != m_streams.rend(); ++it) // the newest first
        if (&*it != current && isCandidate(*it) && now - it->last <= kActive &&
            replaces(*it, current, now))
            current = &*it;
    m_current = current != nullptr ? std::optional(current->key) : std::nullopt;
    return m_current;
}

std::string EarlyMedia::dialogOf(StreamKey key) const
{
    const Stream *stream = find(key);
    return stream != nullptr ? stream->toTag : std::string();
}

Attribution EarlyMedia::attribution(StreamKey key) const
{
    const Stream *stream = find(key);
    return stream != nullptr ? stream->attribution : Attribution::None;
}

std::vector<std::string> EarlyMedia::mayBeOf(StreamKey key) const
{
    std::vector<std::string> out;
    const Stream *stream = find(key);
    if (stream != nullptr && stream->attribution == Attribution::Shared)
        for (const Dialog &dialog : m_dialogs)
            if (!dialog.ended && dialog.rtp == stream->source && dialog.toTag != stream->toTag)
                out.push_back(dialog.toTag);
    return out;
}

bool EarlyMedia::isWithheld(base::Instant now) const
{
    return std::any_of(m_streams.begin(), m_streams.end(), [&](const Stream &s) {
        return now - s.last <= kActive &&
               std::find(m_forbidden.begin(), m_forbidden.end(), s.toTag) != m_forbidden.end();
    });
}

bool EarlyMedia::isActive(StreamKey key, base::Instant now) const
{
    const Stream *stream = find(key);
    return stream != nullptr && now - stream->last <= kActive;
}

} // namespace media
