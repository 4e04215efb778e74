// SPDX-License-Identifier: Apache-2.0
#include <rtp/rtcp.h>

#include <algorithm>

namespace rtp {

namespace {

constexpr std::uint8_t kSenderReport = 200, kReceiverReport = 201, kDescription = 202, kBye = 203,
                       kFirst = 200, kLast = 207, kExtended = 207;
constexpr std::size_t kHeader = 4, kBlock = 24, kSender = 20;
constexpr int kMostItems = 256;

std::uint32_t number(std::string_view bytes, std::size_t at, std::size_t length)
{
    std::uint32_t value = 0;
    for (std::size_t i = at; i < at + length; ++i)
        value = value << 8U | (i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0U);
    return value;
}

std::uint8_t octet(std::string_view bytes, std::size_t at)
{
    return static_cast<std::uint8_t>(number(bytes, at, 1));
}

/// One packet of a compound.
struct Part {
    std::uint8_t type = 0, count = 0;
    std::size_t whole = 0;    // bytes, header included
    std::string_view content; // behind the header, without padding
};

/// nullopt: no RTCP header, or it does not fit.
std::optional<Part> partOf(std::string_view bytes)
{
    Part out;
    out.type = octet(bytes, 1);
    out.count = octet(bytes, 0) & 0x1FU;
    out.whole = (std::size_t{number(bytes, 2, 2)} + 1) * 4;
    if (bytes.size() < kHeader || octet(bytes, 0) >> 6U != 2 || out.type < kFirst ||
        out.type > kLast || out.whole > bytes.size())
        return std::nullopt;
    out.content = bytes.substr(kHeader, out.whole - kHeader);
    if ((octet(bytes, 0) & 0x20U) != 0 && !out.content.empty()) {
        const std::size_t padding = octet(out.content, out.content.size() - 1);
        if (padding == 0 || padding > out.content.size())
            return std::nullopt;
        out.content.remove_suffix(padding);
    }
    return out;
}

class Reader
{
public:
    explicit Reader(RtcpListener &listener) : m_listener(listener) {}
    void part(const Part &part);

private:
    void blocks(std::uint32_t reporter, std::string_view bytes, unsigned count);
    void description(std::string_view bytes, unsigned chunks);
    void bye(std::string_view bytes, unsigned count);
    void extended(std::string_view bytes);
    bool room() { return m_items++ < kMostItems; }

    RtcpListener &m_listener;
    int m_items = 0;
};

void Reader::blocks(std::uint32_t reporter, std::string_view bytes, unsigned count)
{
    for (; count > 0 && bytes.size() >= kBlock && room(); --count, bytes.remove_prefix(kBlock)) {
        ReportBlock block;
        block.reporter = reporter;
        block.about = number(bytes, 0, 4);
        block.fractionLost = octet(bytes, 4);
        const std::uint32_t lost = number(bytes, 5, 3);
        block.cumulativeLost =
            static_cast<std::int32_t>(lost) - ((lost & 0x800000U) != 0 ? 0x1000000 : 0);
        block.highestSequence = number(bytes, 8, 4);
        block.jitter = number(bytes, 12, 4);
        block.lastReport = number(bytes, 16, 4);
        block.delay = number(bytes, 20, 4);
        m_listener.report(block);
    }
}

/// RFC 3550 section 6.5: chunks of a source and its items, each chunk padded to 32 bits.
void Reader::description(std::string_view bytes, unsigned chunks)
{
    constexpr std::uint8_t kEnd = 0, kName = 1;
    std::size_t at = 0;
    for (; chunks > 0 && at + 4 <= bytes.size() && room(); --chunks) {
        const std::uint32_t ssrc = number(bytes, at, 4);
        at += 4;
        while (at + 2 <= bytes.size() && octet(bytes, at) != kEnd) {
            const std::size_t length = octet(bytes, at + 1);
            if (octet(bytes, at) == kName && at + 2 + length <= bytes.size())
                m_listener.name(ssrc, bytes.substr(at + 2, length));
            at += 2 + length;
        }
        at = (at / 4 + 1) * 4;
    }
}

void Reader::bye(std::string_view bytes, unsigned count)
{
    const std::size_t reasonAt = std::size_t{count} * 4;
    std::string_view reason;
    if (reasonAt < bytes.size())
        reason = bytes.substr(reasonAt + 1, octet(bytes, reasonAt));
    for (std::size_t i = 0; i < count && i * 4 + 4 <= bytes.size() && room(); ++i)
        m_listener.bye(number(bytes, i * 4, 4), reason);
}

/// RFC 3611 section 3: blocks of a type, a length in words and their content.
void Reader::extended(std::string_view bytes)
{
    constexpr std::uint8_t kVoip = 7;
    constexpr std::size_t kVoipLength = 32;
    const std::uint32_t reporter = number(bytes, 0, 4);
    bytes.remove_prefix(std::min<std::size_t>(bytes.size(), 4));
    while (bytes.size() >= 4 && room()) {
        const std::size_t length = std::size_t{number(bytes, 2, 2)} * 4;
        const std::string_view block = bytes.substr(4, length);
        if (octet(bytes, 0) == kVoip && block.size() >= kVoipLength) {
            VoipMetrics out;
            out.reporter = reporter;
            out.about = number(block, 0, 4);
            out.lossRate = octet(block, 4);
            out.discardRate = octet(block, 5);
            out.burstDensity = octet(block, 6);
            out.gapDensity = octet(block, 7);
            out.burstDuration = static_cast<std::uint16_t>(number(block, 8, 2));
            out.gapDuration = static_cast<std::uint16_t>(number(block, 10, 2));
            out.roundTrip = static_cast<std::uint16_t>(number(block, 12, 2));
            out.endSystemDelay = static_cast<std::uint16_t>(number(block, 14, 2));
            out.rFactor = octet(block, 20);
            out.mosListening = octet(block, 22);
            out.mosConversation = octet(block, 23);
            m_listener.metrics(out);
        }
        bytes.remove_prefix(std::min(bytes.size(), 4 + length));
    }
}

void Reader::part(const Part &part)
{
    const std::string_view content = part.content;
    if (part.type == kSenderReport && content.size() >= 4 + kSender) {
        SenderInfo info;
        info.ssrc = number(content, 0, 4);
        info.ntp = std::uint64_t{number(content, 4, 4)} << 32U | number(content, 8, 4);
        info.timestamp = number(content, 12, 4);
        info.packets = number(content, 16, 4);
        info.octets = number(content, 20, 4);
        m_listener.sender(info);
        blocks(info.ssrc, content.substr(4 + kSender), part.count);
    } else if (part.type == kReceiverReport && content.size() >= 4) {
        blocks(number(content, 0, 4), content.substr(4), part.count);
    } else if (part.type == kDescription) {
        description(content, part.count);
    } else if (part.type == kBye) {
        bye(content, part.count);
    } else if (part.type == kExtended) {
        extended(content);
    }
}

} // namespace

bool isRtcp(std::string_view bytes)
{
    if (bytes.size() < 8)
        return false;
    while (!bytes.empty()) {
        const auto part = partOf(bytes);
        if (!part)
            return false;
        bytes.remove_prefix(part->whole);
    }
    return true;
}

bool readRtcp(std::string_view bytes, RtcpListener &listener)
{
    Reader reader(listener);
    bool any = false;
    for (auto part = partOf(bytes); part; part = partOf(bytes)) {
        reader.part(*part);
        any = true;
        bytes.remove_prefix(part->whole);
        if (bytes.empty())
            break;
    }
    return any;
}

} // namespace rtp
