// SPDX-License-Identifier: Apache-2.0
#include <ingest/text/one_sided.h>

namespace ingest::text {

std::string_view OneSided::sentence() const
{
    constexpr std::uint64_t kEnough = 3;
    const std::uint64_t all = requests + responses;
    if (all < kEnough)
        return {};
    if (responses == 0)
        return "This log holds requests only: whether they were answered it does not tell.";
    if (requests == 0)
        return "This log holds responses only. What they answer is known from them alone.";
    if (received == all)
        return "This log tells where each message came from and not where one went: it shows what "
               "its host received. What the host sent is missing by the nature of the log, and "
               "nothing is concluded from that.";
    if (sent == all)
        return "This log tells where each message went and not where one came from: it shows what "
               "its host sent. What the host received is missing by the nature of the log, and "
               "nothing is concluded from that.";
    return {};
}

} // namespace ingest::text
