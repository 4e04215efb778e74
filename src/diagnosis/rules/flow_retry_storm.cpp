// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/edge_restart.h>
#include <diagnosis/flow_registers.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr std::string_view kImpact =
    "When an edge restarts, all its user agents doing so keep it from coming back.";
const Fix kFix{
    "Wait after each failure, at random from half to all of 30 s (90 s while another flow "
    "is up) * 2^failures, at most 30 minutes.",
    "user agent", Action::None};
constexpr std::size_t kStorm = 4;                       // attempts
constexpr auto kMuchTooSoon = std::chrono::seconds(10); // of 30 s, the least that may be waited

/// The attempt failed, and not because more was to be told in the next one.
bool failed(const calls::Transaction &attempt)
{
    switch (attempt.finalStatus) {
    case 401:
    case 407:
    case 412:
    case 421:
    case 423:
    case 439:
    case 494:
        return false;
    default:
        return attempt.finalStatus >= 300 || attempt.finalStatus == 0;
    }
}

/// RFC 5626 section 4.5: after a failure at least half of 30 s * 2^failures is waited before the
/// same proxy is tried again for the same flow.
bool tooSoon(const Evidence &evidence, const FlowRegister &before, const FlowRegister &next)
{
    const auto answer = before.transaction->finalResponse;
    if (answer.valid() && evidence.message(answer).find(sip::HeaderId::RetryAfter) != nullptr)
        return false; // the server said when
    const auto since = before.transaction->finished.known() ? before.transaction->finished
                                                            : before.transaction->started;
    return failed(*before.transaction) && before.edge == next.edge &&
           before.binding.regId == next.binding.regId && !next.binding.removes &&
           !before.binding.removes && next.transaction->started - since < kMuchTooSoon;
}

constexpr std::uint32_t kMostRows = 4096; // behind the end of a connection
constexpr auto kWatched = std::chrono::seconds(60);

/// The end of the connection that nothing has been registered over since; nullptr: none.
const flows::FlowEvent *endOf(const flows::Flow &flow)
{
    const flows::FlowEvent *end = nullptr;
    for (const auto &event : flow.events) {
        if (event.what == flows::Happening::Closed || event.what == flows::Happening::Reset)
            end = end != nullptr || !event.row.valid() ? end : &event;
        else if (event.what == flows::Happening::Registered)
            end = nullptr;
    }
    return end;
}

/// Behind a NAT many share an address; of one flow alone it is known whose attempts they are.
bool isAlone(const Evidence &evidence, const flows::Flow &flow)
{
    return std::none_of(evidence.flows.begin(), evidence.flows.end(), [&](const auto &other) {
        return other && other->id != flow.id && other->edge.address == flow.edge.address &&
               other->userAgent.address == flow.userAgent.address && !sameDevice(*other, flow);
    });
}

/// Connections that the edge refused before a REGISTER could go over them: resets towards ports
/// that nothing was ever sent from.
void refusedAtOnce(const Evidence &evidence, const flows::Flow &flow, Findings &out)
{
    const auto *const end = endOf(flow);
    if (end == nullptr || flow.ours || !isAlone(evidence, flow) ||
        !massEndOf(evidence, flow).flows.empty()) // flow-edge-restarted tells
        return;
    const auto &trace = evidence.trace;
    std::vector<trace::RowId> attempts;
    const auto last = std::min<std::size_t>(trace.size(), end->row.value + 1 + kMostRows);
    for (std::uint32_t at = end->row.value + 1; at < last; ++at) {
        const trace::RowId id{at};
        const auto time = trace.row(id).time;
        if (time - end->time > kWatched)
            break;
        const auto to = trace.destination(id);
        if (trace.row(id).kind != trace::RowKind::Reset || trace.source(id) != flow.edge ||
            to.address != flow.userAgent.address || to.port == flow.userAgent.port)
            continue;
        if (!attempts.empty() && time - evidence.time(attempts.back()) >= kMuchTooSoon)
            break;
        attempts.push_back(id);
    }
    if (evidence.now - end->time < kWatched) // nothing else of this registration may happen
        out.recheckAt(std::min(evidence.now + kMuchTooSoon, end->time + kWatched));
    if (attempts.size() < kStorm)
        return;
    const auto first = attempts.front(), newest = attempts.back();
    auto &f = out.add(
        "flow-retry-storm", Severity::Warning, Grade::Likely,
        fmt::format("After the end of its connection [1] {} tried {} times within {} to connect to "
                    "{} again [2][3], and was refused each time.",
                    flow.userAgent.address.text(), attempts.size(),
                    lasting(evidence.time(newest) - evidence.time(first)), flow.edge.text()));
    f.impact = std::string(kImpact);
    f.evidence = {at(end->row, "the end of the connection"), at(first, "the first attempt"),
                  at(newest, "the last")};
    f.evidence.front().flow = flow.id;
    f.fixes = {kFix};
}

