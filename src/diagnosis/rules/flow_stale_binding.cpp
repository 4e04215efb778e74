// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <base/text.h>
#include <diagnosis/flow_registers.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr auto kRounding = std::chrono::seconds(2); // of expires, and of the way here
constexpr auto kSettled = std::chrono::seconds(60); // its replacement may be under way before

struct Dead {
    const flows::Flow *flow = nullptr;
    const flows::FlowEvent *end = nullptr;
};

/// A flow of that device and reg-id that ended long before and was not replaced; nullopt: one of
/// them stands, or nothing is known of them.
std::optional<Dead> deadSince(const Evidence &evidence, const flows::Binding &device,
                              std::uint32_t regId, base::Instant when)
{
    Dead newest;
    for (const auto &flow : evidence.flows) {
        if (!flow || flow->report.regId != regId || flow->report.instance != device.instance ||
            flow->report.aor != device.aor || !flow->registered.known() || flow->registered > when)
            continue;
        const auto *const death = deathOf(*flow, when);
        if (death == nullptr)
            return std::nullopt;
        if (newest.end == nullptr || death->time > newest.end->time)
            newest = {flow.get(), death};
    }
    return newest.end != nullptr && when - newest.end->time >= kSettled ? std::optional(newest)
                                                                        : std::nullopt;
}

/// What the registrar lists lasts longer than what was seen: it was registered anew elsewhere.
bool renewed(const flows::Flow &flow, const flows::Contact &listed, base::Instant when)
{
    const auto until = flow.report.registeredUntil;
    return listed.expires && until.known() &&
           when + std::chrono::seconds(*listed.expires) > until + kRounding;
}

void check(const Evidence &evidence, Findings &out)
{
    if (evidence.call.kind != calls::Kind::Registration)
        return;
    const auto all = flowRegisters(evidence);
    const auto newest = std::find_if(all.rbegin(), all.rend(), [](const FlowRegister &each) {
        return each.accepted() && !each.binding.removes;
    });
    if (newest == all.rend())
        return;
    const auto response = newest->transaction->finalResponse;
    for (const auto value : evidence.message(response).values(sip::HeaderId::Contact)) {
        const auto contact = flows::readContact(value);
        if (!base::equalsNoCase(contact.instance, newest->binding.instance) || !contact.regId ||
            *contact.regId == newest->binding.regId || contact.expires == 0U)
            continue;
        const auto dead =
            deadSince(evidence, newest->binding, *contact.regId, evidence.time(response));
        if (!dead || renewed(*dead->flow, contact, evidence.time(response)))
            continue;
        const auto *const death = dead->end;
        auto &f = out.add(
            "flow-stale-binding", Severity::Warning, contact.expires ? Grade::Seen : Grade::Likely,
            fmt::format("The registrar still lists the flow with reg-id {} of this device [1], "
                        "which ended {} before [2]{}.",
                        *contact.regId, lasting(evidence.time(response) - death->time),
                        contact.expires
                            ? fmt::format("; the binding lasts for another {} s", *contact.expires)
                            : std::string()));
        f.impact = "Calls are sent to the dead flow first or as well, until the binding expires.";
        f.evidence = {at(evidence, response, value, "a binding of a dead flow"),
                      at(death->row, "its end")};
        f.fixes = {{"Drop every binding of a connection that ended.", "home proxy", Action::None},
                   {"Register the flow again under the same reg-id, which replaces it.",
                    "user agent", Action::None}};
        return;
    }
}

} // namespace

extern const Rule flow_stale_binding;
const Rule flow_stale_binding{"flow-stale-binding",
                              "A binding of a flow that is dead",
                              Severity::Warning,
                              "RFC 5626 sections 6 and 7",
                              "430",
                              R"(
   0.00 bob>edge REGISTER tcp call=r1 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
   0.05 edge>bob 200 tcp call=r1 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
   1.00 bob>edge2 REGISTER tcp call=r2 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=2;+sip.instance=\"<urn:uuid:1>\""
   1.05 edge2>bob 200 tcp call=r2 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=2;+sip.instance=\"<urn:uuid:1>\";expires=600"
* 10.00 edge>bob tcp fin
 100.00 bob>edge2 REGISTER tcp call=r2 cseq=2 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=2;+sip.instance=\"<urn:uuid:1>\""
 100.05 edge2>bob 200 tcp call=r2 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=2;+sip.instance=\"<urn:uuid:1>\";expires=600" "Contact: <sip:bob@192.0.2.20:5061;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=500"
)",
                              R"(
   0.00 bob>edge REGISTER tcp call=r1 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
   0.05 edge>bob 200 tcp call=r1 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
   1.00 bob>edge2 REGISTER tcp call=r2 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=2;+sip.instance=\"<urn:uuid:1>\""
   1.05 edge2>bob 200 tcp call=r2 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=2;+sip.instance=\"<urn:uuid:1>\";expires=600"
 100.00 bob>edge2 REGISTER tcp call=r2 cseq=2 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=2;+sip.instance=\"<urn:uuid:1>\""
 100.05 edge2>bob 200 tcp call=r2 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=2;+sip.instance=\"<urn:uuid:1>\";expires=600" "Contact: <sip:bob@192.0.2.20:5061;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=500"
)",
                              check,
                              Reads::Messages};

} // namespace diagnosis::rules
