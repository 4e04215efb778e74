// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/announced.h>
#include <diagnosis/facts.h>
#include <diagnosis/in_force.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr auto kLong = std::chrono::seconds(2);

/// The caller names a place that its packets cannot be reached at from where they are seen: a relay
/// that answers to the source of what it gets has to hear from it first.
bool behindNat(const Evidence &evidence, const sip::SdpMedia &audio)
{
    const auto place = audio.endpoint();
    const auto from = evidence.trace.source(evidence.call.invite).address;
    const auto to = evidence.trace.destination(evidence.call.invite).address;
    if (!place || !place->address.isPrivate() || !to.known() || to.isPrivate())
        return false;
    return std::none_of(audio.attributes.begin(), audio.attributes.end(),
                        [](std::string_view a) { return a.substr(0, 10) == "candidate:"; }) &&
           from.known();
}

/// Something went from the caller to the callee's side before `end`.
bool callerSent(const Evidence &evidence, base::Instant end)
{
    return std::any_of(evidence.streams.begin(), evidence.streams.end(), [&](const BoundStream &b) {
        return !b.towardsCaller && b.stream->first < end;
    });
}

void check(const Evidence &evidence, Findings &out)
{
    const auto &call = evidence.call;
    if (call.kind != calls::Kind::Call || !mediaVisible(evidence) || !hasSdp(evidence, call.invite))
        return;
    const auto *const offered = sdpOf(evidence, call.invite).audio();
    if (offered == nullptr || !behindNat(evidence, *offered))
        return;
    for (std::uint32_t i = 0; i < call.earlyDialogs.size(); ++i) {
        const auto end = earlyEnd(evidence, i);
        const auto announced = firstAnnounced(evidence, i, end);
        if (announced.what != Announced::Media)
            continue;
        if (firstHeard(evidence, end) != nullptr || callerSent(evidence, end))
            return;
        if (end - announced.since < kLong) {
            if (!earlyPhaseOver(evidence, i))
                out.recheckAt(announced.since + kLong);
            continue;
        }
        auto &f = out.add(
            "em-latch-deadlock", Severity::Warning, Grade::Likely,
            fmt::format("Early audio is announced [1], the caller wants it at the private address "
                        "{} [2], and in {} neither side sent a packet: each may be waiting for the "
                        "other's first.",
                        offered->endpoint()->address.text(), lasting(end - announced.since)));
        f.impact = "The caller hears silence until the answer: a relay that sends to where packets "
                   "come from learns that place too late.";
        f.evidence = {at(announced.row, "early audio is announced"),
                      at(evidence, call.invite, offered->line, "an address behind a NAT")};
        f.fixes = {
            {"Send RTP or comfort noise from the offered port as soon as the answer is there "
             "(RFC 6263).",
             "caller's user agent", Action::None},
            {"Do not wait for the caller's first packet where its address is known.",
             "gateway or SBC", Action::None}};
        return;
    }
}

} // namespace

extern const Rule em_latch_deadlock;
const Rule em_latch_deadlock{"em-latch-deadlock",
                             "Both sides wait for the other's first packet",
                             Severity::Warning,
                             "RFC 6263 section 4, RFC 3960 section 3.1",
                             "183",
                             R"(
  0.00 8.8.4.10>8.8.4.20 INVITE sdp=0,8@192.168.1.5:4000
  0.20 8.8.4.20>8.8.4.10 183 tag=b sdp=0@8.8.4.20:5000
* 6.00 8.8.4.20>8.8.4.10 200 tag=b sdp=0@8.8.4.20:5000
  6.05 8.8.4.10>8.8.4.20 ACK tag=b
  6.10 8.8.4.10>8.8.4.20 rtp 100 port=4000 toport=5000
  6.15 8.8.4.20>8.8.4.10 rtp 100 port=5000 toport=4000
)",
                             R"(
  0.00 8.8.4.10>8.8.4.20 INVITE sdp=0,8@192.168.1.5:4000
  0.20 8.8.4.20>8.8.4.10 183 tag=b sdp=0@8.8.4.20:5000
* 0.30 8.8.4.10>8.8.4.20 rtp 100 port=4000 toport=5000
* 0.40 8.8.4.20>8.8.4.10 rtp 100 port=5000 toport=4000
  6.00 8.8.4.20>8.8.4.10 200 tag=b sdp=0@8.8.4.20:5000
  6.05 8.8.4.10>8.8.4.20 ACK tag=b
  6.15 8.8.4.20>8.8.4.10 rtp 100 port=5000 toport=4000
)",
                             check,
                             Reads::Messages};

} // namespace diagnosis::rules
