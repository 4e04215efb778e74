// SPDX-License-Identifier: Apache-2.0
// The kernel's own word on when bytes arrived, asked for behind the library's back: SIP then stands
// on the same clock as RTP, however late the engine's thread comes to read it.
#pragma once

#include <base/time.h>
#include <sys/socket.h>
#include <sys/types.h>

namespace engine {

/// From now on the kernel stamps what this socket receives.
void askForStamps(int fd);

/// recvmsg with a control buffer of our own; `message` comes out as if nobody had asked for stamps.
/// `time` becomes the kernel's stamp, or now where there is none.
ssize_t receiveStamped(int fd, msghdr &message, int flags, base::Instant &time);

} // namespace engine
