// SPDX-License-Identifier: Apache-2.0
// The quick way to a digest: one walk over the header lines, no table of headers, no checks. It
// declines whatever it would have to think about; a test holds it against the parser.
#include <sip/digest.h>

#include <base/hash.h>
#include <base/text.h>
#include <cstring>
#include <sip/flawless.h>
#include <sip/grammar.h>
#include <sip/quick_lines.h>
#include <sip/scan.h>

namespace sip {
namespace {

constexpr std::size_t kLongest = 0xFFFF; // beyond, the parser's limits may bite
constexpr std::size_t kShortest = 16;
constexpr int kMostLines = 256;

/// The end of a header's name, nullptr: no colon behind it. Nearly all names are short.
const char *findColon(const char *at, const char *end)
{
#if defined(__SSE2__)
    if (end - at >= 16) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i *>(at));
        const int hits = _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(':')));
        if (hits != 0)
            return at + std::countr_zero(static_cast<unsigned>(hits));
        at += 16;
    }
#endif
    return static_cast<const char *>(std::memchr(at, ':', static_cast<std::size_t>(end - at)));
}

std::string_view between(const char *begin, const char *end)
{
    return {begin, static_cast<std::size_t>(end - begin)};
}

/// No quoted string and no angle bracket begins in it.
bool plain(std::string_view text)
{
    return text.find('"') == std::string_view::npos && text.find('<') == std::string_view::npos;
}

std::string_view mediaType(std::string_view value)
{
    return trimmed(value.substr(0, value.find(';')));
}

/// markOf() each, but for Require, which counts by what it holds.
constexpr auto kMarks = [] {
    std::array<std::uint16_t, static_cast<std::size_t>(HeaderId::Replaces) + 1> out{};
    for (std::size_t i = 0; i < out.size(); ++i)
        out[i] = markOf(static_cast<HeaderId>(i));
    out[static_cast<std::size_t>(HeaderId::Require)] = 0;
    return out;
}();

class QuickReader
{
public:
    QuickReader(std::string_view text, Digest &out) : m_lines(text), m_out(out) {}

    bool run()
    {
        const char *line = m_lines.line();
        const char *end = m_lines.next();
        return end != nullptr && startLine(between(line, end)) && headers() && finish();
    }
    std::string_view body() const { return m_body; } // as Content-Length ends it

private:
    bool startLine(std::string_view line);
    bool headers();
    bool header(const char *begin, const char *end);
    bool take(HeaderId id, std::string_view value, bool first);
    bool via(std::string_view value, bool top);
    bool topVia(std::string_view value);
    bool address(HeaderId id, std::string_view value, bool first, std::string_view &out);
    bool tag(std::string_view value, std::string_view &out) const;
    bool cseq(std::string_view value);
    bool finish();
    bool reliableKind() const { return m_out.status > 100 && m_out.status < 200; }
    static std::uint64_t bitOf(HeaderId id) { return 1ULL << static_cast<unsigned>(id); }
    bool seen(HeaderId id) const { return (m_seen & bitOf(id)) != 0; }
    bool complete() const;

    QuickLines m_lines;
    Digest &m_out;
    std::uint64_t m_seen = 0;
    std::uint16_t m_marks = 0; // of those that were seen
    std::string_view m_type, m_disposition, m_length, m_rack, m_rseq, m_body;
    bool m_require = false, m_otherRequire = false, m_takes100rel = false;
    bool m_odd = false; // something met that may be a flaw
};
static_assert(static_cast<unsigned>(HeaderId::Replaces) < 64);

bool QuickReader::startLine(std::string_view line)
{
    constexpr std::string_view kVersion = "SIP/2.0";
    if (line.size() < kShortest - 4)
        return false;
    if (line.substr(0, kVersion.size()) == kVersion) {
        const std::string_view code = line.substr(kVersion.size() + 1, 3);
        std::uint64_t number = 0;
        if (line[kVersion.size()] != ' ' || !readNumber(code, number) || number < 100 ||
            (line.size() > 11 && line[11] != ' '))
            return false;
        m_out.status = static_cast<std::uint16_t>(number);
        m_odd = m_odd || number > 699 || line.size() == 11;
        return true;
    }
    const std::size_t gap = firstBlank(line);
    if (line.size() < gap + kVersion.size() + 1 || line[line.size() - kVersion.size() - 1] != ' ' ||
        line.substr(line.size() - kVersion.size()) != kVersion)
        return false;
    m_out.method = methodOf(line.substr(0, gap));
    const std::string_view uri =
        line.substr(std::min(gap + 1, line.size()),
                    line.size() - kVersion.size() - 1 - std::min(gap + 1, line.size()));
    m_odd = m_odd || !isFlawlessUri(uri) || uri.find('?') != std::string_view::npos;
    return m_out.method != Method::Unknown;
}

bool QuickReader::headers()
{
    for (int lines = 0; lines < kMostLines; ++lines) {
        const char *begin = m_lines.line();
        const char *end = m_lines.next();
        if (end == nullptr)
            return false; // an odd line end, or the headers do not end here
        if (end == begin)
            return true;
        if (*begin == ' ' || *begin == '\t' || !header(begin, end))
            return false;
    }
    return false;
}

