// SPDX-License-Identifier: Apache-2.0
// The DTLS associations of one call (RFC 5763): one with each early dialog, found by the
// certificate that its SDP announced, as a handshake may begin before the answer is here and come
// from an address that no SDP names. Bounded, whatever comes. Media thread.
#pragma once

#include "dtls_link.h"
#include "token_bucket.h"

#include <base/endpoint.h>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace media {

class Dtls
{
public:
    using Send = std::function<void(const base::Endpoint &to, std::string_view datagram)>;
    enum class Serves : std::uint8_t { Sound, Reports }; // RTCP on a port of its own

    Dtls(std::shared_ptr<const DtlsIdentity> identity, Send send, Serves serves = Serves::Sound);
    ~Dtls();

    /// An offer or answer of that dialog. The same again changes nothing.
    void expect(const std::string &toTag, const base::Endpoint &there, const DtlsPeer &peer,
                base::Duration now);
    void close(const std::string &toTag);
    void closeAll();
    /// Anything that looks like DTLS, with the kernel's time of it.
    void received(const base::Endpoint &source, std::string_view datagram, base::Instant time,
                  base::Duration now);
    /// Retransmits; when to come back, on the monotonic clock.
    base::Duration turn(base::Duration now);

    /// The keys of that dialog, once its handshake is done and its certificate is the right one.
    std::optional<SrtpKeys> keysOf(const std::string &toTag) const;

    struct News {
        std::string toTag;
        std::string trouble; // a sentence; empty: there are keys now
    };
    std::vector<News> takeNews() { return std::exchange(m_news, {}); }

private:
    struct Line {
        base::Endpoint there;
        std::string toTag;  // of the dialog it was begun for; of one that a peer began empty
        std::string random; // of the peer's ClientHello
        base::Duration since{0};
        std::unique_ptr<DtlsLink> link;
        bool settled = false; // taken up by a dialog, or told of
    };
    struct Dialog {
        std::string toTag;
        base::Endpoint there;
        DtlsPeer peer;
        base::Duration since{0};
        std::optional<SrtpKeys> keys;
        bool told = false;
    };
    Line *lineFrom(const base::Endpoint &source, std::string_view datagram);
    Line *freshLine(const base::Endpoint &source, base::Instant time, base::Duration now);
    Line *begin(const base::Endpoint &there, bool weBegin, base::Duration now);
    void settle();
    void settle(Line &line);
    void failed(Line &line);
    Dialog *certified(const Line &line);
    Dialog *suspect(const Line &line);
    void tell(Dialog &dialog, std::string trouble);
    Dialog *find(const std::string &toTag);
    /// What a handshake that failed costs.
    const char *loss() const;

    std::shared_ptr<const DtlsIdentity> m_identity;
    Send m_send;
    Serves m_serves;
    std::vector<std::unique_ptr<Line>> m_lines; // the newest last
    std::vector<Dialog> m_dialogs;
    std::vector<News> m_news;
    TokenBucket m_strangers{8, 2};
};

} // namespace media
