// SPDX-License-Identifier: Apache-2.0
#include <sip/check.h>

#include <algorithm>
#include <limits>

#include <base/text.h>
#include <sip/scan.h>
#include <sip/uri.h>

namespace sip {
namespace {

constexpr std::size_t kHeaderIds = static_cast<std::size_t>(HeaderId::Replaces) + 1;

bool standsOnce(HeaderId id)
{
    switch (id) {
    case HeaderId::From:
    case HeaderId::To:
    case HeaderId::CallId:
    case HeaderId::CSeq:
    case HeaderId::MaxForwards:
    case HeaderId::ContentType:
    case HeaderId::ContentLength:
    case HeaderId::ContentDisposition:
    case HeaderId::Expires:
    case HeaderId::MinExpires:
    case HeaderId::RSeq:
    case HeaderId::RAck:
    case HeaderId::FlowTimer:
    case HeaderId::RetryAfter:
    case HeaderId::Server:
    case HeaderId::UserAgent:
    case HeaderId::SessionId:
    case HeaderId::SessionExpires:
    case HeaderId::MinSe:
    case HeaderId::Subject:
    case HeaderId::Event:
    case HeaderId::ReferTo:
    case HeaderId::ReferredBy:
    case HeaderId::Replaces:
        return true;
    default:
        return false;
    }
}

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

struct NumberRange {
    HeaderId id;
    std::uint64_t least, most;
};
constexpr std::uint64_t k32 = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint64_t k31 = k32 / 2;
constexpr std::array<NumberRange, 8> kNumbers{{{HeaderId::MaxForwards, 0, 255},
                                               {HeaderId::Expires, 0, k32},
                                               {HeaderId::MinExpires, 0, k32},
                                               {HeaderId::RSeq, 1, k32},
                                               {HeaderId::FlowTimer, 1, k32},
                                               {HeaderId::RetryAfter, 0, k32},
                                               {HeaderId::SessionExpires, 1, k32},
                                               {HeaderId::MinSe, 1, k32}}};

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
    void address(std::string_view value, HeaderId id);
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
}

void Checker::oneHeader(const Header &header)
{
    if (header.id == HeaderId::Other)
        return;
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
        if (top && read.ok) {
            const auto branch = read.parameter("branch").value_or(std::string_view());
            if (!base::equalsNoCase(branch.substr(0, 7), "z9hG4bK"))
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
        address(header.value.empty() ? header.line : header.value, header.id);
        return;
    }
    TopLevel scan(header.value);
    std::size_t from = 0;
    while (from <= header.value.size()) {
        const auto end = std::min(scan.find(','), header.value.size());
        const auto value = base::trim(header.value.substr(from, end - from));
        address(value.empty() ? header.line : value, header.id);
        from = end + 1;
    }
}

void Checker::address(std::string_view value, HeaderId id)
{
    const auto read = parseNameAddress(value);
    if (read.ok)
        return;
    const bool bracket =
        read.uriText.empty() || read.uri.ok; // the URI reads, what is around it does not
    m_flaws.add(bracket ? FlawCode::BadNameAddress : FlawCode::BadUri,
                bracket ? value : read.uriText, id);
}

void Checker::number(const Header &header)
{
    const auto *const it =
        std::find_if(kNumbers.begin(), kNumbers.end(),
                     [&](const NumberRange &range) { return range.id == header.id; });
    if (it == kNumbers.end())
        return;
    const auto digits = leadingNumber(header.value);
    const auto behind = base::trim(header.value.substr(digits.size()));
    std::uint64_t number = 0;
    const bool tail = behind.empty() || behind[0] == ';' || behind[0] == '(';
    if (!readNumber(digits, number) || number < it->least || number > it->most || !tail)
        m_flaws.add(FlawCode::BadNumber, span(header), header.id);
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
