// SPDX-License-Identifier: Apache-2.0
// Takes SRTP and SRTCP (RFC 3711, RFC 7714) off the packets of one sender's key, by libsrtp. Any
// one thread; owned by whoever holds the key.
#pragma once

#include <memory>
#include <rtp/sdes.h>
#include <string>
#include <string_view>

namespace rtp {

class SrtpOpener
{
public:
    enum class Result : std::uint8_t {
        Opened,
        Repeated, // it was opened before
        Refused,  // not under this key, or changed on its way
    };

    /// nullptr: the library takes no such key.
    static std::unique_ptr<SrtpOpener> open(const SdesKey &key);
    ~SrtpOpener();
    SrtpOpener(const SrtpOpener &) = delete;
    SrtpOpener &operator=(const SrtpOpener &) = delete;

    /// `plain` becomes the packet in the clear; its memory is used again.
    Result rtp(std::string_view packet, std::string &plain);
    Result rtcp(std::string_view packet, std::string &plain);
    /// For a packet that is refused because its sender's sequence number has turned over before the
    /// capture began: the same key with the rollover counter that fits, 1 to `most`, which
    /// `rollover` becomes. nullptr: none does. Costs a check of the packet for each.
    std::unique_ptr<SrtpOpener> later(std::string_view packet, std::uint32_t most,
                                      std::string &plain, std::uint32_t &rollover) const;

private:
    struct Work;
    explicit SrtpOpener(std::unique_ptr<Work> work);

    std::unique_ptr<Work> m_work;
};

} // namespace rtp
