// SPDX-License-Identifier: Apache-2.0
#include <rtp/rtcp_write.h>

#include <algorithm>

namespace rtp {
namespace {

constexpr std::uint8_t kSenderReport = 200, kReceiverReport = 201, kDescription = 202, kBye = 203;
constexpr std::size_t kMostBlocks = 31, kLongestName = 255;

void put(std::string &out, std::uint64_t value, int octets)
{
    for (int shift = (octets - 1) * 8; shift >= 0; shift -= 8)
        out += static_cast<char>(value >> shift & 0xFFU);
}

/// One packet: its header in front, its length in words less one.
void putPart(std::string &out, std::uint8_t type, std::size_t count, std::string content)
{
    content.resize((content.size() + 3) / 4 * 4, '\0');
    put(out, 0x80U | count, 1);
    put(out, type, 1);
    put(out, content.size() / 4, 2);
    out += content;
}

void putBlock(std::string &out, const ReportBlock &block)
{
    put(out, block.about, 4);
    put(out, block.fractionLost, 1);
    const auto lost = std::clamp(block.cumulativeLost, -0x800000, 0x7FFFFF);
    put(out, static_cast<std::uint32_t>(lost) & 0xFFFFFFU, 3);
    put(out, block.highestSequence, 4);
    put(out, block.jitter, 4);
    put(out, block.lastReport, 4);
    put(out, block.delay, 4);
}

} // namespace

std::uint64_t ntpOf(base::Instant time)
{
    constexpr std::int64_t kSecond = 1'000'000'000, kSince1900 = 2'208'988'800;
    const std::int64_t ns = std::max<std::int64_t>(time.ns, 0);
    const auto seconds = static_cast<std::uint64_t>(ns / kSecond + kSince1900);
    const auto fraction = (static_cast<std::uint64_t>(ns % kSecond) << 32U) / kSecond;
    return (seconds & 0xFFFFFFFFU) << 32U | fraction;
}

std::string writeReport(const SenderInfo &sender, std::span<const ReportBlock> blocks,
                        std::string_view cname, bool bye)
{
    std::string content, out;
    const std::size_t count = std::min(blocks.size(), kMostBlocks);
    put(content, sender.ssrc, 4);
    if (sender.packets > 0) {
        put(content, sender.ntp, 8);
        put(content, sender.timestamp, 4);
        put(content, sender.packets, 4);
        put(content, sender.octets, 4);
    }
    for (const ReportBlock &block : blocks.first(count))
        putBlock(content, block);
    putPart(out, sender.packets > 0 ? kSenderReport : kReceiverReport, count, std::move(content));

    content.clear();
    put(content, sender.ssrc, 4);
    content += '\1'; // CNAME
    const auto name = cname.substr(0, kLongestName);
    put(content, name.size(), 1);
    content += name;
    content += '\0'; // ends the chunk; putPart() pads it
    putPart(out, kDescription, 1, std::move(content));

    if (bye) {
        content.clear();
        put(content, sender.ssrc, 4);
        putPart(out, kBye, 1, std::move(content));
    }
    return out;
}

base::Duration reportInterval(bool initial, double octets, double bandwidth, double random)
{
    // Of two members at least one sends, so both share all of RTCP's 5 %.
    constexpr double kMembers = 2, kShare = 0.05, kLeast = 5, kCompensation = 1.21828;
    const double share = std::max(bandwidth, 1000.0) * kShare / 8;
    const double least = initial ? kLeast / 2 : kLeast;
    const double seconds = std::clamp(kMembers * octets / share, least, 60.0);
    return base::Duration{static_cast<std::int64_t>(seconds * (std::clamp(random, 0.0, 1.0) + 0.5) /
                                                    kCompensation * 1e9)};
}

} // namespace rtp
