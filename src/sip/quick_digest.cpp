// SPDX-License-Identifier: Apache-2.0
// The quick way to a digest: one walk over the header lines, no table of headers, no checks. It
// declines whatever it would have to think about; a test holds it against the parser.
#include <sip/digest.h>

#include <base/hash.h>
#include <base/text.h>
#include <cstring>
#include <sip/flawless.h>
#include <sip/grammar.h>
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

/// First CR or LF, `end` if there is none. `odd` becomes true where something stands before it that
/// is neither printable ASCII nor a tab.
const char *findLineEnd(const char *at, const char *end, bool &odd)
{
#if defined(__SSE2__)
    // Signed: bytes beyond ASCII are below the blank too.
    const __m128i blank = _mm_set1_epi8(' '), erase = _mm_set1_epi8(0x7F);
    for (; end - at >= 16; at += 16) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i *>(at));
        const __m128i hits =
            _mm_or_si128(_mm_cmplt_epi8(bytes, blank), _mm_cmpeq_epi8(bytes, erase));
        for (auto mask = static_cast<unsigned>(_mm_movemask_epi8(hits)); mask != 0;
             mask &= mask - 1) {
            const char *hit = at + std::countr_zero(mask);
            if (*hit == '\r' || *hit == '\n')
                return hit;
            odd = odd || *hit != '\t';
        }
    }
#endif
    for (; at < end && *at != '\r' && *at != '\n'; ++at) {
        const auto byte = static_cast<unsigned char>(*at);
        odd = odd || ((byte < ' ' || byte >= 0x7F) && byte != '\t');
    }
    return at;
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
    bool take(HeaderId id, std::string_view value, bool first);
    bool via(std::string_view value, bool top);
    bool tag(std::string_view value, std::string_view &out) const;
    bool cseq(std::string_view value);
    bool finish();
    bool reliableKind() const { return m_out.status > 100 && m_out.status < 200; }
    static std::uint64_t bitOf(HeaderId id) { return 1ULL << static_cast<unsigned>(id); }
    bool seen(HeaderId id) const { return (m_seen & bitOf(id)) != 0; }
    bool complete() const;
    std::uint16_t marks() const;

    const char *m_at, *m_end;
    Digest &m_out;
    std::uint64_t m_seen = 0;
    std::string_view m_type, m_disposition, m_length, m_rack, m_rseq, m_body;
    bool m_require = false, m_otherRequire = false, m_takes100rel = false;
    bool m_odd = false; // something met that may be a flaw
};
static_assert(static_cast<unsigned>(HeaderId::Replaces) < 64);

/// The end of the line that begins at m_at, which moves to the next; nullptr: it does not end in
/// CRLF.
const char *QuickReader::nextLine()
{
    const char *end = findLineEnd(m_at, m_end, m_odd);
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

bool QuickReader::header(std::string_view line)
{
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) {
        m_odd = true;
        return true; // a flaw, and no header that counts
    }
    const std::string_view name = trimmed(line.substr(0, colon));
    const std::string_view value = trimmed(line.substr(colon + 1));
    const HeaderId id = headerIdOf(name);
    const bool first = !seen(id);
    if (id == HeaderId::Other)
        m_odd = m_odd || !isFlawlessOther(name, value);
    else if (!m_odd)
        m_odd = first || !standsOnce(id) ? !isFlawless(id, value) : true;
    m_seen |= bitOf(id);
    return id == HeaderId::Other || take(id, value, first);
}

/// Of headers that stand twice the first counts.
bool QuickReader::take(HeaderId id, std::string_view value, bool first)
{
    switch (id) {
    case HeaderId::Via:
        return via(value, first);
    case HeaderId::From:
        return !first || tag(value, m_out.fromTag);
    case HeaderId::To:
        return !first || tag(value, m_out.toTag);
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
    if (value.find(',') != std::string_view::npos)
        return false;
    if (m_out.viaCount != 255)
        ++m_out.viaCount;
    if (!top)
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
            break;
        }
    }
    constexpr std::string_view kCookie = "z9hG4bK"; // RFC 3261 section 8.1.1.7
    m_odd = m_odd || m_out.branch.size() <= kCookie.size() ||
            m_out.branch.substr(0, kCookie.size()) != kCookie;
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

std::uint16_t QuickReader::marks() const
{
    std::uint16_t out = 0;
    for (const HeaderId id :
         {HeaderId::Authorization, HeaderId::ProxyAuthorization, HeaderId::WwwAuthenticate,
          HeaderId::ProxyAuthenticate, HeaderId::SessionExpires, HeaderId::Contact,
          HeaderId::Reason, HeaderId::RecordRoute, HeaderId::Route, HeaderId::Supported,
          HeaderId::ContentType, HeaderId::Warning})
        out = static_cast<std::uint16_t>(out | (seen(id) ? markOf(id) : 0U));
    return static_cast<std::uint16_t>(out | (m_otherRequire ? markOf(HeaderId::Require) : 0U) |
                                      (m_takes100rel ? kTakes100rel : 0U));
}

/// What depends on several headers, and on the body.
bool QuickReader::finish()
{
    std::uint64_t length = static_cast<std::uint64_t>(m_end - m_at);
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
    m_body = {m_at, static_cast<std::size_t>(length)};
    m_out.headers = marks();
    m_out.body = between(m_at, m_end);
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
