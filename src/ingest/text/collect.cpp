// SPDX-License-Identifier: Apache-2.0
#include <ingest/text/collect.h>

#include <algorithm>
#include <array>
#include <base/text.h>
#include <ingest/source.h>
#include <ingest/text/body.h>
#include <ingest/text/escaped.h>
#include <ingest/text/lines.h>
#include <ingest/text/moment.h>
#include <sip/message.h>

namespace ingest::text {
namespace {

constexpr std::size_t kMostHead = 256U << 10U;
constexpr std::size_t kMostForeignLines = 32; // of other processes, between two of ours

bool isTokenChar(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-.!%*_+`'~").find(c) != std::string_view::npos;
}

/// Where the method begins in a word that ends with it: "E..4....INVITE" as tcpdump prints it.
std::size_t methodBegin(std::string_view word)
{
    constexpr std::size_t kShortest = 3, kLongest = 9;
    const auto plain = [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c == '-';
    };
    const bool whole = std::all_of(word.begin(), word.end(), plain); // PRACK is no ACK
    for (std::size_t length = std::min(word.size(), kLongest); length >= kShortest; --length) {
        const std::string_view tail = word.substr(word.size() - length);
        if (sip::methodOf(tail) != sip::Method::Unknown && (!whole || length == word.size()))
            return word.size() - length;
    }
    const bool upper =
        whole && word.size() >= kShortest &&
        std::none_of(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; });
    return upper ? 0 : std::string_view::npos;
}

/// Where the word that ends `before` begins; what ends an escaped line end before it ("#012",
/// "\\n") is not of it.
std::size_t wordBegin(std::string_view before)
{
    std::size_t begin = before.size();
    while (begin > 0 && isTokenChar(before[begin - 1]))
        --begin;
    if (begin == 0 || (before[begin - 1] != '\\' && before[begin - 1] != '#'))
        return begin;
    for (const std::string_view end : {"012", "015", "x0a", "x0A", "x0d", "x0D", "n", "r"}) {
        if (before.substr(begin, end.size()) == end)
            return begin + end.size();
    }
    return begin;
}

/// "INVITE sip:bob@example.test " stands at the end of `before`: where it begins.
std::size_t requestBegin(std::string_view before)
{
    if (before.empty() || before.back() != ' ')
        return std::string_view::npos;
    before.remove_suffix(1);
    const std::size_t gap = before.rfind(' ');
    if (gap == std::string_view::npos || before.find(':', gap) == std::string_view::npos)
        return std::string_view::npos;
    const std::size_t begin = wordBegin(before.substr(0, gap));
    const std::size_t method = methodBegin(before.substr(begin, gap - begin));
    return method == std::string_view::npos ? method : begin + method;
}

bool isStatus(std::string_view behind)
{
    return behind.size() >= 4 && behind[0] == ' ' &&
           behind.substr(1, 3).find_first_not_of("0123456789") == std::string_view::npos &&
           (behind.size() == 4 || behind[4] < '0' || behind[4] > '9');
}

/// A start line without anything before it, and what follows may be its message.
bool bareAt(std::string_view text, std::size_t line)
{
    const Line first = lineAt(text, line);
    const std::string_view content = first.in(text);
    if (!sip::looksLikeSip(content))
        return false;
    const Line second = lineAt(text, first.next);
    if (isHeaderLine(second.in(text)) || isHeaderLine(lineAt(text, second.next).in(text)))
        return true;
    const auto words = base::split(content, ' ');
    const bool plain = content.substr(0, 4) == "SIP/" ||
                       (words.size() == 3 && words[1].find(':') != std::string_view::npos);
    return plain && base::trim(second.in(text)).empty();
}

/// Undoes what the log did to each line.
class Cleaner
{
public:
    Cleaner(const Start &start, bool prefixed) : m_prefix(start.prefix)
    {
        m_indent = base::trim(m_prefix).empty();
        m_prefixed = prefixed || (m_indent && !m_prefix.empty());
    }

    /// False: the line is of somebody else.
    bool clean(std::string_view line, std::string_view &out)
    {
        line = withoutEscapes(line, m_room);
        if (m_prefixed && m_indent) {
            std::size_t at = 0;
            while (at < m_prefix.size() && at < line.size() &&
                   (line[at] == ' ' || line[at] == '\t'))
                ++at;
            line.remove_prefix(at);
        } else if (m_prefixed) {
            std::size_t at = samePrefix(m_prefix, line);
            if (at == std::string_view::npos) // the blank at its end went with an empty line
                at = samePrefix(base::trim(m_prefix), line) == line.size() ? line.size() : at;
            if (at == std::string_view::npos)
                return false;
            line.remove_prefix(at);
        }
        for (const std::string_view end : {"#015", "^M", "\\r"}) // a CR as some logs write it
            if (line.size() >= end.size() && line.substr(line.size() - end.size()) == end)
                line.remove_suffix(end.size());
        if (dots && !line.empty() && line.back() == '.')
            line.remove_suffix(1);
        out = line;
        return true;
    }
    bool prefixed() const { return m_prefixed; }

    bool dots = false; // a CR is shown as a dot (ngrep -W byline)

private:
    std::string_view m_prefix;
    bool m_prefixed = false, m_indent = false;
    std::string m_room;
};

class Collector
{
public:
    Collector(std::string_view text, const Start &start, std::uint64_t bytes)
        : m_text(text), m_start(start), m_bytes(bytes), m_first(lineAt(text, start.begin)),
          m_cleaner(start, prefixedBelow())
    {
    }

    std::optional<Collected> run();

private:
    bool prefixedBelow() const;
    bool readHead();
    bool headerLine(std::string_view line, const Line &where);
    bool headEnds(std::string_view line, const Line &where);
    bool firstHeaderKnown();
    void readBody();
    std::optional<Line> next(std::string_view &out);
    std::optional<Collected> told();

    std::string_view m_text;
    const Start &m_start;
    std::uint64_t m_bytes;
    Line m_first;
    Cleaner m_cleaner;
    Collected m_out;
    bool m_raw = false; // the log kept the bytes
    std::size_t m_at = 0;
    BodyFacts m_body;
};

bool Collector::prefixedBelow() const
{
    const Line second = lineAt(m_text, m_first.next);
    return !m_start.prefix.empty() &&
           samePrefix(m_start.prefix, second.in(m_text)) != std::string_view::npos;
}

/// The following line, cleaned; lines of other processes between are left out.
std::optional<Line> Collector::next(std::string_view &out)
{
    for (std::size_t foreign = 0; foreign < kMostForeignLines && m_at < m_text.size(); ++foreign) {
        const Line line = lineAt(m_text, m_at);
        if (m_cleaner.clean(line.in(m_text), out)) {
            m_at = line.next;
            return line;
        }
        // Nothing but lines that are stamped like ours may stand between.
        const auto digit = m_start.prefix.find_first_of("0123456789[");
        if (digit == std::string_view::npos || line.begin == line.end ||
            isBoundary(line.in(m_text)))
            return std::nullopt;
        m_at = line.next;
    }
    return std::nullopt;
}

/// The first lines behind a start line in the middle of a log must be headers that SIP knows.
bool Collector::firstHeaderKnown()
{
    const std::size_t at = m_at;
    std::string_view line;
    bool known = false;
    for (int i = 0; i < 3 && !known; ++i) {
        if (!next(line) || !isHeaderLine(line))
            break;
        known = sip::headerIdOf(base::trim(line.substr(0, line.find(':')))) != sip::HeaderId::Other;
    }
    m_at = at;
    return known;
}

bool Collector::headerLine(std::string_view line, const Line &where)
{
    if (line[0] == ' ' || line[0] == '\t')
        return true;
    if (!isHeaderLine(line)) {
        if (isBoundary(line) || !m_start.bare)
            return false;
        // Broken, but in the middle of headers: it is the message's own.
        std::string_view following;
        const std::size_t at = m_at;
        const bool more = next(following).has_value();
        m_at = at;
        return more && isHeaderLine(following) && !sip::looksLikeSip(line);
    }
    const auto colon = line.find(':');
    const auto value = base::trim(line.substr(colon + 1));
    switch (sip::headerIdOf(base::trim(line.substr(0, colon)))) {
    case sip::HeaderId::ContentLength:
        if (!m_body.length)
            if (const auto length = base::toInteger(value); length && *length >= 0)
                m_body.length = static_cast<std::uint64_t>(*length);
        break;
    case sip::HeaderId::ContentType:
        m_body.typed = true;
        m_body.sdp = base::equalsNoCase(value.substr(0, 15), "application/sdp");
        m_body.mayHoldSip = base::equalsNoCase(value.substr(0, 15), "message/sipfrag") ||
                            base::equalsNoCase(value.substr(0, 10), "multipart/");
        break;
    default:
        break;
    }
    return where.end - m_start.begin < kMostHead;
}

/// True: the empty line behind the headers was read.
bool Collector::readHead()
{
    std::string_view line;
    for (;;) {
        const std::size_t before = m_at;
        const auto where = next(line);
        if (!where || (!line.empty() && !headerLine(line, *where))) {
            m_at = before;
            if (!m_raw)
                m_out.restored += "\r\n"; // the log lost the empty line with the end
            return false;
        }
        m_raw = m_raw && m_cleaner.prefixed() == false;
        if (!m_raw)
            m_out.restored.append(line).append("\r\n");
        if (line.empty())
            return true;
    }
}

void Collector::readBody()
{
    const auto next = [this](std::string_view &out) { return this->next(out); };
    if (m_raw) {
        m_at = rawBodyEnd(m_text, m_at, m_body, m_bytes == 0 ? 0 : m_start.begin + m_bytes);
        return;
    }
    RestoredBody body(m_text, m_body, m_at);
    m_out.restored += body.read(next, m_at);
}

/// Without one of these nobody sent it (RFC 3261 section 8.1.1).
bool lacksHeaders(const sip::Message &message)
{
    for (const auto id : {sip::HeaderId::Via, sip::HeaderId::From, sip::HeaderId::To,
                          sip::HeaderId::CallId, sip::HeaderId::CSeq})
        if (message.find(id) == nullptr)
            return true;
    return false;
}

std::optional<Collected> Collector::run()
{
    m_at = m_first.next;
    std::string room;
    std::string_view first = m_first.in(m_text);
    bool ended = false;
    if (auto single = unescaped(first, &ended)) {
        m_out.restored = std::move(*single);
        m_out.next = m_first.next;
        const auto read = sip::parse(m_out.restored);
        if (!read)
            return std::nullopt;
        // Every byte of it is in this line, if the log took it whole.
        const auto length = read->number(sip::HeaderId::ContentLength);
        const std::size_t head = m_out.restored.find("\r\n\r\n");
        m_out.cut = head == std::string::npos || (!ended && lacksHeaders(*read)) ||
                    (length && static_cast<std::uint64_t>(std::max<std::int64_t>(*length, 0)) >
                                   m_out.restored.size() - head - 4);
        return std::move(m_out);
    }
    first = withoutEscapes(first, room);
    if (!first.empty() && first.back() == '.') {
        const auto second = lineAt(m_text, m_first.next).in(m_text);
        m_cleaner.dots = !second.empty() && second.back() == '.';
    }
    std::string_view startLine;
    Start none;
    Cleaner plain(none, false);
    plain.dots = m_cleaner.dots;
    plain.clean(first, startLine);
    if (!sip::looksLikeSip(startLine) || (!m_start.bare && !firstHeaderKnown()))
        return std::nullopt;
    m_raw = m_first.carriageReturn && !m_cleaner.prefixed() && !m_cleaner.dots &&
            first.size() == m_first.end - m_first.begin;
    if (!m_raw)
        m_out.restored.append(startLine).append("\r\n");
    if (readHead())
        readBody();
    return told();
}

std::optional<Collected> Collector::told()
{
    m_out.next = m_at;
    if (m_raw) {
        m_out.view = m_text.substr(m_start.begin, m_at - m_start.begin);
        m_out.restored.clear();
    }
    m_out.lineEndsLost = !m_raw;
    m_out.cut = m_bytes != 0 && m_out.message().size() + 4 < m_bytes;
    return std::move(m_out);
}

} // namespace

std::optional<Start> startAround(std::string_view text, std::size_t line, std::size_t at)
{
    const std::string_view before = text.substr(line, at - line);
    const std::string_view behind = text.substr(at + 7, 8);
    Start out;
    out.line = out.begin = line;
    std::size_t begin = requestBegin(before);
    out.bare = (begin == std::string_view::npos || begin == 0) && bareAt(text, line);
    if (out.bare)
        return out;
    if (begin == std::string_view::npos && isStatus(behind) &&
        (wordBegin(before) == before.size() || before.back() == '.' || before.back() == '\''))
        begin = before.size();
    if (begin == std::string_view::npos)
        return std::nullopt;
    out.begin = line + begin;
    out.prefix = before.substr(0, begin);
    return out;
}

std::optional<Collected> collect(std::string_view text, const Start &start, std::uint64_t bytes)
{
    return Collector(text, start, bytes).run();
}

bool isHead(std::string_view line)
{
    if (line == "#" || line == "\v" || line.substr(0, 9) == "--end msg")
        return true;
    std::string room;
    line = withoutEscapes(line, room);
    const auto all = sources::all();
    return std::any_of(all.begin(), all.end(), [line](const Source *source) {
        return source->claims != nullptr && source->claims(line);
    });
}

bool isBoundary(std::string_view line)
{
    constexpr std::size_t kStamp = 40; // a time further on is the line's subject
    return isBorder(line) || momentIn(line.substr(0, kStamp)).known() || isHead(line);
}

} // namespace ingest::text
