// SPDX-License-Identifier: Apache-2.0
// Private to the tap: what it knows of one descriptor, and the C library's own calls.
#pragma once

#include <base/endpoint.h>
#include <base/time.h>
#include <cstdint>
#include <engine/guard.h>
#include <engine/tap.h>
#include <sip/framer.h>
#include <string>

namespace engine {

struct TapSocket {
    bool known = false;
    bool inet = false, stream = false, listening = false;
    bool secure = false, heard = false; // heard: TLS, something came behind the handshake
    const ssl_st *ssl = nullptr;        // of this connection, once its handshake began
    bool connected = false;             // datagram sockets: the resolver's, not SIP
    base::Endpoint local, remote;
    std::uint32_t outgoing = 0, incoming = 0; // stream ids
    sip::Framer framer{kStreamMessageLimit, kLongestSkipped};
    std::string ready;     // admitted bytes that the library has not read yet
    std::size_t taken = 0; // of `ready`
    base::Instant lastData;
    bool ended = false; // the peer's FIN, or we broke it off
    bool finSent = false, resetSeen = false;
    bool severed = false;                  // nothing passes any more
    int error = 0;                         // to be handed to the library
    base::Instant blanksSince, blanksTold; // of keep-alives: of this second's, of their flood
    std::size_t blanks = 0;                // CRLFs in this second
};

/// Fills in the addresses, while they can still be asked for: getpeername fails once the peer is
/// gone.
void learnNames(TapSocket &entry, int fd);

/// The calls behind the interposed ones; filled by wire_tap.cpp, which alone knows how to find
/// them.
struct LibC {
    ssize_t (*recvmsg)(int, msghdr *, int);
    ssize_t (*sendmsg)(int, const msghdr *, int);
    int (*accept)(int, sockaddr *, socklen_t *);
    int (*ioctl)(int, unsigned long, ...);
    int (*shutdown)(int, int);
    int (*close)(int);
};
const LibC &libC();

/// While it lives, calls of this thread are not tapped: the tap's own work is not traffic.
class Quiet
{
public:
    Quiet();
    ~Quiet();
    Quiet(const Quiet &) = delete;
    Quiet &operator=(const Quiet &) = delete;

private:
    Tap *m_tap;
};

} // namespace engine
