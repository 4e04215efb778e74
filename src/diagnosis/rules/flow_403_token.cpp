// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <base/search.h>
#include <base/text.h>
#include <diagnosis/flow_bindings.h>
#include <diagnosis/flow_facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <sip/address.h>
#include <sip/uri.h>

namespace diagnosis::rules {
namespace {

/// How the connection of the flow had ended before, if the trace knows; a restart of the edge ends
/// it and loses the key in one.
std::string endText(const Evidence &evidence, const TokenSeen &token, base::Instant when,
                    std::vector<EvidenceRef> &places)
{
    const auto *const flow = flowOf(evidence, token);
    const auto *const end = flow != nullptr ? deathOf(*flow, when) : nullptr;
    if (end == nullptr || !end->row.valid())
        return {};
    places.push_back(at(end->row, "the end of its connection"));
    return fmt::format(" Its connection had ended {} before [{}], {}.", lasting(when - end->time),
                       places.size(),
                       byEdge(evidence, *flow, end->row) ? "by the edge, as a restart does"
                                                         : "which alone makes no token bad");
}

/// The token, as edges name it.
bool speaksOfTheWay(std::string_view words)
{
    return base::containsNoCase(words, "token") || base::containsNoCase(words, "flow") ||
           base::containsNoCase(words, "route");
}

/// Words of the refusal that speak of something else than the way: a caller, a rule, an account.
std::string ownWords(const sip::Message &answer)
{
    std::string out;
    const auto add = [&](std::string_view label, std::string_view words) {
        if (!words.empty())
            out += fmt::format("{}{}{}", out.empty() ? "" : ", ", label, shown(words));
    };
    const auto phrase = base::trim(answer.reason);
    const auto warning = answer.value(sip::HeaderId::Warning);
    const bool usual =
        phrase.empty() || base::equalsNoCase(phrase, "Forbidden") || speaksOfTheWay(phrase);
    if (!usual)
        add("", phrase);
    add("Reason: ", answer.value(sip::HeaderId::Reason));
    if (!speaksOfTheWay(warning))
        add("Warning: ", warning);
    return out;
}

/// The proxy that the token's Route names gives the answer itself, so fast that it asked nobody.
void check(const Evidence &evidence, Findings &out)
{
    for (const auto &transaction : evidence.call.transactions) {
        if (!refusesItsToken(evidence, transaction))
            continue;
        const auto way = routed(evidence, transaction);
        const auto words = ownWords(evidence.message(transaction.finalResponse));
        const auto what = fmt::format(
            "{} answered 403 [1] after {} to the {} whose Route holds one "
            "of its own flow tokens [2]",
            sender(evidence, transaction.finalResponse),
            lasting(transaction.finished - transaction.started), methodOf(evidence, transaction));
        const bool saved = reachedLater(evidence, transaction) != nullptr;
        auto &f = out.add(
            "flow-403-token", words.empty() && !saved ? Severity::Error : Severity::Warning,
            words.empty() ? Grade::Likely : Grade::CannotTell,
            words.empty()
                ? what + ": it does not trust the token any more, as after a restart with another "
                         "key. Most likely nobody is forbidden to call."
                : fmt::format(
                      "{}, and says {}: either it screens this caller, or it does not trust "
                      "the token any more, as after a restart with another key.",
                      what, words));
        f.impact = way->senders ? "What this user agent sends by its old route is refused until it "
                                  "registers again."
                   : saved ? "Another flow took this call; each further one meets the same refusal "
                             "first, until the user agent registers again."
                           : "Calls to this user agent fail until it registers again, although it "
                             "looks registered.";
        f.evidence = {at(transaction.finalResponse, "the refusal"),
                      at(evidence, transaction.request, way->token.value, "the flow token")};
        f.text += endText(evidence, way->token, transaction.started, f.evidence);
        if (const auto warning =
                evidence.message(transaction.finalResponse).value(sip::HeaderId::Warning);
            speaksOfTheWay(warning))
            f.text += fmt::format(" Its Warning reads: {}.", shown(warning));
        f.fixes = {tokenKeyFix(),
                   {"Register again when the connection to the edge ended, with the same reg-id.",
                    std::string(keeperOf(evidence, transaction, way)), Action::None},
                   {"Treat such a 403 like a 430: try the target's next flow.", "home proxy",
                    Action::None}};
        f.offers = flowOffers(evidence, transaction);
        return;
    }
}

} // namespace

extern const Rule flow_403_token;
const Rule flow_403_token{"flow-403-token",
                          "403 to a flow token: the edge lost its key",
                          Severity::Error,
                          "RFC 5626 section 5.3.1",
                          "403",
                          R"(
  0.000 home>edge INVITE tcp "Route: <sip:AAECAwQFBgcICQLAAAICE8TAAAIUhwc=@192.0.2.2;lr;ob>"
* 0.010 edge>home 403 tcp tag=e
)",
                          R"(
  0.000 home>edge INVITE tcp "Route: <sip:AAECAwQFBgcICQLAAAICE8TAAAIUhwc=@192.0.2.2;lr;ob>"
  0.900 edge>home 403 tcp tag=e
)",
                          check};

} // namespace diagnosis::rules
