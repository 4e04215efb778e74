// SPDX-License-Identifier: Apache-2.0
#include <sip/message.h>

#include <algorithm>
#include <array>
#include <limits>

#include <base/text.h>
#include <sip/beginning.h>
#include <sip/check.h>
#include <sip/digest.h>
#include <sip/scan.h>
#include <sip/start_line.h>
#include <sip/uri.h>

namespace sip {
namespace {

/// Headers that most messages do not exceed: room for them is still small enough for the allocator
/// to keep at hand, which a few more would not be.
constexpr std::size_t kUsual = 1024 / sizeof(Header);
constexpr std::uint64_t kAll = ~std::uint64_t{0};

class Parser
{
public:
    Parser(Message &message, const Limits &limits, bool check)
        : m_message(message), m_limits(limits), m_check(check), m_flaws(message)
    {
    }

    bool run();
    /// No further than the first of each of these headers, a bit for each; no body.
    bool runTo(std::uint64_t wanted);

private:
    bool startLine(const Line &line);
    void checkStartLine(std::string_view text, const StartLine &start);
    void checkHeader(const Header &header);
    void statusCode(std::string_view code);
    void headers(LineCursor &lines);
    void headerLine(std::string_view line);
    void unfold(const Line &line);
    void finish();
    void noteLineEnd(const Line &line);
    void body(std::size_t from);

    std::string_view cut(const Line &line) const
    {
        return m_message.text.substr(line.begin, line.end - line.begin);
    }

