// SPDX-License-Identifier: Apache-2.0
#include <ingest/text/told_messages.h>

#include <algorithm>
#include <array>
#include <base/counted.h>
#include <base/text.h>
#include <cctype>
#include <ingest/text/moment.h>
#include <ingest/text/text_frames.h>
#include <nlohmann/json.hpp>
#include <sip/message.h>
#include <span>

namespace ingest::text {
namespace {

using nlohmann::json;

constexpr std::size_t kDeepest = 64;
constexpr std::size_t kMostFields = 256; // of one object that are kept
constexpr std::size_t kMostAlike = 16;   // messages of one object that are compared
constexpr std::size_t kLargest = std::size_t{64}
                                 << 20U; // bytes of one object of the outermost list

/// "source_ip", "srcIp" and "Source-IP" are one.
std::string plain(std::string_view key)
{
    std::string out;
    for (const char c : key)
        if (std::isalnum(static_cast<unsigned char>(c)) != 0)
            out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return out;
}

struct Told {
    std::string own;                                           // plain key of the object itself
    std::vector<std::pair<std::string, std::string>> fields;   // plain keys
    std::vector<std::pair<std::string, std::string>> messages; // under which key

    std::string_view value(std::span<const std::string_view> names) const
    {
        for (const auto name : names)
            for (const auto &[key, value] : fields)
                if (key == name && !value.empty())
                    return value;
        return {};
    }
};

constexpr std::array<std::string_view, 8> kSources{"srcip", "sourceip", "sourceaddress", "srcaddr",
                                                   "ipsrc", "srchost",  "source",        "src"};
constexpr std::array<std::string_view, 9> kTargets{
    "dstip",   "destinationip", "destip", "destinationaddress", "dstaddr", "ipdst",
    "dsthost", "destination",   "dst"};
constexpr std::array<std::string_view, 2> kSourcePorts{"srcport", "sourceport"};
constexpr std::array<std::string_view, 3> kTargetPorts{"dstport", "destinationport", "destport"};
constexpr std::array<std::string_view, 6> kTimes{"timestamp", "time",       "ts",
                                                 "microts",   "createdate", "realtimetimestamp"};
constexpr std::array<std::string_view, 1> kSeconds{"timeseconds"}, kMicros{"timeuseconds"};
constexpr std::array<std::string_view, 3> kProtocols{"proto", "transport", "protocol"};

base::Endpoint endOf(const Told &told, std::span<const std::string_view> addresses,
                     std::span<const std::string_view> ports)
{
    const auto shown = told.value(addresses);
    base::Endpoint out;
    if (const auto address = base::Address::parse(shown))
        out.address = *address;
    else if (const auto whole = base::Endpoint::parse(shown))
        out = *whole;
    const auto port = base::toInteger(told.value(ports)).value_or(0);
    if (port > 0 && port <= 0xFFFF)
        out.port = static_cast<std::uint16_t>(port);
    return out;
}

/// A number since 1970 in seconds, or smaller units where it is too large for those.
base::Instant sinceEpoch(std::string_view number)
{
    const auto dot = number.find('.');
    auto value = base::toInteger(number.substr(0, dot)).value_or(0);
    if (value <= 0)
        return {};
    std::int64_t unit = 1'000'000'000;
    for (const long long most :
         {100'000'000'000LL, 100'000'000'000'000LL, 100'000'000'000'000'000LL})
        unit /= value >= most ? 1000 : 1;
    if (value > 9'000'000'000'000'000'000LL / unit)
        return {};
    std::int64_t out = value * unit;
    if (dot != std::string_view::npos && unit == 1'000'000'000) {
        std::int64_t digit = 100'000'000;
        for (const char c : number.substr(dot + 1)) {
            if (c < '0' || c > '9' || digit == 0)
                break;
            out += (c - '0') * digit;
            digit /= 10;
        }
    }
    return {out};
}

base::Instant timeOf(const Told &told)
{
    if (const auto seconds = base::toInteger(told.value(kSeconds));
        seconds && *seconds > 0 && *seconds < 9'000'000'000LL)
        return {*seconds * 1'000'000'000 +
                std::clamp(base::toInteger(told.value(kMicros)).value_or(0), 0LL, 999'999LL) *
                    1000};
    const auto shown = told.value(kTimes);
    if (!shown.empty() && shown.find_first_not_of("0123456789.") == std::string_view::npos)
        return sinceEpoch(shown);
    const auto moment = momentIn(shown);
    return moment.tells == Moment::Tells::Instant ? moment.time : base::Instant{};
}

base::Transport transportOf(const Told &told)
{
    const auto shown = base::lower(told.value(kProtocols));
    if (shown == "17" || shown == "udp")
        return base::Transport::Udp;
    if (shown == "6" || shown == "tcp")
        return base::Transport::Tcp;
    return shown == "tls" ? base::Transport::Tls : base::Transport::Unknown;
}

/// A start line alone is a line of some log.
bool isWholeMessage(std::string_view text)
{
    if (!sip::looksLikeSip(text))
        return false;
    const auto message = sip::parse(text);
    return message && !message->callId().empty();
}

/// Tells each object that has a message, with the fields of the objects within it; an object
/// without one belongs to the one around it.
class Objects final : public json::json_sax_t
{
public:
    explicit Objects(TextFrames &out) : m_out(out) {}
    std::uint64_t told() const { return m_told; }

    bool null() override { return true; }
    bool boolean(bool /*value*/) override { return true; }
    bool number_integer(json::number_integer_t value) override
    {
        return keep(std::to_string(value));
    }
    bool number_unsigned(json::number_unsigned_t value) override
    {
        return keep(std::to_string(value));
    }
    bool number_float(json::number_float_t /*value*/, const std::string &text) override
    {
        return keep(text);
    }
    bool binary(json::binary_t & /*value*/) override { return true; }
    bool string(std::string &value) override
    {
        if (!m_levels.empty() && isWholeMessage(value)) {
            auto &messages = m_levels.back().messages;
            const auto last = std::min(messages.size(), kMostAlike);
            if (std::none_of(messages.begin(), messages.begin() + static_cast<std::ptrdiff_t>(last),
                             [&](const auto &each) { // told once more under another key
                                 return each.first != m_key && each.second == value;
                             }))
                messages.emplace_back(m_key, std::move(value));
            return true;
        }
        return value.size() > 256 || keep(std::move(value));
    }
    bool start_object(std::size_t /*size*/) override
    {
        m_levels.emplace_back().own = m_key;
        return m_levels.size() < kDeepest;
    }
    bool end_object() override
    {
        Told ended = std::move(m_levels.back());
        m_levels.pop_back();
        for (const auto &[key, message] : ended.messages)
            tell(ended, message);
        if (!ended.messages.empty() || m_levels.empty())
            return true;
        // "source": {"ip": ...} is told as "sourceip" too.
        auto &fields = m_levels.back().fields;
        for (auto &[key, value] : ended.fields) {
            if (!ended.own.empty() && fields.size() < kMostFields)
                fields.emplace_back(ended.own + key, value);
            if (fields.size() < kMostFields)
                fields.emplace_back(key, std::move(value));
        }
        return true;
    }
    bool start_array(std::size_t /*size*/) override { return ++m_arrays < kDeepest; }
    bool end_array() override
    {
        --m_arrays;
        return true;
    }
    bool key(std::string &name) override
    {
        m_key = plain(name);
        return true;
    }
    bool parse_error(std::size_t /*position*/, const std::string & /*token*/,
                     const json::exception & /*error*/) override
    {
        return false;
    }

private:
    bool keep(std::string value)
    {
        if (!m_levels.empty() && m_levels.back().fields.size() < kMostFields)
            m_levels.back().fields.emplace_back(m_key, std::move(value));
        return true;
    }
    void tell(const Told &object, const std::string &message)
    {
        base::Packet packet;
        packet.time = timeOf(object);
        packet.transport = transportOf(object);
        packet.source = endOf(object, kSources, kSourcePorts);
        packet.destination = endOf(object, kTargets, kTargetPorts);
        packet.hint = base::PayloadHint::Sip;
        packet.payload = base::Blob::copy(message);
        ++m_out.outcome().frames;
        ++m_told;
        m_out.packet(std::move(packet));
    }

    TextFrames &m_out;
    std::vector<Told> m_levels;
    std::string m_key;
    std::size_t m_arrays = 0;
    std::uint64_t m_told = 0;
};

/// Behind the object that begins here; npos: it does not end.
std::size_t endOfObject(std::string_view text, std::size_t begin)
{
    std::size_t depth = 0;
    const std::size_t most = begin + std::min(text.size() - begin, kLargest);
    for (std::size_t at = begin; at < most; ++at) {
        const char c = text[at];
        if (c == '"') {
            for (++at; at < most && text[at] != '"'; ++at)
                at += text[at] == '\\' ? 1 : 0;
        } else if (c == '{') {
            ++depth;
        } else if (c == '}' && --depth == 0) {
            return at + 1;
        }
    }
    return std::string_view::npos;
}

} // namespace

bool isToldMessages(std::string_view firstBytes)
{
    std::string_view text = firstBytes;
    if (text.starts_with("\xEF\xBB\xBF"))
        text.remove_prefix(3);
    text = base::trim(text);
    if (!text.starts_with('{') && !text.starts_with('['))
        return false;
    const std::size_t version = text.find("SIP/2.0");
    if (version == std::string_view::npos)
        return false;
    const auto behind = text.substr(version);
    const std::size_t end = behind.find("\\n"); // escaped: a message of more than one line
    if (end == std::string_view::npos || end > 64 || end + 2 >= behind.size() ||
        std::isalpha(static_cast<unsigned char>(behind[end + 2])) == 0)
        return false; // a line of a log that quotes a start line
    const std::string keys = plain(text);
    const auto names = [&](const auto &list) {
        return std::any_of(list.begin(), list.end(), [&](std::string_view name) {
            return name.size() > 3 && keys.find(name) != std::string::npos;
        });
    };
    return names(kSources) || keys.find("realtimetimestamp") != std::string::npos;
}

base::Result<Outcome> readToldMessages(const base::Blob &bytes, const Sink &sink,
                                       const std::atomic<bool> &cancel)
{
    TextFrames out(sink, cancel, bytes.size());
    out.outcome().linkTypes.emplace_back("SIP messages in JSON");
    const std::string_view text = bytes.text();
    std::uint64_t damaged = 0, told = 0;
    std::size_t at = 0, cut = 0;
    while (!out.stop(at)) {
        const std::size_t begin = text.find('{', at);
        if (begin == std::string_view::npos)
            break;
        const std::size_t end = endOfObject(text, begin);
        if (end == std::string_view::npos) { // cut off or too large: what lies within may be whole
            damaged += cut == 0 ? 1 : 0;
            if (++cut > kDeepest)
                break;
            at = begin + 1;
            continue;
        }
        Objects objects(out);
        const auto object = text.substr(begin, end - begin);
        if (!json::sax_parse(object.begin(), object.end(), &objects))
            ++damaged;
        told += objects.told();
        at = end;
    }
    out.stop(text.size());
    if (damaged != 0)
        out.flaw(base::counted(damaged, "object") +
                 " could not be read: the JSON is damaged there, or ends.");
    if (told == 0)
        out.flaw("No value of this JSON is a whole SIP message.");
    return out.finish();
}

} // namespace ingest::text