bool QuickReader::header(const char *begin, const char *end)
{
    const char *const colon = findColon(begin, end);
    if (colon == nullptr) {
        m_odd = true;
        return true; // a flaw, and no header that counts
    }
    const std::string_view name = trimmed(between(begin, colon));
    const std::string_view value = trimmed(between(colon + 1, end));
    const HeaderId id = headerIdOf(name);
    const bool first = !seen(id);
    m_odd = m_odd || (!first && standsOnce(id));
    m_seen |= bitOf(id);
    m_marks |= kMarks[static_cast<std::size_t>(id)];
    if (id == HeaderId::Other) {
        m_odd = m_odd || !isFlawlessOther(name, value);
        return true;
    }
    return take(id, value, first);
}

/// Of headers that stand twice the first counts.
bool QuickReader::take(HeaderId id, std::string_view value, bool first)
{
    if (id > HeaderId::CSeq && (bitOf(id) & kAnything) == 0) // the first have a look of their own
        m_odd = m_odd || !isFlawless(id, value);
    switch (id) {
    case HeaderId::Via:
        return via(value, first);
    case HeaderId::From:
        return address(id, value, first, m_out.fromTag);
    case HeaderId::To:
        return address(id, value, first, m_out.toTag);
    case HeaderId::CSeq:
        return !first || cseq(value);
    case HeaderId::ContentLength:
        m_length = first ? value : m_length;
        return !value.empty();
    case HeaderId::ContentEncoding:
        return false;
    case HeaderId::Require:
        (base::equalsNoCase(value, "100rel") ? m_require : m_otherRequire) = true;
        m_takes100rel = m_takes100rel || m_require;
        return value.find(',') == std::string_view::npos;
    case HeaderId::Supported:
        m_takes100rel = m_takes100rel || listsPlainly(value, "100rel");
        return true;
    case HeaderId::PEarlyMedia:
        m_out.earlyMedia = true;
        return true;
    default:
        break;
    }
    std::string_view *kept = id == HeaderId::CallId               ? &m_out.callId
                             : id == HeaderId::ContentType        ? &m_type
                             : id == HeaderId::ContentDisposition ? &m_disposition
                             : id == HeaderId::RSeq               ? &m_rseq
                             : id == HeaderId::RAck               ? &m_rack
                                                                  : nullptr;
    if (kept != nullptr && first)
        *kept = value;
    return true;
}

bool QuickReader::via(std::string_view value, bool top)
{
    std::string_view sentBy, branch;
    const bool flawless = readVia(value, sentBy, branch);
    if (!flawless && value.find(',') != std::string_view::npos)
        return false;
    m_odd = m_odd || !flawless;
    if (m_out.viaCount != 255)
        ++m_out.viaCount;
    if (!top)
        return true;
    if (flawless) {
        m_out.sentBy = sentBy;
        m_out.branch = branch;
    } else if (!topVia(value)) {
        return false;
    }
    constexpr std::string_view kCookie = "z9hG4bK"; // RFC 3261 section 8.1.1.7
    m_odd = m_odd || m_out.branch.size() <= kCookie.size() || !m_out.branch.starts_with(kCookie);
    return true;
}

/// One that is not written as nearly all are.
bool QuickReader::topVia(std::string_view value)
{
    constexpr std::string_view kProtocol = "SIP/2.0/";
    const std::size_t semicolon = std::min(value.find(';'), value.size());
    std::string_view head = value.substr(0, semicolon);
    std::string_view parameters = value.substr(semicolon);
    if (head.substr(0, kProtocol.size()) != kProtocol || !plain(parameters))
        return false;
    head.remove_prefix(kProtocol.size());
    const std::size_t gap = firstBlank(head);
    std::string_view place = trimmed(head.substr(gap));
    if (gap == 0 || place.find(' ') != std::string_view::npos ||
        place.find('\t') != std::string_view::npos)
        return false;
    if (!place.empty() && place[0] == '[') {
        if (place.find(']') == std::string_view::npos)
            return false;
        place.remove_prefix(1); // as parseVia's host begins
    }
    if (place.empty() || !isTokenChar(place[0]))
        return false;
    m_out.sentBy = place;
    while (!parameters.empty()) {
        parameters.remove_prefix(1);
        const std::size_t next = std::min(parameters.find(';'), parameters.size());
        const std::string_view field = parameters.substr(0, next);
        parameters.remove_prefix(next);
        const std::size_t equals = std::min(field.find('='), field.size());
        if (base::equalsNoCase(trimmed(field.substr(0, equals)), "branch")) {
            if (equals < field.size())
                m_out.branch = trimmed(field.substr(equals + 1));
            break;
        }
    }
    return true;
}

bool QuickReader::address(HeaderId id, std::string_view value, bool first, std::string_view &out)
{
    std::string_view found;
    if (!readAddress(id, value, found)) {
        m_odd = true;
        return !first || tag(value, out);
    }
    if (first)
        out = found;
    return true;
}

