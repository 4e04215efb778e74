// SPDX-License-Identifier: Apache-2.0
#include <sip/status.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace sip {
namespace {

constexpr auto kNone = Effect::None;
constexpr auto kUsage = Effect::Usage;
constexpr auto kDialog = Effect::Dialog;
constexpr auto kTransaction = Effect::Transaction;

// The IANA registry of SIP response codes; the effect is RFC 5057 section 5.1 for what comes on a
// request inside a dialog. 1xx and 2xx end nothing. The entries marked false are met in the field
// without a registration.
constexpr Status kStatuses[] = {
    {100, "Trying", "RFC 3261", kNone},
    {180, "Ringing", "RFC 3261", kNone},
    {181, "Call Is Being Forwarded", "RFC 3261", kNone},
    {182, "Queued", "RFC 3261", kNone},
    {183, "Session Progress", "RFC 3261", kNone},
    {199, "Early Dialog Terminated", "RFC 6228", kDialog},
    {200, "OK", "RFC 3261", kNone},
    {202, "Accepted", "RFC 6665", kNone},
    {204, "No Notification", "RFC 5839", kNone},
    {300, "Multiple Choices", "RFC 3261"},
    {301, "Moved Permanently", "RFC 3261"},
    {302, "Moved Temporarily", "RFC 3261"},
    {305, "Use Proxy", "RFC 3261"},
    {380, "Alternative Service", "RFC 3261"},
    {400, "Bad Request", "RFC 3261"},
    {401, "Unauthorized", "RFC 3261"},
    {402, "Payment Required", "RFC 3261"},
    {403, "Forbidden", "RFC 3261"},
    {404, "Not Found", "RFC 3261", kDialog},
    {405, "Method Not Allowed", "RFC 3261", kUsage},
    {406, "Not Acceptable", "RFC 3261"},
    {407, "Proxy Authentication Required", "RFC 3261"},
    {408, "Request Timeout", "RFC 3261", kUsage},
    {409, "Conflict", "RFC 2543", kTransaction, false},
    {410, "Gone", "RFC 3261", kDialog},
    {411, "Length Required", "RFC 2543", kTransaction, false},
    {412, "Conditional Request Failed", "RFC 3903"},
    {413, "Request Entity Too Large", "RFC 3261"},
    {414, "Request-URI Too Long", "RFC 3261"},
    {415, "Unsupported Media Type", "RFC 3261"},
    {416, "Unsupported URI Scheme", "RFC 3261", kDialog},
    {417, "Unknown Resource-Priority", "RFC 4412"},
    {420, "Bad Extension", "RFC 3261"},
    {421, "Extension Required", "RFC 3261"},
    {422, "Session Interval Too Small", "RFC 4028"},
    {423, "Interval Too Brief", "RFC 3261"},
    {424, "Bad Location Information", "RFC 6442"},
    {425, "Bad Alert Message", "RFC 8876"},
    {428, "Use Identity Header", "RFC 8224"},
    {429, "Provide Referrer Identity", "RFC 3892"},
    {430, "Flow Failed", "RFC 5626"},
    {433, "Anonymity Disallowed", "RFC 5079"},
    {436, "Bad Identity Info", "RFC 8224"},
    {437, "Unsupported Credential", "RFC 8224"},
    {438, "Invalid Identity Header", "RFC 8224"},
    {439, "First Hop Lacks Outbound Support", "RFC 5626"},
    {440, "Max-Breadth Exceeded", "RFC 5393"},
    {469, "Bad Info Package", "RFC 6086"},
    {470, "Consent Needed", "RFC 5360"},
    {476, "Unresolvable Destination", "Kamailio", kTransaction, false},
    {477, "Send Error", "Kamailio", kTransaction, false},
    {478, "Bad Destination Address", "Kamailio", kTransaction, false},
    {480, "Temporarily Unavailable", "RFC 3261", kUsage},
    {481, "Call/Transaction Does Not Exist", "RFC 3261", kUsage},
    {482, "Loop Detected", "RFC 3261", kDialog},
    {483, "Too Many Hops", "RFC 3261", kDialog},
    {484, "Address Incomplete", "RFC 3261", kDialog},
    {485, "Ambiguous", "RFC 3261", kDialog},
    {486, "Busy Here", "RFC 3261"},
    {487, "Request Terminated", "RFC 3261"},
    {488, "Not Acceptable Here", "RFC 3261"},
    {489, "Bad Event", "RFC 6665", kUsage},
    {490, "Request Updated", "sofia-sip", kTransaction, false},
    {491, "Request Pending", "RFC 3261"},
    {493, "Undecipherable", "RFC 3261"},
    {494, "Security Agreement Required", "RFC 3329"},
    {500, "Server Internal Error", "RFC 3261"},
    {501, "Not Implemented", "RFC 3261", kUsage},
    {502, "Bad Gateway", "RFC 3261", kDialog},
    {503, "Service Unavailable", "RFC 3261"},
    {504, "Server Time-out", "RFC 3261"},
    {505, "Version Not Supported", "RFC 3261"},
    {513, "Message Too Large", "RFC 3261"},
    {555, "Push Notification Service Not Supported", "RFC 8599"},
    {580, "Precondition Failure", "RFC 3312"},
    {600, "Busy Everywhere", "RFC 3261"},
    {603, "Decline", "RFC 3261"},
    {604, "Does Not Exist Anywhere", "RFC 3261", kDialog},
    {606, "Not Acceptable", "RFC 3261"},
    {607, "Unwanted", "RFC 8197"},
    {608, "Rejected", "RFC 8688"},
    {687, "Dialog Terminated", "sofia-sip", kTransaction, false},
};

constexpr bool ascending()
{
    for (std::size_t i = 1; i < std::size(kStatuses); ++i)
        if (kStatuses[i - 1].code >= kStatuses[i].code)
            return false;
    return true;
}
static_assert(ascending(), "status() searches by halves");

} // namespace

std::span<const Status> statuses()
{
    return kStatuses;
}

const Status *status(int code)
{
    const auto *const it =
        std::lower_bound(std::begin(kStatuses), std::end(kStatuses), code,
                         [](const Status &entry, int wanted) { return entry.code < wanted; });
    return it != std::end(kStatuses) && it->code == code ? it : nullptr;
}

std::string_view phrase(int code)
{
    if (const auto *const known = status(code))
        return known->phrase;
    static constexpr std::array<std::string_view, 6> kClasses{
        "unknown 1xx, treated as 183", "unknown 2xx, treated as 200",
        "unknown 3xx, treated as 300", "unknown 4xx, treated as 400",
        "unknown 5xx, treated as 500", "unknown 6xx, treated as 600"};
    if (code < 100 || code > 699)
        return "not a SIP status code";
    return kClasses[static_cast<std::size_t>(code / 100 - 1)];
}

int treatedAs(int code)
{
    if (code < 100 || code > 699 || status(code) != nullptr)
        return code;
    return code < 200 ? 183 : code / 100 * 100;
}

} // namespace sip
