// SPDX-License-Identifier: Apache-2.0
#include <ingest/text/details.h>

#include <algorithm>
#include <base/text.h>
#include <ingest/text/lines.h>
#include <sip/message.h>

namespace ingest::text {
namespace {

constexpr std::size_t kMostAbove = 32U << 10U; // of the packet's tree above its SIP
constexpr std::size_t kMostTree = 512U << 10U;

std::size_t indentOf(std::string_view line)
{
    return std::min(line.find_first_not_of(' '), line.size());
}

/// What stands behind `key` up to a comma or the line's end.
std::string_view valueOf(std::string_view text, std::string_view key)
{
    const std::size_t at = text.find(key);
    if (at == std::string_view::npos)
        return {};
    const std::string_view rest = text.substr(at + key.size());
    return base::trim(rest.substr(0, rest.find_first_of(",\r\n")));
}

/// "192.0.2.1" or "name (192.0.2.1)"; "5060" or "sip (5060)".
std::string_view numeric(std::string_view value)
{
    const std::size_t open = value.find('(');
    const std::size_t close = value.find(')', std::min(open, value.size()));
    if (open == std::string_view::npos || close == std::string_view::npos)
        return value;
    return value.substr(open + 1, close - open - 1);
}

base::Endpoint endOf(std::string_view ip, std::string_view transport, std::string_view which)
{
    base::Endpoint out;
    const auto address = base::Address::parse(numeric(valueOf(ip, std::string(which) + ": ")));
    if (!address)
        return out;
    out.address = *address;
    const auto port = base::toInteger(numeric(valueOf(transport, std::string(which) + " Port: ")));
    if (port && *port >= 0 && *port <= 65535)
        out.port = static_cast<std::uint16_t>(*port);
    return out;
}

std::string_view lineWith(std::string_view text, std::string_view key)
{
    const std::size_t at = text.rfind(key);
    return at == std::string_view::npos ? std::string_view()
                                        : text.substr(at, text.find('\n', at) - at);
}

Marker markerOf(std::string_view above)
{
    const std::size_t frame = above.rfind("Frame ");
    if (frame != std::string_view::npos && (frame == 0 || above[frame - 1] == '\n'))
        above = above.substr(frame);
    Marker out;
    const auto ip = lineWith(above, "Internet Protocol Version ");
    auto transport = lineWith(above, "User Datagram Protocol, ");
    out.transport = base::Transport::Udp;
    if (transport.empty()) {
        transport = lineWith(above, "Transmission Control Protocol, ");
        out.transport = transport.empty() ? base::Transport::Unknown : base::Transport::Tcp;
    }
    out.source = endOf(ip, transport, "Src");
    out.destination = endOf(ip, transport, "Dst");
    out.moment = momentIn(lineWith(above, "Arrival Time: "));
    if (!out.moment.known())
        out.moment = momentIn(valueOf(lineWith(above, "Epoch Time: "), ": "));
    return out;
}

class Tree
{
public:
    Tree(std::string_view text, std::size_t line) : m_text(text), m_begin(line), m_at(line) {}

    bool run(Details &out)
    {
        const Line first = take();
        const std::string_view content = first.in(m_text);
        m_indent = indentOf(content);
        const auto startLine = content.substr(std::min(content.find(": ") + 2, content.size()));
        if (!sip::looksLikeSip(startLine))
            return false;
        out.message.append(startLine).append("\r\n");
        while (m_at < m_text.size() && m_at - m_begin < kMostTree && row(out)) {
        }
        if (m_section == Section::None)
            return false;
        out.message.append("\r\n").append(m_body);
        const auto read = sip::parse(out.message);
        const auto length = read ? read->number(sip::HeaderId::ContentLength) : std::nullopt;
        out.cut = m_cut || (length && *length != m_body.size());
        out.next = m_at;
        return read.has_value();
    }

private:
    enum class Section : std::uint8_t { None, Header, Body };

    Line take()
    {
        const Line line = lineAt(m_text, m_at);
        m_at = line.next;
        return line;
    }

