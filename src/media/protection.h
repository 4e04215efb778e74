// SPDX-License-Identifier: Apache-2.0
// SRTP of one call (RFC 3711, RFC 4568): the keys of each early dialog, what they open and what
// they seal. Bounded, whatever comes. Media thread.
#pragma once

#include "media.h"

#include <base/endpoint.h>
#include <memory>
#include <rtp/srtp.h>
#include <string>
#include <string_view>
#include <vector>

namespace media {

class Protection
{
public:
    /// Required: what comes without SRTP is not heard, whoever sends it. Offered: nor what comes
    /// before an answer has told whether it is protected.
    explicit Protection(Srtp wanted) : m_wanted(wanted) {}

    /// What a dialog's description says; the same keys again change nothing, and those of before
    /// open what is still on its way.
    void agree(const Remote &remote);
    void close(const std::string &toTag);

    enum class Verdict : std::uint8_t {
        Clear,    // not protected, nor need it be
        Opened,   // `plain` is it in the clear, of the dialog `toTag`
        Repeated, // opened before
        Refused,  // counted
    };
    struct Opening {
        Verdict verdict = Verdict::Clear;
        std::string_view plain;
        const std::string *toTag = nullptr; // whose key fitted
        bool keyless = false;               // refused, but a key for it may come
    };
    /// Valid until the next call. `rollover`: how often the sender's sequence number has turned
    /// over, as far as it is known (RFC 3711 section 3.3.1: new keys do not begin it anew).
    Opening rtp(const base::Endpoint &source, std::string_view packet, std::uint32_t rollover);
    Opening rtcp(const base::Endpoint &source, std::string_view packet);

    /// What goes to that dialog instead of `packet`; empty: nothing may.
    std::string_view sealRtp(const std::string &toTag, std::string_view packet);
    std::string_view sealRtcp(const std::string &toTag, std::string_view packet);

    const SrtpFigures &figures() const { return m_figures; }
    /// That many packets without a key are looked at again.
    void again(std::size_t count) { m_figures.keyless -= count; }

private:
    using Openers = std::vector<std::unique_ptr<rtp::SrtpOpener>>;
    struct Dialog {
        std::string toTag;
        base::Endpoint rtp;
        std::optional<SrtpKeys> keys;
        bool closed = false;
        Openers openers, former;
        std::unique_ptr<rtp::SrtpSealer> sealer;
    };
    template <class Open> bool open(const base::Endpoint &source, Open open, Opening &out);
    template <class Open> bool tryOpen(const Dialog &dialog, Open open, Opening &out);
    bool openLater(std::string_view packet, std::uint32_t rollover, Opening &out);
    Opening unopened(const base::Endpoint &source, bool readable = false);
    Dialog *find(const std::string &toTag);
    template <class Seal>
    std::string_view seal(const std::string &toTag, std::string_view packet, Seal seal);

    Srtp m_wanted;
    std::vector<Dialog> m_dialogs; // in the order of their answers
    std::string m_plain, m_sealed;
    SrtpFigures m_figures;
};

} // namespace media
