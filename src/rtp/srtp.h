// SPDX-License-Identifier: Apache-2.0
// Takes SRTP and SRTCP (RFC 3711, RFC 7714) off the packets of one sender's key, or puts it on
// ours, by libsrtp. Any one thread; owned by whoever holds the key.
#pragma once

#include <memory>
#include <rtp/sdes.h>
#include <string>
#include <string_view>

namespace rtp {

struct SrtpWork;

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
    explicit SrtpOpener(std::unique_ptr<SrtpWork> work);

    std::unique_ptr<SrtpWork> m_work;
};

class SrtpSealer
{
public:
    /// nullptr: the library takes no such key.
    static std::unique_ptr<SrtpSealer> open(const SdesKey &key);
    ~SrtpSealer();
    SrtpSealer(const SrtpSealer &) = delete;
    SrtpSealer &operator=(const SrtpSealer &) = delete;

    /// `sealed` becomes the packet as it goes out; its memory is used again. False: no packet, or
    /// one whose number this key has protected already.
    bool rtp(std::string_view packet, std::string &sealed);
    bool rtcp(std::string_view packet, std::string &sealed);

private:
    explicit SrtpSealer(std::unique_ptr<SrtpWork> work);

    std::unique_ptr<SrtpWork> m_work;
};

} // namespace rtp
