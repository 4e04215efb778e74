// SPDX-License-Identifier: Apache-2.0
#include <sip/sdp.h>

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <set>

#include <base/text.h>

namespace sip {
namespace {

std::string mapText(const SdpFormat &format)
{
    if (format.map.encoding.empty())
        return "no mapping";
    auto out = fmt::format("{}/{}", base::lower(format.map.encoding), format.map.clock);
    if (format.map.channels > 1)
        out += fmt::format("/{}", format.map.channels);
    return format.fmtp.empty() ? out : fmt::format("{} {}", out, format.fmtp);
}

std::map<std::string_view, std::string> mappings(const SdpMedia &media)
{
    std::map<std::string_view, std::string> out;
    for (const SdpFormat &format : media.formats)
        out.emplace(format.text, mapText(format));
    return out;
}

bool isKey(std::string_view attribute)
{
    const auto name = attribute.substr(0, attribute.find(':'));
    return name == "crypto" || name == "fingerprint" || name == "setup";
}

// Everything that decides how media is encrypted, the session's lines where the m-line has none of
// its own.
std::set<std::string_view> keys(const Sdp &sdp, const SdpMedia &media)
{
    std::set<std::string_view> out;
    std::copy_if(media.attributes.begin(), media.attributes.end(), std::inserter(out, out.end()),
                 isKey);
    if (out.empty())
        std::copy_if(sdp.attributes.begin(), sdp.attributes.end(), std::inserter(out, out.end()),
                     isKey);
    return out;
}

bool anyKey(const std::vector<std::string_view> &attributes)
{
    return std::any_of(attributes.begin(), attributes.end(), isKey);
}

/// The same ones in the same order, as nearly always: nothing differs.
bool sameFormats(const SdpMedia &a, const SdpMedia &b)
{
    return std::equal(a.formats.begin(), a.formats.end(), b.formats.begin(), b.formats.end(),
                      [](const SdpFormat &one, const SdpFormat &other) {
                          return one.text == other.text && one.map.clock == other.map.clock &&
                                 one.map.channels == other.map.channels && one.fmtp == other.fmtp &&
                                 base::equalsNoCase(one.map.encoding, other.map.encoding);
                      });
}

class Comparison
{
public:
    Comparison(const Sdp &a, const Sdp &b) : m_a(a), m_b(b) {}

    std::vector<std::string> run()
    {
        if (m_a.media.size() != m_b.media.size())
            m_out.push_back(
                fmt::format("{} m-lines became {}", m_a.media.size(), m_b.media.size()));
        const auto count = std::min(m_a.media.size(), m_b.media.size());
        for (std::size_t i = 0; i < count; ++i)
            media(m_a.media[i], m_b.media[i]);
        return std::move(m_out);
    }

private:
    template <class T> void differ(std::string_view what, const T &a, const T &b)
    {
        if (a != b)
            m_out.push_back(fmt::format("{}: {} {} became {}", m_type, what, a, b));
    }

    void media(const SdpMedia &a, const SdpMedia &b)
    {
        m_type = a.type;
        differ("type", a.type, b.type);
        if (a.port == 0 && b.port == 0)
            return; // refused in both: nothing else matters
        differ("port", a.port, b.port);
        differ("address", a.connection, b.connection);
        differ("profile", a.protocol, b.protocol);
        if (!sameFormats(a, b))
            formats(a, b);
        differ("direction", directionText(a.direction), directionText(b.direction));
        if (a.ptime != 0 && b.ptime != 0)
            differ("packet time", a.ptime, b.ptime);
        const bool keyed = anyKey(a.attributes) || anyKey(b.attributes) || anyKey(m_a.attributes) ||
                           anyKey(m_b.attributes);
        if (keyed && keys(m_a, a) != keys(m_b, b)) // never the keys themselves: they are secrets
            m_out.push_back(fmt::format("{}: the encryption keys differ", m_type));
    }

    void formats(const SdpMedia &a, const SdpMedia &b)
    {
        const auto before = mappings(a);
        const auto after = mappings(b);
        for (const auto &[number, map] : before) {
            const auto it = after.find(number);
            if (it == after.end())
                m_out.push_back(fmt::format("{}: format {} ({}) is gone", m_type, number, map));
            else
                differ(fmt::format("format {}", number), map, it->second);
        }
        for (const auto &[number, map] : after)
            if (before.count(number) == 0)
                m_out.push_back(fmt::format("{}: format {} ({}) is new", m_type, number, map));
    }

    const Sdp &m_a, &m_b;
    std::string_view m_type;
    std::vector<std::string> m_out;
};

} // namespace

std::vector<std::string> mediaDifferences(const Sdp &a, const Sdp &b)
{
    return Comparison(a, b).run();
}

} // namespace sip