/// The tag parameter behind the angle brackets, or anywhere where there are none.
bool QuickReader::tag(std::string_view value, std::string_view &out) const
{
    std::string_view rest = value;
    if (!rest.empty() && rest[0] == '"') {
        const std::size_t end = quotedEnd(rest, 0);
        if (end == std::string_view::npos)
            return false;
        rest.remove_prefix(end);
    }
    if (const std::size_t open = rest.find('<'); open != std::string_view::npos) {
        const std::size_t close = rest.find('>', open);
        const std::string_view before = rest.substr(0, open);
        if (close == std::string_view::npos || !plain(before) ||
            before.find(';') != std::string_view::npos)
            return false;
        rest.remove_prefix(close + 1);
    }
    if (rest.empty())
        return true;
    constexpr std::string_view kTag = ";tag=";
    if (!plain(rest))
        return false;
    if (rest.substr(0, kTag.size()) == kTag)
        out = trimmed(rest.substr(kTag.size(), rest.find(';', kTag.size()) - kTag.size()));
    else
        out = parameter(rest, "tag").value_or(std::string_view());
    return true;
}

bool QuickReader::cseq(std::string_view value)
{
    const std::size_t gap = firstBlank(value);
    std::uint64_t number = 0;
    if (!readNumber(value.substr(0, gap), number) || number > 0xFFFFFFFFU)
        return false;
    m_out.cseq = static_cast<std::uint32_t>(number);
    const Method method = methodOf(trimmed(value.substr(gap)));
    m_odd = m_odd || method == Method::Unknown || number > 0x7FFFFFFFU ||
            (m_out.status == 0 && method != m_out.method);
    if (m_out.status != 0)
        m_out.method = method;
    return true;
}

/// Nothing is missing that has to be there.
bool QuickReader::complete() const
{
    std::uint64_t needed = bitOf(HeaderId::Via) | bitOf(HeaderId::From) | bitOf(HeaderId::To) |
                           bitOf(HeaderId::CallId) | bitOf(HeaderId::CSeq);
    if (m_out.status == 0)
        needed |= bitOf(HeaderId::MaxForwards);
    if (m_out.status == 0 && m_out.method == Method::Invite)
        needed |= bitOf(HeaderId::Contact);
    return (m_seen & needed) == needed && !m_out.fromTag.empty() &&
           (m_out.status <= 100 || !m_out.toTag.empty());
}

/// What depends on several headers, and on the body.
bool QuickReader::finish()
{
    m_odd = m_odd || m_lines.odd();
    m_out.body = between(m_lines.line(), m_lines.end());
    std::uint64_t length = m_out.body.size();
    if (std::uint64_t told = 0; !m_length.empty()) {
        if (!readNumber(m_length, told))
            return false;
        m_odd = m_odd || told != length;
        length = std::min(length, told);
    }
    const bool multipart = base::equalsNoCase(m_type.substr(0, 10), "multipart/");
    if (multipart && length != 0)
        return false;
    m_out.flawless = !m_odd && !multipart && complete();
    m_out.numbered = (m_seen & (bitOf(HeaderId::RSeq) | bitOf(HeaderId::Require))) != 0;
    m_body = m_out.body.substr(0, static_cast<std::size_t>(length));
    m_out.headers =
        static_cast<std::uint16_t>(m_marks | (m_otherRequire ? markOf(HeaderId::Require) : 0U) |
                                   (m_takes100rel ? kTakes100rel : 0U));
    m_out.hasSdp = length != 0 && base::equalsNoCase(mediaType(m_type), "application/sdp") &&
                   !base::equalsNoCase(mediaType(m_disposition), "early-session");
    if (m_out.status != 0)
        m_out.viaCount = 0;
    if (m_out.status == 0 && m_out.method == Method::Prack)
        m_out.rseq = readRAck(m_rack).rseq;
    if (!reliableKind() || m_rseq.empty())
        return true;
    std::uint64_t rseq = 0;
    if (!readNumber(m_rseq, rseq) || rseq > 0xFFFFFFFFU)
        return false;
    m_out.rseq = static_cast<std::uint32_t>(rseq);
    m_out.reliable = rseq != 0 && m_require;
    return true;
}

} // namespace

bool readDigest(std::string_view text, Digest &out, std::uint64_t hash)
{
    out = {};
    if (text.size() < kShortest || text.size() > kLongest || text[0] < 'A' || text[0] > 'Z')
        return false;
    if (!QuickReader(text, out).run())
        return false;
    out.hash = static_cast<std::uint32_t>(hash != 0 ? hash : base::hashOf(text));
    return true;
}

std::string_view sdpOf(std::string_view text)
{
    Digest digest;
    if (text.size() >= kShortest && text.size() <= kLongest) {
        QuickReader reader(text, digest);
        if (reader.run())
            return digest.hasSdp ? reader.body() : std::string_view();
    }
    const auto message = readMessage(text);
    return message ? message->sdp() : std::string_view();
}

} // namespace sip
