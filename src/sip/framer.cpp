// SPDX-License-Identifier: Apache-2.0
#include <sip/framer.h>

#include <algorithm>
#include <optional>

#include <base/text.h>
#include <sip/message.h>
#include <sip/scan.h>

namespace sip {
namespace {

// The longest run of bytes without a line end that may still become a start line.
constexpr std::size_t kLongestStartLine = 16 * 1024;
constexpr std::size_t kLongestMethod = 16; // of those that are known

void emit(std::vector<Frame> &out, FrameKind kind, std::string_view text, base::Instant time)
{
    if (kind == FrameKind::Garbage && !out.empty() && out.back().kind == FrameKind::Garbage)
        out.back().text += text;
    else
        out.push_back({kind, std::string(text), time});
}

// Behind the empty line that ends the headers, npos while it has not come. Looks from `from` on;
// the bytes before were searched already. A CR as the last byte does not tell yet whether a LF
// follows.
std::size_t headerEnd(std::string_view text, std::size_t from)
{
    const auto ends = [&](std::size_t i) { return text[i] == '\n' || text[i] == '\r'; };
    for (std::size_t i = std::max<std::size_t>(from, 1); i < text.size(); ++i) {
        if (!ends(i) || !ends(i - 1))
            continue;
        if (text[i] == '\r') {
            if (i + 1 == text.size())
                return std::string_view::npos;
            return text[i + 1] == '\n' ? i + 2 : i + 1;
        }
        if (text[i - 1] == '\n')
            return i + 1;
    }
    return std::string_view::npos;
}

// Content-Length of a header block as parse() reads it: the first one counts; nullopt if there is
// none that can be read.
std::optional<std::uint64_t> bodyLength(std::string_view head)
{
    LineCursor lines(head);
    lines.next();
    while (!lines.done()) {
        Line line = lines.next();
        const auto text = head.substr(line.begin, line.end - line.begin);
        const auto colon = text.find(':');
        if (colon == std::string_view::npos || text[0] == ' ' || text[0] == '\t' ||
            headerIdOf(base::trim(text.substr(0, colon))) != HeaderId::ContentLength)
            continue;
        while (line.next < head.size() && (head[line.next] == ' ' || head[line.next] == '\t'))
            line = lines.next(); // a folded value
        const auto value = text.data() - head.data() + colon + 1;
        std::uint64_t length = 0;
        return readNumber(base::trim(head.substr(value, line.end - value)), length)
                   ? std::optional(length)
                   : std::nullopt;
    }
    return std::nullopt;
}

// A start line that no half line before it could have made up: a method or version of SIP that is
// known. "ACK sip:bob@a SIP/2.0" behind "PR" is none.
bool startsSurely(std::string_view text)
{
    if (!looksLikeSip(text))
        return false;
    const auto word = text.substr(0, text.find(' '));
    return word == "SIP/2.0" || methodOf(word) != Method::Unknown;
}

} // namespace

// The half line that is held gives way to a message that begins with these bytes, unless both
// together are a start line.
void Framer::startOver(std::string_view bytes, base::Instant time, std::vector<Frame> &out)
{
    if ((m_buffer.empty() && !m_midLine) || !startsSurely(bytes))
        return;
    const bool methodCut =
        !m_midLine && m_buffer.size() < kLongestMethod && m_buffer.find(' ') == std::string::npos;
    if (methodCut && startsSurely(m_buffer + std::string(bytes.substr(0, kLongestStartLine))))
        return;
    if (!m_buffer.empty())
        emit(out, FrameKind::Garbage, m_buffer, time);
    m_buffer.clear();
    m_scanned = 0;
    m_midLine = false;
}

std::vector<Frame> Framer::add(std::string_view bytes, base::Instant time)
{
    std::vector<Frame> out;
    if (m_lost && m_buffer.empty() && (bytes == "\r\n" || bytes == "\r\n\r\n")) {
        // Sent alone, this is a keep-alive even where the boundary of the messages is not known.
        emit(out, bytes.size() == 2 ? FrameKind::Pong : FrameKind::Ping, bytes, time);
        return out;
    }
    if (m_lost)
        startOver(bytes, time, out);
    while (!bytes.empty()) {
        const auto room = m_limit > m_buffer.size() ? m_limit - m_buffer.size() : 1;
        const auto taken = std::min(room, bytes.size());
        // Most messages come whole: only what is left of the bytes is held.
        const bool held = !m_buffer.empty();
        if (held)
            m_buffer += bytes.substr(0, taken);
        const std::string_view window = held ? std::string_view(m_buffer) : bytes.substr(0, taken);
        std::size_t done = 0;
        for (;;) {
            const auto used = step(window.substr(done), time, out);
            if (used == 0)
                break;
            done += used;
        }
        if (held)
            m_buffer.erase(0, done);
        else
            m_buffer.assign(window.substr(done));
        if (m_buffer.empty())
            std::string().swap(m_buffer); // there may be very many idle connections
        bytes.remove_prefix(taken);
        if (m_buffer.size() >= m_limit)
            overflow(time, out);
    }
    return out;
}

// The limit is reached and nothing can be completed within it.
void Framer::overflow(base::Instant time, std::vector<Frame> &out)
{
    emit(out, m_started ? FrameKind::Cut : FrameKind::Garbage, m_buffer, time);
    m_lost = m_whole == 0;
    out.back().counted = !m_lost;
    m_midLine = m_lost && m_buffer.back() != '\n' && m_buffer.back() != '\r';
    m_rest = m_lost ? 0 : m_whole - m_buffer.size();
    m_buffer.clear();
    m_scanned = m_need = m_whole = 0;
    m_started = false;
}

std::vector<Frame> Framer::gap(base::Instant time)
{
    std::vector<Frame> out;
    if (!m_buffer.empty())
        emit(out, !m_lost && looksLikeSip(m_buffer) ? FrameKind::Cut : FrameKind::Garbage, m_buffer,
             time);
    m_buffer.clear();
    m_scanned = m_need = m_whole = m_rest = 0;
    m_started = m_midLine = false;
    m_lost = true;
    return out;
}

// Takes one frame off the front; 0: needs more bytes.
std::size_t Framer::step(std::string_view rest, base::Instant time, std::vector<Frame> &out)
{
    if (rest.empty())
        return 0;
    if (m_rest > 0) {
        const auto size = std::min(m_rest, rest.size());
        emit(out, FrameKind::Rest, rest.substr(0, size), time);
        m_rest -= size;
        return size;
    }
    if (m_lost)
        return resync(rest, time, out);
    if (!m_started && rest[0] == '\r') {
        const auto used = keepAlive(rest, time, out);
        if (used > 0 || rest.size() == 1 || rest[1] == '\n')
            return used;
    }
    // Padding that no message begins with: the boundary is known all the same (as RFC 3261 section
    // 7.5 has it of CRLF).
    if (const auto padding = rest.find_first_not_of(std::string_view("\n \t\0", 4));
        !m_started && padding != 0) {
        const auto size = std::min(padding, rest.size());
        emit(out, FrameKind::Garbage, rest.substr(0, size), time);
        return size;
    }
    return message(rest, time, out);
}

// RFC 5626 section 3.5.1
std::size_t Framer::keepAlive(std::string_view rest, base::Instant time,
                              std::vector<Frame> &out) const
{
    if (rest.substr(0, 4) == "\r\n\r\n") {
        emit(out, FrameKind::Ping, rest.substr(0, 4), time);
        return 4;
    }
    if (rest.substr(0, 2) != "\r\n" || rest == "\r\n\r")
        return 0;
    emit(out, FrameKind::Pong, rest.substr(0, 2), time);
    return 2;
}

std::size_t Framer::message(std::string_view rest, base::Instant time, std::vector<Frame> &out)
{
    if (!m_started) {
        const auto end = firstLineEnd(rest, m_scanned);
        const bool tooLong = end == std::string_view::npos && rest.size() >= kLongestStartLine;
        if (end == std::string_view::npos && !tooLong) {
            m_scanned = rest.size();
            return 0;
        }
        m_scanned = 0;
        if (tooLong || !looksLikeSip(rest)) {
            m_lost = true;
            m_midLine = false;
            return resync(rest, time, out);
        }
        m_started = true;
        m_scanned = end;
    }
    if (m_need == 0) {
        const auto end = headerEnd(rest, m_scanned);
        if (end == std::string_view::npos) {
            m_scanned = rest.size() - 1;
            return 0;
        }
        const auto body = bodyLength(rest.substr(0, end));
        m_unsized = !body;
        // As told, but never beyond what the limit will cut off anyway.
        m_need =
            end + static_cast<std::size_t>(std::min<std::uint64_t>(body.value_or(0), m_limit + 1));
        const bool counted =
            body && m_need > m_limit && m_longest > end && *body <= m_longest - end;
        m_whole = counted ? end + static_cast<std::size_t>(*body) : 0;
    }
    if (rest.size() < m_need)
        return 0;
    const auto used = m_need;
    emit(out, FrameKind::Message, rest.substr(0, used), time);
    out.back().unsized = m_unsized;
    m_scanned = m_need = m_whole = 0;
    m_started = false;
    return used;
}

// Gives lines away until one begins a message.
std::size_t Framer::resync(std::string_view rest, base::Instant time, std::vector<Frame> &out)
{
    std::size_t at = 0;
    std::size_t end = firstLineEnd(rest, m_scanned);
    m_scanned = 0;
    while (end != std::string_view::npos) {
        if (!m_midLine && looksLikeSip(rest.substr(at, end - at))) {
            m_lost = false;
            break;
        }
        m_midLine = false;
        at = end + 1;
        end = firstLineEnd(rest, at);
    }
    if (m_lost) {
        // Half a line is held while it may still become a start line.
        if (m_midLine || rest.size() - at >= kLongestStartLine) {
            m_midLine = at < rest.size();
            at = rest.size();
        }
        m_scanned = rest.size() - at;
    }
    if (at > 0)
        emit(out, FrameKind::Garbage, rest.substr(0, at), time);
    return at > 0 || m_lost ? at : message(rest, time, out);
}

} // namespace sip