    /// False: the tree ends before this line.
    bool row(Details &out)
    {
        const std::size_t before = m_at;
        const std::string_view line = take().in(m_text);
        const std::size_t indent = indentOf(line);
        const std::string_view content = base::trim(line);
        if (content.empty() || indent < m_indent) {
            m_at = before;
            return false;
        }
        if (indent == m_indent) {
            m_section = content == "Message Header" ? Section::Header
                        : content == "Message Body" ? Section::Body
                                                    : m_section;
            m_inner = 0;
            return true;
        }
        if (m_inner == 0)
            m_inner = indent;
        if (m_section == Section::Header && indent == m_inner)
            header(content, out);
        else if (m_section == Section::Body)
            body(content);
        return true;
    }

    void header(std::string_view content, Details &out)
    {
        constexpr std::string_view kCut = "[truncated]";
        if (content.substr(0, kCut.size()) == kCut) {
            m_cut = true;
            content = base::trim(content.substr(kCut.size()));
        }
        if (isHeaderLine(content))
            out.message.append(content).append("\r\n");
    }

    /// "Media Attribute (a): rtpmap:0 PCMU/8000", or a line of text with its end written out.
    void body(std::string_view content)
    {
        const std::size_t open = content.find(" (");
        if (open != std::string_view::npos && content.substr(open + 3, 2) == "):" &&
            content[open + 2] >= 'a' && content[open + 2] <= 'z') {
            const auto value = content.substr(std::min(open + 6, content.size()));
            m_body.append(1, content[open + 2]).append("=").append(value).append("\r\n");
            return;
        }
        constexpr std::string_view kEnd = "\\r\\n";
        if (content.size() >= kEnd.size() && content.substr(content.size() - kEnd.size()) == kEnd)
            m_body.append(content.substr(0, content.size() - kEnd.size())).append("\r\n");
    }

    std::string_view m_text;
    std::size_t m_begin, m_at;
    std::size_t m_indent = 0, m_inner = 0; // of the sections, of the rows in one
    Section m_section = Section::None;
    std::string m_body;
    bool m_cut = false;
};

/// Where the title of a raw section stands right above the line; npos: another line does.
std::size_t rawTitleAbove(std::string_view text, std::size_t line)
{
    constexpr std::string_view kTitle = "Session Initiation Protocol (SIP as raw text)";
    if (line == 0 || line > text.size())
        return std::string_view::npos;
    const std::size_t feed = line >= 2 ? text.rfind('\n', line - 2) : std::string_view::npos;
    const std::size_t begin = feed == std::string_view::npos ? 0 : feed + 1;
    return base::trim(text.substr(begin, line - begin)) == kTitle ? begin : std::string_view::npos;
}

/// Lines that stand as far in as the first one, each with "\r\n" written out.
bool readRaw(std::string_view text, std::size_t line, Details &out)
{
    constexpr std::string_view kEnd = "\\r\\n", kCut = "[truncated]";
    const std::size_t indent = indentOf(lineAt(text, line).in(text));
    std::size_t at = line;
    while (at < text.size() && at - line < kMostTree) {
        const Line next = lineAt(text, at);
        std::string_view content = next.in(text);
        if (indent == 0 || content.size() <= indent || indentOf(content) < indent)
            break;
        at = next.next;
        content.remove_prefix(indent);
        if (content.substr(0, kCut.size()) == kCut) {
            out.cut = true;
            content = base::trim(content.substr(kCut.size()));
        }
        if (content.ends_with(kEnd))
            out.message.append(content.substr(0, content.size() - kEnd.size())).append("\r\n");
        else
            out.message.append(content);
    }
    out.next = at;
    out.raw = true;
    return sip::looksLikeSip(out.message);
}

} // namespace

std::optional<Details> readDetails(std::string_view text, std::size_t line, std::size_t floor)
{
    const std::string_view content = base::trim(lineAt(text, line).in(text));
    const bool tree =
        content.substr(0, 14) == "Request-Line: " || content.substr(0, 13) == "Status-Line: ";
    const std::size_t title = tree ? std::string_view::npos : rawTitleAbove(text, line);
    if (!tree && title == std::string_view::npos)
        return std::nullopt;
    Details out;
    if (tree ? !Tree(text, line).run(out) : !readRaw(text, line, out))
        return std::nullopt;
    out.head = tree ? 0 : title;
    const std::size_t from = std::max(floor, line > kMostAbove ? line - kMostAbove : 0);
    out.marker = markerOf(text.substr(from, line - from));
    return out;
}

} // namespace ingest::text
