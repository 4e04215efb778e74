// SPDX-License-Identifier: Apache-2.0
#include <ingest/text/body.h>

#include <algorithm>
#include <base/text.h>
#include <ingest/text/collect.h>
#include <sip/message.h>

namespace ingest::text {
namespace {

constexpr std::size_t kMostBody = 256U << 10U;

bool isSdpLine(std::string_view line)
{
    return line.size() >= 2 && line[1] == '=' && line[0] >= 'a' && line[0] <= 'z';
}

/// May a message end here: at the end of a line, or before one?
bool atLineEnd(std::string_view text, std::size_t at)
{
    if (at > text.size())
        return false;
    if (at == text.size() || at == 0)
        return true;
    const auto ends = [](char c) { return c == '\n' || c == '\r' || c == '\v'; };
    return ends(text[at - 1]) || ends(text[at]);
}

} // namespace

std::size_t rawBodyEnd(std::string_view text, std::size_t begin, const BodyFacts &facts,
                       std::size_t told)
{
    const std::uint64_t room = text.size() - begin;
    if (told >= begin && told <= text.size() && told - begin <= kMostBody && atLineEnd(text, told))
        return told;
    if (facts.length && *facts.length <= room && atLineEnd(text, begin + *facts.length))
        return begin + static_cast<std::size_t>(*facts.length);
    if (!facts.length && !facts.typed)
        return begin;
    std::size_t at = begin;
    std::size_t end = begin; // behind the last line that is not empty
    while (at < text.size() && at - begin < kMostBody) {
        const Line line = lineAt(text, at);
        const std::string_view content = line.in(text);
        const bool sdp = isSdpLine(content);
        if ((facts.sdp && !sdp) || (!sdp && isBoundary(content)) ||
            (!facts.mayHoldSip && sip::looksLikeSip(content)))
            break;
        at = line.next;
        if (!content.empty())
            end = at;
    }
    return end;
}

/// Does the body end before this line, whatever its length?
bool RestoredBody::ends(std::string_view line)
{
    if (isSdpLine(line)) {
        m_empty = 0;
        return false;
    }
    constexpr int kMostEmpty = 2, kMostOdd = 3;
    m_empty = line.empty() ? m_empty + 1 : 0;
    if (m_facts.sdp && (!m_facts.length || line.empty() || ++m_odd > kMostOdd))
        return true;
    if (m_empty > kMostEmpty || isHead(line) || (!m_facts.mayHoldSip && sip::looksLikeSip(line)))
        return true;
    if (!isBoundary(line))
        return false;
    // A body of text may hold such lines too; its length tells, if it fits.
    m_likelyEnd = std::min(m_likelyEnd, m_lines.size());
    return !m_facts.length;
}

/// Tries whether the lines so far are what Content-Length counts; true: no further line can be.
bool RestoredBody::counted(std::string_view line, std::size_t at)
{
    m_lines.emplace_back(line);
    m_behind.push_back(at);
    m_bytes += line.size();
    if (!m_facts.length || m_bytes > kMostBody)
        return m_bytes > kMostBody;
    const std::uint64_t want = *m_facts.length;
    const std::uint64_t count = m_lines.size();
    const std::uint64_t crlf = m_bytes + 2 * count, lf = m_bytes + count;
    if (crlf == want || crlf - 2 == want) {
        m_exact = join(count, "\r\n", crlf == want);
        m_exactLines = count;
        return true;
    }
    if (m_exactLines == 0 && (lf == want || lf - 1 == want)) {
        m_exact = join(count, "\n", lf == want); // the sender's own line ends were bare
        m_exactLines = count;
    }
    return crlf - 2 > want && lf - 1 >= want;
}

std::string RestoredBody::join(std::size_t lines, std::string_view end, bool last) const
{
    std::string out;
    for (std::size_t i = 0; i < lines; ++i)
        out.append(m_lines[i]).append(i + 1 < lines || last ? end : std::string_view());
    return out;
}

std::string RestoredBody::read(const Next &next, std::size_t &at)
{
    if (m_facts.length ? *m_facts.length == 0 : !m_facts.typed)
        return {};
    std::string_view line;
    for (;;) {
        const std::size_t before = at;
        const auto where = next(line);
        if (!where || ends(line)) {
            at = before;
            break;
        }
        if (counted(line, at))
            break;
    }
    if (m_exactLines != 0) {
        at = m_behind[m_exactLines - 1];
        return m_exact;
    }
    // Content-Length fits nothing: the body is what stands there, without the empty lines behind.
    std::size_t lines = std::min(m_lines.size(), m_likelyEnd);
    while (lines > 0 &&
           (m_lines[lines - 1].empty() || (m_facts.sdp && !isSdpLine(m_lines[lines - 1]))))
        --lines;
    at = lines == 0 ? m_begin : m_behind[lines - 1];
    return join(lines, "\r\n", true);
}

} // namespace ingest::text
