// SPDX-License-Identifier: Apache-2.0
// Cuts a byte stream into SIP messages (RFC 3261 section 18.3) and keep-alives (RFC 5626
// section 3.5.1). Bounded: holds at most `limit` bytes; what is not SIP is handed out as Garbage up
// to the next start line. A message beyond the limit is Cut; whoever allows it has the rest of it
// counted off by its Content-Length, so that the boundary behind it stays known.
#pragma once

#include <base/time.h>
#include <string>
#include <string_view>
#include <vector>

namespace sip {

enum class FrameKind : unsigned char {
    Message,
    Ping,    // double CRLF between messages
    Pong,    // single CRLF between messages
    Garbage, // bytes that belong to no message
    Cut,     // a message that grew beyond the limit or ended with the stream: what there is of it
    Rest,    // more of the message that was Cut, counted off by its Content-Length
};

struct Frame {
    FrameKind kind = FrameKind::Message;
    std::string text;
    base::Instant time; // arrival of its last byte
    /// A message whose Content-Length is missing or no number: where it ends is a guess (RFC 3261
    /// section 18.3).
    bool unsized = false;
    /// A Cut whose rest is counted off.
    bool counted = false;
};

class Framer
{
public:
    /// `longest`: a message of more than `limit` bytes but no more than this is Cut, and its rest
    /// counted off.
    explicit Framer(std::size_t limit = 256 * 1024, std::size_t longest = 0)
        : m_limit(limit), m_longest(longest)
    {
    }

    /// Adds bytes and returns every frame they complete. Work is linear in the bytes over the
    /// framer's life. A lone CRLF at the end of `bytes` is a Pong at once; two CRLFs together are a
    /// Ping. While the boundary of the messages is not known, bytes that begin with a start line
    /// are taken for one: senders mostly begin a write with a message.
    std::vector<Frame> add(std::string_view bytes, base::Instant time);
    /// Bytes are missing here (capture loss): gives up the half message as Cut and looks for the
    /// next start line.
    std::vector<Frame> gap(base::Instant time);
    /// The stream ended.
    std::vector<Frame> end(base::Instant time) { return gap(time); }
    std::size_t held() const { return m_buffer.size(); }
    /// Half a message is held, or the rest of a cut one is still to come.
    bool within() const { return !m_buffer.empty() || m_rest > 0; }
    /// What came last belongs to no message, and no start line has followed yet.
    bool lost() const { return m_lost; }

private:
    void overflow(base::Instant time, std::vector<Frame> &out);
    void startOver(std::string_view bytes, base::Instant time, std::vector<Frame> &out);
    std::size_t step(std::string_view rest, base::Instant time, std::vector<Frame> &out);
    std::size_t keepAlive(std::string_view rest, base::Instant time, std::vector<Frame> &out) const;
    std::size_t message(std::string_view rest, base::Instant time, std::vector<Frame> &out);
    std::size_t resync(std::string_view rest, base::Instant time, std::vector<Frame> &out);

    std::size_t m_limit, m_longest;
    std::string m_buffer;
    std::size_t m_scanned =
        0; // no header end before here; before the first line is complete: no line end
    std::size_t m_need = 0;  // length of the message under way, 0: its headers are not complete
    std::size_t m_whole = 0; // the same where it is beyond the limit and yet to be counted off
    std::size_t m_rest = 0;  // of a message that was cut, still to come
    bool m_unsized = false;  // it does not say so
    bool m_started = false;  // the held bytes begin with a complete start line
    bool m_lost = false;     // not at a message boundary
    bool m_midLine = false;  // lost, and the held bytes do not begin a line
};

} // namespace sip
