// SPDX-License-Identifier: Apache-2.0
#include <sip/check.h>

#include <algorithm>
#include <limits>

#include <base/text.h>
#include <sip/grammar.h>
#include <sip/scan.h>
#include <sip/uri.h>

namespace sip {
namespace {

constexpr std::size_t kHeaderIds = static_cast<std::size_t>(HeaderId::Replaces) + 1;

bool holdsAddresses(HeaderId id)
{
    switch (id) {
    case HeaderId::From:
    case HeaderId::To:
    case HeaderId::Contact:
    case HeaderId::Route:
    case HeaderId::RecordRoute:
    case HeaderId::Path:
    case HeaderId::ServiceRoute:
    case HeaderId::ReferTo:
    case HeaderId::ReferredBy:
        return true;
    default:
        return false;
    }
}

constexpr std::uint64_t k32 = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint64_t k31 = k32 / 2;

class Checker
{
public:
    Checker(const Message &message, FlawList &flaws) : m_message(message), m_flaws(flaws) {}

    void run();

private:
    void missing();
    void oneHeader(const Header &header);
    void cseq(const Header &header);
    void rack(const Header &header);
    void via(const Header &header);
    void addresses(const Header &header);
    void address(const Header &header, std::string_view value);
    void aroundAddress(std::string_view value, const NameAddress &read, HeaderId id);
    void requestUri();
    void tags();
    void date(const Header &header);
    void eachValue(const Header &header, void (Checker::*check)(std::string_view, HeaderId));
    void warning(std::string_view value, HeaderId id);
    void extension(std::string_view value, HeaderId id);
    void number(const Header &header);
    // The span of a header that has no value is its whole line.
    static std::string_view span(const Header &header)
    {
        return header.value.empty() ? header.line : header.value;
    }

