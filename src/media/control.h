// SPDX-License-Identifier: Apache-2.0
// RTCP of one call: a session with each early dialog, reports when they are due (RFC 3550 section
// 6.3), what the peers report, BYE at the end. Sends through what it is given. Media thread.
#pragma once

#include "media.h"

#include <base/endpoint.h>
#include <base/time.h>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <rtp/rtcp_write.h>
#include <string>
#include <vector>

namespace media {

class Control
{
public:
    struct Line { // how to reach a peer, and as whom
        base::Endpoint to;
        bool mux = false; // from the RTP port (RFC 5761)
        std::uint32_t ssrc = 0;
        std::uint32_t clock = 8000; // of what we send
    };
    /// What is reported: our own sending (packets 0: nothing yet) and the streams that came.
    struct Facts {
        rtp::SenderInfo sender; // ntp is filled in here
        struct Stream {
            std::uint32_t ssrc = 0, highest = 0, jitter = 0; // jitter in units of its clock
            std::uint64_t expected = 0, lost = 0;
        };
        std::vector<Stream> streams;
    };
    using Ask = std::function<Facts(const std::string &toTag)>;
    using Send =
        std::function<bool(const std::string &toTag, const Line &line, std::string_view bytes)>;

    Control(Ask ask, Send send, std::uint32_t seed);

    /// A new or changed answer of that dialog.
    void open(const std::string &toTag, const Line &line);
    /// Whom we are to that dialog; nullopt: there is no session with it.
    std::optional<std::uint32_t> ssrcOf(const std::string &toTag) const;
    /// BYE to that dialog; nothing more goes there.
    void close(const std::string &toTag);
    void closeAll();
    struct Peers {                        // what is known of the address that RTCP came from
        std::vector<std::uint32_t> ssrcs; // of RTP from there
        bool heard = false;               // who is heard sends from there
    };
    /// Any RTCP that came, with the kernel's time of it. Strangers' is let go: what comes neither
    /// from the very socket we report to, nor from the peer's address by an SSRC that sends RTP or
    /// reports about us.
    void received(base::Instant time, const base::Endpoint &source, std::string_view bytes,
                  const Peers &peers);
    /// Sends what is due; returns when to come back, on the monotonic clock.
    base::Duration turn(base::Duration now);

    const ControlFigures &figures() const { return m_figures; }
    /// A peer's sender reports have lately counted more packets than before (RFC 3550 section
    /// 6.4.1): it says that it sends.
    bool saysItSends(base::Instant now) const;

private:
    struct Prior { // RFC 3550 appendix A.3: counts as of the report before
        std::uint64_t expected = 0, lost = 0;
    };
    struct Session {
        Line line;
        base::Duration due{0};
        bool initial = true, spoken = false;
        double size = 100; // mean octets of a compound
        std::map<std::uint32_t, Prior> prior;
    };
    struct LastReport {
        std::uint32_t middle = 0;
        base::Instant at;
        std::uint32_t packets = 0; // sent by then
        base::Instant grew;        // when that was more than the report before
    };
    class Listener;
    void report(const std::string &toTag, Session &session, bool bye);
    bool isPeer(const base::Endpoint &source, std::string_view bytes, const Peers &peers) const;
    bool isOurs(std::uint32_t ssrc) const;
    rtp::ReportBlock blockOf(Session &session, const Facts::Stream &stream) const;
    base::Duration interval(const Session &session);

    Ask m_ask;
    Send m_send;
    std::mt19937 m_random;
    std::string m_name;
    std::map<std::string, Session> m_sessions;           // by To-tag
    std::map<std::uint32_t, LastReport> m_senderReports; // by SSRC
    ControlFigures m_figures;
};

} // namespace media
