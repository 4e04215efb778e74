// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <base/text.h>
#include <diagnosis/flow_facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <sip/uri.h>

namespace diagnosis::rules {
namespace {

constexpr auto kAtOnce = std::chrono::milliseconds(50);
constexpr auto kPatience = std::chrono::seconds(10); // a call that rings nobody for so long

struct Dead {
    const flows::Flow *flow = nullptr;
    const flows::FlowEvent *event = nullptr; // after which nothing was heard of it
};

bool belongsTo(const flows::Flow &flow, std::string_view target)
{
    return flow.registered.known() && !target.empty() &&
           base::equalsNoCase(sip::parseNameAddress(flow.report.aor).uri.address(), target);
}

/// The flow that the request needed and that was gone. Without a token: the target's last one.
Dead deadFlow(const Evidence &evidence, const calls::Transaction &transaction)
{
    if (const auto *const flow = routedFlow(evidence, transaction.request))
        return {flow,
                deathOf(*flow, transaction.finished.known() ? transaction.finished : evidence.now)};
    if (transaction.inDialog)
        return {};
    const auto &to = evidence.message(transaction.request).value(sip::HeaderId::To);
    const auto target = sip::parseNameAddress(to).uri.address();
    Dead last;
    for (const auto &flow : evidence.flows) {
        if (!flow || !belongsTo(*flow, target) || flow->registered > transaction.started)
            continue;
        const auto *const death = deathOf(*flow, transaction.started);
        if (death == nullptr)
            return {}; // one that lived
        if (last.event == nullptr || death->time > last.event->time)
            last = {flow.get(), death};
    }
    return last;
}

/// What the code says of a flow that was seen to die; empty: it has other reasons.
std::string_view disguise(int status)
{
    switch (status) {
    case 0:
        return "and nobody was told: the call does not arrive";
    case 404:
    case 480:
        return "so no binding or flow was left, and the code hides that";
    case 408:
    case 504:
        return "which a timer found out where a 430 would have told it at once";
    case 477:
    case 500:
    case 503:
        return "so the proxy had nothing to send on, where RFC 5626 wants 430";
    default:
        return {};
    }
}

/// Would the code make a dead flow likely if the token is all that is known?
bool speaksForItself(const calls::Transaction &transaction)
{
    const int status = transaction.finalStatus;
    const bool atOnce = transaction.finished - transaction.started < kAtOnce;
    return status == 477 || (status == 503 && atOnce) ||
           ((status == 408 || status == 504) && !atOnce);
}

std::string ending(const Evidence &evidence, const calls::Transaction &transaction)
{
    if (transaction.finalStatus == 0)
        return fmt::format("was not answered in {}", lasting(evidence.now - transaction.started));
    return fmt::format("ended with {} after {} [2]", codeText(transaction.finalStatus),
                       lasting(transaction.finished - transaction.started));
}

std::string deathText(const Dead &dead, const calls::Transaction &transaction)
{
    const auto before = transaction.started - dead.event->time;
    return fmt::format("The flow it needed, {} of {} at {}, {} {}",
                       base::transportText(dead.flow->transport), dead.flow->userAgent.text(),
                       dead.flow->edge.text(),
                       dead.event->what == flows::Happening::PongMissing ? "gave no pong"
                       : dead.event->what == flows::Happening::Reset     ? "was reset"
                                                                         : "was closed",
                       before.count() >= 0 ? lasting(before) + " before" : "meanwhile");
}

void report(const Evidence &evidence, const calls::Transaction &transaction, const Dead &dead,
            const TokenSeen *token, Findings &out)
{
    const bool known = dead.event != nullptr;
    auto text = fmt::format("{} [1] {}. ", sip::methodText(transaction.method),
                            ending(evidence, transaction));
    std::vector<EvidenceRef> places{at(transaction.request, "the request")};
    if (transaction.finalResponse.valid())
        places.push_back(at(transaction.finalResponse, "the code that hides it"));
    if (known) {
        places.push_back(at(*dead.flow, "the dead flow"));
        if (dead.event->row.valid())
            places.back().row = dead.event->row;
        text += fmt::format("{} [{}], {}.", deathText(dead, transaction), places.size(),
                            disguise(transaction.finalStatus));
    } else {
        places.push_back(at(evidence, transaction.request, token->value, "the flow token"));
        text += fmt::format("Its Route names {} [{}], and nothing came back over that flow: it is "
                            "most likely dead, and 430 would have said so.",
                            tokenText(evidence, *token, transaction.started), places.size());
    }
    auto &f = out.add("flow-hidden", known ? Severity::Error : Severity::Warning, Grade::Likely,
                      std::move(text));
    f.impact =
        "The target looks registered but cannot be reached; the code sends everybody looking "
        "in the wrong place.";
    f.evidence = std::move(places);
    f.fixes = {
        {"Say 430 for a flow that is gone (RFC 5626 section 5.3), so that the home proxy tries "
         "the next one.",
         "edge proxy", Action::None},
        {"Drop the bindings of a connection when it ends; answer 480 when none is left.",
         "home proxy", Action::None},
        {"Notice the dead connection by the missing pong, register again with the same "
         "reg-id, and keep a second flow.",
         "callee's user agent", Action::None}};
    f.offers = flowOffers(evidence, transaction);
}

/// Looks at one hop. True: it was told.
bool judge(const Evidence &evidence, const calls::Transaction &transaction, Findings &out)
{
    using sip::Method;
    const bool other = transaction.method == Method::Ack || transaction.method == Method::Cancel ||
                       transaction.method == Method::Prack ||
                       transaction.method == Method::Register;
    if (other || !transaction.request.valid() || disguise(transaction.finalStatus).empty() ||
        wasProgressing(evidence, transaction))
        return false;
    const auto dead = deadFlow(evidence, transaction);
    if (transaction.finalStatus == 0) {
        if (dead.event == nullptr || transaction.localFailure.valid())
            return false;
        if (evidence.now - transaction.started < kPatience) {
            out.recheckAt(transaction.started + kPatience);
            return false;
        }
    }
    if (dead.event != nullptr) {
        report(evidence, transaction, dead, nullptr, out);
        return true;
    }
    if (dead.flow != nullptr && dead.flow->lastPong > transaction.started)
        return false; // it lived
    for (const auto &token : tokensOf(evidence, transaction.request))
        if (token.header == sip::HeaderId::Route && (token.ob || token.readable) &&
            speaksForItself(transaction)) {
            report(evidence, transaction, {}, &token, out);
            return true;
        }
    return false;
}

void check(const Evidence &evidence, Findings &out)
{
    const auto &call = evidence.call;
    const bool went = call.answered.known() || call.state == calls::State::Cancelled ||
                      std::any_of(call.transactions.begin(), call.transactions.end(),
                                  [](const auto &t) { return t.finalStatus == 430; });
    // The hop nearest to the flow knows best; what it said is handed back from there.
    std::vector<const calls::Transaction *> nearest;
    for (const auto &transaction : call.transactions)
        if ((!went || transaction.inDialog) && transaction.request.valid() &&
            !disguise(transaction.finalStatus).empty())
            nearest.push_back(&transaction);
    std::stable_sort(nearest.begin(), nearest.end(), [&](const auto *a, const auto *b) {
        return evidence.trace.row(a->request).viaCount > evidence.trace.row(b->request).viaCount;
    });
    for (const auto *const transaction : nearest)
        if (judge(evidence, *transaction, out))
            return;
}

} // namespace

extern const Rule flow_hidden;
const Rule flow_hidden{"flow-hidden",
                       "A dead flow behind another code",
                       Severity::Error,
                       "RFC 5626 sections 4.4, 5.3 and 7",
                       "430",
                       R"(
  0.000 bob>edge REGISTER tcp call=r "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.050 edge>bob 200 tcp call=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
* 20.000 bob>edge tcp fin
  30.000 alice>edge INVITE offer
  30.005 edge>alice 480 tag=e
)",
                       R"(
  0.000 bob>edge REGISTER tcp call=r "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.050 edge>bob 200 tcp call=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
  30.000 alice>edge INVITE offer
  30.100 edge>alice 180 tag=b
  35.000 edge>alice 480 tag=b
)",
                       check};

} // namespace diagnosis::rules
