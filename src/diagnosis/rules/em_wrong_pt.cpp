// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr std::uint32_t kEnoughPackets = 3;
constexpr int kComfortNoise =
    13; // sent without negotiation by so many gateways that it tells nothing

struct Formats {
    std::array<bool, 128> numbers{};
    trace::RowId row;
    std::string_view line;
};

void take(Formats &formats, const sip::SdpMedia &audio)
{
    for (const auto &format : audio.formats)
        if (format.payloadType >= 0 && format.payloadType < 128)
            formats.numbers[static_cast<std::size_t>(format.payloadType)] = true;
}

/// Every payload type the caller ever named, on whatever hop: RTP towards it must use those (RFC
/// 3264 section 5.1).
Formats offered(const Evidence &evidence)
{
    Formats formats;
    formats.row = evidence.call.invite;
    std::size_t read = 0;
    for (const auto &entry : evidence.call.rows) {
        const auto &row = evidence.trace.row(entry.row);
        if (row.kind != trace::RowKind::Message || entry.original.valid() ||
            evidence.trace.text(entry.row).find("m=audio") == std::string_view::npos)
            continue;
        // Answers to the callee's own offers count too; what else is in here only makes the rule
        // more lenient.
        const bool byCaller =
            (row.status == 0) == (evidence.trace.tag(row.fromTag) == evidence.call.fromTag);
        if (!byCaller)
            continue;
        const auto &sdp = sdpOf(evidence, entry.row);
        for (const auto &media : sdp.media)
            take(formats, media);
        if (entry.row == formats.row && sdp.audio() != nullptr)
            formats.line = sdp.audio()->line;
        if (++read == 64)
            break;
    }
    return formats;
}

std::string listOf(const std::array<bool, 128> &numbers)
{
    std::string text;
    for (std::size_t i = 0; i < numbers.size(); ++i)
        if (numbers[i])
            text += fmt::format("{}{}", text.empty() ? "" : ", ", i);
    return text;
}

void check(const Evidence &evidence, Findings &out)
{
    const auto &call = evidence.call;
    if (call.kind != calls::Kind::Call || !hasSdp(evidence, call.invite))
        return;
    std::optional<Formats> known;
    for (const auto &bound : evidence.streams) {
        if (!bound.towardsCaller || !bound.early || bound.certainty == Certainty::Guess)
            continue;
        if (!known)
            known = offered(evidence);
        for (std::size_t type = 0; type < 128; ++type) {
            const auto packets = bound.stream->payloadTypes[type];
            // 64-95 collide with RTCP packet types and are never negotiated (RFC 5761 section 4).
            if (packets < kEnoughPackets || known->numbers[type] || type == kComfortNoise ||
                (type >= 64 && type < 96))
                continue;
            auto &f = out.add("em-wrong-pt", Severity::Error, Grade::Seen,
                              fmt::format("{} sent {} of early audio with payload type {} [1], but "
                                          "the offer names {} [2].",
                                          bound.stream->source.text(), count(packets, "packet"),
                                          type, listOf(known->numbers)));
            f.impact =
                "The caller cannot decode this audio and hears silence or noise before the answer.";
            f.evidence = {
                at(*bound.stream, fmt::format("payload type {}", type)),
                at(evidence, known->row, known->line, "the payload types the caller can receive")};
            f.fixes = {{"Send with the payload type numbers of the offer.", "gateway or SBC",
                        Action::None}};
            return;
        }
    }
}

} // namespace

extern const Rule em_wrong_pt;
const Rule em_wrong_pt{"em-wrong-pt",
                       "Early audio with a payload type that was not offered",
                       Severity::Error,
                       "RFC 3264 section 5.1",
                       "183",
                       R"(
  0.00 alice>bob INVITE sdp=0,8
  0.20 bob>alice 183 tag=b sdp=8
* 0.30 bob>alice rtp 20 pt=18
  2.00 bob>alice 200 tag=b sdp=8
)",
                       R"(
  0.00 alice>bob INVITE sdp=0,8
  0.20 bob>alice 183 tag=b sdp=8
  0.30 bob>alice rtp 20 pt=8
  2.00 bob>alice 200 tag=b sdp=8
)",
                       check,
                       Reads::Messages};

} // namespace diagnosis::rules
