// SPDX-License-Identifier: Apache-2.0
// Any bytes as a pcap file, at once and in windows as they come out of a compressed or growing
// file.
#include <support/fuzz_sink.h>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    return support::fuzzSource("pcap", data, size);
}
