// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <base/text.h>
#include <diagnosis/flow_facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <sip/address.h>
#include <sip/uri.h>

namespace diagnosis::rules {
namespace {

constexpr auto kAtOnce = std::chrono::milliseconds(50);

/// The trace holds the end of that very flow: the token was good, the flow is gone (flow-hidden).
bool wasGone(const Evidence &evidence, const TokenSeen &token, base::Instant when)
{
    const auto *const flow = flowOf(evidence, token);
    return flow != nullptr && deathOf(*flow, when) != nullptr;
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
    const auto names = [&](std::string_view word) { // the way, as edges name it
        return std::search(phrase.begin(), phrase.end(), word.begin(), word.end(),
                           [](char a, char b) {
                               return base::equalsNoCase({&a, 1}, {&b, 1});
                           }) != phrase.end();
    };
    const bool usual = phrase.empty() || base::equalsNoCase(phrase, "Forbidden") ||
                       names("token") || names("flow") || names("route");
    if (!usual)
        add("", phrase);
    add("Reason: ", answer.value(sip::HeaderId::Reason));
    add("Warning: ", answer.value(sip::HeaderId::Warning));
    return out;
}

/// The proxy that the token's Route names gives the answer itself, so fast that it asked nobody.
void check(const Evidence &evidence, Findings &out)
{
    for (const auto &transaction : evidence.call.transactions) {
        if (transaction.finalStatus != 403 || !transaction.request.valid() ||
            transaction.method == sip::Method::Register ||
            transaction.finished - transaction.started > kAtOnce)
            continue;
        const auto way = routed(evidence, transaction);
        if (!way || !way->token.readable || !saidByItsEdge(evidence, transaction, way->token) ||
            wasGone(evidence, way->token, transaction.started) ||
            handedOn(evidence, transaction)) // then the edge took its token
            continue;
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
