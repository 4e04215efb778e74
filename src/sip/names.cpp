// SPDX-License-Identifier: Apache-2.0
#include <sip/message.h>

#include <algorithm>
#include <array>
#include <base/text.h>
#include <cstring>

namespace sip {
namespace {

struct MethodName {
    Method method;
    std::string_view text;
};
constexpr std::array<MethodName, 14> kMethods{{{Method::Invite, "INVITE"},
                                               {Method::Ack, "ACK"},
                                               {Method::Bye, "BYE"},
                                               {Method::Cancel, "CANCEL"},
                                               {Method::Register, "REGISTER"},
                                               {Method::Options, "OPTIONS"},
                                               {Method::Prack, "PRACK"},
                                               {Method::Update, "UPDATE"},
                                               {Method::Subscribe, "SUBSCRIBE"},
                                               {Method::Notify, "NOTIFY"},
                                               {Method::Refer, "REFER"},
                                               {Method::Info, "INFO"},
                                               {Method::Message, "MESSAGE"},
                                               {Method::Publish, "PUBLISH"}}};

struct HeaderName {
    HeaderId id;
    std::string_view text;
    char compact; // RFC 3261 section 7.3.3 and the RFCs that added one; 0: none
};
// In the order of HeaderId, which headerText() relies on.
constexpr std::array<HeaderName, 45> kHeaders{{
    {HeaderId::Via, "Via", 'v'},
    {HeaderId::From, "From", 'f'},
    {HeaderId::To, "To", 't'},
    {HeaderId::CallId, "Call-ID", 'i'},
    {HeaderId::CSeq, "CSeq", 0},
    {HeaderId::Contact, "Contact", 'm'},
    {HeaderId::MaxForwards, "Max-Forwards", 0},
    {HeaderId::Route, "Route", 0},
    {HeaderId::RecordRoute, "Record-Route", 0},
    {HeaderId::Path, "Path", 0},
    {HeaderId::ServiceRoute, "Service-Route", 0},
    {HeaderId::ContentType, "Content-Type", 'c'},
    {HeaderId::ContentLength, "Content-Length", 'l'},
    {HeaderId::ContentDisposition, "Content-Disposition", 0},
    {HeaderId::ContentEncoding, "Content-Encoding", 'e'},
    {HeaderId::Supported, "Supported", 'k'},
    {HeaderId::Require, "Require", 0},
    {HeaderId::ProxyRequire, "Proxy-Require", 0},
    {HeaderId::Unsupported, "Unsupported", 0},
    {HeaderId::Allow, "Allow", 0},
    {HeaderId::Accept, "Accept", 0},
    {HeaderId::Expires, "Expires", 0},
    {HeaderId::MinExpires, "Min-Expires", 0},
    {HeaderId::RSeq, "RSeq", 0},
    {HeaderId::RAck, "RAck", 0},
    {HeaderId::PEarlyMedia, "P-Early-Media", 0},
    {HeaderId::FlowTimer, "Flow-Timer", 0},
    {HeaderId::WwwAuthenticate, "WWW-Authenticate", 0},
    {HeaderId::ProxyAuthenticate, "Proxy-Authenticate", 0},
    {HeaderId::Authorization, "Authorization", 0},
    {HeaderId::ProxyAuthorization, "Proxy-Authorization", 0},
    {HeaderId::Warning, "Warning", 0},
    {HeaderId::Reason, "Reason", 0},
    {HeaderId::RetryAfter, "Retry-After", 0},
    {HeaderId::Server, "Server", 0},
    {HeaderId::UserAgent, "User-Agent", 0},
    {HeaderId::SessionId, "Session-ID", 0},
    {HeaderId::AlertInfo, "Alert-Info", 0},
    {HeaderId::SessionExpires, "Session-Expires", 'x'},
    {HeaderId::MinSe, "Min-SE", 0},
    {HeaderId::Subject, "Subject", 's'},
    {HeaderId::Event, "Event", 'o'},
    {HeaderId::ReferTo, "Refer-To", 'r'},
    {HeaderId::ReferredBy, "Referred-By", 'b'},
    {HeaderId::Replaces, "Replaces", 0},
}};

constexpr bool inOrder()
{
    for (std::size_t i = 0; i < kHeaders.size(); ++i)
        if (static_cast<std::size_t>(kHeaders[i].id) != i + 1)
            return false;
    return static_cast<std::size_t>(HeaderId::Replaces) == kHeaders.size();
}
static_assert(inOrder());

} // namespace

Method methodOf(std::string_view text)
{
    const auto it = std::find_if(kMethods.begin(), kMethods.end(),
                                 [&](const MethodName &name) { return name.text == text; });
    return it == kMethods.end() ? Method::Unknown : it->method;
}

std::string_view methodText(Method method)
{
    const auto it = std::find_if(kMethods.begin(), kMethods.end(),
                                 [&](const MethodName &name) { return name.method == method; });
    return it == kMethods.end() ? std::string_view() : it->text;
}

namespace {

/// First letter, last letter and length tell all names we know from each other.
constexpr std::uint32_t sketch(std::string_view name)
{
    return (static_cast<unsigned char>(name.front()) | 0x20U) << 16U |
           (static_cast<unsigned char>(name.back()) | 0x20U) << 8U |
           static_cast<std::uint32_t>(name.size() & 0xFFU);
}

/// A table without collisions: one look for each header line, whatever its name.
struct NameTable {
    static constexpr unsigned kBits = 9;
    std::uint32_t factor = 0;
    std::array<std::uint8_t, 1U << kBits> places{}; // into kHeaders, from 1; 0: no such name
    std::array<std::uint8_t, 26> compact{};

