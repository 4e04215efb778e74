// SPDX-License-Identifier: Apache-2.0
// What the tap hands on says when the kernel had it, not when somebody came to read it; and the
// library meets its own control messages only.
#include <array>
#include <engine/tap.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <support/step_until.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

constexpr std::string_view kRequest = "OPTIONS sip:tap SIP/2.0\r\nContent-Length: 0\r\n\r\n";

class Heard final : public engine::TapListener
{
public:
    void packet(base::Packet packet) override
    {
        if (!packet.outgoing && packet.payload.text() == kRequest)
            last = packet.time;
    }
    bool admits(std::string_view, const engine::Connection &) override { return true; }
    void sent(const engine::Connection &, std::string_view) override {}
    void received(const engine::Connection &) override {}
    void keepAlive(const engine::Connection &, bool) override {}
    void refused(const engine::Connection &, std::string_view) override {}

    base::Instant last;
};

sockaddr_in bound(int fd)
{
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof name;
    EXPECT_EQ(::bind(fd, reinterpret_cast<sockaddr *>(&name), length), 0);
    EXPECT_EQ(::getsockname(fd, reinterpret_cast<sockaddr *>(&name), &length), 0);
    return name;
}

void to(int fd, const sockaddr_in &name)
{
    EXPECT_EQ(::sendto(fd, kRequest.data(), kRequest.size(), 0,
                       reinterpret_cast<const sockaddr *>(&name), sizeof name),
              static_cast<ssize_t>(kRequest.size()));
}

/// Two sockets of this thread, which is tapped.
class Stamps : public testing::Test
{
protected:
    void SetUp() override
    {
        m_tap.attach();
        m_from = ::socket(AF_INET, SOCK_DGRAM, 0);
        m_to = ::socket(AF_INET, SOCK_DGRAM, 0);
        m_name = bound(m_to);
        int bytes = 0; // the tap meets the socket at its first call
        ::ioctl(m_to, FIONREAD, &bytes);
    }
    void TearDown() override
    {
        ::close(m_from);
        ::close(m_to);
    }
    /// What lies there is read when it is old.
    bool isOldWhenRead(int from, int to, const sockaddr_in *name)
    {
        const base::Instant before = base::now();
        if (name != nullptr)
            ::to(from, *name);
        else
            ::send(from, kRequest.data(), kRequest.size(), 0);
        const base::Instant after = base::now();
        support::stepUntil([&] { return base::now() - after > std::chrono::milliseconds(20); });
        std::array<char, 200> room{};
        m_heard.last = {};
        EXPECT_EQ(::recv(to, room.data(), room.size(), 0), static_cast<ssize_t>(kRequest.size()));
        return m_heard.last >= before && m_heard.last <= after;
    }

    Heard m_heard;
    engine::Tap m_tap{m_heard};
    int m_from = -1, m_to = -1;
    sockaddr_in m_name{};
};

// The kernel begins to stamp a moment after the first socket of the machine asked for it: the first
// rounds may be too early.

TEST_F(Stamps, DatagramsStandWhereTheyArrived)
{
    EXPECT_TRUE(support::stepUntil([&] { return isOldWhenRead(m_from, m_to, &m_name); }));
}

TEST_F(Stamps, StreamsStandWhereTheyArrived)
{
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    const sockaddr_in there = bound(listener);
    ASSERT_EQ(::listen(listener, 1), 0);
    const int client = ::socket(AF_INET, SOCK_STREAM, 0);
    ASSERT_EQ(::connect(client, reinterpret_cast<const sockaddr *>(&there), sizeof there), 0);
    const int server = ::accept(listener, nullptr, nullptr);
    EXPECT_TRUE(support::stepUntil([&] { return isOldWhenRead(client, server, nullptr); }));
    for (const int fd : {server, client, listener})
        ::close(fd);
}

TEST_F(Stamps, TheCallersControlBufferHoldsWhatItAskedFor)
{
    const int on = 1;
    ASSERT_EQ(::setsockopt(m_to, IPPROTO_IP, IP_RECVTTL, &on, sizeof on), 0);
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    std::array<char, 200> room{};
    iovec vector{room.data(), room.size()};
    msghdr message{};
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size(); // for one: with a stamp before it, it would be cut
    to(m_from, m_name);
    ASSERT_EQ(::recvmsg(m_to, &message, 0), static_cast<ssize_t>(kRequest.size()));
    EXPECT_EQ(message.msg_flags & MSG_CTRUNC, 0);
    const cmsghdr *only = CMSG_FIRSTHDR(&message);
    ASSERT_NE(only, nullptr);
    EXPECT_EQ(only->cmsg_level, IPPROTO_IP);
    EXPECT_EQ(only->cmsg_type, IP_TTL);
    EXPECT_EQ(CMSG_NXTHDR(&message, const_cast<cmsghdr *>(only)), nullptr);

    message.msg_control = nullptr; // no room for what it asked for: told as the kernel tells it
    message.msg_controllen = 0;
    to(m_from, m_name);
    ASSERT_EQ(::recvmsg(m_to, &message, 0), static_cast<ssize_t>(kRequest.size()));
    EXPECT_NE(message.msg_flags & MSG_CTRUNC, 0);
}

TEST_F(Stamps, WhoAskedForNothingGetsNothing)
{
    std::array<char, 200> room{};
    iovec vector{room.data(), room.size()};
    msghdr message{};
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    to(m_from, m_name);
    ASSERT_EQ(::recvmsg(m_to, &message, 0), static_cast<ssize_t>(kRequest.size()));
    EXPECT_EQ(message.msg_flags, 0);
    EXPECT_EQ(message.msg_controllen, 0U);
}

} // namespace
