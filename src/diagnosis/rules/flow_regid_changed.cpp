// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/flow_registers.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

/// The registration went on under another reg-id when its flow had died (RFC 5626 section 4.5 keeps
/// it). One Call-ID tells that it is the same registration.
void check(const Evidence &evidence, Findings &out)
{
    if (evidence.call.kind != calls::Kind::Registration)
        return;
    const auto all = flowRegisters(evidence);
    for (std::size_t i = 1; i < all.size(); ++i) {
        const FlowRegister &former = all[i - 1], &next = all[i];
        if (!former.accepted() || former.binding.removes || next.binding.removes ||
            former.binding.regId == next.binding.regId ||
            former.binding.instance != next.binding.instance)
            continue;
        const bool stoodBefore =
            std::any_of(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(i),
                        [&](const auto &each) { return each.binding.regId == next.binding.regId; });
        if (stoodBefore)
            continue;
        const auto *const flow = flowOf(evidence, former);
        const auto *const death =
            flow != nullptr ? deathOf(*flow, next.transaction->started) : nullptr;
        const bool backLater = std::any_of(
            all.begin() + static_cast<std::ptrdiff_t>(i), all.end(),
            [&](const auto &each) { return each.binding.regId == former.binding.regId; });
        if (death == nullptr || backLater)
            continue;
        auto &f = out.add("flow-regid-changed", Severity::Warning, Grade::Seen,
                          fmt::format("The flow with reg-id {} [1] ended [2], and the one that "
                                      "takes its place has reg-id {} [3].",
                                      former.binding.regId, next.binding.regId));
        f.impact = "The binding of the dead flow stays until it expires, and calls are sent there "
                   "too.";
        f.evidence = {at(evidence, former.transaction->request, sip::HeaderId::Contact, "before"),
                      at(death->row, "its end"),
                      at(evidence, next.transaction->request, sip::HeaderId::Contact, "now")};
        f.fixes = {{"Register a new flow in place of a dead one under the same reg-id.",
                    "user agent", Action::None}};
        return;
    }
}

} // namespace

extern const Rule flow_regid_changed;
const Rule flow_regid_changed{"flow-regid-changed",
                              "A new flow under another reg-id than the one it replaces",
                              Severity::Warning,
                              "RFC 5626 section 4.5",
                              "430",
                              R"(
  registered
* 9.00 edge>bob tcp fin
  9.50 bob>edge2 REGISTER tcp call=r1 cseq=2 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=2;+sip.instance=\"<urn:uuid:1>\""
  9.55 edge2>bob 200 tcp call=r1 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=2;+sip.instance=\"<urn:uuid:1>\";expires=600"
)",
                              R"(
  registered
  9.00 edge>bob tcp fin
  9.50 bob>edge2 REGISTER tcp call=r1 cseq=2 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  9.55 edge2>bob 200 tcp call=r1 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
)",
                              check,
                              Reads::Messages};

} // namespace diagnosis::rules
