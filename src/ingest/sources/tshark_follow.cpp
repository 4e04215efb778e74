// SPDX-License-Identifier: Apache-2.0
// A conversation that tshark followed (-z follow): hex, raw, ascii or yaml, with the addresses of
// both ends at its head.
#include <ingest/source.h>

#include <ingest/mapping.h>
#include <ingest/text/followed.h>
#include <ingest/text/text_frames.h>

namespace ingest::sources {
namespace {

constexpr std::uint32_t kRawIp = 101;
constexpr std::uint32_t kFirstStream = 0x40000000; // beyond those that the decoder gives

int recognises(std::string_view firstBytes)
{
    return text::isFollow(firstBytes) ? 96 : 0;
}

/// Through the decoder, which knows what UDP and TCP may carry.
void asFrames(const text::Talk &talk, text::TextFrames &out)
{
    std::uint32_t next[2] = {1, 1};
    std::uint16_t number = 0;
    for (const text::Talk::Part &part : talk.parts) {
        text::Segment segment;
        segment.source = talk.ends[part.side];
        segment.destination = talk.ends[1 - part.side];
        segment.tcp = talk.transport == base::Transport::Tcp;
        segment.identification = ++number == 0 ? ++number : number;
        segment.sequence = next[part.side];
        segment.acknowledged = next[1 - part.side];
        segment.payload = part.bytes;
        next[part.side] += static_cast<std::uint32_t>(part.bytes.size());
        out.frame(part.time, kRawIp, text::ipPacket(segment));
    }
}

base::Result<Outcome> readBytes(const base::Blob &bytes, const Sink &sink,
                                const std::atomic<bool> &cancel)
{
    text::TextFrames out(sink, cancel, bytes.size());
    out.outcome().linkTypes.emplace_back("tshark followed stream");
    bool dots = false;
    std::uint32_t stream = kFirstStream;
    for (const text::Talk &talk : text::readFollows(bytes.text())) {
        const bool known = talk.ends[0].known() && talk.ends[1].known();
        out.outcome().frames += talk.parts.size();
        if (known &&
            (talk.transport == base::Transport::Udp || talk.transport == base::Transport::Tcp))
            asFrames(talk, out);
        else
            for (base::Packet &packet : text::packetsOf(talk, stream))
                out.packet(std::move(packet));
        stream += 2;
        dots |= talk.dots;
        if (out.stop(bytes.size()))
            break;
    }
    if (dots)
        out.flaw("This form of a followed stream shows what cannot be printed as dots: a dot may "
                 "stand for any such byte. Its raw form (-z follow,udp,raw,0) keeps them.");
    return out.finish();
}

base::Result<Outcome> read(std::string_view path, const Sink &sink, const std::atomic<bool> &cancel)
{
    const auto bytes = mapFile(std::string(path));
    if (!bytes)
        return tl::unexpected(bytes.error());
    return readBytes(*bytes, sink, cancel);
}

} // namespace

extern const Source tshark_follow;
const Source tshark_follow{
    "tshark_follow", "tshark followed stream", "*.txt *.yaml", recognises, read, readBytes};

} // namespace ingest::sources
