// SPDX-License-Identifier: Apache-2.0
#include <sip/sdp.h>

#include <algorithm>
#include <array>

#include <base/text.h>
#include <sip/address.h>
#include <sip/scan.h>

namespace sip {
namespace {

constexpr std::size_t kMostMedia = 256;
constexpr std::size_t kMostAttributes = 4096; // and formats, each over the whole description
constexpr std::size_t kMostFlaws = 64;
constexpr std::size_t kUsual = 8; // formats and attributes of one m= line, room for

struct StaticPayload {
    int payloadType;
    RtpMap map;
};
// RFC 3551 section 6, tables 4 and 5
constexpr std::array<StaticPayload, 24> kStatic{{
    {0, {"PCMU", 8000, 1}},   {3, {"GSM", 8000, 1}},    {4, {"G723", 8000, 1}},
    {5, {"DVI4", 8000, 1}},   {6, {"DVI4", 16000, 1}},  {7, {"LPC", 8000, 1}},
    {8, {"PCMA", 8000, 1}},   {9, {"G722", 8000, 1}},   {10, {"L16", 44100, 2}},
    {11, {"L16", 44100, 1}},  {12, {"QCELP", 8000, 1}}, {13, {"CN", 8000, 1}},
    {14, {"MPA", 90000, 1}},  {15, {"G728", 8000, 1}},  {16, {"DVI4", 11025, 1}},
    {17, {"DVI4", 22050, 1}}, {18, {"G729", 8000, 1}},  {25, {"CelB", 90000, 1}},
    {26, {"JPEG", 90000, 1}}, {28, {"nv", 90000, 1}},   {31, {"H261", 90000, 1}},
    {32, {"MPV", 90000, 1}},  {33, {"MP2T", 90000, 1}}, {34, {"H263", 90000, 1}},
}};

constexpr auto kByPayload = [] {
    std::array<RtpMap, 35> out{};
    for (const StaticPayload &entry : kStatic)
        out[static_cast<std::size_t>(entry.payloadType)] = entry.map;
    return out;
}();

// Cuts the next word off the front.
std::string_view word(std::string_view &text)
{
    std::size_t begin = 0;
    while (begin < text.size() && (text[begin] == ' ' || text[begin] == '\t'))
        ++begin;
    const auto end = firstBlank(text, begin);
    const auto out = text.substr(begin, end - begin);
    text = text.substr(end);
    return out;
}

class SdpParser
{
public:
    explicit SdpParser(std::string_view text) { m_sdp.text = text; }
    Sdp run();

private:
    void line(char type, std::string_view value, std::string_view whole);
    void media(std::string_view value, std::string_view whole);
    void formats(SdpMedia &media, std::string_view list);
    void attribute(std::string_view value);
    void mediaAttribute(SdpMedia &media, std::string_view name, std::string_view value);
    void rtpmap(SdpMedia &media, std::string_view value);
    std::string_view connection(std::string_view value);
    SdpFormat *formatOf(SdpMedia &media, std::string_view payloadType);
    void closing();
    void flaw(std::string_view where, std::string_view what);

