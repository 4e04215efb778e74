// SPDX-License-Identifier: Apache-2.0
// The quick way to a digest: one walk over the header lines, no table of headers, no checks. It
// declines whatever it would have to think about; a test holds it against the parser.
#include <sip/digest.h>

#include <base/hash.h>
#include <base/text.h>
#include <cstring>
#include <sip/scan.h>

#if defined(__SSE2__)
#include <bit>
#include <emmintrin.h>
#endif

namespace sip {
namespace {

constexpr std::size_t kLongest = 0xFFFF; // beyond, the parser's limits may bite
constexpr std::size_t kShortest = 16;
constexpr int kMostLines = 256;

/// First CR or LF, `end` if there is none.
const char *findLineEnd(const char *at, const char *end)
{
#if defined(__SSE2__)
    const __m128i carriageReturn = _mm_set1_epi8('\r'), lineFeed = _mm_set1_epi8('\n');
    for (; end - at >= 16; at += 16) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i *>(at));
        const __m128i hits =
            _mm_or_si128(_mm_cmpeq_epi8(bytes, carriageReturn), _mm_cmpeq_epi8(bytes, lineFeed));
        const auto mask = static_cast<unsigned>(_mm_movemask_epi8(hits));
        if (mask != 0)
            return at + std::countr_zero(mask);
    }
#endif
    while (at < end && *at != '\r' && *at != '\n')
        ++at;
    return at;
}

std::string_view between(const char *begin, const char *end)
{
    return {begin, static_cast<std::size_t>(end - begin)};
}

std::string_view trimmed(std::string_view text)
{
    while (!text.empty() && isBlank(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && isBlank(text.back()))
        text.remove_suffix(1);
    return text;
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

class QuickReader
{
public:
    QuickReader(std::string_view text, Digest &out)
        : m_at(text.data()), m_end(text.data() + text.size()), m_out(out)
    {
    }

    bool run()
    {
        const char *line = m_at;
        const char *end = nextLine();
        return end != nullptr && startLine(between(line, end)) && headers() && finish();
    }
    std::string_view body() const { return m_body; } // as Content-Length ends it

private:
    const char *nextLine();
    bool startLine(std::string_view line);
    bool headers();
    bool header(std::string_view line);
    bool take(HeaderId id, std::string_view value);
    bool via(std::string_view value);
    bool tag(std::string_view value, std::string_view &out) const;
    bool cseq(std::string_view value);
    bool finish();
    bool reliableKind() const { return m_out.status > 100 && m_out.status < 200; }
    bool once(HeaderId id) // of headers that stand twice the first counts
    {
        const std::uint64_t bit = 1ULL << static_cast<unsigned>(id);
        const bool fresh = (m_seen & bit) == 0;
        m_seen |= bit;
        m_out.flawed = m_out.flawed || (!fresh && id != HeaderId::Via);
        return fresh;
    }
    void judge();

    const char *m_at, *m_end;
    Digest &m_out;
    std::uint64_t m_seen = 0, m_told = 0; // by Content-Length
    std::string_view m_type, m_disposition, m_length, m_rack, m_rseq, m_body;
    bool m_require = false, m_otherMethod = false;
    std::string_view m_method; // of a request
};
static_assert(static_cast<unsigned>(HeaderId::Replaces) < 64);

/// The end of the line that begins at m_at, which moves to the next; nullptr: it does not end in
/// CRLF.
const char *QuickReader::nextLine()
{
    const char *end = findLineEnd(m_at, m_end);
    if (m_end - end < 2 || end[0] != '\r' || end[1] != '\n')
        return nullptr;
    m_at = end + 2;
    return end;
}

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
        m_out.flawed = number > 699;
        return true;
    }
    const std::size_t gap = firstBlank(line);
    if (line.size() < gap + kVersion.size() + 1 || line[line.size() - kVersion.size() - 1] != ' ' ||
        line.substr(line.size() - kVersion.size()) != kVersion)
        return false;
    m_method = line.substr(0, gap);
    m_out.method = methodOf(m_method);
    return m_out.method != Method::Unknown;
}

bool QuickReader::headers()
{
    for (int lines = 0; lines < kMostLines; ++lines) {
        const char *begin = m_at;
        const char *end = nextLine();
        if (end == nullptr)
            return false; // an odd line end, or the headers do not end here
        if (end == begin)
            return true;
        if (*begin == ' ' || *begin == '\t' || !header(between(begin, end)))
            return false;
    }
    return false;
}

