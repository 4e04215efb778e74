// SPDX-License-Identifier: Apache-2.0
#include <ingest/text/marker.h>

#include <algorithm>
#include <array>
#include <base/text.h>
#include <optional>
#include <vector>

namespace ingest::text {
namespace {

constexpr std::size_t kMostWords = 64;
constexpr std::size_t kLongestMarker = 1024;

struct TransportName {
    std::string_view name;
    base::Transport transport;
};
constexpr std::array<TransportName, 6> kTransports{{{"udp", base::Transport::Udp},
                                                    {"tcp", base::Transport::Tcp},
                                                    {"tls", base::Transport::Tls},
                                                    {"wss", base::Transport::Wss},
                                                    {"ws", base::Transport::Ws},
                                                    {"sctp", base::Transport::Sctp}}};

base::Transport transportOf(std::string_view word)
{
    for (const TransportName &one : kTransports)
        if (base::equalsNoCase(word, one.name))
            return one.transport;
    return base::Transport::Unknown;
}

std::string_view strip(std::string_view word, std::string_view front, std::string_view back)
{
    word.remove_prefix(std::min(word.find_first_not_of(front), word.size()));
    const std::size_t last = word.find_last_not_of(back);
    return word.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

/// "udp/", "UDP:", "tcp://" before an address.
std::string_view withoutTransport(std::string_view word, base::Transport &transport)
{
    const std::size_t end = word.find_first_of(":/");
    if (end == std::string_view::npos)
        return word;
    const base::Transport named = transportOf(word.substr(0, end));
    if (named == base::Transport::Unknown)
        return word;
    transport = named;
    return strip(word.substr(end), ":/", "");
}

std::optional<std::uint16_t> portOf(std::string_view text)
{
    const auto number = base::toInteger(text);
    if (!number || *number < 0 || *number > 65535)
        return std::nullopt;
    return static_cast<std::uint16_t>(*number);
}

/// The address before the last `separator` and the port behind it.
bool split(std::string_view word, char separator, base::Endpoint &out)
{
    const std::size_t at = word.rfind(separator);
    if (at == std::string_view::npos)
        return false;
    const auto address = base::Address::parse(word.substr(0, at));
    const auto port = portOf(word.substr(at + 1));
    if (!address || !port)
        return false;
    out = {*address, *port};
    return true;
}

bool isArrow(std::string_view word)
{
    if (word == "\xE2\x86\x92") // the Unicode arrow
        return true;
    return word.size() <= 8 && !word.empty() && word.back() == '>' &&
           word.find_first_not_of("-=>") == std::string_view::npos;
}

enum class Role : std::uint8_t { None, Source, Destination };

Role roleOf(std::string_view word)
{
    const std::string low = base::lower(strip(word, "([<", ":=)]"));
    for (const std::string_view name : {"from", "src", "source", "src_ip", "srcip"})
        if (low == name)
            return Role::Source;
    for (const std::string_view name : {"to", "dst", "dest", "destination", "dst_ip", "dstip"})
        if (low == name)
            return Role::Destination;
    return Role::None;
}

class MarkerReader
{
public:
    explicit MarkerReader(std::string_view line)
    {
        line = line.substr(0, kLongestMarker);
        m_out.moment = momentIn(line);
        std::size_t at = 0;
        while (m_words.size() < kMostWords) {
            const std::size_t begin = line.find_first_not_of(" \t", at);
            if (begin == std::string_view::npos)
                return;
            at = std::min(line.find_first_of(" \t", begin), line.size());
            m_words.push_back(line.substr(begin, at - begin));
        }
    }

    Marker run()
    {
        if (summary())
            return m_out;
        for (std::size_t i = 0; i < m_words.size(); ++i) {
            transport(m_words[i]);
            if (isArrow(m_words[i]) && arrow(i))
                continue;
            named(i);
            bytes(i);
        }
        return m_out;
    }

private:
    std::string_view word(std::size_t i) const
    {
        return i < m_words.size() ? m_words[i] : std::string_view();
    }

    void transport(std::string_view one)
    {
        one = strip(one, "([<", ")]>,;:");
        if (one.substr(0, 6) == "proto:" || one.substr(0, 6) == "proto=")
            one.remove_prefix(6);
        if (const auto named = transportOf(one); named != base::Transport::Unknown)
            m_out.transport = named;
    }

    /// "1 0.000000 192.0.2.1 198.51.100.1 SIP 500 Request: ...": Wireshark's list of packets.
    bool summary()
    {
        if (m_words.size() < 5 || !base::toInteger(m_words[0]))
            return false;
        const auto source = base::Address::parse(word(2)), target = base::Address::parse(word(3));
        const std::string_view time = word(1);
        const std::size_t point = time.find('.');
        const auto seconds = base::toInteger(time.substr(0, point));
        if (!source || !target || !seconds || *seconds < 0 || *seconds > 1'000'000'000 ||
            point == std::string_view::npos)
            return false;
        std::string digits(time.substr(point + 1, 9));
        digits.resize(9, '0');
        m_out.source.address = *source;
        m_out.destination.address = *target;
        m_out.moment = {Moment::Tells::Clock,
                        {*seconds * 1'000'000'000 + base::toInteger(digits).value_or(0)}};
        return true;
    }

    bool arrow(std::size_t i)
    {
        base::Endpoint from, to;
        if (i == 0 || !readEndpoint(word(i - 1), from, m_out.transport) ||
            !readEndpoint(word(i + 1), to, m_out.transport))
            return false;
        m_out.source = from;
        m_out.destination = to;
        if (m_words[0] == "U" || m_words[0] == "T") // ngrep
            m_out.transport = m_words[0] == "U" ? base::Transport::Udp : base::Transport::Tcp;
        return true;
    }

    /// "from X", "to UDP X", "src=X": the first of each counts.
    void named(std::size_t i)
    {
        std::string_view one = word(i);
        std::size_t next = i + 1;
        std::string_view value = word(next);
        if (const std::size_t equals = one.find('=');
            equals != std::string_view::npos && equals + 1 < one.size()) {
            value = one.substr(equals + 1);
            one = one.substr(0, equals);
        } else if (transportOf(value) != base::Transport::Unknown) {
            value = word(++next);
        }
        const Role role = roleOf(one);
        if (role == Role::None)
            return;
        base::Endpoint &end = role == Role::Source ? m_out.source : m_out.destination;
        base::Endpoint found;
        if (!end.known() && readEndpoint(value, found, m_out.transport))
            end = found;
    }

    /// "(823 bytes)", "[500] new bytes", "size: [500] bytes".
    void bytes(std::size_t i)
    {
        if (m_out.bytes != 0 || base::lower(strip(word(i), "(", "),:;")) != "bytes")
            return;
        for (std::size_t back = 1; back <= 2 && back <= i; ++back) {
            const auto number = base::toInteger(strip(word(i - back), "([", ")]"));
            if (number && *number > 0) {
                m_out.bytes = static_cast<std::uint64_t>(*number);
                return;
            }
        }
    }

    std::vector<std::string_view> m_words;
    Marker m_out;
};

} // namespace

bool readEndpoint(std::string_view word, base::Endpoint &out, base::Transport &transport)
{
    word = strip(word, "(<\"'", ")>,;\"':");
    if (word.size() < 3 || word.size() > 80)
        return false;
    // Brackets around all of it: "[UDP://192.0.2.1:5060]". Those of an IPv6 address stand inside.
    if (word.front() == '[' && word.back() == ']' && !base::Address::parse(word))
        word = word.substr(1, word.size() - 2);
    base::Transport named = base::Transport::Unknown;
    word = withoutTransport(word, named);
    base::Endpoint found;
    const auto plain = base::Address::parse(word);
    if (plain)
        found.address = *plain;
    else if (!split(word, ':', found) && !split(word, '.', found))
        return false;
    out = found;
    if (named != base::Transport::Unknown)
        transport = named;
    return true;
}

Marker readMarker(std::string_view line)
{
    return MarkerReader(line).run();
}

} // namespace ingest::text
