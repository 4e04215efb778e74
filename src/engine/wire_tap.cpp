// SPDX-License-Identifier: Apache-2.0
// The interposition itself, all of it: these definitions stand before the C library's in every
// lookup, so sofia-sip's socket calls arrive here. Threads without a tap (all but the engine's)
// fall straight through.
#undef _FORTIFY_SOURCE // its inline wrappers would collide with our definitions
#include <engine/tap_socket.h>

#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <dlfcn.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define EARSHOT_INTERPOSED extern "C" __attribute__((visibility("default"), used))

namespace engine {

namespace {

thread_local Tap *tl_tap = nullptr;

template <class Function> Function next(const char *name)
{
    return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

Tap *tapFor(int fd)
{
    Tap *tap = tl_tap;
    if (tap == nullptr)
        return nullptr;
    const int before = errno;
    const bool watched = tap->watches(fd);
    errno = before;
    return watched ? tap : nullptr;
}

ssize_t receiveOne(Tap &tap, int fd, void *buffer, std::size_t size, int flags, sockaddr *from,
                   socklen_t *fromLength)
{
    iovec vector{buffer, size};
    msghdr message{};
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    message.msg_name = from;
    message.msg_namelen = from != nullptr && fromLength != nullptr ? *fromLength : 0;
    const ssize_t n = tap.receive(fd, &message, flags);
    if (n >= 0 && from != nullptr && fromLength != nullptr)
        *fromLength = message.msg_namelen;
    return n;
}

ssize_t sendOne(Tap &tap, int fd, const void *buffer, std::size_t size, int flags,
                const sockaddr *to, socklen_t toLength)
{
    iovec vector{const_cast<void *>(buffer), size};
    msghdr message{};
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    message.msg_name = const_cast<sockaddr *>(to);
    message.msg_namelen = to != nullptr ? toLength : 0;
    return tap.send(fd, &message, flags);
}

} // namespace

const LibC &libC()
{
    static const LibC calls{
        next<decltype(LibC::recvmsg)>("recvmsg"),   next<decltype(LibC::sendmsg)>("sendmsg"),
        next<decltype(LibC::accept)>("accept"),     next<decltype(LibC::ioctl)>("ioctl"),
        next<decltype(LibC::shutdown)>("shutdown"), next<decltype(LibC::close)>("close")};
    return calls;
}

Quiet::Quiet() : m_tap(tl_tap)
{
    tl_tap = nullptr;
}

Quiet::~Quiet()
{
    tl_tap = m_tap;
}

void Tap::attach()
{
    tl_tap = this;
    m_attached = true;
}

Tap *Tap::current()
{
    return tl_tap;
}

Tap::~Tap()
{
    if (m_attached)
        tl_tap = nullptr;
    for (const int fd : m_kept)
        libC().close(fd);
}

} // namespace engine

EARSHOT_INTERPOSED ssize_t recv(int fd, void *buffer, size_t size, int flags)
{
    static const auto real = engine::next<ssize_t (*)(int, void *, size_t, int)>("recv");
    engine::Tap *tap = engine::tapFor(fd);
    return tap == nullptr ? real(fd, buffer, size, flags)
                          : engine::receiveOne(*tap, fd, buffer, size, flags, nullptr, nullptr);
}

EARSHOT_INTERPOSED ssize_t recvfrom(int fd, void *buffer, size_t size, int flags, sockaddr *from,
                                    socklen_t *fromLength)
{
    static const auto real =
        engine::next<ssize_t (*)(int, void *, size_t, int, sockaddr *, socklen_t *)>("recvfrom");
    engine::Tap *tap = engine::tapFor(fd);
    return tap == nullptr ? real(fd, buffer, size, flags, from, fromLength)
                          : engine::receiveOne(*tap, fd, buffer, size, flags, from, fromLength);
}

EARSHOT_INTERPOSED ssize_t recvmsg(int fd, msghdr *message, int flags)
{
    engine::Tap *tap = engine::tapFor(fd);
    return tap == nullptr ? engine::libC().recvmsg(fd, message, flags)
                          : tap->receive(fd, message, flags);
}

/// What fortified builds of the library call for recv().
EARSHOT_INTERPOSED ssize_t __recv_chk(int fd, void *buffer, size_t size, size_t room, int flags)
{
    if (size > room)
        std::abort();
    return recv(fd, buffer, size, flags);
}

EARSHOT_INTERPOSED ssize_t __recvfrom_chk(int fd, void *buffer, size_t size, size_t room, int flags,
                                          sockaddr *from, socklen_t *fromLength)
{
    if (size > room)
        std::abort();
    return recvfrom(fd, buffer, size, flags, from, fromLength);
}

EARSHOT_INTERPOSED ssize_t send(int fd, const void *buffer, size_t size, int flags)
{
    static const auto real = engine::next<ssize_t (*)(int, const void *, size_t, int)>("send");
    engine::Tap *tap = engine::tapFor(fd);
    return tap == nullptr ? real(fd, buffer, size, flags)
                          : engine::sendOne(*tap, fd, buffer, size, flags, nullptr, 0);
}

EARSHOT_INTERPOSED ssize_t sendto(int fd, const void *buffer, size_t size, int flags,
                                  const sockaddr *to, socklen_t toLength)
{
    static const auto real =
        engine::next<ssize_t (*)(int, const void *, size_t, int, const sockaddr *, socklen_t)>(
            "sendto");
    engine::Tap *tap = engine::tapFor(fd);
    return tap == nullptr ? real(fd, buffer, size, flags, to, toLength)
                          : engine::sendOne(*tap, fd, buffer, size, flags, to, toLength);
}

EARSHOT_INTERPOSED ssize_t sendmsg(int fd, const msghdr *message, int flags)
{
    engine::Tap *tap = engine::tapFor(fd);
    return tap == nullptr ? engine::libC().sendmsg(fd, message, flags)
                          : tap->send(fd, message, flags);
}

EARSHOT_INTERPOSED int ioctl(int fd, unsigned long request, ...) noexcept
{
    va_list arguments;
    va_start(arguments, request);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    engine::Tap *tap = request == FIONREAD && argument != nullptr ? engine::tapFor(fd) : nullptr;
    return tap == nullptr ? engine::libC().ioctl(fd, request, argument)
                          : tap->pending(fd, static_cast<int *>(argument));
}

EARSHOT_INTERPOSED int accept(int fd, sockaddr *from, socklen_t *fromLength)
{
    const int got = engine::libC().accept(fd, from, fromLength);
    engine::Tap *tap = got >= 0 ? engine::tapFor(got) : nullptr;
    return tap == nullptr ? got : tap->accepted(got);
}

EARSHOT_INTERPOSED int connect(int fd, const sockaddr *to, socklen_t length)
{
    static const auto real = engine::next<int (*)(int, const sockaddr *, socklen_t)>("connect");
    engine::Tap *tap = engine::tapFor(fd);
    const int result = real(fd, to, length);
    if (tap != nullptr) {
        const int number = errno;
        tap->connecting(fd, to, result == 0 ? 0 : number);
        errno = number;
    }
    return result;
}

EARSHOT_INTERPOSED int getsockopt(int fd, int level, int option, void *value,
                                  socklen_t *length) noexcept
{
    static const auto real =
        engine::next<int (*)(int, int, int, void *, socklen_t *)>("getsockopt");
    const int result = real(fd, level, option, value, length);
    if (result == 0 && level == SOL_SOCKET && option == SO_ERROR && *static_cast<int *>(value) != 0)
        if (engine::Tap *tap = engine::tapFor(fd))
            tap->socketError(fd, *static_cast<int *>(value));
    return result;
}

EARSHOT_INTERPOSED int shutdown(int fd, int how) noexcept
{
    engine::Tap *tap = engine::tapFor(fd);
    return tap != nullptr && !tap->shuttingDown(fd, how) ? 0 : engine::libC().shutdown(fd, how);
}

EARSHOT_INTERPOSED int close(int fd)
{
    // Every descriptor, watched or not: its number comes back for something else.
    if (engine::Tap *tap = engine::Tap::current())
        tap->closing(fd);
    return engine::libC().close(fd);
}
