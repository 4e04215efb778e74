// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/flow_bindings.h>
#include <diagnosis/flow_registers.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr std::uint64_t kHabit = 3; // a stray CRLF is none

void check(const Evidence &evidence, Findings &out)
{
    for (const auto *const flow : flowsOf(evidence)) {
        if (flow->transport != base::Transport::Udp || !everGranted(*flow))
            continue;
        std::uint64_t crlf = 0, stun = 0;
        trace::RowId first;
        for (const auto &event : flow->events) {
            if (event.what != flows::Happening::Ping)
                continue;
            const bool mute = evidence.trace.text(event.row).starts_with('\r');
            ++(mute ? crlf : stun);
            if (mute && !first.valid())
                first = event.row;
        }
        if (crlf < kHabit || stun != 0)
            continue;
        auto &f = out.add("flow-ka-wrong", Severity::Warning, Grade::Seen,
                          fmt::format("{} keeps its flow alive by CRLF over UDP [1], {} times, and "
                                      "never by STUN: nothing answers that.",
                                      evidence.trace.source(first).text(), crlf));
        f.impact =
            "A NAT may be kept open by it, but when the flow has failed, or the NAT has given "
            "it another port, nobody notices before the next REGISTER.";
        f.evidence = {at(first, "CRLF over UDP")};
        f.evidence.front().flow = flow->id;
        f.fixes = {{"Keep flows over UDP alive by STUN binding requests to the SIP port.",
                    "user agent", Action::None}};
        return;
    }
}

} // namespace

extern const Rule flow_ka_wrong;
const Rule flow_ka_wrong{"flow-ka-wrong",
                         "A keep-alive over UDP that nobody answers",
                         Severity::Warning,
                         "RFC 5626 section 4.4",
                         "430",
                         R"(
  0.00 bob>edge REGISTER call=r1 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.05 edge>bob 200 call=r1 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
*20.00 bob>edge ping
*40.00 bob>edge ping
*60.00 bob>edge ping
)",
                         R"(
  0.00 bob>edge REGISTER call=r1 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.05 edge>bob 200 call=r1 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
 20.00 bob>edge stun ping
 20.01 edge>bob stun pong
 40.00 bob>edge ping
 40.10 bob>edge ping
 41.00 bob>edge ping
)",
                         check};

} // namespace diagnosis::rules