void check(const Evidence &evidence, Findings &out)
{
    if (evidence.call.kind != calls::Kind::Registration)
        return;
    const auto all = flowRegisters(evidence);
    std::size_t first = 0;
    for (std::size_t i = 1; i <= all.size(); ++i) {
        if (i < all.size() && tooSoon(evidence, all[i - 1], all[i]))
            continue;
        if (i - first >= kStorm) {
            const auto &begin = *all[first].transaction, &end = *all[i - 1].transaction;
            auto &f = out.add(
                "flow-retry-storm", Severity::Warning, Grade::Seen,
                fmt::format("{} tried {} times within {} to register the flow with reg-id {} at {} "
                            "[1][2], each time {}in vain.",
                            all[first].userAgent.text(), i - first,
                            lasting(end.started - begin.started), all[first].binding.regId,
                            all[first].edge.text(),
                            end.finalStatus / 100 == 2 ? "but the last " : ""));
            f.impact = std::string(kImpact);
            f.evidence = {at(begin.request, "the first attempt"), at(end.request, "the last")};
            f.fixes = {kFix};
            return;
        }
        first = i;
    }
    for (const auto *flow : flowsOf(evidence))
        refusedAtOnce(evidence, *flow, out);
}

} // namespace

extern const Rule flow_retry_storm;
const Rule flow_retry_storm{"flow-retry-storm",
                            "A flow is tried again much too soon",
                            Severity::Warning,
                            "RFC 5626 section 4.5",
                            "503",
                            R"(
  0.00 bob>edge REGISTER tcp call=r1 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.05 edge>bob 503 tcp call=r1 tag=r
  1.00 bob>edge REGISTER tcp call=r1 cseq=2 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  1.05 edge>bob 503 tcp call=r1 tag=r
  2.00 bob>edge REGISTER tcp call=r1 cseq=3 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  2.05 edge>bob 503 tcp call=r1 tag=r
* 3.00 bob>edge REGISTER tcp call=r1 cseq=4 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
* 3.05 edge>bob 503 tcp call=r1 tag=r
)",
                            R"(
   0.00 bob>edge REGISTER tcp call=r1 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
   0.05 edge>bob 503 tcp call=r1 tag=r
  40.00 bob>edge REGISTER tcp call=r1 cseq=2 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  40.05 edge>bob 503 tcp call=r1 tag=r
 130.00 bob>edge REGISTER tcp call=r1 cseq=3 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
 130.05 edge>bob 503 tcp call=r1 tag=r
 310.00 bob>edge REGISTER tcp call=r1 cseq=4 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
 310.05 edge>bob 401 tcp call=r1 tag=r
 310.10 bob>edge REGISTER tcp call=r1 cseq=5 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
 310.15 edge>bob 200 tcp call=r1 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
)",
                            check,
                            Reads::Messages};

} // namespace diagnosis::rules
