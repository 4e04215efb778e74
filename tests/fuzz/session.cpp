// SPDX-License-Identifier: Apache-2.0
// Everything behind the decoders at once: the input is cut at "\n~"; of the three characters after
// it the first chooses the ends, the second the kind of packet, the third how far the clock moves.
// Messages whose SDP names those ends, media with and without keys, and halves of connections meet
// in one session.
#include <cstdint>
#include <cstdlib>
#include <session/folds.h>
#include <string_view>

namespace {

base::Endpoint place(unsigned number)
{
    return {base::Address::v4(0xC0000201U + number % 2),
            static_cast<std::uint16_t>(number < 2 ? 5060 : 4000 + number / 4)};
}

void require(bool condition)
{
    if (!condition)
        std::abort();
}

void look(const rtp::Stream &stream)
{
    require(stream.closed + stream.opened <= stream.packets && stream.refused <= stream.closed);
    require(stream.spans.size() <= 4096 && stream.digits.size() <= 1024);
    for (std::size_t i = 0; i < stream.spans.size(); ++i) {
        require(stream.spans[i].from <= stream.spans[i].to);
        require(i == 0 || stream.spans[i - 1].from <= stream.spans[i].from);
    }
    if (stream.tape)
        (void)stream.tape->heard(stream.last + std::chrono::seconds(1));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    std::string_view rest(reinterpret_cast<const char *>(data), size);
    session::Folds folds;
    folds.beginCapture(nullptr);
    base::Packet packet;
    packet.time = base::Instant{1'700'000'000'000'000'000};
    for (int count = 0; !rest.empty() && count < 200; ++count) {
        const std::size_t end = rest.find("\n~");
        const std::string_view bytes = rest.substr(0, end);
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 2);
        const auto at = [&](std::size_t i) {
            return i < rest.size() ? static_cast<unsigned char>(rest[i]) : 0U;
        };
        const unsigned ends = at(0), how = at(1), when = at(2);
        rest.remove_prefix(std::min<std::size_t>(rest.size(), 3));
        packet.source = place(ends & 7U);
        packet.destination = place(ends >> 3U & 7U);
        packet.kind = static_cast<base::PacketKind>(how % 5U);
        const bool datagram = packet.kind == base::PacketKind::Datagram;
        packet.transport = datagram ? base::Transport::Udp : base::Transport::Tcp;
        packet.stream = datagram ? 0 : 1 + (ends & 1U);
        packet.hint = (how & 0x80U) != 0 ? base::PayloadHint::Rtp : base::PayloadHint::Unknown;
        packet.cut = (how & 0x40U) != 0;
        packet.time = packet.time + std::chrono::milliseconds(static_cast<signed char>(when));
        packet.payload = base::Blob::copy(bytes);
        folds.readFrom(1 + (how >> 4U & 1U));
        folds.add(packet);
        for (const calls::CallId id : folds.changes().calls) {
            if (const auto call = folds.book().snapshot(id))
                (void)folds.streamsOf(*call);
        }
        folds.changes() = {};
    }
    folds.endCapture();
    for (const auto &stream : folds.streams())
        look(*stream);
    return 0;
}
