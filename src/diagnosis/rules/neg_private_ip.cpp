// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

/// ICE finds another address, and media of that side that arrives from outside, or from that very
/// place, proves that both cope with it.
bool solved(const Evidence &evidence, trace::RowId row, const base::Endpoint &place)
{
    const auto candidate = [](std::string_view a) { return a.substr(0, 10) == "candidate:"; };
    for (const auto &media : sdpOf(evidence, row).media)
        if (std::any_of(media.attributes.begin(), media.attributes.end(), candidate))
            return true;
    const auto &message = evidence.trace.row(row);
    const bool byCaller =
        evidence.trace.tag(message.status == 0 ? message.fromTag : message.toTag) ==
        evidence.call.fromTag;
    return std::any_of(evidence.streams.begin(), evidence.streams.end(), [&](const BoundStream &b) {
        return b.stream->source == place ||
               (b.towardsCaller != byCaller && !b.stream->source.address.isPrivate());
    });
}

void check(const Evidence &evidence, Findings &out)
{
    if (evidence.call.kind != calls::Kind::Call)
        return;
    std::size_t read = 0;
    for (const auto &entry : evidence.call.rows) {
        if (entry.original.valid() ||
            evidence.trace.row(entry.row).kind != trace::RowKind::Message ||
            !hasSdp(evidence, entry.row))
            continue;
        if (++read > 16)
            return;
        const auto source = evidence.trace.source(entry.row).address;
        const auto target = evidence.trace.destination(entry.row).address;
        // Only where the signalling itself crosses public addresses the private one cannot be
        // reached.
        if (!source.known() || source.isPrivate() || !target.known() || target.isPrivate())
            continue;
        const auto &sdp = sdpOf(evidence, entry.row);
        const auto *const audio = sdp.audio();
        const auto place = audio != nullptr && audio->port != 0 ? audio->endpoint() : std::nullopt;
        if (!place || place->address.isUnspecified() || !place->address.isPrivate() ||
            solved(evidence, entry.row, *place))
            continue;
        // Relays that answer to the source of what they get are common: only media that is seen,
        // and not from outside, proves that none is there.
        const bool seen = mediaVisible(evidence);
        auto &f =
            out.add("neg-private-ip", seen ? Severity::Error : Severity::Warning, Grade::Likely,
                    fmt::format("{} sends from the public address {} but wants its media at the "
                                "private address {} [1].",
                                sender(evidence, entry.row), source.text(), place->address.text()));
        f.impact = seen ? "The other side cannot send there: no audio towards this side unless a "
                          "relay corrects it."
                        : "The other side cannot send there. Whether a relay corrects it this "
                          "capture cannot tell: it holds no media of this call.";
        f.evidence = {at(evidence, entry.row, audio->line, "media address")};
        f.fixes = {{"Put the public address into the SDP: external address setting, STUN or ICE.",
                    "caller's user agent", Action::None},
                   {"Relay media to where its packets come from (symmetric RTP).", "gateway or SBC",
                    Action::None}};
        return;
    }
}

} // namespace

extern const Rule neg_private_ip;
const Rule neg_private_ip{"neg-private-ip",
                          "Media is wanted at a private address",
                          Severity::Error,
                          "RFC 3264 section 5.1, RFC 8445",
                          "183",
                          R"(
  0.00 198.18.0.1>198.18.0.2 INVITE sdp=0@198.18.0.1:4000
* 1.00 198.18.0.2>198.18.0.1 200 tag=b sdp=0@10.1.2.3:5000
  1.01 198.18.0.1>198.18.0.2 ACK tag=b
  1.10 198.18.0.1>10.1.2.3 rtp 100 port=4000 toport=5000
)",
                          R"(
  0.00 198.18.0.1>198.18.0.2 INVITE sdp=0@198.18.0.1:4000
  1.00 198.18.0.2>198.18.0.1 200 tag=b sdp=0@198.18.0.2:5000
  1.01 198.18.0.1>198.18.0.2 ACK tag=b
)",
                          check,
                          Reads::Messages};

} // namespace diagnosis::rules