    Sdp m_sdp;
    Direction m_direction = Direction::SendRecv; // the session's
    bool m_version = false, m_skip = false;
    std::size_t m_attributes = 0, m_formats = 0;
    std::array<int, 128> m_byPayload{}; // index + 1 of the format under way, by payload type
};

void SdpParser::flaw(std::string_view where, std::string_view what)
{
    if (m_sdp.flaws.size() < kMostFlaws)
        m_sdp.flaws.push_back({static_cast<std::uint32_t>(where.data() - m_sdp.text.data()), what});
}

Sdp SdpParser::run()
{
    LineCursor lines(m_sdp.text);
    bool first = true;
    bool bare = false;
    while (!lines.done()) {
        const Line found = lines.next();
        const auto text = m_sdp.text.substr(found.begin, found.end - found.begin);
        if (!bare && (found.ending == LineEnd::Lf || found.ending == LineEnd::Cr)) {
            bare = true;
            flaw(m_sdp.text.substr(found.end), "a line ends without CRLF");
        }
        if (text.empty())
            continue;
        if (text.size() < 2 || text[1] != '=' || text[0] < 'a' || text[0] > 'z') {
            flaw(text, "not a line of the form letter=value");
            continue;
        }
        if (first && text[0] != 'v')
            flaw(text, "the first line is not v=");
        first = false;
        line(text[0], text.substr(2), text);
    }
    closing();
    return std::move(m_sdp);
}

void SdpParser::closing()
{
    const auto end = m_sdp.text.substr(m_sdp.text.size());
    if (!m_version)
        flaw(end, "no v= line");
    if (m_sdp.origin.empty())
        flaw(end, "no o= line");
    if (m_sdp.session.empty())
        flaw(end, "no s= line, or an empty one");
    if (m_sdp.timing.empty())
        flaw(end, "no t= line");
    for (SdpMedia &media : m_sdp.media)
        if (media.connection.empty()) {
            media.connection = m_sdp.connection;
            if (media.connection.empty() && media.port != 0)
                flaw(media.line, "no c= line holds for this m= line");
        }
}

void SdpParser::line(char type, std::string_view value, std::string_view whole)
{
    switch (type) {
    case 'v':
        m_version = true;
        if (trimmed(value) != "0")
            flaw(whole, "the version is not 0");
        break;
    case 'o':
        m_sdp.origin = value;
        if (std::count(value.begin(), value.end(), ' ') != 5)
            flaw(whole, "o= does not have six fields");
        break;
    case 's':
        m_sdp.session = value;
        break;
    case 't':
        if (m_sdp.timing.empty())
            m_sdp.timing = value;
        break;
    case 'c': {
        const auto address = connection(value);
        if (address.empty())
            flaw(whole, "c= cannot be read");
        auto &target = m_sdp.media.empty() ? m_sdp.connection : m_sdp.media.back().connection;
        if (target.empty() && !m_skip)
            target = address;
        break;
    }
    case 'm':
        media(value, whole);
        break;
    case 'a':
        attribute(value);
        break;
    default:
        break;
    }
}

// RFC 8866 section 5.7: "IN IP4 192.0.2.1", with /ttl or /count for multicast.
std::string_view SdpParser::connection(std::string_view value)
{
    const auto net = word(value);
    const auto family = word(value);
    const auto address = word(value);
    if (net != "IN" || (family != "IP4" && family != "IP6"))
        return {};
    return address.substr(0, address.find('/'));
}

void SdpParser::media(std::string_view value, std::string_view whole)
{
    m_skip = m_sdp.media.size() >= kMostMedia;
    if (m_skip) {
        flaw(whole, "more m= lines than Earshot looks at");
        return;
    }
    SdpMedia media;
    media.line = whole;
    media.direction = m_direction;
    media.type = word(value);
    const auto port = word(value);
    const auto slash = std::min(port.find('/'), port.size());
    std::uint64_t number = 0;
    if (readNumber(port.substr(0, slash), number) && number <= 65535)
        media.port = static_cast<std::uint32_t>(number);
    else
        flaw(whole, "the port in m= is not a number up to 65535");
    media.protocol = word(value);
    formats(media, value);
    if (media.formats.empty())
        flaw(whole, "m= is not type, port, protocol and at least one format");
    media.attributes.reserve(kUsual);
    if (m_sdp.media.empty())
        m_sdp.media.reserve(2); // audio and video
    m_sdp.media.push_back(std::move(media));
}

void SdpParser::formats(SdpMedia &media, std::string_view list)
{
    m_byPayload.fill(0);
    const bool rtp = media.protocol.find("RTP/") != std::string_view::npos;
    media.formats.reserve(kUsual);
    for (auto text = word(list); !text.empty(); text = word(list)) {
        if (++m_formats > kMostAttributes) {
            flaw(text, "more formats than Earshot looks at");
            return;
        }
        SdpFormat format;
        format.text = text;
        std::uint64_t number = 0;
        if (rtp && readNumber(text, number) && number < m_byPayload.size()) {
            format.payloadType = static_cast<int>(number);
            if (number < kByPayload.size())
                format.map = kByPayload[number];
            int &index = m_byPayload[number];
            if (index == 0)
                index = static_cast<int>(media.formats.size()) + 1;
        } else if (rtp) {
            flaw(text, "a payload type is not a number up to 127");
        }
        media.formats.push_back(format);
    }
}

SdpFormat *SdpParser::formatOf(SdpMedia &media, std::string_view payloadType)
{
    std::uint64_t number = 0;
    if (!readNumber(payloadType, number) || number >= m_byPayload.size() ||
        m_byPayload[number] == 0)
        return nullptr;
    return &media.formats[static_cast<std::size_t>(m_byPayload[number] - 1)];
}

void SdpParser::attribute(std::string_view value)
{
    if (m_skip)
        return;
    if (++m_attributes > kMostAttributes) {
        if (m_attributes == kMostAttributes + 1)
            flaw(value, "more attributes than Earshot looks at");
        return;
    }
    const auto colon = std::min(value.find(':'), value.size());
    const auto name = trimmed(value.substr(0, colon));
    const auto rest = trimmed(value.substr(std::min(colon + 1, value.size())));
    const bool session = m_sdp.media.empty();
    (session ? m_sdp.attributes : m_sdp.media.back().attributes).push_back(value);
    Direction &direction = session ? m_direction : m_sdp.media.back().direction;
    constexpr std::size_t kDirection = 8; // octets of each of them
    for (const auto one :
         {Direction::SendRecv, Direction::SendOnly, Direction::RecvOnly, Direction::Inactive})
        if (name.size() == kDirection && name == directionText(one))
            direction = one;
    if (!session)
        mediaAttribute(m_sdp.media.back(), name, rest);
}

void SdpParser::mediaAttribute(SdpMedia &media, std::string_view name, std::string_view value)
{
    if (name == "rtpmap") {
        rtpmap(media, value);
    } else if (name == "fmtp") {
        SdpFormat *format = formatOf(media, word(value));
        if (format != nullptr)
            format->fmtp = trimmed(value);
    } else if (name == "ptime" || name == "maxptime") {
        std::uint64_t number = 0;
        const auto whole =
            value.substr(0, value.find('.')); // RFC 8866 section 6.4 allows a fraction
        if (readNumber(whole, number) && number > 0 && number <= 10000)
            (name == "ptime" ? media.ptime : media.maxptime) = static_cast<int>(number);
        else
            flaw(value, "a packet time is not a number of milliseconds");
    }
}

// RFC 8866 section 6.6: "96 opus/48000/2"
void SdpParser::rtpmap(SdpMedia &media, std::string_view value)
{
    const auto whole = value;
    SdpFormat *format = formatOf(media, word(value));
    if (format == nullptr) {
        flaw(whole, "rtpmap names a payload type that its m= line does not list");
        return;
    }
    const auto fields = trimmed(value);
    const auto first = std::min(fields.find('/'), fields.size());
    const auto second = std::min(fields.find('/', first + 1), fields.size());
    const auto clock =
        fields.substr(std::min(first + 1, fields.size()), second - std::min(first + 1, second));
    const auto channels = fields.substr(std::min(second + 1, fields.size()));
    std::uint64_t rate = 0;
    std::uint64_t count = 1;
    if (first == 0 || !readNumber(clock, rate) || rate == 0 || rate > 0xFFFFFFFFU ||
        (!channels.empty() && (!readNumber(channels, count) || count == 0 || count > 255))) {
        flaw(whole, "rtpmap is not encoding/clock");
        return;
    }
    format->map = {fields.substr(0, first), static_cast<std::uint32_t>(rate),
                   static_cast<int>(count)};
    format->mapped = true;
}

} // namespace

std::string_view directionText(Direction direction)
{
    static constexpr std::array<std::string_view, 4> kTexts{"sendrecv", "sendonly", "recvonly",
                                                            "inactive"};
    return kTexts[static_cast<std::size_t>(direction)];
}

std::optional<std::string_view> SdpMedia::attribute(std::string_view name) const
{
    for (const auto text : attributes) {
        const auto colon = std::min(text.find(':'), text.size());
        if (text.substr(0, colon) == name)
            return text.substr(std::min(colon + 1, text.size()));
    }
    return std::nullopt;
}

const SdpFormat *SdpMedia::format(int payloadType) const
{
    const auto it = std::find_if(formats.begin(), formats.end(), [payloadType](const SdpFormat &f) {
        return payloadType >= 0 && f.payloadType == payloadType;
    });
    return it == formats.end() ? nullptr : &*it;
}

std::optional<base::Endpoint> SdpMedia::endpoint() const
{
    const auto address = addressOf(connection);
    // RTP sent to 0.0.0.0 (RFC 3264 section 8.4: hold) would reach this very host.
    if (!address || address->isUnspecified() || port == 0 || port > 65535)
        return std::nullopt;
    return base::Endpoint{*address, static_cast<std::uint16_t>(port)};
}

std::optional<base::Endpoint> candidateEndpoint(std::string_view attribute)
{
    constexpr std::string_view kName = "candidate:";
    if (attribute.substr(0, kName.size()) != kName)
        return std::nullopt;
    attribute.remove_prefix(kName.size());
    word(attribute); // foundation
    const auto component = word(attribute);
    const auto transport = word(attribute);
    word(attribute); // priority
    const auto address = addressOf(word(attribute));
    std::uint64_t port = 0;
    if (component != "1" || !base::equalsNoCase(transport, "UDP") || !address ||
        address->isUnspecified() || !readNumber(word(attribute), port) || port == 0 || port > 65535)
        return std::nullopt;
    return base::Endpoint{*address, static_cast<std::uint16_t>(port)};
}

const SdpMedia *Sdp::audio() const
{
    const auto it = std::find_if(media.begin(), media.end(),
                                 [](const SdpMedia &m) { return m.type == "audio"; });
    return it == media.end() ? nullptr : &*it;
}

const SdpMedia *Sdp::usedAudio() const
{
    const auto it = std::find_if(media.begin(), media.end(), [](const SdpMedia &m) {
        return m.type == "audio" && m.port != 0;
    });
    return it == media.end() ? audio() : &*it;
}

Sdp parseSdp(std::string_view text)
{
    return SdpParser(text).run();
}

} // namespace sip
