// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <sip/uri.h>

namespace diagnosis::rules {
namespace {

/// "keep" in the sender's own Via; with a value it was agreed (RFC 6223 section 4.4).
std::optional<std::string_view> keepOf(const sip::Message &message)
{
    const auto vias = message.values(sip::HeaderId::Via);
    return vias.empty() ? std::nullopt : sip::parseVia(vias.back()).parameter("keep");
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &transaction : evidence.call.transactions) {
        if (transaction.inDialog || transaction.finalStatus / 100 != 2 ||
            !transaction.request.valid() || !transaction.finalResponse.valid() ||
            evidence.trace.row(transaction.request).viaCount != 1)
            continue;
        if (evidence.trace.text(transaction.request).find("keep") == std::string_view::npos ||
            !keepOf(evidence.message(transaction.request)))
            continue;
        const auto &answer = evidence.message(transaction.finalResponse);
        if (!keepOf(answer).value_or("").empty() ||
            answer.lists(sip::HeaderId::Require, "outbound")) // then a flow keeps itself alive
            return;
        auto &f = out.add("flow-keep-refused", Severity::Info, Grade::Seen,
                          fmt::format("{} offered keep-alives by \"keep\" in the Via of its {} "
                                      "[1]; the answer of {} [2] takes none.",
                                      sender(evidence, transaction.request),
                                      methodOf(evidence, transaction),
                                      sender(evidence, transaction.finalResponse)));
        f.impact = "Nobody promised to answer keep-alives on this hop: a lost connection or NAT "
                   "binding shows at the next request only.";
        f.evidence = {at(evidence, transaction.request, sip::HeaderId::Via, "keep"),
                      at(evidence, transaction.finalResponse, sip::HeaderId::Via, "no value")};
        f.fixes = {{"Let the next hop answer with keep and a time, or register with outbound.",
                    "edge proxy", Action::None}};
        return;
    }
}

} // namespace

extern const Rule flow_keep_refused;
const Rule flow_keep_refused{"flow-keep-refused",
                             "Keep-alives were offered and not taken",
                             Severity::Info,
                             "RFC 6223 section 4.4",
                             "430",
                             R"(
* 0.00 bob>edge REGISTER tcp branch=r1;keep "Contact: <sip:bob@192.0.2.20;transport=tcp>"
* 0.05 edge>bob 200 tcp tag=r "Contact: <sip:bob@192.0.2.20;transport=tcp>;expires=600"
)",
                             R"(
  0.00 bob>edge REGISTER tcp branch=r1;keep=30 "Contact: <sip:bob@192.0.2.20;transport=tcp>"
  0.05 edge>bob 200 tcp tag=r "Contact: <sip:bob@192.0.2.20;transport=tcp>;expires=600"
)",
                             check,
                             Reads::Messages};

} // namespace diagnosis::rules