    const Message &m_message;
    FlawList &m_flaws;
    std::array<int, kHeaderIds> m_seen{};
};

void Checker::run()
{
    for (const Header &header : m_message.headers)
        oneHeader(header);
    missing();
    requestUri();
    tags();
}

void Checker::oneHeader(const Header &header)
{
    if (header.id == HeaderId::Other) {
        date(header);
        return;
    }
    int &seen = m_seen[static_cast<std::size_t>(header.id)];
    if (++seen > 1 && standsOnce(header.id)) {
        m_flaws.add(FlawCode::RepeatedHeader, header.line, header.id);
        return;
    }
    if (header.id == HeaderId::CSeq)
        cseq(header);
    else if (header.id == HeaderId::RAck)
        rack(header);
    else if (header.id == HeaderId::Via)
        via(header);
    else if (holdsAddresses(header.id))
        addresses(header);
    else if (header.id == HeaderId::Warning)
        eachValue(header, &Checker::warning);
    else if (header.id == HeaderId::Require || header.id == HeaderId::ProxyRequire)
        eachValue(header, &Checker::extension);
    else
        number(header);
}

void Checker::missing()
{
    const auto need = [&](HeaderId id) {
        if (m_seen[static_cast<std::size_t>(id)] == 0)
            m_flaws.add(FlawCode::MissingHeader, m_message.text.substr(0, 0), id);
    };
    for (const auto id :
         {HeaderId::Via, HeaderId::From, HeaderId::To, HeaderId::CallId, HeaderId::CSeq})
        need(id);
    if (!m_message.isRequest())
        return;
    need(HeaderId::MaxForwards); // RFC 3261 section 8.1.1
    if (m_message.method == Method::Invite)
        need(HeaderId::Contact); // RFC 3261 section 8.1.1.8
}

void Checker::cseq(const Header &header)
{
    const auto gap = firstBlank(header.value);
    const auto method = base::trim(header.value.substr(gap));
    std::uint64_t number = 0;
    // RFC 3261 section 8.1.1.5: less than 2**31.
    if (!readNumber(header.value.substr(0, gap), number) || number > k31 || !isToken(method))
        m_flaws.add(FlawCode::BadCSeq, span(header), HeaderId::CSeq);
    else if (m_message.isRequest() && method != m_message.methodText)
        m_flaws.add(FlawCode::CSeqMethodMismatch, method, HeaderId::CSeq);
}

// RFC 3262 section 7.2: response number, CSeq number, method.
void Checker::rack(const Header &header)
{
    std::string_view rest = header.value;
    std::uint64_t number = 0;
    for (int i = 0; i < 2; ++i) {
        const auto gap = firstBlank(rest);
        if (!readNumber(rest.substr(0, gap), number) || number > k32) {
            m_flaws.add(FlawCode::BadNumber, span(header), header.id);
            return;
        }
        rest = base::trim(rest.substr(gap));
    }
    if (!isToken(rest))
        m_flaws.add(FlawCode::BadNumber, span(header), header.id);
}

void Checker::via(const Header &header)
{
    TopLevel scan(header.value);
    bool top = m_seen[static_cast<std::size_t>(HeaderId::Via)] == 1;
    std::size_t from = 0;
    while (from <= header.value.size()) {
        const auto end = std::min(scan.find(','), header.value.size());
        const auto value = base::trim(header.value.substr(from, end - from));
        const auto read = parseVia(value);
        if (!read.ok)
            m_flaws.add(FlawCode::BadVia, value.empty() ? header.line : value, HeaderId::Via);
        else if (hasEmptyParameter(read.parameters))
            m_flaws.add(FlawCode::BadParameter, value, HeaderId::Via);
        if (top && read.ok) {
            const auto branch = read.parameter("branch").value_or(std::string_view());
            if (base::equalsNoCase(branch, "z9hG4bK"))
                m_flaws.add(FlawCode::EmptyBranch, branch, HeaderId::Via);
            else if (!base::equalsNoCase(branch.substr(0, 7), "z9hG4bK"))
                m_flaws.add(FlawCode::BranchWithoutCookie, branch.empty() ? value : branch,
                            HeaderId::Via);
        }
        top = false;
        from = end + 1;
    }
}

void Checker::addresses(const Header &header)
{
    if (header.id == HeaderId::Contact && header.value == "*")
        return; // RFC 3261 section 10.2.2
    if (standsOnce(header.id)) {
        address(header, header.value);
        return;
    }
    TopLevel scan(header.value);
    std::size_t from = 0;
    while (from <= header.value.size()) {
        const auto end = std::min(scan.find(','), header.value.size());
        const auto value = base::trim(header.value.substr(from, end - from));
        address(header, value);
        from = end + 1;
    }
}

void Checker::address(const Header &header, std::string_view value)
{
    const HeaderId id = header.id;
    if (value.empty()) { // nothing to point at but the line; it is not read again for every comma
        m_flaws.add(FlawCode::BadNameAddress, header.line, id);
        return;
    }
    const auto read = parseNameAddress(value);
    if (read.ok) {
        aroundAddress(value, read, id);
        return;
    }
    const bool bracket =
        read.uriText.empty() || read.uri.ok; // the URI reads, what is around it does not
    m_flaws.add(bracket ? FlawCode::BadNameAddress : FlawCode::BadUri,
                bracket ? value : read.uriText, id);
}

void Checker::number(const Header &header)
{
    if (!numberFits(header.id, header.value))
        m_flaws.add(FlawCode::BadNumber, span(header), header.id);
}

/// An address that can be read may still be written wrongly.
void Checker::aroundAddress(std::string_view value, const NameAddress &read, HeaderId id)
{
    value = base::trim(value);
    const auto at = static_cast<std::size_t>(read.uriText.data() - value.data());
    const bool enclosed = at > 0 && value[at - 1] == '<';
    if (enclosed && base::trim(read.uriText).size() != read.uriText.size())
        m_flaws.add(FlawCode::BadUri, read.uriText, id); // blanks inside the brackets
    if (!enclosed && read.uriText.find('?') != std::string_view::npos)
        m_flaws.add(FlawCode::BadNameAddress, value, id); // section 20.10: needs brackets
    const auto display = enclosed ? base::trim(value.substr(0, at - 1)) : std::string_view();
    const bool quoted = !display.empty() && display[0] == '"';
    const bool plain = std::all_of(display.begin(), display.end(),
                                   [](char c) { return isBlank(c) || isTokenChar(c); });
    if (quoted ? quotedEnd(display, 0) != display.size() : !plain)
        m_flaws.add(FlawCode::BadDisplayName, display, id);
    if (hasEmptyParameter(read.parameters))
        m_flaws.add(FlawCode::BadParameter, read.parameters, id);
    if (id != HeaderId::Contact)
        return;
    std::uint64_t number = 0;
    const auto expires = read.parameter("expires"), quality = read.parameter("q");
    if (expires && (!readNumber(*expires, number) || number > k32))
        m_flaws.add(FlawCode::BadNumber, expires->empty() ? value : *expires, id);
    if (quality && !isQuality(*quality))
        m_flaws.add(FlawCode::BadNumber, quality->empty() ? value : *quality, id);
}

// RFC 3261 section 19.1.1, table 1: no headers in a Request-URI.
void Checker::requestUri()
{
    if (!m_message.isRequest() || m_message.requestUri.find('?') == std::string_view::npos)
        return;
    const auto uri = parseUri(m_message.requestUri);
    if (uri.ok && !uri.headers.empty())
        m_flaws.add(FlawCode::UriHeaders, uri.headers);
}

// RFC 3261 sections 8.1.1.3 and 8.2.6.2.
void Checker::tags()
{
    const auto need = [&](HeaderId id, std::string_view tag) {
        const Header *header = m_message.find(id);
        if (header != nullptr && tag.empty())
            m_flaws.add(FlawCode::MissingTag, header->line, id);
    };
    need(HeaderId::From, m_message.fromTag());
    if (m_message.status > 100)
        need(HeaderId::To, m_message.toTag());
}

void Checker::date(const Header &header)
{
    if (base::equalsNoCase(header.name, "Date") && !isDate(header.value))
        m_flaws.add(FlawCode::BadDate, span(header));
}

void Checker::eachValue(const Header &header, void (Checker::*check)(std::string_view, HeaderId))
{
    TopLevel scan(header.value);
    std::size_t from = 0;
    while (from <= header.value.size()) {
        const auto end = std::min(scan.find(','), header.value.size());
        const auto value = base::trim(header.value.substr(from, end - from));
        if (!value.empty())
            (this->*check)(value, header.id);
        from = end + 1;
    }
}

// RFC 3261 section 20.43: three digits, an agent, a quoted text.
void Checker::warning(std::string_view value, HeaderId id)
{
    const auto code = value.substr(0, firstBlank(value));
    if (code.size() != 3 || !isDigits(code))
        m_flaws.add(FlawCode::BadNumber, code.empty() ? value : code, id);
}

void Checker::extension(std::string_view value, HeaderId id)
{
    if (!isRegistered(value))
        m_flaws.add(FlawCode::UnknownExtension, value, id);
}

} // namespace

void FlawList::add(FlawCode code, std::string_view span, HeaderId header)
{
    int &count = m_counts[static_cast<std::size_t>(code)];
    if (++count > kMostOfOneKind)
        return;
    m_message.flaws.push_back({code,
                               static_cast<std::uint32_t>(span.data() - m_message.text.data()),
                               static_cast<std::uint32_t>(span.size()), header});
}

void FlawList::addOnce(FlawCode code, std::string_view span)
{
    if (!has(code))
        add(code, span);
}

void checkHeaders(const Message &message, const Limits &limits, FlawList &flaws)
{
    Checker(message, flaws).run();
    std::vector<Part> parts;
    if (!readParts(message, limits, parts))
        flaws.add(FlawCode::BadMultipart,
                  message.body.empty() ? message.text.substr(0, 0) : message.body,
                  HeaderId::ContentType);
}

} // namespace sip
