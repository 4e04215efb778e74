// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/flow_registers.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

/// One registration of the same Call-ID under another reg-id; nullptr: none.
const FlowRegister *other(const std::vector<FlowRegister> &all, std::size_t of)
{
    for (std::size_t i = 0; i < of; ++i)
        if (all[i].accepted() && !all[i].binding.removes &&
            all[i].binding.regId != all[of].binding.regId &&
            all[i].binding.instance == all[of].binding.instance)
            return &all[i];
    return nullptr;
}

/// Both are kept: the first is registered again behind the second, or its flow stood by then.
bool bothKept(const Evidence &evidence, const std::vector<FlowRegister> &all,
              const FlowRegister &first, const FlowRegister &second)
{
    const auto again = std::any_of(all.begin(), all.end(), [&](const FlowRegister &each) {
        return each.binding.regId == first.binding.regId && !each.binding.removes &&
               each.transaction->started > second.transaction->started;
    });
    const auto *const flow = flowOf(evidence, first);
    return again || (flow != nullptr && stands(*flow, second.transaction->started));
}

void check(const Evidence &evidence, Findings &out)
{
    if (evidence.call.kind != calls::Kind::Registration)
        return;
    const auto all = flowRegisters(evidence);
    for (std::size_t i = 1; i < all.size(); ++i) {
        const auto *const first =
            all[i].accepted() && !all[i].binding.removes ? other(all, i) : nullptr;
        if (first == nullptr || !bothKept(evidence, all, *first, all[i]))
            continue;
        auto &f = out.add("flow-shared-callid", Severity::Warning, Grade::Seen,
                          fmt::format("The flows with reg-id {} [1] and {} [2] of one device are "
                                      "registered under the same Call-ID.",
                                      first->binding.regId, all[i].binding.regId));
        f.impact = "A registrar that takes both for one registration refuses the lower CSeq, and a "
                   "proxy may take one for a copy of the other.";
        f.evidence = {at(evidence, first->transaction->request, sip::HeaderId::CallId, "one flow"),
                      at(evidence, all[i].transaction->request, sip::HeaderId::CallId,
                         "the other, same Call-ID")};
        f.fixes = {{"Use a Call-ID of its own for each reg-id, and keep it for refreshes.",
                    "user agent", Action::None}};
        return;
    }
}

} // namespace

extern const Rule flow_shared_callid;
const Rule flow_shared_callid{"flow-shared-callid",
                              "Two flows registered under one Call-ID",
                              Severity::Warning,
                              "RFC 5626 section 4.2.1",
                              "439",
                              R"(
  registered
* 1.00 bob>edge2 REGISTER tcp call=r1 cseq=2 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=2;+sip.instance=\"<urn:uuid:1>\""
* 1.05 edge2>bob 200 tcp call=r1 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=2;+sip.instance=\"<urn:uuid:1>\";expires=600"
)",
                              R"(
  registered
  1.00 bob>edge2 REGISTER tcp call=r2 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=2;+sip.instance=\"<urn:uuid:1>\""
  1.05 edge2>bob 200 tcp call=r2 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=2;+sip.instance=\"<urn:uuid:1>\";expires=600"
)",
                              check,
                              Reads::Messages};

} // namespace diagnosis::rules
