// SPDX-License-Identifier: Apache-2.0
#include <ingest/text/fields.h>

#include <base/text.h>
#include <ingest/text/lines.h>

namespace ingest::text {
namespace {

constexpr int kMostFields = 24, kMostBorders = 2;

/// "src_port" and "Source Port" are one name: "srcport".
std::string plainName(std::string_view name)
{
    std::string out;
    for (const char c : base::lower(base::trim(name)))
        if (c != '_' && c != '-' && c != ' ')
            out += c;
    for (const auto &[full, brief] : {std::pair{"source", "src"}, std::pair{"destination", "dst"},
                                      std::pair{"address", "ip"}, std::pair{"addr", "ip"}})
        if (const auto at = out.find(full); at != std::string::npos)
            out.replace(at, std::string_view(full).size(), brief);
    return out;
}

class Fields
{
public:
    void take(std::string_view name, std::string_view value)
    {
        const std::string plain = plainName(name);
        if (plain == "time" || plain == "timestamp" || plain == "date" || plain == "ts")
            moment(value);
        else if (plain == "proto" || plain == "protocol" || plain == "transport")
            protocol(value);
        else if (plain == "src" || plain == "srcip")
            address(value, m_out.source);
        else if (plain == "dst" || plain == "dstip")
            address(value, m_out.destination);
        else if (plain == "srcport")
            port(value, m_out.source);
        else if (plain == "dstport")
            port(value, m_out.destination);
    }
    std::optional<Marker> told() const
    {
        return m_out.source.address.known() && m_out.destination.address.known()
                   ? std::optional(m_out)
                   : std::nullopt;
    }

private:
    /// The finer of two that tell the same: a date line is often without a fraction.
    void moment(std::string_view value)
    {
        const Moment told = momentIn(value);
        const bool finer = told.tells > m_out.moment.tells ||
                           (told.tells == m_out.moment.tells && told.time.ns % 1'000'000'000 != 0);
        if (told.known() && finer)
            m_out.moment = told;
    }
    void protocol(std::string_view value)
    {
        const Marker words = readMarker(value);
        if (words.transport != base::Transport::Unknown)
            m_out.transport = words.transport;
    }
    void address(std::string_view value, base::Endpoint &end)
    {
        base::Endpoint found;
        if (!readEndpoint(value, found, m_out.transport))
            return;
        end.address = found.address;
        if (found.port != 0)
            end.port = found.port;
    }
    static void port(std::string_view value, base::Endpoint &end)
    {
        if (const auto number = base::toInteger(value); number && *number > 0 && *number <= 65535)
            end.port = static_cast<std::uint16_t>(*number);
    }

    Marker m_out;
};

} // namespace

std::optional<Marker> fieldsAbove(std::string_view text, std::size_t line, std::size_t floor)
{
    Fields fields;
    int borders = 0;
    for (int lines = 0; lines < kMostFields && line > floor; ++lines) {
        const Line where = lineAround(text, line - 1, floor);
        line = where.begin;
        const std::string_view content = where.in(text);
        const std::size_t colon = content.find(':');
        if (isBorder(content)) { // one below the block, one above it
            if (++borders == kMostBorders)
                break;
        } else if (base::trim(content).empty() || colon == std::string_view::npos || colon == 0) {
            break;
        } else {
            fields.take(content.substr(0, colon), base::trim(content.substr(colon + 1)));
        }
    }
    return fields.told();
}

} // namespace ingest::text