    constexpr std::size_t slot(std::uint32_t sketch) const
    {
        return static_cast<std::uint32_t>(sketch * factor) >> (32U - kBits);
    }
    constexpr bool fill()
    {
        places = {};
        for (std::size_t i = 0; i < kHeaders.size(); ++i) {
            std::uint8_t &place = places[slot(sketch(kHeaders[i].text))];
            if (place != 0)
                return false;
            place = static_cast<std::uint8_t>(i + 1);
        }
        return true;
    }
};

constexpr NameTable kNames = [] {
    NameTable out;
    for (out.factor = 0x9E3779B1U; !out.fill(); out.factor += 2) {
    }
    for (std::size_t i = 0; i < kHeaders.size(); ++i)
        if (kHeaders[i].compact != 0)
            out.compact[static_cast<std::size_t>(kHeaders[i].compact - 'a')] =
                static_cast<std::uint8_t>(i + 1);
    return out;
}();

} // namespace

namespace {

/// memcmp's call would take as long as the rest.
bool same(std::string_view known, std::string_view name)
{
    const std::size_t size = known.size();
    if (size != name.size())
        return false;
    if (size < 4) { // "To", "Via"
        for (std::size_t i = 0; i < size; ++i)
            if (known[i] != name[i])
                return false;
        return true;
    }
    const auto alike = [&](std::size_t at, auto word) {
        auto other = word;
        std::memcpy(&word, known.data() + at, sizeof word);
        std::memcpy(&other, name.data() + at, sizeof other);
        return word == other;
    };
    if (size < 8)
        return alike(0, std::uint32_t{}) && alike(size - 4, std::uint32_t{});
    for (std::size_t at = 0; at + 8 < size; at += 8)
        if (!alike(at, std::uint64_t{}))
            return false;
    return alike(size - 8, std::uint64_t{});
}

[[gnu::noinline]] HeaderId inOtherCase(const HeaderName &known, std::string_view name)
{
    return base::equalsNoCase(known.text, name) ? known.id : HeaderId::Other;
}

} // namespace

HeaderId headerIdOf(std::string_view name)
{
    if (name.empty())
        return HeaderId::Other;
    if (name.size() == 1) {
        const auto letter = static_cast<std::size_t>((name[0] | 0x20) - 'a');
        return static_cast<HeaderId>(letter < kNames.compact.size() ? kNames.compact[letter] : 0);
    }
    const std::uint8_t place = kNames.places[kNames.slot(sketch(name))];
    if (place == 0)
        return HeaderId::Other;
    const HeaderName &known = kHeaders[place - 1U];
    return same(known.text, name) ? known.id : inOtherCase(known, name);
}

std::string_view headerText(HeaderId id)
{
    const auto index = static_cast<std::size_t>(id);
    return index == 0 || index > kHeaders.size() ? std::string_view() : kHeaders[index - 1].text;
}

} // namespace sip
