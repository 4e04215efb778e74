// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/in_force.h>
#include <diagnosis/private_place.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr std::uint64_t kEnough = 50; // packets: a second of it

/// What the callee's side named for its media in that dialog.
struct Named {
    trace::RowId row; // the last description
    bool here = false, hidden = false;
};
Named namedBy(const Evidence &evidence, std::uint32_t dialog, const base::Address &source)
{
    Named out;
    for (const auto &each : descriptions(evidence, dialog)) {
        if (each.byCaller)
            continue;
        out.row = each.row;
        for (const auto &media : sdpOf(evidence, each.row).media) {
            const auto place = media.endpoint();
            out.here = out.here || (place && place->address == source);
            // A name, a NAT that is seen through, or ICE: other addresses are to be expected.
            out.hidden = out.hidden || (place && !outside(place->address)) ||
                         (media.port != 0 && !place) || media.attribute("candidate").has_value();
        }
    }
    return out;
}

void check(const Evidence &evidence, Findings &out)
{
    const auto &call = evidence.call;
    if (call.kind != calls::Kind::Call)
        return;
    for (const auto &bound : evidence.streams) {
        const auto &stream = *bound.stream;
        if (!bound.towardsCaller || !bound.early || bound.astray || stream.packets < kEnough ||
            !outside(stream.source.address) || bound.earlyDialog >= call.earlyDialogs.size())
            continue;
        const auto named = namedBy(evidence, bound.earlyDialog, stream.source.address);
        if (!named.row.valid() || named.here || named.hidden)
            continue;
        auto &f = out.add(
            "em-unattributed-source", Severity::Info, Grade::Likely,
            fmt::format("Early audio comes from {} [1], an address that no description of the "
                        "callee's side names [2].",
                        stream.source.text()));
        f.impact = "Receivers that play media of the described address alone stay silent, and "
                   "answers to where packets come from go elsewhere than the description says.";
        f.evidence = {at(stream, "comes from elsewhere"), at(named.row, "what was described")};
        f.fixes = {{"Send media from the address and port that the description names (symmetric "
                    "RTP, RFC 4961).",
                    "gateway or SBC", Action::None},
                   {"Where nobody knows that address: encrypt media, so that nobody can put in his "
                    "own.",
                    "operator", Action::None}};
        return;
    }
}

} // namespace

extern const Rule em_unattributed_source;
const Rule em_unattributed_source{"em-unattributed-source",
                                  "Early audio from an address that nobody named",
                                  Severity::Info,
                                  "RFC 3960 section 6, RFC 4961",
                                  "183",
                                  R"(
  0.00 alice>bob INVITE offer
  0.20 bob>alice 183 tag=b sdp=0@bob
* 0.30 gw>alice rtp 80
  3.00 bob>alice 200 tag=b sdp=0@bob
  3.05 alice>bob ACK tag=b
)",
                                  R"(
  0.00 alice>bob INVITE offer
  0.20 bob>alice 183 tag=b sdp=0@gw
  0.30 gw>alice rtp 80
  3.00 bob>alice 200 tag=b sdp=0@gw
  3.05 alice>bob ACK tag=b
)",
                                  check,
                                  Reads::Messages};

} // namespace diagnosis::rules
