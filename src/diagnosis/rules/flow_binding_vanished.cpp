// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/flow_registers.h>
#include <diagnosis/rule.h>
#include <flows/registration.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

/// The reg-ids of that device in the list of a 2xx, which has all bindings of the address (RFC 3261
/// section 10.3 step 8); empty: it has none of it.
std::vector<std::uint32_t> listed(const sip::Message &answer, std::string_view instance)
{
    std::vector<std::uint32_t> out;
    for (const auto value : answer.values(sip::HeaderId::Contact)) {
        const auto contact = flows::readContact(value);
        if (contact.instance == instance && contact.regId)
            out.push_back(*contact.regId);
    }
    return out;
}

/// Some list the one binding alone that was asked for: who listed that other one before does not.
bool listedBefore(const Evidence &evidence, const std::vector<FlowRegister> &all,
                  const FlowRegister &newest, std::uint32_t regId)
{
    return std::any_of(all.begin(), all.end(), [&](const FlowRegister &each) {
        if (each.transaction == newest.transaction || !each.accepted() ||
            each.binding.regId == regId || each.binding.instance != newest.binding.instance ||
            !each.transaction->finalResponse.valid())
            return false;
        const auto ids =
            listed(evidence.message(each.transaction->finalResponse), each.binding.instance);
        return std::find(ids.begin(), ids.end(), regId) != ids.end();
    });
}

/// Another flow of that device which was accepted before, is not over and is not in the list.
const flows::Flow *vanished(const Evidence &evidence, const FlowRegister &newest,
                            const std::vector<std::uint32_t> &ids)
{
    const auto when = newest.transaction->finished;
    for (const auto &flow : evidence.flows)
        if (flow && flow->report.aor == newest.binding.aor &&
            flow->report.instance == newest.binding.instance &&
            flow->report.regId != newest.binding.regId &&
            std::find(ids.begin(), ids.end(), flow->report.regId) == ids.end() &&
            stands(*flow, when) && replacement(evidence, *flow, flow->registered) == nullptr)
            return flow.get();
    return nullptr;
}

void check(const Evidence &evidence, Findings &out)
{
    if (evidence.call.kind != calls::Kind::Registration)
        return;
    const auto all = flowRegisters(evidence);
    for (auto each = all.rbegin(); each != all.rend(); ++each) {
        if (!each->accepted() || each->binding.removes || !each->transaction->finalResponse.valid())
            continue;
        const auto row = each->transaction->finalResponse;
        const auto ids = listed(evidence.message(row), each->binding.instance);
        const bool own = std::find(ids.begin(), ids.end(), each->binding.regId) != ids.end();
        const auto *const flow = own ? vanished(evidence, *each, ids) : nullptr;
        const auto bound =
            flow != nullptr ? boundAt(*flow, each->transaction->finished) : std::nullopt;
        if (!bound || !listedBefore(evidence, all, *each, flow->report.regId))
            return; // the newest answer tells how it is now
        auto &f =
            out.add("flow-binding-vanished", Severity::Warning, Grade::Seen,
                    fmt::format("The answer to the REGISTER of reg-id {} [1] lists the "
                                "bindings of {}, and reg-id {} is not among them, although "
                                "it was accepted {} before [2].",
                                each->binding.regId, shown(each->binding.aor), flow->report.regId,
                                lasting(each->transaction->finished - bound->time)));
        f.impact = "No call comes in over that flow until it is registered again; the user agent "
                   "shows it as up.";
        f.evidence = {at(evidence, row, sip::HeaderId::Contact, "all there is"),
                      at(bound->row, "what is missing")};
        f.evidence.back().flow = flow->id;
        f.fixes = {{"Keep all bindings of an instance that differ in reg-id (RFC 5626 section 6), "
                    "also over a restart.",
                    "home proxy", Action::None},
                   {"Register a flow again at once when an answer does not list it.", "user agent",
                    flow->ours ? Action::ReRegister : Action::None}};
        return;
    }
}

} // namespace

extern const Rule flow_binding_vanished;
const Rule flow_binding_vanished{"flow-binding-vanished",
                                 "The registrar lists a flow no more",
                                 Severity::Warning,
                                 "RFC 3261 section 10.3, RFC 5626 section 6",
                                 "430",
                                 R"(
  registered
 10.00 bob>edge2 REGISTER tcp call=r2 sport=40002 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20:40002;transport=tcp>;reg-id=2;+sip.instance=\"<urn:uuid:1>\""
 10.05 edge2>bob 200 tcp call=r2 tag=r dport=40002 "Require: outbound" "Contact: <sip:bob@192.0.2.20:40002;transport=tcp>;reg-id=2;+sip.instance=\"<urn:uuid:1>\";expires=600, <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=590"
 90.00 bob>edge2 REGISTER tcp call=r2 cseq=2 sport=40002 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20:40002;transport=tcp>;reg-id=2;+sip.instance=\"<urn:uuid:1>\""
*90.05 edge2>bob 200 tcp call=r2 tag=r dport=40002 "Require: outbound" "Contact: <sip:bob@192.0.2.20:40002;transport=tcp>;reg-id=2;+sip.instance=\"<urn:uuid:1>\";expires=600"
)",
                                 R"(
  registered
 10.00 bob>edge2 REGISTER tcp call=r2 sport=40002 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20:40002;transport=tcp>;reg-id=2;+sip.instance=\"<urn:uuid:1>\""
 10.05 edge2>bob 200 tcp call=r2 tag=r dport=40002 "Require: outbound" "Contact: <sip:bob@192.0.2.20:40002;transport=tcp>;reg-id=2;+sip.instance=\"<urn:uuid:1>\";expires=600, <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=590"
 90.00 bob>edge2 REGISTER tcp call=r2 cseq=2 sport=40002 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20:40002;transport=tcp>;reg-id=2;+sip.instance=\"<urn:uuid:1>\""
 90.05 edge2>bob 200 tcp call=r2 tag=r dport=40002 "Require: outbound" "Contact: <sip:bob@192.0.2.20:40002;transport=tcp>;reg-id=2;+sip.instance=\"<urn:uuid:1>\";expires=600, <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=590"
)",
                                 check,
                                 Reads::Messages};

} // namespace diagnosis::rules
