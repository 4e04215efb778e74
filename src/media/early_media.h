// SPDX-License-Identifier: Apache-2.0
// Which early dialog a received stream belongs to, and which stream is rendered. Facts in,
// decisions out: no sockets, no sound, time comes with the packets. Media thread.
#pragma once

#include <base/endpoint.h>
#include <base/time.h>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace media {

/// How sure we are that a stream belongs to its early dialog.
/// Shared: it comes from the very place that several early dialogs named.
enum class Attribution : std::uint8_t { None, Order, Address, Shared, Exact };

class EarlyMedia
{
public:
    using StreamKey = std::uint32_t; // the caller's number of a stream

    void remote(const std::string &toTag, const base::Endpoint &rtp);
    /// A 199, a final response or a BYE: nothing of this dialog is rendered from now on.
    void ended(const std::string &toTag);
    /// Empty: whichever plays first.
    void choose(const std::string &toTag) { m_chosen = toTag; }
    /// P-Early-Media: may be heard before the answer, or not unless it is chosen.
    void permit(const std::string &toTag, bool allowed);
    /// All that is left may be heard.
    void answered() { m_forbidden.clear(); }
    /// `certain`: the To-tag, where a key of that dialog alone has opened the packet.
    void packet(StreamKey stream, const base::Endpoint &source, base::Instant time,
                const std::string *certain = nullptr);
    void forget(StreamKey stream);

    /// The stream to be heard now.
    std::optional<StreamKey> rendered(base::Instant now);
    /// The early dialog (To-tag) of a stream, empty: not known yet.
    std::string dialogOf(StreamKey stream) const;
    Attribution attribution(StreamKey stream) const;
    /// Of a stream of Attribution::Shared: the other early dialogs it may be of.
    std::vector<std::string> mayBeOf(StreamKey stream) const;
    bool isActive(StreamKey stream, base::Instant now) const;
    /// Media comes that P-Early-Media keeps from being heard.
    bool isWithheld(base::Instant now) const;

private:
    struct Dialog {
        std::string toTag;
        base::Endpoint rtp;
        bool ended = false;
    };
    struct Stream {
        StreamKey key = 0;
        base::Endpoint source;
        base::Instant first, last;
        std::string toTag;
        Attribution attribution = Attribution::None;
        bool certain = false; // by a key that is the dialog's alone
    };
    void attribute(Stream &stream) const;
    const Dialog *nearest(const Stream &stream, bool (*fits)(const Dialog &, const Stream &)) const;
    std::size_t namers(const base::Endpoint &source) const;
    bool hasStream(const std::string &toTag, StreamKey except) const;
    static bool replaces(const Stream &stream, const Stream *current, base::Instant now);
    bool isCandidate(const Stream &stream) const;
    const Stream *find(StreamKey key) const;

    std::vector<Dialog> m_dialogs; // in the order of their answers
    std::vector<Stream> m_streams; // in the order of their first packets
    std::string m_chosen;
    std::vector<std::string> m_forbidden; // To-tags
    std::optional<StreamKey> m_current;
};

} // namespace media
