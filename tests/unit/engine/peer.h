// SPDX-License-Identifier: Apache-2.0
// A small SIP peer on loopback for the engine's tests: one UDP socket and one TCP listener, one
// thread, raw bytes. What it says is written with sip::Writer; it knows nothing of sofia.
#pragma once

#include <atomic>
#include <base/endpoint.h>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <sip/framer.h>
#include <sip/message.h>
#include <sip/write.h>
#include <string>
#include <thread>
#include <vector>

namespace peer {

/// Where a message came from, and the way back.
struct Way {
    int fd = -1;
    bool stream = false;
    base::Endpoint remote;
};

class Peer
{
public:
    using Handler = std::function<void(Peer &, const sip::Message &, const Way &)>;
    using Raw = std::function<bool(Peer &, const std::string &datagram, const Way &)>;
    using Blank = std::function<void(Peer &, bool ping, const Way &)>;

    /// `raw` sees every datagram first; true: it was for it.
    explicit Peer(Handler handler, Blank keepAlive = {}, Raw raw = {});
    ~Peer();

    std::uint16_t port() const { return m_port; }
    std::string uri(const std::string &user = "bob") const;
    /// Any thread.
    void send(const Way &way, const std::string &text);
    void sendTo(std::uint16_t port, const std::string &text); // UDP, from this peer's socket
    void finish(const Way &way);                              // FIN
    void reset(const Way &way);                               // RST
    /// All messages' start lines so far ("INVITE sip:... SIP/2.0").
    std::vector<std::string> startLines() const;
    std::vector<std::string> texts() const;
    int count(const std::string &method) const;  // requests, retransmissions once
    int copies(const std::string &method) const; // with retransmissions
    std::size_t connections() const { return m_connections; }
    /// Of those, how many the other side has ended.
    std::size_t ended() const { return m_ended; }

private:
    struct Stream {
        sip::Framer framer;
        base::Endpoint remote;
    };
    void run();
    void wake();
    void woken();
    void datagram();
    bool bytes(int fd, Stream &stream);
    void handle(const std::string &text, const Way &way);

    Handler m_handler;
    Blank m_blank;
    Raw m_raw;
    int m_udp = -1, m_listener = -1, m_wake = -1;
    std::uint16_t m_port = 0;
    std::map<int, Stream> m_streams;
    std::atomic<std::size_t> m_connections{0}, m_ended{0};
    mutable std::mutex m_mutex;
    std::vector<std::string> m_texts;
    std::vector<int> m_resets;
    std::atomic<bool> m_stop{false};
    std::thread m_thread;
};

/// responseTo() with a Contact of the peer.
sip::Writer answer(Peer &from, const sip::Message &request, int status, const std::string &tag);

} // namespace peer
