// SPDX-License-Identifier: Apache-2.0
#include <engine/refusal.h>

#include <algorithm>
#include <base/text.h>
#include <engine/redirects.h>
#include <fmt/format.h>
#include <sip/retry_after.h>
#include <sip/status.h>

namespace engine {

namespace {

std::string list(const sip::Message &message, sip::HeaderId id)
{
    std::string out;
    for (const auto value : message.values(id))
        if (out.size() < 200)
            out += (out.empty() ? "" : ", ") + base::printable(value, false, 80);
    return out.empty() ? "something it does not name" : out;
}

/// RFC 3261 section 8.2.2.3: a 420 is about what was required, all else may be passed over.
std::string unknownOptions(const sip::Message &message, const std::vector<std::string> &required)
{
    const bool asked = std::any_of(required.begin(), required.end(), [&](const std::string &each) {
        return message.lists(sip::HeaderId::Unsupported, each);
    });
    const auto named = list(message, sip::HeaderId::Unsupported);
    if (asked || (!required.empty() && message.value(sip::HeaderId::Unsupported).empty()))
        return fmt::format("The peer does not know {}, which the call required. Require less.",
                           named);
    return fmt::format("The peer does not know {}, which the call only supports and did not "
                       "require: RFC 3261 section 8.2.2.3 lets it pass that over. Call without it, "
                       "or have the peer mended.",
                       named);
}

/// What any refusal may bring along, all of it.
std::string added(const Reply &reply)
{
    const auto &message = reply.message();
    std::string out;
    if (const auto wait = message.number(sip::HeaderId::RetryAfter))
        out = sip::takesRetryAfter(reply.status)
                  ? fmt::format("Try again after {} s, says the peer.", *wait)
                  : fmt::format("The peer adds Retry-After: {}, which RFC 3261 section 20.33 does "
                                "not define for a {}: waiting may not help.",
                                *wait, reply.status);
    for (const char *name : {"Warning", "Error-Info"})
        if (const auto *header = message.find(name); header != nullptr && !header->value.empty())
            out += fmt::format("{}The peer adds{}: {}.", out.empty() ? "" : " ",
                               name == std::string_view("Warning") ? "" : " Error-Info",
                               base::printable(header->value, false, 200));
    return out;
}

std::string because(const Reply &reply, const std::vector<std::string> &required)
{
    const auto &message = reply.message();
    switch (reply.status) {
    case 420: // RFC 3261 section 8.2.2.3
        return unknownOptions(message, required);
    case 421: // RFC 3261 section 21.4.16
        return fmt::format("The peer insists on {}, which the call did not offer. Offer it.",
                           list(message, sip::HeaderId::Require));
    case 482:
        return "The request came to the peer more than once, by different ways or in a circle.";
    case 494:
        return "The peer wants a security agreement (RFC 3329), which Earshot does not have.";
    default:
        break;
    }
    if (reply.status >= 300 && reply.status < 400) {
        const auto contacts = contactsText(message);
        if (reply.status == 380) // RFC 3261 section 21.3.5: it is the body that says how
            return "It describes another service in its body; calling again as before leads "
                   "nowhere.";
        if (contacts == "*") // RFC 3261 section 20.10: of a REGISTER only
            return "Its Contact is \"*\", which is no address.";
        return contacts.empty()
                   ? "It names no other address."
                   : fmt::format("It points to {}. Follow redirects, or call there.", contacts);
    }
    return added(reply);
}

} // namespace

std::string refusalSentence(const Reply &reply, const std::vector<std::string> &required,
                            const std::string &notFollowed)
{
    const auto phrase =
        reply.phrase.empty() ? std::string(sip::phrase(reply.status)) : reply.phrase;
    // Followed as far as they went, a 3xx has nothing else to advise.
    auto why = notFollowed.empty() || reply.status >= 400 ? because(reply, required) : "";
    if (!notFollowed.empty())
        why += (why.empty() ? "" : " ") + notFollowed;
    return fmt::format("The call was not answered: {} {}.{}{}", reply.status,
                       base::printable(phrase, false, 160), why.empty() ? "" : " ", why);
}

} // namespace engine
