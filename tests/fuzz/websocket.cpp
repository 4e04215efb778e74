// SPDX-License-Identifier: Apache-2.0
// WebSocket from hostile bytes: the input is cut into chunks (an octet of direction, a length octet
// before each); direction 2 and 3 are gaps. The first chunk is an HTTP head.
#include <cstdint>
#include <cstdlib>
#include <ingest/decode/websocket.h>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    using ingest::decode::WsStream;
    std::string_view rest(reinterpret_cast<const char *>(data), size);
    WsStream stream;
    const std::size_t head = WsStream::headEnd(rest);
    if (WsStream::looksLikeHead(rest) && head != std::string_view::npos &&
        WsStream::upgrades(rest.substr(0, head))) {
        stream.head(rest.substr(0, head));
        rest.remove_prefix(head);
    }
    while (rest.size() >= 2) {
        const auto how = static_cast<unsigned char>(rest[0]);
        const std::string_view chunk =
            rest.substr(2, static_cast<unsigned char>(rest[1]) * std::size_t{(how & 4U) + 1});
        rest.remove_prefix(2 + chunk.size());
        if ((how & 2U) != 0) {
            stream.gap(how & 1U);
            continue;
        }
        for (const auto &piece : stream.add(how & 1U, chunk)) {
            if (piece.bytes.size() > (256U << 10U))
                std::abort();
        }
        WsStream::looksLikeSipFrame(chunk);
    }
    return stream.held() <= size + 16 ? 0 : 1;
}