    Message &m_message;
    const Limits &m_limits;
    bool m_check;                  // look for flaws
    std::uint64_t m_wanted = kAll; // headers that are still to come
    FlawList m_flaws;
};

constexpr std::uint64_t bitOf(HeaderId id)
{
    return std::uint64_t{1} << static_cast<unsigned>(id);
}

void Parser::noteLineEnd(const Line &line)
{
    if (line.ending == LineEnd::Lf || line.ending == LineEnd::Cr)
        m_flaws.addOnce(FlawCode::BareLineFeed, m_message.text.substr(line.end, 1));
}

void Parser::statusCode(std::string_view code)
{
    std::uint64_t number = 0;
    const bool three = code.size() == 3 && readNumber(code, number) && number >= 100;
    if (!three || number > 699)
        m_flaws.add(FlawCode::BadStatusCode, code);
    m_message.status = three ? static_cast<int>(number) : kUnreadableStatus;
}

void Parser::checkStartLine(std::string_view text, const StartLine &start)
{
    if (start.odd || controlCharacter(text) != std::string_view::npos)
        m_flaws.add(FlawCode::StartLine, text);
    if (!base::equalsNoCase(start.version, "SIP/2.0"))
        m_flaws.add(FlawCode::BadVersion, start.version);
    if (!isUtf8(text))
        m_flaws.add(FlawCode::NotUtf8, text);
}

bool Parser::startLine(const Line &line)
{
    const auto text = cut(line);
    const auto start = readStartLine(text);
    if (!start.recognised)
        return false;
    m_message.startLine = text;
    if (m_check)
        checkStartLine(text, start);
    if (start.isResponse()) {
        statusCode(start.code);
        m_message.reason = start.reason;
        return true;
    }
    m_message.methodText = start.method;
    m_message.method = methodOf(start.method);
    m_message.requestUri = start.uri;
    if (m_check && !parseUri(start.uri).ok)
        m_flaws.add(FlawCode::BadUri, start.uri.empty() ? start.version.substr(0, 0) : start.uri);
    return true;
}

void Parser::unfold(const Line &line)
{
    if (m_message.headers.empty()) { // a fold of nothing
        m_flaws.add(FlawCode::HeaderWithoutColon, cut(line));
        return;
    }
    Header &last = m_message.headers.back();
    const auto start = static_cast<std::size_t>(last.line.data() - m_message.text.data());
    last.line = m_message.text.substr(start, line.end - start);
}

void Parser::headerLine(std::string_view line)
{
    Header header;
    header.line = line;
    m_message.headers.push_back(header);
    if (m_wanted == kAll)
        return;
    const auto colon = line.find(':'); // in a fold of it: that is read on for
    if (colon != std::string_view::npos)
        m_wanted &= ~bitOf(headerIdOf(trimmed(line.substr(0, colon))));
}

void Parser::checkHeader(const Header &header)
{
    const auto control = controlCharacter(header.line);
    if (control != std::string_view::npos)
        m_flaws.add(FlawCode::ControlCharacter, header.line.substr(control, 1), header.id);
    if (!isUtf8(header.line))
        m_flaws.add(FlawCode::NotUtf8, header.line, header.id);
}

// Splits the gathered lines into names and values, once all folds are known.
void Parser::finish()
{
    for (Header &header : m_message.headers) {
        const auto colon = header.line.find(':');
        if (colon == std::string_view::npos) {
            m_flaws.add(FlawCode::HeaderWithoutColon, header.line);
            header.value = trimmed(header.line);
            header.name = header.line.substr(0, 0);
        } else {
            header.name = trimmed(header.line.substr(0, colon)); // RFC 3261 section 25.1: HCOLON
            header.value = trimmed(header.line.substr(colon + 1));
            if (header.name.empty())
                m_flaws.add(FlawCode::EmptyHeaderName, header.line);
            else if (m_check && !isToken(header.name))
                m_flaws.add(FlawCode::BadHeaderName, header.name);
            header.id = headerIdOf(header.name);
        }
        if (m_check)
            checkHeader(header);
        if (header.value.size() > m_limits.value) {
            m_flaws.add(FlawCode::ValueTooLong, header.value.substr(m_limits.value), header.id);
            header.value = header.value.substr(0, m_limits.value);
        }
    }
}

void Parser::headers(LineCursor &lines)
{
    bool blank = false;
    bool full = false;
    m_message.headers.reserve(std::min(kUsual, m_limits.headers));
    while (!blank && !lines.done()) {
        const Line line = lines.next();
        const auto text = cut(line);
        noteLineEnd(line);
        if (text.empty()) {
            blank = true;
        } else if (full) {
            continue;
        } else if (text[0] == ' ' || text[0] == '\t') {
            unfold(line);
        } else if (m_wanted == 0) {
            break;
        } else if (m_message.headers.size() < m_limits.headers) {
            headerLine(text);
        } else {
            full = true;
            m_flaws.add(FlawCode::TooManyHeaders, m_message.text.substr(line.begin));
        }
    }
    finish();
    if (!blank && m_wanted != 0)
        m_flaws.add(FlawCode::NoBlankLine, m_message.text.substr(m_message.text.size()));
}

void Parser::body(std::size_t from)
{
    const auto rest = m_message.text.substr(from);
    m_message.body = rest;
    const Header *length = m_message.find(HeaderId::ContentLength);
    if (length == nullptr)
        return; // RFC 3261 section 18.3: the datagram's end is the body's end
    std::uint64_t number = 0;
    if (!readNumber(length->value, number)) {
        m_flaws.add(FlawCode::BadContentLength,
                    length->value.empty() ? length->line : length->value, HeaderId::ContentLength);
    } else if (number > rest.size()) {
        if (!m_flaws.has(FlawCode::TooLarge))
            m_flaws.add(FlawCode::ContentLengthTooLong, length->value, HeaderId::ContentLength);
    } else {
        m_message.body = rest.substr(0, number);
        if (number < rest.size())
            m_flaws.add(FlawCode::ContentLengthTooShort, rest.substr(number),
                        HeaderId::ContentLength);
    }
}

bool Parser::run()
{
    if (m_message.text.size() > m_limits.message) {
        const auto whole = m_message.text;
        m_message.text = whole.substr(0, m_limits.message);
        m_flaws.add(FlawCode::TooLarge, m_message.text.substr(m_message.text.size()));
    }
    LineCursor lines(m_message.text);
    const Line first = lines.next();
    if (!startLine(first))
        return false;
    noteLineEnd(first);
    headers(lines);
    if (!m_message.isRequest()) {
        const auto cseq = m_message.cseq();
        m_message.method = cseq.method;
        m_message.methodText = cseq.methodText;
    }
    body(lines.at());
    if (m_check)
        checkHeaders(m_message, m_limits, m_flaws);
    return true;
}

bool Parser::runTo(std::uint64_t wanted)
{
    m_wanted = wanted;
    LineCursor lines(m_message.text);
    if (!startLine(lines.next()))
        return false;
    headers(lines);
    return true;
}

std::optional<Message> parsed(std::string_view text, const Limits &limits, bool check)
{
    text = text.substr(std::min(text.find_first_not_of("\r\n"), text.size()));
    if (!looksLikeSip(text))
        return std::nullopt;
    Message message;
    message.text = text;
    if (!Parser(message, limits, check).run())
        return std::nullopt;
    return message;
}

} // namespace

std::optional<Message> parse(std::string_view text, const Limits &limits)
{
    return parsed(text, limits, true);
}

std::optional<Message> readMessage(std::string_view text)
{
    return parsed(text, {}, false);
}

std::optional<Message> readBeginning(std::string_view text, std::initializer_list<HeaderId> wanted)
{
    text = text.substr(std::min(text.find_first_not_of("\r\n"), text.size()));
    const Limits limits;
    std::uint64_t bits = 0;
    for (const HeaderId id : wanted)
        bits |= bitOf(id);
    Message message;
    message.text = text.substr(0, limits.message);
    if (!Parser(message, limits, false).runTo(bits))
        return std::nullopt;
    return message;
}

bool looksLikeSip(std::string_view text)
{
    // Most of what is not SIP shows it within a few bytes: no token followed by a blank.
    const auto head = text.substr(0, 128);
    const auto gap = firstBlank(head);
    if (gap == 0 || gap == head.size())
        return false;
    const auto line = text.substr(0, firstLineEnd(text));
    return readStartLine(line).recognised;
}

} // namespace sip
