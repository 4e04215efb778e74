// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr auto kPatience = std::chrono::seconds(8);

/// What comes in a dialog before the answer proves that a response was there and only the capture
/// lacks it.
bool progressProven(const calls::Call &call, const calls::Transaction &invite)
{
    return std::any_of(call.transactions.begin(), call.transactions.end(), [&](const auto &t) {
        return t.method == sip::Method::Prack || t.method == sip::Method::Update ||
               (invite.finalStatus == 0 && t.inDialog);
    });
}

void check(const Evidence &evidence, Findings &out)
{
    const auto &call = evidence.call;
    const auto *const invite = call.invite.valid() ? transactionOf(call, call.invite) : nullptr;
    if (call.kind != calls::Kind::Call || invite == nullptr || invite->responses.empty() ||
        call.firstProvisional.valid() || invite->localFailure.valid() ||
        progressProven(call, *invite))
        return; // not one response: tx-timeout
    const auto first = invite->responses.front();
    const bool over = invite->finalStatus != 0;
    if (!over && invite->ack.valid())
        return; // a refusal that the capture lacks
    const auto waited = (over ? invite->finished : evidence.now) - invite->started;
    if (waited < kPatience) {
        if (!over)
            out.recheckAt(invite->started + kPatience);
        return;
    }
    auto text = fmt::format("For {} after the INVITE [1] the caller got {} [2] and nothing that "
                            "tells of progress",
                            lasting(waited), codeText(evidence.trace.row(first).status));
    const bool other = over && invite->finalResponse.valid() && invite->finalResponse != first;
    text += other ? fmt::format(", then {} [3].", codeText(invite->finalStatus)) : std::string(".");
    auto &f = out.add("em-no-18x", Severity::Warning, Grade::Seen, std::move(text));
    f.impact = "The caller hears nothing at all, takes the line for dead and hangs up.";
    f.evidence = {at(call.invite, "the INVITE"), at(first, "all there was")};
    if (other)
        f.evidence.push_back(at(invite->finalResponse, "the end"));
    f.fixes = {{"Send 180 or 183 as soon as the callee is being reached, and again each minute.",
                "gateway or SBC", Action::None},
               {"Look at the next hop behind the one that said 100: where the time goes.",
                "operator", Action::None}};
}

} // namespace

extern const Rule em_no_18x;
const Rule em_no_18x{"em-no-18x",
                     "A long time without a word of progress",
                     Severity::Warning,
                     "RFC 3261 section 13.3.1.1",
                     "100",
                     R"(
  0.00 alice>bob INVITE offer
  0.01 bob>alice 100
* 12.00 bob>alice 486 tag=b
* 12.05 alice>bob ACK tag=b
)",
                     R"(
  0.00 alice>bob INVITE offer
  0.01 bob>alice 100
* 3.00 bob>alice 180 tag=b
  12.00 bob>alice 486 tag=b
  12.05 alice>bob ACK tag=b
)",
                     check,
                     Reads::Messages,
                     Argues::FromAbsence};

} // namespace diagnosis::rules
