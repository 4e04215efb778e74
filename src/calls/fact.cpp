// SPDX-License-Identifier: Apache-2.0
#include <calls/fact.h>

#include <algorithm>
#include <base/text.h>
#include <functional>
#include <sip/uri.h>

namespace calls {

namespace {

/// Moves views of the parsed text over to the trace's copy of it.
class Rebase
{
public:
    Rebase(std::string_view kept, std::string_view parsed) : m_parsed(parsed)
    {
        // The parser skips CRLFs before the start line, the trace keeps them.
        m_valid =
            parsed.size() <= kept.size() && kept.substr(kept.size() - parsed.size()) == parsed;
        m_shift = kept.size() - parsed.size();
    }
    Span of(std::string_view part) const
    {
        const std::less<const char *> before;
        if (!m_valid || part.empty() || before(part.data(), m_parsed.data()) ||
            before(m_parsed.data() + m_parsed.size(), part.data() + part.size()))
            return {};
        if (part.size() > 0xFFFF)
            return {};
        const auto offset = static_cast<std::size_t>(part.data() - m_parsed.data()) + m_shift;
        return {static_cast<std::uint32_t>(offset), static_cast<std::uint16_t>(part.size())};
    }

private:
    std::string_view m_parsed;
    std::size_t m_shift = 0;
    bool m_valid = false;
};

std::string_view topVia(const sip::Message &message)
{
    const std::string_view line = message.value(sip::HeaderId::Via);
    if (line.find(',') == std::string_view::npos)
        return line;
    const auto values = message.values(sip::HeaderId::Via);
    return values.empty() ? std::string_view() : values.front();
}

std::size_t viaCount(const sip::Message &message)
{
    std::size_t count = 0;
    for (const sip::Header &header : message.headers) {
        if (header.id != sip::HeaderId::Via)
            continue;
        if (header.value.find(',') != std::string_view::npos)
            return message.values(sip::HeaderId::Via).size();
        ++count;
    }
    return count;
}

std::string_view sentBy(const sip::Via &via, std::string_view text)
{
    if (via.host.empty())
        return {};
    const auto begin = static_cast<std::size_t>(via.host.data() - text.data());
    return base::trim(text.substr(begin, text.find(';', begin) - begin));
}

std::uint32_t number(std::string_view text)
{
    const auto value = base::toInteger(text);
    return value && *value >= 0 && *value <= 0xFFFFFFFFLL ? static_cast<std::uint32_t>(*value) : 0;
}

} // namespace

RAck readRAck(std::string_view value)
{
    RAck out;
    int field = 0;
    std::size_t at = 0;
    while (field < 3) {
        at = value.find_first_not_of(" \t\r\n", at);
        if (at == std::string_view::npos)
            break;
        const std::size_t end = std::min(value.find_first_of(" \t\r\n", at), value.size());
        const std::string_view word = value.substr(at, end - at);
        if (field == 0)
            out.rseq = number(word);
        else if (field == 1)
            out.cseq = number(word);
        else
            out.method = sip::methodOf(word);
        at = end;
        ++field;
    }
    return out;
}

Fact factOf(const trace::Trace &trace, trace::RowId row, const sip::Message *message)
{
    Fact fact;
    fact.row = row;
    const std::string_view text = trace.text(row);
    fact.hash = static_cast<std::uint32_t>(std::hash<std::string_view>()(text));
    if (message == nullptr)
        return fact;
    const Rebase rebase(text, message->text);
    const std::string_view via = topVia(*message);
    const sip::Via parsed = sip::parseVia(via);
    const Span branch = rebase.of(parsed.parameter("branch").value_or(std::string_view()));
    const Span sender = rebase.of(sentBy(parsed, via));
    fact.branchAt = branch.at;
    fact.branchLength = branch.length;
    fact.sentByAt = sender.at;
    fact.sentByLength = sender.length;
    fact.earlyMedia = message->find(sip::HeaderId::PEarlyMedia) != nullptr;
    fact.hasSdp = !message->body.empty() && !message->sdp().empty();
    if (message->isRequest()) {
        fact.viaCount = static_cast<std::uint8_t>(std::min<std::size_t>(viaCount(*message), 255));
        if (message->method == sip::Method::Prack)
            fact.rseq = readRAck(message->value(sip::HeaderId::RAck)).rseq;
    } else if (message->status > 100 && message->status < 200) {
        fact.rseq = message->number(sip::HeaderId::RSeq).value_or(0);
        fact.reliable = fact.rseq != 0 && message->lists(sip::HeaderId::Require, "100rel");
    }
    return fact;
}

} // namespace calls
