// SPDX-License-Identifier: Apache-2.0
// What the caller's phone plays before the answer, by our rule and by other phones', in the JSON
// document.
#include <report/json.h>

#include <diagnosis/ears.h>

namespace report {

namespace {

std::string_view hearsKey(diagnosis::Hears hears)
{
    static constexpr std::string_view kKeys[] = {"nothing", "local_ringback", "early_media",
                                                 "answer"};
    return kKeys[static_cast<std::size_t>(hears) % std::size(kKeys)];
}

Json switchOf(const ReportInput &input, const ReportCall &call, const ladder::Outline &outline,
              const diagnosis::EarSwitch &each)
{
    const auto &dialogs = call.call->earlyDialogs;
    const auto target = each.row.valid()
                            ? ladder::Target{ladder::TargetKind::Row, each.row.value}
                            : ladder::Target{ladder::TargetKind::Stream, each.stream.value};
    return {{"at", secondsSince(call, each.at)},
            {"what", std::string(hearsKey(each.what))},
            {"to_tag", each.dialog < dialogs.size() ? Json(shown(input, dialogs[each.dialog].toTag))
                                                    : Json(nullptr)},
            {"rule", each.rule == 0 ? Json(nullptr) : Json(each.rule)},
            {"dead_air", each.trap},
            {"row", numberOf(outline, target)},
            {"text", each.why}};
}

} // namespace

Json earsOf(const ReportInput &input, const ReportCall &call, const ladder::Outline &outline)
{
    Json out = Json::array();
    const auto evidence = evidenceOf(input, call);
    const auto events = diagnosis::earEvents(evidence);
    if (events.empty() || call.call->kind != calls::Kind::Call)
        return out;
    for (const diagnosis::EarPolicy policy : diagnosis::earPolicies()) {
        const auto switches = diagnosis::hearBy(policy, events, evidence.now);
        Json hears = Json::array();
        for (const diagnosis::EarSwitch &each : switches)
            hears.push_back(switchOf(input, call, outline, each));
        out.push_back({{"policy", std::string(diagnosis::policyText(policy))},
                       {"silent_seconds", secondsOf(diagnosis::silentFor(switches, evidence.now))},
                       {"hears", std::move(hears)}});
    }
    return out;
}

} // namespace report