/// Only names that begin like one of those wanted are looked at any further.
bool QuickReader::header(std::string_view line)
{
    switch (line[0] | 0x20) {
    case 'v':
    case 'f':
    case 't':
    case 'c':
    case 'i':
    case 'l':
    case 'e':
    case 'r':
    case 'p':
        break;
    default:
        return true;
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) {
        m_out.flawed = true;
        return true; // no header that counts
    }
    const HeaderId id = headerIdOf(trimmed(line.substr(0, colon)));
    return id == HeaderId::Other || take(id, trimmed(line.substr(colon + 1)));
}

bool QuickReader::take(HeaderId id, std::string_view value)
{
    switch (id) {
    case HeaderId::Via:
        return via(value);
    case HeaderId::From:
        return !once(id) || tag(value, m_out.fromTag);
    case HeaderId::To:
        return !once(id) || tag(value, m_out.toTag);
    case HeaderId::CallId:
        if (once(id))
            m_out.callId = value;
        return true;
    case HeaderId::CSeq:
        return !once(id) || cseq(value);
    case HeaderId::ContentType:
        if (once(id))
            m_type = value;
        return true;
    case HeaderId::ContentLength:
        if (once(id))
            m_length = value;
        return !value.empty();
    case HeaderId::ContentDisposition:
        if (once(id))
            m_disposition = value;
        return true;
    case HeaderId::ContentEncoding:
        return false;
    case HeaderId::RSeq:
        if (once(id))
            m_rseq = value;
        return true;
    case HeaderId::RAck:
        if (once(id))
            m_rack = value;
        return true;
    case HeaderId::Require:
        m_require = m_require || base::equalsNoCase(value, "100rel");
        return value.find(',') == std::string_view::npos;
    case HeaderId::PEarlyMedia:
        m_out.earlyMedia = true;
        return true;
    default:
        return true;
    }
}

bool QuickReader::via(std::string_view value)
{
    if (value.find(',') != std::string_view::npos)
        return false;
    if (m_out.viaCount != 255)
        ++m_out.viaCount;
    if (!once(HeaderId::Via))
        return true;
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
            return true;
        }
    }
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
    const std::string_view method = trimmed(value.substr(gap));
    if (m_out.status != 0)
        m_out.method = methodOf(method);
    m_otherMethod = method.empty() || (m_out.status == 0 && method != m_method);
    return true;
}

/// The flaws that show in what was read anyway; parse() finds each of them too, and others.
void QuickReader::judge()
{
    constexpr std::uint64_t kNeeded = 1ULL << static_cast<unsigned>(HeaderId::Via) |
                                      1ULL << static_cast<unsigned>(HeaderId::From) |
                                      1ULL << static_cast<unsigned>(HeaderId::To) |
                                      1ULL << static_cast<unsigned>(HeaderId::CallId) |
                                      1ULL << static_cast<unsigned>(HeaderId::CSeq);
    constexpr std::string_view kCookie = "z9hG4bK"; // RFC 3261 section 8.1.1.7
    const bool cookie = m_out.branch.size() > kCookie.size() &&
                        base::equalsNoCase(m_out.branch.substr(0, kCookie.size()), kCookie);
    const auto behind = static_cast<std::size_t>(m_end - m_at);
    m_out.flawed = m_out.flawed || (m_seen & kNeeded) != kNeeded || m_otherMethod || !cookie ||
                   m_out.cseq > 0x7FFFFFFFU || m_out.fromTag.empty() ||
                   (m_out.status > 100 && m_out.toTag.empty()) ||
                   (!m_length.empty() && m_told != behind);
}

/// What depends on several headers, and on the body.
bool QuickReader::finish()
{
    std::uint64_t length = static_cast<std::uint64_t>(m_end - m_at);
    if (!m_length.empty()) {
        if (!readNumber(m_length, m_told))
            return false;
        length = std::min(length, m_told);
    }
    judge();
    if (base::equalsNoCase(m_type.substr(0, 10), "multipart/") && length != 0)
        return false;
    m_body = {m_at, static_cast<std::size_t>(length)};
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

bool readDigest(std::string_view text, Digest &out)
{
    out = {};
    if (text.size() < kShortest || text.size() > kLongest || text[0] < 'A' || text[0] > 'Z')
        return false;
    if (!QuickReader(text, out).run())
        return false;
    out.hash = static_cast<std::uint32_t>(base::hashOf(text));
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
