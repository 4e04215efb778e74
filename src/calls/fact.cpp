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
        const auto offset = static_cast<std::size_t>(part.data() - m_parsed.data()) + m_shift;
        return {static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(part.size())};
    }

private:
    std::string_view m_parsed;
    std::size_t m_shift = 0;
    bool m_valid = false;
};

std::string_view sentBy(std::string_view via)
{
    const sip::Via parsed = sip::parseVia(via);
    if (!parsed.ok || parsed.host.empty())
        return {};
    const auto begin = static_cast<std::size_t>(parsed.host.data() - via.data());
    return base::trim(via.substr(begin, via.find(';', begin) - begin));
}

std::uint32_t number(std::string_view text)
{
    const auto value = base::toInteger(text);
    return value && *value >= 0 && *value <= 0xFFFFFFFFLL ? static_cast<std::uint32_t>(*value) : 0;
}

void readRAck(Fact &fact, std::string_view value) // RFC 3262 section 7.2
{
    int field = 0;
    std::size_t at = 0;
    while (field < 3) {
        at = value.find_first_not_of(" \t\r\n", at);
        if (at == std::string_view::npos)
            return;
        const std::size_t end = std::min(value.find_first_of(" \t\r\n", at), value.size());
        const std::string_view word = value.substr(at, end - at);
        if (field == 0)
            fact.rseq = number(word);
        else if (field == 1)
            fact.rackCseq = number(word);
        else
            fact.rackMethod = sip::methodOf(word);
        at = end;
        ++field;
    }
}

} // namespace

Fact factOf(const trace::Trace &trace, trace::RowId row, const sip::Message *message)
{
    Fact fact;
    fact.row = row;
    const std::string_view text = trace.text(row);
    fact.hash = std::hash<std::string_view>()(text);
    if (message == nullptr)
        return fact;
    const Rebase rebase(text, message->text);
    const auto vias = message->values(sip::HeaderId::Via);
    fact.viaCount = static_cast<std::uint8_t>(std::min<std::size_t>(vias.size(), 255));
    if (!vias.empty())
        fact.sentBy = rebase.of(sentBy(vias.front()));
    fact.branch = rebase.of(message->branch());
    fact.earlyMedia = rebase.of(message->value(sip::HeaderId::PEarlyMedia));
    fact.hasSdp = !message->sdp().empty();
    if (message->status > 100 && message->status < 200) {
        fact.rseq = message->number(sip::HeaderId::RSeq).value_or(0);
        fact.reliable = fact.rseq != 0 && message->lists(sip::HeaderId::Require, "100rel");
    } else if (message->isRequest() && message->method == sip::Method::Prack) {
        readRAck(fact, message->value(sip::HeaderId::RAck));
    }
    return fact;
}

} // namespace calls
