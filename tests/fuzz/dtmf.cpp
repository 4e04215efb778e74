// SPDX-License-Identifier: Apache-2.0
// Telephone events from hostile bytes: eight octets each, a timestamp step, then the event.
#include <cstdint>
#include <cstdlib>
#include <rtp/dtmf.h>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    std::string_view rest(reinterpret_cast<const char *>(data), size);
    rtp::DtmfReader reader;
    std::vector<rtp::Digit> digits;
    std::uint32_t timestamp = 0;
    base::Instant at{1'000'000'000};
    while (rest.size() >= 4) {
        for (std::size_t i = 0; i < 4; ++i)
            timestamp += static_cast<std::uint32_t>(static_cast<unsigned char>(rest[i])) << 8U * i;
        at = at + std::chrono::milliseconds(20);
        const std::string_view payload = rest.substr(4, 4);
        reader.add(at, timestamp, timestamp % 3 == 0 ? 48000 : 8000, payload, digits);
        rtp::DtmfReader::plausible(payload);
        rest.remove_prefix(4 + payload.size());
    }
    for (const rtp::Digit &digit : digits) {
        if (digit.length < base::Duration::zero())
            std::abort();
    }
    return digits.size() <= 1024 ? 0 : 1;
}
