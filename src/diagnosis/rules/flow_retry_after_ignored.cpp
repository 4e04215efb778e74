// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <diagnosis/flow_registers.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr auto kClocks =
    std::chrono::seconds(1); // the wait may begin a little before the capture's

/// Seconds of Retry-After ("120 (maintenance);duration=60") in a refusal that speaks of the server,
/// not of the request (RFC 3261 section 20.33).
std::optional<base::Duration> askedToWait(const Evidence &evidence,
                                          const calls::Transaction &attempt)
{
    const int status = attempt.finalStatus;
    if ((status / 100 != 5 && status != 413 && status != 480 && status / 100 != 6) ||
        !attempt.finalResponse.valid() || !attempt.finished.known())
        return std::nullopt;
    const auto value = evidence.message(attempt.finalResponse).value(sip::HeaderId::RetryAfter);
    std::uint32_t seconds = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
    if (error != std::errc{} || seconds == 0)
        return std::nullopt;
    return std::chrono::seconds(seconds);
}

/// The next attempt for the same flow at the same edge; nullptr: none.
const FlowRegister *nextOf(const std::vector<FlowRegister> &all, std::size_t index)
{
    const auto &refused = all[index];
    for (std::size_t i = index + 1; i < all.size(); ++i)
        if (all[i].edge == refused.edge && all[i].binding.regId == refused.binding.regId &&
            !all[i].binding.removes)
            return &all[i];
    return nullptr;
}

void check(const Evidence &evidence, Findings &out)
{
    if (evidence.call.kind != calls::Kind::Registration)
        return;
    const auto all = flowRegisters(evidence);
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto &refused = *all[i].transaction;
        const auto wait = askedToWait(evidence, refused);
        const auto *const next = wait ? nextOf(all, i) : nullptr;
        if (next == nullptr || next->transaction->started < refused.finished ||
            next->transaction->started + kClocks + *wait / 20 >= refused.finished + *wait)
            continue;
        auto &f = out.add(
            "flow-retry-after-ignored", Severity::Warning, Grade::Seen,
            fmt::format("{} refused the flow with reg-id {} and asked to wait {} [1]; {} tried "
                        "again after {} [2].",
                        sender(evidence, refused.finalResponse), all[i].binding.regId,
                        lasting(*wait), all[i].userAgent.text(),
                        lasting(next->transaction->started - refused.finished)));
        f.impact = "An edge that is overloaded or restarts is kept from recovering; it may shut "
                   "the user agent out.";
        f.evidence = {at(evidence, refused.finalResponse, sip::HeaderId::RetryAfter, "the wait"),
                      at(next->transaction->request, "the next attempt, too early")};
        f.fixes = {{"Wait for Retry-After at least before the flow is tried again at this edge; "
                    "another edge may be tried at once.",
                    "user agent", Action::None}};
        return;
    }
}

} // namespace

extern const Rule flow_retry_after_ignored;
const Rule flow_retry_after_ignored{"flow-retry-after-ignored",
                                    "A flow is tried again before its time",
                                    Severity::Warning,
                                    "RFC 5626 section 4.2.2, RFC 3261 section 20.33",
                                    "503",
                                    R"(
  0.00 bob>edge REGISTER tcp call=r1 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.05 edge>bob 503 tcp call=r1 tag=r "Retry-After: 120;duration=60"
*30.00 bob>edge REGISTER tcp call=r1 cseq=2 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
*30.05 edge>bob 503 tcp call=r1 tag=r "Retry-After: 120"
)",
                                    R"(
  0.00 bob>edge REGISTER tcp call=r1 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.05 edge>bob 503 tcp call=r1 tag=r "Retry-After: 120;duration=60"
  1.00 bob>edge2 REGISTER tcp call=r1 cseq=2 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  1.05 edge2>bob 503 tcp call=r1 tag=r
119.50 bob>edge REGISTER tcp call=r1 cseq=3 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
119.55 edge>bob 200 tcp call=r1 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
)",
                                    check,
                                    Reads::Messages};

} // namespace diagnosis::rules
