// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <sip/uri.h>

namespace diagnosis::rules {
namespace {

constexpr int kMost = 16; // INVITEs that are read

/// The INVITE as the proxy got it that sends `onward`; nullptr: not in view.
const calls::Transaction *inwardOf(const Evidence &evidence, const calls::Transaction &onward)
{
    const auto &out = evidence.trace.row(onward.request);
    for (const auto &t : evidence.call.transactions)
        if (t.method == sip::Method::Invite && !t.inDialog && t.cseq == onward.cseq &&
            t.request.valid() && t.started <= onward.started &&
            evidence.trace.row(t.request).viaCount + 1 == out.viaCount &&
            evidence.trace.row(t.request).fromTag == out.fromTag &&
            evidence.trace.destination(t.request).address ==
                evidence.trace.source(onward.request).address)
            return &t;
    return nullptr;
}

bool known(base::Transport transport)
{
    return transport != base::Transport::Unknown;
}

void check(const Evidence &evidence, Findings &out)
{
    int invites = 0;
    for (const auto &onward : evidence.call.transactions) {
        if (onward.method != sip::Method::Invite || onward.inDialog || !onward.request.valid() ||
            evidence.trace.row(onward.request).viaCount < 2)
            continue;
        if (++invites > kMost)
            return;
        const auto *const inward = inwardOf(evidence, onward);
        if (inward == nullptr)
            continue;
        const auto came = evidence.trace.row(inward->request).transport,
                   went = evidence.trace.row(onward.request).transport;
        if (!known(came) || !known(went) || came == went)
            continue;
        const auto before = evidence.message(inward->request).values(sip::HeaderId::RecordRoute),
                   after = evidence.message(onward.request).values(sip::HeaderId::RecordRoute);
        // One port takes both UDP and TCP, as for an INVITE that grew (RFC 3261 section 18.1.1).
        const bool onePort = came != base::Transport::Tls && went != base::Transport::Tls &&
                             !after.empty() &&
                             !sip::parseNameAddress(after.front()).uri.parameter("transport");
        if (onePort)
            continue;
        // A host name may stand for both sides, found by the resolver (RFC 5658 section 3).
        if (after.size() != before.size() + 1 ||
            !base::Address::parse(sip::parseNameAddress(after.front()).uri.host))
            continue;
        auto &f =
            out.add("rt-double-rr", Severity::Warning, Grade::Likely,
                    fmt::format("{} got the INVITE over {} [1] and sends it on over {} with one "
                                "Record-Route for both sides [2].",
                                receiver(evidence, inward->request), base::transportText(came),
                                base::transportText(went)));
        f.impact = "Requests within the call are sent to that one address over the transport of "
                   "the other side: hold or hanging up may not arrive.";
        f.evidence = {at(inward->request, "as it came"),
                      at(evidence, onward.request, sip::HeaderId::RecordRoute, "one for both")};
        f.fixes = {{"Put two Record-Route entries in where the transport or the interface changes "
                    "(RFC 5658).",
                    "edge proxy", Action::None}};
        return;
    }
}

} // namespace

extern const Rule rt_double_rr;
const Rule rt_double_rr{"rt-double-rr",
                        "One Record-Route for two transports",
                        Severity::Warning,
                        "RFC 5658 section 3",
                        "200",
                        R"(
  0.00 alice>proxy INVITE tcp offer
* 0.01 proxy>bob INVITE offer "Record-Route: <sip:192.0.2.4;transport=udp;lr>"
* 0.20 bob>proxy 180 tag=b
)",
                        R"(
  0.00 alice>proxy INVITE tcp offer
  0.01 proxy>bob INVITE offer "Record-Route: <sip:192.0.2.4;lr>, <sip:192.0.2.4;transport=tcp;lr>"
  0.20 bob>proxy 180 tag=b
)",
                        check,
                        Reads::Messages};

} // namespace diagnosis::rules
